"""What people do to objects behind the program's back, by the objects' types, and how a stranger makes an object
whose name the topology wants for itself.

CHANGES: type to actions, each `action(clients, object)`: `clients(service)` gives a client of the object's account
and Region, `object` is its row in the state (identifier, attributes). What AWS refuses is no change.
"""

import json

OPEN = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Open", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def text(document):
    return json.dumps(document)


def vault_policy(o):
    arn = f"arn:aws:backup:{o.region}:{o.account}:backup-vault:{o.id}"
    return text({"Version": "2012-10-17", "Statement": [
        {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{o.account}:root"},
         "Action": "backup:CopyIntoBackupVault", "Resource": arn}]})


def key_policy(o):
    return text({"Version": "2012-10-17", "Statement": [
        {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{o.account}:root"},
         "Action": "kms:*", "Resource": "*"}]})


def wipe_role(iam, name):
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=name)


def wipe_rule(events, o):
    bus, _, name = o.id.partition("|")
    targets = events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
    if targets:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=[t["Id"] for t in targets])
    events.delete_rule(Name=name, EventBusName=bus)


def wipe_plan(backup, o):
    for selection in backup.list_backup_selections(BackupPlanId=o.id)["BackupSelectionsList"]:
        backup.delete_backup_selection(BackupPlanId=o.id, SelectionId=selection["SelectionId"])
    backup.delete_backup_plan(BackupPlanId=o.id)


def shorter_plan(backup, o):
    plan = backup.get_backup_plan(BackupPlanId=o.id)["BackupPlan"]
    plan["Rules"][0]["Lifecycle"] = {"DeleteAfterDays": 3}
    plan["Rules"] = [{k: v for k, v in rule.items() if k != "RuleId"} for rule in plan["Rules"]]
    backup.update_backup_plan(BackupPlanId=o.id, BackupPlan=plan)


def rule_pattern(events, o):
    bus, _, name = o.id.partition("|")
    events.put_rule(Name=name, EventBusName=bus, EventPattern='{"source": ["aws.ec2"]}')


def queue_url(sqs, o):
    return sqs.get_queue_url(QueueName=o.id)["QueueUrl"]


def backup_tags(add):
    def change(clients, o):
        backup = clients("backup")
        if add:
            backup.tag_resource(ResourceArn=o.arn, Tags={"theirs": "1", "team": "theirs"})
        else:
            backup.untag_resource(ResourceArn=o.arn, TagKeyList=["holdfast:address", "team"])
    return change


BACKUP_TAGS = [backup_tags(True), backup_tags(False)]

