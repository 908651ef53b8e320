from clients import check, pages


def call_all(place):
    """The tags of a file system's backup, once AWS Backup has made one."""
    role = f"arn:aws:iam::{place.account}:role/service-role/AWSBackupDefaultServiceRole"
    place.backup.create_backup_vault(BackupVaultName="files")
    system = f"arn:aws:fsx:{place.region}:{place.account}:file-system/orders"
    job = place.backup.start_backup_job(BackupVaultName="files", ResourceArn=system, IamRoleArn=role,
                                        RecoveryPointTags={"from": "job", "a": "<&>"})["BackupJobId"]
    place.world.pass_time(hours=1)
    arn = place.backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"]
    tags, count = pages(place.fsx, "list_tags_for_resource", "Tags", 1, ResourceARN=arn)
    check({t["Key"]: t["Value"] for t in tags} == {"from": "job", "a": "<&>"} and count == 2, f"tags, page by page: {tags}")
