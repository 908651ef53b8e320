"""What somebody made, as a file that plans empty: adopt prints it, apply takes it over, and nothing but tags of
ownership has changed. Here over what holdfast itself made from the examples, with the state and the file lost."""

import glob
import os
import re

from harness import EXAMPLES, LOCK, Served, check, done, workspace

PLACES = ("version", "name", "accounts", "regions")
OWNER = ("holdfast:topology", "holdfast:address")


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
        return {k: without_owners(v) for k, v in value.items() if k not in OWNER}
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


def example(name, missing=()):
    with workspace(os.path.join(EXAMPLES, f"{name}.yaml")) as folder, Served(folder) as world:
        write(folder, "places.yaml", places(read(folder, "topology.yaml")))
        world.account = re.search(r'id: "(\d+)"', read(folder, "topology.yaml")).group(1)
        world.holdfast("apply", "--auto-approve", "--relay=false", "--allow-irreversible", LOCK, expect=0)
        made = {(r["type"], r["account_id"], r.get("region"), r["identifier"])
                for r in world.holdfast("state", "list", "--json", expect=0).json["resources"]}
        lose_state(folder)
        result = adopt(world)
        takes_over(folder, world, result.out)
        again = {(r["type"], r["account_id"], r.get("region"), r["identifier"])
                 for r in world.holdfast("state", "list", "--json", expect=0).json["resources"]}
        lost = {r for r in made - again if r[0] not in missing}
        check(not lost, f"{name}: everything is found again: {lost}")
        check({r[0] for r in again - made} <= {"aws_backup_global_settings"}, f"{name}: and nothing else: {again - made}")


FUNCTIONS = ("aws_lambda_function", "aws_log_group")  # without --out their code stays where it is
example("direct-copy")
example("rds-immutable-backup", FUNCTIONS)
example("fleet", FUNCTIONS + ("aws_backup_region_settings",))
example("watched-backups", FUNCTIONS + ("aws_iam_policy", "aws_lambda_event_invoke_config", "aws_organizations_policy",
                                       "aws_s3_bucket", "aws_scheduler_schedule"))
example("more-backup", ("aws_backup_framework", "aws_backup_legal_hold", "aws_backup_report_plan", "aws_iam_role",
                        "aws_backup_restore_testing_plan", "aws_backup_restore_testing_selection"))
done()
