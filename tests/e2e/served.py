"""A served world and awscli: what is deleted behind our back stops the delivery and shows in drift."""

from harness import Served, apply_seed, check, done, workspace

WORKLOAD, BACKUP = "111122223333", "444455556666"
FINAL = "rds-immutable-backup-final"


def arrived(served):
    answer = served.aws(BACKUP, "us-east-2", "backup", "list-recovery-points-by-backup-vault",
                        "--backup-vault-name", FINAL)
    return len(answer["RecoveryPoints"])


def apply(served):
    served.holdfast("apply", "--auto-approve", "--allow-irreversible", "vaults.final/lock", expect=0)


def drift(served):
    return {d["address"]: d for d in served.holdfast("drift", "--json", expect=0).json["drift"]}


def by_events_only(text):
    return text.replace("    tag_keys: [FinalVault]\n", "    tag_keys: [FinalVault]\n    reconcile: never\n")


with workspace(edit=by_events_only) as folder, Served(folder) as served:
    served.begin_at(9)  # the plan's backup falls due in the afternoon: nothing is under way in the evening
    apply(served)
    check(drift(served) == {}, "no drift after apply")
    served.advance(days=1)
    served.advance(hours=12)
    base = arrived(served)
    check(base >= 1, "a day's backup arrives in the final vault")

    served.aws(WORKLOAD, "us-east-2", "lambda", "remove-permission", "--function-name",
               "rds-immutable-backup-to_final", "--statement-id",
               next(s["Sid"] for s in __import__("json").loads(
                   served.aws(WORKLOAD, "us-east-2", "lambda", "get-policy", "--function-name",
                              "rds-immutable-backup-to_final")["Policy"])["Statement"]
                    if "watch" not in s["Condition"]["ArnLike"]["AWS:SourceArn"]))
    found = drift(served)
    check(set(found) == {"relays.to_final/permission"}, f"drift names the permission: {set(found)}")
    check(served.holdfast("drift", "--detailed-exitcode").status == 2, "drift ends with 2")
    served.advance(days=2)
    check(arrived(served) == base, "without the permission nothing arrives")
    apply(served)
    check(drift(served) == {}, "apply mends it")
    served.advance(hours=12)
    check(arrived(served) > base, "and the relay catches up")

with workspace() as folder, Served(folder) as served:
    apply(served)
    role = "rds-immutable-backup-to_final-forward_role"
    roles = served.aws(WORKLOAD, "us-east-1", "iam", "list-roles")["Roles"]
    role = next(r["RoleName"] for r in roles if "forward" in r["RoleName"])
    for policy in served.aws(WORKLOAD, "us-east-1", "iam", "list-role-policies", "--role-name",
                             role)["PolicyNames"]:
        served.aws(WORKLOAD, "us-east-1", "iam", "delete-role-policy", "--role-name", role,
                   "--policy-name", policy)
    served.aws(WORKLOAD, "us-east-1", "iam", "delete-role", "--role-name", role)
    found = drift(served)
    check(set(found) == {"relays.to_final/forward_role"}, f"drift names the role: {set(found)}")
    served.advance(days=2)
    check(arrived(served) > 0, "without the forwarding role the relay's schedule brings it")
done()
