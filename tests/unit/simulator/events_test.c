#include "simulator/events.h"
#include "tests/unit/simulator/room.h"

#define WEST "us-west-2"
#define RULE "arn:aws:events:us-east-1:" ACCOUNT ":rule/r"
#define BUS_WEST "arn:aws:events:us-west-2:" ACCOUNT ":event-bus/default"
#define FORWARD "arn:aws:iam::" ACCOUNT ":role/forward"

/* A queue that takes messages from EventBridge for one rule. */
static void make_queue(struct room *room, const char *region, const char *name, const char *rule)
{
    const char *policy = arena_printf(
        room->arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        "{\"Service\":\"events.amazonaws.com\"},\"Action\":\"sqs:SendMessage\",\"Resource\":"
        "\"arn:aws:sqs:%s:" ACCOUNT ":%s\",\"Condition\":{\"ArnEquals\":{\"aws:SourceArn\":"
        "\"%s\"}}}]}",
        region, name, rule);
    assert_good(
        ask(room, ACCOUNT, region, "sqs", "POST", "/", "X.CreateQueue",
            arena_printf(room->arena, "{\"QueueName\":\"%s\",\"Attributes\":{\"Policy\":%s}}", name,
                         quoted(room->arena, policy))));
}

static const struct value *messages(struct room *room, const char *region, const char *name)
{
    struct answer answer = ask(
        room, ACCOUNT, region, "sqs", "POST", "/", "X.ReceiveMessage",
        arena_printf(room->arena, "{\"QueueUrl\":\"https://sqs/%s/%s\",\"MaxNumberOfMessages\":10}",
                     ACCOUNT, name));
    assert_good(answer);
    return value_get(answer.body, "Messages");
}

static void make_rule(struct room *room, const char *region, const char *targets)
{
    assert_good(ask(room, ACCOUNT, region, "events", "POST", "/", "X.PutRule",
                    "{\"Name\":\"r\",\"EventPattern\":\"{\\\"source\\\":[\\\"aws.backup\\\"]}\"}"));
    assert_good(ask(room, ACCOUNT, region, "events", "POST", "/", "X.PutTargets",
                    arena_printf(room->arena, "{\"Rule\":\"r\",\"Targets\":[%s]}", targets)));
}

static void emit(struct room *room)
{
    world_begin(room->world);
    event_emit(room->world, room->arena, ACCOUNT, REGION, "aws.backup", "Copy Job State Change",
               NULL, json(room->arena, "{\"state\":\"COMPLETED\"}"));
    assert_true(world_commit(room->world));
    world_step(room->world);
}

/* The last line of the timeline about the given thing. */
static const struct value *last(struct room *room, const char *what)
{
    const struct value *all = world_timeline(room->world, room->arena), *found = NULL;
    for (size_t i = 0; i < value_len(all); i++) {
        if (str_eq(value_get_str(value_item(all, i), "what"), what))
            found = value_item(all, i);
    }
    return found;
}

static void a_queue_gets_events_only_from_the_rule_that_its_policy_names(void **state)
{
    struct room *room = *state;
    const char *target = "{\"Id\":\"q\",\"Arn\":\"arn:aws:sqs:us-east-1:" ACCOUNT ":q\"}";
    make_queue(room, REGION, "q", "arn:aws:events:us-east-1:" ACCOUNT ":rule/other");
    make_rule(room, REGION, target);
    emit(room);
    assert_int_equal(value_len(messages(room, REGION, "q")), 0);
    assert_non_null(last(room, "event lost"));
    assert_good(
        call(room, ACCOUNT, "sqs", "DeleteQueue", "{\"QueueUrl\":\"https://sqs/" ACCOUNT "/q\"}"));
    assert_refused(call(room, ACCOUNT, "sqs", "CreateQueue", "{\"QueueName\":\"q\"}"),
                   "com.amazonaws.sqs#QueueDeletedRecently");
    advance(room, 60000);
    make_queue(room, REGION, "q", RULE);
    emit(room);
    const struct value *got = messages(room, REGION, "q");
    assert_int_equal(value_len(got), 1);
    const struct value *event = json(room->arena, value_get_str(value_item(got, 0), "Body"));
    assert_string_equal(value_get_str(event, "source"), "aws.backup");
    assert_string_equal(value_get_str(event, "time"), "2026-01-01T00:01:00Z");
    assert_string_equal(value_str(value_pointer(event, "/detail/state")), "COMPLETED");
}

