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
