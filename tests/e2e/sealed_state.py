"""A shared state that is encrypted: nothing of it stands in the bucket in clear, and what was changed, swapped or played
back there is refused, as is a key that AWS does not let us use."""

import os
import signal
import subprocess

import boto3

from harness import HOLDFAST, Served, check, clean_environment, done, holdfast, workspace

STATE, REGION, BUCKET = "444455556666", "us-west-2", "team-state"
CANARIES = (b"canary-queue", b"111122223333", b"identifier", b"us-east-1", b"resources")
TOPOLOGY = """version: 1
name: t
accounts:
  main: {id: "111122223333"}
  state: {id: "444455556666", assume_role: "arn:aws:iam::444455556666:role/state"}
regions: {one: us-east-1, two: us-west-2}
state:
  s3: {bucket: team-state, key: KEY, region: us-west-2, account: state}
queues:
  one: {account: main, region: one, name: canary-queue}
"""


class Bucket:
    def __init__(self, served):
        def client(service):
            return boto3.client(service, region_name=REGION, endpoint_url=served.url, aws_access_key_id=STATE,
                                aws_secret_access_key="simulated")
        self.s3, self.kms = client("s3"), client("kms")

    def names(self, prefix):
        return [o["Key"] for o in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def get(self, name, **version):
        return self.s3.get_object(Bucket=BUCKET, Key=name, **version)["Body"].read()

    def put(self, name, body):
        self.s3.put_object(Bucket=BUCKET, Key=name, Body=body)

    def everything(self):
        """Each object that stands there, but for the lock, which names its holder to all: batches and snapshots of an
        hour stay."""
        return [(name, self.get(name)) for name in self.names("") if not name.endswith(".lock")]


class Machine:
    machines = 0

    def __init__(self, served, folder, key, *settings):
        Machine.machines += 1
        self.served, self.folder = served, os.path.join(folder, f"machine{Machine.machines}")
        os.makedirs(self.folder)
        self.write(key, *settings)

    def write(self, key, *settings, more=""):
        text = TOPOLOGY.replace("KEY", ", ".join((key, *settings))) + more
        with open(os.path.join(self.folder, "topology.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *args, expect=0):
        return holdfast(*args, cwd=self.folder, env=self.served.environment(), expect=expect)

    def refused(self, code, *args, says=""):
        result = self.run(*(args or ("plan",)), expect=4)
        check(code in result.err and says in result.err, f"{code}, {says}: {result.err}")
        check("Sanitizer" not in result.err, result.err)


def services(served, act):
    before = len(served.dump("--calls"))
    act()
    return [f"{c['service']}:{c['operation']}" for c in served.dump("--calls")[before:]]


def kill_at_work(machine):
    killed = subprocess.Popen([HOLDFAST, "apply", "--auto-approve", "--parallelism", "1"], cwd=machine.folder, text=True,
                              env=clean_environment(machine.served.environment()), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    for line in killed.stderr:
        if line.startswith("created"):
            break
    killed.send_signal(signal.SIGKILL)
    killed.communicate()


def more_queues(count):
    return "".join(f"  more{i}: {{account: main, region: one}}\n" for i in range(count))


with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY.replace("KEY", "prod/t"))
    with Served(folder, "-f", "topology.yaml", "--latency", "20") as served:
        bucket = Bucket(served)
        key = bucket.kms.create_key()["KeyMetadata"]
        sealed = ("prod/t", f"kms_key: \"{key['Arn']}\"")
        one = Machine(served, folder, *sealed)
        one.run("apply", "--auto-approve")
        two = Machine(served, folder, *sealed)
        calls = services(served, lambda: check("nothing to do" in two.run("plan").out, "the other sees what was made"))
        check(calls.count("kms:Decrypt") == 1 and "kms:GenerateDataKey" not in calls, f"one key is unwrapped: {calls}")
        calls = services(served, lambda: two.run("state", "list"))
        check(calls == ["s3:HeadObject"] or not [c for c in calls if c.startswith("kms:")],
              f"what has not changed is not decrypted: {calls}")

        backend = two.run("state", "check-backend", "--json").json
        check(backend["ok"] and any("unwraps" in c["check"] for c in backend["checks"]), f"the key is checked: {backend}")

        # nothing in clear, whatever was written on the way
        two.write(*sealed, more=more_queues(2))
        two.run("apply", "--auto-approve")
        seen = 0
        for name, body in bucket.everything():
            seen += 1
            check(body.startswith(b'{"sealed":1,'), f"{name} is an envelope: {body[:40]}")
            for canary in CANARIES:
                check(canary not in body, f"{canary} stands in {name}")
        check(seen >= 6, f"heads, batches and snapshots: {seen}")
        kept = {name: bucket.get(name) for name in bucket.names("prod/t") if not name.endswith(".lock")}

        # a runner that was killed: what it wrote is read by another
        two.write(*sealed, more=more_queues(8))
        kill_at_work(two)
        lock = two.run("lock", "show", "--json").json["lock"]
        two.run("lock", "break", lock["id"])
        three = Machine(served, folder, *sealed)
        three.write(*sealed, more=more_queues(8))
        three.run("apply", "--auto-approve")
        check("nothing to do" in two.run("plan").out, "and the killed one goes on from there")

        # changed, swapped, played back
        head, newest = bucket.get("prod/t"), {n: bucket.get(n) for n in bucket.names("prod/t") if "." in n}
        fresh = Machine(served, folder, *sealed)
        for at in (len(head) // 2, len(head) - 1):
            bucket.put("prod/t", head[:at] + bytes([head[at] ^ 1]) + head[at + 1:])
            fresh.refused("HF062")
        bucket.put("prod/t", head)
        snapshots = sorted(n for n in newest if ".snapshots/" in n)
        batches = sorted(n for n in newest if ".journal/" in n)
        check(len(snapshots) >= 2 and len(batches) >= 2, f"there is an older one: {snapshots} {batches}")
        bucket.put(snapshots[-1], newest[snapshots[0]])
        fresh.refused("HF0621")
        bucket.put(snapshots[-1], newest[batches[-1]])
        fresh.refused("HF0621")
        bucket.put(snapshots[-1], b"{}")
        fresh.refused("HF0622")
        bucket.put(snapshots[-1], newest[snapshots[-1]])
        bucket.put("prod/t", kept["prod/t"])
        two.refused("HF06")
        bucket.put("prod/t", head)

        # another state under the same key
        other = Machine(served, folder, "prod/u", sealed[1])
        other.run("apply", "--auto-approve", "--target", "queues.one", expect=None)
        if "prod/u" in bucket.names("prod/u"):
            bucket.put("prod/t", bucket.get("prod/u"))
            two.refused("HF06")
            bucket.put("prod/t", head)

        # without the key, and with one that AWS refuses
        Machine(served, folder, "prod/t").refused("HF0623", says="names no key")
        bucket.kms.disable_key(KeyId=key["KeyId"])
        fresh.refused("HF0623", says="DisabledException")
        fresh.refused("HF0623", says=f"aws kms enable-key --key-id {key['KeyId']}")
        fresh.refused("HF0623", "apply", "--auto-approve", says="is disabled")
        fresh.refused("HF0623", "state", "check-backend", says="is disabled")
        pulled = os.path.join(folder, "pulled.json")  # a cache that is current needs no key
        with open(pulled, "w", encoding="utf-8") as file:
            file.write(three.run("state", "pull").out)
        plain = Machine(served, folder, "prod/plain")
        plain.write("prod/plain", more=more_queues(8))
        plain.run("state", "push", pulled)
        check("nothing to do" in plain.run("plan").out, "the state goes on under another name, in clear")
        check(bucket.get("prod/plain").startswith(b"{\n"), "in clear")
        bucket.kms.enable_key(KeyId=key["KeyId"])
        check(fresh.run("lock", "show", "--json").json["lock"] is None, "the lock was given back")
        other_key = bucket.kms.create_key()["KeyMetadata"]["Arn"]
        Machine(served, folder, "prod/t", f"kms_key: \"{other_key}\"").refused("HF0623", says="IncorrectKey")

        # what was shared in clear is encrypted when somebody says so, and not before
        clear = Machine(served, folder, "prod/v")
        clear.run("apply", "--auto-approve", expect=None)
        check(bucket.get("prod/v").startswith(b"{\n"), "it stands in clear")
        clear.write("prod/v", sealed[1])
        clear.refused("HF0622", "apply", "--auto-approve")
        clear.write("prod/v", sealed[1], "enforced: false")
        clear.run("apply", "--auto-approve", expect=None)
        check(bucket.get("prod/v").startswith(b'{"sealed":1,'), "from then on it is sealed")
        clear.write("prod/v", sealed[1])
        clear.run("state", "list")
        clear.write("prod/v")
        clear.refused("HF0623", "apply", "--auto-approve", says="names no key")
        Machine(served, folder, "prod/v", sealed[1]).run("state", "list")

        # no key on disk or in a log
        said = fresh.run("plan", "--verbose").err
        check("Plaintext" not in said, "no log tells a key")

# The key is one of the topology's own: whoever deletes it deletes what is known of everything that stays.
KEYS = """keys:
  k: {account: state, region: two, alias: alias/of-the-state}
vaults:
  v: {account: main, region: one}
"""
with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY.replace("KEY", "own/t"))
    with Served(folder, "-f", "topology.yaml") as served:
        one = Machine(served, folder, "own/t")
        for word in ("true", "false"):  # its key has to be there first
            one.write("own/t", "kms_key: alias/of-the-state", f"enforced: {word}", more=KEYS)
            one.refused("HF0623", "apply", "--auto-approve", says="NotFoundException")
            one.refused("HF0623", "apply", "--auto-approve", says="`apply` first without `kms_key`")
        one.write("own/t", "kms_key: alias/of-another", more=KEYS)
        check("first without" not in one.run("apply", "--auto-approve", expect=4).err, "of an alias of others it is not said")
        one.write("own/t", more=KEYS)
        one.run("apply", "--auto-approve")
        one.write("own/t", "kms_key: alias/of-the-state", "enforced: false", more=KEYS)
        one.run("apply", "--auto-approve")
        one.write("own/t", "kms_key: alias/of-the-state", more=KEYS)
        one.write("own/t", "kms_key: alias/of-the-state", more="")
        refused = one.run("apply", "--auto-approve", "--allow-destroy", "keys.k", "--allow-destroy", "vaults.v", expect=7).err
        for address in ("keys.k", "keys.k/alias"):
            check(f"{address} cannot be deleted: the state is encrypted under it" in refused, f"{address} is refused: {refused}")
        renamed = KEYS.replace("alias/of-the-state", "alias/other")
        one.write("own/t", "kms_key: alias/of-the-state", more=renamed)
        check("keys.k/alias cannot be changed: the state is encrypted" in one.run("apply", "--auto-approve", expect=7).err,
              "nor does its alias get another name")
        one.write("own/t", "kms_key: alias/of-the-state", more=KEYS)
        left = one.run("destroy", "--auto-approve")
        check("2 stay" in left.out + left.err, f"a destroy leaves the key: {left.out} {left.err}")
        other = Machine(served, folder, "own/t", "kms_key: alias/of-the-state")
        check({r["address"] for r in other.run("state", "list", "--json").json["resources"]} == {"keys.k", "keys.k/alias"},
              "another machine reads what stays")

# What counts is what the state is under as it stands, not what the file names: by an alias that was made by hand...
OWN = """keys:
  a: {account: state, region: two, alias: alias/a}
  b: {account: state, region: two, alias: alias/b}
"""
ONLY_B = OWN.replace("  a: {account: state, region: two, alias: alias/a}\n", "")
WITHOUT_A = ("--auto-approve", "--allow-destroy", "keys.a")
with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY.replace("KEY", "own/t"))
    with Served(folder, "-f", "topology.yaml", "--latency", "20") as served:
        bucket = Bucket(served)
        one = Machine(served, folder, "own/t")
        one.write("own/t", more=OWN)
        one.run("apply", "--auto-approve")
        arns = {r["address"]: r["identifier"] for r in one.run("state", "list", "--json").json["resources"]}
        bucket.kms.create_alias(AliasName="alias/hand", TargetKeyId=arns["keys.a"])
        one.write("own/t", "kms_key: alias/hand", "enforced: false", more=OWN)
        one.run("apply", "--auto-approve")
        one.write("own/t", "kms_key: alias/hand", more=ONLY_B)
        empty = Machine(served, folder, "own/t")
        empty.write("own/t", "kms_key: alias/hand", more=ONLY_B)

        def stays(machine, word, *flags):
            refused = machine.run("apply", *flags, expect=7).err
            check(f"keys.a cannot be {word}: the state is encrypted under it" in refused, f"{word}: {refused}")

        calls = services(served, lambda: stays(one, "deleted", *WITHOUT_A))
        check("kms:Decrypt" not in calls, f"a cache knows the key: {calls}")
        stays(empty, "deleted", *WITHOUT_A)
        one.write("own/t", "kms_key: alias/hand",
                  more=OWN.replace("alias: alias/a}", "alias: alias/a, enabled: false}"))
        stays(one, "changed", "--auto-approve")

        # ... and while it goes from one key to another, also where the run that took it there was killed
        bucket.kms.delete_alias(AliasName="alias/hand")
        to_b = ("own/t", "kms_key: alias/b", "enforced: false")
        one.write(*to_b, more=ONLY_B)
        stays(one, "deleted", *WITHOUT_A)
        one.write("own/t", "kms_key: alias/a", "enforced: false", more=OWN)
        one.run("apply", "--auto-approve")
        one.write(*to_b, more=more_queues(8) + OWN)
        kill_at_work(one)
        for machine in (one, Machine(served, folder, "own/t")):
            machine.write(*to_b, more=more_queues(8) + ONLY_B)
            planned = machine.run("plan").out
            check(planned.count("REFUSED: the state is encrypted under it") == 1,
                  f"head and journal are under the new key, the snapshot is not: {planned}")
        one.run("lock", "break", one.run("lock", "show", "--json").json["lock"]["id"])
        one.write(*to_b, more=more_queues(8) + OWN)
        one.run("apply", "--auto-approve")
        one.write("own/t", "kms_key: alias/b", more=more_queues(8) + ONLY_B)
        one.run("apply", *WITHOUT_A)
        three = Machine(served, folder, "own/t", "kms_key: alias/b")
        check("keys.a" not in {r["address"] for r in three.run("state", "list", "--json").json["resources"]},
              "the old key may go once nothing is under it, and the state is read without")
done()
