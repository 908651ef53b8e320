"""A hard world (tests/hard_world.json): every example converges there, plans empty, and leaves what an easy world
holds; every resource type stands in one of them."""

import contextlib
import glob
import json
import os
import shutil
import sqlite3

from harness import EXAMPLES, check, done, holdfast, workspace

HARD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hard_world.json")
APPLIES = 4  # a key whose creation got no answer is found, or made, by the next apply


def flags(folder, command):
    """What this topology must be allowed to do."""
    plan = holdfast("plan", "--simulate", "--json", cwd=folder).json
    named = [c["address"] for c in plan["changes"] if c["irreversible"]]
    option = "--allow-irreversible" if command == "apply" else "--allow-destroy"
    return [part for address in named for part in (option, address)]


def harden(folder, settings):
    """In the world's file: one that is served takes its clock from this machine, and what the hour brings with it would
    stand in the world as well."""
    worlds = glob.glob(os.path.join(folder, ".holdfast", "*.world.db"))
    check(len(worlds) == 1, f"there is one world: {worlds}")
    named = {f"setting.{name}": str(value) for name, value in settings.items()}
    with contextlib.closing(sqlite3.connect(worlds[0])) as db, db:
        db.executemany("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", named.items())
        taken = dict(db.execute("SELECT name, value FROM meta"))
    check(named.items() <= taken.items(), "the world takes its settings")


def apply_until_done(folder, allowed, hardships):
    """The world counts in each run from the beginning: the same call would meet the same fate each time."""
    for count in range(1, APPLIES + 1):
        harden(folder, {**hardships, "fail_every": hardships["fail_every"] + count - 1})
        result = holdfast("apply", "--simulate", "--auto-approve", *allowed, cwd=folder)
        if result.status == 0:
            return count
    check(False, f"{APPLIES} applies were not enough: {result.err}")
    return 0


def stable(folder):
    return holdfast("simulator", "dump", "--stable", "--simulate", cwd=folder, expect=0).out


# Statements of one function's policy that are added at the same time get lost at AWS.
RULES = 6
FUNCTION = """version: 1
name: many
accounts:
  main: {id: "111122223333"}
regions:
  home: us-east-1
functions:
  notify: {account: main, region: home, code: code, runtime: provided.al2023, handler: bootstrap}
rules:
""" + "".join(f"""  r{i}:
    account: main
    region: home
    event_pattern: {{source: [aws.backup], detail: {{state: [S{i}]}}}}
    targets: {{notify: {{function: notify}}}}
""" for i in range(RULES))
with workspace() as folder:
    os.mkdir(os.path.join(folder, "code"))
    for name, text in (("topology.yaml", FUNCTION), ("code/bootstrap", "#!/bin/sh\n")):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    holdfast("plan", "--simulate", cwd=folder, expect=0)  # makes the world
    harden(folder, {"lose_permissions": 1})
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    again = holdfast("plan", "--simulate", "--detailed-exitcode", cwd=folder)
    check(again.status == 0, f"all of the {RULES} permissions are there: {again.out}{again.err}")

with open(HARD, encoding="utf-8") as file:
    hardships = json.load(file)
types = set()
for example in sorted(glob.glob(os.path.join(EXAMPLES, "*.yaml"))):
    name = os.path.basename(example)
    with workspace(example) as easy, workspace(example) as hard:
        allowed = flags(easy, "apply")
        shutil.copytree(os.path.join(easy, ".holdfast"), os.path.join(hard, ".holdfast"))
        holdfast("apply", "--simulate", "--auto-approve", *allowed, cwd=easy, expect=0)

        print(f"{name}: {apply_until_done(hard, allowed, hardships)} applies")
        again = holdfast("plan", "--simulate", "--detailed-exitcode", cwd=hard)
        check(again.status == 0, f"{name}: the second plan is empty: {again.out}{again.err}")
        drift = holdfast("drift", "--simulate", "--json", cwd=hard, expect=0).json
        check(drift["drift"] == [], f"{name}: no drift: {drift['drift']}")
        check(stable(hard) == stable(easy), f"{name}: the same world as an easy one")
        struck = [c for c in json.loads(holdfast("simulator", "dump", "--calls", "--simulate",
                                                 cwd=hard, expect=0).out) if c["code"]]
        check(len(struck) > 20, f"{name}: the world was hard: {len(struck)} refusals")
        recorded = holdfast("state", "list", "--simulate", "--json", cwd=hard, expect=0).json
        types |= {r["type"] for r in recorded["resources"]}

known = {os.path.basename(p)[:-len(".json")] for p in glob.glob(os.path.join(EXAMPLES, "..", "schemas", "aws_*.json"))}
check(known and types == known, f"every type stands in an example: {known ^ types}")
done()
