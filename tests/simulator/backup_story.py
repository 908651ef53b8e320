"""The whole story by boto3 alone: a database is backed up by a plan, copied to the second Region,
forwarded as an event, copied on into a locked vault of another account; and what stops it there."""

import datetime
import json

from clients import BACKUP, DATABASE, MANAGEMENT, WORKLOAD, allow, check, done, policy, refused, served, trust

UTC = datetime.timezone.utc
DEFAULT_ROLE = f"arn:aws:iam::{WORKLOAD}:role/service-role/AWSBackupDefaultServiceRole"
FINAL = f"arn:aws:backup:us-east-2:{BACKUP}:backup-vault:final"
MIDDLE = f"arn:aws:backup:us-east-2:{WORKLOAD}:backup-vault:middle"
PRIMARY = f"arn:aws:backup:us-east-1:{WORKLOAD}:backup-vault:primary"
QUEUE = f"arn:aws:sqs:us-east-2:{WORKLOAD}:copies"
PATTERN = json.dumps({"source": ["aws.backup"], "detail-type": ["Copy Job State Change"]})


def root(account):
    return {"AWS": f"arn:aws:iam::{account}:root"}


class Story:
    def __init__(self, world):
        self.world = world
        self.first = world.place(WORKLOAD, "us-east-1")
        self.second = world.place(WORKLOAD, "us-east-2")
        self.last = world.place(BACKUP, "us-east-2")

    def now(self):
        ms = self.world.private("advance", {"ms": 0})["now_ms"]
        return datetime.datetime.fromtimestamp(ms / 1000, UTC)

    def vaults(self):
        self.middle_key = self.second.kms.create_key(Policy=policy(
            {**allow("kms:*"), "Principal": root(WORKLOAD)},
            {**allow(["kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]),
             "Principal": root(BACKUP)},
            {**allow(["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]), "Principal": root(BACKUP),
             "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}))["KeyMetadata"]["Arn"]
        self.final_key = self.last.kms.create_key()["KeyMetadata"]["Arn"]
        self.first.backup.create_backup_vault(BackupVaultName="primary")
        self.second.backup.create_backup_vault(BackupVaultName="middle", EncryptionKeyArn=self.middle_key)
        self.last.backup.create_backup_vault(BackupVaultName="final", EncryptionKeyArn=self.final_key)
        self.accept(WORKLOAD)
        self.last.backup.put_backup_vault_lock_configuration(
            BackupVaultName="final", MinRetentionDays=7, MaxRetentionDays=365, ChangeableForDays=14)

    def accept(self, account):
        self.last.backup.put_backup_vault_access_policy(BackupVaultName="final", Policy=policy(
            {**allow("backup:CopyIntoBackupVault"), "Principal": root(account)}))

    def plan(self):
        made = self.first.backup.create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [{
            "RuleName": "r", "TargetBackupVaultName": "primary", "StartWindowMinutes": 60,
            "ScheduleExpression": "cron(0 20 ? * * *)", "ScheduleExpressionTimezone": "Asia/Kolkata",
            "Lifecycle": {"DeleteAfterDays": 7}, "RecoveryPointTags": {"FinalVault": FINAL, "team": "rule"},
            "CopyActions": [{"DestinationBackupVaultArn": MIDDLE, "Lifecycle": {"DeleteAfterDays": 8}}]}]})
        self.plan_id, self.version = made["BackupPlanId"], made["VersionId"]
        self.first.backup.create_backup_selection(BackupPlanId=self.plan_id, BackupSelection={
            "SelectionName": "rds", "IamRoleArn": DEFAULT_ROLE, "Resources": ["arn:aws:rds:*:*:db:*"]})
        self.first.rds.add_tags_to_resource(ResourceName=DATABASE, Tags=[
            {"Key": "team", "Value": "database"}, {"Key": "tier", "Value": "gold"}])

    def events(self):
        """First Region: forward to the second. There: a rule and a queue."""
        bus = f"arn:aws:events:us-east-2:{WORKLOAD}:event-bus/default"
        rule = f"arn:aws:events:us-east-1:{WORKLOAD}:rule/forward"
        self.first.iam.create_role(RoleName="forward", AssumeRolePolicyDocument=trust("events.amazonaws.com"))
        self.first.iam.put_role_policy(RoleName="forward", PolicyName="p", PolicyDocument=policy(
            allow("events:PutEvents", bus)))
        self.first.events.put_rule(Name="forward", EventPattern=PATTERN)
        got = self.first.events.put_targets(Rule="forward", Targets=[
            {"Id": "bus", "Arn": bus, "RoleArn": f"arn:aws:iam::{WORKLOAD}:role/forward"}])
        check(got["FailedEntryCount"] == 0, rule)
        rule = self.second.events.put_rule(Name="arrived", EventPattern=PATTERN)["RuleArn"]
        self.url = self.second.sqs.create_queue(QueueName="copies", Attributes={"Policy": policy(
            {**allow("sqs:SendMessage", QUEUE), "Principal": {"Service": "events.amazonaws.com"},
             "Condition": {"ArnEquals": {"aws:SourceArn": rule}}})})["QueueUrl"]
        self.second.events.put_targets(Rule="arrived", Targets=[{"Id": "queue", "Arn": QUEUE}])

    def received(self):
        """All events that wait in the queue, taken out of it."""
        found = []
        while True:
            got = self.second.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
            for message in got:
                found.append(json.loads(message["Body"]))
                self.second.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            if not got:
                return found

    def points(self, place, vault):
        return place.backup.list_recovery_points_by_backup_vault(BackupVaultName=vault)["RecoveryPoints"]

    def copy_on(self, point, **more):
        """Hop 2, as a relay would start it; the job at its end."""
        job = self.second.backup.start_copy_job(**{
            "RecoveryPointArn": point, "SourceBackupVaultName": "middle", "DestinationBackupVaultArn": FINAL,
            "IamRoleArn": DEFAULT_ROLE, "Lifecycle": {"DeleteAfterDays": 30}, **more})
        self.world.pass_time(hours=1)
        return self.second.backup.describe_copy_job(CopyJobId=job["CopyJobId"])["CopyJob"]


def next_eight_pm_in_india(now):
    at = now.replace(hour=14, minute=30, second=0, microsecond=0)
    return at if at > now else at + datetime.timedelta(days=1)


def first_hop(story):
    """The plan runs at 8 pm in India; its copy arrives in the second Region."""
    while (due := next_eight_pm_in_india(story.now())) - story.now() < datetime.timedelta(minutes=5):
        story.world.pass_time(minutes=10)  # this evening's is too near
    story.world.pass_time(seconds=int((due - story.now()).total_seconds()) - 60)
    check(not story.first.backup.list_backup_jobs()["BackupJobs"], "nothing before its time")
    story.world.pass_time(hours=1)
    job, = story.first.backup.list_backup_jobs()["BackupJobs"]
    check(abs((job["CreationDate"].astimezone(UTC) - due).total_seconds()) < 1, f"a job at {due}: {job}")
    check(job["State"] == "COMPLETED" and job["ResourceArn"] == DATABASE, f"it is done: {job}")
    check(job["CreatedBy"]["BackupPlanId"] == story.plan_id, "its plan")
    source, = story.points(story.first, "primary")
    check(source["CreatedBy"]["BackupPlanVersion"] == story.version, "the plan's version")
    tags = story.first.backup.list_tags(ResourceArn=source["RecoveryPointArn"])["Tags"]
    check(tags == {"FinalVault": FINAL, "team": "rule", "tier": "gold"}, f"the rule's tags win: {tags}")
    managed = story.first.kms.describe_key(KeyId=source["EncryptionKeyArn"])["KeyMetadata"]
    check(managed["KeyManager"] == "AWS", "the first point keeps the database's key")
    copy, = story.points(story.second, "middle")
    check(copy["EncryptionKeyArn"] == story.middle_key, "the copy lies under the vault's key")
    check(copy["CreationDate"] == source["CreationDate"], "it keeps the day of its source")
    check(copy["ResourceArn"] == DATABASE and copy["Lifecycle"] == {"DeleteAfterDays": 8}, "what it is of")
    check(copy["RecoveryPointArn"].startswith(f"arn:aws:rds:us-east-2:{WORKLOAD}:snapshot:awsbackup:copyjob-"),
          f"the name of a copy: {copy['RecoveryPointArn']}")
    check(story.second.backup.list_tags(ResourceArn=copy["RecoveryPointArn"])["Tags"] == tags, "all tags go along")
    return source["RecoveryPointArn"], copy["RecoveryPointArn"]


def iso(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def events_of_first_hop(story, source, copy):
    """The three events of a copy with the gaps that AWS's have, forwarded to the second Region."""
    job, = story.first.backup.list_copy_jobs()["CopyJobs"]
    got = story.received()
    check([e["detail"]["state"] for e in got] == ["CREATED", "RUNNING", "COMPLETED"], f"three events: {got}")
    for event in got:
        check(event["source"] == "aws.backup" and event["detail-type"] == "Copy Job State Change", "an event")
        check(event["account"] == WORKLOAD and event["region"] == "us-east-1", "a forwarded event keeps its origin")
        check(event["resources"] == [source], "resources hold the source")
        check(event["version"] == "0" and iso(event["time"]), "version and time")
        check("sourceRecoveryPointArn" not in event["detail"], "detail does not")
        check(iso(event["detail"]["creationDate"]) == job["CreationDate"], "the job's date, in ISO 8601")
        check("status" not in event["detail"], "the member is called state")
    check(len({e["id"] for e in got}) == 3, "each event has its id")
    created, running, completed = (e["detail"] for e in got)
    check(sorted(created) == ["creationDate", "destinationBackupVaultArn", "sourceBackupVaultArn", "state"],
          f"CREATED says next to nothing: {sorted(created)}")
    check(running["destinationRecoveryPointArn"] == {}, "an object where the ARN will be")
    check("completionDate" not in running, "a running job has not ended")
    check(completed["destinationRecoveryPointArn"] == copy, "the ARN of the copy")
    check(iso(completed["completionDate"]) == job["CompletionDate"], "when it ended")
    for detail in (running, completed):
        check(detail["copyJobId"] == job["CopyJobId"] and detail["iamRoleArn"] == DEFAULT_ROLE, "job and role")
        check((detail["resourceArn"], detail["resourceType"]) == (DATABASE, "RDS"), "the database")
        check((detail["sourceBackupVaultArn"], detail["destinationBackupVaultArn"]) == (PRIMARY, MIDDLE), "both vaults")
        check(isinstance(detail["backupSizeInBytes"], int), "the size is a number")
        by = detail["createdBy"]
        check(sorted(by) == ["backupPlanArn", "backupPlanId", "backupPlanRuleId", "backupPlanVersion"], f"{by}")
        check(by["backupPlanId"] == story.plan_id and by["backupPlanVersion"] == story.version, "the plan made it")


def second_hop(story, copy):
    """Into the other account; asking twice with one token is asking once."""
    job = story.copy_on(copy, IdempotencyToken="token")
    check(job["State"] == "COMPLETED", f"the copy arrives: {job}")
    again = story.copy_on(copy, IdempotencyToken="token")
    check(again["CopyJobId"] == job["CopyJobId"], "the same token is the same job")
    arrived, = story.points(story.last, "final")
    check(arrived["RecoveryPointArn"] == job["DestinationRecoveryPointArn"], "one point")
    check(arrived["RecoveryPointArn"].startswith(f"arn:aws:rds:us-east-2:{BACKUP}:snapshot:awsbackup:copyjob-"),
          "in the other account")
    check(arrived["EncryptionKeyArn"] == story.final_key, "under its key")
    origin, = story.points(story.first, "primary")
    check(arrived["CreationDate"] == origin["CreationDate"], "with the day of the first")
    check(arrived["SourceBackupVaultArn"] == MIDDLE and arrived["ResourceArn"] == DATABASE, "and its origin")
    check(arrived["CalculatedLifecycle"]["DeleteAt"] - arrived["CreationDate"] == datetime.timedelta(days=30),
          "its life counts from the backup, not from the copy")
    tags = story.last.backup.list_tags(ResourceArn=arrived["RecoveryPointArn"])["Tags"]
    check(tags["FinalVault"] == FINAL and tags["tier"] == "gold", "with the tags")
    details = [e["detail"] for e in story.received()]
    check([d["state"] for d in details] == ["CREATED", "RUNNING", "COMPLETED"], "its own three events")
    check(not any("createdBy" in d for d in details), "no plan made this job")
    check(details[2]["destinationRecoveryPointArn"] == arrived["RecoveryPointArn"], "and where it went")
    refused("InvalidRequestException", story.last.backup.delete_recovery_point, BackupVaultName="final",
            RecoveryPointArn=arrived["RecoveryPointArn"])


def stopped(story, copy, why, **more):
    """A second hop that AWS stops: the message of the job and its events."""
    before = len(story.points(story.last, "final"))
    job = story.copy_on(copy, **more)
    check(job["State"] == "FAILED" and why in job["StatusMessage"], f"stopped because {why!r}: {job}")
    check("DestinationRecoveryPointArn" not in job, "nothing was made")
    check(len(story.points(story.last, "final")) == before, "nothing arrived")
    failed = [e["detail"] for e in story.received() if e["detail"]["state"] == "FAILED"]
    check(len(failed) == 1 and failed[0]["destinationRecoveryPointArn"] == {}, f"its event: {failed}")
    check(failed[0]["statusMessage"] == job["StatusMessage"], "says why")


def what_stops_the_second_hop(story, source, copy):
    denied = "Access Denied trying to call AWS Backup service"
    retention = "The retention specified in the job is not within the range specified for the target Backup Vault"
    stopped(story, copy, retention, Lifecycle={"DeleteAfterDays": 6})
    stopped(story, copy, retention, Lifecycle={"DeleteAfterDays": 366})
    stopped(story, copy, denied, DestinationBackupVaultArn=FINAL + "-none")
    story.accept(MANAGEMENT)
    stopped(story, copy, denied)
    story.accept(WORKLOAD)
    management = story.world.place(MANAGEMENT).backup
    management.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "false"})
    stopped(story, copy, "Cross-account copy feature is not enabled for the current organization")
    management.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})
    story.last.kms.disable_key(KeyId=story.final_key)
    stopped(story, copy, "KMS key is either disabled or pending deletion")
    story.last.kms.enable_key(KeyId=story.final_key)
    open_policy = story.second.kms.get_key_policy(KeyId=story.middle_key)["Policy"]
    story.second.kms.put_key_policy(KeyId=story.middle_key, Policy=policy(
        {**allow("kms:*"), "Principal": root(WORKLOAD)}))
    stopped(story, copy, "The source snapshot KMS key")
    story.second.kms.put_key_policy(KeyId=story.middle_key, Policy=open_policy)
    job = story.copy_on(copy)
    check(job["State"] == "COMPLETED", f"when all is as before it arrives: {job}")
    story.received()
    from_first_region(story, source)


def from_first_region(story, source):
    """Straight from the first Region a point under AWS's own key cannot cross accounts."""
    for setting, why in (("0", "Feature is not supported for provided resource type"),
                         ("1", "Snapshots encrypted with the AWS managed key can't be shared")):
        story.world.private("settings", {"rds_single_hop": setting})
        job = story.first.backup.start_copy_job(RecoveryPointArn=source, SourceBackupVaultName="primary",
                                                DestinationBackupVaultArn=FINAL, IamRoleArn=DEFAULT_ROLE,
                                                Lifecycle={"DeleteAfterDays": 30})
        story.world.pass_time(hours=1)
        got = story.first.backup.describe_copy_job(CopyJobId=job["CopyJobId"])["CopyJob"]
        check(got["State"] == "FAILED" and why in got["StatusMessage"], f"single hop {setting}: {got}")
    story.world.private("settings", {"rds_single_hop": "0"})
    story.received()


def events_go_astray(story):
    """No role, no forwarding; no rights on the queue, no event; the next day has a backup all the same."""
    story.first.iam.delete_role_policy(RoleName="forward", PolicyName="p")
    story.world.pass_time(days=1)
    check(not story.received(), "without rights of its role the rule forwards nothing")
    story.first.iam.put_role_policy(RoleName="forward", PolicyName="p", PolicyDocument=policy(
        allow("events:PutEvents", f"arn:aws:events:us-east-2:{WORKLOAD}:event-bus/default")))
    story.second.sqs.set_queue_attributes(QueueUrl=story.url, Attributes={"Policy": policy(
        {**allow("sqs:SendMessage", QUEUE), "Principal": {"Service": "events.amazonaws.com"},
         "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:us-east-2:{WORKLOAD}:rule/other"}}})})
    story.world.pass_time(days=1)
    check(not story.received(), "a queue that names another rule takes nothing")
    check(len(story.points(story.second, "middle")) == 3, "the copies themselves do not need events")


