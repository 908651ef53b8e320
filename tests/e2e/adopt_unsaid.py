"""What AWS knows of an object and no property can say stays where it is: the head of the adopted file names it, and no
change takes it away unless somebody asks for that. What properties can say comes back with the file."""

import json
import os

import boto3

from adopting import adopt, read, takes_over, write
from harness import EXAMPLES, Served, check, done, workspace

ACCOUNT, REGION = "111122223333", "us-east-1"
TOPOLOGY = f"""version: 1
name: hand
accounts:
  main: {{id: "{ACCOUNT}"}}
regions: {{one: {REGION}}}
"""
ECS = {"TaskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/t", "TaskCount": 1}
TRANSFORMER = {"InputPathsMap": {"state": "$.detail.state"}, "InputTemplate": '{"state": <state>}'}
SCAN = [{"MalwareScanner": "GUARDDUTY", "ScanMode": "FULL_SCAN"}]
INDEX = [{"ResourceTypes": ["S3"]}]

with workspace(os.path.join(EXAMPLES, "direct-copy.yaml")) as folder:
    write(folder, "topology.yaml", TOPOLOGY)
    write(folder, "places.yaml", TOPOLOGY)
    with Served(folder) as world:
        def client(service):
            return boto3.client(service, region_name=REGION, endpoint_url=world.url, aws_access_key_id=ACCOUNT,
                                aws_secret_access_key="simulated")

        backup, events, sqs = client("backup"), client("events"), client("sqs")
        backup.create_backup_vault(BackupVaultName="safe")
        plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "nightly", "Rules": [{
            "RuleName": "daily", "TargetBackupVaultName": "safe", "ScheduleExpression": "cron(0 5 ? * * *)",
            "Lifecycle": {"DeleteAfterDays": 35}, "IndexActions": INDEX, "ScanActions": SCAN}]})["BackupPlanId"]
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
        sqs.create_queue(QueueName="letters")
        events.put_rule(Name="jobs", EventPattern=json.dumps({"source": ["aws.backup"]}))
        events.put_targets(Rule="jobs", Targets=[
            {"Id": "said", "Arn": queue, "InputTransformer": TRANSFORMER, "RetryPolicy": {"MaximumRetryAttempts": 2}},
            {"Id": "task", "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c", "EcsParameters": ECS}])

        def targets():
            return {t["Id"]: t for t in events.list_targets_by_rule(Rule="jobs")["Targets"]}

        def rule():
            return backup.get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"][0]

        text = adopt(world).out
        head = text[:text.index("version:")]
        for place in ("rules/daily/ScanActions", "targets/task/EcsParameters"):
            check(place in head, f"the head names what there is no word for, {place}: {head}")
        check("IndexActions" not in head and "InputTransformer" not in head, f"and nothing else: {head}")
        takes_over(folder, world, text)
        check("index_actions" in text and "input_template" in text, f"the file says what it can: {text}")

        write(folder, "topology.yaml", text.replace("delete_after_days: 35", "delete_after_days: 36"))
        err = world.holdfast("plan", expect=0).err
        check("HF0645" in err and "rules/daily/ScanActions" in err, f"the plan says what a change would lose: {err}")
        err = world.holdfast("apply", "--auto-approve", "--relay=false", expect=7).err
        check("--allow-destroy plans.nightly" in err and rule()["ScanActions"] == SCAN, f"and it is refused: {err}")
        world.holdfast("apply", "--auto-approve", "--relay=false", "--allow-destroy", "plans.nightly", expect=0)
        check("ScanActions" not in rule() and rule()["IndexActions"] == INDEX, "what was let go is gone, nothing else is")

        before = targets()
        text = read(folder, "topology.yaml")
        write(folder, "topology.yaml", text.replace("maximum_retry_attempts: 2", "maximum_retry_attempts: 3"))
        err = world.holdfast("apply", "--auto-approve", "--relay=false", expect=7).err
        check("--allow-destroy rules.jobs" in err and targets() == before, f"so are targets: {err}")
        world.holdfast("apply", "--auto-approve", "--relay=false", "--allow-destroy", "rules.jobs", expect=0)
        before["said"]["RetryPolicy"] = {"MaximumRetryAttempts": 3}
        check(targets() == before, f"what the file says of a target is kept: {targets()}")
done()
