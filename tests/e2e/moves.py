"""Entries that are renamed or let go: `moved`, `forget` and `state mv` change the state, and never an object."""

import os

from harness import calls, check, connect, done, holdfast, workspace

HEAD = """version: 1
name: t
accounts:
  main: {id: "111122223333"}
regions: {one: us-east-1}
"""
OLD = HEAD + """keys:
  k: {account: main, region: one}
vaults:
  a: {account: main, region: one, key: k, lock: {mode: governance, min_retention_days: 1, max_retention_days: 9}}
plans:
  daily:
    account: main
    region: one
    rules: {nightly: {target_vault: a, schedule_expression: "cron(0 1 * * ? *)", lifecycle: {delete_after_days: 5}}}
    selections: {all: {resources: ["*"]}}
queues:
  q: {account: main, region: one}
"""
NEW = OLD.replace("  k: {", "  master: {").replace("key: k", "key: master").replace("  a: {", "  final: {").replace(
    "target_vault: a", "target_vault: final").replace("  daily:", "  nightly:")
MOVES = """moved:
  - {from: keys.k, to: keys.master}
  - {from: vaults.a, to: vaults.middle}
  - {from: vaults.middle, to: vaults.final}
  - {from: plans.daily, to: plans.nightly}
"""


def write(folder, text):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


def run(folder, *args, expect=0):
    return holdfast(*args, "--simulate", cwd=folder, expect=expect)


def recorded(folder):
    return {r["address"]: r for r in run(folder, "state", "list", "--json").json["resources"]}


def objects(folder):
    """What there is at AWS, without tags, which name addresses."""
    listed = run(folder, "simulator", "dump").json["objects"]
    return sorted((o["kind"], o["account_id"], o["id"]) for o in listed)


def queues(folder):
    return len([kind for kind, _, _ in objects(folder) if kind == "sqs.queue"])


def query(folder, sql):
    db = connect(os.path.join(folder, ".holdfast", "t.simulated.db"))
    rows = db.execute(sql).fetchall()
    db.close()
    return rows


