#include "simulator/alarms.h"
#include "simulator/logs.h"
#include "tests/unit/simulator/room.h"

#define TOPIC "arn:aws:sns:" REGION ":" ACCOUNT ":t"

static struct answer alarms(struct room *room, const char *operation, const char *body)
{
    return call(room, ACCOUNT, "monitoring", operation, body);
}

/* On the sum of a metric by the hour; `more`: further members. */
static void put_alarm(struct room *room, const char *more)
{
    assert_good(
        alarms(room, "PutMetricAlarm",
               arena_printf(room->arena,
                            "{\"AlarmName\":\"a\",\"Namespace\":\"N\",\"MetricName\":\"m\","
                            "\"Statistic\":\"Sum\",\"Period\":3600,\"AlarmActions\":[\"" TOPIC
                            "\"],\"OKActions\":[\"" TOPIC "\"],\"Dimensions\":[{\"Name\":\"d\","
                            "\"Value\":\"v\"}]%s}",
                            more)));
}

static void put_topic(struct room *room)
{
    assert_good(call(room, ACCOUNT, "sqs", "CreateQueue",
                     "{\"QueueName\":\"q\",\"Attributes\":{\"Policy\":\"{\\\"Version\\\":"
                     "\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\","
                     "\\\"Principal\\\":{\\\"Service\\\":\\\"sns.amazonaws.com\\\"},\\\"Action\\\":"
                     "\\\"sqs:SendMessage\\\",\\\"Resource\\\":\\\"*\\\"}]}\"}}"));
    assert_good(form(room, ACCOUNT, "sns", "CreateTopic",
                     "Name=t&Attributes.entry.1.key=Policy&"
                     "Attributes.entry.1.value=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement"
                     "%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22"
                     "%3A%22cloudwatch.amazonaws.com%22%7D%2C%22Action%22%3A%22sns%3APublish%22%2C"
                     "%22Resource%22%3A%22*%22%7D%5D%7D"));
    assert_good(form(room, ACCOUNT, "sns", "Subscribe",
                     "TopicArn=" TOPIC "&Protocol=sqs&Endpoint="
                     "arn:aws:sqs:" REGION ":" ACCOUNT ":q"));
}

static void add(struct room *room, const char *dimension, double value)
{
    world_begin(room->world);
    metric_count(room->world, room->arena, ACCOUNT, REGION, "N", "m", "d", dimension, value);
    assert_true(world_commit(room->world));
}

static void is(struct room *room, const char *state)
{
    struct answer answer = alarms(room, "DescribeAlarms", "{}");
    assert_string_equal(
        value_get_str(value_item(value_get(answer.body, "MetricAlarms"), 0), "StateValue"), state);
}

static size_t rung(struct room *room, const char *what)
{
    const struct value *timeline = world_timeline(room->world, room->arena);
    size_t len = 0;
    for (size_t i = 0; i < value_len(timeline); i++)
        len += str_eq(value_get_str(value_item(timeline, i), "what"), what);
    return len;
}

static void it_rings_while_its_metric_is_too_high(void **state)
{
    struct room *room = *state;
    put_alarm(room, ",\"EvaluationPeriods\":1,\"Threshold\":2,\"ComparisonOperator\":"
                    "\"GreaterThanThreshold\",\"TreatMissingData\":\"notBreaching\"");
    is(room, "INSUFFICIENT_DATA");
    advance(room, HOUR_MS);
    is(room, "OK");
    add(room, "v", 2);
    advance(room, HOUR_MS);
    is(room, "OK");
    add(room, "v", 2);
    advance(room, MINUTE_MS);
    add(room, "v", 1);
    advance(room, HOUR_MS);
    is(room, "ALARM");
    assert_int_equal(rung(room, "alarm"), 1);
    advance(room, HOUR_MS);
    is(room, "OK");
    assert_int_equal(rung(room, "alarm over"), 1);
}

static void another_dimension_is_another_metric(void **state)
{
    struct room *room = *state;
    put_alarm(room, ",\"EvaluationPeriods\":1,\"Threshold\":0,\"ComparisonOperator\":"
                    "\"GreaterThanThreshold\",\"TreatMissingData\":\"notBreaching\"");
    add(room, "w", 9);
    advance(room, HOUR_MS);
    is(room, "OK");
}

