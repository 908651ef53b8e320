/* Rules and bus policies: calls that fail in part, roles that stay, policies of others. */

#include "tests/unit/providers/aws/fixture.h"

#define RULE "aws_event_rule"
#define BUS_POLICY "aws_event_bus_policy"
#define ID "default|copy"
#define TARGET(id, role)                                                                           \
    "{\"id\":\"" id "\",\"arn\":\"arn:aws:events:eu-west-1:" FIXTURE_ACCOUNT                       \
    ":event-bus/default\"" role "}"
#define ROLE ",\"role_arn\":\"arn:aws:iam::" FIXTURE_ACCOUNT ":role/r\""
#define WITH(targets)                                                                              \
    "{\"name\":\"copy\",\"event_bus_name\":\"default\",\"event_pattern\":{\"source\":["            \
    "\"aws.backup\"]},\"state\":\"ENABLED\",\"description\":\"\",\"targets\":[" targets "]}"
#define FAILED_ENTRY(code)                                                                         \
    "{\"FailedEntryCount\":1,\"FailedEntries\":[{\"TargetId\":\"b\",\"ErrorCode\":\"" code         \
    "\",\"ErrorMessage\":\"no\"}]}"

/* The operation of the i-th call. */
static const char *sent(struct fixture *f, size_t i)
{
    const char *target = fake_call_header(fixture_call(f, i), "x-amz-target");
    assert_non_null(target);
    return target + strlen("AWSEvents.");
}

static void a_rule_is_made_whole_and_then_gets_its_targets(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.", NULL, "{\"FailedEntryCount\":0}", 0);
    fixture_run(f, OP_CREATE, RULE, NULL, WITH(TARGET("a", ROLE)), NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, ID);
    assert_int_equal(fixture_calls(f), 2);
    assert_string_equal(fixture_call(f, 0)->body,
                        "{\"Name\":\"copy\",\"EventBusName\":\"default\",\"EventPattern\":"
                        "\"{\\\"source\\\":[\\\"aws.backup\\\"]}\",\"State\":\"ENABLED\"}");
    assert_string_equal(
        fixture_call(f, 1)->body,
        "{\"Rule\":\"copy\",\"EventBusName\":\"default\",\"Targets\":[{\"Id\":\"a\",\"Arn\":"
        "\"arn:aws:events:eu-west-1:" FIXTURE_ACCOUNT ":event-bus/default\",\"RoleArn\":"
        "\"arn:aws:iam::" FIXTURE_ACCOUNT ":role/r\"}]}");
}