static void another_region_is_reached_only_through_a_role_that_may(void **state)
{
    struct room *room = *state;
    const char *target =
        "{\"Id\":\"b\",\"Arn\":\"" BUS_WEST "\",\"RoleArn\":\"" FORWARD
        "\",\"DeadLetterConfig\":{\"Arn\":\"arn:aws:sqs:us-east-1:" ACCOUNT ":dead\"}}";
    make_queue(room, REGION, "dead", RULE);
    make_queue(room, WEST, "q", "arn:aws:events:us-west-2:" ACCOUNT ":rule/r");
    make_rule(room, WEST, "{\"Id\":\"q\",\"Arn\":\"arn:aws:sqs:us-west-2:" ACCOUNT ":q\"}");
    make_role(room, "forward", "events.amazonaws.com", NULL);
    make_rule(room, REGION, target);

    emit(room);
    assert_int_equal(value_len(messages(room, WEST, "q")), 0);
    assert_int_equal(value_len(messages(room, REGION, "dead")), 1);
    assert_non_null(last(room, "dead letter"));

    assert_good(form(
        room, ACCOUNT, "iam", "PutRolePolicy",
        arena_printf(room->arena, "RoleName=forward&PolicyName=p&PolicyDocument=%s",
                     percent_encode(room->arena,
                                    "{\"Version\":\"2012-10-17\",\"Statement\":[{"
                                    "\"Effect\":\"Allow\",\"Action\":"
                                    "\"events:PutEvents\",\"Resource\":\"" BUS_WEST "\"}]}"))));
    emit(room);
    const struct value *got = messages(room, WEST, "q");
    assert_int_equal(value_len(got), 1);
    const struct value *event = json(room->arena, value_get_str(value_item(got, 0), "Body"));
    assert_string_equal(value_get_str(event, "region"), REGION); /* where it happened first */
}