with workspace() as folder:
    write(folder, OLD)
    run(folder, "apply", "--auto-approve")
    before, made = recorded(folder), objects(folder)

    # without a word it is another object, and that is said
    write(folder, NEW)
    said = run(folder, "plan").err
    for a, b in (("vaults.a", "vaults.final"), ("keys.k", "keys.master"), ("plans.daily", "plans.nightly")):
        check(f"moved: [{{from: {a}, to: {b}}}]" in said, f"the rename of {a} is noticed: {said}")
    run(folder, "apply", "--auto-approve", expect=7)
    check(objects(folder) == made, "and nothing happened to it")

    # with `moved` nothing but the owner's tag changes
    write(folder, NEW + MOVES)
    run(folder, "validate")
    plan = run(folder, "plan", "--json", "--detailed-exitcode", expect=2).json
    summary = {k: v for k, v in plan["summary"].items() if v}
    check(set(summary) == {"update", "move"}, f"moves and updates only: {summary}")
    differs = {c["address"]: {d["path"] for d in c["differences"]} for c in plan["changes"]}
    said = {"/description"}  # of a role: names the entry that it works for
    check(all(paths - said == {"/tags/holdfast:address"} for paths in differs.values())
          and not (differs["vaults.final"] | differs["keys.master"]) & said, f"of the tags only: {differs}")
    moves = {m["from"]: m["to"] for m in plan["moves"]}
    check(moves["vaults.a/lock"] == "vaults.final/lock" and moves["keys.k/alias"] == "keys.master/alias",
          f"parts follow: {moves}")
    text = run(folder, "plan").out
    check("moved from vaults.a\n" in text and f", {len(moves)} move" in text, f"a line for each: {text}")
    check(set(recorded(folder)) == set(before), "a plan writes nothing")
    run(folder, "apply", "--auto-approve")
    after = recorded(folder)
    check(set(after) == {moves.get(a, a) for a in before}, f"every address is the new one: {sorted(after)}")
    check(all(after[moves.get(a, a)]["identifier"] == r["identifier"] for a, r in before.items()),
          "and every object the old one")
    check("keys.master" in after["vaults.final"]["depends_on"], "what depends on it follows")
    check(objects(folder) == made, "nothing was made or deleted")
    check(query(folder, "SELECT count(*) FROM run WHERE result = 'moved'") == [(1,)], "the moves are a run")

    # a part has a line of its own, which counts more than its entry's; AWS renames no selection
    write(folder, NEW.replace("  nightly:\n", "  weekly:\n").replace("{all:", "{most:") + "moved: [{from: plans.nightly, to: "
          "plans.weekly}, {from: plans.nightly/selections.all, to: plans.weekly/selections.most}]\n")
    text = run(folder, "plan").out
    check("plans.weekly/selections.most  backup selection  replace: name (the name of a part is its key" in text
          and "moved from plans.nightly/selections.all\n" in text and "selections.all  " not in text, f"the part's line: {text}")
    write(folder, NEW + MOVES)

    # from then on the names stick, with and without the moves in the file
    run(folder, "plan", "--detailed-exitcode")
    write(folder, NEW)
    run(folder, "plan", "--detailed-exitcode")
    run(folder, "drift", "--detailed-exitcode")

    # by hand, there and back
    shown = run(folder, "state", "mv", "queues.q", "queues.letters", "--dry-run").out
    check("would move queues.q to queues.letters" in shown and "queues.q" in recorded(folder), f"dry: {shown}")
    run(folder, "state", "mv", "queues.nobody", "queues.x", expect=64)
    run(folder, "state", "mv", "queues.q", expect=64)
    said = run(folder, "state", "mv", "queues.q", "queues.B B", expect=64).err
    check("no file could have the address `queues.B B`" in said, f"no address: {said}")
    check("HF0313" in run(folder, "state", "mv", "queues.q", "vaults.final", expect=1).err, "one place, one object")
    sent = len(calls(folder, "--simulate"))
    run(folder, "state", "mv", "queues.q", "queues.letters")
    check("queues.letters" in recorded(folder) and len(calls(folder, "--simulate")) == sent, "moved, nobody asked")
    write(folder, NEW.replace("  q: {", "  letters: {"))
    plan = run(folder, "plan", "--json").json["summary"]
    check((plan["update"], plan["create"], plan["delete"], plan["replace"]) == (1, 0, 0, 0), f"tags only: {plan}")
    run(folder, "apply", "--auto-approve")
    check(objects(folder) == made, "the queue is the one that it was")

    # a new entry at an old address is a new object
    write(folder, NEW.replace("queues:\n  q: {", "queues:\n  q: {account: main, region: one, name: other}\n  letters: {"))
    run(folder, "apply", "--auto-approve")
    run(folder, "plan", "--detailed-exitcode")
    check(len(objects(folder)) == len(made) + 1, "a second queue")

    # so it is where only the owner tags still say the old address
    both = NEW.replace("keys:\n", "keys:\n  spare: {account: main, region: one}\n").replace(
        "queues:\n  q: {", "queues:\n  q: {account: main, region: one, name: other}\n  letters: {")
    write(folder, both)
    run(folder, "apply", "--auto-approve")
    run(folder, "state", "mv", "keys.spare", "keys.other")
    write(folder, both.replace("  spare: {", "  spare: {account: main, region: one, alias: alias/another}\n  other: {"))
    said = run(folder, "plan", expect=1).err
    check("HF0509" in said and "`holdfast apply keys.other`" in said and "state mv" not in said, f"what to do: {said}")
    run(folder, "apply", "keys.other", "--auto-approve")
    run(folder, "apply", "--auto-approve")
    run(folder, "plan", "--detailed-exitcode")
    run(folder, "state", "rm", "keys.other", "keys.other/alias", "keys.spare", "keys.spare/alias")

    # let go: no call, no deletion, and the vault stays
    write(folder, HEAD + "forget: [vaults.final, keys.master, plans.nightly]\n")
    plan = run(folder, "plan", "--json").json["summary"]
    check(plan["delete"] == 2 and plan["forget"] == len(after) - 1, f"forgets what it names: {plan}")
    run(folder, "apply", "--auto-approve")
    check(recorded(folder) == {}, "nothing is recorded")
    kinds = {kind for kind, _, _ in objects(folder)}
    check("backup.vault" in kinds and "kms.key" in kinds and "sqs.queue" not in kinds, f"what stays: {kinds}")
    run(folder, "plan", "--detailed-exitcode")

with workspace() as folder:
    # of an account that left the file nothing can be asked, and nothing need be
    left = HEAD.replace("regions", '  old: {id: "444455556666"}\nregions')
    write(folder, left + "queues: {r: {account: old, region: one}}\n")
    run(folder, "apply", "--auto-approve")
    write(folder, HEAD)
    check("forget" in run(folder, "plan", expect=3).err, "the way out is named")
    write(folder, HEAD + "forget: [queues.r]\n")
    run(folder, "apply", "--auto-approve")
    check(recorded(folder) == {} and queues(folder) == 1, "forgotten, and still there")

    # a destroy moves as well
    write(folder, HEAD + "queues: {r: {account: main, region: one}}\n")
    run(folder, "apply", "--auto-approve")
    write(folder, HEAD + "queues: {s: {account: main, region: one}}\nmoved: [{from: queues.r, to: queues.s}]\n")
    run(folder, "destroy", "--auto-approve")
    check(recorded(folder) == {} and queues(folder) == 1, "what moved is destroyed")

    # the first name goes with the last object that had it: a new life has a new name, and keeps it
    run(folder, "apply", "--auto-approve")
    run(folder, "plan", "--detailed-exitcode")

