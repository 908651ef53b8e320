"""`drill --break`: what each fault does, what becomes of the backups, and which rule of `check` had foreseen it."""

import os

from harness import check, done, holdfast, workspace


def broken(faults, edit=None, *more):
    with workspace(edit=edit) as folder:
        result = holdfast("drill", "--break", faults, "--json", *more, cwd=folder)
        return result.status, {f["fault"]: f for f in result.json["faults"]}


# A fault that nothing is to come of, and one that the last vault has to withstand, on the topology with a lock.
status, faults = broken("duplicated-events,compromised-workload")
twice, raid = faults["duplicated-events"], faults["compromised-workload"]
check(twice["verdict"] == "survived" and twice["arrived"] == twice["backups"] == 2, f"once each: {twice}")
check(twice["duplicates"] == 0 and twice["alarms_since"] == 0 and twice["foreseen_by"] == [], f"no harm: {twice}")
check(twice["struck_at"].startswith("2026-01-02T00:00"), "it strikes in the middle")
calls = {(t["call"], t["ran"]) for t in raid["tries"]}
check(("lambda:DeleteFunction", True) in calls, f"the relay goes: {calls}")
check(("backup:DeleteRecoveryPoint", False) in calls, f"the points of the last vault stay: {calls}")
check(("kms:ScheduleKeyDeletion", False) in calls, "and so does its key")
into = [t for t in raid["tries"] if t["account_id"] == "444455556666" and t["ran"]]
check(into == [], f"nothing gets through in the account of the last vault: {into}")
check(raid["kept"] == 1 and raid["destroyed"] == raid["unreadable"] == 0, f"what had arrived is there: {raid}")
check(raid["missing"] == 1 and "HP801" in raid["foreseen_by"], f"and check said that nobody would hear of it: {raid}")

# The administrator of the last vaults' account: a lock whose date has passed keeps the points; without one they go.
status, faults = broken("lock-date-crossed")
date = faults["lock-date-crossed"]
check(status == 0 and date["verdict"] == "survived" and date["foreseen_by"] == [], f"locked for ever: {date}")
check(date["tries"] and not any(t["ran"] for t in date["tries"]), f"everything is refused: {date['tries']}")
unlocked = "    lock:\n      mode: compliance\n      min_retention_days: 7\n      max_retention_days: 365\n" \
           "      changeable_for_days: 14          # until then the lock can still be taken back\n"


def without_lock(text):
    assert unlocked in text
    return text.replace(unlocked, "")


status, faults = broken("lock-date-crossed", without_lock)
date = faults["lock-date-crossed"]
check(status == 2 and date["verdict"] == "destroyed" and date["destroyed"] == 1, f"no lock, no point: {date}")
check(date["foreseen_by"] == ["HP401"], f"as check says: {date['foreseen_by']}")


# An alarm in an account that the intruder does not have: the relay is gone, and that is heard.
def watched(text):
    return text.replace("    event_regions:", "    alarms: {topic: alerts, no_recent_point: {topic: vault_alerts}}\n"
                        "    event_regions:").replace("\nrelays:", """
topics:
  alerts: {account: workload, region: backup}
  vault_alerts: {account: backup, region: backup}

relays:""")


status, faults = broken("compromised-workload", watched)
raid = faults["compromised-workload"]
check(status == 0 and raid["verdict"] == "alarmed" and "HP801" not in raid["foreseen_by"], f"heard: {raid['verdict']}")
rung = {t["account"] for t in raid["timeline"] if t["what"] == "alarm" and t["at"] > raid["struck_at"]}
check("backup" in rung, f"in the other account: {rung}")
status, faults = broken("lock-date-crossed", watched)
date = faults["lock-date-crossed"]
check(date["struck_at"].startswith("2026-01-17"), f"it strikes when the days of grace have passed: {date['struck_at']}")
check(date["verdict"] == "survived" and date["alarms_since"] == 0, f"what rings while the days sleep tells of nothing: {date}")

with workspace() as folder:
    for arguments, words in ((["--break", "rust"], "there is no such fault: all, lost-events"),
                             (["--break", "all", "--world", "w.db"], "fresh worlds only"),
                             (["--format", "markdown"], "with --break, markdown")):
        result = holdfast("drill", *arguments, cwd=folder)
        check(result.status == 64 and words in result.err, f"{arguments}: {result.err}")
        check(not os.path.exists(os.path.join(folder, "w.db")), "nothing is made")
done()