CHANGES = {
    "aws_kms_key": [
        lambda c, o: c("kms").disable_key(KeyId=o.id),
        lambda c, o: c("kms").enable_key(KeyId=o.id),
        lambda c, o: c("kms").disable_key_rotation(KeyId=o.id),
        lambda c, o: c("kms").update_key_description(KeyId=o.id, Description="theirs"),
        lambda c, o: c("kms").put_key_policy(KeyId=o.id, PolicyName="default", Policy=key_policy(o)),
        lambda c, o: c("kms").tag_resource(KeyId=o.id, Tags=[{"TagKey": "team", "TagValue": "theirs"}]),
        lambda c, o: c("kms").untag_resource(KeyId=o.id, TagKeys=["team", "stage"]),
        lambda c, o: c("kms").schedule_key_deletion(KeyId=o.id, PendingWindowInDays=7),
    ],
    "aws_kms_alias": [lambda c, o: c("kms").delete_alias(AliasName=o.id)],
    "aws_backup_vault": [lambda c, o: c("backup").delete_backup_vault(BackupVaultName=o.id), *BACKUP_TAGS],
    "aws_backup_vault_lock": [
        lambda c, o: c("backup").delete_backup_vault_lock_configuration(BackupVaultName=o.id),
        lambda c, o: c("backup").put_backup_vault_lock_configuration(
            BackupVaultName=o.id, MinRetentionDays=2, MaxRetentionDays=500),
    ],
    "aws_backup_vault_policy": [
        lambda c, o: c("backup").delete_backup_vault_access_policy(BackupVaultName=o.id),
        lambda c, o: c("backup").put_backup_vault_access_policy(BackupVaultName=o.id, Policy=vault_policy(o)),
    ],
    "aws_backup_vault_notifications": [
        lambda c, o: c("backup").delete_backup_vault_notifications(BackupVaultName=o.id)],
    "aws_backup_plan": [lambda c, o: shorter_plan(c("backup"), o), lambda c, o: wipe_plan(c("backup"), o),
                        *BACKUP_TAGS],
    "aws_backup_selection": [lambda c, o: c("backup").delete_backup_selection(
        BackupPlanId=o.id.split("|")[0], SelectionId=o.id.split("|")[1])],
    "aws_backup_framework": [
        lambda c, o: c("backup").delete_framework(FrameworkName=o.id),
        lambda c, o: c("backup").update_framework(FrameworkName=o.id, FrameworkDescription="theirs"), *BACKUP_TAGS],
    "aws_backup_report_plan": [lambda c, o: c("backup").delete_report_plan(ReportPlanName=o.id), *BACKUP_TAGS],
    "aws_backup_restore_testing_plan": [
        lambda c, o: c("backup").delete_restore_testing_plan(RestoreTestingPlanName=o.id), *BACKUP_TAGS],
    "aws_backup_restore_testing_selection": [lambda c, o: c("backup").delete_restore_testing_selection(
        RestoreTestingPlanName=o.id.split("|")[0], RestoreTestingSelectionName=o.id.split("|")[1])],
    "aws_backup_legal_hold": [lambda c, o: c("backup").cancel_legal_hold(LegalHoldId=o.id, CancelDescription="theirs")],
    "aws_backup_logically_air_gapped_vault": [
        lambda c, o: c("backup").delete_backup_vault(BackupVaultName=o.id), *BACKUP_TAGS],
    "aws_backup_region_settings": [lambda c, o: c("backup").update_region_settings(
        ResourceTypeOptInPreference={"RDS": False, "EBS": True})],
    "aws_iam_role": [
        lambda c, o: c("iam").put_role_policy(RoleName=o.id, PolicyName="theirs", PolicyDocument=text(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})),
        lambda c, o: c("iam").update_assume_role_policy(RoleName=o.id, PolicyDocument=text(TRUST)),
        lambda c, o: c("iam").attach_role_policy(RoleName=o.id, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"),
        lambda c, o: c("iam").update_role(RoleName=o.id, Description="theirs", MaxSessionDuration=3600),
        lambda c, o: c("iam").tag_role(RoleName=o.id, Tags=[{"Key": "team", "Value": "theirs"}]),
        lambda c, o: c("iam").untag_role(RoleName=o.id, TagKeys=["holdfast:topology"]),
        lambda c, o: wipe_role(c("iam"), o.id),
    ],
    "aws_iam_policy": [
        lambda c, o: c("iam").delete_policy(PolicyArn=o.arn),
        lambda c, o: c("iam").create_policy_version(PolicyArn=o.arn, SetAsDefault=True, PolicyDocument=text(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})),
        lambda c, o: c("iam").tag_policy(PolicyArn=o.arn, Tags=[{"Key": "team", "Value": "theirs"}]),
    ],
    "aws_event_rule": [
        lambda c, o: c("events").disable_rule(Name=o.id.split("|")[1], EventBusName=o.id.split("|")[0]),
        lambda c, o: rule_pattern(c("events"), o),
        lambda c, o: wipe_rule(c("events"), o),
        lambda c, o: c("events").put_targets(Rule=o.id.split("|")[1], EventBusName=o.id.split("|")[0], Targets=[
            {"Id": "theirs", "Arn": f"arn:aws:sqs:{o.region}:{o.account}:theirs"}]),
    ],
    "aws_event_bus": [
        lambda c, o: c("events").delete_event_bus(Name=o.id),
        lambda c, o: c("events").update_event_bus(Name=o.id, Description="theirs"),
    ],
    "aws_event_bus_policy": [lambda c, o: c("events").remove_permission(EventBusName=o.id, RemoveAllPermissions=True)],
    "aws_lambda_function": [
        lambda c, o: c("lambda").update_function_configuration(FunctionName=o.id, MemorySize=512),
        lambda c, o: c("lambda").update_function_configuration(FunctionName=o.id, Environment={
            "Variables": {"MODE": "theirs"}}),
        lambda c, o: c("lambda").delete_function(FunctionName=o.id),
        lambda c, o: c("lambda").delete_function_concurrency(FunctionName=o.id),
        lambda c, o: c("lambda").add_permission(FunctionName=o.id, StatementId="theirs", Action="lambda:InvokeFunction",
                                                Principal="s3.amazonaws.com"),
        lambda c, o: c("lambda").tag_resource(Resource=o.arn, Tags={"team": "theirs"}),
    ],
    "aws_lambda_permission": [lambda c, o: c("lambda").remove_permission(
        FunctionName=o.id.split("|")[0], StatementId=o.id.split("|")[1])],
    "aws_lambda_event_invoke_config": [
        lambda c, o: c("lambda").delete_function_event_invoke_config(FunctionName=o.id),
        lambda c, o: c("lambda").put_function_event_invoke_config(FunctionName=o.id, MaximumRetryAttempts=2),
    ],
    "aws_log_group": [
        lambda c, o: c("logs").delete_log_group(logGroupName=o.id),
        lambda c, o: c("logs").put_retention_policy(logGroupName=o.id, retentionInDays=1),
        lambda c, o: c("logs").delete_retention_policy(logGroupName=o.id),
    ],
    "aws_sqs_queue": [
        lambda c, o: c("sqs").delete_queue(QueueUrl=queue_url(c("sqs"), o)),
        lambda c, o: c("sqs").set_queue_attributes(QueueUrl=queue_url(c("sqs"), o), Attributes={
            "VisibilityTimeout": "77", "MessageRetentionPeriod": "7200"}),
        lambda c, o: c("sqs").set_queue_attributes(QueueUrl=queue_url(c("sqs"), o), Attributes={"Policy": text(OPEN)}),
        lambda c, o: c("sqs").untag_queue(QueueUrl=queue_url(c("sqs"), o), TagKeys=["holdfast:topology"]),
    ],
    "aws_sns_topic": [
        lambda c, o: c("sns").delete_topic(TopicArn=o.arn),
        lambda c, o: c("sns").set_topic_attributes(TopicArn=o.arn, AttributeName="DisplayName",
                                                   AttributeValue="Theirs"),
        lambda c, o: c("sns").set_topic_attributes(TopicArn=o.arn, AttributeName="Policy", AttributeValue=text(OPEN)),
    ],
    "aws_sns_subscription": [
        lambda c, o: c("sns").unsubscribe(SubscriptionArn=o.id),
        lambda c, o: c("sns").set_subscription_attributes(SubscriptionArn=o.id, AttributeName="FilterPolicy",
                                                          AttributeValue='{"a": ["b"]}'),
    ],
    "aws_cloudwatch_alarm": [
        lambda c, o: c("cloudwatch").delete_alarms(AlarmNames=[o.id]),
        lambda c, o: c("cloudwatch").tag_resource(ResourceARN=o.arn, Tags=[{"Key": "team", "Value": "theirs"}]),
    ],
    "aws_s3_bucket": [
        lambda c, o: c("s3").delete_bucket(Bucket=o.id),
        lambda c, o: c("s3").delete_bucket_policy(Bucket=o.id),
        lambda c, o: c("s3").put_bucket_versioning(Bucket=o.id, VersioningConfiguration={"Status": "Suspended"}),
        lambda c, o: c("s3").delete_public_access_block(Bucket=o.id),
        lambda c, o: c("s3").put_object(Bucket=o.id, Key="theirs", Body=b"theirs"),
    ],
    "aws_scheduler_schedule": [lambda c, o: c("scheduler").delete_schedule(
        GroupName=o.id.split("|")[0], Name=o.id.split("|")[1])],
    "aws_organizations_policy": [
        lambda c, o: c("organizations").update_policy(PolicyId=o.id, Description="theirs"),
        lambda c, o: c("organizations").attach_policy(PolicyId=o.id, TargetId="111122223333"),
        lambda c, o: c("organizations").delete_policy(PolicyId=o.id),
    ],
}
GLOBAL = {"aws_iam_role": "iam", "aws_iam_policy": "iam", "aws_organizations_policy": "organizations"}


