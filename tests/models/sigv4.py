"""Our signer against botocore's over requests made at random.

    sigv4.py PROGRAM        (tests/models/sigv4_cases.c)

Each class of cases leans on what signers get wrong. The encoded path and query, the canonical
request, the text to sign, the signature and the header are compared, in this order, so that a
difference names the step. HOLDFAST_SEED repeats a run.
"""

import base64
import calendar
import collections
import datetime
import hashlib
import json
import os
import random
import subprocess
import sys
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.utils

EACH = 700  # cases of each class
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"
AWKWARD = " +%/?#&=:;,@!$'()*[]{}|\\^`\"<>\t"
UNICODE = "äßéñøŁЖλאعहिไทย日本語한글💾🔒\u00a0\u200d\ufeff\u0301"
REGIONS = ("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "ap-southeast-2")
SERVICES = ("backup", "kms", "iam", "sts", "lambda", "events", "sqs", "logs", "organizations", "rds")
STEPS = ("path", "query", "canonical_request", "string_to_sign", "signature", "authorization")

random_of = random.Random()


def text(alphabet, least=1, most=24):
    return "".join(random_of.choice(alphabet) for _ in range(random_of.randint(least, most)))


def arn():
    account = "".join(random_of.choice("0123456789") for _ in range(12))
    return random_of.choice((
        f"arn:aws:backup:{random_of.choice(REGIONS)}:{account}:recovery-point:{text(PLAIN)}",
        f"arn:aws:rds:{random_of.choice(REGIONS)}:{account}:snapshot:awsbackup:job-{text(PLAIN)}",
        f"arn:aws-cn:iam::{account}:role/path/{text(PLAIN)}",
        f"arn:aws:ec2:us-east-1::snapshot/snap-{text('0123456789abcdef', 17, 17)}",
        f"arn:aws:logs:us-east-1:{account}:log-group:/aws/lambda/{text(PLAIN)}:*"))


def pairs(alphabet, most=6, empty=False):
    return [[text(alphabet), "" if empty and random_of.random() < 0.7 else text(alphabet, 0)]
            for _ in range(random_of.randint(1, most))]


def arns(case):
    case["segments"] = ["tags", arn(), ""]
    case["query"] = [["resourceArn", arn()], ["keys", arn()]]


def unicode(case):
    case["segments"] = ["vaults", text(PLAIN + UNICODE)]
    case["query"] = pairs(UNICODE)
    case["body"] = text(UNICODE, 0, 200).encode()


def empty_values(case):
    case["query"] = pairs(PLAIN, empty=True)


def repeated_keys(case):
    names = [text(PLAIN + AWKWARD, 1, 4) for _ in range(random_of.randint(1, 3))]
    case["query"] = [[random_of.choice(names), text(PLAIN + AWKWARD, 0, 3)] for _ in range(random_of.randint(2, 9))]


def prefixed_keys(case):
    stem = text(PLAIN, 1, 3)
    case["query"] = [[stem + text("-.~ !*aA0", 0, 3), text(PLAIN, 0, 2)] for _ in range(random_of.randint(2, 9))]


def session_tokens(case):
    case["session_token"] = base64.b64encode(random_of.randbytes(random_of.randint(50, 900))).decode()


def spaces(case):
    case["segments"] = [text("ab "), text(" ")]
    case["query"] = pairs("ab ")
    case["headers"] += [[f"X-Amz-Meta-{text('abc', 3, 5)}", text("ab  ", 1, 40)]
                        for _ in range(random_of.randint(1, 3))]


def plus_signs(case):
    case["segments"] = [text("a+"), text("+ ")]
    case["query"] = pairs("a+ =")


def percent_signs(case):
    case["segments"] = [text("a%2F0"), "%" + text("0123456789ABCDEFabcdef", 2, 2)]
    case["query"] = pairs("%25aF+")


def dots(case):
    case["segments"] = [random_of.choice((".", "..", "...", "a..b", ".a", "a.", "", text("a.")))
                        for _ in range(random_of.randint(1, 7))]


def slashes(case):
    case["segments"] = [random_of.choice(("", "a", "a/b", "/", "b")) for _ in range(random_of.randint(1, 7))]


def long_bodies(case):
    case["method"] = "PUT"
    case["body"] = random_of.randbytes(random_of.randint(1000, 60000))


def headers(case):
    names = ["X-Amz-Target", "Content-Type", "if-none-match", "X-AMZ-meta-B", "x-amz-meta-a", "X-Amz-Meta-A"]
    case["headers"] += [[random_of.choice(names), text(PLAIN + ' ,;="/', 0, 50)]
                        for _ in range(random_of.randint(1, 6))]


def s3(case):
    case.update(service="s3", raw_path=True)
    case["segments"] = [text("abc-", 3), *(random_of.choice((".", "..", "", text(PLAIN + AWKWARD + UNICODE)))
                                           for _ in range(random_of.randint(0, 5)))]
    case["query"] = random_of.choice(([["versioning", ""]], [["list-type", "2"], ["prefix", text(AWKWARD)]], []))
    case["body"] = random_of.randbytes(random_of.randint(0, 3000))


def anything(case):
    case["segments"] = [text(PLAIN + AWKWARD + UNICODE, 0) for _ in range(random_of.randint(1, 5))]
    case["query"] = pairs(PLAIN + AWKWARD + UNICODE, empty=True)
    case["body"] = text(PLAIN + AWKWARD + UNICODE, 0, 500).encode()
    random_of.choice((session_tokens, headers, lambda case: None))(case)


CLASSES = (arns, unicode, empty_values, repeated_keys, prefixed_keys, session_tokens, spaces, plus_signs,
           percent_signs, dots, slashes, long_bodies, headers, s3, anything)


def new_case():
    return {"method": random_of.choice(("GET", "PUT", "POST", "DELETE")), "segments": [text(PLAIN), ""],
            "query": [], "headers": [], "body": b"", "raw_path": False,
            "region": random_of.choice(REGIONS), "service": random_of.choice(SERVICES),
            "time_ms": random_of.randint(1_500_000_000, 4_000_000_000) * 1000,
            "access_key_id": "AKIA" + text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 16),
            "secret_access_key": text(PLAIN + "/+", 40, 40)}


