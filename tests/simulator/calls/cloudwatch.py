from clients import check, pages

COPIES = {"Namespace": "AWS/Backup", "MetricName": "NumberOfCopyJobsFailed", "Statistic": "Sum", "Period": 300,
          "EvaluationPeriods": 1, "Threshold": 0.5, "ComparisonOperator": "GreaterThanThreshold"}


def call_all(place):
    cloudwatch = place.cloudwatch
    cloudwatch.put_metric_alarm(AlarmName="failed copies", Tags=[{"Key": "team", "Value": "a"}],
                                Dimensions=[{"Name": "BackupVaultName", "Value": "final"}], **COPIES)
    got = cloudwatch.describe_alarms(AlarmNames=["failed copies"])["MetricAlarms"][0]
    arn = f"arn:aws:cloudwatch:{place.region}:{place.account}:alarm:failed copies"
    check(got["AlarmArn"] == arn and got["Threshold"] == 0.5 and got["Period"] == 300, "an alarm")
    check(got["ActionsEnabled"] is True and got["AlarmActions"] == [], "what nobody said is filled in")
    check(got["StateValue"] == "INSUFFICIENT_DATA", "nothing has been measured")
    check(got["Dimensions"] == [{"Name": "BackupVaultName", "Value": "final"}], "its dimensions")
    metrics(cloudwatch)
    tags(cloudwatch, arn)
    found, count = pages(cloudwatch, "describe_alarms", "MetricAlarms", 1, AlarmNamePrefix="fa")
    check([a["AlarmName"] for a in found] == ["failed copies", "failure rate"] and count == 2, "by prefix, in pages")
    check(cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["MetricAlarms"] == [], "none is composite")
    check(cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"] == [], "and none rings")
    cloudwatch.delete_alarms(AlarmNames=["failure rate", "none"])
    left = cloudwatch.describe_alarms()["MetricAlarms"]
    check([a["AlarmName"] for a in left] == ["failed copies"], "names that exist are deleted, others passed over")


def metrics(cloudwatch):
    counted = {"Metric": {"Namespace": "AWS/Backup", "MetricName": "NumberOfCopyJobsFailed"}, "Period": 60, "Stat": "Sum"}
    cloudwatch.put_metric_alarm(
        AlarmName="failure rate", EvaluationPeriods=2, Threshold=5, ComparisonOperator="GreaterThanThreshold",
        Metrics=[{"Id": "m", "MetricStat": counted, "ReturnData": False}, {"Id": "e", "Expression": "m * 100"}])
    got = cloudwatch.describe_alarms(AlarmNames=["failure rate"])["MetricAlarms"][0]
    check({m["Id"]: m["ReturnData"] for m in got["Metrics"]} == {"m": False, "e": True}, "an expression over a metric")
    check("MetricName" not in got, "has no metric of its own")


def tags(cloudwatch, arn):
    cloudwatch.put_metric_alarm(AlarmName="failed copies", Tags=[{"Key": "late", "Value": "x"}], **COPIES)
    got = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    check(got == [{"Key": "team", "Value": "a"}], f"an alarm that is there takes no tags with a put: {got}")
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    got = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    check(got == [{"Key": "a", "Value": "1"}], f"tags of an alarm: {got}")
