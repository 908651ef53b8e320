"""AssumeRole: who may, where the calls of the session land, and what the session may not do."""

from clients import BACKUP, WORKLOAD, allow, check, done, policy, refused, served, trust

DEPLOYER = f"arn:aws:iam::{BACKUP}:role/holdfast-deployer"


def role_arn(name, account=BACKUP):
    return f"arn:aws:iam::{account}:role/{name}"


def assume(place, name, **more):
    return place.sts.assume_role(RoleArn=role_arn(name), RoleSessionName="session", **more)["Credentials"]


def lands_in_the_other_account(world, here, there):
    session = world.place_of_session(assume(here, "holdfast-deployer"), BACKUP)
    me = session.sts.get_caller_identity()
    check(me["Account"] == BACKUP, "the session belongs to the other account")
    check(me["Arn"] == f"arn:aws:sts::{BACKUP}:assumed-role/holdfast-deployer/session", "its name")
    check(me["UserId"].endswith(":session") and me["UserId"].startswith("AROA"), "its id")
    made = session.backup.create_backup_vault(BackupVaultName="made-by-session")["BackupVaultArn"]
    check(f":{BACKUP}:" in made, "what it makes is the other account's")
    check(there.backup.describe_backup_vault(BackupVaultName="made-by-session")["BackupVaultArn"] == made, "there")
    check(not here.backup.list_backup_vaults()["BackupVaultList"], "and nowhere else")
    chained = session.sts.assume_role(RoleArn=role_arn("holdfast-deployer", WORKLOAD), RoleSessionName="back")
    back = world.place_of_session(chained["Credentials"], WORKLOAD)
    check(back.sts.get_caller_identity()["Account"] == WORKLOAD, "a session may go on to the next role")
    refused("ValidationError", session.sts.assume_role, status=400, RoleArn=role_arn("holdfast-deployer", WORKLOAD),
            RoleSessionName="long", DurationSeconds=3601, message="role chaining")


