"""The proof and the world agree: good topologies, changed in one place at random; for each, what `check` says before anything
exists is held against what `drill` then sees.

    SEED=7 COUNT=2000 mutants.py        repeats a run; each disagreement is printed
    ONLY=vault_,lock_ mutants.py        only operators whose names begin so

A change is one of the operators below; at least a quarter of them do no harm. Printed are the counts by operator and the confusion
matrix, which has to be diagonal: no "reachable" that does not arrive, no "broken" that does, and "late" where the relay hears of the
first copy by its schedule only. What AWS refuses to make does not arrive.
Proof and simulator might agree on a mistake, so each operator says as well whether it does harm, as AWS documents it.
"""

import collections
import concurrent.futures
import copy
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from small_package import small_package  # noqa: E402

HOLDFAST = os.environ["HOLDFAST"]
EXAMPLES = os.environ["EXAMPLES"]
COUNT = int(os.environ.get("COUNT", "2000" if os.environ.get("HOLDFAST_SOAK") else "300"))
SEED = int(os.environ.get("SEED", random.SystemRandom().randrange(10**6) if os.environ.get("HOLDFAST_SOAK") else 1))
BASES = ("rds-immutable-backup", "rds-default-key", "direct-copy")
RIGHTS = ["rds:ListTagsForResource", "rds:CreateDBSnapshot", "rds:CopyDBSnapshot", "rds:ModifyDBSnapshotAttribute",
          "backup:CopyFromBackupVault", "backup:CopyIntoBackupVault", "kms:DescribeKey", "kms:CreateGrant"]
KEY_USE = ["kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant"]

# ---- what a topology calls its parts ----


class Topology:
    """A topology as data, and the names of what the path needs in it."""

    def __init__(self, doc):
        self.doc = doc
        self.relay = next(iter(doc.get("relays", {}).values()), None)
        self.plan_name, self.plan = next(iter(doc["plans"].items()))
        self.rule = next(iter(self.plan["rules"].values()))
        self.selection = next(iter(self.plan["selections"].values()))
        self.action = self.rule["copy_actions"][0]
        self.last_name = self.relay["destination_vaults"][0] if self.relay else self.action["destination_vault"]
        self.last = doc["vaults"][self.last_name]
        self.first = doc["vaults"][self.rule["target_vault"]]
        self.between = doc["vaults"][self.relay["source_vault"]] if self.relay else None
        self.source, self.target = self.plan["account"], self.last["account"]
        # the key that the destination account decrypts under
        self.shared = doc["keys"][self.between["key"]] if self.relay else doc["keys"]["databases"]

    def id(self, account):
        return self.doc["accounts"][account]["id"]

    def root(self, account):
        return f"arn:aws:iam::{self.id(account)}:root"

    def life(self):
        """Of the last copy: the map that holds its days."""
        return self.relay["lifecycle"] if self.relay else self.action.setdefault("lifecycle", {"delete_after_days": 30})


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(principal, action, **more):
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


# ---- operators ----

# name -> (function, does harm: True, False, LATE where only the relay's schedule makes up for it, or None where it depends; the days
# of the drill, more than one where only the days between show it)
OPERATORS = {}
LATE = "late"
SOON_MINUTES = 10  # a relay that has heard of a copy acts at once; by the clock it acts every hour


def operator(harm, days=1):
    def register(function):
        OPERATORS[function.__name__] = (function, harm, days)
        return function
    return register


class NotHere(Exception):
    """The operator has nothing to change in this topology."""


def need(condition):
    if not condition:
        raise NotHere


# keys

@operator(True)
def key_not_shared(t, rng):
    need("share_with" in t.shared)
    del t.shared["share_with"]


@operator(False)
def key_shared_with_more(t, rng):
    t.doc["accounts"]["third"] = {"id": "777788889999"}
    t.shared["share_with"] = t.shared["share_with"] + ["third"]


@operator(True)
def key_shared_with_another(t, rng):
    t.doc["accounts"]["third"] = {"id": "777788889999"}
    t.shared["share_with"] = ["third"]


@operator(True)
def key_disabled(t, rng):
    need(t.relay)
    t.doc["keys"][rng.choice([t.between["key"], t.last["key"]])]["enabled"] = False


@operator(False)
def key_of_first_vault_disabled(t, rng):
    t.doc["keys"]["spare"] = {"account": t.source, "region": t.plan["region"], "enabled": False}


@operator(False)
def key_not_rotated(t, rng):
    rng.choice(list(t.doc["keys"].values()))["key_rotation_enabled"] = False


@operator(False)
def key_described(t, rng):
    rng.choice(list(t.doc["keys"].values()))["description"] = "mutant"


def elsewhere(t, region):
    """Another Region of the topology."""
    return next(name for name in t.doc["regions"] if name != region)


@operator(True)
def key_of_a_vault_elsewhere(t, rng):
    key = t.doc["keys"][rng.choice([v["key"] for v in (t.between, t.last) if v])]
    key["region"] = elsewhere(t, key["region"])


@operator(True)
def key_of_the_source_elsewhere(t, rng):
    need(not t.relay)
    t.shared["region"] = elsewhere(t, t.shared["region"])


