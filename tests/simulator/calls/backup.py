import json

from calls import backup_more
from clients import MANAGEMENT, allow, check, pages, policy, trust


def call_all(place):
    """Everything but what needs points; gives the ARNs of the points that it made."""
    vaults(place)
    vault_documents(place)
    plan = plans(place)
    selections(place, plan)
    settings(place)
    points = jobs(place)
    backup_more.call_all(place)
    backup_more.legal_holds(place, ("copies", points[-1]))
    return points


def vaults(place):
    backup = place.backup
    key = place.kms.create_key()["KeyMetadata"]["Arn"]
    made = backup.create_backup_vault(BackupVaultName="all", EncryptionKeyArn=key, BackupVaultTags={"team": "a"},
                                      CreatorRequestId="token-1")
    arn = f"arn:aws:backup:{place.region}:{place.account}:backup-vault:all"
    check(made["BackupVaultArn"] == arn and made["BackupVaultName"] == "all", "a new vault")
    again = backup.create_backup_vault(BackupVaultName="all", CreatorRequestId="token-1")
    check(again["CreationDate"] == made["CreationDate"], "the same token is the same vault")
    backup.create_backup_vault(BackupVaultName="second")
    got = backup.describe_backup_vault(BackupVaultName="all")
    check(got["EncryptionKeyArn"] == key and got["NumberOfRecoveryPoints"] == 0 and not got["Locked"], "it is empty")
    managed = backup.describe_backup_vault(BackupVaultName="second")["EncryptionKeyArn"]
    check(place.kms.describe_key(KeyId=managed)["KeyMetadata"]["KeyManager"] == "AWS", "AWS's key when none is named")
    found, count = pages(backup, "list_backup_vaults", "BackupVaultList", 1)
    check([v["BackupVaultName"] for v in found] == ["all", "second"] and count == 2, "vaults are listed")

    backup.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    backup.untag_resource(ResourceArn=arn, TagKeyList=["team"])
    first = backup.list_tags(ResourceArn=arn, MaxResults=1)
    rest = backup.list_tags(ResourceArn=arn, MaxResults=1, NextToken=first["NextToken"])
    check({**first["Tags"], **rest["Tags"]} == {"a": "1", "b": "2"}, "tags of a vault, page by page")
    check(len(first["Tags"]) == 1 and "NextToken" not in rest, "one tag a page")
    backup.delete_backup_vault(BackupVaultName="second")
    check([v["BackupVaultName"] for v in backup.list_backup_vaults()["BackupVaultList"]] == ["all"], "one is left")


def vault_documents(place):
    backup = place.backup
    document = policy({"Sid": "s", **allow("backup:CopyIntoBackupVault"), "Principal": {"AWS": "*"}})
    backup.put_backup_vault_access_policy(BackupVaultName="all", Policy=document)
    got = backup.get_backup_vault_access_policy(BackupVaultName="all")
    check(json.loads(got["Policy"])["Statement"][0]["Sid"] == "s", "the policy of a vault")
    backup.delete_backup_vault_access_policy(BackupVaultName="all")
    topic = f"arn:aws:sns:{place.region}:{place.account}:topic"
    backup.put_backup_vault_notifications(BackupVaultName="all", SNSTopicArn=topic,
                                          BackupVaultEvents=["COPY_JOB_FAILED", "BACKUP_JOB_COMPLETED"])
    got = backup.get_backup_vault_notifications(BackupVaultName="all")
    check(got["SNSTopicArn"] == topic and len(got["BackupVaultEvents"]) == 2, "notifications of a vault")
    backup.delete_backup_vault_notifications(BackupVaultName="all")
    backup.put_backup_vault_lock_configuration(BackupVaultName="all", MinRetentionDays=7, MaxRetentionDays=30,
                                               ChangeableForDays=3)
    got = backup.describe_backup_vault(BackupVaultName="all")
    check((got["Locked"], got["MinRetentionDays"], got["MaxRetentionDays"]) == (True, 7, 30), "a locked vault")
    days = (got["LockDate"] - got["CreationDate"]).total_seconds() / 86400
    check(2.9 < days < 3.1, f"the lock is final three days later, not {days}")
    backup.delete_backup_vault_lock_configuration(BackupVaultName="all")
    check(not backup.describe_backup_vault(BackupVaultName="all")["Locked"], "an unlocked vault")


