from clients import allow, check, policy, refused, trust

MANAGED = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"


def refuse_all(world):
    iam = world.place().iam
    for call in (iam.get_role, iam.delete_role, iam.list_role_policies, iam.list_attached_role_policies):
        refused("NoSuchEntity", call, status=404, RoleName="none", message="cannot be found")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    refused("EntityAlreadyExists", iam.create_role, status=409, RoleName="r",
            AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    refused("ValidationError", iam.create_role, status=400, RoleName="a b",
            AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    documents(iam)
    refused("NoSuchEntity", iam.get_role_policy, status=404, RoleName="r", PolicyName="none")
    refused("NoSuchEntity", iam.delete_role_policy, status=404, RoleName="r", PolicyName="none")
    refused("NoSuchEntity", iam.attach_role_policy, status=404, RoleName="r",
            PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    refused("NoSuchEntity", iam.detach_role_policy, status=404, RoleName="r", PolicyArn=MANAGED)
    refused("NoSuchEntity", iam.get_policy, status=404, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    refused("NoSuchEntity", iam.get_policy_version, status=404, PolicyArn=MANAGED, VersionId="v999999")
    deletion(iam)
    managed(iam)
    linked(iam)


def documents(iam):
    def trusted(text, **more):
        refused("MalformedPolicyDocument", iam.update_assume_role_policy, status=400, RoleName="r",
                PolicyDocument=text, **more)
    trusted("{}")
    trusted(policy(allow("sts:AssumeRole")))  # nobody is trusted
    trusted(trust(aws="arn:aws:iam::111122223333:role/nobody"), message="Invalid principal in policy")
    for text in ("{", policy({**allow("*"), "Principal": "*"}), policy({"Effect": "Perhaps", "Action": "*"})):
        refused("MalformedPolicyDocument", iam.put_role_policy, status=400, RoleName="r", PolicyName="p",
                PolicyDocument=text)
    refused("LimitExceeded", iam.put_role_policy, status=409, RoleName="r", PolicyName="p",
            PolicyDocument=policy(allow([f"rds:Action{i:05}" for i in range(800)])))


def deletion(iam):
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy(allow("rds:*")))
    iam.attach_role_policy(RoleName="r", PolicyArn=MANAGED)
    refused("DeleteConflict", iam.delete_role, status=409, RoleName="r", message="detach")
    iam.detach_role_policy(RoleName="r", PolicyArn=MANAGED)
    refused("DeleteConflict", iam.delete_role, status=409, RoleName="r")
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    iam.delete_role(RoleName="r")


def managed(iam):
    arn, document = "arn:aws:iam::111122223333:policy/p", policy(allow("rds:*"))
    for call in (iam.get_policy, iam.delete_policy, iam.list_policy_versions, iam.list_policy_tags):
        refused("NoSuchEntity", call, status=404, PolicyArn=arn)
    iam.create_policy(PolicyName="p", PolicyDocument=document)
    refused("EntityAlreadyExists", iam.create_policy, status=409, PolicyName="p", Path="/x/", PolicyDocument=document)
    refused("MalformedPolicyDocument", iam.create_policy, status=400, PolicyName="q", PolicyDocument="{}")
    refused("LimitExceeded", iam.create_policy, status=409, PolicyName="q",
            PolicyDocument=policy(allow([f"rds:Action{i:05}" for i in range(500)])))
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)
    refused("LimitExceeded", iam.create_policy_version, status=409, PolicyArn=arn, PolicyDocument=document,
            message="up to 5 versions")
    refused("DeleteConflict", iam.delete_policy_version, status=409, PolicyArn=arn, VersionId="v1")
    refused("NoSuchEntity", iam.delete_policy_version, status=404, PolicyArn=arn, VersionId="v9")
    refused("DeleteConflict", iam.delete_policy, status=409, PolicyArn=arn, message="more than one version")
    for version in ("v2", "v3", "v4", "v5"):
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.create_role(RoleName="bound", AssumeRolePolicyDocument=trust("backup.amazonaws.com"), PermissionsBoundary=arn)
    refused("DeleteConflict", iam.delete_policy, status=409, PolicyArn=arn, message="attached")
    refused("NoSuchEntity", iam.put_role_permissions_boundary, status=404, RoleName="bound", PermissionsBoundary=arn + "s",
            message="is not attachable")
    refused("NoSuchEntity", iam.create_role, status=404, RoleName="unbound", PermissionsBoundary=arn + "s",
            AssumeRolePolicyDocument=trust("backup.amazonaws.com"), message="is not attachable")
    iam.delete_role(RoleName="bound")
    iam.delete_policy(PolicyArn=arn)
    refused("AccessDenied", iam.delete_policy, status=403, PolicyArn=MANAGED)


def linked(iam):
    name = "AWSServiceRoleForBackup"
    refused("InvalidInput", iam.create_service_linked_role, status=400, AWSServiceName="backup.amazonaws.com",
            message="has been taken")
    refused("InvalidInput", iam.create_service_linked_role, status=400, AWSServiceName="backup")
    document = policy(allow("rds:*"))
    refused("UnmodifiableEntity", iam.delete_role, status=400, RoleName=name)
    refused("UnmodifiableEntity", iam.put_role_policy, status=400, RoleName=name, PolicyName="p",
            PolicyDocument=document)
    refused("UnmodifiableEntity", iam.update_assume_role_policy, status=400, RoleName=name,
            PolicyDocument=trust("lambda.amazonaws.com"))
    check(iam.get_role(RoleName=name)["Role"]["Path"].startswith("/aws-service-role/"), "it is as it was")
