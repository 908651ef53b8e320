"""A state that several machines share: its place, its lock, and what each machine sees of it."""

import json
import os
import signal
import subprocess
import time

from harness import HOLDFAST, Served, check, clean_environment, done, holdfast, workspace

HERE = os.path.dirname(os.path.abspath(__file__))
MAIN = "111122223333"
TOPOLOGY = """version: 1
name: t
accounts:
  main: {id: "111122223333"}
  state: {id: "444455556666", assume_role: "arn:aws:iam::444455556666:role/state"}
regions: {one: us-east-1, two: us-west-2}
state:
  s3: {bucket: team-state, key: prod/t.state, region: us-west-2, account: state}
queues:
  one: {account: main, region: one}
"""


def s3api(served, *args, expect=0):
    return served.aws("444455556666", "us-west-2", "s3api", *args, "--bucket", "team-state",
                      expect=expect)


def put_lock(served, folder, **note):
    path = os.path.join(folder, "lock.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"format_version": "1.0", "pid": 1, "host": "elsewhere.example", "who": "ci",
                   "command": "apply", "lease_seconds": 60, **note}, file)
    s3api(served, "put-object", "--key", "prod/t.state.lock", "--if-none-match", "*", "--body", path)


with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    with Served(folder, "-f", "topology.yaml") as served:
        # the bucket, through the credentials of its account
        good = served.holdfast("state", "check-backend", "--json", expect=0).json
        check(good["ok"] and good["state"] == "s3://team-state/prod/t.state", f"{good}")
        check(len(good["checks"]) == 11 and all(c["ok"] for c in good["checks"]), f"{good}")
        text = served.holdfast("state", "check-backend", expect=0).out
        check(text.count("ok  ") == 11 and "exactly one wins" in text, text)
        check("Contents" not in (s3api(served, "list-objects-v2") or {}),
              "scratch objects have gone")
        s3api(served, "put-bucket-versioning", "--versioning-configuration", "Status=Suspended")
        s3api(served, "delete-public-access-block")
        bad = served.holdfast("state", "check-backend", expect=4)
        check(bad.out.count("FAILED") == 2 and bad.err.count("HF0613") == 2, bad.out + bad.err)
        check('the check "versioning is on" has failed' in bad.err and
              'the check "public access is blocked" has failed' in bad.err, bad.err)

        # the lock by hand
        check(served.holdfast("lock", "show", "--json", expect=0).json["lock"] is None, "no lock")
        put_lock(served, folder, id="1234", since="2026-01-01T00:00:00Z",
                 heartbeat="2026-01-01T00:00:00Z")
        shown = served.holdfast("lock", "show", "--json", expect=0).json["lock"]
        check(shown["id"] == "1234" and shown["host"] == "elsewhere.example" and
              shown["lease_run_out"] and not shown["process_is_gone"], f"{shown}")
        text = served.holdfast("lock", "show", expect=0).out
        check(text.startswith("1234\n") and "its lease has run out" in text, text)
        other = served.holdfast("lock", "break", "5678", expect=5)
        check("HF0614" in other.err and "1234" in other.err, other.err)
        broken = served.holdfast("lock", "break", "1234", "--json", expect=0).json
        check(broken["broken"]["id"] == "1234", f"{broken}")
        check(served.holdfast("lock", "show", "--json", expect=0).json["lock"] is None, "it has gone")

        # what is gone is broken already: a job that is run again with the same id goes on
        again = served.holdfast("lock", "break", "1234", "--json", expect=0)
        check(again.json["broken"] is None and not again.json["kept_out"] and "is not locked" in again.err, again.err)

        # what is no lock of ours has no lease that could be over
        for body in ("", "terraform was here"):
            with open(os.path.join(folder, "lock.json"), "w", encoding="utf-8") as file:
                file.write(body)
            s3api(served, "put-object", "--key", "prod/t.state.lock", "--body", os.path.join(folder, "lock.json"))
            lock = served.holdfast("lock", "show", "--json", expect=0).json["lock"]
            check(lock["may_live"] and not lock["lease_run_out"], f"{lock}")
            told = served.holdfast("lock", "break", lock["id"], expect=5).err
            check("HF0641" in told and "not understood" in told and "--force" in told, told)
            served.holdfast("lock", "break", lock["id"], "--force", expect=0)

        # also where the state does not open: what keeps it from that is for the next run to end with
        put_lock(served, folder, id="5678", since="2026-01-01T00:00:00Z", heartbeat="2026-01-01T00:00:00Z")
        stray = ("--key", "prod/t.state.journal/000000000001")
        s3api(served, "put-object", *stray)
        broken = served.holdfast("lock", "break", "5678", expect=0)
        check("HF0632" in broken.err and "error[" not in broken.err and "can go on" in broken.err, broken.err)
        check(served.holdfast("lock", "show", "--json", expect=0).json["lock"] is None, "it has gone")
        check("HF0632" in served.holdfast("plan", expect=4).err, "which is still so")
        s3api(served, "delete-object", *stray)

        # S3 shows an object at once, also where other services lag behind
        served.settings(read_delay_ms=600000)
        put_lock(served, folder, id="9", since="2026-01-01T00:00:00Z")
        check(served.holdfast("lock", "show", "--json", expect=0).json["lock"]["id"] == "9", "it is seen")
        check("HF0641" in served.holdfast("lock", "break", "9", expect=5).err, "its lease runs, and nobody knows")
        served.holdfast("lock", "break", "9", "--force", expect=0)
        served.settings(read_delay_ms=0)


