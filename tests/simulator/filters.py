"""Every filter of AWS Backup's lists: what fits stays, what does not goes."""

import datetime

from clients import BACKUP, DATABASE, WORKLOAD, check, done, served

ROLE = f"arn:aws:iam::{WORKLOAD}:role/service-role/AWSBackupDefaultServiceRole"
COPIES = f"arn:aws:backup:us-east-2:{WORKLOAD}:backup-vault:copies"
HOUR = datetime.timedelta(hours=1)


def hold(call, key, filters, **always):
    """filters: (name, a value that fits, one that does not)."""
    whole = call(**always)[key]
    check(len(whole) == 1, f"{call.__name__}: one item without filters: {whole}")
    for name, fits, misses in filters:
        check(call(**always, **{name: fits})[key] == whole, f"{call.__name__} {name}={fits} keeps it")
        check(call(**always, **{name: misses})[key] == [], f"{call.__name__} {name}={misses} drops it")
    return whole[0]


with served() as world:
    first, second = world.place(), world.place(region="us-east-2")
    key = second.kms.create_key()["KeyMetadata"]["Arn"]
    first.backup.create_backup_vault(BackupVaultName="vault")
    second.backup.create_backup_vault(BackupVaultName="copies", EncryptionKeyArn=key)
    hold(first.backup.list_backup_vaults, "BackupVaultList", [
        ("ByVaultType", "BACKUP_VAULT", "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"), ("ByShared", False, True)])

    first.backup.start_backup_job(BackupVaultName="vault", ResourceArn=DATABASE, IamRoleArn=ROLE)
    world.pass_time(hours=1)
    job = first.backup.list_backup_jobs()["BackupJobs"][0]
    begun, ended = job["CreationDate"], job["CompletionDate"]
    hold(first.backup.list_backup_jobs, "BackupJobs", [
        ("ByResourceArn", DATABASE, DATABASE + "x"), ("ByState", "COMPLETED", "FAILED"),
        ("ByBackupVaultName", "vault", "other"), ("ByResourceType", "RDS", "EBS"),
        ("ByAccountId", WORKLOAD, BACKUP), ("ByCreatedAfter", begun - HOUR, begun + HOUR),
        ("ByCreatedBefore", begun + HOUR, begun - HOUR), ("ByCompleteAfter", ended - HOUR, ended + HOUR),
        ("ByCompleteBefore", ended + HOUR, ended - HOUR)])
    check(not first.backup.list_backup_jobs(ByParentJobId="p")["BackupJobs"], "no job has a parent")
    point = hold(first.backup.list_recovery_points_by_backup_vault, "RecoveryPoints", [
        ("ByResourceArn", DATABASE, DATABASE + "x"), ("ByResourceType", "RDS", "EBS"),
        ("ByCreatedAfter", begun - HOUR, begun + HOUR), ("ByCreatedBefore", begun + HOUR, begun - HOUR)],
        BackupVaultName="vault")["RecoveryPointArn"]
    for none in ({"ByBackupPlanId": "p"}, {"ByParentRecoveryPointArn": point}):
        check(not first.backup.list_recovery_points_by_backup_vault(BackupVaultName="vault", **none)["RecoveryPoints"],
              f"no point of a job on demand fits {none}")

    first.backup.start_copy_job(RecoveryPointArn=point, SourceBackupVaultName="vault", IamRoleArn=ROLE,
                                DestinationBackupVaultArn=COPIES)
    world.pass_time(minutes=10)
    running = first.backup.list_copy_jobs()["CopyJobs"][0]
    check(running["State"] == "RUNNING", "a copy on its way")
    for limit in ("ByCompleteBefore", "ByCompleteAfter"):
        got = first.backup.list_copy_jobs(**{limit: running["CreationDate"] + HOUR})["CopyJobs"]
        check(not got, f"what has not ended has no place under {limit}")
    world.pass_time(hours=1)
    job = first.backup.list_copy_jobs()["CopyJobs"][0]
    begun, ended = job["CreationDate"], job["CompletionDate"]
    hold(first.backup.list_copy_jobs, "CopyJobs", [
        ("ByResourceArn", DATABASE, DATABASE + "x"), ("ByState", "COMPLETED", "FAILED"),
        ("ByResourceType", "RDS", "EBS"), ("ByAccountId", WORKLOAD, BACKUP),
        ("ByDestinationVaultArn", COPIES, COPIES + "x"), ("BySourceRecoveryPointArn", point, point + "x"),
        ("ByCreatedAfter", begun - HOUR, begun + HOUR), ("ByCreatedBefore", begun + HOUR, begun - HOUR),
        ("ByCompleteAfter", ended - HOUR, ended + HOUR), ("ByCompleteBefore", ended + HOUR, ended - HOUR)])
    check(not first.backup.list_copy_jobs(ByParentJobId="p")["CopyJobs"], "no copy has a parent")
    world.pass_time(days=31)
    check(not first.backup.list_copy_jobs()["CopyJobs"], "copies are listed for 30 days")
    check(not first.backup.list_backup_jobs()["BackupJobs"], "backups too")
done()
