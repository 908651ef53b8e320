"""The path proof: both walkthroughs reach their last vault; each silent omission breaks at its link, with AWS's words and the mending."""

import json
import os
import re

from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from harness import EXAMPLES, check, done, holdfast, workspace

SECOND = os.path.join(EXAMPLES, "rds-default-key.yaml")


def prove(topology=None, edit=None):
    with workspace(topology, edit) if topology else workspace(edit=edit) as folder:
        result = holdfast("check", "--json", cwd=folder)
        return result.status, result.json


def without(pattern):
    return lambda text: re.sub(pattern, "", text, flags=re.M)


def swap(old, new):
    return lambda text: text.replace(old, new)


for name in ("rds-immutable-backup", "rds-default-key", "rds-guarded", "direct-copy", "fleet"):
    status, report = prove(os.path.join(EXAMPLES, f"{name}.yaml"))
    check(status == 0 and report["verdict"] == "reachable" and report["format_version"] == "1.0", f"{name}: {report}")
    check(report["paths"] and all(p["verdict"] == "reachable" for p in report["paths"]), f"{name}: every path")
    check(all(h["verdict"] in ("reachable", "unknown") and h["evidence"] for p in report["paths"] for h in p["hops"]),
          f"{name}: every link, with its evidence")

# Each omission: the link that breaks first, its rule, AWS's words, what the mending must say.
OMISSIONS = [
    ("no share_with", None, without(r"^ *share_with:.*\n"), "last_copy.source_key", "HP133",
     "The source snapshot KMS key", "share_with: [backup]"),
    ("no accept_copies_from", None, without(r"^ *accept_copies_from:.*\n"), "last_copy.vault_policy", "HP127",
     "Access Denied trying to call AWS Backup service", "accept_copies_from: [workload]"),
    ("no tag", None, without(r"^ *recovery_point_tags:.*\n *FinalVault:.*\n"), "relay.destination", "HP153",
     None, 'recovery_point_tags: {FinalVault: "${vaults.final.arn}"}'),
    ("no copy action", None, without(r"^ *copy_actions:.*\n *- destination_vault:.*\n *lifecycle:.*\n"),
     "backup.route", "HP103", None, "copy_actions"),
    ("retention below the lock", None, swap("lifecycle: {delete_after_days: 30}", "lifecycle: {delete_after_days: 3}"),
     "last_copy.retention", "HP130", "The retention specified in the job is not within the range", "delete_after_days: 7"),
    ("no forwarding, no schedule", None, lambda text: re.sub(r"^( *)event_regions:.*\n", r"\1reconcile: never\n", text, flags=re.M),
     "event.taken", "HP140", None, "event_regions"),
    ("a vault without a key", None, swap("    region: backup\n    key: final\n", "    region: backup\n"),
     "last_copy.vault_own_key", "HP128", "default Backup service managed key", "key:"),
    ("the organization's switch", SECOND, without(r"^  cross_account_backup: true\n"), "last_copy.organization",
     "HP122", "Cross-account copy feature is not enabled for the current organization", "cross_account_backup: true"),
    ("another tag key", SECOND, swap("recovery_point_tags: {CopyToVault:", "recovery_point_tags: {CopyTo:"),
     "relay.destination", "HP153", None, "recovery_point_tags: {CopyToVault:"),
    ("nobody may copy in", SECOND, without(r"^    accept_copies_from:.*\n"), "last_copy.vault_policy", "HP127",
     "Access Denied trying to call AWS Backup service", "accept_copies_from: [production]"),
    ("the key not shared", SECOND, swap(", share_with: [central_backup]", ""), "last_copy.source_key", "HP133",
     "The source snapshot KMS key", "share_with: [central_backup]"),
]
for name, topology, edit, hop, rule, error, fix in OMISSIONS:
    status, report = prove(topology, edit)
    check(status == 7 and report["verdict"] == "broken", f"{name}: status {status}")
    path = report["paths"][0]
    check(path["broken_at"] == hop, f"{name}: breaks at {path['broken_at']}, not {hop}")
    broken = next(h for h in path["hops"] if h["id"] == hop)
    check(broken["rule"] == rule and broken["reason"], f"{name}: rule {broken['rule']}")
    check(error is None or error in broken["error"], f"{name}: AWS's words: {broken.get('error')}")
    check(fix in broken["fix"] and broken["line"] > 0 and broken["file"].endswith("topology.yaml"),
          f"{name}: the mending: {broken['fix']}")
    check(any(f["id"] == rule and f["severity"] == "error" for f in report["findings"]), f"{name}: a finding as well")

