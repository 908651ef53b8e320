"""AWS Backup beside vaults, plans and jobs: air-gapped vaults, frameworks, reports, tests, holds."""

from datetime import datetime, timezone

from clients import check, pages


def call_all(place):
    air_gapped(place)
    audit(place)
    restore_testing(place)


def pages_by_hand(call, key):
    """Of a list that botocore has no paginator for, one item a page."""
    items, count, token = [], 0, {}
    while True:
        page = call(MaxResults=1, **token)
        items, count = items + page[key], count + 1
        if "NextToken" not in page:
            return items, count
        token = {"NextToken": page["NextToken"]}


def arn(place, resource):
    return f"arn:aws:backup:{place.region}:{place.account}:{resource}"


def air_gapped(place):
    backup = place.backup
    made = backup.create_logically_air_gapped_backup_vault(
        BackupVaultName="gap", MinRetentionDays=7, MaxRetentionDays=30, BackupVaultTags={"team": "a"},
        CreatorRequestId="gap-1")
    check(made["VaultState"] == "CREATING" and made["BackupVaultArn"] == arn(place, "backup-vault:gap"), "a new vault")
    again = backup.create_logically_air_gapped_backup_vault(
        BackupVaultName="gap", MinRetentionDays=7, MaxRetentionDays=30, CreatorRequestId="gap-1")
    check(again["CreationDate"] == made["CreationDate"], "the same token is the same vault")
    place.world.pass_time(minutes=1)
    got = backup.describe_backup_vault(BackupVaultName="gap")
    check(got["VaultType"] == "LOGICALLY_AIR_GAPPED_BACKUP_VAULT" and got["VaultState"] == "AVAILABLE", "it is made")
    check((got["Locked"], got["MinRetentionDays"], got["MaxRetentionDays"]) == (True, 7, 30), "locked at once")
    check("EncryptionKeyArn" not in got, "under a key that AWS does not show")
    check(backup.list_tags(ResourceArn=made["BackupVaultArn"])["Tags"] == {"team": "a"}, "its tags")
    listed = backup.list_backup_vaults(ByVaultType="LOGICALLY_AIR_GAPPED_BACKUP_VAULT")["BackupVaultList"]
    check([v["BackupVaultName"] for v in listed] == ["gap"], "vaults of the kind")
    others = backup.list_backup_vaults(ByVaultType="BACKUP_VAULT")["BackupVaultList"]
    check("gap" not in {v["BackupVaultName"] for v in others}, "and not among the others")


def audit(place):
    backup = place.backup
    controls = [{"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"},
                {"ControlName": "BACKUP_LAST_RECOVERY_POINT_CREATED",
                 "ControlInputParameters": [{"ParameterName": "recoveryPointAgeUnit", "ParameterValue": "days"}],
                 "ControlScope": {"ComplianceResourceTypes": ["RDS"]}}]
    made = backup.create_framework(FrameworkName="audit", FrameworkDescription="d", FrameworkControls=controls,
                                   FrameworkTags={"team": "a"}, IdempotencyToken="f-1")
    framework = made["FrameworkArn"]
    check(framework.startswith(arn(place, "framework:audit-")), "the ARN of a framework")
    check(backup.describe_framework(FrameworkName="audit")["DeploymentStatus"] == "CREATE_IN_PROGRESS", "it begins")
    again = backup.create_framework(FrameworkName="audit", FrameworkControls=controls, IdempotencyToken="f-1")
    check(again["FrameworkArn"] == framework, "the same token is the same framework")
    backup.create_framework(FrameworkName="second", FrameworkControls=controls[:1])
    place.world.pass_time(minutes=1)
    got = backup.describe_framework(FrameworkName="audit")
    check(got["DeploymentStatus"] == "COMPLETED" and got["IdempotencyToken"] == "f-1", "it is deployed")
    by_name = {c["ControlName"]: c for c in got["FrameworkControls"]}
    check(by_name["BACKUP_LAST_RECOVERY_POINT_CREATED"]["ControlScope"] == {"ComplianceResourceTypes": ["RDS"]},
          "a control keeps its scope")
    check(by_name["BACKUP_RECOVERY_POINT_ENCRYPTED"]["ControlScope"], "AWS fills in a scope")
    check(backup.list_tags(ResourceArn=framework)["Tags"] == {"team": "a"}, "tags of a framework")
    backup.tag_resource(ResourceArn=framework, Tags={"b": "2"})
    backup.untag_resource(ResourceArn=framework, TagKeyList=["team"])
    check(backup.list_tags(ResourceArn=framework)["Tags"] == {"b": "2"}, "other tags")
    backup.update_framework(FrameworkName="audit", FrameworkControls=controls[:1])
    place.world.pass_time(minutes=1)
    got = backup.describe_framework(FrameworkName="audit")
    check(len(got["FrameworkControls"]) == 1 and got["FrameworkDescription"] == "d", "what is not sent stays")
    found, count = pages_by_hand(backup.list_frameworks, "Frameworks")
    check([f["FrameworkName"] for f in found] == ["audit", "second"] and count == 2, "frameworks are listed")
    check(found[0]["NumberOfControls"] == 1, "with their number of controls")
    reports(place, framework)
    backup.delete_framework(FrameworkName="second")
    check(backup.describe_framework(FrameworkName="second")["DeploymentStatus"] == "DELETE_IN_PROGRESS", "it goes")
    place.world.pass_time(minutes=1)
    check(len(backup.list_frameworks()["Frameworks"]) == 1, "and is gone")


