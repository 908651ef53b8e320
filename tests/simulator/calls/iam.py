from clients import allow, check, pages, policy, trust

MANAGED = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
RESTORES = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores"


def call_all(place):
    iam = place.iam
    made = iam.create_role(RoleName="all", Path="/team/", Description="first", MaxSessionDuration=7200,
                           AssumeRolePolicyDocument=trust("backup.amazonaws.com"),
                           Tags=[{"Key": "team", "Value": "a & b"}])["Role"]
    check(made["Arn"] == f"arn:aws:iam::{place.account}:role/team/all", "the ARN of a role")
    check(made["MaxSessionDuration"] == 7200 and made["RoleId"].startswith("AROA"), "a role's parts")
    iam.update_role(RoleName="all", Description="second", MaxSessionDuration=3600)
    iam.update_assume_role_policy(RoleName="all", PolicyDocument=trust("lambda.amazonaws.com"))
    got = iam.get_role(RoleName="all")["Role"]
    check(got["Description"] == "second" and got["MaxSessionDuration"] == 3600, "a role changes")
    check(got["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": ["lambda.amazonaws.com"]},
          "trust comes back decoded")
    check(got["Tags"] == [{"Key": "team", "Value": "a & b"}], "text in XML is escaped and read back")
    found, count = pages(iam, "list_roles", "Roles", 1)
    check("all" in [r["RoleName"] for r in found] and count == len(found) >= 2, "roles are listed")
    below = iam.list_roles(PathPrefix="/team/")["Roles"]
    check([r["RoleName"] for r in below] == ["all"], "roles below a path")
    check(not iam.list_instance_profiles_for_role(RoleName="all")["InstanceProfiles"], "nobody makes profiles")
    inline(iam)
    attached(iam)
    managed(place)
    boundary_and_tags(iam)
    linked = iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com", Description="d")["Role"]
    check(linked["Path"] == "/aws-service-role/rds.amazonaws.com/", "a service-linked role's path")
    check(iam.get_role(RoleName=linked["RoleName"])["Role"]["Description"] == "d", "its description")
    task = iam.delete_service_linked_role(RoleName=linked["RoleName"])["DeletionTaskId"]
    check(task.startswith("task/aws-service-role/rds.amazonaws.com/"), f"its deletion has a name: {task}")
    iam.delete_role(RoleName="all")
    check("all" not in [r["RoleName"] for r in iam.list_roles()["Roles"]], "a deleted role is gone")


def inline(iam):
    document = policy({"Sid": "s", **allow("rds:*")})
    for name in ("b", "a"):
        iam.put_role_policy(RoleName="all", PolicyName=name, PolicyDocument=document)
    names, count = pages(iam, "list_role_policies", "PolicyNames", 1, RoleName="all")
    check(names == ["a", "b"] and count == 2, "inline policies are listed")
    got = iam.get_role_policy(RoleName="all", PolicyName="a")
    check(got["PolicyDocument"]["Statement"][0]["Action"] == "rds:*", "an inline policy comes back")
    for name in names:
        iam.delete_role_policy(RoleName="all", PolicyName=name)
    check(not iam.list_role_policies(RoleName="all")["PolicyNames"], "no inline policy is left")


def attached(iam):
    for arn in (MANAGED, RESTORES):
        iam.attach_role_policy(RoleName="all", PolicyArn=arn)
    iam.attach_role_policy(RoleName="all", PolicyArn=MANAGED)
    found, count = pages(iam, "list_attached_role_policies", "AttachedPolicies", 1, RoleName="all")
    check([p["PolicyArn"] for p in found] == [MANAGED, RESTORES] and count == 2, "attached policies")
    got = iam.get_policy(PolicyArn=MANAGED)["Policy"]
    check(got["PolicyName"] == "AWSBackupServiceRolePolicyForBackup" and got["IsAttachable"], "a managed policy")
    version = iam.get_policy_version(PolicyArn=MANAGED, VersionId=got["DefaultVersionId"])["PolicyVersion"]
    actions = [a for s in version["Document"]["Statement"] for a in s["Action"]]
    check("rds:CreateDBSnapshot" in actions, "the text of a managed policy")
    for arn in (MANAGED, RESTORES):
        iam.detach_role_policy(RoleName="all", PolicyArn=arn)
    check(not iam.list_attached_role_policies(RoleName="all")["AttachedPolicies"], "none is attached")


def managed(place):
    iam, document = place.iam, policy(allow("rds:*"))
    made = iam.create_policy(PolicyName="own", Path="/team/", Description="d", PolicyDocument=document,
                             Tags=[{"Key": "team", "Value": "a"}])["Policy"]
    arn = f"arn:aws:iam::{place.account}:policy/team/own"
    check(made["Arn"] == arn and made["DefaultVersionId"] == "v1", "a policy of the account's own")
    check(made["PolicyId"].startswith("ANPA") and made["AttachmentCount"] == 0, "its parts")
    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("sqs:*")), SetAsDefault=True)
    check(second["PolicyVersion"]["VersionId"] == "v2", "a second version")
    for number in (3, 4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)
    versions, count = pages(iam, "list_policy_versions", "Versions", 3, PolicyArn=arn)
    check({v["VersionId"]: v["IsDefaultVersion"] for v in versions} ==
          {"v1": False, "v2": True, "v3": False, "v4": False} and count == 2, "its versions")
    got = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]
    check(got["Statement"][0]["Action"] == "sqs:*", "the document of one")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    for version in ("v2", "v3", "v4"):
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    check(iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1", "another is the default")
    iam.create_policy(PolicyName="also", PolicyDocument=document)
    found, count = pages(iam, "list_policies", "Policies", 1, Scope="Local")
    check([p["PolicyName"] for p in found] == ["also", "own"] and count == 2, "the account's policies")
    iam.attach_role_policy(RoleName="all", PolicyArn=arn)
    found, _ = pages(iam, "list_entities_for_policy", "PolicyRoles", 1, PolicyArn=arn)
    check([r["RoleName"] for r in found] == ["all"], "who has it")
    check(iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1, "counted")
    iam.detach_role_policy(RoleName="all", PolicyArn=arn)
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["team"])
    found, count = pages(iam, "list_policy_tags", "Tags", 1, PolicyArn=arn)
    check(found == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}] and count == 2, "a policy's tags")
    iam.delete_policy(PolicyArn=arn)
    check([p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]] == ["also"], "one is left")


def boundary_and_tags(iam):
    iam.put_role_permissions_boundary(RoleName="all", PermissionsBoundary=MANAGED)
    got = iam.get_role(RoleName="all")["Role"]["PermissionsBoundary"]
    check(got["PermissionsBoundaryArn"] == MANAGED, "a boundary")
    iam.delete_role_permissions_boundary(RoleName="all")
    check("PermissionsBoundary" not in iam.get_role(RoleName="all")["Role"], "no boundary")
    iam.tag_role(RoleName="all", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    iam.untag_role(RoleName="all", TagKeys=["team"])
    found, count = pages(iam, "list_role_tags", "Tags", 1, RoleName="all")
    check(found == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}] and count == 2, "a role's tags")
