"""The judge of requests can say no: each kind of violation once, in requests made by hand."""

import json
import sys

from judge import Judge

JUDGE = Judge({"backup": "backup", "kms": "kms", "iam": "iam", "sts": "sts", "lambda": "lambda", "rds": "rds",
               "s3": "s3", "events": "events"})
failures = 0


def rest(operation, method, uri, body=None, service="backup", **headers):
    path, _, query = uri.partition("?")
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
    return {"operation": f"{service}:{operation}", "method": method, "path": path, "query": query,
            "body": (body or "").encode(),
            "headers": {**({"content-type": "application/json"} if body else {}), **headers}}


def kms(operation, body, target=None, uri="/", method="POST", version="1.1"):
    body = body if isinstance(body, str) else json.dumps(body)
    return {"operation": f"kms:{operation}", "method": method, "path": uri, "query": "", "body": body.encode(),
            "headers": {"content-type": f"application/x-amz-json-{version}",
                        "x-amz-target": target or f"TrentService.{operation}"}}


def form(operation, body, service="iam", version="2010-05-08", action=None, uri="/"):
    return {"operation": f"{service}:{operation}", "method": "POST", "path": uri, "query": "",
            "body": f"Action={action or operation}&Version={version}{body}".encode(),
            "headers": {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}}


ARN = "arn%3Aaws%3Abackup%3Aus-east-1%3A111122223333%3Abackup-vault%3Afinal"
RULE = {"RuleName": "daily", "TargetBackupVaultName": "final"}
PLAN = {"BackupPlan": {"BackupPlanName": "p", "Rules": [RULE]}}
ROLE = "&RoleName=r&AssumeRolePolicyDocument=%7B%7D"
TARGET = {"Rule": "r", "Targets": [{"Id": "1", "Arn": "arn:aws:lambda:us-east-1:111122223333:function:f"}]}


def plan(**rule):
    return rest("CreateBackupPlan", "PUT", "/backup/plans/",
                {"BackupPlan": {"BackupPlanName": "p", "Rules": [{**RULE, **rule}]}})


