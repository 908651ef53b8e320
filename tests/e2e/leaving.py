"""An account that left the file before its objects: both ways out work, and forgetting is written down."""

import os

from harness import calls, check, connect, done, holdfast, workspace

TOPOLOGY = """version: 1
name: t
accounts:
  main: {id: "111122223333"}
regions: {one: us-east-1}
queues:
  q: {account: main, region: one}
"""
WITH = TOPOLOGY.replace("regions", '  old: {id: "444455556666"}\nregions') + \
    "  r: {account: old, region: one}\n  s: {account: old, region: one}\n"
EMPTY = TOPOLOGY.replace("regions", '  old: {id: "444455556666"}\nregions')


def write(folder, text):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


def run(folder, *args, expect):
    return holdfast(*args, "--simulate", cwd=folder, expect=expect)


def recorded(folder):
    return [r["address"] for r in run(folder, "state", "list", "--json", expect=0).json["resources"]]


def query(folder, sql):
    db = connect(os.path.join(folder, ".holdfast", "t.simulated.db"))
    rows = db.execute(sql).fetchall()
    db.close()
    return rows


def queues(folder, account):
    objects = run(folder, "simulator", "dump", expect=0).json["objects"]
    return len([o for o in objects if o["kind"] == "sqs.queue" and o["account_id"] == account])


with workspace() as folder:
    write(folder, WITH)
    run(folder, "apply", "--auto-approve", expect=0)
    write(folder, TOPOLOGY)
    for command in (["plan"], ["plan", "--refresh=false"], ["drift"], ["apply", "--auto-approve"],
                    ["destroy", "--auto-approve"]):
        said = run(folder, *command, expect=3).err
        check("HF0705" in said and "HF0701" not in said, f"{command} says what is the matter: {said}")
        check("2 objects of account 444455556666" in said and "state rm 'queues.r' 'queues.s'" in said,
              f"and what to do: {said}")

    # the way back: an entry of that id, and an apply
    write(folder, EMPTY)
    run(folder, "apply", "--auto-approve", expect=0)
    check(recorded(folder) == ["queues.q"] and queues(folder, "444455556666") == 0, "what left is deleted")

    # the other way: forget
    write(folder, WITH)
    run(folder, "apply", "--auto-approve", expect=0)
    write(folder, TOPOLOGY)
    before = len(calls(folder, "--simulate"))
    shown = run(folder, "state", "rm", "queues.r", "queues.s", "--dry-run", expect=0).out
    check("would forget queues.r" in shown and len(recorded(folder)) == 3, f"a dry run does nothing: {shown}")
    run(folder, "state", "rm", "queues.r", "queues.nobody", expect=64)
    check(len(recorded(folder)) == 3, "one wrong address, and nothing is forgotten")
    gone = run(folder, "state", "rm", "queues.r", "queues.s", "queues.r", "--json", expect=0).json
    check([g["address"] for g in gone["forgotten"]] == ["queues.r", "queues.s"] and not gone["dry_run"]
          and gone["forgotten"][0]["identifier"], f"it says what it forgot: {gone}")
    check(recorded(folder) == ["queues.q"], "they are forgotten")
    check(len(calls(folder, "--simulate")) == before, "and nobody was asked")
    check(queues(folder, "444455556666") == 2, "they stay in AWS")
    check(query(folder, "SELECT command, result FROM run ORDER BY id DESC LIMIT 1")
          == [("state rm", "forgotten by hand")], "the run is written down")
    check([r[0] for r in query(folder, "SELECT h.address FROM resource_history h, run WHERE h.run = run.id AND "
                               "run.command = 'state rm' AND record_json IS NULL ORDER BY 1")]
          == ["queues.r", "queues.s"], "and so is each row in the history")
    run(folder, "plan", "--detailed-exitcode", expect=0)

    # what the file names again is found, not made twice
    write(folder, WITH)
    plan = run(folder, "plan", "--json", expect=0).json["summary"]
    check((plan["adopt"], plan["create"]) == (2, 0), f"found by their tags: {plan}")

PARTS = """keys:
  k: {account: main, region: one}
vaults:
  v: {account: main, region: one, key: k, accept_copies_from: [main], lock: {mode: governance, min_retention_days: 7}}
"""


def world(folder):
    return run(folder, "simulator", "dump", "--stable", expect=0).out


with workspace() as folder:  # an entry takes its parts with it
    write(folder, TOPOLOGY + PARTS)
    run(folder, "apply", "--auto-approve", expect=0)
    made = world(folder)
    gone = run(folder, "state", "rm", "vaults.v", "vaults.v/lock", "keys.k", "--json", expect=0).json
    told = [g["address"] for g in gone["forgotten"]]
    check(told == ["keys.k", "keys.k/alias", "vaults.v", "vaults.v/lock", "vaults.v/policy"], f"each part once: {told}")
    write(folder, TOPOLOGY)
    run(folder, "apply", "--auto-approve", expect=0)
    check(world(folder) == made, "what was said to stay stays as it was, when the entries have left the file")

    write(folder, TOPOLOGY + PARTS)
    run(folder, "apply", "--auto-approve", expect=0)
    before = recorded(folder)
    run(folder, "state", "rm", "vaults.v/lock", expect=0)
    check(set(before) - set(recorded(folder)) == {"vaults.v/lock"}, "a part can be forgotten alone")
done()
