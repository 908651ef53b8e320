"""The path proof: both walkthroughs reach their last vault; each silent omission breaks at its link, with AWS's words and the mending."""

import os
import re

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


for name in ("rds-immutable-backup", "rds-default-key", "direct-copy", "fleet"):
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
    ("no forwarding", None, without(r"^ *event_regions:.*\n"), "event.taken", "HP140", None, "event_regions"),
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

# The text has the same, in the order of the links.
with workspace(edit=without(r"^ *accept_copies_from:.*\n")) as folder:
    text = holdfast("check", cwd=folder, expect=7).out
    check("broken     plans.rds_daily, rule daily -> vaults.final by relays.to_final" in text, text)
    check("AWS would say: Access Denied trying to call AWS Backup service" in text, text)
    check(re.search(r"topology.yaml:\d+:\d+: accept_copies_from: \[workload\]", text), text)
with workspace() as folder:
    text = holdfast("check", cwd=folder, expect=0).out
    check(text.startswith("reachable  plans.rds_daily") and "1 assumption" in text, text)
done()
