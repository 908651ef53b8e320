"""The judge of answers can say no: each kind of violation once, in answers made by hand."""

import json

import botocore.session

import strict
from clients import check, done

SESSION = botocore.session.Session()
IAM = "https://iam.amazonaws.com/doc/2010-05-08/"
ROLE = ("<Role><Path>/</Path><RoleName>r</RoleName><RoleId>AROAAAAAAAAAAAAAAAAA</RoleId>"
        "<Arn>arn:aws:iam::111122223333:role/r</Arn><CreateDate>{date}</CreateDate>{more}</Role>")


def judge(service, operation, body, status=200, headers=None):
    model = SESSION.get_service_model(service).operation_model(operation)
    if not isinstance(body, str):
        body = json.dumps(body)
    return strict.violations(model, {"status_code": status, "body": body.encode(),
                                     "headers": {"x-amzn-RequestId": "1", **(headers or {})}})


def get_role(date="2026-01-01T00:00:00Z", more="", space=IAM, wrapper="GetRoleResult", request_id="1"):
    return (f'<GetRoleResponse xmlns="{space}"><{wrapper}>{ROLE.format(date=date, more=more)}</{wrapper}>'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></GetRoleResponse>")


def topic_attributes(entries):
    space = "http://sns.amazonaws.com/doc/2010-03-31/"
    return (f'<GetTopicAttributesResponse xmlns="{space}"><GetTopicAttributesResult><Attributes>{entries}</Attributes>'
            "</GetTopicAttributesResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
            "</GetTopicAttributesResponse>")


def not_found(code="NoSuchEntity", kind="Sender"):
    return (f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>m</Message></Error>"
            "<RequestId>1</RequestId></ErrorResponse>")


KEY = {"KeyId": "k", "KeyState": "Enabled", "CreationDate": 1767225600.5, "Enabled": True}
ERROR = {"x-amzn-ErrorType": "ResourceNotFoundException"}

GOOD = [
    ("kms", "DescribeKey", {"KeyMetadata": KEY}),
    ("kms", "TagResource", ""),
    ("kms", "TagResource", {}),
    ("backup", "ListTags", {"Tags": {"a": "b"}}),
    ("backup", "DeleteBackupVault", ""),
    ("iam", "GetRole", get_role()),
    ("iam", "GetRole", not_found(), 404),
    ("backup", "DescribeCopyJob", {"Code": "c", "Message": "m", "Type": "User"}, 400, ERROR),
    ("kms", "DescribeKey", {"__type": "NotFoundException", "message": "m"}, 400),
    ("sns", "GetTopicAttributes", topic_attributes("<entry><key>a</key><value>b</value></entry>")),
]

BAD = [
    ("no member Colour", "kms", "DescribeKey", {"KeyMetadata": {**KEY, "Colour": "red"}}),
    ("required member KeyId", "kms", "DescribeKey", {"KeyMetadata": {"Enabled": True}}),
    ("none of", "kms", "DescribeKey", {"KeyMetadata": {**KEY, "KeyState": "Fine"}}),
    ("is no boolean", "kms", "DescribeKey", {"KeyMetadata": {**KEY, "Enabled": "true"}}),
    ("is no string", "kms", "DescribeKey", {"KeyMetadata": {**KEY, "KeyId": 7}}),
    ("not seconds?", "kms", "DescribeKey", {"KeyMetadata": {**KEY, "CreationDate": 1767225600000}}),
    ("epoch seconds", "kms", "DescribeKey", {"KeyMetadata": {**KEY, "CreationDate": "2026-01-01T00:00:00Z"}}),
    ("null", "kms", "DescribeKey", {"KeyMetadata": {**KEY, "Description": None}}),
    ("below the minimum", "kms", "DescribeKey", {"KeyMetadata": {**KEY, "KeyId": ""}}),
    ("is no integer", "kms", "DescribeKey", {"KeyMetadata": {**KEY, "PendingDeletionWindowInDays": 7.5}}),
    ("has no answer", "kms", "TagResource", {"a": 1}),
    ("is no list", "kms", "ListKeys", {"Keys": {}}),
    ("is no map", "backup", "ListTags", {"Tags": []}),
    ("does not match", "backup", "CreateBackupVault", {"BackupVaultName": "a b"}),
    ("an empty body", "backup", "CreateBackupVault", ""),
    ("has no answer", "backup", "DeleteBackupVault", {"a": 1}),
    ("no JSON", "backup", "CreateBackupVault", "<xml/>"),
    ("the model says 201", "lambda", "AddPermission", {"Statement": "s"}, 200),
    ("the model says 204", "lambda", "RemovePermission", "", 200),
    ("no member Colour", "iam", "GetRole", get_role(more="<Colour/>")),
    ("stands twice", "iam", "GetRole", get_role(more="<Path>/</Path>")),
    ("is no time", "iam", "GetRole", get_role(date="1767225600")),
    ("no time that exists", "iam", "GetRole", get_role(date="2026-02-30T00:00:00Z")),
    ("where member is expected", "iam", "GetRole", get_role(more="<Tags><Tag><Key>a</Key></Tag></Tags>")),
    ("required member Value", "iam", "GetRole", get_role(more="<Tags><member><Key>a</Key></member></Tags>")),
    ("is no integer", "iam", "GetRole", get_role(more="<MaxSessionDuration>x</MaxSessionDuration>")),
    ("the root is", "iam", "GetRole", get_role(space="urn:x")),
    ("an entry of a map", "sns", "GetTopicAttributes", topic_attributes("<member><key>a</key><value>b</value></member>")),
    ("an entry of a map", "sns", "GetTopicAttributes", topic_attributes("<entry><value>b</value></entry>")),
    ("no GetRoleResult", "iam", "GetRole", get_role(wrapper="Result")),
    ("no RequestId", "iam", "GetRole", get_role(request_id="")),
    ("the model says 404", "iam", "GetRole", not_found(), 400),
    ("cannot fail with", "iam", "GetRole", not_found(code="Nothing"), 404),
    ("Type and Message", "iam", "GetRole", not_found(kind="User"), 404),
    ("cannot fail with", "kms", "DescribeKey", {"__type": "NoSuchEntity", "message": "m"}, 400),
    ("says nothing", "kms", "DescribeKey", {"__type": "NotFoundException"}, 400),
    ("without code", "backup", "DescribeCopyJob", {"Code": "c", "Message": "m"}, 400),
    ("has no member Arn", "backup", "DescribeCopyJob", {"Message": "m", "Arn": "a"}, 400, ERROR),
    ("no x-amzn-RequestId", "backup", "DeleteBackupVault", "", 200, {"x-amzn-RequestId": ""}),
]

for case in GOOD:
    found = judge(*case)
    check(not found, f"{case[0]} {case[1]} is good: {found}")
for wanted, *case in BAD:
    found = judge(*case)
    check(found and all(wanted in f for f in found[:1]), f"{case[0]} {case[1]} {case[2]}: {found}, expected '{wanted}'")
done()