def one_job_at_a_time(story):
    """A resource has one running job; the others wait."""
    start = {"BackupVaultName": "primary", "ResourceArn": DATABASE, "IamRoleArn": DEFAULT_ROLE,
             "Lifecycle": {"DeleteAfterDays": 7}}
    jobs = [story.first.backup.start_backup_job(**start)["BackupJobId"] for _ in range(3)]

    def states():
        return sorted(story.first.backup.describe_backup_job(BackupJobId=j)["State"] for j in jobs)
    story.world.pass_time(minutes=5)
    check(states() == ["CREATED", "CREATED", "RUNNING"], f"one runs: {states()}")
    story.world.advance(hours=2)  # by the program's own command
    check(states() == ["COMPLETED"] * 3, f"all come to their end: {states()}")


def a_harder_world(story, copy):
    """Tags that are not copied, events that come twice or not at all."""
    story.received()
    story.world.private("settings", {"copy_tags_fail": 1, "event_copies": 2})
    job = story.copy_on(copy)
    check(job["State"] == "COMPLETED" and "unable to copy resource tags" in job["StatusMessage"], f"{job}")
    tags = story.last.backup.list_tags(ResourceArn=job["DestinationRecoveryPointArn"])["Tags"]
    check(tags == {}, f"a copy without tags: {tags}")
    got = story.received()
    check(len(got) == 6 and len({e["id"] for e in got}) == 3, "each event twice, with one id")
    story.world.private("settings", {"copy_tags_fail": 0, "event_copies": 1, "event_drop_every": 1})
    story.copy_on(copy)
    check(not story.received(), "no event at all")
    story.world.private("settings", {"event_drop_every": 0})


def end_of_life(story):
    """Seven and eight days, and up to eight hours more: then the points go."""
    story.first.backup.delete_backup_selection(BackupPlanId=story.plan_id, SelectionId=story.first.backup
                                               .list_backup_selections(BackupPlanId=story.plan_id)
                                               ["BackupSelectionsList"][0]["SelectionId"])
    story.world.pass_time(days=9)
    check(not story.points(story.first, "primary") and not story.points(story.second, "middle"), "both have gone")
    check(len(story.points(story.last, "final")) == 4, "the last vault keeps its own")
    story.world.pass_time(days=30)
    check(not story.points(story.last, "final"), "until their day comes too, lock or not")
    check(not story.first.backup.list_backup_jobs()["BackupJobs"], "jobs are listed for 30 days")


with served() as world:
    story = Story(world)
    story.vaults()
    story.plan()
    story.events()
    source, copy = first_hop(story)
    events_of_first_hop(story, source, copy)
    second_hop(story, copy)
    what_stops_the_second_hop(story, source, copy)
    one_job_at_a_time(story)
    a_harder_world(story, copy)
    events_go_astray(story)
    end_of_life(story)
done()
