"""What somebody made, as a file that plans empty: adopt prints it, apply takes it over, and nothing but tags of
ownership has changed. Here over what holdfast itself made from examples, with the state and the file lost; that every
example comes back as its objects is shown without a world, by unit/engine/raise."""

import os
import re

from adopting import adopt, lose_state, places, read, takes_over, write
from harness import EXAMPLES, Served, check, done, workspace

def example(name, missing=(), arrives=False):
    with workspace(os.path.join(EXAMPLES, f"{name}.yaml")) as folder, Served(folder) as world:
        write(folder, "places.yaml", places(read(folder, "topology.yaml")))
        world.account = re.search(r'id: "(\d+)"', read(folder, "topology.yaml")).group(1)
        refused = world.holdfast("apply", "--auto-approve", "--relay=false")
        allowed = [a for address in re.findall(r"add --allow-irreversible (\S+)\.", refused.err)
                   for a in ("--allow-irreversible", address)]
        if allowed:
            world.holdfast("apply", "--auto-approve", "--relay=false", *allowed, expect=0)
        made = {(r["type"], r["account_id"], r.get("region"), r["identifier"])
                for r in world.holdfast("state", "list", "--json", expect=0).json["resources"]}
        lose_state(folder)
        result = adopt(world)
        takes_over(folder, world, result.out)
        again = {(r["type"], r["account_id"], r.get("region"), r["identifier"])
                 for r in world.holdfast("state", "list", "--json", expect=0).json["resources"]}
        lost = {r for r in made - again if r[0] not in missing}
        if arrives:
            drill = world.holdfast("drill", "--days", "2", "--json", expect=0).json
            check(drill["arrived"] == drill["backups"] > 0, f"{name}: a drill of the printed file arrives: {drill}")
        check(not lost, f"{name}: everything is found again: {lost}")
        check({r[0] for r in again - made} <= {"aws_backup_global_settings", "aws_backup_region_settings"}, f"{name}: and nothing else: {again - made}")


FUNCTIONS = ("aws_lambda_function", "aws_log_group")  # without --out their code stays where it is
example("direct-copy", arrives=True)
example("rds-immutable-backup", FUNCTIONS)
if os.environ.get("HOLDFAST_SOAK"):  # a framework takes minutes to be deployed, of a served world's own clock
    # its air-gapped vault is a bare resource, which brings no role of AWS's into its account
    example("more-backup", ("aws_iam_service_linked_role",))
example("restore", FUNCTIONS)
example("watched-backups", FUNCTIONS + ("aws_iam_policy", "aws_lambda_event_invoke_config", "aws_organizations_policy",
                                       "aws_s3_bucket", "aws_scheduler_schedule"))
done()