GOOD = [
    rest("CreateBackupVault", "PUT", "/backup-vaults/final", {"BackupVaultTags": {"a": "b"}}),
    rest("CreateBackupVault", "PUT", "/backup-vaults/final"),
    rest("CreateBackupPlan", "PUT", "/backup/plans/", PLAN),
    rest("ListBackupVaults", "GET", "/backup-vaults/?maxResults=10&nextToken=a%2Bb"),
    rest("ListBackupJobs", "GET", "/backup-jobs/?createdAfter=2026-01-01T00%3A00%3A00Z"),
    rest("ListTags", "GET", f"/tags/{ARN}/"),
    kms("CreateKey", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    form("CreateRole", ROLE + "&Tags.member.1.Key=a&Tags.member.1.Value=b"),
    form("DescribeDBInstances", "&Filters.Filter.1.Name=n&Filters.Filter.1.Values.Value.1=v", "rds", "2014-10-31"),
    rest("Invoke", "POST", "/2015-03-31/functions/f/invocations", "{}", "lambda"),
    rest("PutBucketVersioning", "PUT", "/b?versioning",
         '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status>'
         "</VersioningConfiguration>", "s3", **{"x-amz-checksum-sha256": "x"}),
    rest("PutBucketPolicy", "PUT", "/b?policy", "{}", "s3", **{"x-amz-checksum-sha256": "x"}),
    rest("PutObject", "PUT", "/b/a/key", "text", "s3", **{"if-none-match": "*"}),
]

BAD = [
    # which operation it is
    ("no service is called so", rest("ListTags", "GET", "/x", service="water")),
    ("a signed request", {**rest("ListTags", "GET", "/x"), "operation": None}),
    ("matches no operation", rest("CreateBackupVault", "PUT", "/backup-vault/final")),
    ("matches no operation", rest("CreateBackupPlan", "PUT", "/backup/plans", PLAN)),
    ("matches no operation", rest("ListTags", "GET", "/tags/arn:aws:x/y/")),
    ("matches no operation", rest("ListTags", "GET", "/tags//")),
    ("matches no operation", kms("CreateKey", {}, uri="/keys")),
    ("matches no operation", kms("CreateKey", {}, method="PUT")),
    ("matches no operation", form("CreateRole", ROLE, uri="/iam")),
    ("the wire says DeleteBackupVault", rest("DescribeBackupVault", "DELETE", "/backup-vaults/final")),
    ("the wire says DescribeKey", kms("CreateKey", {"KeyId": "k"}, "TrentService.DescribeKey")),
    ("the wire says GetRole", form("CreateRole", "&RoleName=r", action="GetRole")),
    ("is no operation", kms("CreateKey", {}, "TrentService.MakeKey")),
    ("is no operation", kms("CreateKey", {}, "AWSEvents.CreateKey")),
    ("is no operation", form("MakeRole", "")),
    ("the version is 2011-01-01", form("CreateRole", ROLE, version="2011-01-01")),
    # encoding
    ("encoded otherwise", rest("ListTags", "GET", "/tags/arn:aws:backup/")),
    ("encoded otherwise", rest("ListTags", "GET", f"/tags/{ARN.lower()}/")),
    ("encoded otherwise", rest("ListBackupVaults", "GET", "/backup-vaults/?nextToken=a+b")),
    ("encoded otherwise", rest("DescribeBackupVault", "GET", "/backup-vaults/%66inal")),
    # names
    ("no member Colour", rest("CreateBackupVault", "PUT", "/backup-vaults/final", {"Colour": "red"})),
    ("no member Colour", plan(Colour="red")),
    ("no member Colour", kms("CreateKey", {"Colour": "red"})),
    ("no member Colour", form("CreateRole", ROLE + "&Colour=red")),
    ("no query name colour", rest("ListBackupVaults", "GET", "/backup-vaults/?colour=red")),
    ("no header x-amz-colour", rest("ListTags", "GET", f"/tags/{ARN}/", **{"x-amz-colour": "red"})),
    ("no body", rest("DescribeBackupVault", "GET", "/backup-vaults/final", {"a": 1})),
    ("required member RuleName", rest("CreateBackupPlan", "PUT", "/backup/plans/", {
        "BackupPlan": {"BackupPlanName": "p", "Rules": [{"TargetBackupVaultName": "final"}]}})),
    ("required member AssumeRolePolicyDocument", form("CreateRole", "&RoleName=r")),
    ("required member TagValue", kms("CreateKey", {"Tags": [{"TagKey": "a"}]})),
    ("required member BackupPlan ", rest("CreateBackupPlan", "PUT", "/backup/plans/", {})),
    # types
    ("is no long", plan(StartWindowMinutes="60")),
    ("is no long", plan(StartWindowMinutes=60.5)),
    ("is no boolean", plan(EnableContinuousBackup="true")),
    ("is no string", plan(ScheduleExpression=5)),
    ("is no list", rest("CreateBackupPlan", "PUT", "/backup/plans/",
                        {"BackupPlan": {"BackupPlanName": "p", "Rules": RULE}})),
    ("is no structure", plan(Lifecycle=[])),
    ("is no string", plan(ScheduleExpression=None)),
    ("is no integer", rest("ListBackupVaults", "GET", "/backup-vaults/?maxResults=ten")),
    ("is no timestamp", rest("ListBackupJobs", "GET", "/backup-jobs/?createdAfter=1767225600")),
    ("is no integer", form("CreateRole", ROLE + "&MaxSessionDuration=1h")),
    ("is no blob", rest("CreateFunction", "POST", "/2015-03-31/functions",
                        {"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/r",
                         "Code": {"ZipFile": "no base64!"}}, "lambda")),
    ("stands 2 times", rest("ListBackupVaults", "GET", "/backup-vaults/?maxResults=1&maxResults=2")),
    ("stands twice", form("CreateRole", ROLE + "&RoleName=s")),
    ("stands twice", kms("DescribeKey", '{"KeyId": "a", "KeyId": "b"}')),
    ("not numbered", form("CreateRole", ROLE + "&Tags.member.2.Key=a&Tags.member.2.Value=b")),
    ("not member", form("CreateRole", ROLE + "&Tags.1.Key=a&Tags.1.Value=b")),
    ("is no JSON", kms("CreateKey", "{")),
    ("no JSON object", kms("CreateKey", "[]")),
    ("is no form", form("CreateRole", "&RoleName")),
    # limits
    ("does not match", rest("CreateBackupVault", "PUT", "/backup-vaults/a%20b")),
    ("does not match", kms("CreateAlias", {"AliasName": "alias/a b", "TargetKeyId": "k"})),
    ("is below the minimum", kms("DescribeKey", {"KeyId": ""})),
    ("is below the minimum", rest("ListBackupVaults", "GET", "/backup-vaults/?maxResults=0")),
    ("is above the maximum", form("CreateRole", ROLE + "&MaxSessionDuration=43201")),
    ("is above the maximum", kms("DescribeKey", {"KeyId": "k" * 2049})),
    ("is above the maximum", {**TARGETS, "body": json.dumps({**TARGET, "Targets": TARGET["Targets"] * 101}).encode()}
     if (TARGETS := {**kms("PutTargets", TARGET, "AWSEvents.PutTargets"), "operation": "events:PutTargets"}) else None),
    ("is none of", kms("CreateKey", {"KeySpec": "ROT13"})),
    # what botocore would write otherwise
    ("Content-Type", kms("CreateKey", {}, version="1.0")),
    ("the content type is text/plain", rest("CreateBackupVault", "PUT", "/backup-vaults/final", {"BackupVaultTags": {}},
                                            **{"content-type": "text/plain"})),
    ("needs a checksum", rest("PutBucketVersioning", "PUT", "/b?versioning",
                              "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", "s3")),
    ("no member Colour", rest("PutBucketVersioning", "PUT", "/b?versioning",
                              "<VersioningConfiguration><Colour/></VersioningConfiguration>", "s3")),
    ("the root is Configuration", rest("PutBucketVersioning", "PUT", "/b?versioning",
                                       "<Configuration><Status>Enabled</Status></Configuration>", "s3")),
    ("is none of", rest("PutBucketVersioning", "PUT", "/b?versioning",
                        "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", "s3")),
]

for request in GOOD:
    verdict = JUDGE.judge(request)
    if verdict.faults or not verdict.operation.endswith(request["operation"].partition(":")[2]):
        failures += 1
        print(f"FAILED: {request['operation']} is fine, but: {verdict.faults}", file=sys.stderr)
for words, request in BAD:
    verdict = JUDGE.judge(request)
    if not any(words in fault for fault in verdict.faults):
        failures += 1
        print(f"FAILED: {words!r} was not found in {request['operation']}, but {verdict.faults}", file=sys.stderr)
print(f"{len(GOOD)} good and {len(BAD)} bad requests, {failures} misjudged")
sys.exit(1 if failures else 0)