# a member of a group that gets another name, in one Region and in two, by the file and by hand
GROUP = """version: 1
name: t
accounts:
  apps: {members: {a: "111122223333", c: "444455556666"}}
  solo: {id: "777788889999"}
regions: {one: us-east-1, two: [us-east-1, us-west-2]}
vaults:
  primary: {account: apps, region: one, lock: {mode: governance, min_retention_days: 1}}
  wide: {account: apps, region: two}
queues:
  q: {account: apps, region: one}
"""

with workspace() as folder:
    write(folder, GROUP)
    run(folder, "apply", "--auto-approve")
    made = objects(folder)
    write(folder, GROUP.replace("{a:", "{b:") +
          'moved: [{from: "vaults.primary[a]", to: "vaults.primary[b]"}, {from: "vaults.wide[a]", to: "vaults.wide[b]"}]\n')
    run(folder, "state", "mv", "queues.q[a]", "queues.q[b]")
    plan = run(folder, "plan", "--out", "p.json", "--json").json
    check({m["to"] for m in plan["moves"]} == {"vaults.primary[b]", "vaults.primary[b]/lock", "vaults.wide[b,us-east-1]",
                                               "vaults.wide[b,us-west-2]"}, f"each with its parts: {plan['moves']}")
    check({k for k, v in plan["summary"].items() if v} == {"move", "update"}, f"and nothing else: {plan['summary']}")

    # what was saved is shown as it was planned, and does it
    check(run(folder, "show", "p.json", "--json").json == plan, "show says what plan said")
    check("moved from vaults.wide[a,us-west-2]" in run(folder, "show", "p.json").out, "as text, too")
    run(folder, "apply", "p.json")
    check(objects(folder) == made and not [a for a in recorded(folder) if "[a" in a], "the same objects")
    run(folder, "plan", "--detailed-exitcode")

    # out of the group, with the name that it was made with, and forgotten, by a saved plan
    write(folder, GROUP.replace("{a: \"111122223333\", ", "{").replace("solo: {id: \"777788889999\"}", "solo: {id: \"111122223333\"}")
          + '  z: {account: solo, region: one}\n'
          + 'moved: [{from: "queues.q[b]", to: queues.z}]\nforget: ["vaults.primary[b]", "vaults.wide[b]"]\n')
    plan = run(folder, "plan", "--out", "p.json", "--json").json["summary"]
    check({k: v for k, v in plan.items() if v} == {"move": 1, "forget": 4, "update": 1}, f"moved and forgotten: {plan}")
    shown = run(folder, "show", "p.json").out
    check("moved from queues.q[b]" in shown and "forget" in shown, f"both are shown: {shown}")
    run(folder, "apply", "p.json")
    check(objects(folder) == made, "nothing was made or deleted")
    check([a for a, r in recorded(folder).items() if r["account_id"] == "111122223333"] == ["queues.z"], "what is left of it")
    run(folder, "plan", "--detailed-exitcode")

with workspace() as folder:
    # an older state that is pushed names what was replaced since: what stands there bears the old address's tags
    queue = HEAD + "queues: {NAME: {account: main, region: one, name: QUEUE}}\n"
    write(folder, queue.replace("NAME", "a").replace("QUEUE", "first"))
    run(folder, "apply", "--auto-approve")
    with open(os.path.join(folder, "old.json"), "w", encoding="utf-8") as file:
        file.write(run(folder, "state", "pull").out)
    write(folder, queue.replace("NAME", "a").replace("QUEUE", "second"))
    run(folder, "apply", "--auto-approve")
    run(folder, "state", "push", "old.json", "--force")
    elsewhere = queue.replace("NAME", "b").replace("QUEUE", "second")
    write(folder, elsewhere)
    refused = run(folder, "plan", expect=1).err
    check("HF0501" in refused and "belongs to queues.a of topology t" in refused, f"made beside it, it would be the same one: {refused}")
    write(folder, elsewhere + "moved: [{from: queues.a, to: queues.b}]\n")
    plan = run(folder, "plan", "--out", "p.json", "--json").json["summary"]
    check({k: v for k, v in plan.items() if v} == {"move": 1, "adopt": 1}, f"it is the one that moved: {plan}")
    run(folder, "apply", "p.json")
    run(folder, "plan", "--detailed-exitcode")
    check(queues(folder) == 1, "and no second one was made")
done()
