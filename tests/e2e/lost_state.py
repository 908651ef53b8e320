"""A state that is lost: the next plan finds everything by owner tags, names and parents, apply records it
and changes nothing. A compliance lock is never put again, or its days of grace would begin anew."""

import glob
import os

from harness import LOCK, Served, check, done, workspace

BACKUP, WORKLOAD, REGION = "444455556666", "111122223333", "us-east-2"
READS = ("Get", "List", "Describe", "AssumeRole")


def lose_state(folder):
    states = [f for f in glob.glob(os.path.join(folder, ".holdfast", "*.db*")) if ".world." not in f]
    check(states, "there was a state")
    for file in states:
        os.unlink(file)


def lock_date(served):
    vault = served.aws(BACKUP, REGION, "backup", "describe-backup-vault", "--backup-vault-name",
                       "rds-immutable-backup-final")
    return vault["LockDate"]


def keys(served):
    listed = [served.aws(account, REGION, "kms", "list-keys")["Keys"] for account in (BACKUP, WORKLOAD)]
    return [key["KeyId"] for of_account in listed for key in of_account]


def adopt_all(served, resources):
    """Plan, apply and drift without a state: everything is found, and nothing is sent that changes anything."""
    plan = served.holdfast("plan", "--json", expect=0).json
    other = [c for c in plan["changes"] if c["action"] != "adopt" or c.get("differences")]
    check(not other, f"all that stands is adopted as it is: {other}")
    adopted = {c["address"] for c in plan["changes"]}
    check(adopted == resources, f"and all of it: {adopted ^ resources}")
    before = len(served.dump("--calls"))
    served.holdfast("apply", "--auto-approve", "--relay=false", expect=0)
    written = [c for c in served.dump("--calls")[before:] if not c["operation"].startswith(READS)]
    check(not written, f"adopting changes nothing: {written}")
    again = served.holdfast("plan", "--detailed-exitcode", expect=0)
    check("nothing to do" in again.out, f"the second plan is empty: {again.out}")
    served.holdfast("drift", "--detailed-exitcode", expect=0)


with workspace() as folder, Served(folder) as served:
    first = served.holdfast("plan", "--json", expect=0).json
    resources = {c["address"] for c in first["changes"]}
    check({"keys.final/alias", "plans.rds_daily/selections.rds", LOCK} <= resources, f"the example: {resources}")
    served.holdfast("apply", "--auto-approve", "--allow-irreversible", LOCK, "--relay=false", expect=0)
    made, date, held = keys(served), lock_date(served), served.dump("--stable")

    served.advance(days=3)
    lose_state(folder)
    adopt_all(served, resources)
    check(keys(served) == made, "no key was made twice")
    check(lock_date(served) == date, "the lock's date has not moved")

    # How many days of grace were asked for is known to nobody any more: what the file says now is no difference.
    path = os.path.join(folder, "topology.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("changeable_for_days: 14", "changeable_for_days: 30"))
    lose_state(folder)
    adopt_all(served, resources)
    check(lock_date(served) == date, "nor for other days than it was put with")

    served.advance(days=12)
    lose_state(folder)
    adopt_all(served, resources)
    check(lock_date(served) == date, "nor when it is permanent")
    check(served.dump("--stable").keys() == held.keys(), "the world holds what it held")

    # A key that somebody else took over is not ours, and neither is what names it: nothing is made beside it.
    final = served.aws(BACKUP, REGION, "kms", "describe-key", "--key-id", "alias/backup-final")["KeyMetadata"]["KeyId"]
    served.aws(BACKUP, REGION, "kms", "tag-resource", "--key-id", final, "--tags",
               "TagKey=holdfast:topology,TagValue=another")
    lose_state(folder)
    refused = served.holdfast("plan", expect=7)
    check("keys.final/alias" in refused.err and "alias/backup-final" in refused.err,
          f"an alias of a key that is another topology's is refused: {refused.err}")
    check(keys(served) == made, "and nothing was made")
done()
