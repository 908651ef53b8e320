"""What a shared state promises, told for any server that speaks S3: the simulator, moto, ministack.

A `place` has `url` and `environment()` as the servers of tests/servers have them, and `client(service)` of boto3's.
"""

import contextlib
import json
import os
import pty
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from harness import HOLDFAST, check, clean_environment, holdfast, leave_out
from proxy import LOSE, PASS, Proxy

BUCKET, KEY = "team-state", "prod/t.state"
TOPOLOGY = """version: 1
name: t
accounts:
  main: {id: "111122223333"}
regions: {one: us-east-1}
state:
  s3: {bucket: team-state, key: prod/t.state, region: us-east-1, account: main}
queues:
  one: {account: main, region: one}
"""
SECOND = "  two: {account: main, region: one}\n"
RACERS = 20


def make_bucket(place):
    s3 = place.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def keys(place):
    listed = place.client("s3").list_objects_v2(Bucket=BUCKET)
    return {row["Key"] for row in listed.get("Contents", [])}


def queues(place):
    urls = place.client("sqs").list_queues().get("QueueUrls", [])
    return sorted(url.rsplit("/", 1)[1] for url in urls)


class Runner:
    """A machine with an empty disk."""

    def __init__(self, proxy, environment, text=TOPOLOGY):
        self.folder = tempfile.mkdtemp(prefix="holdfast-runner-")
        self.env = {**environment, "AWS_ENDPOINT_URL": proxy.url}
        self.write(text)
        self.process = None

    def write(self, text):
        with open(os.path.join(self.folder, "topology.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *args, expect=0):
        return holdfast(*args, cwd=self.folder, env=self.env, expect=expect)

    def start(self, *args, **popen):
        popen = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, **popen}
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([HOLDFAST, *args], cwd=self.folder, env=clean_environment(self.env), text=True,
                                        stdout=subprocess.PIPE, **popen)
        return self

    def end(self):
        """(status, stderr) of what was started."""
        _, err = self.process.communicate(timeout=300)
        return self.process.returncode, err


@contextlib.contextmanager
def runners(proxy, place, count, text=TOPOLOGY):
    made = [Runner(proxy, place.environment(), text) for _ in range(count)]
    try:
        yield made
    finally:
        for runner in made:
            if runner.process and runner.process.poll() is None:
                runner.process.send_signal(signal.SIGCONT)
                runner.process.kill()
                runner.process.communicate()
            shutil.rmtree(runner.folder, ignore_errors=True)


class Gate:
    """Holds the answer to the first request of an operation until open() is called."""

    def __init__(self, proxy, operation):
        self.reached, self.opened = threading.Event(), threading.Event()
        self.proxy, self.operation = proxy, operation
        self.taken = threading.Lock()
        proxy.rule = self.rule

    def rule(self, request):
        if request.operation != self.operation or not self.taken.acquire(blocking=False):
            return PASS
        answer = self.proxy.forward(request)
        self.reached.set()
        self.opened.wait(timeout=600)
        return answer

    def wait(self, runner):
        while not self.reached.wait(timeout=0.2):
            check(runner.process.poll() is None, f"{self.operation} was sent: {runner.process}")

    def open(self):
        self.opened.set()


def race(place):
    """Of many that begin at once exactly one goes on; the others end with 5 and name it."""
    with Proxy(place.url) as proxy, runners(proxy, place, RACERS) as racers:
        held, released = threading.Event(), threading.Event()

        def rule(request):
            if request.operation == "CreateQueue":  # the winner is at work until all others have given up
                held.set()
                released.wait(timeout=600)
            return PASS

        proxy.rule = rule
        for racer in racers:
            racer.start("apply", "--auto-approve")
        left = list(racers)
        while len(left) > 1:
            for racer in list(left):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    racer.process.wait(timeout=0.2)
                    left.remove(racer)
        check(held.wait(timeout=300), "the winner is at work")
        winner = left[0]
        shown = winner.run("lock", "show", "--json").json["lock"]
        check(shown["pid"] == winner.process.pid, f"the lock is the winner's: {shown}")
        for racer in racers:
            if racer is winner:
                continue
            status, err = racer.end()
            check(status == 5, f"a loser ends with 5: {status} {err}")
            check(f"process {winner.process.pid} on " in err and shown["id"] in err,
                  f"and names the winner and its lock: {err}")
        released.set()
        status, err = winner.end()
        check(status == 0, f"the winner ends well: {status} {err}")
        check(queues(place) == ["t-one"], f"one queue: {queues(place)}")
        check(KEY + ".lock" not in keys(place), "the lock is given back")
        check(racers[0].run("plan", "--detailed-exitcode").status == 0, "the others see what it made")


def killed(place):
    """A machine is gone in the middle of a call: another one, with an empty disk, settles it."""
    with Proxy(place.url) as proxy, runners(proxy, place, 2) as (first, second):
        first.run("apply", "--auto-approve")
        for runner in (first, second):
            runner.write(TOPOLOGY + SECOND)
        gate = Gate(proxy, "CreateQueue")
        first.start("apply", "--auto-approve", "--parallelism", "1")
        gate.wait(first)
        first.process.kill()
        first.end()
        gate.open()
        check(queues(place) == ["t-one", "t-two"], "AWS has made it, and nobody knows")
        refused = second.run("apply", "--auto-approve", expect=5)
        check(f"process {first.process.pid} on " in refused.err and
              "that process is gone from this machine" in refused.err, refused.err)
        lock = second.run("lock", "show", "--json").json["lock"]
        check(f"holdfast lock break {lock['id']}" in refused.err, "it names the command that helps")
        seen = second.run("state", "journal", "--json")
        check([i["address"] for i in seen.json["open_intents"]] == ["queues.two"], seen.out)
        check("under way: `holdfast apply`" in seen.err, f"readers are told: {seen.err}")
        broken = second.run("lock", "break", lock["id"], "--json")
        check([i["address"] for i in broken.json["open_intents"]] == ["queues.two"] and
              "open      intent 2: create queues.two" in broken.err, broken.out + broken.err)
        seen = second.run("state", "journal", "--json")
        check([i["address"] for i in seen.json["open_intents"]] == ["queues.two"], f"they stay open: {seen.out}")
        before = len(proxy.seen)
        second.run("apply", "--auto-approve")
        again = [r.operation for r in proxy.seen[before:] if r.operation == "CreateQueue"]
        check(not again, "it was found, and not made again")
        check(second.run("state", "journal", "--json").json["open_intents"] == [], "all is settled")
        check(second.run("plan", "--detailed-exitcode").status == 0, "nothing is left to do")
        check(first.run("plan", "--detailed-exitcode").status == 0, "on the first machine as well")


def stale(place):
    """A holder sleeps, its lock is broken, another one works: the sleeper wakes and sends nothing more."""
    with Proxy(place.url) as proxy, runners(proxy, place, 2, TOPOLOGY + SECOND) as (first, second):
        gate = Gate(proxy, "CreateQueue")
        first.start("apply", "--auto-approve", "--parallelism", "1")
        gate.wait(first)
        first.process.send_signal(signal.SIGSTOP)
        gate.open()
        lock = second.run("lock", "show", "--json").json["lock"]
        check(lock["pid"] == first.process.pid and not lock["process_is_gone"], f"{lock}")
        alive = second.run("lock", "break", lock["id"], expect=5)
        check("HF0641" in alive.err and "--force" in alive.err, f"it may be alive: {alive.err}")
        check(second.run("lock", "break", lock["id"], "--force", "--json").json["kept_out"], "it is kept out at once")
        second.run("apply", "--auto-approve")
        time.sleep(6)  # longer than a holder goes without looking at its lock
        before = len(proxy.seen)
        first.process.send_signal(signal.SIGCONT)
        status, err = first.end()
        check(status == 4 and "HF0611" in err, f"the sleeper is told so: {status} {err}")
        changes = [r.operation for r in proxy.seen[before:]
                   if not r.is_s3 and not r.operation.startswith(("Get", "List"))]
        check(changes == [], f"and changes nothing more: {changes}")
        check(second.run("plan", "--detailed-exitcode").status == 0, "what the other made stands")
        check(KEY + ".lock" not in keys(place), "nobody holds it")


def late(place, told):
    """A creation arrives when another runner has settled it as never sent: the second key is named by every machine,
    whether its maker lives to tell or not, until it is gone."""
    text = TOPOLOGY[:TOPOLOGY.index("queues:")] + "keys:\n  k: {account: main, region: one}\n"
    kms = place.client("kms")
    with Proxy(place.url) as proxy, runners(proxy, place, 2, text) as (first, second):
        held, arrives = threading.Event(), threading.Event()

        def rule(request):
            if request.operation == "CreateKey" and not held.is_set():
                held.set()
                arrives.wait(timeout=600)
            return PASS

        proxy.rule = rule
        first.start("apply", "--auto-approve")
        check(held.wait(timeout=300), "the creation is on its way")
        if not told:
            first.process.kill()
        second.run("lock", "break", second.run("lock", "show", "--json").json["lock"]["id"], *["--force"] * told)
        second.run("apply", "--auto-approve")
        ours, = [key["KeyId"] for key in kms.list_keys()["Keys"]]
        arrives.set()
        status, err = first.end()
        check(status == (4 if told else -signal.SIGKILL), f"its maker stops: {status} {err}")
        check(not told or "free space" not in err.lower(), f"which is not for want of a disk: {err}")
        while len(kms.list_keys()["Keys"]) < 2:
            time.sleep(0.1)
        second_key, = [key["KeyId"] for key in kms.list_keys()["Keys"] if key["KeyId"] != ours]
        for runner, command in (first, "apply"), (second, "plan"), (first, "plan"):
            said = runner.run(command, *["--auto-approve"] * (command == "apply")).err
            check(said.count("HF0640") == 1 and second_key in said and ours in said, f"it is named: {said}")
        check(not [name for name in os.listdir(os.path.join(first.folder, ".holdfast")) if "unrecorded" in name],
              "the state names it now, and the file is gone")
        kms.schedule_key_deletion(KeyId=second_key)
        check("HF0640" not in second.run("apply", "--auto-approve").err, "until it is gone")


def lossy(place):
    """Every write to S3 runs and its reply is lost, once: it is known as our own, and no lock is left."""
    with Proxy(place.url) as proxy, runners(proxy, place, 2, TOPOLOGY + SECOND) as (first, second):
        lost = set()

        def rule(request):
            if request.is_s3 and request.method != "GET" and request.operation not in lost:
                lost.add(request.operation)
                return LOSE
            return PASS

        proxy.rule = rule
        first.run("apply", "--auto-approve")
        check(len(lost) > 8, f"replies were lost: {sorted(lost)}")
        proxy.rule = lambda request: PASS
        check(KEY + ".lock" not in keys(place), "the lock is given back")
        check(second.run("plan", "--detailed-exitcode").status == 0, "all is recorded")
        created = [r for r in proxy.seen if r.operation == "CreateQueue"]
        check(len(created) == 2, f"each queue was asked for once: {len(created)}")


def silent(place):
    """S3 answers nothing any more in the middle of a run: a signal ends it all the same, and a later run settles it."""
    with Proxy(place.url) as proxy, runners(proxy, place, 1, TOPOLOGY + SECOND) as (runner,):
        gate = Gate(proxy, f"PUT /{BUCKET}/{KEY}.journal/000000000002")
        runner.start("apply", "--auto-approve", "--parallelism", "1", "--grace", "1")
        gate.wait(runner)
        runner.process.send_signal(signal.SIGTERM)
        try:
            _, err = runner.process.communicate(timeout=25)  # an answer is waited for longer than that
        except subprocess.TimeoutExpired:
            check(False, "a signal ends what S3 does not answer")
        gate.open()
        check(runner.process.returncode == 143, f"by the signal: {runner.process.returncode} {err}")
        lock = runner.run("lock", "show", "--json").json["lock"]
        runner.run("lock", "break", lock["id"])
        runner.run("apply", "--auto-approve")
        check(queues(place) == ["t-one", "t-two"], f"each once: {queues(place)}")
        check(runner.run("plan", "--detailed-exitcode").status == 0, "nothing is left to do")


def kept(place):
    """A holder that slept looks at its lock as soon as it wakes, also while it waits for AWS, or for an answer."""
    lock = f"PUT /{BUCKET}/{KEY}.lock"

    def renewed(proxy, runner):
        runner.process.send_signal(signal.SIGSTOP)
        time.sleep(6)  # longer than a holder goes without looking at its lock
        before = len(proxy.seen)
        runner.process.send_signal(signal.SIGCONT)
        until = time.monotonic() + 15
        while time.monotonic() < until and not any(r.operation == lock for r in proxy.seen[before:]):
            time.sleep(0.1)
        return any(r.operation == lock for r in proxy.seen[before:])

    with Proxy(place.url) as proxy, runners(proxy, place, 1) as (runner,):
        gate = Gate(proxy, "CreateQueue")
        runner.start("apply", "--auto-approve")
        gate.wait(runner)
        check(renewed(proxy, runner), "while it waits for AWS")
        gate.open()
        check(runner.end()[0] == 0, "and goes on")
        runner.write(TOPOLOGY + SECOND)
        terminal, ours = pty.openpty()
        runner.start("apply", stdin=ours, stderr=ours)
        os.close(ours)
        said = ""
        while "Type" not in said:
            said += os.read(terminal, 4096).decode()
        check(renewed(proxy, runner), "while it asks")
        os.write(terminal, b"yes\n")
        check(runner.process.wait(300) == 0, "and goes on")
        os.close(terminal)
        check(queues(place) == ["t-one", "t-two"], f"both: {queues(place)}")


def readers(place):
    """A reader holds the lock of a cache that is still to be made: the others of its machine answer what is shared all
    the same, and a writer waits for it."""
    read = ("state", "list", "--json")
    with Proxy(place.url) as proxy, runners(proxy, place, 1) as (runner,):
        runner.run("apply", "--auto-approve")
        pulled = runner.run("state", "pull").out
        shutil.rmtree(os.path.join(runner.folder, ".holdfast"))
        gate = Gate(proxy, f"GET /{BUCKET}/{KEY}")
        first = runner.start(*read).process
        gate.wait(runner)
        writer = runner.start("apply", "--auto-approve").process
        others = [runner.start(*read).process for _ in range(3)]
        try:
            check(runner.run("state", "pull").out == pulled, "as a whole, lineage and serial included")
            check(runner.run("plan", "--detailed-exitcode").status == 0, "nothing is planned anew")
            check(writer.poll() is None, f"the writer waits: {writer.returncode}")
            gate.open()
            for reader in (*others, first):
                out, err = reader.communicate(timeout=300)
                listed = reader.returncode == 0 and [row["address"] for row in json.loads(out)["resources"]]
                check(listed == ["queues.one"], f"what is shared: {reader.returncode} {out} {err}")
            _, err = writer.communicate(timeout=300)
            check(writer.returncode == 0, f"the writer ends well: {writer.returncode} {err}")
        finally:
            for process in (first, writer, *others):
                process.kill()
                process.communicate()
        check(runner.run("state", "pull").out == pulled, "nothing has changed")


def waiting(place):
    """A writer waits for another machine, and holds the lock of its cache: readers beside it see what the other one has
    written so far."""
    with Proxy(place.url) as proxy, runners(proxy, place, 2) as (first, second):
        first.run("apply", "--auto-approve")
        second.run("plan")
        for runner in (first, second):
            runner.write(TOPOLOGY + SECOND)
        gate = Gate(proxy, "CreateQueue")
        first.start("apply", "--auto-approve")
        gate.wait(first)
        before = len(proxy.seen)
        second.start("apply", "--auto-approve", "--lock-timeout", "10m")
        while not any(r.operation == f"PUT /{BUCKET}/{KEY}.lock" and "if-none-match" in r.headers
                      for r in proxy.seen[before:]):
            check(second.process.poll() is None, f"it waits: {second.process}")
            time.sleep(0.1)
        seen = second.run("state", "journal", "--json")
        check([i["address"] for i in seen.json["open_intents"]] == ["queues.two"], f"the run of now: {seen.out}")
        check("under way: `holdfast apply`" in seen.err, f"readers are told: {seen.err}")
        gate.open()
        for runner in (first, second):
            status, err = runner.end()
            check(status == 0, f"each in its turn: {status} {err}")
        check(second.run("plan", "--detailed-exitcode").status == 0, "nothing is left to do")


def read_only(place):
    """A disk that cannot be written to, without a cache and with one that is behind, is enough to read."""
    look = 'mount --bind "$PWD" "$PWD" && mount -o remount,ro,bind "$PWD" && cd "$PWD" && exec "$@"'
    alone = ["unshare", "--mount", *["--user", "--map-root-user"] * (os.geteuid() != 0), "sh", "-c", look, "sh"]
    with Proxy(place.url) as proxy, runners(proxy, place, 2) as (writer, reader):
        def seen():
            ended = subprocess.run([*alone, HOLDFAST, "state", "list", "--json"], cwd=reader.folder, text=True,
                                   env=clean_environment(reader.env), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, check=False)
            check(ended.returncode == 0, f"it can be read: {ended.returncode} {ended.stderr}")
            return [row["address"] for row in json.loads(ended.stdout)["resources"]]

        if subprocess.run([*alone, "true"], cwd=reader.folder, check=False, stderr=subprocess.DEVNULL).returncode != 0:
            leave_out("mounts are not permitted here: no disk was read-only")
            return
        writer.run("apply", "--auto-approve")
        check(seen() == ["queues.one"], "without a cache")
        check(os.listdir(reader.folder) == ["topology.yaml"], f"nothing is written: {os.listdir(reader.folder)}")
        reader.run("state", "list")
        writer.write(TOPOLOGY + SECOND)
        writer.run("apply", "--auto-approve")
        check(seen() == ["queues.one", "queues.two"], "with one that is behind")


SCENES = {"race": race, "killed": killed, "stale": stale, "lossy": lossy}