def plan_document(place, name="daily"):
    return {"BackupPlanName": name, "Rules": [{
        "RuleName": "r", "TargetBackupVaultName": "all", "ScheduleExpression": "cron(0 5 ? * * *)",
        "Lifecycle": {"DeleteAfterDays": 7}, "RecoveryPointTags": {"from": "plan"},
        "CopyActions": [{"DestinationBackupVaultArn":
                         f"arn:aws:backup:{place.region}:{place.account}:backup-vault:copies"}]}]}


def plans(place):
    backup = place.backup
    made = backup.create_backup_plan(BackupPlan=plan_document(place), BackupPlanTags={"team": "a"})
    plan = made["BackupPlanId"]
    check(made["BackupPlanArn"].endswith(f":backup-plan:{plan}"), "the ARN of a plan")
    other = backup.create_backup_plan(BackupPlan=plan_document(place, "other"))["BackupPlanId"]
    found, count = pages(backup, "list_backup_plans", "BackupPlansList", 1)
    check({p["BackupPlanId"] for p in found} == {plan, other} and count == 2, "plans are listed")
    changed = plan_document(place)
    changed["Rules"][0]["StartWindowMinutes"] = 60
    updated = backup.update_backup_plan(BackupPlanId=plan, BackupPlan=changed)
    check(updated["VersionId"] != made["VersionId"] and updated["BackupPlanId"] == plan, "a new version")
    rule = backup.get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"][0]
    check(rule["StartWindowMinutes"] == 60 and rule["CompletionWindowMinutes"] == 10080, "given and default")
    old = backup.get_backup_plan(BackupPlanId=plan, VersionId=made["VersionId"])["BackupPlan"]["Rules"][0]
    check(old["StartWindowMinutes"] == 480 and old["RuleId"] == rule["RuleId"], "the version before")
    found, count = pages(backup, "list_backup_plan_versions", "BackupPlanVersionsList", 1, BackupPlanId=plan)
    check({v["VersionId"] for v in found} == {made["VersionId"], updated["VersionId"]} and count == 2, "versions")
    gone = backup.delete_backup_plan(BackupPlanId=other)
    check("DeletionDate" in gone, "a plan is deleted softly")
    check(len(backup.list_backup_plans()["BackupPlansList"]) == 1, "it is not listed")
    check(len(backup.list_backup_plans(IncludeDeleted=True)["BackupPlansList"]) == 2, "unless one asks")
    return plan


def selections(place, plan):
    backup = place.backup
    role = f"arn:aws:iam::{place.account}:role/service-role/AWSBackupDefaultServiceRole"
    for name in ("one", "two"):
        made = backup.create_backup_selection(BackupPlanId=plan, BackupSelection={
            "SelectionName": name, "IamRoleArn": role, "Resources": [f"arn:aws:rds:*:*:db:{name}"],
            "Conditions": {"StringEquals": [{"ConditionKey": "aws:ResourceTag/x", "ConditionValue": "y"}]}})
    found, count = pages(backup, "list_backup_selections", "BackupSelectionsList", 1, BackupPlanId=plan)
    check({s["SelectionName"] for s in found} == {"one", "two"} and count == 2, "selections are listed")
    got = backup.get_backup_selection(BackupPlanId=plan, SelectionId=made["SelectionId"])["BackupSelection"]
    check(got["SelectionName"] == "two" and got["IamRoleArn"] == role, "a selection comes back")
    check(got["Conditions"]["StringEquals"][0]["ConditionValue"] == "y" and got["NotResources"] == [], "with all parts")
    for selection in found:
        backup.delete_backup_selection(BackupPlanId=plan, SelectionId=selection["SelectionId"])
    check(not backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"], "none is left")


def settings(place):
    backup = place.backup
    backup.update_region_settings(ResourceTypeOptInPreference={"DynamoDB": False},
                                  ResourceTypeManagementPreference={"DynamoDB": True})
    got = backup.describe_region_settings()
    check(got["ResourceTypeOptInPreference"]["DynamoDB"] is False, "a type is opted out")
    check(got["ResourceTypeOptInPreference"]["RDS"] is True, "the others stay")
    check(got["ResourceTypeManagementPreference"]["DynamoDB"] is True, "its management")
    if place.account != MANAGEMENT:
        return
    backup.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "false"})
    got = backup.describe_global_settings()
    check(got["GlobalSettings"] == {"isCrossAccountBackupEnabled": "false", "isMpaEnabled": "false",
                                    "isDelegatedAdministratorEnabled": "false"}, "the organization's switches")
    backup.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})