static void targets_that_cannot_work_are_refused(void **state)
{
    struct room *room = *state;
    make_role(room, "relay", "lambda.amazonaws.com", NULL);
    assert_good(call(room, ACCOUNT, "events", "PutRule",
                     "{\"Name\":\"r\",\"EventPattern\":\"{\\\"source\\\":[\\\"x\\\"]}\"}"));
    const char *const rows[][2] = {
        {"{\"Id\":\"b\",\"Arn\":\"" BUS_WEST "\"}", "Cross-region api call is not allowed"},
        {"{\"Id\":\"b\",\"Arn\":\"" BUS_WEST "\",\"RoleArn\":\"arn:aws:iam::" ACCOUNT
         ":role/relay\"}",
         "Provided role 'arn:aws:iam::" ACCOUNT
         ":role/relay' cannot be assumed by principal 'events.amazonaws.com'."},
        {"{\"Id\":\"b\",\"Arn\":\"arn:aws:sqs:us-west-2:" ACCOUNT ":q\"}",
         "Provided Arn is not in the Region of the rule: arn:aws:sqs:us-west-2:" ACCOUNT ":q"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct answer answer =
            call(room, ACCOUNT, "events", "PutTargets",
                 arena_printf(room->arena, "{\"Rule\":\"r\",\"Targets\":[%s]}", rows[i][0]));
        assert_refused(answer, "ValidationException");
        assert_string_equal(value_get_str(answer.body, "message"), rows[i][1]);
    }
    assert_refused(call(room, ACCOUNT, "events", "PutTargets",
                        "{\"Rule\":\"r\",\"Targets\":[{\"Id\":\"b\",\"Arn\":"
                        "\"arn:aws:events:us-east-1:" OTHER ":event-bus/default\"}]}"),
                   "AccessDeniedException");
}

static void put_targets_can_fail_in_part(void **state)
{
    struct room *room = *state;
    world_begin(room->world);
    setting_put(room->world, "refuse_target", "b");
    assert_true(world_commit(room->world));
    assert_good(call(room, ACCOUNT, "events", "PutRule",
                     "{\"Name\":\"r\",\"EventPattern\":\"{\\\"source\\\":[\\\"x\\\"]}\"}"));
    const char *two =
        "{\"Rule\":\"r\",\"Targets\":[{\"Id\":\"a\",\"Arn\":\"arn:aws:sqs:us-east-1:" ACCOUNT
        ":q\"},{\"Id\":\"b\",\"Arn\":\"arn:aws:sqs:us-east-1:" ACCOUNT ":q\"}]}";
    struct answer answer = call(room, ACCOUNT, "events", "PutTargets", two);
    assert_good(answer);
    assert_int_equal(value_get_int(answer.body, "FailedEntryCount", 0), 1);
    answer = call(room, ACCOUNT, "events", "ListTargetsByRule", "{\"Rule\":\"r\"}");
    assert_int_equal(value_len(value_get(answer.body, "Targets")), 1);
}

static void a_bus_takes_other_accounts_by_its_policy(void **state)
{
    struct room *room = *state;
    const char *entry =
        "{\"Entries\":[{\"Source\":\"mine\",\"DetailType\":\"t\",\"Detail\":\"{}\","
        "\"EventBusName\":\"arn:aws:events:us-east-1:" ACCOUNT ":event-bus/default\"}]}";
    assert_refused(call(room, OTHER, "events", "PutEvents", entry), "AccessDeniedException");
    assert_good(call(room, ACCOUNT, "events", "PutPermission",
                     "{\"StatementId\":\"s\",\"Action\":\"events:PutEvents\",\"Principal\":\"*\","
                     "\"Condition\":{\"Type\":\"StringEquals\",\"Key\":\"aws:PrincipalOrgID\","
                     "\"Value\":\"o-abcdefghij\"}}"));
    assert_good(call(room, OTHER, "events", "PutEvents", entry));
    assert_good(call(room, ACCOUNT, "events", "RemovePermission", "{\"StatementId\":\"s\"}"));
    assert_refused(call(room, OTHER, "events", "PutEvents", entry), "AccessDeniedException");
    assert_null(value_get(call(room, ACCOUNT, "events", "DescribeEventBus", "{}").body, "Policy"));
}

static void events_of_aws_cannot_be_put_by_others(void **state)
{
    struct room *room = *state;
    struct answer answer =
        call(room, ACCOUNT, "events", "PutEvents",
             "{\"Entries\":[{\"Source\":\"aws.backup\",\"DetailType\":\"t\",\"Detail\":\"{}\"}]}");
    assert_good(answer);
    assert_int_equal(value_get_int(answer.body, "FailedEntryCount", 0), 1);
}

static void a_rule_keeps_its_targets_when_put_again_and_cannot_go_before_them(void **state)
{
    struct room *room = *state;
    make_rule(room, REGION, "{\"Id\":\"q\",\"Arn\":\"arn:aws:sqs:us-east-1:" ACCOUNT ":q\"}");
    assert_good(call(room, ACCOUNT, "events", "PutRule",
                     "{\"Name\":\"r\",\"EventPattern\":\"{\\\"source\\\":[\\\"y\\\"]}\"}"));
    assert_refused(call(room, ACCOUNT, "events", "DeleteRule", "{\"Name\":\"r\"}"),
                   "ValidationException");
    assert_good(call(room, ACCOUNT, "events", "RemoveTargets", "{\"Rule\":\"r\",\"Ids\":[\"q\"]}"));
    assert_good(call(room, ACCOUNT, "events", "DeleteRule", "{\"Name\":\"r\"}"));
    assert_good(call(room, ACCOUNT, "events", "DeleteRule", "{\"Name\":\"r\"}"));
    assert_refused(call(room, ACCOUNT, "events", "DescribeRule", "{\"Name\":\"r\"}"),
                   "ResourceNotFoundException");
}

static void settings_lose_and_double_events(void **state)
{
    struct room *room = *state;
    make_queue(room, REGION, "q", RULE);
    make_rule(room, REGION, "{\"Id\":\"q\",\"Arn\":\"arn:aws:sqs:us-east-1:" ACCOUNT ":q\"}");
    world_begin(room->world);
    setting_put(room->world, "event_drop_every", "2");
    setting_put(room->world, "event_copies", "2");
    assert_true(world_commit(room->world));
    for (int i = 0; i < 4; i++)
        emit(room);
    assert_int_equal(value_len(messages(room, REGION, "q")), 4); /* two lost, two doubled */
}

static void spread_events_all_come_though_later(void **state)
{
    struct room *room = *state;
    make_queue(room, REGION, "q", RULE);
    make_rule(room, REGION, "{\"Id\":\"q\",\"Arn\":\"arn:aws:sqs:us-east-1:" ACCOUNT ":q\"}");
    world_begin(room->world);
    setting_put(room->world, "event_spread_ms", "21600000");
    assert_true(world_commit(room->world));
    for (int i = 0; i < 8; i++)
        emit(room);
    size_t at_once = value_len(messages(room, REGION, "q"));
    assert_true(at_once < 8);
    advance(room, 6 * HOUR_MS);
    assert_true(value_len(messages(room, REGION, "q")) > at_once);
    assert_false(world_has_pending(room->world));
}

static void what_a_target_gets_can_be_rewritten(void **state)
{
    struct room *room = *state;
    make_queue(room, REGION, "q", RULE);
    make_rule(room, REGION,
              "{\"Id\":\"p\",\"Arn\":\"arn:aws:sqs:us-east-1:" ACCOUNT
              ":q\",\"InputPath\":\"$.detail\"},"
              "{\"Id\":\"t\",\"Arn\":\"arn:aws:sqs:us-east-1:" ACCOUNT
              ":q\",\"InputTransformer\":{\"InputPathsMap\":{\"s\":\"$.detail.state\","
              "\"d\":\"$.detail\"},\"InputTemplate\":\"{\\\"text\\\":\\\"is <s>\\\","
              "\\\"all\\\":<d>}\"}}");
    emit(room);
    const struct value *got = messages(room, REGION, "q");
    assert_int_equal(value_len(got), 2);
    assert_string_equal(value_get_str(value_item(got, 0), "Body"), "{\"state\":\"COMPLETED\"}");
    assert_string_equal(value_get_str(value_item(got, 1), "Body"),
                        "{\"text\":\"is COMPLETED\",\"all\":{\"state\":\"COMPLETED\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_queue_gets_events_only_from_the_rule_that_its_policy_names),
        IN_ROOM(another_region_is_reached_only_through_a_role_that_may),
        IN_ROOM(targets_that_cannot_work_are_refused),
        IN_ROOM(put_targets_can_fail_in_part),
        IN_ROOM(a_bus_takes_other_accounts_by_its_policy),
        IN_ROOM(events_of_aws_cannot_be_put_by_others),
        IN_ROOM(a_rule_keeps_its_targets_when_put_again_and_cannot_go_before_them),
        IN_ROOM(settings_lose_and_double_events),
        IN_ROOM(spread_events_all_come_though_later),
        IN_ROOM(what_a_target_gets_can_be_rewritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
