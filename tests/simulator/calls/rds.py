from clients import check, pages


def call_all(place):
    rds = place.rds
    found = rds.describe_db_instances()["DBInstances"]
    check([d["DBInstanceIdentifier"] for d in found] == ["orders"], "the database of the world")
    database = rds.describe_db_instances(DBInstanceIdentifier="orders")["DBInstances"][0]
    arn = f"arn:aws:rds:{place.region}:{place.account}:db:orders"
    check(database["DBInstanceArn"] == arn and database["StorageEncrypted"], "it is encrypted")
    key = place.kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]
    check(database["KmsKeyId"] == key["Arn"] and key["KeyManager"] == "AWS", "under AWS's own key")
    check(not rds.describe_db_clusters()["DBClusters"], "there is no cluster")
    rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "<&>"}])
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
    got = rds.list_tags_for_resource(ResourceName=arn)["TagList"]
    check(got == [{"Key": "b", "Value": "<&>"}], f"tags of a database: {got}")
    tagged = place.resourcegroupstaggingapi.get_resources(TagFilters=[{"Key": "b"}], ResourceTypeFilters=["rds:db"])
    check([m["ResourceARN"] for m in tagged["ResourceTagMappingList"]] == [arn], "the tagging API finds it")
    none = place.resourcegroupstaggingapi.get_resources(TagFilters=[{"Key": "b"}], ResourceTypeFilters=["rds:cluster"])
    check(not none["ResourceTagMappingList"], "but not as another type")


def call_snapshots(place, points):
    """Once AWS Backup has made points of the database: they are snapshots of RDS too."""
    found, count = pages(place.rds, "describe_db_snapshots", "DBSnapshots", 20)
    check({s["DBSnapshotArn"] for s in found} == set(points) and count == 1, "snapshots of AWS Backup")
    one = place.rds.describe_db_snapshots(DBSnapshotIdentifier=found[0]["DBSnapshotIdentifier"])["DBSnapshots"]
    check(one == [s for s in found if s["DBSnapshotArn"] == one[0]["DBSnapshotArn"]], "one of them by name")
    check(one[0]["SnapshotType"] == "awsbackup" and one[0]["Encrypted"], "their type")
    check({"Key": "b", "Value": "<&>"} in one[0]["TagList"], "they carry the database's tags")
    place.world.private("settings", {"page_size": 1})  # clients may not ask for less than 20
    small, count = pages(place.rds, "describe_db_snapshots", "DBSnapshots", 20)
    check(small == found and count == 2, "snapshots come page by page")
    place.world.private("settings", {"page_size": ""})