def jobs(place):
    """A backup on demand and two copies of it."""
    backup, database = place.backup, f"arn:aws:rds:{place.region}:{place.account}:db:orders"
    role = f"arn:aws:iam::{place.account}:role/service-role/AWSBackupDefaultServiceRole"
    started = backup.start_backup_job(BackupVaultName="all", ResourceArn=database, IamRoleArn=role,
                                      IdempotencyToken="t", Lifecycle={"DeleteAfterDays": 9},
                                      RecoveryPointTags={"from": "job"})
    again = backup.start_backup_job(BackupVaultName="all", ResourceArn=database, IamRoleArn=role, IdempotencyToken="t")
    check(again["BackupJobId"] == started["BackupJobId"], "the same token is the same job")
    check(backup.describe_backup_job(BackupJobId=started["BackupJobId"])["State"] == "CREATED", "a job begins")
    place.world.pass_time(hours=1)
    job = backup.describe_backup_job(BackupJobId=started["BackupJobId"])
    check(job["State"] == "COMPLETED" and job["PercentDone"] == "100.0", f"a job ends: {job}")
    point = job["RecoveryPointArn"]
    check(point.startswith(f"arn:aws:rds:{place.region}:{place.account}:snapshot:awsbackup:job-"), "its point")
    key = place.kms.create_key()["KeyMetadata"]["Arn"]
    backup.create_backup_vault(BackupVaultName="copies", EncryptionKeyArn=key)
    copies = [backup.start_copy_job(
        RecoveryPointArn=point, SourceBackupVaultName="all", IamRoleArn=role, IdempotencyToken=str(n),
        DestinationBackupVaultArn=f"arn:aws:backup:{place.region}:{place.account}:backup-vault:copies")["CopyJobId"]
        for n in range(2)]
    place.world.pass_time(hours=2)
    found, count = pages(backup, "list_backup_jobs", "BackupJobs", 1, ByState="COMPLETED")
    check([j["BackupJobId"] for j in found] == [started["BackupJobId"]] and count == 1, "backup jobs are listed")
    found, count = pages(backup, "list_copy_jobs", "CopyJobs", 1, BySourceRecoveryPointArn=point)
    check({j["CopyJobId"] for j in found} == set(copies) and count == 2, "copy jobs are listed")
    described = backup.describe_copy_job(CopyJobId=copies[0])["CopyJob"]
    check(described["State"] == "COMPLETED", f"a copy ends: {described}")
    restores(place, described["DestinationRecoveryPointArn"], role, key)
    return points(place, point, described["DestinationRecoveryPointArn"], key)


def restores(place, point, role, key):
    """A database made anew of a copy, beside the one that it is of; a second one under that name is refused."""
    backup = place.backup
    told = backup.get_recovery_point_restore_metadata(BackupVaultName="copies", RecoveryPointArn=point)
    check(told["ResourceType"] == "RDS" and told["RestoreMetadata"]["DBInstanceIdentifier"] == "orders", f"it says: {told}")
    order = {"RecoveryPointArn": point, "IamRoleArn": role, "ResourceType": "RDS", "IdempotencyToken": "r",
             "Metadata": {**told["RestoreMetadata"], "DBInstanceIdentifier": "orders-again"}}
    started = backup.start_restore_job(**order)["RestoreJobId"]
    check(backup.start_restore_job(**order)["RestoreJobId"] == started, "the same token is the same job")
    check(backup.describe_restore_job(RestoreJobId=started)["Status"] == "PENDING", "a restore begins")
    place.world.pass_time(hours=1)
    job = backup.describe_restore_job(RestoreJobId=started)
    check(job["Status"] == "COMPLETED" and job["CreatedResourceArn"].endswith(":db:orders-again"), f"and ends: {job}")
    made = place.rds.describe_db_instances(DBInstanceIdentifier="orders-again")["DBInstances"][0]
    check(made["KmsKeyId"] == key, "what it made lies under the key of the point")
    again = backup.start_restore_job(**{**order, "IdempotencyToken": "s"})["RestoreJobId"]
    place.world.pass_time(hours=1)
    job = backup.describe_restore_job(RestoreJobId=again)
    check(job["Status"] == "FAILED" and "already exists" in job["StatusMessage"] and "CreatedResourceArn" not in job,
          f"a name is given once: {job}")
    found, count = pages(backup, "list_restore_jobs", "RestoreJobs", 1, ByResourceType="RDS")
    check({j["RestoreJobId"] for j in found} == {started, again} and count == 2, "restore jobs are listed")
    what_stops_a_restore(place, order, key)


