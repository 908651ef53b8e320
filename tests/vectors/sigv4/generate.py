#!/usr/bin/env python3
"""Writes vectors.json: requests and every intermediate text of their signatures, as botocore makes
them. The cases are named after AWS's published SigV4 test suite, whose keys and time they use, so
that their signatures can be compared with it (get-vanilla: 5fa00fa3...); the rest are calls that
holdfast sends. Needs botocore; run by hand, the result is committed."""
import datetime
import json
import pathlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TIME = datetime.datetime(2015, 8, 30, 12, 36, 0)
TOKEN = ("AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpS"
         "PfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGd")
HOST = ("host", "example.amazonaws.com")
POINT = "arn%3Aaws%3Ards%3Aus-east-1%3A111122223333%3Asnapshot%3Aawsbackup%3Ajob-1"
UTF8 = "/%E1%88%B4"

# name, method, path on the wire, query on the wire, further headers, body, service, region, token
CASES = [
    ("get-vanilla", "GET", "/", "", [], "", "service", "us-east-1", None),
    ("get-vanilla-query-order-key-case", "GET", "/", "Param2=value2&Param1=value1", [], "", "service", "us-east-1", None),
    ("get-vanilla-query-order-value", "GET", "/", "Param1=value2&Param1=value1", [], "", "service", "us-east-1", None),
    ("get-vanilla-empty-query-key", "GET", "/", "Param1=value1", [], "", "service", "us-east-1", None),
    ("get-query-without-value", "GET", "/", "acl&Param1=", [], "", "service", "us-east-1", None),
    ("get-vanilla-query-unreserved", "GET", "/",
     "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     [], "", "service", "us-east-1", None),
    ("get-utf8", "GET", UTF8, "", [], "", "service", "us-east-1", None),
    ("get-space", "GET", "/example%20space/", "", [], "", "service", "us-east-1", None),
    ("get-relative", "GET", "/example/..", "", [], "", "service", "us-east-1", None),
    ("get-relative-relative", "GET", "/example1/example2/../..", "", [], "", "service", "us-east-1", None),
    ("get-slash", "GET", "//", "", [], "", "service", "us-east-1", None),
    ("get-slash-dot-slash", "GET", "/./", "", [], "", "service", "us-east-1", None),
    ("get-slash-pointless-dot", "GET", "/./example", "", [], "", "service", "us-east-1", None),
    ("get-slashes", "GET", "//example//", "", [], "", "service", "us-east-1", None),
    ("get-header-value-trim", "GET", "/", "", [("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')], "", "service", "us-east-1", None),
    ("post-vanilla", "POST", "/", "", [], "", "service", "us-east-1", None),
    ("post-header-key-sort", "POST", "/", "", [("My-Header1", "value1")], "", "service", "us-east-1", None),
    ("post-x-www-form-urlencoded", "POST", "/", "", [("Content-Type", "application/x-www-form-urlencoded")], "Param1=value1", "service", "us-east-1", None),
    ("post-sts-token", "POST", "/", "", [], "", "service", "us-east-1", TOKEN),
    ("list-vaults-with-token", "GET", "/backup-vaults/", "nextToken=a%2Fb%2Bc%3D%3D&maxResults=1000", [], "", "backup", "ap-southeast-2", TOKEN),
    ("list-copy-jobs", "GET", "/copy-jobs/", "sourceRecoveryPointArn=" + POINT + "&destinationVaultArn=arn%3Aaws%3Abackup&createdAfter=2026-01-01T00%3A00%3A00Z", [], "", "backup", "us-east-2", None),
    ("point-arn-in-path", "GET", "/backup-vaults/intermediate/recovery-points/" + POINT, "", [], "", "backup", "us-east-2", None),
    ("tags-of-an-arn-with-slashes", "GET", "/tags/arn%3Aaws%3Abackup%3Aus-east-1%3A111122223333%3Arecovery-point%2Fx%20y/", "", [], "", "backup", "us-east-1", None),
    ("create-vault", "PUT", "/backup-vaults/final", "", [("content-type", "application/json")], '{"CreatorRequestId":"t"}', "backup", "us-east-2", None),
    ("kms-create-key", "POST", "/", "", [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "TrentService.CreateKey")], "{}", "kms", "us-east-2", TOKEN),
    ("assume-role", "POST", "/", "", [("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
     "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx", "sts", "us-east-1", None),
]


def vector(name, method, path, query, headers, body, service, region, token):
    request = botocore.awsrequest.AWSRequest(
        method=method, url="https://" + HOST[1] + path + ("?" + query if query else ""), data=body)
    sent = [HOST] + list(headers) + [("X-Amz-Date", TIME.strftime("%Y%m%dT%H%M%SZ"))]
    if token:
        sent.append(("X-Amz-Security-Token", token))
    for key, value in sent:
        request.headers[key] = value
    request.context["timestamp"] = TIME.strftime("%Y%m%dT%H%M%SZ")
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(KEY, SECRET, token), service, region)
    canonical = auth.canonical_request(request)
    text = auth.string_to_sign(request, canonical)
    return {"name": name, "method": method, "path": path, "query": query,
            "headers": [list(h) for h in sent], "body": body, "service": service, "region": region,
            "time_ms": int(TIME.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000),
            "access_key_id": KEY, "secret_access_key": SECRET, "session_token": token,
            "canonical_request": canonical, "string_to_sign": text,
            "signature": auth.signature(text, request)}


out = pathlib.Path(__file__).with_name("vectors.json")
out.write_text(json.dumps([vector(*case) for case in CASES], indent=1) + "\n")