static void missing_data_rings_until_some_comes(void **state)
{
    struct room *room = *state;
    put_alarm(room, ",\"EvaluationPeriods\":3,\"Threshold\":1,\"ComparisonOperator\":"
                    "\"LessThanThreshold\",\"TreatMissingData\":\"breaching\"");
    advance(room, HOUR_MS);
    is(room, "ALARM");
    const struct value *timeline = world_timeline(room->world, room->arena);
    assert_true(value_get_bool(value_get(value_item(timeline, 0), "detail"), "unheard", false));
    add(room, "v", 1);
    advance(room, HOUR_MS);
    is(room, "OK");
    advance(room, 2 * HOUR_MS);
    is(room, "OK"); /* the hour with data is still among the three */
    advance(room, HOUR_MS);
    is(room, "ALARM");
    timeline = world_timeline(room->world, room->arena);
    assert_false(value_get_bool(value_get(value_item(timeline, value_len(timeline) - 1), "detail"),
                                "unheard", true));
}

static void missing_data_leaves_nothing_to_say(void **state)
{
    struct room *room = *state;
    put_alarm(room, ",\"EvaluationPeriods\":1,\"Threshold\":1,\"ComparisonOperator\":"
                    "\"GreaterThanOrEqualToThreshold\"");
    advance(room, 2 * HOUR_MS);
    is(room, "INSUFFICIENT_DATA");
    add(room, "v", 1);
    advance(room, HOUR_MS);
    is(room, "ALARM");
    advance(room, HOUR_MS);
    is(room, "INSUFFICIENT_DATA");
}

static void its_topic_hears_of_both_ends(void **state)
{
    struct room *room = *state;
    put_topic(room);
    put_alarm(room, ",\"EvaluationPeriods\":1,\"Threshold\":0,\"ComparisonOperator\":"
                    "\"GreaterThanThreshold\",\"TreatMissingData\":\"notBreaching\"");
    advance(room, HOUR_MS);
    add(room, "v", 1);
    advance(room, 2 * HOUR_MS);
    struct answer answer =
        call(room, ACCOUNT, "sqs", "ReceiveMessage",
             "{\"QueueUrl\":\"https://sqs/" ACCOUNT "/q\",\"MaxNumberOfMessages\":10}");
    const struct value *messages = value_get(answer.body, "Messages");
    static const char *const states[] = {"OK", "ALARM", "OK"};
    assert_int_equal(value_len(messages), ARRAY_LEN(states));
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        const struct value *envelope =
            json(room->arena, value_get_str(value_item(messages, i), "Body"));
        const struct value *message = json(room->arena, value_get_str(envelope, "Message"));
        assert_string_equal(value_get_str(message, "NewStateValue"), states[i]);
        assert_string_equal(value_get_str(message, "AlarmName"), "a");
    }
}

static bool heard(struct room *room)
{
    const struct value *timeline = world_timeline(room->world, room->arena);
    bool heard = false;
    for (size_t i = 0; i < value_len(timeline); i++)
        if (str_eq(value_get_str(value_item(timeline, i), "what"), "alarm"))
            heard = value_get_bool(value_get(value_item(timeline, i), "detail"), "heard", false);
    return heard;
}

static void ring(struct room *room)
{
    advance(room, 2 * HOUR_MS);
    add(room, "v", 1);
    advance(room, HOUR_MS);
}

static void it_is_heard_where_somebody_has_subscribed(void **state)
{
    struct room *room = *state;
    put_alarm(room, ",\"EvaluationPeriods\":1,\"Threshold\":0,\"ComparisonOperator\":"
                    "\"GreaterThanThreshold\",\"TreatMissingData\":\"notBreaching\"");
    ring(room); /* no such topic */
    assert_false(heard(room));
    put_topic(room);
    ring(room);
    assert_true(heard(room));
    struct answer answer =
        form(room, ACCOUNT, "sns", "ListSubscriptionsByTopic", "TopicArn=" TOPIC);
    const char *begin = strstr(answer.text, "<SubscriptionArn>") + strlen("<SubscriptionArn>");
    const char *end = strchr(begin, '<');
    assert_good(form(room, ACCOUNT, "sns", "Unsubscribe",
                     arena_printf(room->arena, "SubscriptionArn=%.*s", (int)(end - begin), begin)));
    ring(room);
    assert_false(heard(room));
}

