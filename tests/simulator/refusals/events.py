import json

from clients import BACKUP, WORKLOAD, allow, check, policy, refused, trust

PATTERN = json.dumps({"source": ["aws.backup"]})


def refuse_all(world):
    place = world.place()
    events = place.events
    refused("ResourceNotFoundException", events.describe_rule, Name="none", message="does not exist")
    refused("ResourceNotFoundException", events.list_targets_by_rule, Rule="none")
    refused("ResourceNotFoundException", events.put_rule, Name="r", EventBusName="none", EventPattern=PATTERN)
    refused("ResourceNotFoundException", events.describe_event_bus, Name="none")
    events.create_event_bus(Name="b")
    refused("ResourceAlreadyExistsException", events.create_event_bus, Name="b")
    refused("ResourceNotFoundException", events.update_event_bus, Name="none")
    refused("ValidationException", events.update_event_bus, Name="b",
            DeadLetterConfig={"Arn": f"arn:aws:sqs:eu-west-1:{WORKLOAD}:elsewhere"})
    events.put_rule(Name="r", EventBusName="b", EventPattern=PATTERN)
    refused("ValidationException", events.delete_event_bus, Name="b")
    for pattern in ("{", "{}", '{"source": "aws.backup"}', '{"source": [{"sounds-like": "x"}]}'):
        refused("InvalidEventPatternException", events.put_rule, Name="r", EventPattern=pattern)
    refused("ValidationException", events.put_rule, Name="r", message="must be specified")
    refused("ValidationException", events.put_rule, Name="r", ScheduleExpression="every day")
    refused("ValidationException", events.put_rule, Name="x" * 65, EventPattern=PATTERN)
    refused("ResourceNotFoundException", events.remove_permission, StatementId="none")
    refused("ValidationException", events.put_permission, Policy="{")
    targets(world, place)
    partial(world, place)


def targets(world, place):
    events = place.events
    events.put_rule(Name="r", EventPattern=PATTERN)
    other = f"arn:aws:events:us-east-2:{WORKLOAD}:event-bus/default"

    def refuse(code, message, **target):
        refused(code, events.put_targets, Rule="r", Targets=[{"Id": "t", **target}], message=message)
    refuse("ValidationException", "Cross-region api call is not allowed", Arn=other)
    refuse("ValidationException", "not in correct format", Arn="queue")
    refuse("ValidationException", "cannot be assumed by principal 'events.amazonaws.com'", Arn=other,
           RoleArn=f"arn:aws:iam::{WORKLOAD}:role/none")
    place.iam.create_role(RoleName="e", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    refuse("ValidationException", "cannot be assumed by principal", Arn=other,
           RoleArn=f"arn:aws:iam::{WORKLOAD}:role/e")
    refuse("ValidationException", "Region", Arn=f"arn:aws:sqs:us-east-2:{WORKLOAD}:q")
    theirs = f"arn:aws:events:us-east-1:{BACKUP}:event-bus/default"
    refuse("AccessDeniedException", "events:PutEvents", Arn=theirs)
    world.place(BACKUP).events.put_permission(StatementId="s", Action="events:PutEvents", Principal=WORKLOAD)
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": theirs}])
    refused("ValidationException", events.delete_rule, Name="r", message="since it has targets")
    refused("LimitExceededException", events.put_targets, Rule="r", Targets=[
        {"Id": str(i), "Arn": f"arn:aws:sqs:us-east-1:{WORKLOAD}:q"} for i in range(5)])
    check([t["Id"] for t in events.list_targets_by_rule(Rule="r")["Targets"]] == ["t"], "errors leave no trace")


def partial(world, place):
    """PutTargets may fail in part, with status 200."""
    events, queue = place.events, f"arn:aws:sqs:us-east-1:{WORKLOAD}:q"
    world.private("settings", {"refuse_target": "bad"})
    got = events.put_targets(Rule="r", Targets=[{"Id": "bad", "Arn": queue}, {"Id": "good", "Arn": queue}])
    check(got["FailedEntryCount"] == 1 and got["FailedEntries"][0]["TargetId"] == "bad", "one target fails")
    check(got["FailedEntries"][0]["ErrorCode"] == "ConcurrentModificationException", "and says why")
    check([t["Id"] for t in events.list_targets_by_rule(Rule="r")["Targets"]] == ["good", "t"], "the other is there")
    world.private("settings", {"refuse_target": ""})
    queue_policy = policy(allow("events:PutEvents"))
    refused("ValidationException", events.put_permission, Policy=queue_policy)
