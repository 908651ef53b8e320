import json

from clients import allow, check, pages, policy


def call_all(place):
    kms, root = place.kms, f"arn:aws:iam::{place.account}:root"
    made = kms.create_key(Description="first", Tags=[{"TagKey": "team", "TagValue": "a"}])["KeyMetadata"]
    key = made["KeyId"]
    check(made["Arn"] == f"arn:aws:kms:{place.region}:{place.account}:key/{key}", "the ARN of a key")
    check(made["KeyState"] == "Enabled" and made["KeyManager"] == "CUSTOMER", "a new key is enabled")
    other = kms.create_key(MultiRegion=True)["KeyMetadata"]
    check(other["KeyId"].startswith("mrk-") and other["MultiRegion"], "a multi-Region key's name")

    everything, count = pages(kms, "list_keys", "Keys", 1)
    check({key, other["KeyId"]} <= {k["KeyId"] for k in everything}, "keys are listed")
    check(count == len(everything) >= 2, "keys come page by page")
    kms.update_key_description(KeyId=key, Description="second")
    check(kms.describe_key(KeyId=made["Arn"])["KeyMetadata"]["Description"] == "second", "descriptions change")

    document = policy({"Sid": "root", **allow("kms:*"), "Principal": {"AWS": root}})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document)
    got = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    check(got["Statement"][0]["Sid"] == "root", "the key policy is what was put")
    check(kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"], "a key has one policy")

    kms.disable_key(KeyId=key)
    check(not kms.describe_key(KeyId=key)["KeyMetadata"]["Enabled"], "a disabled key")
    kms.enable_key(KeyId=key)
    check(kms.describe_key(KeyId=key)["KeyMetadata"]["Enabled"], "an enabled key")
    check(not kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"], "no rotation at first")
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=key)
    check(status["KeyRotationEnabled"] and status["RotationPeriodInDays"] == 180, "rotation is on")
    kms.disable_key_rotation(KeyId=key)
    check(not kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"], "rotation is off again")

    data(kms, key, made["Arn"])
    aliases(place, key, other["KeyId"])
    grants(place, key)
    tags(kms, key)
    deletion(kms, other["KeyId"])


def data(kms, key, arn):
    context = {"b": "2", "a": "1"}
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=context)
    check(len(made["Plaintext"]) == 32 and made["KeyId"] == arn, "a data key of 256 bits")
    check(made["Plaintext"] not in made["CiphertextBlob"], "is wrapped")
    got = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "1", "b": "2"})
    check(got["Plaintext"] == made["Plaintext"] and got["KeyId"] == arn, "the order of a context does not count")
    check(got["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT", "the algorithm is named")
    other = kms.generate_data_key(KeyId=key, NumberOfBytes=64)
    check(len(other["Plaintext"]) == 64, "a data key of any length")
    sealed = kms.encrypt(KeyId=key, Plaintext=b"text")
    check(kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], KeyId=arn)["Plaintext"] == b"text", "what is encrypted")


def aliases(place, key, other):
    kms = place.kms
    for name in ("alias/one", "alias/two"):
        kms.create_alias(AliasName=name, TargetKeyId=key)
    found, count = pages(kms, "list_aliases", "Aliases", 1, KeyId=key)
    check([a["AliasName"] for a in found] == ["alias/one", "alias/two"] and count == 2, "aliases of a key")
    check(found[0]["AliasArn"] == f"arn:aws:kms:{place.region}:{place.account}:alias/one", "an alias's ARN")
    kms.update_alias(AliasName="alias/one", TargetKeyId=other)
    check(kms.describe_key(KeyId="alias/one")["KeyMetadata"]["KeyId"] == other, "an alias moves")
    kms.delete_alias(AliasName="alias/two")
    check(not kms.list_aliases(KeyId=key)["Aliases"], "no alias is left")


def grants(place, key):
    kms, grantee = place.kms, f"arn:aws:iam::{place.account}:root"
    made = [kms.create_grant(KeyId=key, Name=name, GranteePrincipal=grantee, Operations=["Decrypt", "DescribeKey"])
            for name in ("first", "second")]
    check(made[0]["GrantToken"] and made[0]["GrantId"] != made[1]["GrantId"], "two grants")
    found, count = pages(kms, "list_grants", "Grants", 1, KeyId=key)
    check({g["GrantId"] for g in found} == {m["GrantId"] for m in made} and count == 2, "the grants of a key")
    one, = kms.list_grants(KeyId=key, GrantId=made[0]["GrantId"])["Grants"]
    check(one["Name"] == "first" and one["Operations"] == ["Decrypt", "DescribeKey"] and one["GranteePrincipal"] == grantee,
          f"as it was made: {one}")
    for grant in made:
        kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    check(not kms.list_grants(KeyId=key)["Grants"], "none is left")


def tags(kms, key):
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "team", "TagValue": "b"}, {"TagKey": "x", "TagValue": ""}])
    kms.untag_resource(KeyId=key, TagKeys=["x"])
    got = kms.list_resource_tags(KeyId=key)["Tags"]
    check(got == [{"TagKey": "team", "TagValue": "b"}], f"tags of a key: {got}")


def deletion(kms, key):
    gone = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    check(gone["KeyState"] == "PendingDeletion" and gone["PendingWindowInDays"] == 7, "deletion is scheduled")
    described = kms.describe_key(KeyId=key)["KeyMetadata"]
    check(described["DeletionDate"] == gone["DeletionDate"], "the day of deletion")
    kms.cancel_key_deletion(KeyId=key)
    check(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled", "a saved key is disabled")
