/* Log groups that somebody else made first. */

#include "tests/unit/providers/aws/fixture.h"

static void when(struct fixture *f, const char *text, const char *error, const char *body)
{
    fake_when_contains(
        f->fake, text,
        (struct fake_answer){.status = error ? 400 : 200,
                             .body = error ? arena_printf(f->arena, "{\"__type\":\"%s\"}", error)
                                           : body});
}

static void a_group_that_a_service_made_meanwhile_is_brought_to_what_is_desired(void **state)
{
    struct fixture *f = *state;
    when(f, "Logs_20140328.CreateLogGroup", "ResourceAlreadyExistsException", NULL);
    when(f, "Logs_20140328.TagResource", NULL, "{}");
    when(f, "Logs_20140328.PutRetentionPolicy", NULL, "{}");
    fixture_run(f, OP_CREATE, "aws_log_group", NULL,
                "{\"name\":\"/aws/lambda/a\",\"retention_in_days\":30,\"tags\":{\"a\":\"1\"}}",
                NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "/aws/lambda/a");
    assert_int_equal(fixture_calls(f), 3);
    assert_non_null(strstr(fixture_call(f, 1)->body, ":log-group:/aws/lambda/a\""));
}

static void a_group_that_was_made_is_named_when_its_retention_fails(void **state)
{
    struct fixture *f = *state;
    when(f, "Logs_20140328.CreateLogGroup", NULL, "{}");
    when(f, "Logs_20140328.PutRetentionPolicy", "InvalidParameterException", NULL);
    fixture_run(f, OP_CREATE, "aws_log_group", NULL,
                "{\"name\":\"/aws/lambda/a\",\"retention_in_days\":30}", NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_string_equal(f->identifier, "/aws/lambda/a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_group_that_a_service_made_meanwhile_is_brought_to_what_is_desired),
        FIXTURE_TEST(a_group_that_was_made_is_named_when_its_retention_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
