"""Random topologies, and random edits of them: a grammar over every section of the topology file.

A topology is the document itself. Entry names are unique over all sections, so that a name can be followed through
references without knowing what each word means. References stay within a place (an account and Region, or a group of
them), but for those that AWS allows to cross. What the grammar makes is meant to be valid, and `validate` has the
last word.
"""

import copy
import itertools
import re

MAIN, BACKUP, MANAGEMENT = "111122223333", "444455556666", "999999999999"
ACCOUNTS = {
    "main": {"id": MAIN, "assume_role": f"arn:aws:iam::{MAIN}:role/holdfast-deployer",
             "external_id": "canary-external-id"},
    "backup": {"id": BACKUP},
    "management": {"id": MANAGEMENT},
    "workloads": {"members": {"payments": "222233334444", "orders": "333344445555"}},
}
REGIONS = {"one": "us-east-1", "two": "us-east-2", "both": ["us-east-1", "eu-west-1"]}
PLACES = [("main", "one")] * 4 + [("backup", "two")] * 3 + [("main", "two"), ("backup", "one"),
                                                            ("workloads", "one"), ("main", "both"),
                                                            ("workloads", "both")]
BREAK_GLASS = {"main": [f"arn:aws:iam::{MAIN}:role/break-glass"],
               "backup": [f"arn:aws:iam::{BACKUP}:role/break-glass"]}
SECRET = "canary-password-of-a-function"

# What no random topology leaves out, and what the world holds from its first day.
FIXED = {"version": 1, "name": "life", "accounts": ACCOUNTS, "regions": REGIONS}
BOOTSTRAP = {
    **FIXED,
    "organization": {"id": "o-exampleorgid", "account": "management"},
    "vaults": {
        "seed": {"account": "main", "region": "one", "name": "made-before", "external": True},
        **{f"glass_{n}": {"account": n, "region": "one", "protect": {"break_glass": arns}}
           for n, arns in BREAK_GLASS.items()}},
    "keys": {"seed": {"account": "main", "region": "one", "alias": "alias/made-before", "external": True}},
    "plans": {f"seed_{i}": {"account": a, "region": r, "rules": {"r": {"target_vault": f"seed_{i}"}},
                            "selections": {"s": {"resources": ["arn:aws:rds:*:*:db:*"]}}}
              for i, (a, r) in enumerate([("main", "one"), ("main", "two"), ("workloads", "one")])},
}
BOOTSTRAP["vaults"].update({f"seed_{i}": {"account": a, "region": r} for i, (a, r) in enumerate(
    [("main", "one"), ("main", "two"), ("workloads", "one")])})

SECTIONS = {"keys": "k", "vaults": "v", "roles": "r", "plans": "p", "functions": "f", "queues": "q", "topics": "t",
            "alarms": "a", "buses": "b", "rules": "e", "relays": "y", "resources": "x", "region_settings": "s"}
WEIGHTS = {"keys": 4, "vaults": 6, "roles": 3, "plans": 5, "functions": 2, "queues": 3, "topics": 3, "alarms": 2,
           "buses": 2, "rules": 3, "relays": 1, "resources": 8, "region_settings": 1}


def statement(sid, action, resource="*", effect="Allow", **more):
    return {"Version": "2012-10-17",
            "Statement": [{"Sid": sid, "Effect": effect, "Action": action, "Resource": resource, **more}]}


