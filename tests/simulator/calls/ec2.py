from clients import check, pages


def call_all(place):
    """The tags of a volume's snapshot, once AWS Backup has made one."""
    role = f"arn:aws:iam::{place.account}:role/service-role/AWSBackupDefaultServiceRole"
    place.backup.create_backup_vault(BackupVaultName="volumes")
    volume = f"arn:aws:ec2:{place.region}:{place.account}:volume/orders"
    job = place.backup.start_backup_job(BackupVaultName="volumes", ResourceArn=volume, IamRoleArn=role,
                                        RecoveryPointTags={"from": "job", "a": "<&>"})["BackupJobId"]
    place.world.pass_time(hours=1)
    arn = place.backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"]
    snapshot = arn.partition("snapshot/")[2]
    found, _ = pages(place.ec2, "describe_tags", "Tags", 5, Filters=[{"Name": "resource-id", "Values": ["x", snapshot]}])
    check({(t["ResourceId"], t["ResourceType"], t["Key"], t["Value"]) for t in found}
          == {(snapshot, "snapshot", "from", "job"), (snapshot, "snapshot", "a", "<&>")}, f"tags of a snapshot: {found}")
    one = place.ec2.describe_tags(Filters=[{"Name": "key", "Values": ["a"]},
                                           {"Name": "resource-type", "Values": ["snapshot"]}])["Tags"]
    check([t["Value"] for t in one] == ["<&>"], f"filters: {one}")
    check(not place.ec2.describe_tags(Filters=[{"Name": "value", "Values": ["none"]}])["Tags"], "nothing fits")
