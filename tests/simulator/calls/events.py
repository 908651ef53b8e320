import json

from clients import allow, check, policy


def call_all(place):
    events = place.events
    bus = events.create_event_bus(Name="own", Tags=[{"Key": "team", "Value": "a"}])["EventBusArn"]
    base = f"arn:aws:events:{place.region}:{place.account}"
    check(bus == f"{base}:event-bus/own", "the ARN of a bus")
    names, token = [], {}
    while True:
        page = events.list_event_buses(Limit=1, **token)
        names += [b["Name"] for b in page["EventBuses"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    check(names == ["default", "own"], "buses come page by page")
    permissions(events)
    rules(place, base)
    tags(events, bus)
    change(place)
    events.delete_event_bus(Name="own")
    check([b["Name"] for b in events.list_event_buses()["EventBuses"]] == ["default"], "one bus is left")


def change(place):
    events = place.events
    queue = f"arn:aws:sqs:{place.region}:{place.account}:letters"
    events.update_event_bus(Name="own", Description="said", DeadLetterConfig={"Arn": queue})
    got = events.describe_event_bus(Name="own")
    check(got["Description"] == "said" and got["DeadLetterConfig"] == {"Arn": queue}, "a bus changes")
    events.update_event_bus(Name="own")
    got = events.describe_event_bus(Name="own")
    check(got["Description"] == "said" and "DeadLetterConfig" not in got, "what is left out goes, but for the text")


def permissions(events):
    check("Policy" not in events.describe_event_bus(), "the default bus has no policy at first")
    events.put_permission(EventBusName="own", StatementId="a", Action="events:PutEvents", Principal="444455556666")
    events.put_permission(EventBusName="own", StatementId="b", Action="events:PutEvents", Principal="*", Condition={
        "Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-simulated0"})
    got = json.loads(events.describe_event_bus(Name="own")["Policy"])["Statement"]
    check([s["Sid"] for s in got] == ["a", "b"], "statements are added")
    check(got[1]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-simulated0"}}, "with a condition")
    events.remove_permission(EventBusName="own", StatementId="a")
    got = json.loads(events.describe_event_bus(Name="own")["Policy"])["Statement"]
    check([s["Sid"] for s in got] == ["b"], "a statement is taken away")
    events.remove_permission(EventBusName="own", RemoveAllPermissions=True)
    check("Policy" not in events.describe_event_bus(Name="own"), "no policy is left")


def rules(place, base):
    events = place.events
    pattern = json.dumps({"source": ["shop"], "detail": {"state": [{"anything-but": "NEW"}]}})
    got = events.put_rule(Name="sold", EventPattern=pattern, Description="d", Tags=[{"Key": "a", "Value": "1"}])
    check(got["RuleArn"] == f"{base}:rule/sold", "the ARN of a rule on the default bus")
    got = events.put_rule(Name="sold", EventBusName="own", EventPattern=pattern)
    check(got["RuleArn"] == f"{base}:rule/own/sold", "the ARN of a rule on another bus")
    events.put_rule(Name="tick", ScheduleExpression="rate(1 hour)", State="DISABLED")
    first = events.list_rules(Limit=1)
    check([r["Name"] for r in first["Rules"]] == ["sold"], "the first page of rules")
    second = events.list_rules(Limit=1, NextToken=first["NextToken"])
    check([r["Name"] for r in second["Rules"]] == ["tick"] and "NextToken" not in second, "and the last")
    check([r["Name"] for r in events.list_rules(NamePrefix="ti")["Rules"]] == ["tick"], "rules by prefix")
    events.disable_rule(Name="sold")
    check(events.describe_rule(Name="sold")["State"] == "DISABLED", "a disabled rule")
    events.enable_rule(Name="sold")
    described = events.describe_rule(Name="sold")
    check(described["State"] == "ENABLED" and json.loads(described["EventPattern"]) == json.loads(pattern)
          and described["CreatedBy"] == place.account, "an enabled rule")
    matching(events, pattern)
    targets(place)
    events.delete_rule(Name="sold", EventBusName="own")
    events.delete_rule(Name="sold")
    events.delete_rule(Name="tick")
    events.delete_rule(Name="tick")
    check(not events.list_rules()["Rules"], "no rule is left; a second deletion does no harm")


def matching(events, pattern):
    event = {"id": "1", "account": "111122223333", "source": "shop", "time": "2026-01-01T00:00:00Z",
             "region": "us-east-1", "resources": [], "detail-type": "t", "detail": {"state": "SOLD"}}
    check(events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"], "it matches")
    event["detail"]["state"] = "NEW"
    check(not events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"], "it does not")


def targets(place):
    """An event of one's own reaches the queue of a rule."""
    events, sqs = place.events, place.sqs
    url = sqs.create_queue(QueueName="sold")["QueueUrl"]
    arn = f"arn:aws:sqs:{place.region}:{place.account}:sold"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(
        {**allow("sqs:SendMessage", arn), "Principal": {"Service": "events.amazonaws.com"}})})
    put = events.put_targets(Rule="sold", Targets=[
        {"Id": "all", "Arn": arn},
        {"Id": "part", "Arn": arn, "InputPath": "$.detail.state", "RetryPolicy": {
            "MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60}, "DeadLetterConfig": {"Arn": arn}}])
    check(put["FailedEntryCount"] == 0 and put["FailedEntries"] == [], "no target failed")
    first = events.list_targets_by_rule(Rule="sold", Limit=1)
    rest = events.list_targets_by_rule(Rule="sold", Limit=1, NextToken=first["NextToken"])
    check([t["Id"] for t in first["Targets"] + rest["Targets"]] == ["all", "part"], "targets of a rule")
    check(rest["Targets"][0]["RetryPolicy"]["MaximumRetryAttempts"] == 3, "and their settings")
    results = events.put_events(Entries=[
        {"Source": "shop", "DetailType": "t", "Detail": json.dumps({"state": "SOLD"}), "Resources": ["r"]},
        {"Source": "shop", "DetailType": "t", "Detail": json.dumps({"state": "NEW"})},
        {"Source": "shop", "DetailType": "t", "Detail": "no JSON"},
        {"Source": "aws.backup", "DetailType": "t", "Detail": "{}"}])
    check(results["FailedEntryCount"] == 2, "two entries are refused")
    check([e.get("ErrorCode") for e in results["Entries"]] ==
          [None, None, "MalformedDetail", "NotAuthorizedForSourceException"], "and say why")
    place.world.pass_time(seconds=1)
    got = [json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    check(len(got) == 2, f"one event, two targets: {got}")
    whole = next(g for g in got if isinstance(g, dict))
    check(whole["id"] == results["Entries"][0]["EventId"] and whole["account"] == place.account
          and whole["region"] == place.region and whole["resources"] == ["r"], "the whole event")
    check("SOLD" in got, "a part of it")
    removed = events.remove_targets(Rule="sold", Ids=["all", "part"])
    check(removed["FailedEntryCount"] == 0, "targets are taken away")
    check(not events.list_targets_by_rule(Rule="sold")["Targets"], "no target is left")


def tags(events, arn):
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["b", "team"])
    got = events.list_tags_for_resource(ResourceARN=arn)["Tags"]
    check(got == [{"Key": "a", "Value": "1"}], f"tags of a bus: {got}")
