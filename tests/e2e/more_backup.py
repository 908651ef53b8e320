"""The types of AWS Backup without a section: applied, planned empty, changed, and taken away."""

import os

from harness import EXAMPLES, calls, check, done, holdfast, workspace

EXAMPLE = os.path.join(EXAMPLES, "more-backup.yaml")
HOLD, GAP = "resources.case", "resources.gap"


def edit(folder, old, new):
    path = os.path.join(folder, "topology.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    check(old in text, f"the topology has {old!r}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def apply(folder, *args, expect=0):
    return holdfast("apply", "--simulate", "--auto-approve", *args, cwd=folder, expect=expect)


def first_apply(folder):
    return apply(folder, "--allow-irreversible", GAP)


def plan(folder, *args, expect):
    return holdfast("plan", "--simulate", "--detailed-exitcode", *args, cwd=folder, expect=expect)


def operations(folder):
    return {c["operation"] for c in calls(folder, "--simulate") if c["writes"]}


with workspace(EXAMPLE) as folder:
    refused = apply(folder, expect=7)
    check("HF0901" in refused.err and f"--allow-irreversible {GAP}" in refused.err,
          f"what goes into the air-gapped vault stays there: {refused.err}")
    check(not operations(folder), "nothing was made without the flag")
    first_apply(folder)
    plan(folder, expect=0)
    report = holdfast("drill", "--days", "2", "--json", cwd=folder, expect=0).json
    check(report["backups"] == report["arrived"] == 2, f"its copies arrive: {report}")
    holdfast("drift", "--simulate", "--detailed-exitcode", cwd=folder, expect=0)
    check({"CreateLogicallyAirGappedBackupVault", "CreateFramework", "CreateReportPlan", "CreateRestoreTestingPlan",
           "CreateRestoreTestingSelection", "CreateLegalHold"} <= operations(folder), "all six types were made")

    edit(folder, "what the auditors ask for", "what the new auditors ask for")
    edit(folder, "formats: [CSV, JSON]", "formats: [JSON]")
    edit(folder, "encryption_key_arn: ${keys.sealed.arn}", "encryption_key_arn: ${keys.sealed.arn}\n      tags: {team: storage}")
    edit(folder, "cron(0 5 ? * 1 *)", "cron(0 6 ? * 1 *)")
    edit(folder, "validation_window_hours: 8", "validation_window_hours: 4")
    edit(folder, "cancel_description: settled ", "cancel_description: settled out of court ")
    changes = plan(folder, "--json", expect=2).json["changes"]
    check({c["action"] for c in changes} == {"update"} and len(changes) == 6, f"six updates: {changes}")
    apply(folder)
    plan(folder, expect=0)
    check({"UpdateFramework", "UpdateReportPlan", "UpdateRestoreTestingPlan", "UpdateRestoreTestingSelection"}
          <= operations(folder), "four of them at AWS")
    check("CancelLegalHold" not in operations(folder), "another reason is no other hold")

    edit(folder, "max_retention_days: 365", "max_retention_days: 366")
    refused = plan(folder, expect=7)
    check("HF0502" in refused.err and "never replaced" in refused.err, f"its days are for ever: {refused.err}")
    edit(folder, "max_retention_days: 366", "max_retention_days: 365")

    destroyed = holdfast("destroy", "--simulate", "--auto-approve", "--json", cwd=folder, expect=0).json
    check(destroyed["retained"] == [] and destroyed["failed"] == 0, f"all goes, the hold with its reason: {destroyed}")
    left = holdfast("simulator", "dump", "--simulate", cwd=folder, expect=0).out
    check('"settled out of court"' in left, "the reason was given to AWS")

# A hold whose reason was never applied stays, and nothing else is asked of AWS for it.
with workspace(EXAMPLE, lambda text: text.replace("cancel_description:", "# cancel_description:")) as folder:
    first_apply(folder)
    edit(folder, HOLD.split(".")[1] + ":\n    type", "other:\n    type")  # the hold leaves, another one comes
    refused = apply(folder, "--allow-destroy", HOLD, expect=7)
    check("HF0906" in refused.err and "cancel_description" in refused.err, f"it asks for a reason: {refused.err}")
    edit(folder, "other:\n    type", "case:\n    type")
    destroyed = holdfast("destroy", "--simulate", "--auto-approve", "--json", cwd=folder, expect=0).json
    stays = {r["address"]: r["reason"] for r in destroyed["retained"]}
    check("cancel_description" in stays[HOLD] and "vaults.tables" in stays, f"it stays with its vault: {stays}")
    check("CancelLegalHold" not in operations(folder), "nobody cancelled it")

    edit(folder, "# cancel_description:", "cancel_description:")
    first_apply(folder)
    edit(folder, HOLD.split(".")[1] + ":\n    type", "other:\n    type")
    refused = apply(folder, expect=7)
    check("HF0902" in refused.err, f"a hold keeps data: its end needs a flag: {refused.err}")
    apply(folder, "--allow-destroy", HOLD)
    check("CancelLegalHold" in operations(folder), "with reason and flag it is cancelled")
done()
