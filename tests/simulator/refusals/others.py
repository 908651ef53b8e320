"""SQS, Logs, RDS, Organizations and STS; and calls that no SDK would send."""

import urllib.error
import urllib.request

from clients import BACKUP, MANAGEMENT, WORKLOAD, allow, check, policy, refused


def sqs(world):
    sqs, gone = world.place().sqs, "https://sqs.us-east-1.amazonaws.com/111122223333/none"
    missing = "AWS.SimpleQueueService.NonExistentQueue"
    refused(missing, sqs.get_queue_url, status=400, QueueName="none")
    refused(missing, sqs.send_message, QueueUrl=gone, MessageBody="x")
    error = refused(missing, sqs.get_queue_attributes, QueueUrl=gone, AttributeNames=["All"])
    check(isinstance(error, sqs.exceptions.QueueDoesNotExist), "the class of the error is that of the model")
    url = sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "5"})["QueueUrl"]
    refused("QueueAlreadyExists", sqs.create_queue, QueueName="q", Attributes={"DelaySeconds": "6"})
    refused("InvalidParameterValue", sqs.create_queue, QueueName="a b")
    refused("InvalidAttributeName", sqs.set_queue_attributes, QueueUrl=url, Attributes={"Colour": "red"})
    refused("InvalidAttributeValue", sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": "{"})
    nobody = {"AWS": f"arn:aws:iam::{WORKLOAD}:role/nobody"}
    refused("InvalidAttributeValue", sqs.set_queue_attributes, QueueUrl=url, Attributes={
        "Policy": policy({**allow("sqs:*"), "Principal": nobody})})
    refused("ReceiptHandleIsInvalid", sqs.delete_message, QueueUrl=url, ReceiptHandle="?")
    refused("AccessDeniedException", world.place(BACKUP).sqs.send_message, status=403, QueueUrl=url, MessageBody="x")
    sqs.delete_queue(QueueUrl=url)
    refused("AWS.SimpleQueueService.QueueDeletedRecently", sqs.create_queue, QueueName="q")
    world.pass_time(seconds=61)
    sqs.create_queue(QueueName="q")


def tagging(world):
    tagging, bad = world.place().resourcegroupstaggingapi, "InvalidParameterException"
    refused(bad, tagging.get_resources, status=400, PaginationToken="?")
    refused(bad, tagging.get_resources, ResourcesPerPage=101)
    refused(bad, tagging.get_resources, ResourcesPerPage=0)
    refused(bad, tagging.get_resources, TagFilters=[{"Values": ["v"]}])


def tags_of_points(world):
    place = world.place()
    refused("InvalidParameterValue", place.ec2.describe_tags, status=400, Filters=[{"Name": "colour", "Values": ["red"]}])
    refused("InvalidPaginationToken", place.ec2.describe_tags, NextToken="?")
    system = f"arn:aws:fsx:us-east-1:{WORKLOAD}:backup/backup-0123456789abcdef0"
    refused("ResourceNotFound", place.fsx.list_tags_for_resource, status=400, ResourceARN=system)
    refused("NotServiceResourceError", place.fsx.list_tags_for_resource, ResourceARN=system.replace("fsx", "rds"))
    world.private("settings", {"list_tags_refuse": 1})
    refused("InvalidParameterValueException", place.backup.list_tags, ResourceArn=system)
    refused("ResourceNotFoundException", place.backup.list_tags,
            ResourceArn=f"arn:aws:backup:us-east-1:{WORKLOAD}:recovery-point:none")
    world.private("settings", {"list_tags_refuse": ""})


def logs(world):
    logs = world.place().logs
    for call in (logs.delete_log_group, logs.describe_log_streams, logs.delete_retention_policy):
        refused("ResourceNotFoundException", call, logGroupName="/none")
    logs.create_log_group(logGroupName="/g")
    refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName="/g")
    refused("InvalidParameterException", logs.put_retention_policy, logGroupName="/g", retentionInDays=31)
    refused("ResourceNotFoundException", logs.get_log_events, logGroupName="/g", logStreamName="none")
    logs.create_log_stream(logGroupName="/g", logStreamName="s")
    refused("ResourceAlreadyExistsException", logs.create_log_stream, logGroupName="/g", logStreamName="s")
    refused("InvalidParameterException", logs.tag_resource, tags={"a": "b"},
            resourceArn=f"arn:aws:sqs:us-east-1:{WORKLOAD}:g")


def rds(world):
    rds = world.place().rds
    refused("DBInstanceNotFound", rds.describe_db_instances, status=404, DBInstanceIdentifier="none")
    refused("DBSnapshotNotFound", rds.describe_db_snapshots, status=404, DBSnapshotIdentifier="none")
    refused("DBInstanceNotFound", rds.list_tags_for_resource, status=404,
            ResourceName=f"arn:aws:rds:us-east-1:{WORKLOAD}:db:none")
    refused("DBSnapshotNotFound", rds.list_tags_for_resource, status=404,
            ResourceName=f"arn:aws:rds:us-east-1:{WORKLOAD}:snapshot:none")


def organizations(world):
    management, member = world.place(MANAGEMENT).organizations, world.place().organizations
    refused("AccessDeniedException", member.list_accounts)
    refused("AccountNotFoundException", management.describe_account, AccountId="000000000000")
    refused("ChildNotFoundException", management.list_parents, ChildId="000000000000")
    refused("ParentNotFoundException", management.list_accounts_for_parent, ParentId="r-none")
    organization_policies(management, member)


def organization_policies(management, member):
    whole = {"Name": "p", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": policy(
        {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"})}
    refused("AccessDeniedException", member.create_policy, **whole)
    for wrong in ({"Content": "{"}, {"Content": "{}"}, {"Content": policy({**allow("*"), "Principal": "*"})},
                  {"Type": "RESOURCE_CONTROL_POLICY"}):
        refused("MalformedPolicyDocumentException", management.create_policy, **{**whole, **wrong})
    refused("InvalidInputException", management.create_policy, **{**whole, "Type": "WISH"})
    refused("PolicyNotFoundException", management.describe_policy, PolicyId="p-none12345")
    made = management.create_policy(**whole)["Policy"]["PolicySummary"]["Id"]
    refused("DuplicatePolicyException", management.create_policy, **whole)
    refused("TargetNotFoundException", management.attach_policy, PolicyId=made, TargetId="000000000000")
    refused("PolicyNotAttachedException", management.detach_policy, PolicyId=made, TargetId=WORKLOAD)
    management.attach_policy(PolicyId=made, TargetId=WORKLOAD)
    refused("DuplicatePolicyAttachmentException", management.attach_policy, PolicyId=made, TargetId=WORKLOAD)
    refused("PolicyInUseException", management.delete_policy, PolicyId=made)
    management.detach_policy(PolicyId=made, TargetId=WORKLOAD)
    refused("InvalidInputException", management.delete_policy, PolicyId="p-FullAWSAccess")
    refused("PolicyTypeAlreadyEnabledException", management.enable_policy_type, RootId="r-root", PolicyType="TAG_POLICY")
    refused("RootNotFoundException", management.enable_policy_type, RootId="r-none", PolicyType="TAG_POLICY")
    management.disable_policy_type(RootId="r-root", PolicyType="SERVICE_CONTROL_POLICY")
    refused("PolicyTypeNotEnabledException", management.attach_policy, PolicyId=made, TargetId=WORKLOAD)
    management.enable_policy_type(RootId="r-root", PolicyType="SERVICE_CONTROL_POLICY")
    management.delete_policy(PolicyId=made)


def sts(world):
    stranger = world.place("777777777777")
    refused("InvalidClientTokenId", stranger.sts.get_caller_identity, status=403)
    refused("UnrecognizedClientException", stranger.kms.list_keys)
    refused("UnrecognizedClientException", stranger.backup.list_backup_vaults, status=403)
    sts, deployer = world.place().sts, f"arn:aws:iam::{WORKLOAD}:role/holdfast-deployer"
    for seconds in (899, 43201):
        refused("ValidationError", sts.assume_role, status=400, RoleArn=deployer, RoleSessionName="s",
                DurationSeconds=seconds)


def by_hand(world):
    """What an SDK refuses to send is refused by the simulator, too."""
    place = world.place()
    refused("ValidationException", place.kms.describe_key, status=400)
    refused("ValidationError", place.iam.get_role, status=400)
    refused("MissingParameterValueException", place.backup.start_copy_job, status=400, RecoveryPointArn="x")
    refused("InvalidParameterException", place.logs.create_log_group, status=400)
    refused("MissingParameter", place.sqs.create_queue, status=400)
    for path, headers, status in (
            ("/backup-vaults/", {}, 403), ("/", {"X-Amz-Target": "TrentService.ListKeys"}, 403),
            ("/", {"Authorization": "AWS4-HMAC-SHA256 Credential=x"}, 403),
            ("/nothing", {"Authorization": "AWS4-HMAC-SHA256 Credential=111122223333/20260101/us-east-1/"
                                           "backup/aws4_request, SignedHeaders=host, Signature=0"}, 404),
            ("/", {"Authorization": "AWS4-HMAC-SHA256 Credential=111122223333/20260101/us-east-1/"
                                    "ec2/aws4_request, SignedHeaders=host, Signature=0"}, 400)):
        try:
            urllib.request.urlopen(urllib.request.Request(world.url + path, headers=headers), timeout=20)
            got = 200
        except urllib.error.HTTPError as error:
            got = error.code
        check(got == status, f"{path} {headers}: status {got}, expected {status}")


def refuse_all(world):
    for part in (sqs, tagging, tags_of_points, logs, rds, organizations, sts, by_hand):
        part(world)
