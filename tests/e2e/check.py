"""The path proof: both walkthroughs reach their last vault; each silent omission breaks at its link, with AWS's words and the mending."""

import json
import os
import re

import yaml
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from harness import EXAMPLES, check, done, holdfast, workspace


def prove(topology=None, edit=None):
    with workspace(topology, edit) if topology else workspace(edit=edit) as folder:
        result = holdfast("check", "--json", cwd=folder)
        return result.status, result.json


def without(pattern):
    return lambda text: re.sub(pattern, "", text, flags=re.M)



for name in ("rds-immutable-backup", "rds-default-key", "rds-guarded", "direct-copy", "fleet"):
    status, report = prove(os.path.join(EXAMPLES, f"{name}.yaml"))
    check(status == 0 and report["verdict"] == "reachable" and report["format_version"] == "1.0", f"{name}: {report}")
    check(report["paths"] and all(p["verdict"] == "reachable" for p in report["paths"]), f"{name}: every path")
    check(all(h["verdict"] in ("reachable", "unknown") and h["evidence"] for p in report["paths"] for h in p["hops"]),
          f"{name}: every link, with its evidence")

# What the walkthroughs leave out in silence (and what else is easily left out) put back into both topologies: the link that breaks
# first, its rule, AWS's words; and the mending, written into the file where the link says, mends it.
RIGHTS = ["rds:ListTagsForResource", "rds:CreateDBSnapshot", "rds:CopyDBSnapshot", "rds:ModifyDBSnapshotAttribute",
          "backup:CopyFromBackupVault", "backup:CopyIntoBackupVault", "kms:DescribeKey", "kms:CreateGrant"]