def signed_by_botocore(case):
    """What botocore makes of the case; completes the headers that every sender adds."""
    encode = botocore.utils.percent_encode
    path = "".join(f"/{encode(part, safe='-_.~')}" for part in case["segments"])
    query = "&".join(f"{encode(n, safe='-_.~')}={encode(v, safe='-_.~')}" for n, v in case["query"])
    host = f"{case['service']}.{case['region']}.amazonaws.com"
    request = botocore.awsrequest.AWSRequest(
        method=case["method"], url=f"https://{host}{path}{'?' + query if query else ''}", data=case["body"])
    for name, value in case["headers"]:
        request.headers.add_header(name, value)
    credentials = botocore.credentials.Credentials(case["access_key_id"], case["secret_access_key"],
                                                   case.get("session_token"))
    kind = botocore.auth.S3SigV4Auth if case["service"] == "s3" else botocore.auth.SigV4Auth
    signer = kind(credentials, case["service"], case["region"])
    moment = datetime.datetime.fromtimestamp(case["time_ms"] // 1000, datetime.timezone.utc)
    request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    canonical = signer.canonical_request(request)
    to_sign = signer.string_to_sign(request, canonical)
    signature = signer.signature(to_sign, request)
    signer._inject_signature_to_request(request, signature)
    case["headers"] += [["Host", host], ["X-Amz-Date", request.context["timestamp"]]]
    if case.get("session_token"):
        case["headers"].append(["X-Amz-Security-Token", case["session_token"]])
    if case["service"] == "s3":
        case["headers"].append(["X-Amz-Content-SHA256", hashlib.sha256(case["body"]).hexdigest()])
    return {"path": path, "query": query, "canonical_request": canonical, "string_to_sign": to_sign,
            "signature": signature, "authorization": request.headers["Authorization"]}


def main(program):
    seed = int(os.environ.get("HOLDFAST_SEED") or calendar.timegm(time.gmtime()))
    random_of.seed(seed)
    cases, expected = [], []
    for kind in CLASSES:
        for _ in range(EACH):
            case = new_case()
            kind(case)
            expected.append(signed_by_botocore(case))
            cases.append((kind.__name__, case))
    lines = "".join(json.dumps({**case, "body": base64.b64encode(case["body"]).decode()}) + "\n"
                    for _, case in cases)
    answered = subprocess.run([program], input=lines, text=True, stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in answered.stdout.splitlines()]
    if len(answers) != len(cases):
        sys.exit(f"{len(answers)} answers to {len(cases)} cases")
    differences = collections.Counter()
    for (kind, case), ours, theirs in zip(cases, answers, expected):
        step = next((step for step in STEPS if ours[step] != theirs[step]), None)
        if step and not differences[kind]:
            print(f"{kind}: {step} differs\n  ours:     {ours[step]!r}\n  botocore: {theirs[step]!r}\n  of {case!r:.1000}")
        differences[kind] += step is not None
    for kind in CLASSES:
        print(f"{kind.__name__}: {EACH} cases, {differences[kind.__name__]} differences")
    print(f"{len(cases)} cases, {sum(differences.values())} differences, HOLDFAST_SEED={seed}")
    return 1 if sum(differences.values()) else 0


sys.exit(main(sys.argv[1]))
