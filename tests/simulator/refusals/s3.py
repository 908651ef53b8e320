from clients import BACKUP, allow, check, policy, refused


def refuse_all(world):
    s3, other = world.place().s3, world.place(BACKUP).s3
    for call in (s3.get_bucket_versioning, s3.get_bucket_policy, s3.delete_bucket, s3.list_objects_v2):
        refused("NoSuchBucket", call, status=404, Bucket="none-at-all")
    refused("404", s3.head_bucket, status=404, Bucket="none-at-all")
    refused("InvalidBucketName", s3.create_bucket, status=400, Bucket="Upper")
    refused("IllegalLocationConstraintException", s3.create_bucket, status=400, Bucket="b-here",
            CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.create_bucket(Bucket="b-here")
    s3.create_bucket(Bucket="b-here")  # us-east-1 says yes again
    refused("BucketAlreadyExists", other.create_bucket, status=409, Bucket="b-here")
    europe = world.place(region="eu-west-1").s3
    europe.create_bucket(Bucket="b-there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    refused("BucketAlreadyOwnedByYou", europe.create_bucket, status=409, Bucket="b-there",
            CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    settings(s3)
    refused("AccessDenied", other.get_bucket_versioning, status=403, Bucket="b-here")
    refused("NoSuchKey", s3.get_object, status=404, Bucket="b-here", Key="none")
    refused("404", s3.head_object, status=404, Bucket="b-here", Key="none")
    refused("NotImplemented", s3.put_bucket_acl, status=501, Bucket="b-here", ACL="private")
    shared(world, s3)


def settings(s3):
    for code, call in (("NoSuchBucketPolicy", s3.get_bucket_policy), ("NoSuchTagSet", s3.get_bucket_tagging),
                       ("ObjectLockConfigurationNotFoundError", s3.get_object_lock_configuration)):
        refused(code, call, status=404, Bucket="b-here")
    refused("MalformedPolicy", s3.put_bucket_policy, status=400, Bucket="b-here", Policy="{}")
    everybody = policy({**allow("s3:GetObject", "arn:aws:s3:::b-here/*"), "Principal": "*"})
    refused("AccessDenied", s3.put_bucket_policy, status=403, Bucket="b-here", Policy=everybody, message="BlockPublicPolicy")
    retention = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    refused("InvalidBucketState", s3.put_object_lock_configuration, status=409, Bucket="b-here",
            ObjectLockConfiguration=retention)
    s3.put_bucket_versioning(Bucket="b-here", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket="b-here", ObjectLockConfiguration=retention)
    refused("InvalidBucketState", s3.put_bucket_versioning, status=409, Bucket="b-here",
            VersioningConfiguration={"Status": "Suspended"})
    refused("InvalidArgument", s3.put_bucket_encryption, status=400, Bucket="b-here", ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "alias/k"}}]})
    s3.delete_public_access_block(Bucket="b-here")
    refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, status=404, Bucket="b-here")


def shared(world, s3):
    """What a state that several share must live with."""
    etag = s3.put_object(Bucket="b-here", Key="state", Body=b"1", IfNoneMatch="*")["ETag"]
    refused("PreconditionFailed", s3.put_object, status=412, Bucket="b-here", Key="state", Body=b"2", IfNoneMatch="*")
    refused("NoSuchKey", s3.put_object, status=404, Bucket="b-here", Key="none", Body=b"2", IfMatch=etag)
    refused("PreconditionFailed", s3.delete_object, status=412, Bucket="b-here", Key="state", IfMatch='"other"')
    world.private("settings", {"s3_conflict_ms": "3600000"})
    refused("ConditionalRequestConflict", s3.put_object, status=409, Bucket="b-here", Key="state", Body=b"2", IfMatch=etag)
    world.private("settings", {"s3_conflict_ms": "0"})
    s3.put_object(Bucket="b-here", Key="state", Body=b"2", IfMatch=etag)
    check(s3.get_object(Bucket="b-here", Key="state")["Body"].read() == b"2", "once nobody else writes")
