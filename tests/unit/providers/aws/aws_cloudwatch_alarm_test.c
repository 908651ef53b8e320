/* Alarms: what AWS has of one, and a put would take away. */

#include "tests/unit/providers/aws/fixture.h"

#define ALARM                                                                                      \
    "{\"MetricAlarms\":[{\"AlarmName\":\"stuck\",\"AlarmArn\":\"arn:aws:cloudwatch:eu-west-1:"     \
    "" FIXTURE_ACCOUNT ":alarm:stuck\",\"AlarmConfigurationUpdatedTimestamp\":1767225600.5,"       \
    "\"ActionsEnabled\":true,\"OKActions\":[],\"StateValue\":\"OK\",\"StateReason\":\"-\","        \
    "\"StateReasonData\":\"{}\",\"StateUpdatedTimestamp\":1767225600.5,"                           \
    "\"StateTransitionedTimestamp\":1767225600.5,\"EvaluationState\":\"PARTIAL_DATA\","            \
    "\"EvaluationInterval\":60,\"MetricName\":\"m\",\"Namespace\":\"n\",\"Statistic\":\"Sum\","    \
    "\"Dimensions\":[{\"Name\":\"a\",\"Value\":\"b\"}],\"Period\":60,\"EvaluationPeriods\":1,"     \
    "\"Threshold\":1.0,\"ComparisonOperator\":\"GreaterThanThreshold\""

static const char *unsaid(struct fixture *f, const char *answer)
{
    fixture_answer_target(f, "GraniteServiceVersion20100801.DescribeAlarms", NULL, answer, 1);
    fixture_answer_target(f, "GraniteServiceVersion20100801.ListTags", NULL, "{\"Tags\":[]}", 1);
    fixture_run(f, OP_READ, "aws_cloudwatch_alarm", "stuck", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    const struct value *list = value_get(f->attributes, "unsaid");
    return list ? json_print(f->arena, list, JSON_COMPACT) : NULL;
}

static void what_no_property_can_say_is_listed(void **state)
{
    struct fixture *f = *state;
    assert_null(unsaid(f, ALARM "}]}"));
    assert_null(unsaid(f, ALARM ",\"EvaluationWindow\":{\"SlidingWindow\":{}}}]}"));
    assert_string_equal(unsaid(f, ALARM ",\"EvaluationWindow\":{\"WallClockWindow\":{}},"
                                        "\"WarmUpConfiguration\":{\"WarmUpPeriodDurationInMinutes\""
                                        ":5}}]}"),
                        "[\"EvaluationWindow\",\"WarmUpConfiguration\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_no_property_can_say_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
