import json

from clients import check, pages, policy, refused


def call_all(place):
    s3, name = place.s3, f"all-{place.account}"
    home = {} if place.region == "us-east-1" else {"LocationConstraint": place.region}
    made = s3.create_bucket(Bucket=name, CreateBucketConfiguration={
        **home, "Tags": [{"Key": "team", "Value": "a & <b>"}]})
    check(made["Location"] == f"/{name}", "a bucket's place")
    check(s3.head_bucket(Bucket=name)["BucketRegion"] == place.region, "its Region")
    check(s3.get_bucket_location(Bucket=name).get("LocationConstraint") == home.get("LocationConstraint"), "as S3 says it")
    check([b["Name"] for b in s3.list_buckets()["Buckets"]] == [name], "the buckets of an account")
    settings(s3, name)
    tags(s3, name)
    lock(place, name)
    objects(s3, name)
    versions(s3, name)
    s3.delete_bucket(Bucket=name)
    check(s3.list_buckets()["Buckets"] == [], "an empty bucket goes")


def settings(s3, name):
    check("Status" not in s3.get_bucket_versioning(Bucket=name), "nobody has asked for versions")
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    check(len(block) == 4 and all(block.values()), "the public is shut out")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    check(block["BlockPublicAcls"] and not block["IgnorePublicAcls"], "what is left out is off")
    s3.delete_public_access_block(Bucket=name)
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    check(rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}, "everything is encrypted")
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/k"},
        "BucketKeyEnabled": True}]})
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    check(rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == "alias/k" and rule["BucketKeyEnabled"], "by a key")
    document = policy({"Sid": "s", "Effect": "Allow", "Principal": {"Service": "reports.backup.amazonaws.com"},
                       "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/*"})
    s3.put_bucket_policy(Bucket=name, Policy=document)
    check(json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]) == json.loads(document), "the policy of a bucket")
    s3.delete_bucket_policy(Bucket=name)


def tags(s3, name):
    check(s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "a & <b>"}], "tags of its creation")
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]})
    check(len(s3.get_bucket_tagging(Bucket=name)["TagSet"]) == 2, "tags are put as a whole")
    s3.delete_bucket_tagging(Bucket=name)
    refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket=name)


def lock(place, name):
    """In a bucket of its own: what is locked cannot be emptied before its time."""
    s3, locked = place.s3, f"{name}-locked"
    home = {} if place.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
    s3.create_bucket(Bucket=locked, **home)
    s3.put_bucket_versioning(Bucket=locked, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}})
    got = s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]
    check(got["Rule"]["DefaultRetention"] == {"Mode": "COMPLIANCE", "Days": 1}, "the retention of new objects")
    version = s3.put_object(Bucket=locked, Key="k", Body=b"x")["VersionId"]
    refused("AccessDenied", s3.delete_object, Bucket=locked, Key="k", VersionId=version)
    place.world.pass_time(days=2)
    s3.delete_object(Bucket=locked, Key="k", VersionId=version)
    s3.delete_bucket(Bucket=locked)


def objects(s3, name):
    first = s3.put_object(Bucket=name, Key="state/db", Body=b"one", IfNoneMatch="*")["ETag"]
    refused("PreconditionFailed", s3.put_object, status=412, Bucket=name, Key="state/db", Body=b"two", IfNoneMatch="*")
    second = s3.put_object(Bucket=name, Key="state/db", Body=b"two", IfMatch=first)["ETag"]
    refused("PreconditionFailed", s3.put_object, status=412, Bucket=name, Key="state/db", Body=b"three", IfMatch=first)
    got = s3.get_object(Bucket=name, Key="state/db")
    check(got["Body"].read() == b"two" and got["ETag"] == second != first, "only who knew the object has changed it")
    check(s3.head_object(Bucket=name, Key="state/db")["ContentLength"] == 3, "its head")
    for key in ("a b+c", "a/ö", "z"):
        s3.put_object(Bucket=name, Key=key, Body=key.encode(), ContentType="text/plain")
        check(s3.get_object(Bucket=name, Key=key)["Body"].read() == key.encode(), f"the object {key}")
    found, count = pages(s3, "list_objects_v2", "Contents", 2, Bucket=name)
    check([o["Key"] for o in found] == ["a b+c", "a/ö", "state/db", "z"] and count == 2, "objects are listed")
    found = s3.list_objects_v2(Bucket=name, Prefix="state/")["Contents"]
    check([o["Key"] for o in found] == ["state/db"] and found[0]["Size"] == 3, "by prefix")
    refused("BucketNotEmpty", s3.delete_bucket, status=409, Bucket=name)
    for key in ("a b+c", "a/ö", "state/db", "z"):
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_object(Bucket=name, Key="none")


def versions(s3, name):
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=name, Key="k", Body=b"old")["VersionId"]
    new = s3.put_object(Bucket=name, Key="k", Body=b"new")["VersionId"]
    check(s3.get_object(Bucket=name, Key="k", VersionId=old)["Body"].read() == b"old", "an older version stays")
    marker = s3.delete_object(Bucket=name, Key="k")
    check(marker["DeleteMarker"] is True, "a deletion leaves a marker")
    refused("NoSuchKey", s3.get_object, status=404, Bucket=name, Key="k")
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=name)
    for version in (old, new, marker["VersionId"]):
        s3.delete_object(Bucket=name, Key="k", VersionId=version)
