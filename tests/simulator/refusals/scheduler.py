from clients import WORKLOAD, refused, trust


def refuse_all(world):
    place = world.place()
    scheduler, role = place.scheduler, f"arn:aws:iam::{WORKLOAD}:role/schedules"
    whole = {"Name": "s", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"},
             "Target": {"Arn": f"arn:aws:sqs:us-east-1:{WORKLOAD}:q", "RoleArn": role}}
    refused("ResourceNotFoundException", scheduler.get_schedule, status=404, Name="none")
    refused("ResourceNotFoundException", scheduler.delete_schedule, status=404, Name="none")
    refused("ResourceNotFoundException", scheduler.update_schedule, status=404, **whole)
    refused("ResourceNotFoundException", scheduler.create_schedule, status=404, GroupName="none", **whole)
    refused("ValidationException", scheduler.create_schedule, status=400, message="assume the role", **whole)
    place.iam.create_role(RoleName="schedules", AssumeRolePolicyDocument=trust("scheduler.amazonaws.com"))
    for wrong in ({"ScheduleExpression": "now and then"}, {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
                  {"ScheduleExpressionTimezone": "Mars/Olympus"}, {"Target": {"Arn": "x"}}):
        refused("ValidationException", scheduler.create_schedule, status=400, **{**whole, **wrong})
    scheduler.create_schedule(**whole)
    refused("ConflictException", scheduler.create_schedule, status=409, **whole)