# Who else: a principal of an account that the topology does not name, by a role of the last vault's account or by its key.
STRANGER = "777788889999"


def with_role(action):
    return lambda text: text + f"""
roles:
  janitor:
    account: backup
    assume_role_policy_document:
      {{Version: "2012-10-17", Statement: [{{Effect: Allow, Principal: {{AWS: "arn:aws:iam::{STRANGER}:role/ci"}}, Action: "sts:AssumeRole"}}]}}
    inline_policies: {{p: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: "{action}", Resource: "*"}}]}}}}
"""


def strangers(report):
    return [t["what"] for t in report["takeovers"] if t["account_id"] == STRANGER and t["verdict"] == "open"]


check(strangers(prove(edit=with_role("backup:Put*"))[1]) == ["rewrites who may reach vaults.final, as roles.janitor"], "by a role")
check(strangers(prove(edit=with_role("kms:*"))[1]) == ["makes keys.final unusable, as roles.janitor"], "the key as well")
check(strangers(prove(edit=with_role("backup:List*"))[1]) == [], "a role that only reads opens nothing")

# Where only the event gets lost the relay's schedule brings the copy.
status, report = prove(edit=without(r"^ *event_regions:.*\n"))
path = report["paths"][0]
check(status == 0 and report["verdict"] == path["verdict"] == "late" and path["broken_at"] == "event.taken", "late, not broken")
check({h["id"]: h["verdict"] for h in path["hops"] if h["id"].startswith("schedule.")} ==
      {"schedule.by_clock": "reachable", "schedule.by_clock_invoke": "reachable", "schedule.by_clock_points": "reachable"},
      "each link of the schedule is proven")
check(any(f["id"] == "HP140" for f in report["findings"]), "what is lost is a finding")
with workspace(edit=without(r"^ *event_regions:.*\n")) as folder:
    text = holdfast("check", cwd=folder, expect=0).out
    check(text.startswith("late       plans.rds_daily") and "The schedule of relays.to_final brings it" in text, text)
    check("1 path, 0 broken, 1 late" in text, text)

# The text has the same, in the order of the links.
with workspace(edit=without(r"^ *accept_copies_from:.*\n")) as folder:
    text = holdfast("check", cwd=folder, expect=7).out
    check("broken     plans.rds_daily, rule daily -> vaults.final by relays.to_final" in text, text)
    check("AWS would say: Access Denied trying to call AWS Backup service" in text, text)
    check(re.search(r"topology.yaml:\d+:\d+: accept_copies_from: \[workload\]", text), text)
with workspace() as folder:
    text = holdfast("check", cwd=folder, expect=0).out
    check(text.startswith("reachable  plans.rds_daily") and "1 assumption" in text, text)

# What is accepted is shown with its reason, and a broken path stays broken.
ACCEPTED = "ignore:\n  - {id: HP501, reason: the key is guarded elsewhere}\n  - {id: HP127, reason: known}\n"
with workspace(edit=lambda text: without(r"^ *accept_copies_from:.*\n")(text) + ACCEPTED) as folder:
    text = holdfast("check", cwd=folder, expect=7).out
    check("ignored: the key is guarded elsewhere" in text and "broken     plans.rds_daily" in text, text)
    report = holdfast("check", "--json", cwd=folder, expect=7).json
    ignored = {f["id"]: f["ignored"] for f in report["findings"] if "ignored" in f}
    check(ignored == {"HP501": "the key is guarded elsewhere", "HP127": "known"}, f"ignored: {ignored}")

    # SARIF against the classes that are made from its schema, which take nothing that it does not know.
    log = json.loads(holdfast("check", "--format", "sarif", cwd=folder, expect=7).out)
    check(log["runs"][0]["properties"] == {"basis": "declared", "verdict": "broken"}, "and what the results rest on")
    Sarif.model_validate(log)
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    check(len(rules) == len(set(rules)) >= 60, f"{len(rules)} rules")
    check(all(r["ruleId"] in rules for r in run["results"]), "each result has its rule")
    check({r["ruleId"] for r in run["results"] if "suppressions" in r} == set(ignored), "what is ignored is suppressed")
    places = [r["locations"][0]["physicalLocation"] for r in run["results"]]
    check(all(p["artifactLocation"]["uri"] == "topology.yaml" and p["region"]["startLine"] > 0 for p in places), "places")
    try:
        Sarif.model_validate({**log, "runs": [{**run, "unknown": 1}]})
        check(False, "the classes take what they do not know")
    except ValueError:
        pass
    check("--format xml" in holdfast("check", "--format", "xml", cwd=folder, expect=64).err, "an unknown format")

