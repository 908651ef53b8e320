"""awscli against every service: commands as people type them, and lists page by page.

The first command runs as a process of its own, the others through awscli's own entry point in this
one, which is a tenth of the time; both print what a shell would see.
"""

import contextlib
import io
import json
import os
import tempfile

import awscli.clidriver

from calls.lambda_ import package
from clients import BACKUP, DATABASE, MANAGEMENT, WORKLOAD, allow, check, done, policy, served, trust


class Shell:
    def __init__(self, world, account=WORKLOAD, region="us-east-1"):
        self.world, self.region = world, region
        os.environ.update(world.environment(account))
        self.driver = awscli.clidriver.create_clidriver()
        self.driver.session.get_credentials()  # of this account, before another shell's come
        self.driver.session.register("before-parse", world.watch.look)

    def __call__(self, line, *more, status=0):
        """Runs "service operation --option word ..." and whatever more words; the JSON it prints."""
        args = [*line.split(), *more, "--region", self.region, "--output", "json",
                "--endpoint-url", self.world.url]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            got = self.driver.main(args)
        check(got == status, f"aws {line}: status {got}, expected {status}: {err.getvalue()}")
        return json.loads(out.getvalue()) if status == 0 and out.getvalue() else err.getvalue()

    def pages(self, line, key, expected, *more):
        """The same list whole, in small pages, and by tokens of the command line."""
        whole = self(line, *more)[key]
        check(len(whole) >= expected, f"aws {line}: {len(whole)} items, expected {expected}")
        before = len(self.world.private("calls"))
        small = self(f"{line} --page-size 1", *more)[key]
        calls = len(self.world.private("calls")) - before
        check(small == whole, f"aws {line}: small pages bring the same")
        check(calls >= len(whole), f"aws {line}: {calls} calls for {len(whole)} items")
        first = self(f"{line} --page-size 1 --max-items 1", *more)
        check(first[key] == whole[:1], f"aws {line}: the first item")
        rest = self(f"{line} --page-size 1 --starting-token", first["NextToken"], *more)[key]
        check(rest == whole[1:], f"aws {line}: the rest, from the token on")


def backup(aws):
    for name in ("one", "two"):
        aws(f"backup create-backup-vault --backup-vault-name {name}")
    aws.pages("backup list-backup-vaults", "BackupVaultList", 2)
    error = aws("backup describe-backup-vault --backup-vault-name none", status=255)
    check("(AccessDeniedException)" in error and "DescribeBackupVault" in error, f"the error as awscli prints it: {error}")
    plan = json.dumps({"BackupPlanName": "p", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "one"}]})
    made = aws("backup create-backup-plan --backup-plan", plan)["BackupPlanId"]
    aws("backup create-backup-plan --backup-plan", plan.replace('"p"', '"q"'))
    aws.pages("backup list-backup-plans", "BackupPlansList", 2)
    got = aws(f"backup get-backup-plan --backup-plan-id {made}")["BackupPlan"]["Rules"][0]
    check(got["ScheduleExpression"] == "cron(0 5 ? * * *)", "AWS's schedule when none is given")
    role = f"arn:aws:iam::{WORKLOAD}:role/service-role/AWSBackupDefaultServiceRole"
    for resource in ("a", "b"):
        aws(f"backup create-backup-selection --backup-plan-id {made} --backup-selection", json.dumps({
            "SelectionName": resource, "IamRoleArn": role, "Resources": [f"arn:aws:rds:*:*:db:{resource}"]}))
    aws.pages(f"backup list-backup-selections --backup-plan-id {made}", "BackupSelectionsList", 2)
    job = f"backup start-backup-job --backup-vault-name one --resource-arn {DATABASE} --iam-role-arn {role}"
    for _ in range(2):
        aws(job)
    aws.world.pass_time(hours=2)
    aws.pages("backup list-backup-jobs --by-state COMPLETED", "BackupJobs", 2)
    points = "backup list-recovery-points-by-backup-vault --backup-vault-name one"
    aws.pages(points, "RecoveryPoints", 2)
    point = aws(points)["RecoveryPoints"][0]["RecoveryPointArn"]
    got = aws(f"backup describe-recovery-point --backup-vault-name one --recovery-point-arn {point}")
    check(got["Status"] == "COMPLETED" and got["CreationDate"], "a point by its ARN, with slashes and colons")
    aws(f"backup tag-resource --resource-arn {point} --tags a=1,b=2")
    check(aws(f"backup list-tags --resource-arn {point}")["Tags"] == {"a": "1", "b": "2"}, "tags of a point")
    copy = ("backup start-copy-job --source-backup-vault-name one --destination-backup-vault-arn "
            f"arn:aws:backup:us-east-1:{WORKLOAD}:backup-vault:two --iam-role-arn {role} --recovery-point-arn {point}")
    for _ in range(2):
        aws(copy)
    aws.world.pass_time(hours=2)
    aws.pages(f"backup list-copy-jobs --by-source-recovery-point-arn {point}", "CopyJobs", 2)