def key_policy(t, actions, **condition):
    t.shared.pop("share_with", None)
    t.shared.pop("administrators", None)
    t.shared["policy"] = document(allow({"AWS": t.root(t.source)}, "kms:*"),
                                  allow({"AWS": t.root(t.target)}, actions, **condition))


@operator(False)
def key_policy_just_enough(t, rng):
    key_policy(t, KEY_USE)


@operator(True)
def key_policy_lacks_one(t, rng):
    lacking = rng.choice(KEY_USE)
    key_policy(t, [a for a in KEY_USE if a != lacking])


@operator(False)
def key_policy_through_rds(t, rng):
    key_policy(t, KEY_USE, Condition={"StringLike": {"kms:ViaService": "rds.*.amazonaws.com"}})


@operator(True)
def key_policy_through_ec2(t, rng):
    key_policy(t, KEY_USE, Condition={"StringLike": {"kms:ViaService": "ec2.*.amazonaws.com"}})


@operator(True)
def key_policy_for_persons_only(t, rng):
    key_policy(t, KEY_USE, Condition={"Bool": {"kms:GrantIsForAWSResource": "false"}})


@operator(True)
def last_key_for_its_deployer_only(t, rng):
    key = t.doc["keys"][t.last["key"]]
    key.pop("administrators", None)
    key["policy"] = document(allow({"AWS": t.doc["accounts"][t.target]["assume_role"]}, "kms:*"))


@operator(True)
def key_policy_that_nobody_may_change(t, rng):
    key = t.doc["keys"][t.last["key"]]
    key.pop("administrators", None)
    key["policy"] = document(allow({"AWS": t.root(t.target)}, KEY_USE + ["kms:GenerateDataKey"]))


# selections

@operator(False)
def selection_without_one(t, rng):
    need(t.selection["resources"] == ["arn:aws:rds:*:*:db:*"])
    t.selection["not_resources"] = [f"arn:aws:rds:*:*:db:{rng.choice(['orders', 'o*', 'old'])}"]


@operator(True)
def selection_of_snapshots(t, rng):
    t.selection["resources"] = ["arn:aws:rds:*:*:snapshot:*"]


# vaults

@operator(True)
def vault_lets_nobody_in(t, rng):
    del t.last["accept_copies_from"]


@operator(True)
def vault_lets_another_in(t, rng):
    t.doc["accounts"]["third"] = {"id": "777788889999"}
    t.last["accept_copies_from"] = ["third"]


@operator(False)
def vault_lets_more_in(t, rng):
    t.doc["accounts"]["third"] = {"id": "777788889999"}
    t.last["accept_copies_from"] = [t.source, "third"]


def vault_policy(t, *statements):
    del t.last["accept_copies_from"]
    t.last["policy"] = document(*statements)


@operator(False)
def vault_policy_by_hand(t, rng):
    vault_policy(t, allow({"AWS": t.root(t.source)}, rng.choice(["backup:CopyIntoBackupVault", "backup:CopyInto*"])))


@operator(True)
def vault_policy_for_reading(t, rng):
    vault_policy(t, allow({"AWS": t.root(t.source)}, "backup:DescribeBackupVault"))


@operator(True)
def vault_policy_denies(t, rng):
    vault_policy(t, allow({"AWS": t.root(t.source)}, "backup:CopyIntoBackupVault"),
                 {**allow("*", "backup:CopyIntoBackupVault"), "Effect": "Deny"})


@operator(False)
def vault_policy_denies_others(t, rng):
    vault_policy(t, allow({"AWS": t.root(t.source)}, "backup:CopyIntoBackupVault"),
                 {**allow("*", "backup:CopyIntoBackupVault"), "Effect": "Deny",
                  "Condition": {"StringNotEquals": {"aws:PrincipalAccount": t.id(t.source)}}})


@operator(True)
def vault_policy_of_another_organization(t, rng):
    organization(t)
    vault_policy(t, allow("*", "backup:CopyIntoBackupVault",
                          Condition={"StringEquals": {"aws:PrincipalOrgID": "o-anotherorgid"}}))


@operator(False)
def vault_policy_of_the_organization(t, rng):
    need("organization" in t.doc)
    vault_policy(t, allow("*", "backup:CopyIntoBackupVault",
                          Condition={"StringEquals": {"aws:PrincipalOrgID": t.doc["organization"]["id"]}}))


@operator(False)
def vault_protected(t, rng):
    t.last["protect"] = {"break_glass": f"arn:aws:iam::{t.id(t.target)}:role/break-glass"}


@operator(True)
def vault_without_key(t, rng):
    del rng.choice([v for v in (t.between, t.last) if v])["key"]


@operator(False)
def first_vault_with_key(t, rng):
    t.doc["keys"]["first"] = {"account": t.source, "region": t.plan["region"]}
    t.first["key"] = "first"


@operator(None)
def lock_moved(t, rng):
    """A minimum or a maximum somewhere around the copy's days."""
    days = t.life()["delete_after_days"]
    t.last["lock"] = rng.choice([
        {"mode": "governance", "min_retention_days": max(1, days + rng.randint(-2, 2))},
        {"mode": "governance", "min_retention_days": 1, "max_retention_days": days + rng.randint(-2, 2)}])


