from clients import WORKLOAD, refused

ONE = {"AlarmName": "a", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
       "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}


def refuse_all(world):
    cloudwatch = world.place().cloudwatch
    for wrong in ({"Period": 45}, {"ExtendedStatistic": "p90"}, {"Threshold": None}, {"DatapointsToAlarm": 2},
                  {"ThresholdMetricId": "m"}, {"MetricName": None}, {"Namespace": None},
                  {"Period": 86400, "EvaluationPeriods": 8}, {"EvaluationPeriods": None},
                  {"Metrics": [{"Id": "e", "Expression": "1"}]}):
        refused("ValidationError", cloudwatch.put_metric_alarm, status=400,
                **{name: value for name, value in {**ONE, **wrong}.items() if value is not None})
    several = {name: ONE[name] for name in ("AlarmName", "EvaluationPeriods", "Threshold", "ComparisonOperator")}
    for metrics in ([{"Id": "e", "Expression": "1", "ReturnData": False}], [{"Id": "e"}],
                    [{"Id": "e", "Expression": "1"}, {"Id": "f", "Expression": "2"}]):
        refused("ValidationError", cloudwatch.put_metric_alarm, Metrics=metrics, **several)
    refused("ResourceNotFound", cloudwatch.delete_alarms, status=404, AlarmNames=["none"])
    refused("ResourceNotFoundException", cloudwatch.list_tags_for_resource,
            ResourceARN=f"arn:aws:cloudwatch:us-east-1:{WORKLOAD}:alarm:none")