# a check that is stopped takes its scratch objects along
with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    with Served(folder, "-f", "topology.yaml", "--latency", "300") as served:
        for number in (signal.SIGTERM, signal.SIGINT):
            before = len(served.dump("--calls"))
            process = subprocess.Popen([HOLDFAST, "state", "check-backend"], cwd=folder, text=True,
                                       env=clean_environment(served.environment()), stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            while not any(c["operation"] == "PutObject" for c in served.dump("--calls")[before:]):
                check(process.poll() is None, "the check goes on")
                time.sleep(0.02)
            process.send_signal(number)
            err = process.communicate(timeout=60)[1]
            check(process.returncode == 128 + number and "was stopped" in err, f"{process.returncode}: {err}")
            check("Contents" not in (s3api(served, "list-objects-v2") or {}), "scratch objects have gone")
            check(len(served.dump("--calls")) - before < 20, "and nothing more is tried")


def s3_calls(served, act):
    """What an action asks of S3."""
    before = len(served.dump("--calls"))
    act()
    return [c["operation"] for c in served.dump("--calls")[before:] if c["service"] == "s3"]


class Machine:
    """A folder of its own, on the same world."""

    def __init__(self, served, folder):
        self.served, self.folder = served, folder
        os.makedirs(folder)
        self.write(TOPOLOGY)

    def write(self, text):
        with open(os.path.join(self.folder, "topology.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *args, expect=0, **kwargs):
        return holdfast(*args, cwd=self.folder, env=self.served.environment(), expect=expect, **kwargs)

    def addresses(self):
        return [r["address"] for r in self.run("state", "list", "--json").json["resources"]]


# two machines, each with its own disk
with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    with Served(folder, "-f", "topology.yaml") as served:
        one, two = (Machine(served, os.path.join(folder, name)) for name in ("one", "two"))
        check("1 create" in two.run("plan").out, "nothing is there")
        check(not os.path.exists(os.path.join(two.folder, ".holdfast")), "a reader makes no file")
        one.run("apply", "--auto-approve")
        check("nothing to do" in two.run("plan").out, "the other sees what was made")
        for command in (("plan",), ("drift",), ("state", "list"), ("show",), ("output",)):
            asked = s3_calls(served, lambda: two.run(*command))
            check(asked == ["HeadObject"], f"{command} of an unchanged state costs one HEAD: {asked}")
        asked = s3_calls(served, lambda: two.run("apply", "--auto-approve"))
        asked = s3_calls(served, lambda: two.run("apply", "--auto-approve"))
        check(asked == ["PutObject", "HeadObject", "GetObject", "DeleteObject"],
              f"an apply that changes nothing takes the lock and gives it back: {asked}")

        # what is changed by hand, also where writes to one object collide: S3 asks to be asked again
        served.settings(s3_conflict_ms=800)
        before = len(served.dump("--calls"))
        two.run("state", "rm", "queues.one")
        calls = served.dump("--calls")[before:]
        collided = [i for i, c in enumerate(calls) if c["code"] == "ConditionalRequestConflict"]
        check(collided and calls[collided[0]]["status"] == 409, "two writes have collided")
        check(all(any(later["operation"] == calls[i]["operation"] and later["status"] < 300 for later in calls[i:])
                  for i in collided), f"and each was sent again: {calls}")
        check(served.holdfast("lock", "show", "--json", expect=0).json["lock"] is None, "no lock stays")
        served.settings(s3_conflict_ms=0)
        check(one.addresses() == [], "forgotten everywhere")
        one.run("state", "undo")
        check(two.addresses() == ["queues.one"], "and recorded again everywhere")
        check([r["command"] for r in two.run("state", "history", "--json").json["runs"]][-1] ==
              "state undo", "with its history")
        pulled = two.run("state", "pull").out
        check(pulled == one.run("state", "pull").out, "both have the same document")
        check(not any(f["key"].startswith("shared") for f in json.loads(pulled)["facts"]),
              "what a cache knows of itself is no part of it")
        document = json.loads(pulled)
        document["serial"] += 1
        document["resources"] = []
        with open(os.path.join(one.folder, "pushed.json"), "w", encoding="utf-8") as file:
            json.dump(document, file)
        one.run("state", "push", "pushed.json")
        check(two.addresses() == [], "what was pushed is everywhere")
        two.run("apply", "--auto-approve")
        check(one.addresses() == ["queues.one"], "and apply finds what is there")

        # the cache is only a cache
        database = next(f for f in os.listdir(os.path.join(one.folder, ".holdfast")) if f.endswith(".db"))
        database = os.path.join(one.folder, ".holdfast", database)
        with open(database, "r+b") as file:
            file.write(b"garbage" * 1000)
        healed = one.run("state", "list")
        check("queues.one" in healed.out and "warning[HF0606]" in healed.err, healed.out + healed.err)
        os.remove(database)
        check(one.addresses() == ["queues.one"], "deleted, it is made anew")

        # an older head that somebody has put back
        versions = s3api(served, "list-objects-v2")
        check(versions["Contents"], "objects are there")
        head = os.path.join(folder, "head.json")
        s3api(served, "get-object", "--key", "prod/t.state", head)
        one.run("state", "rm", "queues.one")
        newest = os.path.join(folder, "newest.json")
        s3api(served, "get-object", "--key", "prod/t.state", newest)
        s3api(served, "put-object", "--key", "prod/t.state", "--body", head)
        refused = one.run("plan", expect=4)
        check("HF0612" in refused.err and database[-20:] in refused.err, refused.err)
        one.run("apply", "--auto-approve", expect=4)
        check(served.holdfast("lock", "show", "--json", expect=0).json["lock"] is None,
              "and the lock is not kept")

        # the head is gone: nobody founds a second state in its place
        s3api(served, "put-object", "--key", "prod/t.state", "--body", newest)
        one.run("apply", "--auto-approve")
        s3api(served, "delete-object", "--key", "prod/t.state")
        three = Machine(served, os.path.join(folder, "three"))
        for command in (("plan",), ("apply", "--auto-approve")):
            check("HF0632" in three.run(*command, expect=4).err, f"{command} without the head")
        recovered = three.run("state", "recover", "--json").json
        check(recovered["recovered"] and recovered["resources"] == 1, f"{recovered}")
        check(one.addresses() == ["queues.one"], "every machine goes on from it")
        check("nothing was done" in one.run("state", "recover").out, "a head that is there stays")

        # a drill is of this machine alone
        before = len(s3api(served, "list-objects-v2")["Contents"])
        holdfast("drill", "--days", "1", cwd=folder)
        check(len(s3api(served, "list-objects-v2")["Contents"]) == before, "a drill shares nothing")

# in a simulated world the state lies in that world's S3
with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    for name in os.listdir(os.path.join(folder, ".holdfast")):
        if "simulated" in name:
            os.remove(os.path.join(folder, ".holdfast", name))
    holdfast("plan", "--simulate", "--detailed-exitcode", cwd=folder, expect=0)
    holdfast("lock", "show", "--simulate", cwd=folder, expect=0)

# also in one that is older than `state` in the file: the state of the file becomes the shared one
with workspace() as folder:
    for text, status in ((TOPOLOGY.split("state:\n")[0] + "queues:" + TOPOLOGY.split("queues:")[1], 2), (TOPOLOGY, 0)):
        with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        holdfast("plan", "--simulate", "--detailed-exitcode", cwd=folder, expect=status)
        holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    check("not locked" in holdfast("lock", "show", "--simulate", cwd=folder, expect=0).out, "it is shared")
done()