@operator(None)
def retention_moved(t, rng):
    t.life()["delete_after_days"] = rng.choice([1, 6, 7, 8, 100, 364, 365, 366, 1000])


@operator(False)
def lock_taken_off(t, rng):
    need("lock" in t.last)
    del t.last["lock"]


@operator(False)
def lock_in_the_other_mode(t, rng):
    need("lock" in t.last)
    lock = t.last["lock"]
    if lock["mode"] == "compliance":
        del lock["changeable_for_days"]
        lock["mode"] = "governance"
    else:
        lock.update(mode="compliance", changeable_for_days=10)


@operator(None)
def lock_on_first_vault(t, rng):
    days = t.rule["lifecycle"]["delete_after_days"]
    t.first["lock"] = {"mode": "governance", "min_retention_days": days + rng.randint(-1, 1)}


@operator(None)
def lock_between(t, rng):
    need(t.relay)
    days = t.action.get("lifecycle", t.rule["lifecycle"])["delete_after_days"]
    t.between["lock"] = {"mode": "governance", "min_retention_days": days + rng.randint(-1, 1)}


# plans

@operator(True)
def copy_action_dropped(t, rng):
    del t.rule["copy_actions"]
    if t.relay:
        t.relay["copy_role"] = f"arn:aws:iam::{t.id(t.source)}:role/AWSBackup-copies"


@operator(False)
def copied_directly_as_well(t, rng):
    """What the one way cannot bring the other does; where both can it comes twice."""
    need(t.relay)
    t.rule["copy_actions"].insert(rng.choice([0, 1]), {"destination_vault": t.last_name, "lifecycle": dict(t.life())})


@operator(False)
def copy_action_inherits(t, rng):
    need(t.relay)
    t.action.pop("lifecycle", None)


@operator(True)
def tag_dropped(t, rng):
    need(t.relay)
    del t.rule["recovery_point_tags"]


@operator(True)
def tag_renamed(t, rng):
    need(t.relay)
    (key, value), = t.rule["recovery_point_tags"].items()
    t.rule["recovery_point_tags"] = {rng.choice([key + "s", "x" + key, key[:-1]]): value}


@operator(False)
def tag_in_another_case(t, rng):
    need(t.relay)
    (key, value), = t.rule["recovery_point_tags"].items()
    t.rule["recovery_point_tags"] = {rng.choice([key.lower(), key.upper()]): value}


@operator(True)
def tag_names_another_vault(t, rng):
    need(t.relay)
    key = next(iter(t.rule["recovery_point_tags"]))
    t.rule["recovery_point_tags"][key] = rng.choice(
        ["${vaults.%s.arn}" % t.relay["source_vault"], "arn:aws:backup:us-east-2:444455556666:backup-vault:elsewhere", "final"])


@operator(False)
def tag_beside(t, rng):
    t.rule.setdefault("recovery_point_tags", {})[rng.choice(["team", "cost-center"])] = "mutant"


@operator(None)
def tag_of_a_second_key(t, rng):
    need(t.relay)
    t.relay["tag_keys"] = t.relay["tag_keys"] + ["Second"]
    value = rng.choice(list(t.rule["recovery_point_tags"].values()) + ["arn:aws:backup:us-east-1:444455556666:backup-vault:x"])
    t.rule["recovery_point_tags"]["Second"] = value


@operator(True)
def selection_elsewhere(t, rng):
    t.selection["resources"] = [rng.choice(["arn:aws:rds:eu-west-1:*:db:*", "arn:aws:rds:*:777788889999:db:*"])]


@operator(False)
def selection_by_arn(t, rng):
    t.selection["resources"] = [f"arn:aws:rds:{t.doc['regions'][t.plan['region']]}:{t.id(t.source)}:db:ledger"]


@operator(None)
def selection_excludes(t, rng):
    t.selection["not_resources"] = [rng.choice(["arn:aws:rds:*:*:db:*", "arn:aws:rds:*:*:cluster:*"])]


@operator(False)
def selection_by_tag(t, rng):
    del t.selection["resources"]
    t.selection["list_of_tags"] = {"backup": "yes"}


@operator(None)
def selection_of_another_type(t, rng):
    t.selection["resources"] = [rng.choice([
        "arn:aws:ec2:*:*:volume/*", "arn:aws:rds:*:*:cluster:*", "arn:aws:elasticfilesystem:*:*:file-system/*",
        "arn:aws:dynamodb:*:*:table/*", "arn:aws:fsx:*:*:volume/*", "arn:aws:fsx:*:*:file-system/*", "arn:aws:ec2:*:*:instance/*"])]


@operator(None)
def opt_in_missing(t, rng):
    if rng.random() < 0.5:
        selection_by_tag(t, rng)
    settings = t.doc.setdefault("region_settings", {})
    for name in [n for n, s in settings.items() if s["account"] == t.source and s["region"] == t.plan["region"]]:
        del settings[name]
    settings["mutant"] = {"account": t.source, "region": t.plan["region"], "resource_type_opt_in": {"EBS": True}}


