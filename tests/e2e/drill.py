"""Two virtual days: every backup arrives once; each link taken out is reported with its reason."""

import os
import re
import tempfile

from harness import check, done, failing_relay, holdfast, workspace

FINAL = "vaults.final"


def drill(edit=None, env=None, page=None):
    with workspace(edit=edit) as folder:
        html = ["--html", "drill.html"] if page is not None else []
        result = holdfast("drill", "--days", "2", "--json", *html, cwd=folder, env=env)
        if page is not None:
            with open(os.path.join(folder, "drill.html"), encoding="utf-8") as file:
                page.append(file.read())
        return result.status, result.json


def without(pattern):
    def edit(text):
        return re.sub(pattern, "", text, flags=re.M)
    return edit


page = []
status, good = drill(page=page)
check(status == 0, f"the seed topology drills clean: {status} {good}")
check(good["days"] == 2 and good["backups"] == 2, f"two days, two backups: {good['backups']}")
check(good["arrived"] == 2 and good["missing"] == 0 and good["duplicates"] == 0, "each once")
check(good["unrouted"] == 0 and good["alarms"] == 0, "nothing unrouted, no alarm")
arrivals = [t for t in good["timeline"] if t["what"] == "copy" and t.get("vault") == FINAL]
check(len(arrivals) == 2, f"two copies into the final vault: {len(arrivals)}")
check(all(t["account"] == "backup" and t["account_id"] == "444455556666" and t["region"] == "us-east-2"
          and t["locked"] for t in arrivals), "they arrive locked, in the backup account, in us-east-2")
keys = {(t["what"], t.get("vault")): t.get("key") for t in good["timeline"]}
check(keys[("backup", "vaults.primary")] == "aws/rds", "the backup keeps the database's key")
check(keys[("copy", "vaults.intermediate")] == "keys.intermediate", "the first copy re-encrypts")
check(keys[("copy", FINAL)] == "keys.final", "the last copy is under the last vault's key")

check("<svg" in page[0] and "<script" not in page[0], "the page draws it by itself")
check(page[0].count('class="hop') == 4, "and each copy is a line")

BROKEN = [
    ("without share_with", without(r"^ *share_with:.*\n"),
     "The source snapshot KMS key"),
    ("without accept_copies_from", without(r"^ *accept_copies_from:.*\n"),
     "Access Denied trying to call AWS Backup service"),
    ("without recovery_point_tags", without(r"^ *recovery_point_tags:.*\n *FinalVault:.*\n"),
     "no tag FinalVault"),
    ("without the copy action", without(r"^ *copy_actions:.*\n *- destination_vault:.*\n *lifecycle:.*\n"),
     "copy action"),
    ("retention outside the lock",
     lambda text: text.replace("lifecycle: {delete_after_days: 30}", "lifecycle: {delete_after_days: 3}"),
     "The retention specified in the job is not within the range specified for the target Backup Vault"),
]
for name, edit, reason in BROKEN:
    status, report = drill(edit)
    check(status == 2, f"{name}: status {status}")
    check(report["missing"] + report["unrouted"] > 0, f"{name}: a miss is reported")
    check(report["arrived"] == 0, f"{name}: nothing arrives")
    reasons = [m["reason"] for m in report["misses"]]
    check(reasons and all(reason in r for r in reasons), f"{name}: the reason is {reasons}")

# A second rule whose backups never leave their vault: they count, and are missing, beside the first rule's that arrive.
status, report = drill(lambda text: re.sub(r"^( +)rules:\n", r"\g<0>\1  noon: {target_vault: primary, "
                                           r"schedule_expression: cron(0 8 ? * * *)}\n", text, flags=re.M))
check(status == 2 and (report["backups"], report["arrived"], report["missing"]) == (4, 2, 2), f"a local rule: {report}")
check(all(m["rule"] == "noon" and "rule noon has no copy action into vaults.intermediate" in m["reason"]
          for m in report["misses"]), f"and why: {report['misses']}")

# No backup falls due in the drill's days: that is said, and what would never arrive is found all the same.
RARELY = ("cron(0 20 ? * * *)", "cron(0 20 15 * ? *)")
status, report = drill(lambda text: text.replace(*RARELY))
check(status == 0 and report["backups"] == 0 and "No backup fell due" in report["note"], f"none is due: {report}")
status, report = drill(lambda text: without(r"^ *copy_actions:.*\n *- destination_vault:.*\n *lifecycle:.*\n")(
    text.replace(*RARELY)))
check(status == 2 and report["backups"] == 0 and report["unrouted"] == 1, f"unrouted, due or not: {report}")
status, report = drill(lambda text: text.replace('["arn:aws:rds:*:*:db:*"]', '["arn:aws:rds:eu-west-1:*:db:*"]'))
check(status == 2 and report["idle_plans"] == 1, f"a plan that takes nothing: {report}")
check("takes any resource" in report["misses"][0]["reason"], f"and why: {report['misses']}")
status, report = drill(lambda text: re.sub(r"(?ms)^plans:.*?(?=^\w)", "", re.sub(r"(?ms)^relays:.*?(?=^\w)", "", text)))
check(status == 0 and "has no plan" in report["note"], f"nothing to drill: {report}")

# A relay whose program fails at once: every point is missing, and the drill says that the function failed.
with tempfile.TemporaryDirectory() as data:
    status, report = drill(env=failing_relay(data))
    check(status == 2 and report["missing"] == report["backups"] == 2, f"all missing: {report}")
    check(all("function" in m["reason"] for m in report["misses"]), f"reasons: {report['misses']}")
done()
