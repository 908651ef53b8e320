"""What AWS Backup refuses about air-gapped vaults, frameworks, reports, tests and holds."""

from clients import DATABASE, WORKLOAD, check, refused, trust
from calls.backup_more import restore_plan
from refusals.backup_places import ROLE, backed_up, vault_arn

BAD, EXISTS, MISSING = "InvalidParameterValueException", "AlreadyExistsException", "ResourceNotFoundException"


def refuse_all(world):
    place = world.place()
    air_gapped(world, place)
    audit(world, place)
    restore_testing(place)
    legal_holds(world, place)


def air_gapped(world, place):
    backup = place.backup
    create = backup.create_logically_air_gapped_backup_vault
    good = {"BackupVaultName": "gap", "MinRetentionDays": 7, "MaxRetentionDays": 30}
    refused(BAD, create, status=400, **{**good, "MinRetentionDays": 6})
    refused(BAD, create, **{**good, "MaxRetentionDays": 36501})
    refused(BAD, create, **{**good, "MinRetentionDays": 31})
    refused(BAD, create, **{**good, "BackupVaultName": "x"})
    refused(BAD, create, EncryptionKeyArn=f"arn:aws:kms:us-east-1:{WORKLOAD}:key/none", **good)
    refused("MissingParameterValueException", create, BackupVaultName="gap", MinRetentionDays=7)
    create(CreatorRequestId="one", **good)
    error = refused(EXISTS, create, CreatorRequestId="two", **good)
    check(error.response.get("CreatorRequestId") == "one", "it names the token that made it")
    refused(EXISTS, backup.create_backup_vault, BackupVaultName="gap")
    lock = {"BackupVaultName": "gap"}
    refused("InvalidRequestException", backup.put_backup_vault_lock_configuration, MinRetentionDays=1, **lock)
    refused("InvalidRequestException", backup.delete_backup_vault_lock_configuration, status=400, **lock)
    world.pass_time(minutes=1)
    point = backed_up(place, "vv", Lifecycle={"DeleteAfterDays": 9})["RecoveryPointArn"]
    copy_in(world, place, point, 9, "FAILED", "AWS managed key cannot be copied into a logically air-gapped vault")
    key = place.kms.create_key()["KeyMetadata"]["Arn"]
    backup.create_backup_vault(BackupVaultName="own-key", EncryptionKeyArn=key)
    under_own_key = copy_in(world, place, point, 9, "COMPLETED", "", to="own-key")
    copy_in(world, place, under_own_key, 6, "FAILED", "not within the range", source="own-key")
    inside = copy_in(world, place, under_own_key, 9, "COMPLETED", "", source="own-key")
    got = backup.describe_recovery_point(BackupVaultName="gap", RecoveryPointArn=inside)
    check(got["VaultType"] == "LOGICALLY_AIR_GAPPED_BACKUP_VAULT", "a point says where it lies")
    refused("InvalidRequestException", backup.delete_recovery_point, status=400, BackupVaultName="gap",
            RecoveryPointArn=inside)
    refused("InvalidRequestException", backup.delete_backup_vault, BackupVaultName="gap")


def copy_in(world, place, point, days, state, words, to="gap", source="vv"):
    job = place.backup.start_copy_job(RecoveryPointArn=point, SourceBackupVaultName=source, IamRoleArn=ROLE,
                                      DestinationBackupVaultArn=vault_arn(to), Lifecycle={"DeleteAfterDays": days})
    world.pass_time(hours=2)
    got = place.backup.describe_copy_job(CopyJobId=job["CopyJobId"])["CopyJob"]
    check(got["State"] == state and words in got.get("StatusMessage", ""), f"a copy into {to}: {got}")
    kind = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT" if to == "gap" else "BACKUP_VAULT"
    check(got["DestinationVaultType"] == kind, f"the kind of {to}")
    return got.get("DestinationRecoveryPointArn")


def audit(world, place):
    backup = place.backup
    controls = [{"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"}]
    framework = {"FrameworkName": "audit", "FrameworkControls": controls}
    refused(BAD, backup.create_framework, status=400, **{**framework, "FrameworkName": "1st"})
    refused(BAD, backup.create_framework, **{**framework, "FrameworkName": "a-b"})
    refused(BAD, backup.create_framework, **{**framework, "FrameworkControls": []})
    refused(BAD, backup.create_framework, FrameworkDescription=" ", **framework)
    refused(BAD, backup.create_framework, FrameworkTags={"aws:x": "y"}, **framework)
    refused("MissingParameterValueException", backup.create_framework, FrameworkName="audit")
    for name in ("describe_framework", "delete_framework", "update_framework"):
        refused(MISSING, getattr(backup, name), status=400, FrameworkName="none")
    arn = backup.create_framework(IdempotencyToken="one", **framework)["FrameworkArn"]
    refused("ConflictException", backup.update_framework, status=400, **framework)
    refused("ConflictException", backup.delete_framework, FrameworkName="audit")
    world.pass_time(minutes=1)
    refused(EXISTS, backup.create_framework, IdempotencyToken="two", **framework)
    refused(MISSING, backup.list_tags, ResourceArn=arn[:-1])
    refused(BAD, backup.list_frameworks, NextToken="?")

    def refuse_report(code=BAD, channel=None, **setting):
        refused(code, backup.create_report_plan, ReportPlanName="r", ReportSetting=setting,
                ReportDeliveryChannel=channel or {"S3BucketName": "reports"})
    refuse_report(ReportTemplate="NO_REPORT")
    refuse_report(ReportTemplate="CONTROL_COMPLIANCE_REPORT")
    refuse_report(ReportTemplate="COPY_JOB_REPORT", FrameworkArns=[arn])
    refuse_report("MissingParameterValueException", channel={"Formats": ["CSV"]}, ReportTemplate="COPY_JOB_REPORT")
    for name in ("describe_report_plan", "delete_report_plan", "update_report_plan"):
        refused(MISSING, getattr(backup, name), ReportPlanName="none")
    refused(BAD, backup.list_report_plans, NextToken="?")