def trust(service):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def walk(value):
    """Every text in a document, keys of maps too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)
    elif isinstance(value, str):
        yield value


def mentions(value, name):
    """Whether a name of an entry stands in a document: as a word of its own, or in a reference."""
    reference = re.compile(rf"\$\{{[a-z_]+\.{name}[.\[/]")
    return any(text == name or reference.search(text) for text in walk(value))


def renamed(value, old, new):
    if isinstance(value, dict):
        return {renamed(k, old, new): renamed(v, old, new) for k, v in value.items()}
    if isinstance(value, list):
        return [renamed(v, old, new) for v in value]
    if isinstance(value, str):
        return new if value == old else re.sub(rf"(\$\{{[a-z_]+\.){old}(?=[.\[/])", rf"\g<1>{new}", value)
    return value


class Grammar:
    def __init__(self, rng):
        self.rng = rng
        self.numbers = itertools.count(1)

    # ---- choices ----

    def some(self, chance):
        return self.rng.random() < chance

    def maybe(self, entry, chance, name, make):
        """A property that stands there or does not."""
        if self.some(chance):
            value = make() if callable(make) else make
            if value is not None:
                entry[name] = value

    def pick(self, items):
        return self.rng.choice(items)

    def name(self, section):
        return f"{SECTIONS[section]}{next(self.numbers)}"

    def there(self, doc, section, place):
        """A name of an entry of that place, or None."""
        names = [n for n, e in doc.get(section, {}).items()
                 if (e.get("account"), e.get("region")) == place or section == "roles" and e["account"] == place[0]]
        return self.pick(names) if names else None

    def resource_there(self, doc, kind, place):
        names = [n for n, e in doc.get("resources", {}).items()
                 if e["type"] == kind and (e["account"], e.get("region")) == place]
        return self.pick(names) if names else None

    def role_for(self, doc, place, service):
        names = [n for n, e in doc.get("roles", {}).items()
                 if e["account"] == place[0] and service in str(e["assume_role_policy_document"])]
        return self.pick(names) if names else None

    def tags(self):
        return {k: self.pick(["", "storage", "a b", "x:y/z=1"])
                for k in self.rng.sample(["team", "stage", "Cost Center", "backup"], self.rng.randint(1, 2))}

    def cron(self):
        return self.pick(["cron(0 1 * * ? *)", "cron(30 20 ? * MON-FRI *)", "cron(0 3 1 * ? *)", "cron(0 */12 * * ? *)",
                          "cron(15 4 ? * SUN *)"])

    def placed(self, place, entry):
        account, region = place
        entry = {"account": account, **({"region": region} if region else {}), **entry}
        self.maybe(entry, 0.07, "prevent_destroy", True)
        return entry

    def policy_of(self, sid, action, place):
        return {"Version": "2012-10-17", "Statement": [
            {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": self.pick(
                ["arn:aws:iam::${account.id}:root", f"arn:aws:iam::{BACKUP}:root"])},
             "Action": action, "Resource": "*"}]}

    # ---- sections ----

    def keys(self, doc, place, name):
        entry = self.placed(place, {})
        self.maybe(entry, 0.3, "description", lambda: self.pick(["backups", "other backups", ""]))
        self.maybe(entry, 0.3, "share_with", lambda: self.rng.sample(["backup", "workloads", "main"], 1))
        self.maybe(entry, 0.2, "key_rotation_enabled", lambda: self.some(0.5))
        if entry.get("key_rotation_enabled") is not False:
            self.maybe(entry, 0.2, "rotation_period_in_days", lambda: self.pick([90, 365, 400]))
        self.maybe(entry, 0.1, "enabled", lambda: self.some(0.5))
        self.maybe(entry, 0.2, "administrators", lambda: [r] if (r := self.there(doc, "roles", place)) else None)
        if place[0] in BREAK_GLASS:
            self.maybe(entry, 0.15, "protect", {"break_glass": BREAK_GLASS[place[0]][0]})
        self.maybe(entry, 0.1, "alias", lambda: f"alias/of-{name}")
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def lock(self):
        lock = {"mode": "governance", "min_retention_days": self.pick([1, 3, 7]),
                "max_retention_days": self.pick([90, 400])}
        if self.some(0.35):
            lock.update(mode="compliance", changeable_for_days=self.pick([3, 7, 30]))
        return lock

    def vaults(self, doc, place, name):
        entry = self.placed(place, {})
        self.maybe(entry, 0.5, "key", lambda: self.there(doc, "keys", place))
        self.maybe(entry, 0.35, "lock", self.lock)
        if self.some(0.15):
            entry["policy"] = self.policy_of("Copies", "backup:CopyIntoBackupVault", place)
        else:
            self.maybe(entry, 0.35, "accept_copies_from", lambda: self.rng.sample(["main", "workloads", "organization"],
                                                                                 self.rng.randint(1, 2)))
            if place[0] in BREAK_GLASS:
                self.maybe(entry, 0.2, "protect", {"break_glass": BREAK_GLASS[place[0]]})
        topic = self.there(doc, "topics", place)
        if topic and self.some(0.4):
            entry["notifications"] = {"topic": topic, "events": self.rng.sample(
                ["COPY_JOB_FAILED", "BACKUP_JOB_COMPLETED", "RECOVERY_POINT_MODIFIED"], self.rng.randint(1, 3))}
        self.maybe(entry, 0.1, "name", lambda: f"own-{name}")
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def roles(self, doc, place, name):
        service = self.pick(["backup", "lambda", "events", "scheduler"])
        entry = self.placed((place[0], None), {"assume_role_policy_document": trust(service)})
        self.maybe(entry, 0.4, "inline_policies", lambda: {
            n: statement("Own", self.pick(["sqs:SendMessage", "logs:PutLogEvents", ["s3:GetObject", "s3:PutObject"]]))
            for n in self.rng.sample(["one", "two", "three"], self.rng.randint(1, 2))})
        policy = self.resource_there(doc, "aws_iam_policy", (place[0], None))
        self.maybe(entry, 0.3, "managed_policy_arns", lambda: [
            "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"]
                   + ([f"${{resources.{policy}.arn}}"] if policy else []))
        self.maybe(entry, 0.2, "path", "/life/")
        self.maybe(entry, 0.2, "description", lambda: self.pick(["a role", "another"]))
        self.maybe(entry, 0.2, "max_session_duration", lambda: self.pick([3600, 7200]))
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def lifecycle(self):
        return self.pick([{"delete_after_days": 7}, {"delete_after_days": 35},
                          {"move_to_cold_storage_after_days": 30, "delete_after_days": 365}])

    def plan_rule(self, doc, place):
        vault = self.there(doc, "vaults", place)
        if not vault:
            return None
        rule = {"target_vault": vault}
        self.maybe(rule, 0.7, "schedule_expression", self.cron)
        if "schedule_expression" in rule:
            self.maybe(rule, 0.3, "schedule_expression_timezone", lambda: self.pick(["Asia/Kolkata", "Europe/Berlin"]))
        self.maybe(rule, 0.6, "lifecycle", self.lifecycle)
        if self.some(0.2):
            rule.update(start_window_minutes=60, completion_window_minutes=self.pick([180, 600]))
        self.maybe(rule, 0.3, "recovery_point_tags", self.tags)
        others = [n for n, e in doc.get("vaults", {}).items() if e["account"] == place[0] and n != vault
                  and e["account"] != "workloads" and e["region"] != "both"]
        if others:
            self.maybe(rule, 0.4, "copy_actions", lambda: [
                {"destination_vault": n, "lifecycle": {"delete_after_days": self.pick([7, 30])}}
                for n in self.rng.sample(others, min(len(others), self.rng.randint(1, 2)))])
        return rule

    def selection(self, doc, place):
        selection = {}
        if self.some(0.5):
            selection["resources"] = self.pick([["arn:aws:rds:*:*:db:*"], ["*"], ["arn:aws:rds:*:*:db:o*",
                                                                                  "arn:aws:dynamodb:*:*:table/*"]])
        else:
            selection["list_of_tags"] = self.tags()
        self.maybe(selection, 0.2, "conditions", {"string_equals": {"aws:ResourceTag/stage": "prod"}})
        role = self.role_for(doc, place, "backup")
        if role and self.some(0.4):
            selection["role"] = role
        elif self.some(0.15):
            selection["role"] = "service_default"
        return selection

    def plans(self, doc, place, name):
        rules = {n: r for n in ["first", "second"][:self.rng.randint(1, 2)] if (r := self.plan_rule(doc, place))}
        if not rules:
            return None
        entry = self.placed(place, {"rules": rules})
        selections = {n: self.selection(doc, place) for n in ["rds", "tagged"][:self.rng.randint(0, 2)]}
        if selections:
            entry["selections"] = selections
        self.maybe(entry, 0.1, "advanced_backup_settings", [
            {"resource_type": "EC2", "backup_options": {"WindowsVSS": "enabled"}}])
        self.maybe(entry, 0.1, "name", lambda: f"plan-{name}")
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def functions(self, doc, place, name):
        entry = self.placed(place, {"code": "code", "runtime": "python3.12", "handler": "main.handler"})
        self.maybe(entry, 0.5, "environment", lambda: {"PASSWORD": SECRET + self.pick(["", "-two"]), "MODE": "plain"})
        self.maybe(entry, 0.3, "memory_size", lambda: self.pick([128, 256]))
        self.maybe(entry, 0.3, "timeout", lambda: self.pick([3, 30]))
        self.maybe(entry, 0.3, "dead_letter", lambda: self.there(doc, "queues", place))
        role = self.role_for(doc, place, "lambda")
        if role and "dead_letter" not in entry and self.some(0.4):
            entry["role"] = role
        self.maybe(entry, 0.3, "log_retention_in_days", lambda: self.pick([7, 30]))
        self.maybe(entry, 0.2, "reserved_concurrent_executions", lambda: self.pick([1, 5]))
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def queues(self, doc, place, name):
        entry = self.placed(place, {})
        self.maybe(entry, 0.4, "message_retention_seconds", lambda: self.pick([3600, 1209600]))
        self.maybe(entry, 0.3, "visibility_timeout_seconds", lambda: self.pick([0, 60]))
        key = self.there(doc, "keys", place)
        if key and self.some(0.3):
            entry["key"] = key
        else:
            self.maybe(entry, 0.2, "sqs_managed_sse_enabled", lambda: self.some(0.5))
        self.maybe(entry, 0.1, "policy", lambda: self.policy_of("Senders", "sqs:SendMessage", place))
        self.maybe(entry, 0.1, "name", lambda: f"queue-{name}")
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def topics(self, doc, place, name):
        entry = self.placed(place, {})
        self.maybe(entry, 0.3, "display_name", lambda: self.pick(["Backups", "News"]))
        queue = self.there(doc, "queues", place)
        subscriptions = {}
        if queue and self.some(0.5):
            subscriptions["letters"] = {"queue": queue}
            self.maybe(subscriptions["letters"], 0.4, "raw_message_delivery", lambda: self.some(0.5))
            self.maybe(subscriptions["letters"], 0.3, "filter_policy", {"State": ["FAILED"]})
        if self.some(0.2):
            subscriptions["people"] = {"protocol": "email", "endpoint": "backups@example.com"}
        if subscriptions:
            entry["subscriptions"] = subscriptions
        self.maybe(entry, 0.1, "policy", lambda: {
            "Version": "2012-10-17", "Statement": [
                {"Sid": "Publishers", "Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"},
                 "Action": "sns:Publish", "Resource": f"${{topics.{name}.arn}}"}]}
                   if place[0] != "workloads" and place[1] != "both" else None)
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def alarms(self, doc, place, name):
        entry = self.placed(place, {
            "namespace": "AWS/Backup", "metric_name": self.pick(["NumberOfCopyJobsFailed", "NumberOfBackupJobsFailed"]),
            "statistic": "Sum", "period": self.pick([60, 3600, 86400]), "evaluation_periods": self.pick([1, 3]),
            "threshold": self.pick([1, 0.5, 10]),
            "comparison_operator": self.pick(["LessThanThreshold", "GreaterThanThreshold"])})
        topic = self.there(doc, "topics", place)
        if topic and self.some(0.5):
            entry["alarm_actions"] = [f"${{topics.{topic}.arn}}"]
        self.maybe(entry, 0.3, "treat_missing_data", lambda: self.pick(["breaching", "ignore"]))
        self.maybe(entry, 0.3, "description", "too many of them")
        self.maybe(entry, 0.2, "actions_enabled", lambda: self.some(0.5))
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def buses(self, doc, place, name):
        entry = self.placed(place, {})
        self.maybe(entry, 0.3, "description", "what backups say")
        self.maybe(entry, 0.3, "key", lambda: self.there(doc, "keys", place))
        self.maybe(entry, 0.3, "dead_letter", lambda: self.there(doc, "queues", place))
        if place[0] != "workloads" and place[1] != "both":
            self.maybe(entry, 0.4, "policy", lambda: {
                "Version": "2012-10-17", "Statement": [
                    {"Sid": "Others", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{BACKUP}:root"},
                     "Action": "events:PutEvents", "Resource": f"${{buses.{name}.arn}}"}]})
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def rules(self, doc, place, name):
        entry = self.placed(place, {})
        bus = self.there(doc, "buses", place)
        if bus and self.some(0.4):
            entry["event_bus_name"] = f"${{buses.{bus}.name}}"
        if "event_bus_name" not in entry and self.some(0.3):
            entry["schedule_expression"] = self.pick(["rate(1 hour)", "rate(30 minutes)"])
        else:
            entry["event_pattern"] = self.pick([{"source": ["aws.backup"]},
                                                {"source": ["aws.backup"], "detail": {"state": ["FAILED", "EXPIRED"]}}])
        targets = {}
        function, queue = self.there(doc, "functions", place), self.there(doc, "queues", place)
        if function and self.some(0.6):
            targets["call"] = {"function": function}
            self.maybe(targets["call"], 0.3, "dead_letter", lambda: queue)
        if queue and self.some(0.6):
            targets["keep"] = {"queue": queue}
            self.maybe(targets["keep"], 0.3, "input", '{"a": 1}')
            self.maybe(targets["keep"], 0.3, "retry_policy", {"maximum_retry_attempts": 3,
                                                             "maximum_event_age_in_seconds": 3600})
        if targets:
            entry["targets"] = targets
        self.maybe(entry, 0.2, "state", lambda: self.pick(["ENABLED", "DISABLED"]))
        self.maybe(entry, 0.3, "description", "backups")
        self.maybe(entry, 0.3, "tags", self.tags)
        return entry

    def relays(self, doc, place, name):
        if place[0] not in ("main", "workloads") or place[1] == "both":
            return None
        source = self.there(doc, "vaults", place)
        last = [n for n, e in doc.get("vaults", {}).items() if e["account"] == "backup" and e["region"] != "both"]
        role = self.role_for(doc, place, "backup")
        if not source or not last or not role:
            return None
        entry = {"source_vault": source, "destination_vaults": self.rng.sample(last, 1), "copy_role": role,
                 "lifecycle": {"delete_after_days": self.pick([7, 30])}}
        self.maybe(entry, 0.5, "tag_keys", ["FinalVault"])
        if "tag_keys" not in entry or self.some(0.3):
            entry["copy_untagged"] = True
        self.maybe(entry, 0.5, "event_regions", lambda: [self.pick(["one", "two"])])
        self.maybe(entry, 0.3, "budget", lambda: self.pick([1, 50]))
        return entry

    def region_settings(self, doc, place, name):
        if any((e["account"], e["region"]) == place or e["account"] == place[0]
               for e in doc.get("region_settings", {}).values()):
            return None
        return {"account": place[0], "region": place[1], "resource_type_opt_in": {
            t: self.some(0.7) for t in self.rng.sample(["RDS", "EBS", "DynamoDB"], self.rng.randint(1, 3))}}

    def organization(self):
        organization = {"id": "o-exampleorgid", "account": "management"}
        self.maybe(organization, 0.6, "cross_account_backup", lambda: self.some(0.8))
        policies = {}
        if self.some(0.5):
            policies["keep"] = {"type": "SERVICE_CONTROL_POLICY", "content": statement(
                "Keep", self.pick(["backup:DeleteRecoveryPoint", ["backup:DeleteBackupVault"]]), effect="Deny")}
            self.maybe(policies["keep"], 0.6, "targets", lambda: self.rng.sample(["backup", "workloads"],
                                                                               self.rng.randint(1, 2)))
            self.maybe(policies["keep"], 0.3, "tags", self.tags)
        if self.some(0.2):
            policies["daily"] = {"type": "BACKUP_POLICY", "targets": None, "content": {
                "plans": {"daily": {"regions": {"@@assign": ["us-east-1"]}}}}}
        if policies:
            organization["policies"] = policies
        return organization

    # ---- types without a section ----

    def resources(self, doc, place, name):
        kind = self.pick(sorted(BARE))
        account, region = place
        if kind in ACCOUNT_TYPES:
            region = None
        properties = BARE[kind](self, doc, (account, region), name)
        if properties is None:
            return None
        return self.placed((account, region), {"type": kind, "properties": properties})

    def bare_log_group(self, doc, place, name):
        return {"name": f"/life/{name}", "retention_in_days": self.pick([7, 30, 90])}

    def bare_framework(self, doc, place, name):
        controls = [{"control_name": c} for c in self.rng.sample(
            ["BACKUP_RECOVERY_POINT_ENCRYPTED", "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED"],
            self.rng.randint(1, 2))]
        properties = {"name": f"framework_{name}", "controls": controls}
        self.maybe(properties, 0.4, "description", "what auditors ask for")
        return properties

    def bare_hold(self, doc, place, name):
        vault = self.there(doc, "vaults", place)
        if not vault:
            return None
        many = place[0] == "workloads" or place[1] == "both"
        return {"title": f"case {name}", "description": "a quarter", "cancel_description": self.pick(["settled", "done"]),
                "recovery_point_selection": {
                    "vault_names": ["somewhere" if many else f"${{vaults.{vault}.name}}"],
                    "date_range": {"from_date": "2026-01-01T00:00:00Z", "to_date": "2026-03-31T23:59:59Z"}}}

    def bare_air_gapped(self, doc, place, name):
        return {"name": f"gap-{name}", "min_retention_days": 7, "max_retention_days": self.pick([30, 365])}

    def bare_report(self, doc, place, name):
        properties = {"name": f"report_{name}", "report_delivery_channel": {"s3_bucket_name": "reports"},
                      "report_setting": {"report_template": self.pick(["COPY_JOB_REPORT", "RESTORE_JOB_REPORT"])}}
        framework = self.resource_there(doc, "aws_backup_framework", place)
        if framework and self.some(0.5):
            properties["report_setting"] = {"report_template": "CONTROL_COMPLIANCE_REPORT",
                                            "framework_arns": [f"${{resources.{framework}.arn}}"]}
        self.maybe(properties["report_delivery_channel"], 0.4, "formats", lambda: self.pick([["CSV"], ["JSON", "CSV"]]))
        return properties

    def bare_restore_plan(self, doc, place, name):
        selection = {"algorithm": self.pick(["LATEST_WITHIN_WINDOW", "RANDOM_WITHIN_WINDOW"]), "include_vaults": ["*"],
                     "recovery_point_types": self.pick([["SNAPSHOT"], ["SNAPSHOT", "CONTINUOUS"]])}
        self.maybe(selection, 0.3, "selection_window_days", lambda: self.pick([7, 30]))
        properties = {"name": f"restore_{name}", "schedule_expression": self.cron(),
                      "recovery_point_selection": selection}
        self.maybe(properties, 0.3, "start_window_hours", lambda: self.pick([8, 24]))
        return properties

    def bare_restore_selection(self, doc, place, name):
        plan = self.resource_there(doc, "aws_backup_restore_testing_plan", place)
        role = self.role_for(doc, place, "backup")
        if not plan or not role:
            return None
        properties = {"restore_testing_plan_name": f"${{resources.{plan}.name}}", "name": f"tested_{name}",
                      "iam_role_arn": f"${{roles.{role}.arn}}", "protected_resource_type": self.pick(["RDS", "EBS"]),
                      "protected_resource_arns": ["*"]}
        self.maybe(properties, 0.4, "validation_window_hours", lambda: self.pick([1, 8]))
        return properties

    def bare_policy(self, doc, place, name):
        properties = {"name": f"policy-{name}", "policy_document": statement(
            "Points", self.pick(["backup:DeleteRecoveryPoint", ["backup:ListBackupVaults", "backup:ListTags"]]),
            effect="Deny")}
        self.maybe(properties, 0.3, "path", "/life/")
        self.maybe(properties, 0.3, "description", lambda: self.pick(["keeps points", "keeps more points"]))
        return properties

    def bare_bucket(self, doc, place, name):
        properties = {"name": f"bucket-{name}-${{account.id}}-${{region.name}}"}
        self.maybe(properties, 0.5, "versioning", lambda: {"status": self.pick(["Enabled", "Suspended"])})
        self.maybe(properties, 0.3, "public_access_block", lambda: {"block_public_acls": self.some(0.5)})
        key = self.there(doc, "keys", place)
        self.maybe(properties, 0.4, "encryption", lambda: {
            "sse_algorithm": "aws:kms", "kms_master_key_id": f"${{keys.{key}.arn}}", "bucket_key_enabled": True}
                   if key and self.some(0.5) else {"sse_algorithm": "AES256"})
        if self.some(0.3):
            properties["policy"] = {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "reports.backup.amazonaws.com"}, "Action": "s3:PutObject",
                 "Resource": f"arn:aws:s3:::{properties['name']}/*"}]}
        if properties.get("versioning") == {"status": "Enabled"}:
            self.maybe(properties, 0.2, "object_lock", {"mode": "GOVERNANCE", "days": 30})
        self.maybe(properties, 0.3, "tags", self.tags)
        return properties

    def bare_schedule(self, doc, place, name):
        queue, role = self.there(doc, "queues", place), self.role_for(doc, place, "scheduler")
        if not queue or not role:
            return None
        properties = {"name": f"schedule-{name}", "schedule_expression": self.pick(["rate(1 hour)", self.cron()]),
                      "target": {"arn": f"${{queues.{queue}.arn}}", "role_arn": f"${{roles.{role}.arn}}"}}
        self.maybe(properties["target"], 0.3, "input", '{"a": 1}')
        self.maybe(properties, 0.3, "state", lambda: self.pick(["ENABLED", "DISABLED"]))
        self.maybe(properties, 0.3, "flexible_time_window", {"mode": "FLEXIBLE", "maximum_window_in_minutes": 15})
        self.maybe(properties, 0.3, "description", "each hour")
        return properties

    def bare_invoke(self, doc, place, name):
        taken = [e["properties"]["function_name"] for e in doc.get("resources", {}).values()
                 if e["type"] == "aws_lambda_event_invoke_config"]
        function = self.there(doc, "functions", place)
        if not function or f"${{functions.{function}.name}}" in taken:
            return None
        return {"function_name": f"${{functions.{function}.name}}", "maximum_retry_attempts": self.pick([0, 1]),
                **({"maximum_event_age_in_seconds": 3600} if self.some(0.5) else {})}

    def bare_queue(self, doc, place, name):
        return {"name": f"bare-{name}", **({"visibility_timeout_seconds": 60} if self.some(0.5) else {}),
                **({"tags": self.tags()} if self.some(0.3) else {})}

    def bare_topic(self, doc, place, name):
        return {"name": f"bare-{name}", **({"display_name": "Bare"} if self.some(0.5) else {})}

    def bare_vault(self, doc, place, name):
        return {"name": f"bare-{name}", **({"tags": self.tags()} if self.some(0.5) else {})}

    def bare_role(self, doc, place, name):
        return {"name": f"bare-{name}", "assume_role_policy_document": trust(self.pick(["backup", "events"])),
                **({"description": "bare"} if self.some(0.5) else {})}

    def bare_bus_policy(self, doc, place, name):
        if any(e["type"] == "aws_event_bus_policy" and e["account"] == place[0] for e in doc.get("resources", {}).values()):
            return None
        return {"policy": {"Version": "2012-10-17", "Statement": [
            {"Sid": self.pick(["Backup", "Others"]), "Effect": "Allow",
             "Principal": {"AWS": f"arn:aws:iam::{BACKUP}:root"}, "Action": "events:PutEvents",
             "Resource": "arn:aws:events:${region.name}:${account.id}:event-bus/default"}]}}

    # ---- whole topologies ----

    def add(self, doc):
        """One more entry; its name, or None where the dice ask for what cannot be."""
        section = self.rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
        name = self.name(section)
        entry = getattr(self, section)(doc, self.pick(PLACES), name)
        if entry is None:
            return None
        doc.setdefault(section, {})[name] = entry
        return section, name

    def topology(self, size):
        doc = copy.deepcopy(FIXED)
        self.maybe(doc, 0.3, "default_tags", self.tags)
        self.maybe(doc, 0.3, "organization", self.organization)
        self.maybe(doc, 0.2, "variables", {"days": {"type": "integer", "default": 7}})
        for _ in range(size):
            self.add(doc)
        vault = self.pick(sorted(doc["vaults"])) if doc.get("vaults") else None
        if vault and doc["vaults"][vault]["account"] != "workloads" and doc["vaults"][vault]["region"] != "both":
            self.maybe(doc, 0.4, "outputs", {"vault": f"${{vaults.{vault}.arn}}"})
        return doc


ACCOUNT_TYPES = ("aws_iam_policy", "aws_iam_role")
BARE = {
    "aws_log_group": Grammar.bare_log_group, "aws_backup_framework": Grammar.bare_framework,
    "aws_backup_legal_hold": Grammar.bare_hold, "aws_backup_logically_air_gapped_vault": Grammar.bare_air_gapped,
    "aws_backup_report_plan": Grammar.bare_report, "aws_backup_restore_testing_plan": Grammar.bare_restore_plan,
    "aws_backup_restore_testing_selection": Grammar.bare_restore_selection, "aws_iam_policy": Grammar.bare_policy,
    "aws_s3_bucket": Grammar.bare_bucket, "aws_scheduler_schedule": Grammar.bare_schedule,
    "aws_lambda_event_invoke_config": Grammar.bare_invoke, "aws_sqs_queue": Grammar.bare_queue,
    "aws_sns_topic": Grammar.bare_topic, "aws_backup_vault": Grammar.bare_vault, "aws_iam_role": Grammar.bare_role,
    "aws_event_bus_policy": Grammar.bare_bus_policy,
}


# ---- edits: each changes the document in place and says in a few words what it did ----

def entries(doc):
    return [(s, n) for s in SECTIONS for n in doc.get(s, {})]


def drop(doc, section, name):
    """An entry goes, and with it what names it; the addresses of all."""
    gone = [f"{section}.{name}"]
    del doc[section][name]
    if not doc[section]:
        del doc[section]
    if mentions(doc.get("outputs", {}), name):
        del doc["outputs"]
    for other, n in entries(doc):
        if n in doc.get(other, {}) and mentions(doc[other][n], name):
            gone += drop(doc, other, n)
    return gone


def edit_add(grammar, doc):
    added = grammar.add(doc)
    return added and f"added {added[0]}.{added[1]}"


def edit_drop(grammar, doc):
    gone = drop(doc, *grammar.pick(entries(doc)))
    if grammar.some(0.2):
        doc["forget"] = doc.get("forget", []) + gone
        return f"dropped and let go {gone}"
    return f"dropped {gone}"


def edit_change(grammar, doc):
    """The same entry, thrown again: in the same place, and with the same names."""
    section, name = grammar.pick(entries(doc))
    old = doc[section].pop(name)
    place = (old.get("account"), old.get("region"))
    for _ in range(20):
        new = getattr(grammar, section)(doc, place, name) if place[0] else None
        if new and (section != "resources" or new["type"] == old["type"] and (
                new["account"], new.get("region")) == place):
            break
    else:
        new = old
    doc[section][name] = new
    if new == old:
        return None
    if grammar.some(0.5):  # a few properties only
        for key in set(old) | set(new):
            if grammar.some(0.5):
                if key in old:
                    new[key] = old[key]
                else:
                    del new[key]
    if any(mentions(new, n) and mentions(doc[s][n], name) for s, n in entries(doc) if n != name):
        doc[section][name] = old  # a cycle
        return None
    return f"changed {section}.{name}"


def edit_rename(grammar, doc):
    section, old = grammar.pick(entries(doc))
    new = grammar.name(section)
    if section == "resources":
        return None  # their names stand in their properties
    outside = {k: doc[k] for k in ("moved", "forget", "imports", "accounts", "regions", "version", "name",
                                  "state") if k in doc}
    inside = renamed({k: v for k, v in doc.items() if k not in outside}, old, new)
    doc.clear()
    doc.update({**outside, **inside})
    if grammar.some(0.7):
        doc["moved"] = doc.get("moved", []) + [{"from": f"{section}.{old}", "to": f"{section}.{new}"}]
        return f"moved {section}.{old} to {new}"
    return f"renamed {section}.{old} to {new}"


def edit_tags(grammar, doc):
    if "default_tags" in doc and grammar.some(0.5):
        del doc["default_tags"]
        return "no default tags"
    doc["default_tags"] = grammar.tags()
    return "default tags"


def edit_organization(grammar, doc):
    if "organization" in doc and grammar.some(0.3):
        del doc["organization"]
        return "no organization"
    doc["organization"] = grammar.organization()
    return "another organization"


def edit_guard(grammar, doc):
    section, name = grammar.pick([(s, n) for s, n in entries(doc) if s not in ("relays", "region_settings")]
                                 or [(None, None)])
    if not section:
        return None
    entry = doc[section][name]
    if entry.get("prevent_destroy"):
        del entry["prevent_destroy"]
    else:
        entry["prevent_destroy"] = True
    return f"guard of {section}.{name}"


def edit_external(grammar, doc):
    """A vault or a key of ours is only looked up from now on, or one that was looked up is ours again."""
    moved = {m["to"] for m in doc.get("moved", [])}  # a default name is that of the first entry
    section, name = grammar.pick([(s, n) for s, n in entries(doc) if s in ("keys", "vaults") and f"{s}.{n}" not in moved]
                                 or [(None, None)])
    if not section:
        return None
    entry = doc[section][name]
    if entry.get("external"):
        again = getattr(grammar, section)(doc, (entry["account"], entry["region"]), name)
        doc[section][name] = {**{k: v for k, v in again.items() if k not in ("name", "alias")},
                              **{k: entry[k] for k in ("name", "alias") if k in entry}}
        if not mentions(doc[section][name], name):
            return f"{section}.{name} is ours again"
        return None
    doc[section][name] = {**{k: entry[k] for k in ("account", "region", "name", "alias", "prevent_destroy") if k in entry},
                          "external": True}
    if grammar.some(0.3):
        doc["forget"] = doc.get("forget", []) + [f"{section}.{name}"]
    return f"{section}.{name} is external"


def edit_history(grammar, doc):
    """Moves that have done their work leave the file."""
    left = [k for k in ("moved", "forget", "imports") if doc.pop(k, None)]
    return f"no more {left}" if left else None


EDITS = [edit_add] * 4 + [edit_drop] * 3 + [edit_change] * 6 + [edit_rename] * 2 + [edit_tags, edit_organization,
                                                                                   edit_guard, edit_history] \
        + [edit_external] * 2


def edit(grammar, doc):
    """One random edit of a copy: the copy and what was done."""
    for _ in range(20):
        edited = copy.deepcopy(doc)
        chosen = grammar.pick(EDITS)
        if chosen in (edit_drop, edit_change, edit_rename, edit_guard, edit_external) and not entries(doc):
            continue
        done = chosen(grammar, edited)
        if done:
            return edited, done
    return doc, "nothing"
