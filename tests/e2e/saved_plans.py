"""A saved plan is applied as it was read, or not at all; what moved since is named."""

import json
import os
import re
import shutil
import stat

from harness import LOCK, Served, calls, check, connect, done, holdfast, workspace

TOPOLOGY = """version: 1
name: t
accounts:
  main: {id: "111122223333"}
  spare: {id: "444455556666"}
regions: {one: us-east-1}
variables:
  seconds: {type: integer, default: 345600}
queues:
  one: {account: main, region: one, message_retention_seconds: "${variables.seconds}"}
  two: {account: main, region: one, message_retention_seconds: "${variables.seconds}"}
topics:
  told: {account: main, region: one}
"""
ALONE = TOPOLOGY.replace('  spare: {id: "444455556666"}\n', "")
SECRET = "canary-in-a-plan-3c7e"
FUNCTION = """version: 1
name: t
accounts:
  main: {id: "111122223333"}
regions: {one: us-east-1}
variables:
  password: {default: none}
queues:
  q: {account: main, region: one}
functions:
  f:
    account: main
    region: one
    code: code
    runtime: python3.12
    handler: main.handler
    environment: {PASSWORD: "${variables.password}", BOTH: "${queues.q.url}SECRET"}
"""


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def writes(folder):
    return len([c for c in calls(folder, "--simulate") if c["writes"]])


def objects(folder):
    return holdfast("simulator", "dump", "--stable", "--simulate", cwd=folder, expect=0).json


# the seed topology, from nothing: guards, no question, the same world as an apply without a file
with workspace() as folder, workspace() as other:
    planned = holdfast("plan", "--simulate", "--out", "p.json", cwd=folder, expect=0)
    path = os.path.join(folder, "p.json")
    check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "only its owner reads a plan")
    document = json.loads(read(folder, "p.json"))
    for field in ("format_version", "lineage", "serial", "program_version", "world", "fingerprint",
                  "relay_copies"):
        check(field in document, f"the file has {field}")
    check(document["topology"]["spec_digest"] and
          [a["id"] for a in document["topology"]["accounts"]] == ["111122223333", "444455556666"] and
          all(a["identity"].startswith("arn:") for a in document["topology"]["accounts"]),
          f"and the accounts: {document['topology']}")
    shown = holdfast("show", "p.json", cwd=folder, expect=0)
    check(shown.out == planned.out, f"show prints what plan printed:\n{shown.out}")
    plan = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json
    saved = holdfast("show", "p.json", "--json", cwd=folder, expect=0).json
    for key in ("fingerprint", "serial", "lineage", "summary", "changes", "routes",
                "organizational_units"):
        check(saved[key] == plan[key], f"show --json has the {key} of plan --json")

    refused = holdfast("apply", "p.json", "--simulate", cwd=folder, expect=7)
    check("HF0901" in refused.err and writes(folder) == 0, "a guard still needs its flag")
    holdfast("apply", "p.json", "--simulate", "--allow-irreversible", LOCK, cwd=folder, expect=0, stdin="")
    holdfast("plan", "--simulate", "--detailed-exitcode", cwd=folder, expect=0)
    holdfast("apply", "--simulate", "--auto-approve", "--allow-irreversible", LOCK, cwd=other, expect=0)
    check(objects(folder) == objects(other), "a saved plan makes the same world")

    before = writes(folder)
    stale = holdfast("apply", "p.json", "--simulate", "--allow-irreversible", LOCK, cwd=folder, expect=6)
    check("HF0507" in stale.err and "serial of the state" in stale.err and "lineage" not in stale.err,
          f"what moved is named: {stale.err}")
    check(writes(folder) == before, "and nothing is sent")

