from clients import BACKUP, DATABASE, MANAGEMENT, WORKLOAD, allow, check, policy, refused, trust
from calls.backup import plan_document
from refusals import backup_more
from refusals.backup_places import NO_POINT, ROLE, backed_up, vault_arn


def refuse_all(world):
    place = world.place()
    vaults(place)
    plans(place)
    selections(place)
    jobs(place)
    settings(world)
    locks(world, place)
    point_without_rights(world, place)
    backup_more.refuse_all(world)


def vaults(place):
    backup = place.backup
    denied, missing = "AccessDeniedException", "ResourceNotFoundException"
    refused(denied, backup.describe_backup_vault, status=403, BackupVaultName="none")
    refused(denied, backup.get_backup_vault_access_policy, status=403, BackupVaultName="none")
    refused(denied, backup.list_recovery_points_by_backup_vault, status=403, BackupVaultName="none")
    refused(missing, backup.delete_backup_vault, status=400, BackupVaultName="none")
    refused(missing, backup.put_backup_vault_lock_configuration, BackupVaultName="none", MinRetentionDays=1)
    made = backup.create_backup_vault(BackupVaultName="vv", CreatorRequestId="one")
    error = refused("AlreadyExistsException", backup.create_backup_vault, status=400, BackupVaultName="vv",
                    CreatorRequestId="two")
    check(error.response.get("Arn") == made["BackupVaultArn"], "it names the vault that is there")
    check(error.response.get("CreatorRequestId") == "one", "and the token that made it")
    bad = "InvalidParameterValueException"
    refused(bad, backup.create_backup_vault, BackupVaultName="x")
    refused(bad, backup.create_backup_vault, BackupVaultName="w", EncryptionKeyArn=
            f"arn:aws:kms:us-east-1:{WORKLOAD}:key/none")
    elsewhere = place.world.place(region="us-east-2").kms.create_key()["KeyMetadata"]["Arn"]
    refused(bad, backup.create_backup_vault, BackupVaultName="w", EncryptionKeyArn=elsewhere)
    refused(missing, backup.get_backup_vault_access_policy, BackupVaultName="vv")
    refused(missing, backup.get_backup_vault_notifications, BackupVaultName="vv")
    refused(bad, backup.put_backup_vault_access_policy, BackupVaultName="vv", Policy="{")
    nobody = {**allow("backup:CopyIntoBackupVault"), "Principal": {"AWS": f"arn:aws:iam::{WORKLOAD}:role/nobody"}}
    refused(bad, backup.put_backup_vault_access_policy, BackupVaultName="vv", Policy=policy(nobody),
            message="Provided principal is not valid")
    refused(missing, backup.list_tags, ResourceArn=vault_arn("none"))
    refused(missing, backup.tag_resource, ResourceArn=vault_arn("vv", BACKUP), Tags={"a": "b"})
    refused(bad, backup.tag_resource, ResourceArn=vault_arn("vv"), Tags={"aws:a": "b"})