@operator(None)
def source_key_said(t, rng):
    t.selection["source_key"] = rng.choice(["aws-managed", "customer-managed", "none"])


def role_by_hand(t, actions, service="backup.amazonaws.com"):
    t.doc.setdefault("roles", {})["by_hand"] = {
        "account": t.source,
        "assume_role_policy_document": document(
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}),
        "inline_policies": {"rights": document({"Effect": "Allow", "Action": actions, "Resource": "*"})}}
    t.selection["role"] = "by_hand"


@operator(False)
def role_with_just_enough(t, rng):
    role_by_hand(t, RIGHTS)


@operator(True)
def role_lacks_one(t, rng):
    lacking = rng.choice([r for r in RIGHTS if t.relay or not r.startswith("kms:")])
    role_by_hand(t, [r for r in RIGHTS if r != lacking])


# On the direct route there is no copy inside the account, and of one into another account the role only shares the snapshot: it is
# the destination's AWSServiceRoleForBackup that reads under the source's key and writes under the vault's (AWS Backup Developer
# Guide, "Encryption for a backup copy to a different account or AWS Region"; AWS Storage Blog, "How encryption works in AWS Backup").
@operator(False)
def role_without_rights_to_keys(t, rng):
    need(not t.relay)
    role_by_hand(t, [r for r in RIGHTS if not r.startswith("kms:")])


@operator(True)
def role_trusts_another_service(t, rng):
    role_by_hand(t, RIGHTS, "ec2.amazonaws.com")


@operator(False)
def role_with_wildcards(t, rng):
    role_by_hand(t, rng.choice([["*"], ["rds:*", "backup:*", "kms:*"], ["rds:*", "backup:Copy*", "kms:?*"]]))


@operator(None)
def role_bounded(t, rng):
    role_by_hand(t, RIGHTS)
    bound = rng.choice([["*"], RIGHTS, ["rds:*"], ["backup:*", "kms:*"]])
    t.doc.setdefault("resources", {})["bound"] = {
        "type": "aws_iam_policy", "account": t.source,
        "properties": {"name": "mutant-bound", "policy_document": document({"Effect": "Allow", "Action": bound, "Resource": "*"})}}
    t.doc["roles"]["by_hand"]["permissions_boundary"] = "${resources.bound.arn}"


@operator(None)
def role_with_all_or_nothing(t, rng):
    """AWS's own policies of one statement, attached or as the boundary."""
    role_by_hand(t, RIGHTS)
    policy = "arn:aws:iam::aws:policy/" + rng.choice(["AWSDenyAll", "AdministratorAccess"])
    t.doc["roles"]["by_hand"].update(rng.choice([{"permissions_boundary": policy}, {"managed_policy_arns": [policy]}]))


@operator(False)
def schedule_at_another_hour(t, rng):
    t.rule["schedule_expression"] = f"cron({rng.randint(0, 59)} {rng.randint(0, 23)} ? * * *)"


@operator(True)
def more_each_hour_than_can_be_made(t, rng):
    """However quick a backup, its copy and the relay's are: three of them each hour, one job at a time."""
    need(t.relay)
    t.rule.update(schedule_expression="cron(0 * ? * * *)", start_window_minutes=60, completion_window_minutes=180)
    for name in ("b", "c"):
        t.plan["rules"][name] = copy.deepcopy(t.rule)


@operator(False)
def windows_widened(t, rng):
    t.rule["start_window_minutes"] = rng.choice([120, 240, 480])
    t.rule["completion_window_minutes"] = 1440


@operator(True)
def second_rule_that_stays(t, rng):
    t.plan["rules"]["stays"] = {"target_vault": t.rule["target_vault"], "schedule_expression": "cron(0 1 ? * * *)",
                                "lifecycle": {"delete_after_days": 7}}


@operator(False)
def second_rule_that_travels(t, rng):
    t.plan["rules"]["again"] = {**copy.deepcopy(t.rule), "schedule_expression": "cron(0 9 ? * * *)",
                                "schedule_expression_timezone": "UTC"}


# the relay

@operator(LATE)
def events_not_forwarded(t, rng):
    need(t.relay)
    t.relay.pop("event_regions")


@operator(LATE)
def events_of_another_region(t, rng):
    need(t.relay)
    t.doc["regions"]["third"] = "eu-west-1"
    t.relay["event_regions"] = ["third"]


@operator(False)
def events_of_more_regions(t, rng):
    need(t.relay)
    t.doc["regions"]["third"] = "eu-west-1"
    t.relay["event_regions"] = t.relay["event_regions"] + ["third"]


@operator(True)
def events_not_forwarded_and_no_schedule(t, rng):
    need(t.relay)
    t.relay.pop("event_regions")
    t.relay["reconcile"] = "never"


@operator(False)
def no_schedule(t, rng):
    need(t.relay)
    t.relay["reconcile"] = "never"


@operator(False)
def schedule_of_six_hours(t, rng):
    need(t.relay)
    t.relay["reconcile"] = "rate(6 hours)"