def kms(aws):
    for _ in range(2):
        key = aws("kms create-key --tags TagKey=a,TagValue=b")["KeyMetadata"]["KeyId"]
        aws(f"kms create-alias --alias-name alias/{key[:8]} --target-key-id {key}")
    aws.pages("kms list-keys", "Keys", 2)
    aws.pages("kms list-aliases", "Aliases", 2)
    check(aws(f"kms get-key-policy --key-id {key}")["PolicyName"] == "default", "a key policy")
    check("(NotFoundException)" in aws("kms describe-key --key-id alias/none", status=255), "not found")


def iam(aws):
    for name in ("one", "two"):
        aws(f"iam create-role --role-name {name} --assume-role-policy-document", trust("backup.amazonaws.com"))
        aws(f"iam put-role-policy --role-name one --policy-name {name} --policy-document", policy(allow("rds:*")))
    aws.pages("iam list-roles", "Roles", 4)
    aws.pages("iam list-role-policies --role-name one", "PolicyNames", 2)
    got = aws("iam get-role-policy --role-name one --policy-name two")["PolicyDocument"]
    check(got["Statement"][0]["Action"] == "rds:*", "a document, decoded")
    check("(NoSuchEntity)" in aws("iam get-role --role-name none", status=255), "no such role")


def sts(aws):
    check(aws("sts get-caller-identity")["Account"] == WORKLOAD, "who it is")
    role = f"arn:aws:iam::{BACKUP}:role/holdfast-deployer"
    got = aws(f"sts assume-role --role-session-name s1 --role-arn {role}")["Credentials"]
    check(got["Expiration"] and got["SessionToken"], "temporary credentials")


def organizations(aws):
    management = Shell(aws.world, MANAGEMENT)
    management.pages("organizations list-accounts", "Accounts", 3)
    check("(AccessDeniedException)" in aws("organizations list-accounts", status=255), "not for members")


def lambda_(aws):
    aws("iam create-role --role-name f --assume-role-policy-document", trust("lambda.amazonaws.com"))
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(package())
        file.flush()
        for name in ("one", "two"):
            aws(f"lambda create-function --function-name {name} --runtime provided.al2023 --handler b "
                f"--role arn:aws:iam::{WORKLOAD}:role/f --zip-file fileb://{file.name}")
    aws("lambda wait function-active --function-name two")
    aws.pages("lambda list-functions", "Functions", 2)
    aws("lambda add-permission --function-name one --statement-id s --action lambda:InvokeFunction "
        "--principal events.amazonaws.com")
    check('"Sid":"s"' in aws("lambda get-policy --function-name one")["Policy"], "a permission")


def events(aws):
    for name in ("one", "two"):
        aws(f"events put-rule --name {name} --event-pattern", json.dumps({"source": ["shop"]}))
    aws.pages("events list-rules", "Rules", 2)
    queue = f"arn:aws:sqs:us-east-1:{WORKLOAD}:one"
    aws(f"events put-targets --rule one --targets Id=a,Arn={queue} Id=b,Arn={queue}")
    aws.pages("events list-targets-by-rule --rule one", "Targets", 2)
    check(aws("events describe-event-bus")["Name"] == "default", "the default bus")


def sqs(aws):
    for name in ("one", "two"):
        url = aws(f"sqs create-queue --queue-name {name}")["QueueUrl"]
    aws.pages("sqs list-queues", "QueueUrls", 2)
    aws(f"sqs send-message --queue-url {url} --message-body hello")
    check(aws(f"sqs receive-message --queue-url {url}")["Messages"][0]["Body"] == "hello", "a message")
    got = aws(f"sqs get-queue-attributes --queue-url {url} --attribute-names All")["Attributes"]
    check(got["QueueArn"].endswith(":two"), "attributes of a queue")


def logs(aws):
    for name in ("/one", "/two"):
        aws(f"logs create-log-group --log-group-name {name}")
        aws(f"logs create-log-stream --log-group-name /one --log-stream-name {name[1:]}")
    aws.pages("logs describe-log-groups", "logGroups", 2)
    aws.pages("logs describe-log-streams --log-group-name /one", "logStreams", 2)
    error = aws("logs put-retention-policy --log-group-name /one --retention-in-days 31", status=255)
    check("(InvalidParameterException)" in error, "no such retention")


def rds(aws):
    found = aws("rds describe-db-instances --max-items 1")["DBInstances"]
    check([d["DBInstanceIdentifier"] for d in found] == ["orders"], "the database")
    found = aws("rds describe-db-snapshots --page-size 20")["DBSnapshots"]
    check(len(found) == 2 and {s["SnapshotType"] for s in found} == {"awsbackup"}, f"snapshots of AWS Backup: {found}")


with served() as world:
    # as a process: what a person's shell runs, and the paging of its output
    got = world.aws(WORKLOAD, "us-east-1", "sts", "get-caller-identity")
    check(got["Account"] == WORKLOAD, "awscli in its own process")
    shell = Shell(world)
    for service in (kms, iam, sts, organizations, lambda_, sqs, events, logs, backup, rds):
        service(shell)
done()
