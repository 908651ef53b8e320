"""The first walkthrough, as its readers make it by hand in the console: three accounts, twelve steps, names and policies
as the console writes them, a function in Python. adopt prints it, the file plans empty, and its apply changes nothing in
the world but tags of ownership. The function goes on relaying."""

import io
import json
import os
import stat
import sys
import zipfile

import boto3
from botocore.config import Config

from adopting import adopt, takes_over, write
from harness import EXAMPLES, Served, check, done, workspace

MANAGEMENT, WORKLOAD, BACKUP = "999988887777", "111122223333", "444455556666"
PRIMARY, RECOVERY = "us-east-1", "us-east-2"
ROLE = "role/holdfast-deployer"
PLACES = f"""version: 1
name: blog
accounts:
  management: {{id: "{MANAGEMENT}", assume_role: "arn:aws:iam::{MANAGEMENT}:{ROLE}"}}
  workload: {{id: "{WORKLOAD}", assume_role: "arn:aws:iam::{WORKLOAD}:{ROLE}"}}
  backup: {{id: "{BACKUP}", assume_role: "arn:aws:iam::{BACKUP}:{ROLE}"}}
regions:
  primary: {PRIMARY}
  recovery: {RECOVERY}
"""
WORLD = PLACES + "organization: {account: management}\n"
DATABASES = WORLD.replace("name: blog", "name: theirs") + """vaults:
  v: {account: workload, region: primary}
plans:
  p:
    account: workload
    region: primary
    rules: {r: {target_vault: v}}
    selections: {s: {resources: ["arn:aws:rds:*:*:db:*"]}}
"""

# What the walkthrough's function does, behind the loop that Lambda's own runtime for Python has inside: the simulator
# runs the bootstrap of a package.
BOOTSTRAP = "#!" + sys.executable + """
import json, os, urllib.request, lambda_function
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urllib.request.urlopen(f"{api}/next") as answer:
        request, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.load(answer)
    result = json.dumps(lambda_function.lambda_handler(event, None)).encode()
    urllib.request.urlopen(urllib.request.Request(f"{api}/{request}/response", data=result, method="POST")).close()
"""
HANDLER = """import boto3

def lambda_handler(event, context):
    backup = boto3.client("backup")
    detail = event["detail"]
    point = detail["destinationRecoveryPointArn"]
    tags = backup.list_tags(ResourceArn=point)["Tags"]
    for key, value in tags.items():
        if key.lower() == "finalvault":
            backup.start_copy_job(RecoveryPointArn=point, IamRoleArn=detail["iamRoleArn"],
                                  SourceBackupVaultName=detail["destinationBackupVaultArn"].split(":")[-1],
                                  DestinationBackupVaultArn=value, Lifecycle={"DeleteAfterDays": 30})
    return "done"
"""


def package():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("lambda_function.py", HANDLER)
        info = zipfile.ZipInfo("bootstrap")
        info.external_attr = (stat.S_IFREG | 0o755) << 16
        archive.writestr(info, BOOTSTRAP)
    return out.getvalue()


PACKAGE = package()


def clients(world):
    def client(account, service, region=PRIMARY):
        return boto3.client(service, region_name=region, endpoint_url=world.url, aws_access_key_id=account,
                            aws_secret_access_key="simulated", config=Config(retries={"total_max_attempts": 3}))
    return client


def root(account):
    return f"arn:aws:iam::{account}:root"


def vault_arn(account, region, name):
    return f"arn:aws:backup:{region}:{account}:backup-vault:{name}"


def trust(service):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


ADMINISTER = [f"kms:{action}" for action in (
    "Create*", "Describe*", "Enable*", "List*", "Put*", "Update*", "Revoke*", "Disable*", "Get*", "Delete*", "TagResource",
    "UntagResource", "ScheduleKeyDeletion", "CancelKeyDeletion")]