def what_stops_a_restore(place, order, key):
    """Found out while the job runs, and said in its status."""
    def fails(why, **more):
        job = place.backup.start_restore_job(**{**order, "IdempotencyToken": why[:20], **more,
                                                "Metadata": {"DBInstanceIdentifier": "never"}})["RestoreJobId"]
        place.world.pass_time(hours=1)
        job = place.backup.describe_restore_job(RestoreJobId=job)
        check(job["Status"] == "FAILED" and why in job["StatusMessage"], f"{why}: {job}")

    place.kms.disable_key(KeyId=key)
    fails("access to the KMS key is denied")
    place.kms.enable_key(KeyId=key)
    place.iam.create_role(RoleName="no-rights", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    place.world.pass_time(minutes=1)
    fails("is not authorized to perform: rds:RestoreDBInstanceFromDBSnapshot",
          IamRoleArn=f"arn:aws:iam::{place.account}:role/no-rights")


def points(place, point, copy, key):
    backup = place.backup
    got = backup.describe_recovery_point(BackupVaultName="all", RecoveryPointArn=point)
    check(got["Status"] == "COMPLETED" and got["Lifecycle"] == {"DeleteAfterDays": 9}, "a point")
    days = (got["CalculatedLifecycle"]["DeleteAt"] - got["CreationDate"]).days
    check(days == 9, "the day it goes")
    tags = backup.list_tags(ResourceArn=point)["Tags"]
    check(tags == {"b": "<&>", "from": "job"}, f"tags of the resource and of the job: {tags}")
    copied = backup.describe_recovery_point(BackupVaultName="copies", RecoveryPointArn=copy)
    check(copied["EncryptionKeyArn"] == key and got["EncryptionKeyArn"] != key, "a copy lies under the vault's key")
    check(copied["CreationDate"] == got["CreationDate"], "a copy keeps the day of its source")
    check(backup.list_tags(ResourceArn=copy)["Tags"] == tags, "and its tags")
    found, count = pages(backup, "list_recovery_points_by_backup_vault", "RecoveryPoints", 1, BackupVaultName="copies")
    check(len(found) == count == 2, "points come page by page")
    listed, count = pages(backup, "list_protected_resources", "Results", 1)
    mine = [r for r in listed if r["ResourceArn"] == got["ResourceArn"]]
    check(count == len(listed) and len(mine) == 1, f"a resource is listed once, however many points it has: {listed}")
    check(mine[0]["ResourceType"] == got["ResourceType"] and mine[0]["LastBackupTime"] >= got["CreationDate"]
          and ":backup-vault:" in mine[0]["LastBackupVaultArn"] and mine[0]["LastRecoveryPointArn"], f"a row: {mine}")
    updated = backup.update_recovery_point_lifecycle(BackupVaultName="copies", RecoveryPointArn=copy,
                                                     Lifecycle={"DeleteAfterDays": 20})
    check(updated["Lifecycle"]["DeleteAfterDays"] == 20, "a point's life is changed")
    other = next(p["RecoveryPointArn"] for p in found if p["RecoveryPointArn"] != copy)
    backup.delete_recovery_point(BackupVaultName="copies", RecoveryPointArn=other)
    left = backup.list_recovery_points_by_backup_vault(BackupVaultName="copies")["RecoveryPoints"]
    check([p["RecoveryPointArn"] for p in left] == [copy], "a deleted point is gone")
    return [point, copy]