def trust_decides(world, here, there):
    iam = there.iam
    iam.create_role(RoleName="closed", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    for name in ("closed", "none"):
        refused("AccessDenied", here.sts.assume_role, status=403, RoleArn=role_arn(name), RoleSessionName="s1",
                message="is not authorized to perform: sts:AssumeRole")
    iam.update_assume_role_policy(RoleName="closed", PolicyDocument=policy({
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{WORKLOAD}:root"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "key"}}}))
    for external in ({}, {"ExternalId": "other"}):
        refused("AccessDenied", here.sts.assume_role, status=403, RoleArn=role_arn("closed"), RoleSessionName="s1",
                **external)
    got = assume(here, "closed", ExternalId="key", DurationSeconds=900)
    check(got["AccessKeyId"].startswith("ASIA"), "the external id opens it")
    refused("ValidationError", here.sts.assume_role, status=400, RoleArn=role_arn("closed"), RoleSessionName="s1",
            ExternalId="key", DurationSeconds=3601, message="MaxSessionDuration")


def rights_of_the_role(world, here, there):
    iam = there.iam
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust(aws=f"arn:aws:iam::{WORKLOAD}:root"))
    session = world.place_of_session(assume(here, "reader"), BACKUP)
    check(session.sts.get_caller_identity()["Account"] == BACKUP, "everybody may ask who they are")
    refused("AccessDeniedException", session.backup.list_backup_vaults, status=403,
            message="is not authorized to perform: backup:ListBackupVaults")
    refused("AccessDeniedException", session.kms.create_key, status=400)
    refused("AccessDenied", session.iam.get_role, status=403, RoleName="reader")
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy(
        allow(["backup:List*", "backup:Describe*"]), allow("kms:CreateKey"),
        {"Effect": "Deny", "Action": "backup:ListBackupPlans", "Resource": "*"}))
    names = [v["BackupVaultName"] for v in session.backup.list_backup_vaults()["BackupVaultList"]]
    check(names == ["made-by-session"], "a policy counts at once")
    refused("AccessDeniedException", session.backup.list_backup_plans, status=403)
    refused("AccessDeniedException", session.backup.delete_backup_vault, status=403, BackupVaultName="made-by-session")
    # a key's own policy says who may use it; the account's root may by default, and pass it on
    key = session.kms.create_key()["KeyMetadata"]["KeyId"]
    refused("AccessDeniedException", session.kms.describe_key, status=400, KeyId=key)
    iam.put_role_policy(RoleName="reader", PolicyName="q", PolicyDocument=policy(allow("kms:DescribeKey")))
    session.kms.describe_key(KeyId=key)
    limited = world.place_of_session(
        assume(here, "reader", Policy=policy(allow("backup:ListBackupVaults"))), BACKUP)
    limited.backup.list_backup_vaults()
    refused("AccessDeniedException", limited.backup.list_backup_jobs, status=403)
    refused("AccessDeniedException", limited.kms.describe_key, KeyId=key)
    iam.put_role_permissions_boundary(RoleName="reader", PermissionsBoundary=
                                      "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup")
    refused("AccessDeniedException", session.backup.list_backup_jobs, status=403)


def pass_role(world, here, there):
    """To start a job one needs the right to pass the job's role to AWS Backup."""
    iam, database = there.iam, f"arn:aws:rds:eu-west-1:{BACKUP}:db:orders"
    role = role_arn("service-role/AWSBackupDefaultServiceRole")
    iam.create_role(RoleName="starter", AssumeRolePolicyDocument=trust(aws=f"arn:aws:iam::{WORKLOAD}:root"))
    iam.put_role_policy(RoleName="starter", PolicyName="p", PolicyDocument=policy(allow("backup:*")))
    there.backup.create_backup_vault(BackupVaultName="vault")
    session = world.place_of_session(assume(here, "starter"), BACKUP, "eu-west-1")
    job = {"BackupVaultName": "vault", "ResourceArn": database, "IamRoleArn": role}
    refused("AccessDeniedException", session.backup.start_backup_job, status=403, message="iam:PassRole", **job)
    iam.put_role_policy(RoleName="starter", PolicyName="q", PolicyDocument=policy(allow(
        "iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})))
    refused("AccessDeniedException", session.backup.start_backup_job, status=403, message="iam:PassRole", **job)
    iam.put_role_policy(RoleName="starter", PolicyName="q", PolicyDocument=policy(allow(
        "iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": "backup.amazonaws.com"}})))
    check(session.backup.start_backup_job(**job)["BackupJobId"], "a role that may be passed")


def broken_credentials(world, here):
    good = assume(here, "holdfast-deployer")
    forged = {**good, "SessionToken": "forged"}
    unknown = {**good, "AccessKeyId": "ASIAAAAAAAAAAAAAAAAA"}
    for keys in (forged, unknown):
        session = world.place_of_session(keys, BACKUP)
        refused("InvalidClientTokenId", session.sts.get_caller_identity, status=403)
        refused("UnrecognizedClientException", session.backup.list_backup_vaults, status=403)
    no_token = world.client("backup", "us-east-1", aws_access_key_id=good["AccessKeyId"],
                            aws_secret_access_key=good["SecretAccessKey"])
    refused("UnrecognizedClientException", no_token.list_backup_vaults, status=403)


def roles_take_time_to_spread(world, here, there):
    """With iam_delay_ms a new role is not yet known elsewhere: AWS's eventual consistency."""
    world.private("settings", {"iam_delay_ms": 15000})
    there.iam.create_role(RoleName="new", AssumeRolePolicyDocument=trust(aws=f"arn:aws:iam::{WORKLOAD}:root"))
    refused("AccessDenied", here.sts.assume_role, status=403, RoleArn=role_arn("new"), RoleSessionName="s1")
    world.pass_time(seconds=16)
    assume(here, "new")


with served() as world:
    here, there = world.place(), world.place(BACKUP)
    lands_in_the_other_account(world, here, there)
    trust_decides(world, here, there)
    rights_of_the_role(world, here, there)
    pass_role(world, here, world.place(BACKUP, "eu-west-1"))
    broken_credentials(world, here)
    roles_take_time_to_spread(world, here, there)
done()