def restore_testing(place):
    backup = place.backup
    plan = restore_plan("weekly")

    def refuse_plan(code=BAD, points=None, **change):
        changed = {**plan, **change}
        changed["RecoveryPointSelection"] = {**plan["RecoveryPointSelection"], **(points or {})}
        refused(code, backup.create_restore_testing_plan, status=400, RestoreTestingPlan=changed)
    refuse_plan(RestoreTestingPlanName="a-b")
    refuse_plan(ScheduleExpression="weekly")
    refuse_plan(ScheduleExpressionTimezone="Mars/Olympus")
    refuse_plan(StartWindowHours=169)
    refuse_plan(points={"Algorithm": "OLDEST"})
    refuse_plan(points={"IncludeVaults": []})
    refuse_plan(points={"SelectionWindowDays": 366})
    backup.create_restore_testing_plan(RestoreTestingPlan=plan)
    refuse_plan(EXISTS)
    refused(MISSING, backup.get_restore_testing_plan, status=400, RestoreTestingPlanName="none")
    refused(MISSING, backup.update_restore_testing_plan, RestoreTestingPlanName="none", RestoreTestingPlan={})
    refused(BAD, backup.list_restore_testing_plans, NextToken="?")
    good = {"RestoreTestingSelectionName": "s", "ProtectedResourceType": "RDS", "IamRoleArn": ROLE,
            "ProtectedResourceArns": ["*"]}

    def refuse(code=BAD, plan_name="weekly", **change):
        refused(code, backup.create_restore_testing_selection, status=400, RestoreTestingPlanName=plan_name,
                RestoreTestingSelection={**good, **change})
    conditions = {"StringEquals": [{"Key": "aws:ResourceTag/a", "Value": "b"}]}
    refuse(MISSING, plan_name="none")
    refuse(RestoreTestingSelectionName="a b")
    refuse(ProtectedResourceType="Typewriter")
    refuse(ProtectedResourceArns=[])
    refuse(ProtectedResourceArns=[DATABASE], ProtectedResourceConditions=conditions)
    refuse(ValidationWindowHours=169)
    place.iam.create_role(RoleName="restores-wrong", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    refuse(IamRoleArn=f"arn:aws:iam::{WORKLOAD}:role/restores-wrong")
    backup.create_restore_testing_selection(RestoreTestingPlanName="weekly", RestoreTestingSelection={
        **good, "ProtectedResourceArns": [DATABASE]})
    refuse(EXISTS)
    one = {"RestoreTestingPlanName": "weekly", "RestoreTestingSelectionName": "s"}
    refused(BAD, backup.update_restore_testing_selection, RestoreTestingSelection={
        "ProtectedResourceConditions": conditions}, **one)
    none = {**one, "RestoreTestingSelectionName": "none"}
    refused(MISSING, backup.get_restore_testing_selection, **none)
    refused(MISSING, backup.update_restore_testing_selection, RestoreTestingSelection={}, **none)
    refused(MISSING, backup.delete_restore_testing_selection, **none)
    refused(MISSING, backup.list_restore_testing_selections, RestoreTestingPlanName="none")
    refused("InvalidRequestException", backup.delete_restore_testing_plan, status=400, RestoreTestingPlanName="weekly")
    backup.delete_restore_testing_selection(**one)
    backup.delete_restore_testing_plan(RestoreTestingPlanName="weekly")
    backup.delete_restore_testing_plan(RestoreTestingPlanName="weekly")  # AWS knows no "not found" here


def legal_holds(world, place):
    """A hold keeps points from everybody, and from the end of their life."""
    backup = place.backup
    refused(MISSING, backup.get_legal_hold, status=400, LegalHoldId="none")
    refused(BAD, backup.list_recovery_points_by_legal_hold, LegalHoldId="none")
    refused(MISSING, backup.cancel_legal_hold, LegalHoldId="none", CancelDescription="x")
    refused("MissingParameterValueException", backup.create_legal_hold, Title="t")
    refused(BAD, backup.create_legal_hold, Title="t", Description="d", RecoveryPointSelection={
        "DateRange": {"FromDate": 2, "ToDate": 1}})
    backup.create_backup_vault(BackupVaultName="held")
    point = backed_up(place, "held", Lifecycle={"DeleteAfterDays": 1})["RecoveryPointArn"]
    hold = backup.create_legal_hold(Title="t", Description="d", RecoveryPointSelection={
        "VaultNames": ["held"]})["LegalHoldId"]
    keep = {"BackupVaultName": "held", "RecoveryPointArn": point}
    refused("InvalidRequestException", backup.delete_recovery_point, status=400, message="legal hold", **keep)
    world.pass_time(days=5)
    check(backup.describe_recovery_point(**keep)["Status"] == "COMPLETED", "it outlives its lifecycle")
    refused("MissingParameterValueException", backup.cancel_legal_hold, LegalHoldId=hold, CancelDescription="")
    backup.cancel_legal_hold(LegalHoldId=hold, CancelDescription="settled")
    refused("InvalidResourceStateException", backup.cancel_legal_hold, status=400, LegalHoldId=hold,
            CancelDescription="again")
    world.pass_time(days=2)
    refused(MISSING, backup.describe_recovery_point, **keep)