def lost_events(t, days, schedule):
    """Nothing but the schedule wakes the relay, of copies that live so long."""
    need(t.relay)
    t.relay.pop("event_regions")
    t.relay["reconcile"] = schedule
    t.action["lifecycle"] = {"delete_after_days": days}


@operator(True, days=4)
def schedule_slower_than_the_copies_live(t, rng):
    lost_events(t, 1, rng.choice(["rate(2 days)", "rate(48 hours)", "cron(0 12 1/3 * ? *)"]))


@operator(LATE, days=6)
def schedule_slower_than_the_backups(t, rng):
    """Each run copies one point of a resource, and all that would be gone within a day."""
    lost_events(t, rng.choice([2, 3]), rng.choice(["rate(2 days)", "rate(36 hours)"]))


@operator(LATE, days=3)
def schedule_as_fast_as_the_backups(t, rng):
    lost_events(t, rng.choice([1, 2]), rng.choice(["rate(1 day)", "rate(12 hours)", "cron(0 12 * * ? *)"]))


def forwarder(t, **target):
    """A rule by hand in place of the relay's own."""
    need(t.relay)
    t.relay.pop("event_regions")
    t.doc.setdefault("rules", {})["forwarder"] = {
        "account": t.source, "region": t.plan["region"],
        "event_pattern": {"source": ["aws.backup"], "detail-type": ["Copy Job State Change"]},
        "targets": {"bus": {"arn": f"arn:aws:events:{t.doc['regions'][t.between['region']]}:{t.id(t.source)}:event-bus/default", **target}}}


def role_for_events(t, service, action):
    t.doc.setdefault("roles", {})["forwarder"] = {
        "account": t.source,
        "assume_role_policy_document": document(
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}),
        "inline_policies": {"rights": document({"Effect": "Allow", "Action": action, "Resource": "*"})}}


@operator(False)
def forwarder_by_hand(t, rng):
    role_for_events(t, "events.amazonaws.com", "events:PutEvents")
    forwarder(t, role="forwarder")


@operator(True)
def forwarder_without_a_role(t, rng):
    forwarder(t)


@operator(True)
def forwarder_with_a_role_for_another(t, rng):
    role_for_events(t, "lambda.amazonaws.com", "events:PutEvents")
    forwarder(t, role="forwarder")


@operator(LATE)
def forwarder_without_the_right(t, rng):
    role_for_events(t, "events.amazonaws.com", "sqs:SendMessage")
    forwarder(t, role="forwarder")


@operator(False)
def forwarders_of_which_one_works(t, rng):
    """As two rules or as two targets of one, in either order."""
    role_for_events(t, "events.amazonaws.com", "events:PutEvents")
    forwarder(t, role="forwarder")
    idle = copy.deepcopy(t.doc["roles"]["forwarder"])
    del idle["inline_policies"]
    t.doc["roles"]["idle"] = idle
    rule, name = t.doc["rules"]["forwarder"], rng.choice(["aaa", "zzz"])
    target = {**rule["targets"]["bus"], "role": "idle"}
    if rng.random() < 0.5:
        rule["targets"] = dict(sorted({**rule["targets"], name: target}.items()))
    else:
        t.doc["rules"] = dict(sorted({**t.doc["rules"], name: {**rule, "targets": {"bus": target}}}.items()))


@operator(None)
def resources_control_on_queues(t, rng):
    """The function's role writes to its dead letters, EventBridge to those of the rules: only the first is asked for at once."""
    need(t.relay)
    perimeter(t, "RESOURCE_CONTROL_POLICY", [t.source], rng.choice(["sqs:*", "sqs:SendMessage"]), **rng.choice([
        {}, {"BoolIfExists": {"aws:PrincipalIsAWSService": "true"}}, {"StringNotEquals": {"aws:RequestedRegion": codes(t)}}]))


@operator(False)
def untagged_copied(t, rng):
    need(t.relay)
    t.relay["copy_untagged"] = True
    if rng.random() < 0.5:
        del t.rule["recovery_point_tags"]


@operator(True)
def relay_asks_another_tag(t, rng):
    need(t.relay)
    t.relay["tag_keys"] = ["Destination"]


@operator(False)
def relay_asks_more_tags(t, rng):
    need(t.relay)
    t.relay["tag_keys"] = rng.choice([["Destination"] + t.relay["tag_keys"], t.relay["tag_keys"] + ["Destination"]])


@operator(True)
def relay_leads_elsewhere(t, rng):
    need(t.relay)
    t.doc["vaults"]["other"] = {"account": t.target, "region": t.last["region"], "key": t.last["key"],
                                "accept_copies_from": [t.source]}
    t.relay["destination_vaults"] = ["other"]


@operator(False)
def relay_beside_one_of_another_tag(t, rng):
    need(t.relay)
    t.doc["relays"]["other"] = {**copy.deepcopy(t.relay), "tag_keys": ["Destination"]}


@operator(False)
def relay_leads_to_more(t, rng):
    need(t.relay)
    t.doc["vaults"]["other"] = {"account": t.target, "region": t.last["region"], "key": t.last["key"],
                                "accept_copies_from": [t.source]}
    t.relay["destination_vaults"] = t.relay["destination_vaults"] + ["other"]


