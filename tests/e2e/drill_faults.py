"""`drill --break`: what each fault does, what becomes of the backups, and which rule of `check` had foreseen it."""

import os

from harness import check, done, holdfast, workspace


def broken(faults, edit=None, *more):
    with workspace(edit=edit) as folder:
        result = holdfast("drill", "--break", faults, "--json", *more, cwd=folder)
        return result.status, {f["fault"]: f for f in result.json["faults"]}


# A fault that nothing is to come of, and one that the last vault has to withstand, on the topology with a lock.
status, faults = broken("duplicated-events,compromised-workload,lock-date-crossed")
twice, raid, date = faults["duplicated-events"], faults["compromised-workload"], faults["lock-date-crossed"]
check(twice["verdict"] == "survived" and twice["arrived"] == twice["backups"] == 2, f"once each: {twice}")
check(twice["duplicates"] == 0 and twice["alarms_since"] == 0 and twice["foreseen_by"] == [], f"no harm: {twice}")
check(twice["struck_at"].startswith("2026-01-02T00:00"), "it strikes in the middle")
check(raid["struck_at"] == twice["struck_at"], f"at the same moment, however many calls it makes: {raid['struck_at']}")
calls = {(t["call"], t["ran"]) for t in raid["tries"]}
check(("lambda:DeleteFunction", True) in calls, f"the relay goes: {calls}")
check(("backup:DeleteRecoveryPoint", False) in calls, f"the points of the last vault stay: {calls}")
check(("kms:ScheduleKeyDeletion", False) in calls, "and so does its key")
into = [t for t in raid["tries"] if t["account_id"] == "444455556666" and t["ran"]]
check({t["call"] for t in into} <= {"sts:AssumeRole"}, f"nothing gets through in the account of the last vault: {into}")
lost = {(t["call"], t["on"].split(" in ")[-1]): t["loss"] for t in raid["tries"] if t.get("loss")}
check(lost["backup:DeleteRecoveryPoint", "vaults.intermediate"] == "1 point of vaults.intermediate gone", f"what it costs: {lost}")
check(not any("vaults.final" in loss for loss in lost.values()), f"nothing of the last vault: {lost}")
codes = {t["why"].split(":")[0] for t in raid["tries"] if not t["ran"]}
check(codes <= {"AccessDenied", "AccessDeniedException", "ResourceNotFoundException", "InvalidRequestException",
                "AWSOrganizationsNotInUseException"},
      f"no call is refused for how it is written: {codes}")
check(len(raid["tries"]) > 120 and len({t["call"] for t in raid["tries"]}) > 45, f"all there is: {len(raid['tries'])} calls")
check(raid["kept"] == 1 and raid["destroyed"] == raid["unreadable"] == 0, f"what had arrived is there: {raid}")
check(raid["never_begun"] == 1 and raid["verdict"] == "silent", f"the plan is gone, and its second backup with it: {raid}")
check("HP801" in raid["foreseen_by"], f"and check said that nobody would hear of it: {raid}")

# The administrator of the last vaults' account: a lock whose date has passed keeps the points; without one they go.
check(date["verdict"] == "survived" and date["foreseen_by"] == [], f"locked for ever: {date}")
ran = {t["call"] for t in date["tries"] if t["ran"]}
check(ran <= {"backup:TagResource", "backup:UntagResource"}, f"nothing but labels gives way: {date['tries']}")
check({t["call"] for t in date["tries"]} > {"backup:DeleteRecoveryPoint", "backup:DeleteBackupVaultLockConfiguration"},
      f"it tries: {date['tries']}")
check(date["struck_at"].startswith("2026-01-17"), f"it strikes when the days of grace have passed: {date['struck_at']}")
unlocked = "    lock:\n      mode: compliance\n      min_retention_days: 7\n      max_retention_days: 365\n" \
           "      changeable_for_days: 14          # until then the lock can still be taken back\n"


def without_lock(text):
    assert unlocked in text
    return text.replace(unlocked, "")


status, faults = broken("lock-date-crossed", without_lock)
date = faults["lock-date-crossed"]
check(status == 2 and date["verdict"] == "destroyed" and date["destroyed"] == 1, f"no lock, no point: {date}")
check(date["foreseen_by"] == ["HP401"], f"as check says: {date['foreseen_by']}")


# The same where a policy lets nobody delete a point: its life is cut short instead.
def without_deletion(text):
    return without_lock(text).replace("    accept_copies_from: [workload]\n", """    policy:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Principal: {AWS: "111122223333"}, Action: "backup:CopyIntoBackupVault", Resource: "*"}
        - {Effect: Deny, Principal: "*", Action: "backup:DeleteRecoveryPoint", Resource: "*"}
""")


status, faults = broken("lock-date-crossed", without_deletion)
short = faults["lock-date-crossed"]
done_to = {t["call"] for t in short["tries"] if t["ran"] and t.get("loss")}
check(done_to == {"backup:UpdateRecoveryPointLifecycle"}, f"that is what gave way: {short['tries']}")
check(status == 2 and short["verdict"] == "destroyed" and short["destroyed"] == 1, f"it went before its time: {short}")
# What `check --live` tells when it is done: of the raid that the plan takes nothing any more.
check(raid["seen_live_by"] == ["HP104"] and date["seen_live_by"] == twice["seen_live_by"] == [], f"{raid['seen_live_by']}")


# An alarm in an account that the intruder does not have: the relay is gone, and that is heard.
def watched(text):
    return text.replace("    event_regions:", "    alarms: {topic: alerts, no_recent_point: {topic: vault_alerts}}\n"
                        "    event_regions:").replace("\nrelays:", """
topics:
  alerts: {account: workload, region: backup}
  vault_alerts: {account: backup, region: backup, subscriptions: {people: {protocol: email, endpoint: a@example.com}}}

relays:""")


status, faults = broken("compromised-workload,lock-date-crossed", watched)
raid, date = faults["compromised-workload"], faults["lock-date-crossed"]
check(status == 0 and raid["verdict"] == "alarmed" and "HP801" not in raid["foreseen_by"], f"heard: {raid['verdict']}")
rung = {t["account"] for t in raid["timeline"] if t["what"] == "alarm" and t["at"] > raid["struck_at"]}
check("backup" in rung, f"in the other account: {rung}")
check(date["verdict"] == "survived" and date["alarms_since"] == 0, f"what rings while the days sleep tells of nothing: {date}")

with workspace() as folder:
    for arguments, words in ((["--break", "rust"], "there is no such fault: all, lost-events"),
                             (["--break", "all", "--world", "w.db"], "fresh worlds only"),
                             (["--format", "markdown"], "with --break, markdown")):
        result = holdfast("drill", *arguments, cwd=folder)
        check(result.status == 64 and words in result.err, f"{arguments}: {result.err}")
        check(not os.path.exists(os.path.join(folder, "w.db")), "nothing is made")
done()