def reports(place, framework):
    backup = place.backup
    made = backup.create_report_plan(
        ReportPlanName="copies", ReportDeliveryChannel={"S3BucketName": "reports"},
        ReportSetting={"ReportTemplate": "COPY_JOB_REPORT"}, ReportPlanTags={"team": "a"}, IdempotencyToken="r-1")
    check(made["ReportPlanArn"].startswith(arn(place, "report-plan:copies-")), "the ARN of a report plan")
    backup.create_report_plan(
        ReportPlanName="second", ReportDeliveryChannel={"S3BucketName": "reports", "Formats": ["JSON"]},
        ReportSetting={"ReportTemplate": "CONTROL_COMPLIANCE_REPORT", "FrameworkArns": [framework]})
    place.world.pass_time(minutes=1)
    got = backup.describe_report_plan(ReportPlanName="copies")["ReportPlan"]
    check(got["ReportDeliveryChannel"] == {"S3BucketName": "reports", "Formats": ["CSV"]}, "CSV when none is named")
    check(got["DeploymentStatus"] == "COMPLETED", "it is deployed")
    check(backup.list_tags(ResourceArn=made["ReportPlanArn"])["Tags"] == {"team": "a"}, "tags of a report plan")
    backup.update_report_plan(ReportPlanName="copies", ReportPlanDescription="d",
                              ReportSetting={"ReportTemplate": "BACKUP_JOB_REPORT", "Regions": ["*"]})
    place.world.pass_time(minutes=1)
    found, count = pages_by_hand(backup.list_report_plans, "ReportPlans")
    check([r["ReportPlanName"] for r in found] == ["copies", "second"] and count == 2, "report plans are listed")
    check(found[0]["ReportSetting"]["ReportTemplate"] == "BACKUP_JOB_REPORT", "with the change")
    check(found[1]["ReportSetting"]["NumberOfFrameworks"] == 1, "frameworks are counted")
    backup.delete_report_plan(ReportPlanName="second")
    place.world.pass_time(minutes=1)
    check(len(backup.list_report_plans()["ReportPlans"]) == 1, "one is left")


def restore_plan(name):
    return {"RestoreTestingPlanName": name, "ScheduleExpression": "cron(0 5 ? * 1 *)",
            "RecoveryPointSelection": {"Algorithm": "LATEST_WITHIN_WINDOW", "IncludeVaults": ["*"],
                                       "RecoveryPointTypes": ["SNAPSHOT"]}}


def restore_testing(place):
    backup = place.backup
    made = backup.create_restore_testing_plan(RestoreTestingPlan=restore_plan("weekly"), Tags={"team": "a"},
                                              CreatorRequestId="t-1")
    check(made["RestoreTestingPlanArn"].startswith(arn(place, "restore-testing-plan:weekly-")), "the ARN of a plan")
    again = backup.create_restore_testing_plan(RestoreTestingPlan=restore_plan("weekly"), CreatorRequestId="t-1")
    check(again["RestoreTestingPlanArn"] == made["RestoreTestingPlanArn"], "the same token is the same plan")
    backup.create_restore_testing_plan(RestoreTestingPlan=restore_plan("second"))
    check(backup.list_tags(ResourceArn=made["RestoreTestingPlanArn"])["Tags"] == {"team": "a"}, "tags of a plan")
    backup.update_restore_testing_plan(RestoreTestingPlanName="weekly", RestoreTestingPlan={"StartWindowHours": 8})
    got = backup.get_restore_testing_plan(RestoreTestingPlanName="weekly")["RestoreTestingPlan"]
    check((got["StartWindowHours"], got["ScheduleExpressionTimezone"]) == (8, "Etc/UTC"), "given and default")
    check(got["RecoveryPointSelection"]["SelectionWindowDays"] == 30 and "LastUpdateTime" in got, "the window")
    found, count = pages(backup, "list_restore_testing_plans", "RestoreTestingPlans", 1)
    check([p["RestoreTestingPlanName"] for p in found] == ["second", "weekly"] and count == 2, "plans are listed")
    restore_selections(place)
    backup.delete_restore_testing_plan(RestoreTestingPlanName="second")
    check(len(backup.list_restore_testing_plans()["RestoreTestingPlans"]) == 1, "one is left")


