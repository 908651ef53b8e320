import base64
import hashlib
import io
import json
import zipfile

from clients import check, pages, policy, allow, trust


def package(text="exit 1\n"):
    """A zip with a bootstrap, the same bytes for the same text."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, f"#!/bin/sh\n{text}")
    return buffer.getvalue()


def call_all(place):
    lamb, code = place.lambda_, package()
    place.iam.create_role(RoleName="function", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    role = f"arn:aws:iam::{place.account}:role/function"
    place.iam.put_role_policy(RoleName="function", PolicyName="p", PolicyDocument=policy(allow("sqs:SendMessage")))
    made = lamb.create_function(FunctionName="all", Role=role, Runtime="provided.al2023", Handler="bootstrap",
                                Code={"ZipFile": code}, Architectures=["x86_64"], Timeout=60, Tags={"team": "a"},
                                Environment={"Variables": {"AB": "1"}})
    arn = f"arn:aws:lambda:{place.region}:{place.account}:function:all"
    check(made["FunctionArn"] == arn and made["State"] == "Pending", "a new function is pending")
    digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
    check(made["CodeSha256"] == digest and made["CodeSize"] == len(code), "its code's digest and size")
    place.world.pass_time(seconds=2)
    got = lamb.get_function(FunctionName=arn)
    check(got["Configuration"]["State"] == "Active" and got["Tags"] == {"team": "a"}, "it is ready")
    lamb.create_function(FunctionName="zwei", Role=role, Runtime="provided.al2023", Handler="b", Code={"ZipFile": code})
    found, count = pages(lamb, "list_functions", "Functions", 1)
    check([f["FunctionName"] for f in found] == ["all", "zwei"] and count == 2, "functions are listed")

    updated = lamb.update_function_configuration(FunctionName="all", MemorySize=256, Description="d")
    check(updated["MemorySize"] == 256 and updated["LastUpdateStatus"] == "InProgress", "an update takes a moment")
    check(updated["Environment"]["Variables"] == {"AB": "1"}, "what was not named stays")
    place.world.pass_time(seconds=2)
    check(lamb.get_function_configuration(FunctionName="all")["LastUpdateStatus"] == "Successful", "it is done")
    revised = lamb.update_function_code(FunctionName="all", ZipFile=package("exit 2\n"), RevisionId=
                                        lamb.get_function_configuration(FunctionName="all")["RevisionId"])
    check(revised["CodeSha256"] != digest, "new code, new digest")
    place.world.pass_time(seconds=2)
    permissions(place, arn)
    concurrency(lamb, arn)
    invocation(place)
    lamb.tag_resource(Resource=arn, Tags={"a": "1", "b": "2"})
    lamb.untag_resource(Resource=arn, TagKeys=["b"])
    lamb.untag_resource(Resource=arn, TagKeys=["team", "none"])
    check(lamb.list_tags(Resource=arn)["Tags"] == {"a": "1"}, "tags of a function")
    lamb.delete_function(FunctionName="all")
    check([f["FunctionName"] for f in lamb.list_functions()["Functions"]] == ["zwei"], "a deleted one is gone")


def permissions(place, arn):
    lamb, rule = place.lambda_, f"arn:aws:events:{place.region}:{place.account}:rule/r"
    said = lamb.add_permission(FunctionName="all", StatementId="s", Action="lambda:InvokeFunction",
                               Principal="events.amazonaws.com", SourceArn=rule)["Statement"]
    check(json.loads(said)["Condition"] == {"ArnLike": {"AWS:SourceArn": rule}}, "the condition of a permission")
    lamb.add_permission(FunctionName="all", StatementId="t", Action="lambda:InvokeFunction", Principal="444455556666")
    got = json.loads(lamb.get_policy(FunctionName="all")["Policy"])
    check([s["Sid"] for s in got["Statement"]] == ["s", "t"], "permissions are one policy")
    check(got["Statement"][0]["Resource"] == arn, "about the function")
    lamb.remove_permission(FunctionName="all", StatementId="s")
    got = json.loads(lamb.get_policy(FunctionName="all")["Policy"])
    check([s["Sid"] for s in got["Statement"]] == ["t"], "one permission is left")


def concurrency(lamb, arn):
    lamb.put_function_concurrency(FunctionName="all", ReservedConcurrentExecutions=3)
    check(lamb.get_function_concurrency(FunctionName="all")["ReservedConcurrentExecutions"] == 3, "reserved")
    lamb.delete_function_concurrency(FunctionName="all")
    check("ReservedConcurrentExecutions" not in lamb.get_function_concurrency(FunctionName="all"), "not reserved")
    put = lamb.put_function_event_invoke_config(FunctionName="all", MaximumRetryAttempts=0)
    check(put["FunctionArn"] == f"{arn}:$LATEST" and put["MaximumRetryAttempts"] == 0, "asynchronous calls")
    lamb.update_function_event_invoke_config(FunctionName="all", MaximumEventAgeInSeconds=120)
    got = lamb.get_function_event_invoke_config(FunctionName="all")
    check((got["MaximumRetryAttempts"], got["MaximumEventAgeInSeconds"]) == (0, 120), "an update merges")
    lamb.put_function_event_invoke_config(FunctionName="all", MaximumEventAgeInSeconds=60)
    check("MaximumRetryAttempts" not in lamb.get_function_event_invoke_config(FunctionName="all"), "a put replaces")


def invocation(place):
    """A bootstrap that fails: its event ends in the queue of dead letters."""
    lamb, sqs = place.lambda_, place.sqs
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    lamb.update_function_configuration(FunctionName="all", DeadLetterConfig={
        "TargetArn": f"arn:aws:sqs:{place.region}:{place.account}:dead"})
    lamb.put_function_event_invoke_config(FunctionName="all", MaximumRetryAttempts=0)
    place.world.pass_time(seconds=2)
    check(lamb.invoke(FunctionName="all", InvocationType="DryRun")["StatusCode"] == 204, "a dry run")
    got = lamb.invoke(FunctionName="all", InvocationType="Event", Payload=json.dumps({"n": 1}))
    check(got["StatusCode"] == 202, "an event is taken")
    place.world.pass_time(minutes=10)
    dead = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    check(json.loads(dead[0]["Body"]) == {"n": 1}, "the event of a failed function is kept")
    lamb.delete_function_event_invoke_config(FunctionName="all")