# Who could destroy it: a row for each account; what is closed has its reason, what is open the rule that closes it.
_, report = prove()
rows = {(t["account"], t["what"]): t for t in report["takeovers"]}
check(rows["backup", "deletes the points in vaults.final"]["verdict"] == "closed", "locked points")
lock = rows["backup", "takes the lock off vaults.final"]
check(lock["verdict"] == "closed" and "14 days of grace" in lock["reason"], f"a compliance lock: {lock}")
check(rows["backup", "makes keys.final unusable, and vaults.final unreadable with it"]["verdict"] == "open", "the key")
check(rows["workload", "fills vaults.final with points that nobody can ever delete"]["verdict"] == "closed", "the flood")
check(not any(t["account"] == "workload" and "deletes" in t["what"] for t in report["takeovers"]), "the source cannot")
BREAK_GLASS = "arn:aws:iam::444455556666:role/break-glass"


def protect(text):
    guard = f"    protect: {{break_glass: '{BREAK_GLASS}'}}\n"
    text = text.replace("    key: final\n", "    key: final\n" + guard)
    text = text.replace("    alias: alias/backup-final\n", "    alias: alias/backup-final\n" + guard)
    return re.sub(r"mode: compliance\n(.*\n.*\n) *changeable_for_days.*\n", r"mode: governance\n\1", text)


_, report = prove(edit=protect)
rows = {(t["account"], t["what"]): t for t in report["takeovers"]}
for what in ("takes the lock off vaults.final", "rewrites who may reach vaults.final",
             "makes keys.final unusable, and vaults.final unreadable with it"):
    row = rows["backup", what]
    check(row["verdict"] == "break-glass" and row["who"] == BREAK_GLASS, f"{what}: {row}")
_, report = prove(edit=lambda text: re.sub(r"^    lock:\n(      .*\n)+", "", text, flags=re.M))
check(any(t["what"] == "deletes the points in vaults.final" and t["verdict"] == "open" and t["rule"] == "HP401"
          for t in report["takeovers"]), "without a lock")
_, report = prove(edit=without(r"^ *max_retention_days:.*\n"))
check(any(t["account"] == "workload" and "fills vaults.final" in t["what"] and t["verdict"] == "open"
          for t in report["takeovers"]), "without a longest retention")

# Under strict guards nothing is applied while a row is open; what is accepted is not.
with workspace(edit=lambda text: text + "guards: {strict: true}\n") as folder:
    refused = holdfast("apply", "--simulate", "--auto-approve", "--allow-irreversible", "vaults.final/lock", cwd=folder, expect=7)
    check(refused.err.count("error[HF1401]") == 3 and "whoever takes account backup over" in refused.err, refused.err)
GUARDED = "guards: {strict: true}\nignore:\n  - {id: HP801, reason: elsewhere}\n"
with workspace(edit=lambda text: protect(text) + GUARDED) as folder:
    holdfast("apply", "--simulate", "--auto-approve", "--relay=false", cwd=folder, expect=0)

# Every rule can be explained, and stands in the page.
page = open(os.path.join(EXAMPLES, "..", "docs", "CHECKS.md"), encoding="utf-8").read()
for rule in rules:
    check(f"### {rule}: " in page, f"{rule} is in docs/CHECKS.md")
text = holdfast("explain", "HP127", cwd=".", expect=0).out
check(text.startswith("HP127: ") and "accept_copies_from" in text and "See: AWS Backup" in text, text)
check(holdfast("explain", "HP127", "--json", cwd=".", expect=0).json["severity"] == "error", "as JSON")
holdfast("explain", "HP999", cwd=".", expect=64)
done()
