"""The same handler in Python with boto3, as the walkthrough's function has it, behind the Runtime API: for one event
the tags of the point, its copy jobs, and StartCopyJob."""

import json
import os
import urllib.request

import boto3

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
SETTINGS = json.loads(os.environ["HOLDFAST_RELAY"])
BACKUP = boto3.client("backup")


def handle(event):
    point = event["detail"]["destinationRecoveryPointArn"]
    tags = BACKUP.list_tags(ResourceArn=point)["Tags"]
    destinations = {d["vault_arn"] for d in SETTINGS["destinations"]}
    to = next(tags[key] for key in SETTINGS["tag_keys"] if tags.get(key) in destinations)
    jobs = BACKUP.list_copy_jobs(BySourceRecoveryPointArn=point, ByDestinationVaultArn=to)["CopyJobs"]
    if not jobs:
        BACKUP.start_copy_job(RecoveryPointArn=point, SourceBackupVaultName=SETTINGS["source_vault_name"],
                              DestinationBackupVaultArn=to, IamRoleArn=SETTINGS["copy_role_arn"],
                              IdempotencyToken=event["id"], Lifecycle={"DeleteAfterDays": 35})


while True:
    with urllib.request.urlopen(f"{API}/next") as answer:
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        given = json.load(answer)
    handle(given)
    with urllib.request.urlopen(f"{API}/{request_id}/response", data=b"{}") as answer:
        answer.read()