# ---- strangers: objects that take a name first; each gives the id by which `import` knows it ----

def strange_key(c, name, p):
    key = c("kms").create_key(Description="theirs")["KeyMetadata"]["KeyId"]
    c("kms").create_alias(AliasName=name, TargetKeyId=key)
    return name


STRANGERS = {
    "aws_sqs_queue": lambda c, name, p: c("sqs").create_queue(QueueName=name) and name,
    "aws_sns_topic": lambda c, name, p: c("sns").create_topic(Name=name) and name,
    "aws_backup_vault": lambda c, name, p: c("backup").create_backup_vault(BackupVaultName=name) and name,
    "aws_log_group": lambda c, name, p: c("logs").create_log_group(logGroupName=name) and name,
    "aws_event_bus": lambda c, name, p: c("events").create_event_bus(Name=name) and name,
    "aws_event_rule": lambda c, name, p: c("events").put_rule(
        Name=name, EventBusName=p["event_bus_name"], ScheduleExpression="rate(2 hours)") and
        f"{p['event_bus_name']}|{name}",
    "aws_iam_role": lambda c, name, p: c("iam").create_role(
        RoleName=name, Path=p.get("path", "/"), AssumeRolePolicyDocument=text(TRUST)) and name,
    "aws_iam_policy": lambda c, name, p: c("iam").create_policy(
        PolicyName=name, Path=p.get("path", "/"), PolicyDocument=text(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})) and name,
    "aws_kms_alias": strange_key,
    "aws_s3_bucket": lambda c, name, p: c("s3").create_bucket(Bucket=name) and name,
    "aws_cloudwatch_alarm": lambda c, name, p: c("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="theirs", MetricName="theirs", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1.0, ComparisonOperator="LessThanThreshold") and name,
    "aws_backup_framework": lambda c, name, p: c("backup").create_framework(
        FrameworkName=name, FrameworkControls=[{"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"}]) and name,
}
