"""Each change made behind holdfast's back through awscli shows in drift, and only that."""

import json
import os
import tempfile

from harness import Served, check, done, holdfast, workspace

W, B = "111122223333", "444455556666"
with workspace() as folder, Served(folder) as served:
    served.holdfast("apply", "--auto-approve", "--allow-irreversible", "vaults.final/lock", expect=0)
    state = {r["address"]: r for r in served.holdfast("show", "--json", expect=0).json["resources"]}

    def identifier(address):
        return state[address]["identifier"]

    def attribute(address, name):
        return state[address]["attributes"][name]

    def with_statement(policy, statement):
        document = json.loads(policy) if isinstance(policy, str) else policy
        document["Statement"].append(statement)
        return json.dumps(document)

    def vault_policy(change):
        name = identifier("vaults.final/policy")
        policy = served.aws(B, "us-east-2", "backup", "get-backup-vault-access-policy",
                            "--backup-vault-name", name)["Policy"]
        served.aws(B, "us-east-2", "backup", "put-backup-vault-access-policy", "--backup-vault-name",
                   name, "--policy", change(policy))
        return policy

    def key_policy(change):
        key = identifier("keys.intermediate")
        policy = served.aws(W, "us-east-2", "kms", "get-key-policy", "--key-id", key,
                            "--policy-name", "default")["Policy"]
        served.aws(W, "us-east-2", "kms", "put-key-policy", "--key-id", key, "--policy-name",
                   "default", "--policy", change(policy))
        return policy

    def changed(address, severity=None):
        found = {d["address"]: d for d in served.holdfast("drift", "--json", expect=0).json["drift"]}
        check(set(found) == {address}, f"after changing {address} drift shows {set(found)}")
        if severity:
            check(found[address]["severity"] == severity,
                  f"{address} is {found[address]['severity']}, not {severity}")

    def clean():
        found = served.holdfast("drift", "--json", expect=0).json["drift"]
        check(found == [], f"no drift after the change was taken back: {found}")

    clean()
    # a policy written differently with the same meaning is no drift
    old = vault_policy(lambda p: json.dumps(json.loads(p), indent=4))
    clean()
    vault_policy(lambda p: with_statement(p, {"Sid": "Other", "Effect": "Allow", "Principal": "*",
                                              "Action": "backup:CopyIntoBackupVault", "Resource": "*"}))
    changed("vaults.final/policy", "high")
    vault_policy(lambda p: old)
    clean()

    vault_policy_text = old
    old = key_policy(lambda p: with_statement(p, {"Sid": "Other", "Effect": "Allow", "Principal":
                     {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:Decrypt", "Resource": "*"}))
    changed("keys.intermediate", "high")
    key_policy(lambda p: old)
    clean()

    vault_arn = attribute("vaults.final", "arn")
    served.aws(B, "us-east-2", "backup", "tag-resource", "--resource-arn", vault_arn, "--tags", "team=x")
    changed("vaults.final", "low")
    served.aws(B, "us-east-2", "backup", "untag-resource", "--resource-arn", vault_arn,
               "--tag-key-list", "team")
    clean()
    served.aws(B, "us-east-2", "backup", "untag-resource", "--resource-arn", vault_arn,
               "--tag-key-list", "holdfast:address")
    changed("vaults.final")
    served.aws(B, "us-east-2", "backup", "tag-resource", "--resource-arn", vault_arn, "--tags",
               "holdfast:address=vaults.final")
    clean()

    plan_id = identifier("plans.rds_daily")
    plan = served.aws(W, "us-east-1", "backup", "get-backup-plan", "--backup-plan-id",
                      plan_id)["BackupPlan"]

    def write_plan(days):
        body = json.loads(json.dumps(plan))
        for rule in body["Rules"]:
            rule.pop("RuleId", None)
            rule["Lifecycle"]["DeleteAfterDays"] = days
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(body, file)
            file.flush()
            served.aws(W, "us-east-1", "backup", "update-backup-plan", "--backup-plan-id", plan_id,
                       "--backup-plan", f"file://{file.name}")

    write_plan(5)
    changed("plans.rds_daily")
    write_plan(7)
    clean()

    role = identifier("relays.to_final/role")
    served.aws(W, "us-east-1", "iam", "put-role-policy", "--role-name", role, "--policy-name", "extra",
               "--policy-document", json.dumps({"Version": "2012-10-17", "Statement": [
                   {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))
    changed("relays.to_final/role")
    served.aws(W, "us-east-1", "iam", "delete-role-policy", "--role-name", role, "--policy-name", "extra")
    clean()

    # an apply about something else does not take a change from outside into the record
    served.aws(W, "us-east-1", "iam", "put-role-permissions-boundary", "--role-name", role,
               "--permissions-boundary", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    changed("relays.to_final/role")
    served.aws(W, "us-east-1", "iam", "update-role", "--role-name", role, "--max-session-duration", "7200")
    served.holdfast("apply", "--auto-approve", expect=0)
    changed("relays.to_final/role")
    served.aws(W, "us-east-1", "iam", "delete-role-permissions-boundary", "--role-name", role)
    clean()

    # what others add beside what the file declares
    function = identifier("relays.to_final/function")
    served.aws(W, "us-east-2", "lambda", "add-permission", "--function-name", function, "--statement-id",
               "other", "--action", "lambda:InvokeFunction", "--principal", "444455556666")
    changed("relays.to_final/function", "high")
    served.holdfast("apply", "--auto-approve", expect=0)
    changed("relays.to_final/function", "high")
    served.aws(W, "us-east-2", "lambda", "remove-permission", "--function-name", function,
               "--statement-id", "other")
    clean()
    name = identifier("vaults.intermediate")
    vault = ("--backup-vault-name", name)
    served.aws(W, "us-east-2", "backup", "put-backup-vault-access-policy", *vault, "--policy", vault_policy_text)
    changed("vaults.intermediate/policy", "high")
    served.aws(W, "us-east-2", "backup", "delete-backup-vault-access-policy", *vault)
    served.aws(W, "us-east-2", "backup", "put-backup-vault-lock-configuration", *vault,
               "--min-retention-days", "1")
    changed("vaults.intermediate/lock", "high")
    served.aws(W, "us-east-2", "backup", "delete-backup-vault-lock-configuration", *vault)
    topic = served.aws(W, "us-east-2", "sns", "create-topic", "--name", "other")["TopicArn"]
    served.aws(W, "us-east-2", "backup", "put-backup-vault-notifications", *vault, "--sns-topic-arn",
               topic, "--backup-vault-events", "COPY_JOB_FAILED")
    changed("vaults.intermediate/notifications", "medium")
    served.aws(W, "us-east-2", "backup", "delete-backup-vault-notifications", *vault)
    served.aws(W, "us-east-2", "lambda", "put-function-event-invoke-config", "--function-name",
               function, "--maximum-retry-attempts", "0")
    changed("relays.to_final/function/event_invoke_config")
    served.aws(W, "us-east-2", "lambda", "delete-function-event-invoke-config", "--function-name",
               function)
    clean()

    rule = identifier("relays.to_final/rule").split("|")[-1]
    served.aws(W, "us-east-2", "events", "disable-rule", "--name", rule)
    changed("relays.to_final/rule", "high")
    served.aws(W, "us-east-2", "events", "enable-rule", "--name", rule)
    clean()

    group = identifier("relays.to_final/log_group")
    served.aws(W, "us-east-2", "logs", "put-retention-policy", "--log-group-name", group,
               "--retention-in-days", "1")
    changed("relays.to_final/log_group")
    served.holdfast("apply", "--auto-approve", expect=0)
    clean()

    served.aws(B, "us-east-2", "backup", "delete-backup-vault-lock-configuration",
               "--backup-vault-name", identifier("vaults.final/lock"))
    changed("vaults.final/lock", "high")

# what AWS drops because something else was set is the apply's own doing
HEAD = """version: 1
name: small
accounts: {main: {id: "111122223333"}}
regions: {one: us-east-1}
"""
PLACE = "account: main, region: one"
ALARM = f"{PLACE}, namespace: a, metric_name: b, period: 60, threshold: 1, evaluation_periods: 1, comparison_operator: LessThanThreshold"
DISPLACED = [
    (f"rules: {{r: {{{PLACE}, event_pattern: {{source: [aws.backup]}}}}}}",
     f"rules: {{r: {{{PLACE}, schedule_expression: rate(1 hour)}}}}"),
    (f"alarms: {{a: {{{ALARM}, statistic: Sum}}}}", f"alarms: {{a: {{{ALARM}, extended_statistic: p90}}}}"),
    (f"keys: {{k: {{{PLACE}}}}}\nqueues: {{q: {{{PLACE}, sqs_managed_sse_enabled: true}}}}",
     f"keys: {{k: {{{PLACE}}}}}\nqueues: {{q: {{{PLACE}, key: k}}}}"),
]
for texts in DISPLACED:
    with workspace(edit=lambda _, text=texts[0]: HEAD + text) as folder:
        for text in (*texts, texts[0]):
            with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
                file.write(HEAD + text)
            holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
            drift = holdfast("drift", "--simulate", "--detailed-exitcode", cwd=folder)
            check(drift.status == 0, f"no drift after an apply of {text}: {drift.out}{drift.err}")

# what somebody changed, and the file says by now, is no drift after the next apply; what it does not say stays one
ROLE = HEAD + """roles:
  r:
    account: main
    description: TEXT
    assume_role_policy_document: {Version: "2012-10-17", Statement: [
      {Effect: Allow, Principal: {Service: backup.amazonaws.com}, Action: "sts:AssumeRole"}]}
"""
with workspace(edit=lambda _: ROLE.replace("TEXT", "first")) as folder, Served(folder) as served:
    def run(*args, expect=0):
        return served.holdfast(*args, expect=expect)

    def drifts():
        return {d["path"] for one in run("drift", "--json").json["drift"] for d in one["differences"]}

    run("apply", "--auto-approve")
    served.aws(W, "us-east-1", "iam", "tag-role", "--role-name", "small-r", "--tags", "Key=theirs,Value=x")
    for text, saved in (("second", False), ("third", True)):
        served.aws(W, "us-east-1", "iam", "update-role", "--role-name", "small-r", "--description", text)
        check(drifts() == {"/description", "/tags/theirs"}, f"both are seen: {drifts()}")
        with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
            file.write(ROLE.replace("TEXT", text))
        run("plan", "--detailed-exitcode")
        run("apply", "--auto-approve", "roles.r")
        check("/description" in drifts(), "an apply of a part judges no more than that")
        if saved:
            run("plan", "--out", "p.json")
        run("apply", *(["p.json"] if saved else []), "--auto-approve")
        check(drifts() == {"/tags/theirs"}, f"what the file says is agreed: {drifts()}")

# of settings that many share what the file does not name is theirs: nothing is recorded of it, and nothing written
SETTINGS = HEAD + f"region_settings: {{s: {{{PLACE}, resource_type_opt_in: {{EBS: true}}}}}}\n"
with workspace(edit=lambda _: SETTINGS) as folder, Served(folder) as served:
    def serial():
        return served.holdfast("state", "pull", expect=0).json["serial"]

    served.holdfast("apply", "--auto-approve", expect=0)
    before = serial()
    served.aws(W, "us-east-1", "backup", "update-region-settings", "--resource-type-opt-in-preference", "RDS=false")
    served.holdfast("apply", "--auto-approve", expect=0)
    check(serial() == before, "an apply of nothing writes nothing of what others set")
done()
