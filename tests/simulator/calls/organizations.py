import json

from clients import BACKUP, MANAGEMENT, WORKLOAD, check, pages, refused


def call_all(place):
    organizations = place.organizations
    got = organizations.describe_organization()["Organization"]
    check(got["MasterAccountId"] == MANAGEMENT and got["FeatureSet"] == "ALL", "the organization")
    found, count = pages(organizations, "list_accounts", "Accounts", 1)
    check({a["Id"] for a in found} == {WORKLOAD, BACKUP, MANAGEMENT} and count == 3, "its accounts")
    one = organizations.describe_account(AccountId=WORKLOAD)["Account"]
    check(one["Name"] == "workload" and one["Status"] == "ACTIVE", "an account")
    roots = organizations.list_roots()["Roots"]
    check([r["Name"] for r in roots] == ["Root"], "its root")
    parents = organizations.list_parents(ChildId=WORKLOAD)["Parents"]
    check(parents == [{"Id": roots[0]["Id"], "Type": "ROOT"}], "the parent of an account")
    below, count = pages(organizations, "list_accounts_for_parent", "Accounts", 2, ParentId=roots[0]["Id"])
    check([a["Id"] for a in below] == [a["Id"] for a in found] and count == 2, "the accounts of a parent")
    policies(place)


SCP = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "backup:DeleteBackupVault", "Resource": "*"}]}


def policies(place):
    organizations = place.organizations
    made = organizations.create_policy(Name="keep", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(SCP),
                                       Tags=[{"Key": "team", "Value": "a"}])["Policy"]["PolicySummary"]
    check(made["AwsManaged"] is False and made["Type"] == "SERVICE_CONTROL_POLICY", "a policy")
    policy_id = made["Id"]
    organizations.update_policy(PolicyId=policy_id, Name="keep vaults", Description="d")
    got = organizations.describe_policy(PolicyId=policy_id)["Policy"]
    check(got["PolicySummary"]["Name"] == "keep vaults" and json.loads(got["Content"]) == SCP, "its name changes, not its text")
    organizations.attach_policy(PolicyId=policy_id, TargetId=WORKLOAD)
    organizations.attach_policy(PolicyId=policy_id, TargetId="r-root")
    found, count = pages(organizations, "list_targets_for_policy", "Targets", 1, PolicyId=policy_id)
    check({t["TargetId"]: t["Type"] for t in found} == {WORKLOAD: "ACCOUNT", "r-root": "ROOT"} and count == 2, "its targets")
    found, count = pages(organizations, "list_policies_for_target", "Policies", 1, TargetId=WORKLOAD,
                         Filter="SERVICE_CONTROL_POLICY")
    check({p["Name"] for p in found} == {"FullAWSAccess", "keep vaults"} and count == 2, "the policies of a target")
    found, _ = pages(organizations, "list_policies", "Policies", 1, Filter="RESOURCE_CONTROL_POLICY")
    check([p["Name"] for p in found] == ["RCPFullAWSAccess"], "the policies of a type")
    limits(place)
    resource_limits(place)
    for target in (WORKLOAD, "r-root"):
        organizations.detach_policy(PolicyId=policy_id, TargetId=target)
    organizations.tag_resource(ResourceId=policy_id, Tags=[{"Key": "a", "Value": "1"}])
    organizations.untag_resource(ResourceId=policy_id, TagKeys=["team"])
    check(organizations.list_tags_for_resource(ResourceId=policy_id)["Tags"] == [{"Key": "a", "Value": "1"}], "its tags")
    organizations.delete_policy(PolicyId=policy_id)
    root = organizations.disable_policy_type(RootId="r-root", PolicyType="TAG_POLICY")["Root"]
    check("TAG_POLICY" not in [t["Type"] for t in root["PolicyTypes"]], "a type is switched off")
    root = organizations.enable_policy_type(RootId="r-root", PolicyType="TAG_POLICY")["Root"]
    check("TAG_POLICY" in [t["Type"] for t in root["PolicyTypes"]], "and on")


def limits(place):
    """What a service control policy denies, nobody in the account may: those neither who have every right."""
    backup = place.world.place(WORKLOAD).backup
    backup.create_backup_vault(BackupVaultName="kept")
    refused("AccessDeniedException", backup.delete_backup_vault, BackupVaultName="kept",
            message="explicit deny in a service control policy")
    management = place.backup
    management.create_backup_vault(BackupVaultName="not-limited")
    management.delete_backup_vault(BackupVaultName="not-limited")


def resource_limits(place):
    """A resource control policy holds for the resources of its accounts, whoever asks."""
    organizations, queues = place.organizations, place.world.place(BACKUP).sqs
    url = queues.create_queue(QueueName="limited")["QueueUrl"]
    content = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]}
    policy_id = organizations.create_policy(Name="silent", Description="", Type="RESOURCE_CONTROL_POLICY",
                                            Content=json.dumps(content))["Policy"]["PolicySummary"]["Id"]
    queues.send_message(QueueUrl=url, MessageBody="x")
    organizations.attach_policy(PolicyId=policy_id, TargetId=BACKUP)
    refused("AccessDeniedException", queues.send_message, QueueUrl=url, MessageBody="x",
            message="explicit deny in a resource control policy")
    organizations.detach_policy(PolicyId=policy_id, TargetId=BACKUP)
    organizations.delete_policy(PolicyId=policy_id)
    queues.delete_queue(QueueUrl=url)


def close(place):
    """What is closed is nobody's any more; what others have of it stays."""
    organizations = place.organizations
    refused("AccountNotFoundException", organizations.close_account, AccountId="000000000000")
    refused("ConstraintViolationException", organizations.close_account, AccountId=MANAGEMENT)
    closed = place.world.place(WORKLOAD)
    organizations.close_account(AccountId=WORKLOAD)
    check(organizations.describe_account(AccountId=WORKLOAD)["Account"]["Status"] == "SUSPENDED", "it is suspended")
    refused("AccountAlreadyClosedException", organizations.close_account, AccountId=WORKLOAD)
    refused("InvalidClientTokenId", closed.sts.get_caller_identity, status=403)
    refused("UnrecognizedClientException", closed.backup.list_backup_vaults, status=403)


def leave(place):
    """The management account cannot; a member that has left is in none, and no policy limits it."""
    refused("MasterCannotLeaveOrganizationException", place.organizations.leave_organization, status=400)
    member = place.world.place(BACKUP).organizations
    member.leave_organization()
    refused("AWSOrganizationsNotInUseException", member.describe_organization)
    refused("AWSOrganizationsNotInUseException", member.leave_organization)