@operator(False)
def relay_with_a_budget_of_one(t, rng):
    need(t.relay)
    t.relay["budget"] = 1


@operator(False)
def relay_renamed(t, rng):
    need(t.relay)
    t.relay["name"] = "mutant-relay"


@operator(None)
def relay_copies_with_another_role(t, rng):
    need(t.relay)
    selection = copy.deepcopy(t.selection)
    role_by_hand(t, rng.choice([RIGHTS, RIGHTS, [r for r in RIGHTS if r != rng.choice(RIGHTS)]]))
    t.selection.clear()
    t.selection.update(selection)
    t.relay["copy_role"] = "by_hand"


@operator(True)
def relay_copies_with_a_role_of_the_last_account(t, rng):
    """Whatever it may do: a role is passed in its own account only."""
    relay_copies_with_another_role(t, random.Random(0))
    t.doc["roles"]["by_hand"]["account"] = t.target
    t.doc["roles"]["by_hand"]["inline_policies"]["rights"]["Statement"][0]["Action"] = "*"


# the organization

def organization(t):
    """Of the topology; made where it has none."""
    if "organization" not in t.doc:
        t.doc["accounts"]["management"] = {"id": "999988887777"}
        t.doc["organization"] = {"id": "o-exampleorgid", "account": "management", "cross_account_backup": True}
    return t.doc["organization"]


@operator(False)
def organization_declared(t, rng):
    need("organization" not in t.doc)
    organization(t)


@operator(True)
def switch_off(t, rng):
    organization(t)
    if rng.random() < 0.5:
        del t.doc["organization"]["cross_account_backup"]
    else:
        t.doc["organization"]["cross_account_backup"] = False


@operator(True)
def management_account_takes_part(t, rng):
    organization(t)["account"] = rng.choice([t.source, t.target])


def perimeter(t, kind, targets, actions, **condition):
    """A denial over accounts that leaves out whoever applies."""
    statement = {"Sid": "Perimeter", "Effect": "Deny", "Action": actions, "Resource": "*",
                 "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/holdfast-deployer"}}}
    if kind == "RESOURCE_CONTROL_POLICY":
        statement["Principal"] = "*"
    for operator_, keys in condition.items():
        statement["Condition"].setdefault(operator_.replace("__", ":"), {}).update(keys)
    organization(t).setdefault("policies", {})["perimeter"] = {
        "type": kind, "targets": targets, "content": document(statement)}


def codes(t):
    return sorted(set(t.doc["regions"].values()))


@operator(False)
def perimeter_of_our_regions(t, rng):
    perimeter(t, "SERVICE_CONTROL_POLICY", [t.source, t.target], rng.choice(["*", ["backup:*", "rds:*", "kms:*"]]),
              StringNotEquals={"aws:RequestedRegion": codes(t)})


@operator(True)
def perimeter_without_the_relays_region(t, rng):
    need(t.relay)
    perimeter(t, "SERVICE_CONTROL_POLICY", [t.source], rng.choice(["backup:StartCopyJob", "backup:*", "kms:CreateGrant"]),
              StringNotEquals={"aws:RequestedRegion": t.doc["regions"][t.plan["region"]]})


@operator(False)
def perimeter_of_our_organization(t, rng):
    organization(t)
    mine = t.doc["organization"]["id"]
    perimeter(t, "SERVICE_CONTROL_POLICY", [t.source], rng.choice(["backup:*", "kms:*"]), **rng.choice([
        {"StringNotEquals": {"aws:ResourceOrgID": mine}}, {"StringNotEquals": {"aws:PrincipalOrgID": mine}},
        {"ForAllValues__StringNotLike": {"aws:PrincipalOrgPaths": mine + "/*"}},
        {"ForAllValues__StringNotLike": {"aws:ResourceOrgPaths": mine + "/*"}}]))


@operator(True)
def perimeter_of_another_organization(t, rng):
    perimeter(t, "SERVICE_CONTROL_POLICY", [t.source], "backup:CopyFromBackupVault", **rng.choice([
        {"StringNotEquals": {"aws:ResourceOrgID": "o-anotherorgid"}}, {"StringNotEquals": {"aws:PrincipalOrgID": "o-anotherorgid"}},
        {"ForAllValues__StringNotLike": {"aws:PrincipalOrgPaths": "o-anotherorgid/*"}},
        {"ForAllValues__StringNotLike": {"backup:CopyTargetOrgPaths": "o-anotherorgid/*"}}]))


@operator(None)
def perimeter_of_copies(t, rng):
    organization(t)
    allowed = ["${vaults.%s.arn}" % name for name, vault in t.doc["vaults"].items() if vault is not t.first]
    if rng.random() < 0.5:
        allowed.remove(rng.choice(allowed))
    perimeter(t, "SERVICE_CONTROL_POLICY", [t.source], "backup:CopyFromBackupVault", **rng.choice([
        {"ForAllValues__ArnNotEquals": {"backup:CopyTargets": allowed or ["arn:aws:backup:eu-west-1:444455556666:backup-vault:x"]}},
        {"ForAllValues__StringNotLike": {"backup:CopyTargetOrgPaths": t.doc["organization"]["id"] + "/*"}}]))


