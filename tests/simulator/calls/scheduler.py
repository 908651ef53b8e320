from clients import allow, check, pages, policy, trust


def call_all(place):
    scheduler, arn = place.scheduler, f"arn:aws:sqs:{place.region}:{place.account}:beats"
    place.sqs.create_queue(QueueName="beats")
    role = place.iam.create_role(RoleName="beater", AssumeRolePolicyDocument=trust("scheduler.amazonaws.com"))["Role"]["Arn"]
    place.iam.put_role_policy(RoleName="beater", PolicyName="send", PolicyDocument=policy(allow("sqs:SendMessage", arn)))
    target = {"Arn": arn, "RoleArn": role, "Input": "beat"}
    made = scheduler.create_schedule(Name="beat", ScheduleExpression="rate(1 hour)", Target=target, ClientToken="t",
                                     FlexibleTimeWindow={"Mode": "OFF"})
    check(made["ScheduleArn"] == f"arn:aws:scheduler:{place.region}:{place.account}:schedule/default/beat", "a schedule's ARN")
    again = scheduler.create_schedule(Name="beat", ScheduleExpression="rate(1 hour)", Target=target, ClientToken="t",
                                      FlexibleTimeWindow={"Mode": "OFF"})
    check(again["ScheduleArn"] == made["ScheduleArn"], "the same token makes nothing new")
    got = scheduler.get_schedule(Name="beat")
    check(got["State"] == "ENABLED" and got["ScheduleExpressionTimezone"] == "UTC", "what nobody said is filled in")
    check(got["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}, "and so here")
    place.world.pass_time(hours=2)
    beats = place.sqs.receive_message(QueueUrl=place.sqs.get_queue_url(QueueName="beats")["QueueUrl"], MaxNumberOfMessages=10)
    check([m["Body"] for m in beats["Messages"]] == ["beat", "beat"], "it calls its target each hour")
    scheduler.update_schedule(Name="beat", ScheduleExpression="cron(0 3 * * ? *)", ScheduleExpressionTimezone="Europe/Paris",
                              State="DISABLED", Description="d", Target=target,
                              FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5})
    got = scheduler.get_schedule(Name="beat", GroupName="default")
    check(got["Description"] == "d" and got["State"] == "DISABLED", "a schedule changes as a whole")
    scheduler.create_schedule(Name="also", ScheduleExpression="rate(1 day)", Target=target, FlexibleTimeWindow={"Mode": "OFF"})
    found, count = pages(scheduler, "list_schedules", "Schedules", 1)
    check([s["Name"] for s in found] == ["also", "beat"] and count == 2, "schedules are listed")
    for name in ("also", "beat"):
        scheduler.delete_schedule(Name=name)
    check(scheduler.list_schedules()["Schedules"] == [], "none is left")
