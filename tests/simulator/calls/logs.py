from clients import check, pages


def call_all(place):
    logs = place.logs
    logs.create_log_group(logGroupName="/all/one", tags={"team": "a"})
    logs.create_log_group(logGroupName="/all/two")
    found, count = pages(logs, "describe_log_groups", "logGroups", 1, logGroupNamePrefix="/all/")
    check([g["logGroupName"] for g in found] == ["/all/one", "/all/two"] and count == 2, "log groups")
    arn = f"arn:aws:logs:{place.region}:{place.account}:log-group:/all/one"
    check(found[0]["arn"] == f"{arn}:*" and found[0]["logGroupArn"] == arn, "both ARNs of a group")
    check("retentionInDays" not in found[0], "a group keeps for ever at first")
    logs.put_retention_policy(logGroupName="/all/one", retentionInDays=30)
    logs.associate_kms_key(logGroupName="/all/one", kmsKeyId=f"arn:aws:kms:{place.region}:{place.account}:key/k")
    got = logs.describe_log_groups(logGroupNamePrefix="/all/one")["logGroups"][0]
    check(got["retentionInDays"] == 30 and got["kmsKeyId"].endswith("key/k"), "retention and key")
    logs.delete_retention_policy(logGroupName="/all/one")
    logs.disassociate_kms_key(logGroupName="/all/one")
    got = logs.describe_log_groups(logGroupNamePrefix="/all/one")["logGroups"][0]
    check("retentionInDays" not in got and "kmsKeyId" not in got, "both taken away")

    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["b", "team"])
    check(logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1"}, "tags of a group")
    events(logs, place.world.private("advance", {"ms": 0})["now_ms"])
    logs.delete_log_group(logGroupName="/all/one")
    left = [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePrefix="/all/")["logGroups"]]
    check(left == ["/all/two"], "a deleted group is gone")


def events(logs, now):
    for name in ("s1", "s2"):
        logs.create_log_stream(logGroupName="/all/one", logStreamName=name)
        logs.put_log_events(logGroupName="/all/one", logStreamName=name, logEvents=[
            {"timestamp": now, "message": f"{name} good"}, {"timestamp": now + 1, "message": f"{name} bad"}])
    found, count = pages(logs, "describe_log_streams", "logStreams", 1, logGroupName="/all/one")
    check([s["logStreamName"] for s in found] == ["s1", "s2"] and count == 2, "log streams")
    first = logs.get_log_events(logGroupName="/all/one", logStreamName="s1", startFromHead=True)
    check([e["message"] for e in first["events"]] == ["s1 good", "s1 bad"], "events of a stream")
    after = logs.get_log_events(logGroupName="/all/one", logStreamName="s1", nextToken=first["nextForwardToken"])
    check(not after["events"] and after["nextForwardToken"] == first["nextForwardToken"], "the end repeats its token")
    found, count = pages(logs, "filter_log_events", "events", 1, logGroupName="/all/one", filterPattern="bad")
    check([e["message"] for e in found] == ["s1 bad", "s2 bad"] and count >= 2, "events are filtered")
    check(found[1]["logStreamName"] == "s2" and found[1]["timestamp"] == now + 1, "an event and its stream")