@operator(None)
def perimeter_of_tags(t, rng):
    need(t.relay)
    perimeter(t, "SERVICE_CONTROL_POLICY", [t.source], "backup:StartCopyJob", StringNotEquals={
        "aws:PrincipalTag/holdfast:topology": rng.choice([t.doc["name"], t.doc["name"], "another"])})


@operator(None)
def perimeter_of_functions(t, rng):
    need(t.relay)
    perimeter(t, "SERVICE_CONTROL_POLICY", [t.source], "backup:StartCopyJob", ArnNotEquals={
        "lambda:SourceFunctionArn": f"arn:aws:lambda:*:{t.id(rng.choice([t.source, t.target]))}:function:*"})


@operator(False)
def perimeter_of_resources(t, rng):
    mine = organization(t)["id"]
    perimeter(t, "RESOURCE_CONTROL_POLICY", [t.source, t.target], ["kms:*", "sqs:*", "sts:AssumeRole"], **rng.choice([
        {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": mine}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
        {"StringNotEqualsIfExists": {"aws:SourceOrgID": mine}, "Null": {"aws:SourceAccount": "false"},
         "Bool": {"aws:PrincipalIsAWSService": "true"}}]))


@operator(False)
def vault_policy_by_paths(t, rng):
    organization(t)
    vault_policy(t, allow("*", "backup:CopyIntoBackupVault", Condition={
        "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": t.doc["organization"]["id"] + "/*"}}))


@operator(True)
def vault_policy_by_other_paths(t, rng):
    organization(t)
    vault_policy(t, allow("*", "backup:CopyIntoBackupVault", Condition={
        "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-anotherorgid/*"}}))


@operator(None)
def key_policy_of_an_organization(t, rng):
    organization(t)
    t.shared.pop("share_with", None)
    t.shared.pop("administrators", None)
    t.shared["policy"] = document(allow({"AWS": t.root(t.source)}, "kms:*"), allow("*", KEY_USE, Condition={
        "StringEquals": {"aws:PrincipalOrgID": rng.choice([t.doc["organization"]["id"], "o-anotherorgid"])}}))


def control(t, targets, actions, condition=None):
    statement = {"Sid": "Mutant", "Effect": "Deny", "Action": actions, "Resource": "*",
                 "Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/holdfast-deployer", *(condition or [])]}}}
    organization(t).setdefault("policies", {})["mutant"] = {
        "type": "SERVICE_CONTROL_POLICY", "targets": targets, "content": document(statement)}


@operator(None)
def control_denies_a_step(t, rng):
    control(t, [t.source], rng.choice(RIGHTS[:6] + [
        "backup:StartCopyJob", "backup:ListCopyJobs", "iam:PassRole", "events:PutEvents", "backup:ListTags",
        ["backup:ListTags", "rds:ListTagsForResource"], "backup:Copy*", "rds:*"]))


@operator(True)
def control_denies_what_no_service_asks(t, rng):
    need(t.relay)
    control(t, [t.source], "backup:StartCopyJob")
    statement = t.doc["organization"]["policies"]["mutant"]["content"]["Statement"][0]
    statement["Condition"]["Bool"] = {"aws:ViaAWSService": "false"}


@operator(False)
def control_on_a_unit(t, rng):
    """In which none of the accounts stands; `check` does not know."""
    control(t, ["ou-ab12-cdefgh34"], rng.choice(RIGHTS[:6] + ["backup:*", "rds:*"]))


@operator(None)
def control_on_the_root(t, rng):
    control(t, ["r-ab12"], rng.choice(RIGHTS[:6] + ["backup:Copy*", "s3:*", "backup:StartCopyJob"]))


@operator(False)
def control_denies_something_else(t, rng):
    control(t, [t.source], rng.choice(["rds:DeleteDBInstance", "backup:DeleteRecoveryPoint", "s3:*", "organizations:LeaveOrganization"]))


@operator(False)
def control_leaves_our_roles_out(t, rng):
    control(t, [t.source], rng.choice(RIGHTS[:6]), ["arn:aws:iam::*:role/*"])


@operator(False)
def control_over_the_last_account(t, rng):
    control(t, [t.target], rng.choice(["rds:*", "backup:CopyIntoBackupVault", "backup:StartCopyJob"]))


# what stands beside the path

@operator(False)
def tags_by_default(t, rng):
    t.doc["default_tags"] = {"owner": "mutant"}


@operator(False)
def queue_beside(t, rng):
    t.doc.setdefault("queues", {})["beside"] = {"account": t.source, "region": t.plan["region"]}


@operator(False)
def rule_beside(t, rng):
    queue_beside(t, rng)
    t.doc.setdefault("rules", {})["beside"] = {
        "account": t.source, "region": t.plan["region"], "event_pattern": {"source": ["aws.backup"]},
        "targets": {"queue": {"queue": "beside"}}}


@operator(False)
def vault_beside(t, rng):
    t.doc["vaults"]["beside"] = {"account": t.source, "region": t.plan["region"]}


@operator(False)
def role_beside(t, rng):
    t.doc.setdefault("roles", {})["beside"] = {
        "account": t.target, "assume_role_policy_document": document(
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})}