static void a_line_of_a_log_is_a_metric(void **state)
{
    struct room *room = *state;
    put_alarm(room, ",\"EvaluationPeriods\":1,\"Threshold\":3,\"ComparisonOperator\":"
                    "\"GreaterThanThreshold\",\"TreatMissingData\":\"notBreaching\"");
    world_begin(room->world);
    logs_append(room->world, room->arena, ACCOUNT, REGION, "g", "s",
                "{\"_aws\":{\"Timestamp\":1,\"CloudWatchMetrics\":[{\"Namespace\":\"N\","
                "\"Dimensions\":[[\"d\"]],\"Metrics\":[{\"Name\":\"m\"},{\"Name\":\"absent\"}]}]},"
                "\"d\":\"v\",\"m\":4}");
    logs_append(room->world, room->arena, ACCOUNT, REGION, "g", "s", "{\"m\":4}");
    logs_append(room->world, room->arena, ACCOUNT, REGION, "g", "s", "{\"_aws\": broken");
    assert_true(world_commit(room->world));
    advance(room, HOUR_MS);
    is(room, "ALARM");
}

static void a_queue_is_heard_as_long_as_something_lies_in_it(void **state)
{
    struct room *room = *state;
    assert_good(call(room, ACCOUNT, "sqs", "CreateQueue", "{\"QueueName\":\"q\"}"));
    assert_good(
        alarms(room, "PutMetricAlarm",
               "{\"AlarmName\":\"a\",\"Namespace\":\"AWS/SQS\",\"MetricName\":"
               "\"ApproximateNumberOfMessagesVisible\",\"Statistic\":\"Maximum\",\"Period\":300,"
               "\"EvaluationPeriods\":1,\"Threshold\":0,\"ComparisonOperator\":"
               "\"GreaterThanThreshold\",\"TreatMissingData\":\"notBreaching\","
               "\"Dimensions\":[{\"Name\":\"QueueName\",\"Value\":\"q\"}]}"));
    advance(room, HOUR_MS);
    is(room, "OK");
    assert_good(call(room, ACCOUNT, "sqs", "SendMessage",
                     "{\"QueueUrl\":\"https://sqs/" ACCOUNT "/q\",\"MessageBody\":\"m\"}"));
    advance(room, HOUR_MS);
    is(room, "ALARM");
    assert_good(
        call(room, ACCOUNT, "sqs", "PurgeQueue", "{\"QueueUrl\":\"https://sqs/" ACCOUNT "/q\"}"));
    advance(room, HOUR_MS);
    is(room, "OK");
    assert_int_equal(rung(room, "alarm"), 1);
}

static void an_alarm_that_was_changed_looks_once(void **state)
{
    struct room *room = *state;
    static const char more[] = ",\"EvaluationPeriods\":1,\"Threshold\":0,\"ComparisonOperator\":"
                               "\"GreaterThanThreshold\",\"TreatMissingData\":\"notBreaching\"";
    put_alarm(room, more);
    put_alarm(room, more);
    add(room, "v", 1);
    advance(room, HOUR_MS);
    is(room, "ALARM");
    put_alarm(room, more);
    is(room, "ALARM"); /* what it is set to is not what it says */
    assert_good(alarms(room, "DeleteAlarms", "{\"AlarmNames\":[\"a\"]}"));
    advance(room, 2 * HOUR_MS);
    assert_int_equal(rung(room, "alarm over"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(it_rings_while_its_metric_is_too_high),
        IN_ROOM(another_dimension_is_another_metric),
        IN_ROOM(missing_data_rings_until_some_comes),
        IN_ROOM(missing_data_leaves_nothing_to_say),
        IN_ROOM(its_topic_hears_of_both_ends),
        IN_ROOM(it_is_heard_where_somebody_has_subscribed),
        IN_ROOM(a_line_of_a_log_is_a_metric),
        IN_ROOM(a_queue_is_heard_as_long_as_something_lies_in_it),
        IN_ROOM(an_alarm_that_was_changed_looks_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