def make_key(kms, account, alias, policy_id, users, administer):
    """A symmetric key that does not rotate, with the four statements that the console's wizard writes."""
    admin = f"arn:aws:iam::{account}:role/Admin"
    policy = {"Id": policy_id, "Version": "2012-10-17", "Statement": [
        {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": root(account)},
         "Action": "kms:*", "Resource": "*"},
        {"Sid": "Allow access for Key Administrators", "Effect": "Allow", "Principal": {"AWS": admin},
         "Action": administer, "Resource": "*"},
        {"Sid": "Allow use of the key", "Effect": "Allow", "Principal": {"AWS": users},
         "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
         "Resource": "*"},
        {"Sid": "Allow attachment of persistent resources", "Effect": "Allow", "Principal": {"AWS": users},
         "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*",
         "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}]}
    key = kms.create_key(Description=f"made by hand for {alias}", Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)
    return key


def twelve_steps(client):
    for account in (WORKLOAD, BACKUP):
        client(account, "iam").create_role(RoleName="Admin", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
        client(account, "backup").update_region_settings(ResourceTypeOptInPreference={"RDS": True})
    client(MANAGEMENT, "backup").update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})

    backup = client(BACKUP, "backup", RECOVERY)  # 1 and 2: the last vault, locked, open for the workload account
    key = make_key(client(BACKUP, "kms", RECOVERY), BACKUP, "FinalKey", "key-consolepolicy-3",
                   [f"arn:aws:iam::{BACKUP}:role/Admin"], ADMINISTER + ["kms:RotateKeyOnDemand"])
    backup.create_backup_vault(BackupVaultName="Final-Vault", EncryptionKeyArn=key,
                               BackupVaultTags={"cost-center": "4711"})
    backup.put_backup_vault_lock_configuration(BackupVaultName="Final-Vault", MinRetentionDays=7, MaxRetentionDays=365,
                                               ChangeableForDays=14)
    backup.put_backup_vault_access_policy(BackupVaultName="Final-Vault", Policy=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": root(WORKLOAD)}, "Action": "backup:CopyIntoBackupVault",
            "Resource": "*"}]}))

    backup = client(WORKLOAD, "backup", RECOVERY)  # 3 and 4: the vault between, under a key that both may use
    key = make_key(client(WORKLOAD, "kms", RECOVERY), WORKLOAD, "IntermediateKey", "cab-kms-key",
                   [root(WORKLOAD), root(BACKUP)], ADMINISTER)
    backup.create_backup_vault(BackupVaultName="Intermediate_Vault", EncryptionKeyArn=key)

    backup = client(WORKLOAD, "backup")  # 5 to 8: the first vault, under AWS's key; the plan, with its tag
    backup.create_backup_vault(BackupVaultName="2024-primary")
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "RDS.daily-8pm", "Rules": [{
        "RuleName": "every.day", "TargetBackupVaultName": "2024-primary", "ScheduleExpression": "cron(0 20 ? * * *)",
        "ScheduleExpressionTimezone": "Asia/Kolkata", "StartWindowMinutes": 60, "CompletionWindowMinutes": 180,
        "Lifecycle": {"DeleteAfterDays": 7},
        "RecoveryPointTags": {"FinalVault": vault_arn(BACKUP, RECOVERY, "Final-Vault")},
        "CopyActions": [{"DestinationBackupVaultArn": vault_arn(WORKLOAD, RECOVERY, "Intermediate_Vault"),
                         "Lifecycle": {"DeleteAfterDays": 7}}]}]})["BackupPlanId"]
    iam = client(WORKLOAD, "iam")
    default = f"arn:aws:iam::{WORKLOAD}:role/service-role/AWSBackupDefaultServiceRole"
    try:
        iam.get_role(RoleName="AWSBackupDefaultServiceRole")
    except iam.exceptions.NoSuchEntityException:
        iam.create_role(RoleName="AWSBackupDefaultServiceRole", Path="/service-role/",
                        AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
        for policy in ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"):
            iam.attach_role_policy(RoleName="AWSBackupDefaultServiceRole",
                                   PolicyArn=f"arn:aws:iam::aws:policy/service-role/{policy}")
    backup.create_backup_selection(BackupPlanId=plan, BackupSelection={
        "SelectionName": "databases", "IamRoleArn": default, "Resources": ["arn:aws:rds:*:*:db:*"]})

    # 9 and 10: the function, as the console makes it, with its role
    role = iam.create_role(RoleName="relay-role-x1y2z3", Path="/service-role/",
                           AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(RoleName="relay-role-x1y2z3", PolicyName="copy", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["backup:ListTags", "backup:StartCopyJob", "rds:ListTagsForResource"],
             "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": default}]}))
    iam.attach_role_policy(RoleName="relay-role-x1y2z3",
                           PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    queue = client(WORKLOAD, "sqs", RECOVERY).create_queue(QueueName="relay-failures")["QueueUrl"]
    lambda_ = client(WORKLOAD, "lambda", RECOVERY)
    function = lambda_.create_function(
        FunctionName="CopyToFinalVault", Runtime="python3.12", Role=role, Handler="lambda_function.lambda_handler",
        Code={"ZipFile": PACKAGE}, Timeout=60, Environment={"Variables": {"STAGE": "prod"}})["FunctionArn"]
    client(WORKLOAD, "logs", RECOVERY).create_log_group(logGroupName="/aws/lambda/CopyToFinalVault")

    # 11 and 12: the rule that calls it, and the one that forwards events from the first Region
    pattern = {"source": ["aws.backup"], "detail-type": ["Copy Job State Change"], "detail": {
        "state": ["COMPLETED"],
        "destinationBackupVaultArn": [vault_arn(WORKLOAD, RECOVERY, "Intermediate_Vault")]}}
    events = client(WORKLOAD, "events", RECOVERY)
    rule = events.put_rule(Name="copy-completed", EventPattern=json.dumps(pattern), State="ENABLED")["RuleArn"]
    queue_arn = f"arn:aws:sqs:{RECOVERY}:{WORKLOAD}:relay-failures"
    client(WORKLOAD, "sqs", RECOVERY).set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Sid": "AWSEvents_copy-completed_dlq_Id7f3a", "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}]})})
    events.put_targets(Rule="copy-completed", Targets=[{"Id": "Id7f3a", "Arn": function,
                                                        "DeadLetterConfig": {"Arn": queue_arn}}])
    lambda_.add_permission(FunctionName="CopyToFinalVault", StatementId="AWSEvents_copy-completed_Id7f3a",
                           Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=rule)
    bus = f"arn:aws:events:{RECOVERY}:{WORKLOAD}:event-bus/default"
    forwarder = iam.create_role(RoleName="Amazon_EventBridge_Invoke_Event_Bus_12345", Path="/service-role/",
                                AssumeRolePolicyDocument=trust("events.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(RoleName="Amazon_EventBridge_Invoke_Event_Bus_12345", PolicyName="send",
                        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
                            {"Effect": "Allow", "Action": ["events:PutEvents"], "Resource": [bus]}]}))
    events = client(WORKLOAD, "events")
    events.put_rule(Name="forward-to-ohio", EventPattern=json.dumps(pattern), State="ENABLED")
    events.put_targets(Rule="forward-to-ohio", Targets=[{"Id": "1", "Arn": bus, "RoleArn": forwarder}])