# ---- one mutant ----

def minutes(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() / 60


def comes_by_the_clock(seen):
    """Whether a relay started a copy long after the copy before it had come."""
    came = 0
    for event in seen["timeline"]:
        if event["what"] == "copy":
            came = minutes(event["at"])
        elif event["what"] == "relay" and event["detail"].startswith("started") and minutes(event["at"]) - came > SOON_MINUTES:
            return True
    return False


def make(number):
    """The mutant of this number: its base, its operator and its topology. The same for the same seed."""
    rng = random.Random(f"{SEED}/{number}")
    names = sorted(n for n in OPERATORS if n.startswith(tuple(os.environ.get("ONLY", "").split(","))))
    while True:
        base, name = rng.choice(BASES), names[number % len(names)] if rng.random() < 0.9 else rng.choice(names)
        topology = Topology(copy.deepcopy(LOADED[base]))
        try:
            OPERATORS[name][0](topology, rng)
        except NotHere:
            continue
        return base, name, topology.doc


def run(folder, *arguments):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "HOLDFAST_RECORD"))}
    env["HOLDFAST_DATA_DIR"] = PACKAGES.name
    process = subprocess.run([HOLDFAST, *arguments, "--json"], cwd=folder, env=env, text=True, timeout=300, check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return process.returncode, process.stdout, process.stderr


def judge(number):
    """(number, base, operator, what check says, what the drill sees, why)"""
    base, name, doc = make(number)
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        text = yaml.safe_dump(doc, sort_keys=False, width=1000)
        with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        status, out, err = run(folder, "check")
        if status not in (0, 7):
            return number, base, name, "refused", "refused", out or err, text
        said = json.loads(out)
        status, out, err = run(folder, "drill", "--days", str(OPERATORS[name][2]))
        if status not in (0, 2):
            messages = [d["message"] for d in json.loads(out)["diagnostics"] if d["severity"] == "error"]
            return number, base, name, said["verdict"], "not made", "; ".join(messages) or err, text
        seen = json.loads(out)
    arrives = seen["backups"] > 0 and seen["missing"] == 0 and seen["unrouted"] == 0 and not seen["misses"]
    why = [h["id"] for p in said["paths"] for h in p["hops"] if h["verdict"] == "broken"][:1] + [m["reason"] for m in seen["misses"]][:1]
    observed = "broken" if not arrives else LATE if comes_by_the_clock(seen) else "reachable"
    return number, base, name, said["verdict"], observed, "; ".join(why), text


PACKAGES = tempfile.TemporaryDirectory(prefix="mutants-")
LOADED = {}
for example in BASES:
    with open(os.path.join(EXAMPLES, f"{example}.yaml"), encoding="utf-8") as source:
        LOADED[example] = yaml.safe_load(source)


def results(pool, numbers):
    """One after the other; Ctrl-C ends with what there is."""
    try:
        yield from pool.map(judge, numbers)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)


def main():
    small_package(PACKAGES.name, HOLDFAST)
    numbers = [int(os.environ["NUMBER"])] if "NUMBER" in os.environ else range(COUNT)
    matrix, used, harmless, wrong = collections.Counter(), collections.Counter(), 0, []
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        for number, base, name, said, seen, why, text in results(pool, numbers):
            matrix[said, seen] += 1
            used[name] += 1
            harmless += seen == "reachable"
            harm = OPERATORS[name][1]
            expected = {True: ("broken", "not made"), False: ("reachable",), LATE: (LATE,)}.get(harm, (seen,))
            if seen != "refused" and said != {"not made": "broken"}.get(seen, seen):
                wrong.append(number)
                print(f"\nmutant {number} ({base}, {name}): check says {said}, the drill sees {seen}: {why}", file=sys.stderr)
            elif seen != "refused" and seen not in expected:
                wrong.append(number)
                print(f"\nmutant {number} ({base}, {name}): {seen}, which is not what AWS does: {why}", file=sys.stderr)
            if os.environ.get("SHOW") or "NUMBER" in os.environ:
                print(f"{number} {base} {name}: {said} / {seen}: {why}\n{text if 'NUMBER' in os.environ else ''}")
    for name in sorted(used):
        print(f"{used[name]:5} {name}")
    print(f"seed {SEED}: {sum(matrix.values())} mutants of {len(OPERATORS)} operators, {harmless} harmless")
    print(f"{'':>24}{'arrives':>10}{'late':>10}{'does not':>10}{'not made':>10}")
    for said in ("reachable", LATE, "broken"):
        counts = "".join(f"{matrix[said, seen]:>10}" for seen in ("reachable", LATE, "broken", "not made"))
        print(f"check says {said:>12} {counts}")
    print(f"refused by validate      {matrix['refused', 'refused']:>10}")
    if wrong:
        print(f"SEED={SEED} NUMBER={wrong[0]} {sys.argv[0]} shows the first", file=sys.stderr)
        sys.exit(1)
    if COUNT >= 200 and harmless * 4 < sum(matrix.values()):
        sys.exit("fewer than a quarter of the mutants are harmless")


if __name__ == "__main__":
    main()