def plans(place):
    backup = place.backup
    refused("ResourceNotFoundException", backup.get_backup_plan, status=400, BackupPlanId="none")
    refused("ResourceNotFoundException", backup.delete_backup_plan, BackupPlanId="none")
    refused("ResourceNotFoundException", backup.list_backup_plan_versions, BackupPlanId="none")
    backup.create_backup_plan(BackupPlan=plan_document(place))
    refused("AlreadyExistsException", backup.create_backup_plan, BackupPlan=plan_document(place))
    rule = plan_document(place)["Rules"][0]

    def refuse(code="InvalidParameterValueException", **change):
        refused(code, backup.create_backup_plan, BackupPlan={
            "BackupPlanName": "p", "Rules": [{**rule, **change}]})
    refuse(ScheduleExpression="every day")
    refuse(ScheduleExpressionTimezone="Mars/Olympus")
    refuse(RuleName="a b")
    refuse(TargetBackupVaultName="")
    refuse(StartWindowMinutes=59)
    refuse(Lifecycle={"DeleteAfterDays": 0})
    refuse(Lifecycle={"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 100})
    refuse(CopyActions=[{"DestinationBackupVaultArn": "v"}])
    refuse("LimitExceededException", CopyActions=[{"DestinationBackupVaultArn": vault_arn(f"v{i}")} for i in range(6)])
    refused("LimitExceededException", backup.create_backup_plan, BackupPlan={
        "BackupPlanName": "p", "Rules": [{**rule, "RuleName": str(i)} for i in range(11)]})


def selections(place):
    backup = place.backup
    plan = backup.create_backup_plan(BackupPlan=plan_document(place, "s"))["BackupPlanId"]
    good = {"SelectionName": "s", "IamRoleArn": ROLE, "Resources": ["arn:aws:rds:*:*:db:*"]}

    def refuse(message, plan_id=plan, **change):
        refused("InvalidParameterValueException", backup.create_backup_selection, status=400, message=message,
                BackupPlanId=plan_id, BackupSelection={k: v for k, v in {**good, **change}.items() if v})
    refuse("Cannot find Backup plan", plan_id="none")
    place.iam.create_role(RoleName="AWSBackup-wrong", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    refuse("cannot be assumed by AWS Backup", IamRoleArn=f"arn:aws:iam::{WORKLOAD}:role/AWSBackup-wrong")
    refuse("cannot be assumed by AWS Backup", IamRoleArn=f"arn:aws:iam::{WORKLOAD}:role/none")
    refuse("section must be non-empty", Resources=[], Conditions={
        "StringEquals": [{"ConditionKey": "aws:ResourceTag/a", "ConditionValue": "b"}]})
    refuse("", Resources=["arn:aws:rds:*:*:d*b:x"])
    made = backup.create_backup_selection(BackupPlanId=plan, BackupSelection=good)
    refused("AlreadyExistsException", backup.create_backup_selection, BackupPlanId=plan, BackupSelection=good)
    refused("ResourceNotFoundException", backup.get_backup_selection, BackupPlanId=plan, SelectionId="none")
    refused("InvalidParameterValueException", backup.delete_backup_selection, BackupPlanId=plan, SelectionId="none")
    refused("InvalidRequestException", backup.delete_backup_plan, BackupPlanId=plan,
            message="Related backup plan selections must be deleted prior to backup plan deletion")
    backup.delete_backup_selection(BackupPlanId=plan, SelectionId=made["SelectionId"])
    backup.delete_backup_plan(BackupPlanId=plan)
    refused("InvalidParameterValueException", backup.get_backup_selection, BackupPlanId=plan, SelectionId="none")


def jobs(place):
    backup, missing = place.backup, "ResourceNotFoundException"
    refused(missing, backup.describe_backup_job, BackupJobId="none")
    refused(missing, backup.describe_copy_job, CopyJobId="none")
    job = {"BackupVaultName": "vv", "ResourceArn": DATABASE, "IamRoleArn": ROLE}
    refused(missing, backup.start_backup_job, **{**job, "BackupVaultName": "none"})
    refused(missing, backup.start_backup_job, **{**job, "ResourceArn": DATABASE + "-none"})
    refused("InvalidParameterValueException", backup.start_backup_job, StartWindowMinutes=59, **job)
    refused("AccessDeniedException", backup.start_backup_job, status=403, **{
        **job, "IamRoleArn": ROLE.replace(WORKLOAD, BACKUP)}, message="Cross-account pass role is not allowed")
    copy = {"RecoveryPointArn": NO_POINT, "SourceBackupVaultName": "vv", "IamRoleArn": ROLE,
            "DestinationBackupVaultArn": vault_arn("vv", region="us-east-2")}
    refused(missing, backup.start_copy_job, **copy)
    refused(missing, backup.start_copy_job, **{**copy, "SourceBackupVaultName": "none"})
    refused("InvalidParameterValueException", backup.start_copy_job, **{**copy, "DestinationBackupVaultArn": "v"})
    refused(missing, backup.describe_restore_job, RestoreJobId="none")
    refused(missing, backup.start_restore_job, RecoveryPointArn=NO_POINT, IamRoleArn=ROLE, Metadata={})
    refused(missing, backup.get_recovery_point_restore_metadata, BackupVaultName="vv", RecoveryPointArn=NO_POINT)
    refused(missing, backup.describe_recovery_point, BackupVaultName="vv", RecoveryPointArn=NO_POINT)
    refused(missing, backup.delete_recovery_point, BackupVaultName="vv", RecoveryPointArn=NO_POINT)
    refused("AccessDeniedException", backup.list_recovery_points_by_backup_vault, BackupVaultName="vv",
            BackupVaultAccountId=BACKUP)
    refused("InvalidParameterValueException", backup.list_backup_vaults, NextToken="?")
    topic = f"arn:aws:sns:us-east-1:{WORKLOAD}:t"
    for arn, events in ((topic, ["TEA_IS_READY"]), (f"arn:aws:sqs:us-east-1:{WORKLOAD}:t", ["COPY_JOB_FAILED"])):
        refused("InvalidParameterValueException", backup.put_backup_vault_notifications, BackupVaultName="vv",
                SNSTopicArn=arn, BackupVaultEvents=events)


def settings(world):
    member, management = world.place().backup, world.place(MANAGEMENT).backup
    refused("InvalidRequestException", member.update_global_settings, status=400,
            GlobalSettings={"isCrossAccountBackupEnabled": "true"})
    refused("InvalidRequestException", member.describe_global_settings)
    refused("InvalidParameterValueException", management.update_global_settings,
            GlobalSettings={"isCrossAccountBackupEnabled": "yes"})
    refused("InvalidParameterValueException", management.update_global_settings, GlobalSettings={"isTeapot": "true"})
    refused("InvalidParameterValueException", member.update_region_settings,
            ResourceTypeOptInPreference={"Typewriter": True})


def locks(world, place):
    backup, refusal = place.backup, "InvalidRequestException"
    backup.create_backup_vault(BackupVaultName="locked")

    def put(**days):
        return backup.put_backup_vault_lock_configuration(BackupVaultName="locked", **days)
    for days in ({"MinRetentionDays": 8, "MaxRetentionDays": 7}, {"MinRetentionDays": 0},
                 {"MaxRetentionDays": 36501}, {"MinRetentionDays": 1, "ChangeableForDays": 2}):
        refused("InvalidParameterValueException", put, status=400, **days)
    point = backed_up(place, "locked", Lifecycle={"DeleteAfterDays": 90})["RecoveryPointArn"]
    refused(refusal, backup.delete_backup_vault, BackupVaultName="locked", message="contains recovery points")
    put(MinRetentionDays=7, MaxRetentionDays=30)  # governance
    keep = {"BackupVaultName": "locked", "RecoveryPointArn": point}
    for attempt in ("governance", "compliance, in its days of grace", "compliance, final"):
        refused(refusal, backup.delete_recovery_point, status=400, **keep)
        refused(refusal, backup.update_recovery_point_lifecycle, Lifecycle={"DeleteAfterDays": 8}, **keep)
        for days in ({"DeleteAfterDays": 6}, {"DeleteAfterDays": 31}, None):
            job = backed_up(place, "locked", **({"Lifecycle": days} if days else {}))
            check(job["State"] == "FAILED" and "retention" in job["StatusMessage"], f"{attempt} {days}: {job}")
            check("RecoveryPointArn" not in job, "a failed job made nothing")
        check(backed_up(place, "locked", Lifecycle={"DeleteAfterDays": 30})["State"] == "COMPLETED", attempt)
        if attempt == "governance":
            backup.delete_backup_vault_lock_configuration(BackupVaultName="locked")
            put(MinRetentionDays=7, MaxRetentionDays=30, ChangeableForDays=3)
        elif attempt.endswith("grace"):
            put(MinRetentionDays=7, MaxRetentionDays=30, ChangeableForDays=4)  # arms the clock anew
            world.pass_time(days=3, hours=12)
            put(MinRetentionDays=7, MaxRetentionDays=30, ChangeableForDays=3)
            world.pass_time(days=3, minutes=1)
    refused(refusal, put, status=400, MinRetentionDays=7, MaxRetentionDays=30, ChangeableForDays=3)
    refused(refusal, backup.delete_backup_vault_lock_configuration, status=400, BackupVaultName="locked")
    refused(refusal, backup.delete_backup_vault, BackupVaultName="locked")
    got = backup.describe_backup_vault(BackupVaultName="locked")
    check(got["Locked"] and (got["MinRetentionDays"], got["MaxRetentionDays"]) == (7, 30), "the lock is as it was")
    world.pass_time(days=100)
    check(backup.describe_backup_vault(BackupVaultName="locked")["NumberOfRecoveryPoints"] == 0, "all have expired")
    backup.delete_backup_vault(BackupVaultName="locked")


def point_without_rights(world, place):
    """Without enough rights the deletion of a point is answered as if it were done."""
    backup, iam = place.backup, place.iam
    iam.create_role(RoleName="AWSBackup-gone", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    iam.attach_role_policy(RoleName="AWSBackup-gone", PolicyArn=
                           "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup")
    job = backup.start_backup_job(BackupVaultName="vv", ResourceArn=DATABASE,
                                  IamRoleArn=f"arn:aws:iam::{WORKLOAD}:role/AWSBackup-gone")
    world.pass_time(hours=1)
    point = backup.describe_backup_job(BackupJobId=job["BackupJobId"])["RecoveryPointArn"]
    iam.detach_role_policy(RoleName="AWSBackup-gone", PolicyArn=
                           "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup")
    iam.delete_role(RoleName="AWSBackup-gone")
    backup.delete_recovery_point(BackupVaultName="vv", RecoveryPointArn=point)
    got = backup.describe_recovery_point(BackupVaultName="vv", RecoveryPointArn=point)
    check(got["Status"] == "EXPIRED", f"the point is still there: {got['Status']}")
