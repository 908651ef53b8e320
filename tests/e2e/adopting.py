"""What the tests of adopt share: a file of places, and the proof that what was printed takes over what stands."""

import glob
import os
import re

from harness import check

PLACES = ("version", "name", "accounts", "regions")
OWNER = ("holdfast:topology", "holdfast:address")
FOLLOWS = ("RevisionId",)  # what Lambda counts with every change, of tags as well


def places(text):
    """The sections of a topology that say where things are."""
    blocks = re.split(r"(?m)^(?=[a-z_]+:)", text)
    return "".join(b for b in blocks if b.split(":")[0] in PLACES)


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def without_owners(value):
    """Anything out of a dump without tags of ownership, in each of the forms that AWS has for tags."""
    if isinstance(value, dict):
        return {k: without_owners(v) for k, v in value.items() if k not in OWNER + FOLLOWS}
    if isinstance(value, list):
        return [without_owners(v) for v in value if not (
            isinstance(v, dict) and (v.get("Key") in OWNER or v.get("TagKey") in OWNER))]
    return value


def objects(world):
    """What stands in the world by its place, times and ids included; without sessions and the like."""
    return {(o["kind"], o["account_id"], o["region"], o["id"]): without_owners(o["body"])
            for o in world.dump()["objects"] if not o["kind"].startswith("~")}


def adopt(world, *args, expect=0):
    return world.holdfast("adopt", "-f", "places.yaml", *args, expect=expect)


def takes_over(folder, world, text):
    """The printed file is valid, plans imports alone, and its apply changes tags of ownership alone."""
    write(folder, "topology.yaml", text)
    world.holdfast("validate", expect=0)
    before = objects(world)
    plan = world.holdfast("plan", "--json", expect=0).json
    other = [c for c in plan["changes"] if c["action"] != "adopt"]
    check(not other, f"the plan has nothing but imports: {other}")
    differs = {d["path"] for c in plan["changes"] for d in c.get("differences", [])
               if d["path"] not in [f"/tags/{owner}" for owner in OWNER] + ["/tags"]}
    check(not differs, f"and nothing but tags would change: {differs}")
    world.holdfast("apply", "--auto-approve", "--relay=false", expect=0)
    world.holdfast("plan", "--detailed-exitcode", expect=0)
    after = objects(world)
    changed = {k: (before.get(k), after.get(k)) for k in before.keys() | after.keys()
               if before.get(k) != after.get(k)}
    check(not changed, f"nothing in the world has changed but tags of ownership: {changed}")
    return plan


def lose_state(folder):
    for file in glob.glob(os.path.join(folder, ".holdfast", "*.db*")):
        os.unlink(file)
