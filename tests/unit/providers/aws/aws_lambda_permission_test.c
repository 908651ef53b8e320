/* Permissions: one call at a time for each function, statements read back from a policy. */

#include "tests/unit/providers/aws/fixture.h"

#define PERMISSION "aws_lambda_permission"
#define POLICY_OF(name) "/2015-03-31/functions/" name "/policy"
#define RULE_ARN "arn:aws:events:us-east-1:" FIXTURE_ACCOUNT ":rule/copy"
#define WANTED                                                                                     \
    "{\"function_name\":\"relay\",\"statement_id\":\"rule\",\"action\":\"lambda:InvokeFunction\"," \
    "\"principal\":\"events.amazonaws.com\",\"source_arn\":\"" RULE_ARN "\"}"

/* GetPolicy's answer with one statement. */
static const char *policy(struct fixture *f, const char *statement)
{
    struct map_builder b = map_begin(f->arena);
    map_put_str(&b, "Policy",
                arena_printf(f->arena,
                             "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":"
                             "\"another\"},%s]}",
                             statement));
    return json_print(f->arena, map_end(&b), JSON_COMPACT);
}

#define STATEMENT(principal, condition)                                                            \
    "{\"Sid\":\"rule\",\"Effect\":\"Allow\",\"Principal\":" principal                              \
    ",\"Action\":\"lambda:InvokeFunction\",\"Resource\":\"f\",\"Condition\":" condition "}"
#define FROM_RULE(arn) "{\"ArnLike\":{\"AWS:SourceArn\":\"" arn "\"}}"
#define EVENTS "{\"Service\":\"events.amazonaws.com\"}"

static void a_statement_of_the_policy_is_read_as_it_was_asked_for(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET " POLICY_OF("relay"), NULL,
                   policy(f, STATEMENT(EVENTS, FROM_RULE(RULE_ARN))), 1);
    fixture_answer(
        f, "GET " POLICY_OF("relay"), NULL,
        policy(f, STATEMENT("{\"AWS\":\"arn:aws:iam::444455556666:root\"}",
                            "{\"StringEquals\":{\"AWS:SourceAccount\":\"444455556666\"}}")),
        1);
    fixture_run(f, OP_READ, PERMISSION, "relay|rule", NULL, NULL);
    assert_true(value_equal(f->attributes, fixture_json(f, WANTED)));
    fixture_run(f, OP_READ, PERMISSION, "relay|rule", NULL, NULL);
    assert_string_equal(value_get_str(f->attributes, "principal"), "444455556666");
    assert_string_equal(value_get_str(f->attributes, "source_account"), "444455556666");
    assert_null(value_get(f->attributes, "source_arn"));
}