static void a_target_that_fails_inside_a_success_is_an_error_that_names_it(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.PutTargets", NULL, FAILED_ENTRY("AccessDenied"), 0);
    fixture_answer_target(f, "AWSEvents.", NULL, "{}", 0);
    fixture_run(f, OP_CREATE, RULE, NULL, WITH(TARGET("a", "") "," TARGET("b", "")), NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_string_equal(f->identifier, ID); /* the rule is there */
    assert_int_equal(f->diags.len, 1);
    assert_non_null(strstr(f->diags.items[0].message, "PutTargets: target b: AccessDenied: no"));
    assert_int_equal(fixture_calls(f), 2);
}

static void any_number_of_targets_may_fail(void **state)
{
    struct fixture *f = *state;
    const char *entry = arena_printf(f->arena,
                                     "{\"TargetId\":\"%0100d\",\"ErrorCode\":\"%0200d\","
                                     "\"ErrorMessage\":\"%0500d\"}",
                                     1, 2, 3);
    struct list_builder entries = list_begin(f->arena);
    for (int i = 0; i < 400; i++)
        list_add(&entries, fixture_json(f, entry));
    struct map_builder body = map_begin(f->arena);
    map_put(&body, "FailedEntries", list_end(&entries));
    fixture_answer_target(f, "AWSEvents.PutTargets", NULL,
                          json_print(f->arena, map_end(&body), JSON_COMPACT), 0);
    fixture_answer_target(f, "AWSEvents.", NULL, "{}", 0);
    fixture_run(f, OP_CREATE, RULE, NULL, WITH(TARGET("a", "")), NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void a_target_of_a_rule_that_is_busy_is_put_again_but_not_for_ever(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.PutTargets", NULL,
                          FAILED_ENTRY("ConcurrentModificationException"), 2);
    fixture_answer_target(f, "AWSEvents.PutTargets", NULL, "{\"FailedEntryCount\":0}", 1);
    fixture_answer_target(f, "AWSEvents.PutTargets", NULL,
                          FAILED_ENTRY("ConcurrentModificationException"), 0);
    fixture_answer_target(f, "AWSEvents.", NULL, "{}", 0);
    fixture_run(f, OP_CREATE, RULE, NULL, WITH(TARGET("b", "")), NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 1 + 3);
    fixture_run(f, OP_CREATE, RULE, NULL, WITH(TARGET("b", "")), NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(fixture_calls(f), 1 + 3 + 1 + 6);
}

static void only_targets_that_differ_are_touched_and_removals_come_first(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.", NULL, "{}", 0);
    fixture_run(f, OP_UPDATE, RULE, ID, WITH(TARGET("same", ROLE) "," TARGET("new", "")),
                WITH(TARGET("gone", ROLE) "," TARGET("same", ROLE)));
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 2);
    assert_string_equal(sent(f, 0), "RemoveTargets");
    assert_non_null(strstr(fixture_call(f, 0)->body, "\"Ids\":[\"gone\"]"));
    assert_string_equal(sent(f, 1), "PutTargets");
    assert_non_null(strstr(fixture_call(f, 1)->body, "\"new\""));
    assert_null(strstr(fixture_call(f, 1)->body, "\"same\""));
}

static void a_target_that_loses_its_role_is_removed_and_put(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.", NULL, "{}", 0);
    fixture_run(f, OP_UPDATE, RULE, ID, WITH(TARGET("a", "")), WITH(TARGET("a", ROLE)));
    assert_int_equal(fixture_calls(f), 2);
    assert_string_equal(sent(f, 0), "RemoveTargets");
    assert_string_equal(sent(f, 1), "PutTargets");
    /* a role that comes in, or is exchanged, needs no removal */
    fixture_run(f, OP_UPDATE, RULE, ID, WITH(TARGET("a", ROLE)), WITH(TARGET("a", "")));
    assert_int_equal(fixture_calls(f), 3);
    assert_string_equal(sent(f, 2), "PutTargets");
}

static void a_rule_that_differs_is_put_as_a_whole_and_its_tags_apart(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.", NULL, "{}", 0);
    fixture_run(
        f, OP_UPDATE, RULE, "orders|copy",
        "{\"name\":\"copy\",\"event_bus_name\":\"orders\",\"schedule_expression\":"
        "\"rate(1 hour)\",\"state\":\"DISABLED\",\"description\":\"\",\"tags\":{\"a\":\"1\"}}",
        "{\"name\":\"copy\",\"event_bus_name\":\"orders\",\"schedule_expression\":"
        "\"rate(1 hour)\",\"state\":\"ENABLED\",\"description\":\"x\",\"tags\":{"
        "\"b\":\"1\"}}");
    assert_int_equal(fixture_calls(f), 3);
    assert_string_equal(fixture_call(f, 0)->body,
                        "{\"Name\":\"copy\",\"EventBusName\":\"orders\",\"ScheduleExpression\":"
                        "\"rate(1 hour)\",\"State\":\"DISABLED\"}");
    assert_string_equal(sent(f, 1), "TagResource");
    assert_non_null(strstr(fixture_call(f, 1)->body, ":rule/orders/copy\""));
    assert_string_equal(sent(f, 2), "UntagResource");
}

static void what_a_rule_does_not_name_stays_but_null_goes(void **state)
{
    struct fixture *f = *state;
    static const char prior[] = "{\"name\":\"copy\",\"event_pattern\":{\"source\":[\"x\"]},"
                                "\"role_arn\":\"r\",\"targets\":[" TARGET("a", "") "]}";
    fixture_answer_target(f, "AWSEvents.", NULL, "{}", 0);
    fixture_run(f, OP_UPDATE, RULE, ID, "{\"name\":\"copy\",\"state\":\"DISABLED\"}", prior);
    assert_int_equal(fixture_calls(f), 1);
    assert_string_equal(fixture_call(f, 0)->body,
                        "{\"Name\":\"copy\",\"EventBusName\":\"default\",\"EventPattern\":"
                        "\"{\\\"source\\\":[\\\"x\\\"]}\",\"State\":\"DISABLED\",\"RoleArn\":"
                        "\"r\"}");
    fixture_run(f, OP_UPDATE, RULE, ID,
                "{\"name\":\"copy\",\"schedule_expression\":\"rate(1 hour)\",\"role_arn\":null,"
                "\"targets\":null}",
                prior);
    assert_int_equal(fixture_calls(f), 3);
    assert_string_equal(fixture_call(f, 1)->body, "{\"Name\":\"copy\",\"EventBusName\":\"default\","
                                                  "\"ScheduleExpression\":\"rate(1 hour)\"}");
    assert_non_null(strstr(fixture_call(f, 2)->body, "\"Ids\":[\"a\"]"));
}

static void a_rule_is_read_with_all_its_targets_and_tags(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.DescribeRule", NULL,
                          "{\"Name\":\"copy\",\"EventBusName\":\"default\",\"EventPattern\":"
                          "\"{\\\"source\\\":[\\\"aws.backup\\\"]}\",\"State\":\"ENABLED\"}",
                          0);
    fixture_answer_target(f, "\"NextToken\":\"2\"", NULL,
                          "{\"Targets\":[{\"Id\":\"b\",\"Arn\":\"y\",\"RetryPolicy\":{"
                          "\"MaximumRetryAttempts\":3}}]}",
                          0);
    fixture_answer_target(f, "AWSEvents.ListTargetsByRule", NULL,
                          "{\"Targets\":[{\"Id\":\"a\",\"Arn\":\"x\",\"DeadLetterConfig\":{"
                          "\"Arn\":\"q\"}}],\"NextToken\":\"2\"}",
                          0);
    fixture_answer_target(f, "AWSEvents.ListTagsForResource", NULL,
                          "{\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}", 0);
    fixture_run(f, OP_READ, RULE, ID, NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(
        json_print(f->arena, f->attributes, JSON_SORTED),
        "{\"arn\":\"arn:aws:events:us-east-1:" FIXTURE_ACCOUNT ":rule/copy\",\"event_bus_name\":"
        "\"default\",\"event_pattern\":{\"source\":[\"aws.backup\"]},\"name\":\"copy\",\"state\":"
        "\"ENABLED\",\"tags\":{\"k\":\"v\"},\"targets\":[{\"arn\":\"x\",\"dead_letter_config\":{"
        "\"arn\":\"q\"},\"id\":\"a\"},{\"arn\":\"y\",\"id\":\"b\",\"retry_policy\":{"
        "\"maximum_retry_attempts\":3}}]}");
}

static void targets_go_before_their_rule(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.ListTargetsByRule", NULL,
                          "{\"Targets\":[{\"Id\":\"a\"},{\"Id\":\"b\"}]}", 1);
    fixture_answer_target(f, "AWSEvents.ListTargetsByRule", NULL, "{\"Targets\":[]}", 1);
    fixture_answer_target(f, "AWSEvents.ListTargetsByRule", "ResourceNotFoundException", "{}", 0);
    fixture_answer_target(f, "AWSEvents.DeleteRule", "ValidationException",
                          "{\"message\":\"Rule can't be deleted since it has targets.\"}", 2);
    fixture_answer_target(f, "AWSEvents.", NULL, "{}", 0);
    fixture_run(f, OP_REMOVE, RULE, ID, NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 5);
    assert_non_null(strstr(fixture_call(f, 1)->body, "\"Ids\":[\"a\",\"b\"]"));
    fixture_run(f, OP_REMOVE, RULE, ID, NULL, NULL);
    assert_int_equal(fixture_calls(f), 7);
    fixture_run(f, OP_REMOVE, RULE, ID, NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 8);
}

static void targets_that_cannot_be_removed_keep_their_rule(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.ListTargetsByRule", NULL, "{\"Targets\":[{\"Id\":\"b\"}]}",
                          0);
    fixture_answer_target(f, "AWSEvents.RemoveTargets", NULL, FAILED_ENTRY("ManagedRule"), 0);
    fixture_run(f, OP_REMOVE, RULE, ID, NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(fixture_calls(f), 2);
}

/* ---- the policy of a bus ---- */

#define POLICY(effect)                                                                             \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"s\",\"Effect\":\"" effect               \
    "\",\"Principal\":\"*\",\"Action\":\"events:PutEvents\",\"Resource\":\"*\"}]}"
#define WANTED_POLICY "{\"event_bus_name\":\"default\",\"policy\":" POLICY("Allow") "}"

static void a_bus_policy_is_put_as_a_whole_and_removed_as_a_whole(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.", NULL, "{}", 0);
    fixture_run(f, OP_CREATE, BUS_POLICY, NULL, WANTED_POLICY, NULL);
    assert_string_equal(f->identifier, "default");
    const struct value *body = fixture_json(f, fixture_call(f, 0)->body);
    assert_string_equal(value_get_str(body, "EventBusName"), "default");
    assert_string_equal(value_get_str(body, "Policy"), POLICY("Allow"));
    fixture_run(f, OP_REMOVE, BUS_POLICY, "default", NULL, NULL);
    assert_string_equal(fixture_call(f, 1)->body,
                        "{\"EventBusName\":\"default\",\"RemoveAllPermissions\":true}");
}

static const char *bus_with(struct fixture *f, const char *policy)
{
    struct map_builder b = map_begin(f->arena);
    map_put_str(&b, "Name", "default");
    map_put_str(&b, "Policy", policy);
    return json_print(f->arena, map_end(&b), JSON_COMPACT);
}

static void only_a_bus_policy_that_says_what_we_want_is_ours(void **state)
{
    struct fixture *f = *state;
    fixture_answer_target(f, "AWSEvents.DescribeEventBus", NULL, bus_with(f, NULL), 1);
    fixture_answer_target(f, "AWSEvents.DescribeEventBus", NULL, bus_with(f, POLICY("Allow")), 1);
    fixture_answer_target(f, "AWSEvents.DescribeEventBus", NULL, bus_with(f, POLICY("Deny")), 2);
    fixture_run(f, OP_FIND, BUS_POLICY, NULL, WANTED_POLICY, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
    fixture_run(f, OP_FIND, BUS_POLICY, NULL, WANTED_POLICY, NULL);
    assert_int_equal(f->ownership, OWNER_OURS);
    fixture_run(f, OP_FIND, BUS_POLICY, NULL, WANTED_POLICY, NULL);
    assert_int_equal(f->ownership, OWNER_OTHER);
    fixture_run(f, OP_READ, BUS_POLICY, "default", NULL, NULL);
    assert_true(value_equal(value_get(f->attributes, "policy"), fixture_json(f, POLICY("Deny"))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_rule_is_made_whole_and_then_gets_its_targets),
        FIXTURE_TEST(a_target_that_fails_inside_a_success_is_an_error_that_names_it),
        FIXTURE_TEST(any_number_of_targets_may_fail),
        FIXTURE_TEST(a_target_of_a_rule_that_is_busy_is_put_again_but_not_for_ever),
        FIXTURE_TEST(only_targets_that_differ_are_touched_and_removals_come_first),
        FIXTURE_TEST(a_target_that_loses_its_role_is_removed_and_put),
        FIXTURE_TEST(a_rule_that_differs_is_put_as_a_whole_and_its_tags_apart),
        FIXTURE_TEST(what_a_rule_does_not_name_stays_but_null_goes),
        FIXTURE_TEST(a_rule_is_read_with_all_its_targets_and_tags),
        FIXTURE_TEST(targets_go_before_their_rule),
        FIXTURE_TEST(targets_that_cannot_be_removed_keep_their_rule),
        FIXTURE_TEST(a_bus_policy_is_put_as_a_whole_and_removed_as_a_whole),
        FIXTURE_TEST(only_a_bus_policy_that_says_what_we_want_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