# each field that a plan rests on
with workspace(edit=lambda _: TOPOLOGY) as folder:
    def plan(*args):
        return holdfast("plan", "--simulate", "--out", "p.json", *args, cwd=folder, expect=0)

    def stale(field, *args):
        before = writes(folder)
        result = holdfast("apply", "p.json", "--simulate", *args, cwd=folder, expect=6)
        check("HF0507" in result.err and field in result.err, f"{field} is named: {result.err}")
        check(writes(folder) == before, f"a plan with another {field} was sent")

    plan()
    stale("digest of the topology", "--var", "seconds=400")
    write(folder, "topology.yaml", ALONE)
    stale("accounts")
    write(folder, "topology.yaml", TOPOLOGY)
    holdfast("plan", "--simulate", "--world", "b.db", "--state", "b.state", cwd=folder, expect=0)
    stale("world", "--world", "b.db", "--state", "b.state")
    holdfast("apply", "--simulate", "--auto-approve", "queues.one", cwd=folder, expect=0)
    stale("serial of the state")
    plan()
    holdfast("apply", "p.json", "--simulate", "--target", "queues.one", cwd=folder, expect=64)
    holdfast("plan", "--simulate", "--out", "q.json", "--refresh=false", cwd=folder, expect=64)
    said = holdfast("plan", "--simulate", "--out", ".", cwd=folder, expect=1).err
    check("HF1202" in said and ". is a folder" in said and "Name a file" in said, f"a folder is no file: {said}")
    check(not os.path.exists(os.path.join(folder, "q.json")), "nothing was saved")

    # a file that is no plan is not replaced; nothing is asked first
    write(folder, "almost.json", '{"format": "another plan"}')
    for name in (".holdfast/t.simulated.db", ".holdfast/t.world.db", "topology.yaml", "almost.json"):
        with open(os.path.join(folder, name), "rb") as file:
            there = file.read()
        said = holdfast("plan", "--simulate", "--out", name, "-f", "no-such.yaml", cwd=folder, expect=64).err
        check("HF1201" in said and f"would replace {name}" in said and "Name another file" in said, f"{name}: {said}")
        with open(os.path.join(folder, name), "rb") as file:
            check(file.read() == there, f"{name} is what it was")
    os.mkfifo(os.path.join(folder, "pipe"))
    said = holdfast("plan", "--simulate", "--out", "pipe", cwd=folder, expect=1).err
    check("HF1202" in said and "no regular file" in said, f"a pipe is neither read nor replaced: {said}")
    for name, text in (("empty.json", ""), ("older.json", '{"format": "holdfast plan", "format_version": 0}')):
        write(folder, name, text)
        holdfast("plan", "--simulate", "--out", name, cwd=folder, expect=0)
        holdfast("show", name, cwd=folder, expect=0)

    # cut, changed, foreign
    text = read(folder, "p.json")
    before = writes(folder)
    for name, spoilt, why in (("cut", text[:len(text) // 2], "no whole JSON document"),
                              ("changed", text.replace('"create"', '"delete"', 1), "changed after"),
                              ("foreign", "{}", "not written by"), ("empty", "", "no whole JSON"),
                              ("newer", text.replace('"format_version": 1', '"format_version": 2'), "another format")):
        check(spoilt != text, f"the {name} plan is another")
        write(folder, "spoilt", spoilt)
        for command in (["apply", "spoilt", "--simulate"], ["show", "spoilt"]):
            result = holdfast(*command, cwd=folder, expect=1)
            check("HF0508" in result.err and why in result.err, f"{name}: {result.err}")
    check(writes(folder) == before, "nothing was sent for them")

    # a part of it, as it was asked for
    plan("--target", "queues.two")
    holdfast("apply", "p.json", "--simulate", cwd=folder, expect=0)
    left = holdfast("state", "list", "--json", "--simulate", cwd=folder, expect=0).json["resources"]
    check({r["address"] for r in left} == {"queues.one", "queues.two"}, f"the target alone: {left}")

# what others change between plan and apply stays as it is, and the rest goes on
with workspace(edit=lambda _: ALONE) as folder, Served(folder) as served:
    served.holdfast("apply", "--auto-approve", "--target", "queues.one", "--target", "queues.two", expect=0)
    served.holdfast("plan", "--out", "p.json", "--var", "seconds=600", expect=0)
    def sqs(*args):
        return served.aws("111122223333", "us-east-1", "sqs", *args, "--endpoint-url", served.url)

    def url_of(name):
        return sqs("get-queue-url", "--queue-name", name)["QueueUrl"]

    sqs("set-queue-attributes", "--queue-url", url_of("t-one"), "--attributes", "MessageRetentionPeriod=60")
    served.aws("111122223333", "us-east-1", "sns", "create-topic", "--name", "t-told")
    partly = served.holdfast("apply", "p.json", "--var", "seconds=600", expect=1)
    check("HF0506" in partly.err and "queues.one" in partly.err and
          "/message_retention_seconds" in partly.err, f"what changed is named: {partly.err}")
    check("topics.told" in partly.err and "is there now" in partly.err, f"and what came: {partly.err}")

    def retention(name):
        return sqs("get-queue-attributes", "--queue-url", url_of(name), "--attribute-names",
                   "MessageRetentionPeriod")["Attributes"]["MessageRetentionPeriod"]

    check(retention("t-one") == "60", "what changed was left alone")
    check(retention("t-two") == "600", "the other went on")

    # what is gone is not deleted again
    write(folder, "topology.yaml", ALONE.split("queues:")[0])
    served.holdfast("plan", "--out", "p.json", expect=0)
    sqs("delete-queue", "--queue-url", url_of("t-one"))
    gone = served.holdfast("apply", "p.json", expect=1)
    check("is gone now" in gone.err and "queues.one" in gone.err, f"what went is named: {gone.err}")
    left = served.holdfast("state", "list", "--json", expect=0).json["resources"]
    check([r["address"] for r in left] == ["queues.one"], f"the other was deleted: {left}")

# what is open in the journal is settled by the plan as by the apply
STATE = ".holdfast/t.simulated.db"
with workspace(edit=lambda _: TOPOLOGY) as folder:
    def journal():
        return holdfast("state", "journal", "--simulate", "--json", cwd=folder, expect=0).json["open_intents"]

    def execute(sql):
        db = connect(os.path.join(folder, STATE))
        db.execute(sql)
        db.commit()
        db.close()

    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    execute("UPDATE journal SET phase = 'open', detail = NULL, ended_ms = NULL WHERE address = 'queues.one'")
    planned = holdfast("plan", "--simulate", "--var", "seconds=600", "--out", "p.json", cwd=folder, expect=0)
    check("1 open intent is taken as AWS has it" in planned.err and len(journal()) == 1, f"it is said: {planned.err}")
    holdfast("apply", "p.json", "--simulate", "--var", "seconds=600", cwd=folder, expect=0)
    check(journal() == [], "nobody else has written: the plan is applied, and the intent settled")
    holdfast("plan", "--simulate", "--var", "seconds=600", "--detailed-exitcode", cwd=folder, expect=0)

    # settled otherwise than the plan had it: what the intent made arrives after the plan
with workspace(edit=lambda _: ALONE) as folder:
    world = os.path.join(folder, ".holdfast", "t.world.db")
    holdfast("apply", "--simulate", "--auto-approve", "queues.one", cwd=folder, expect=0)
    shutil.copy(world, os.path.join(folder, "early"))
    holdfast("apply", "--simulate", "--auto-approve", "queues.two", cwd=folder, expect=0)
    shutil.copy(world, os.path.join(folder, "late"))
    execute("DELETE FROM resource WHERE address = 'queues.two'")
    execute("UPDATE journal SET phase = 'open', identifier = NULL, detail = NULL, ended_ms = NULL WHERE address = 'queues.two'")
    shutil.copy(os.path.join(folder, "early"), world)
    planned = holdfast("plan", "--simulate", "--json", "--out", "p.json", cwd=folder, expect=0).json
    check({c["address"]: c["action"] for c in planned["changes"]} == {"queues.two": "create", "topics.told": "create"},
          f"it is not there yet: {planned['changes']}")
    shutil.copy(os.path.join(folder, "late"), world)
    before = writes(folder)
    said = holdfast("apply", "p.json", "--simulate", cwd=folder, expect=6)
    check("HF0507" in said.err and "serial" not in said.err, f"it is another plan now, of the same state: {said.err}")
    check(writes(folder) == before and journal() == [], "nothing is sent, and the intent is settled")

# no secret, not even around a reference
with workspace(edit=lambda _: FUNCTION.replace("SECRET", SECRET)) as folder:
    os.mkdir(os.path.join(folder, "code"))
    write(folder, "code/main.py", "def handler(event, context):\n    return event\n")
    first = ["--simulate", "--var", f"password={SECRET}"]
    second = ["--simulate", "--var", f"password={SECRET}-2"]
    digests = set()
    for variables in (first, second):
        holdfast("plan", "--out", "p.json", *variables, cwd=folder, expect=0)
        text = read(folder, "p.json")
        check(SECRET not in text, "a secret stands in the plan")
        digests.add(json.loads(text)["topology"]["spec_digest"])
        for shown in (["show", "p.json"], ["show", "p.json", "--json"]):
            check(SECRET not in holdfast(*shown, cwd=folder, expect=0).out, "a secret is shown")
        if variables is second:  # there is a state, and a secret in it
            other = holdfast("apply", "p.json", *first, cwd=folder, expect=6)
            check("HF0507" in other.err, f"another secret is another plan: {other.err}")
        holdfast("apply", "p.json", *variables, cwd=folder, expect=0)
        holdfast("plan", "--detailed-exitcode", *variables, cwd=folder, expect=0)
    check(len(digests) == 1, "the digest of the topology tells one secret from another")
    secret = [f["value"] for f in holdfast("state", "pull", "--simulate", cwd=folder, expect=0).json["facts"]
              if f["key"] == "plan_secret"]
    check(len(secret) == 1 and len(secret[0]) == 64 and secret[0] not in text, f"one secret in the state: {secret}")

# a page of a pull request: what is dangerous first, and never more bytes than it may have
with workspace() as folder:
    holdfast("plan", "--simulate", "--out", "p.json", cwd=folder, expect=0)
    page = holdfast("show", "p.json", "--markdown", "--color", "always", cwd=folder, expect=0).out
    first, folded = page.split("<details>")
    check(first.startswith("### Plan: ") and first.count("\n    ! vaults.final/lock ") == 1 and "\x1b" not in page,
          f"the totals, then what is for ever: {first}")
    changes = [line for line in folded.splitlines() if line.startswith("    ") and line[4] != " "]
    check(len(changes) > 20 and "Path: " in folded, f"then everything: {folded}")
    for room in range(1000, len(page.encode()), 300):
        less = holdfast("show", "p.json", "--markdown", "--max-bytes", str(room), cwd=folder, expect=0).out
        kept = [line for line in less.split("<details>")[1].splitlines() if line.startswith("    ") and line[4] != " "]
        left_out = re.search(r"\*\*(\d+) more\*\* found no room here", less)
        check(len(less.encode()) <= room and "! vaults.final/lock" in less and less.endswith("</details>\n"), f"{room}: {less}")
        check(left_out and kept == changes[:len(kept)] and len(kept) + int(left_out[1]) == len(changes), f"{room}: {kept}, {less}")
    for wrong in (["show", "--markdown"], ["show", "p.json", "--markdown", "--json"], ["show", "p.json", "--markdown", "--max-bytes", "9"]):
        holdfast(*wrong, cwd=folder, expect=64)
done()