def bystanders(client):
    """What stands beside it and is none of it."""
    backup = client(WORKLOAD, "backup")
    backup.create_backup_vault(BackupVaultName="theirs-v2", BackupVaultTags={
        "holdfast:topology": "theirs", "holdfast:address": "vaults.v2"})
    client(WORKLOAD, "events").put_rule(Name="instances", EventPattern=json.dumps({"source": ["aws.ec2"]}))
    client(WORKLOAD, "iam").create_role(RoleName="somebodys", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    for account in (WORKLOAD, BACKUP):
        client(account, "backup", RECOVERY).create_backup_vault(BackupVaultName="archive")


def points(client, account, region, vault):
    return client(account, "backup", region).list_recovery_points_by_backup_vault(
        BackupVaultName=vault)["RecoveryPoints"]


with workspace(os.path.join(EXAMPLES, "direct-copy.yaml")) as folder:
    write(folder, "world.yaml", DATABASES)
    write(folder, "places.yaml", PLACES)
    with Served(folder, "-f", "world.yaml") as world:
        world.account = MANAGEMENT
        client = clients(world)
        twelve_steps(client)
        bystanders(client)

        text = adopt(world).out
        check("CopyToFinalVault in workload us-east-2: its code was not fetched" in text,
              f"without a folder the function stays where it is: {text}")
        check("\nfunctions:" not in text, "and is no entry")

        text = adopt(world, "--out", "code").out
        for said in ("share_with: [backup]", "administrators: [arn:aws:iam::111122223333:role/Admin]",
                     "Id: key-consolepolicy-3", "FinalVault: \"${vaults.Final-Vault.arn}\"",
                     "role: service_default", "code: code/CopyToFinalVault.zip", "cross_account_backup: true"):
            check(said in text, f"it is said in the words of sections: {said}")
        for said in ("of topology theirs: the backup vault theirs-v2", "rules that do not look at AWS Backup: the "
                     "EventBridge rule instances"):
            check(said in text, f"what is not taken is told: {said}")
        check("somebodys" not in text, "what nothing names is none of it")
        with open(os.path.join(folder, "code", "CopyToFinalVault.zip"), "rb") as file:
            check(file.read() == PACKAGE, "the function's code is kept, byte by byte")

        plan = takes_over(folder, world, text)
        check(len(plan["changes"]) > 20, f"all of it: {len(plan['changes'])}")
        check(not points(client, BACKUP, RECOVERY, "Final-Vault"), "nothing has arrived yet")
        world.advance(days=2, hours=2)  # whatever time it is now, two backups begin and arrive
        arrived = points(client, BACKUP, RECOVERY, "Final-Vault")
        check(len(arrived) >= 2, f"the function goes on relaying: {arrived}")
        world.holdfast("plan", "--detailed-exitcode", expect=0)
done()