def restore_selections(place):
    backup = place.backup
    role = f"arn:aws:iam::{place.account}:role/service-role/AWSBackupDefaultServiceRole"
    for name, kind in (("databases", "RDS"), ("volumes", "EBS")):
        backup.create_restore_testing_selection(RestoreTestingPlanName="weekly", RestoreTestingSelection={
            "RestoreTestingSelectionName": name, "ProtectedResourceType": kind, "IamRoleArn": role,
            "ProtectedResourceArns": ["*"]})
    backup.update_restore_testing_selection(
        RestoreTestingPlanName="weekly", RestoreTestingSelectionName="databases", RestoreTestingSelection={
            "ProtectedResourceConditions": {"StringEquals": [{"Key": "aws:ResourceTag/x", "Value": "y"}]},
            "ValidationWindowHours": 4})
    one = {"RestoreTestingPlanName": "weekly", "RestoreTestingSelectionName": "databases"}
    got = backup.get_restore_testing_selection(**one)["RestoreTestingSelection"]
    check(got["ProtectedResourceConditions"]["StringEquals"] == [{"Key": "aws:ResourceTag/x", "Value": "y"}],
          "conditions of a selection")
    check((got["ProtectedResourceArns"], got["ValidationWindowHours"]) == (["*"], 4), "what is not sent stays")
    found, count = pages(backup, "list_restore_testing_selections", "RestoreTestingSelections", 1,
                         RestoreTestingPlanName="weekly")
    check([s["RestoreTestingSelectionName"] for s in found] == ["databases", "volumes"] and count == 2, "listed")
    backup.delete_restore_testing_selection(**one)
    left = backup.list_restore_testing_selections(RestoreTestingPlanName="weekly")["RestoreTestingSelections"]
    check([s["RestoreTestingSelectionName"] for s in left] == ["volumes"], "one is left")


def legal_holds(place, points):
    """points: (vault, ARN) of points that stand."""
    backup, when = place.backup, datetime(2026, 1, 1, tzinfo=timezone.utc)
    vault, point = points
    made = backup.create_legal_hold(
        Title="case", Description="why", IdempotencyToken="h-1", Tags={"team": "legal"},
        RecoveryPointSelection={"VaultNames": [vault], "DateRange": {
            "FromDate": when, "ToDate": when.replace(year=2099)}})
    hold = made["LegalHoldId"]
    check(made["Status"] == "CREATING" and made["LegalHoldArn"] == arn(place, f"legal-hold:{hold}"), "a new hold")
    check(made["RecoveryPointSelection"]["DateRange"]["FromDate"] == when, "with its dates")
    again = backup.create_legal_hold(Title="case", Description="why", IdempotencyToken="h-1")
    check(again["LegalHoldId"] == hold, "the same token is the same hold")
    other = backup.create_legal_hold(Title="case", Description="of another", RecoveryPointSelection={
        "ResourceIdentifiers": ["arn:aws:rds:us-east-1:000000000000:db:none"]})["LegalHoldId"]
    place.world.pass_time(minutes=1)
    got = backup.get_legal_hold(LegalHoldId=hold)
    check(got["Status"] == "ACTIVE" and got["Title"] == "case", "it holds")
    check(backup.list_tags(ResourceArn=made["LegalHoldArn"])["Tags"] == {"team": "legal"}, "tags of a hold")
    held, _ = pages(backup, "list_recovery_points_by_legal_hold", "RecoveryPoints", 1, LegalHoldId=hold)
    check([p["RecoveryPointArn"] for p in held] == [point], f"the points that it holds: {held}")
    check(not backup.list_recovery_points_by_legal_hold(LegalHoldId=other)["RecoveryPoints"], "the other holds none")
    found, count = pages(backup, "list_legal_holds", "LegalHolds", 1)
    check({h["LegalHoldId"] for h in found} == {hold, other} and count == 2, "holds are listed")
    for one in (hold, other):
        backup.cancel_legal_hold(LegalHoldId=one, CancelDescription="settled", RetainRecordInDays=30)
    got = backup.get_legal_hold(LegalHoldId=hold)
    check(got["Status"] == "CANCELED" and got["CancelDescription"] == "settled", "a cancelled hold is shown on")
