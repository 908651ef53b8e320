"""moto in the place of AWS: what somebody made there by hand is printed as a topology and taken over. What moto does not
know is told as unread, and all else is there."""

import io
import json
import os
import zipfile

from harness import check, done, holdfast, workspace
from servers import Moto

TOPOLOGY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "three_accounts.yaml")
REGION = "us-east-1"
PLACES = f"""version: 1
name: found
accounts:
  main: {{id: "{Moto.HOME}"}}
regions:
  home: {REGION}
"""
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def by_hand(server):
    def client(service):
        return server.client(service, Moto.HOME)

    key = client("kms").create_key(Description="by hand")["KeyMetadata"]["Arn"]
    client("kms").create_alias(AliasName="alias/Final", TargetKeyId=key)
    client("backup").create_backup_vault(BackupVaultName="Final", EncryptionKeyArn=key, BackupVaultTags={"team": "db"})
    client("backup").create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [{
        "RuleName": "every-day", "TargetBackupVaultName": "Final", "ScheduleExpression": "cron(0 5 ? * * *)",
        "StartWindowMinutes": 60, "CompletionWindowMinutes": 180, "Lifecycle": {"DeleteAfterDays": 35}}]})
    role = client("iam").create_role(RoleName="forward", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    queue = client("sqs").create_queue(QueueName="letters")["QueueUrl"]
    letters = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events = client("events")
    events.put_rule(Name="copies", EventPattern=json.dumps({"source": ["aws.backup"]}))
    events.put_targets(Rule="copies", Targets=[{
        "Id": "1", "Arn": f"arn:aws:events:us-west-2:{Moto.HOME}:event-bus/default", "RoleArn": role,
        "DeadLetterConfig": {"Arn": letters}}])
    events.put_rule(Name="others", EventPattern=json.dumps({"source": ["aws.ec2"]}))


with Moto() as server, workspace(TOPOLOGY, lambda text: PLACES) as folder:
    env = server.environment(Moto.HOME)
    by_hand(server)
    printed = holdfast("adopt", cwd=folder, env=env, expect=1)
    check("HF0512" in printed.err and "selection" in printed.err, f"moto knows no selections, which is told: {printed.err}")
    for said in ("alias: alias/Final", "key: Final", "tags: {team: db}", "every-day:", "role: forward", "rules that do not "
                 "look at AWS Backup: the EventBridge rule others"):
        check(said in printed.out, f"{said} is printed: {printed.out}")
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(printed.out)
    changes = holdfast("plan", "--json", cwd=folder, env=env, expect=0).json["changes"]
    check({c["action"] for c in changes} == {"adopt"} and len(changes) == 7, f"all of it is imported: {changes}")
    holdfast("apply", "--auto-approve", "--target", "vaults.Final", "--target", "keys.Final", "--target", "rules.copies",
             cwd=folder, env=env, expect=0)
    left = holdfast("plan", "--json", cwd=folder, env=env, expect=0).json["changes"]
    check({c["address"] for c in left} <= {"plans.daily", "resources.letters"}, f"and taken over: {left}")
done()