class Parts:
    """A topology as data, and what the path needs of it."""

    def __init__(self, document):
        self.document = document
        self.relay = next(iter(document["relays"].values()))
        self.plan = next(iter(document["plans"].values()))
        self.rule = next(iter(self.plan["rules"].values()))
        self.selection = next(iter(self.plan["selections"].values()))
        self.last = document["vaults"][self.relay["destination_vaults"][0]]
        self.shared = document["keys"][document["vaults"][self.relay["source_vault"]]["key"]]

    def role(self, name, service, actions):
        self.document.setdefault("roles", {})[name] = {
            "account": self.plan["account"], "name": f"AWSBackup-{name}",
            "assume_role_policy_document": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]},
            "inline_policies": {"rights": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": actions, "Resource": "*"}]}}}
        return name

    def job_role(self, lacking=(), service="backup.amazonaws.com"):
        self.selection["role"] = self.role("job", service, [r for r in RIGHTS if r not in lacking])

    def forwarder(self, service, actions):
        """The first of the relay's two rules by hand."""
        self.relay.pop("event_regions")
        self.relay["reconcile"] = "never"
        region = self.document["regions"][self.document["vaults"][self.relay["source_vault"]]["region"]]
        account = self.document["accounts"][self.plan["account"]]["id"]
        self.document["rules"] = {"forward": {
            "account": self.plan["account"], "region": self.plan["region"],
            "event_pattern": {"source": ["aws.backup"], "detail-type": ["Copy Job State Change"]},
            "targets": {"bus": {"arn": f"arn:aws:events:{region}:{account}:event-bus/default",
                                "role": self.role("forward", service, actions)}}}}

    def switch(self):
        accounts = self.document["accounts"]
        accounts.setdefault("management", {"id": "999988887777"})
        self.document["organization"] = {"id": "o-exampleorgid", "account": "management"}

    def lock(self):
        self.last["lock"] = {"mode": "governance", "min_retention_days": 7, "max_retention_days": 365}
        self.relay["lifecycle"] = {"delete_after_days": 3}

    def unheard(self):
        self.relay.pop("event_regions")
        self.relay["reconcile"] = "never"

    def opt_in(self):
        self.selection.pop("resources")
        self.selection["list_of_tags"] = {"backup": "yes"}
        self.document["region_settings"] = {"primary": {
            "account": self.plan["account"], "region": self.plan["region"], "resource_type_opt_in": {"EBS": True}}}


OMISSIONS = [
    (lambda p: p.shared.pop("share_with"), "last_copy.source_key", "HP133", "The source snapshot KMS key"),
    (lambda p: p.last.pop("accept_copies_from"), "last_copy.vault_policy", "HP127", "Access Denied trying to call AWS Backup service"),
    (lambda p: p.rule.pop("recovery_point_tags"), "relay.destination", "HP153", None),
    (lambda p: p.rule.pop("copy_actions"), "backup.route", "HP103", None),
    (Parts.lock, "last_copy.retention", "HP130", "The retention specified in the job is not within the range"),
    (Parts.unheard, "event.taken", "HP140", None),
    (lambda p: p.last.pop("key"), "last_copy.vault_own_key", "HP128", "default Backup service managed key"),
    (Parts.switch, "last_copy.organization", "HP122", "Cross-account copy feature is not enabled for the current organization"),
    (Parts.opt_in, "backup.opted_in", "HP102", None),
    (lambda p: p.shared.update(enabled=False), "first_copy.vault_key", "HP135", "KMS key is either disabled"),
    (lambda p: p.job_role(RIGHTS[:-1]), "backup.read_tags", "HP108", "Access denied exception while trying to list tags"),
    (lambda p: p.job_role(["rds:CreateDBSnapshot"]), "backup.back_up", "HP109", "is not authorized to perform: rds:CreateDBSnapshot"),
    (lambda p: p.job_role(["rds:ModifyDBSnapshotAttribute"]), "last_copy.share", "HP126", "rds:ModifyDBSnapshotAttribute"),
    (lambda p: p.job_role(["backup:CopyIntoBackupVault"]), "first_copy.vault_policy", "HP127", "Access Denied"),
    (lambda p: p.job_role(service="ec2.amazonaws.com"), "backup.trust", "HP107", "cannot be assumed by AWS Backup"),
    (lambda p: p.forwarder("events.amazonaws.com", ["events:PutRule"]), "event.forward", "HP142", "NO_PERMISSIONS"),
    (lambda p: p.forwarder("lambda.amazonaws.com", ["events:PutEvents"]), "event.forward_role", "HP141", "Cross-region"),
]


def path_at(node, line, column, path=()):
    """The keys down to the entry that a place of the file is about: it begins there, or its name does."""
    at = (line - 1, column - 1)
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if (name.start_mark.line, name.start_mark.column) == at and isinstance(value, yaml.MappingNode):
                return (*path, name.value)
        for name, value in node.value:
            found = path_at(value, line, column, (*path, name.value))
            if found:
                return found
        if (node.start_mark.line, node.start_mark.column) == at:
            return path
    return None


def merged(entry, change):
    if not isinstance(entry, dict) or not isinstance(change, dict):
        return change
    return {**entry, **{key: merged(entry.get(key), value) for key, value in change.items()}}


def mended(text, broken):
    """The file with the mending of a broken link where the link says: in the entry, in its place, or as a section of its own."""
    change, document = yaml.safe_load(broken["fix"]), yaml.safe_load(text)
    check(isinstance(change, dict), f"the mending is YAML: {broken['fix']}")
    path = path_at(yaml.compose(text), broken["line"], broken["column"])
    if broken["address"] in change:
        path = ()
    elif path[-1] in change:
        path = path[:-1]
    for key in reversed(path):
        change = {key: change}
    return yaml.safe_dump(merged(document, change), sort_keys=False, width=1000)


for name in ("rds-immutable-backup", "rds-default-key"):
    with open(os.path.join(EXAMPLES, f"{name}.yaml"), encoding="utf-8") as file:
        whole = file.read()
    for number, (leave_out, hop, rule, error) in enumerate(OMISSIONS):
        where = f"{name}, omission {number} ({hop})"
        parts = Parts(yaml.safe_load(whole))
        leave_out(parts)
        text = yaml.safe_dump(parts.document, sort_keys=False, width=1000)
        with workspace(edit=lambda _: text) as folder:
            report = holdfast("check", "--json", cwd=folder, expect=7).json
            path = report["paths"][0]
            check(path["broken_at"] == hop, f"{where}: breaks at {path['broken_at']}")
            broken = next(h for h in path["hops"] if h["id"] == hop)
            check(broken["rule"] == rule and broken["reason"], f"{where}: rule {broken['rule']}")
            check(error is None or error in broken["error"], f"{where}: AWS's words: {broken.get('error')}")
            check(any(f["id"] == rule and f["severity"] == "error" for f in report["findings"]), f"{where}: a finding as well")
            with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
                file.write(mended(text, broken))
            result = holdfast("check", "--json", cwd=folder)
            check(result.status == 0 and result.json["verdict"] == "reachable",
                  f"{where}: {broken['fix']} does not mend it: {[p.get('broken_at') for p in result.json['paths']]}")

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
      {"schedule.by_clock": "reachable", "schedule.by_clock_in_time": "reachable", "schedule.by_clock_invoke": "reachable",
       "schedule.by_clock_points": "reachable"},
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
    check(text.startswith("reachable  plans.rds_daily") and "2 assumptions" in text, text)

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
check(lock["verdict"] == "closed" and lock["after"] == "14 days" and "14 days of grace" in lock["reason"], f"a compliance lock: {lock}")
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

# What stands there has a date: until then the lock can be taken off, and from then on nobody can.
with workspace() as folder:
    holdfast("apply", "--simulate", "--auto-approve", "--relay=false", "--allow-irreversible", "vaults.final/lock", cwd=folder, expect=0)

    def lock_row():
        report = holdfast("check", "--live", "--simulate", "--json", cwd=folder, expect=0).json
        return next(t for t in report["takeovers"] if t["what"] == "takes the lock off vaults.final")

    check(lock_row().get("after", "").startswith("2026-01-15T"), f"a date: {lock_row()}")
    holdfast("simulator", "advance", "--days", "15", "--simulate", cwd=folder, expect=0)
    check(lock_row()["verdict"] == "closed" and "after" not in lock_row(), f"and then for ever: {lock_row()}")

# Under strict guards nothing is applied while a row is open; what is accepted is not.
with workspace(edit=lambda text: text + "guards: {strict: true}\n") as folder:
    refused = holdfast("apply", "--simulate", "--auto-approve", "--allow-irreversible", "vaults.final/lock", cwd=folder, expect=7)
    check(refused.err.count("error[HF1401]") == 6 and "whoever takes account backup over" in refused.err, refused.err)
GUARDED = "guards: {strict: true}\nignore:\n" + "".join(
    f"  - {{id: {rule}, reason: elsewhere}}\n" for rule in ("HP801", "HP901", "HP906", "HP909"))
with workspace(edit=lambda text: protect(text) + GUARDED) as folder:
    refused = holdfast("apply", "--simulate", "--auto-approve", "--relay=false", cwd=folder, expect=7)
    check(refused.err.count("error[HF1401]") == 1 and f"takes the place of {BREAK_GLASS}" in refused.err, refused.err)
GUARDED += "  - {id: HP905, reason: a policy of the organization keeps the role}\n"
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