static void no_policy_and_no_such_statement_are_both_gone(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET " POLICY_OF("relay"), "ResourceNotFoundException", "{}", 1);
    fixture_answer(f, "GET " POLICY_OF("relay"), NULL, policy(f, "{\"Sid\":\"rules\"}"), 1);
    fixture_answer(f, "GET " POLICY_OF("relay"), NULL, "{\"Policy\":\"<html>\"}", 1);
    fixture_run(f, OP_READ, PERMISSION, "relay|rule", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
    fixture_run(f, OP_FIND, PERMISSION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
    fixture_run(f, OP_READ, PERMISSION, "relay|rule", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void a_statement_that_exists_is_ours_when_it_says_the_same(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST " POLICY_OF("relay"), "ResourceConflictException",
                   "{\"Message\":\"The statement id (rule) provided already exists\"}", 0);
    fixture_answer(f, "GET " POLICY_OF("relay"), NULL,
                   policy(f, STATEMENT(EVENTS, FROM_RULE(RULE_ARN))), 1);
    fixture_answer(f, "GET " POLICY_OF("relay"), NULL,
                   policy(f, STATEMENT(EVENTS, FROM_RULE(RULE_ARN "2"))), 1);
    fixture_run(f, OP_CREATE, PERMISSION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "relay|rule");
    fixture_run(f, OP_CREATE, PERMISSION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_non_null(strstr(f->diags.items[0].message, "already exists"));
}

/* ---- turns ---- */

static void count(void *ctx, const struct op_outcome *outcome)
{
    size_t *counts = ctx;
    counts[outcome->result]++;
}

static void start(struct fixture *f, enum op_kind kind, const char *function, int i, size_t *counts)
{
    const char *sid = arena_printf(f->arena, "s%d", i);
    const struct value *desired = fixture_json(f, WANTED);
    desired = value_with(f->arena, desired, "function_name", value_string(f->arena, function));
    desired = value_with(f->arena, desired, "statement_id", value_string(f->arena, sid));
    struct op_spec spec = {.kind = kind,
                           .ops = provider_ops(PERMISSION),
                           .schema = schema_of(f->schemas, PERMISSION),
                           .address = "test.address",
                           .account_id = FIXTURE_ACCOUNT,
                           .region = "us-east-1",
                           .partition = "aws"};
    if (kind == OP_CREATE)
        spec.desired = desired;
    else
        spec.identifier = arena_printf(f->arena, "%s|%s", function, sid);
    loop_start(f->loop, &spec, count, counts);
}

static void run_all(struct fixture *f)
{
    while (loop_turn(f->loop)) {
    }
}

static void statements_of_one_function_are_written_one_at_a_time(void **state)
{
    struct fixture *f = *state;
    size_t counts[OP_RESULT_FAILED + 1] = {0};
    fake_when(f->fake, "POST " POLICY_OF("relay"),
              (struct fake_answer){.status = 201, .body = "{}", .after_ms = 100});
    fake_when(f->fake, "DELETE " POLICY_OF("relay"),
              (struct fake_answer){.status = 204, .body = "", .after_ms = 100});
    for (int i = 0; i < 4; i++)
        start(f, i == 2 ? OP_REMOVE : OP_CREATE, "relay", i, counts);
    run_all(f);
    assert_int_equal(counts[OP_RESULT_DONE], 4);
    assert_int_equal(fixture_calls(f), 4);
    assert_int_equal(fake_most_in_flight(f->fake), 1);
    for (int i = 0; i < 4; i++) /* in the order in which they came */
        assert_non_null(strstr(i == 2 ? fixture_call(f, 2)->path : fixture_call(f, (size_t)i)->body,
                               arena_printf(f->arena, "s%d", i)));
}

static void a_failure_gives_the_turn_on(void **state)
{
    struct fixture *f = *state;
    size_t counts[OP_RESULT_FAILED + 1] = {0};
    fixture_answer(f, "POST " POLICY_OF("relay"), "InvalidParameterValueException", "{}", 1);
    fixture_answer(f, "POST " POLICY_OF("relay"), NULL, "{}", 0);
    for (int i = 0; i < 3; i++)
        start(f, OP_CREATE, "relay", i, counts);
    run_all(f);
    assert_int_equal(counts[OP_RESULT_FAILED], 1);
    assert_int_equal(counts[OP_RESULT_DONE], 2);
}

static void whoever_waits_for_a_turn_ends_when_the_loop_is_drained(void **state)
{
    struct fixture *f = *state;
    size_t counts[OP_RESULT_FAILED + 1] = {0};
    fake_when(f->fake, "POST ", (struct fake_answer){.status = 201, .body = "{}", .after_ms = 100});
    for (int i = 0; i < 3; i++)
        start(f, OP_CREATE, "relay", i, counts);
    while (fixture_calls(f) == 0)
        assert_true(loop_turn(f->loop));
    loop_drain(f->loop);
    run_all(f);
    assert_int_equal(counts[OP_RESULT_DONE], 1); /* what flew was let finish */
    assert_int_equal(counts[OP_RESULT_FAILED], 2);
    assert_int_equal(loop_running(f->loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_statement_of_the_policy_is_read_as_it_was_asked_for),
        FIXTURE_TEST(no_policy_and_no_such_statement_are_both_gone),
        FIXTURE_TEST(a_statement_that_exists_is_ours_when_it_says_the_same),
        FIXTURE_TEST(statements_of_one_function_are_written_one_at_a_time),
        FIXTURE_TEST(a_failure_gives_the_turn_on),
        FIXTURE_TEST(whoever_waits_for_a_turn_ends_when_the_loop_is_drained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
