"""What people write comes back as they wrote it, over every wire: other alphabets, signs that JSON,
XML, forms or URIs use themselves, spaces at the ends, long texts."""

import json

from calls.lambda_ import package
from clients import DATABASE, WORKLOAD, allow, check, done, policy, served, trust

PLAIN = "Größe 数 + = @ : / . - _"  # the signs that tags may have
SIGNS = "a<b>&amp;\"c'd\\e/f%41+g=h&i;j?k#l{m}[n]|o~p`q^r*s(t)u!v,w 💾 \u00a0\u2028x"
LINES = "one\ntwo\ttab\n\n"
EDGES = "  both ends  "


def same(got, wanted, what):
    check(got == wanted, f"{what}: {got!r}, expected {wanted!r}")


def over_json(place):
    for text in (SIGNS, LINES, EDGES, "\x01\x1f"):
        key = place.kms.create_key(Description=text)["KeyMetadata"]["KeyId"]
        same(place.kms.describe_key(KeyId=key)["KeyMetadata"]["Description"], text, "a description of KMS")
    place.kms.tag_resource(KeyId=key, Tags=[{"TagKey": PLAIN, "TagValue": PLAIN}])
    same(place.kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": PLAIN, "TagValue": PLAIN}], "a tag of KMS")
    url = place.sqs.create_queue(QueueName="q")["QueueUrl"]
    long = json.dumps({"text": SIGNS * 2000})
    for body in (SIGNS, LINES, EDGES, long):
        place.sqs.send_message(QueueUrl=url, MessageBody=body)
        got = place.sqs.receive_message(QueueUrl=url)["Messages"][0]
        same(got["Body"], body, "a message")
        place.sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    place.logs.create_log_group(logGroupName="/g")
    place.logs.create_log_stream(logGroupName="/g", logStreamName="s/[$LATEST]1")
    place.logs.put_log_events(logGroupName="/g", logStreamName="s/[$LATEST]1",
                              logEvents=[{"timestamp": 1767225600000, "message": SIGNS + LINES}])
    got = place.logs.get_log_events(logGroupName="/g", logStreamName="s/[$LATEST]1")["events"]
    same([e["message"] for e in got], [SIGNS + LINES], "a line of a log")


def over_events(place):
    """Through a pattern, a bus and a queue."""
    arn = f"arn:aws:sqs:us-east-1:{WORKLOAD}:q"
    url = place.sqs.create_queue(QueueName="q")["QueueUrl"]
    place.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(
        {**allow("sqs:SendMessage", arn), "Principal": {"Service": "events.amazonaws.com"}})})
    pattern = json.dumps({"detail": {"text": [SIGNS]}})
    place.events.put_rule(Name="r", EventPattern=pattern, Description=SIGNS)
    got = place.events.describe_rule(Name="r")
    same((got["EventPattern"], got["Description"]), (pattern, SIGNS), "a pattern")
    place.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, "InputTransformer": {
        "InputPathsMap": {"text": "$.detail.text", "n": "$.detail.n"},
        "InputTemplate": '{"quoted": <text>, "n": <n>}'}}])
    detail = {"text": SIGNS, "n": 1234567890123456, "f": 0.1, "e": [], "b": True, "none": None}
    place.events.put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": json.dumps(detail)}])
    place.world.pass_time(seconds=1)
    got = place.sqs.receive_message(QueueUrl=url)["Messages"][0]
    same(json.loads(got["Body"]), {"quoted": SIGNS, "n": 1234567890123456}, "a transformed event")


def over_xml(place):
    iam = place.iam
    for i, text in enumerate((SIGNS, LINES, EDGES)):
        iam.create_role(RoleName=f"r{i}", Description=text, AssumeRolePolicyDocument=trust("backup.amazonaws.com"),
                        Tags=[{"Key": PLAIN, "Value": PLAIN}])
        got = iam.get_role(RoleName=f"r{i}")["Role"]
        same(got["Description"], text, "a description of IAM")
        same(got["Tags"], [{"Key": PLAIN, "Value": PLAIN}], "a tag of IAM")
    document = json.loads(policy({"Sid": "s", **allow("rds:*"), "Condition": {
        "StringLike": {"aws:ResourceTag/Größe": [SIGNS.replace("\u2028", ""), "a+b c%20d"]}}}))
    iam.put_role_policy(RoleName="r0", PolicyName="p+q=r,s.t@u-v", PolicyDocument=json.dumps(document))
    same(iam.list_role_policies(RoleName="r0")["PolicyNames"], ["p+q=r,s.t@u-v"], "the name of a policy")
    got = iam.get_role_policy(RoleName="r0", PolicyName="p+q=r,s.t@u-v")["PolicyDocument"]
    same(got, document, "a policy of IAM")
    place.rds.add_tags_to_resource(ResourceName=DATABASE, Tags=[{"Key": PLAIN, "Value": PLAIN}])
    got = place.rds.list_tags_for_resource(ResourceName=DATABASE)["TagList"]
    same(got, [{"Key": PLAIN, "Value": PLAIN}], "a tag of RDS")


def over_rest(place):
    backup = place.backup
    arn = backup.create_backup_vault(BackupVaultName="vault", BackupVaultTags={PLAIN: PLAIN})["BackupVaultArn"]
    backup.tag_resource(ResourceArn=arn, Tags={"two": EDGES})
    same(backup.list_tags(ResourceArn=arn)["Tags"], {PLAIN: PLAIN, "two": EDGES}, "tags of a vault")
    backup.untag_resource(ResourceArn=arn, TagKeyList=[PLAIN])
    same(backup.list_tags(ResourceArn=arn)["Tags"], {"two": EDGES}, "tags of a vault")
    place.iam.create_role(RoleName="f", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    code = package("#" * 3_000_000)
    made = place.lambda_.create_function(
        FunctionName="f", Role=f"arn:aws:iam::{WORKLOAD}:role/f", Runtime="provided.al2023", Handler="b",
        Code={"ZipFile": code}, Description=PLAIN, Environment={"Variables": {"TEXT": SIGNS + LINES}})
    same(made["CodeSize"], len(code), "a package of three megabytes")
    same(made["Environment"]["Variables"], {"TEXT": SIGNS + LINES}, "an environment")
    arn = made["FunctionArn"]
    place.lambda_.tag_resource(Resource=arn, Tags={PLAIN: PLAIN, "b": "d"})
    place.lambda_.untag_resource(Resource=arn, TagKeys=[PLAIN, "b"])
    same(place.lambda_.list_tags(Resource=arn).get("Tags", {}), {}, "keys of tags in a query string")


with served() as world:
    here = world.place()
    for part in (over_json, over_events, over_xml, over_rest):
        part(here)
done()
