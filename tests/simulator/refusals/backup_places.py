"""Where the refusals of AWS Backup take place."""

from clients import DATABASE, WORKLOAD

ROLE = f"arn:aws:iam::{WORKLOAD}:role/service-role/AWSBackupDefaultServiceRole"
NO_POINT = f"arn:aws:rds:us-east-1:{WORKLOAD}:snapshot:awsbackup:job-none"


def vault_arn(name, account=WORKLOAD, region="us-east-1"):
    return f"arn:aws:backup:{region}:{account}:backup-vault:{name}"


def backed_up(place, vault, **more):
    """A job in the vault, to its end; its description."""
    job = place.backup.start_backup_job(BackupVaultName=vault, ResourceArn=DATABASE, IamRoleArn=ROLE, **more)
    place.world.pass_time(hours=1)
    return place.backup.describe_backup_job(BackupJobId=job["BackupJobId"])
