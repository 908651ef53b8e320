from clients import BACKUP, WORKLOAD, allow, check, policy, refused

ROOT = f"arn:aws:iam::{WORKLOAD}:root"


def refuse_all(world):
    kms = world.place().kms
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    missing = "00000000-0000-0000-0000-000000000000"
    refused("NotFoundException", kms.describe_key, KeyId=missing, message="does not exist")
    refused("NotFoundException", kms.describe_key, KeyId="alias/none", message="Alias")
    refused("NotFoundException", kms.create_alias, AliasName="alias/x", TargetKeyId=missing)
    refused("NotFoundException", kms.delete_alias, AliasName="alias/none")
    kms.create_alias(AliasName="alias/taken", TargetKeyId=key)
    refused("AlreadyExistsException", kms.create_alias, AliasName="alias/taken", TargetKeyId=key)
    refused("NotAuthorizedException", kms.create_alias, AliasName="alias/aws/own", TargetKeyId=key)
    refused("InvalidAliasNameException", kms.create_alias, AliasName="no-prefix", TargetKeyId=key)
    refused("ValidationException", kms.enable_key_rotation, KeyId=key, RotationPeriodInDays=89)
    refused("ValidationException", kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=31)
    policies(kms, key)
    data(world, kms)
    states(kms, key)
    other_account(world)


def policies(kms, key):
    def put(text, **more):
        return refused("MalformedPolicyDocumentException", kms.put_key_policy, KeyId=key, Policy=text, **more)
    put("{")
    put(policy({**allow("kms:*"), "Principal": {"AWS": ROOT}, "Colour": "red"}))
    nobody = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{WORKLOAD}:role/nobody"}}
    put(policy({**allow("kms:*"), "Principal": {"AWS": ROOT}}, nobody), message="invalid principals")
    put(policy({**allow("kms:Describe*"), "Principal": {"AWS": ROOT}}), message="will not allow you to update")
    managed = kms.describe_key(KeyId="alias/aws/backup")["KeyMetadata"]["KeyId"]
    refused("AccessDeniedException", kms.put_key_policy, KeyId=managed,
            Policy=policy({**allow("kms:*"), "Principal": {"AWS": ROOT}}))


def data(world, kms):
    key, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    blob = kms.encrypt(KeyId=key, Plaintext=b"text", EncryptionContext={"a": "1"})["CiphertextBlob"]
    for context in ({}, {"a": "2"}, {"a": "1", "b": "2"}, {"b": "1"}):
        refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=blob, EncryptionContext=context)
    for changed in (blob[:-1], blob[:-1] + bytes([blob[-1] ^ 1]), bytes([blob[0] ^ 1]) + blob[1:], b"x"):
        refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=changed, EncryptionContext={"a": "1"})
    refused("IncorrectKeyException", kms.decrypt, CiphertextBlob=blob, EncryptionContext={"a": "1"}, KeyId=other)
    refused("ValidationException", kms.generate_data_key, KeyId=key)
    refused("ValidationException", kms.generate_data_key, KeyId=key, KeySpec="AES_256", NumberOfBytes=32)
    refused("NotFoundException", kms.generate_data_key, KeyId="alias/none", KeySpec="AES_256")

    # by policy: another account, and only with its own context
    theirs = world.place(BACKUP).kms
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    refused("AccessDeniedException", theirs.generate_data_key, KeyId=arn, KeySpec="AES_256")
    kms.put_key_policy(KeyId=key, Policy=policy(
        {**allow("kms:*"), "Principal": {"AWS": ROOT}},
        {**allow(["kms:Decrypt", "kms:GenerateDataKey"]), "Principal": {"AWS": f"arn:aws:iam::{BACKUP}:root"},
         "Condition": {"StringEquals": {"kms:EncryptionContext:a": "1"}}}))
    check(theirs.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "1"})["Plaintext"] == b"text", "a shared key")
    refused("AccessDeniedException", theirs.generate_data_key, KeyId=arn, KeySpec="AES_256")
    refused("AccessDeniedException", theirs.generate_data_key, KeyId=arn, KeySpec="AES_256",
            EncryptionContext={"a": "2"})

    kms.disable_key(KeyId=key)
    for call, args in ((kms.decrypt, {"CiphertextBlob": blob, "EncryptionContext": {"a": "1"}}),
                       (kms.generate_data_key, {"KeyId": key, "KeySpec": "AES_256"}),
                       (kms.encrypt, {"KeyId": key, "Plaintext": b"x"})):
        refused("DisabledException", call, **args, message="is disabled")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    refused("KMSInvalidStateException", kms.decrypt, CiphertextBlob=blob, EncryptionContext={"a": "1"},
            message="is pending deletion")


def states(kms, key):
    kms.disable_key(KeyId=key)
    refused("DisabledException", kms.enable_key_rotation, KeyId=key, message="is disabled")
    refused("KMSInvalidStateException", kms.cancel_key_deletion, KeyId=key, message="not pending")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    refused("KMSInvalidStateException", kms.schedule_key_deletion, KeyId=key, message="is pending deletion")
    refused("KMSInvalidStateException", kms.enable_key, KeyId=key, message="is pending deletion")
    refused("KMSInvalidStateException", kms.create_alias, AliasName="alias/late", TargetKeyId=key)


def other_account(world):
    """A key speaks to another account only by its own policy, and is changed by its own account only."""
    mine, theirs = world.place().kms, world.place(BACKUP).kms
    made = mine.create_key()["KeyMetadata"]
    refused("AccessDeniedException", theirs.describe_key, KeyId=made["Arn"])
    mine.put_key_policy(KeyId=made["KeyId"], Policy=policy(
        {**allow("kms:*"), "Principal": {"AWS": ROOT}},
        {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{BACKUP}:root"}}))
    check(theirs.describe_key(KeyId=made["Arn"])["KeyMetadata"]["AWSAccountId"] == WORKLOAD, "a shared key")
    refused("AccessDeniedException", theirs.schedule_key_deletion, KeyId=made["Arn"])
    refused("NotFoundException", theirs.describe_key, KeyId=made["KeyId"])
    refused("NotFoundException", world.place(region="us-east-2").kms.describe_key, KeyId=made["Arn"])
    gone = mine.create_key()["KeyMetadata"]["KeyId"]
    mine.schedule_key_deletion(KeyId=gone, PendingWindowInDays=7)
    world.pass_time(days=8)
    refused("NotFoundException", mine.describe_key, KeyId=gone)
