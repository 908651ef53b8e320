/* Several calls of one operation, seen through the read of a queue. */

#include "tests/unit/providers/aws/fixture.h"

static void when(struct fixture *f, const char *text, const char *error, const char *body)
{
    fake_when_contains(
        f->fake, text,
        (struct fake_answer){.status = error ? 400 : 200,
                             .body = error ? arena_printf(f->arena, "{\"__type\":\"%s\"}", error)
                                           : body});
}

static void a_queue_that_goes_between_two_calls_is_gone(void **state)
{
    struct fixture *f = *state;
    when(f, "AmazonSQS.GetQueueUrl", NULL, "{\"QueueUrl\":\"https://sqs/1/a\"}");
    when(f, "AmazonSQS.GetQueueAttributes", "com.amazonaws.sqs#QueueDoesNotExist", NULL);
    when(f, "AmazonSQS.ListQueueTags", NULL, "{}");
    fixture_run(f, OP_READ, "aws_sqs_queue", "a", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

static void a_call_that_is_denied_fails_the_read_once(void **state)
{
    struct fixture *f = *state;
    when(f, "AmazonSQS.GetQueueUrl", NULL, "{\"QueueUrl\":\"https://sqs/1/a\"}");
    when(f, "AmazonSQS.GetQueueAttributes", "AccessDeniedException", NULL);
    when(f, "AmazonSQS.ListQueueTags", "AccessDeniedException", NULL);
    fixture_run(f, OP_READ, "aws_sqs_queue", "a", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_queue_that_goes_between_two_calls_is_gone),
        FIXTURE_TEST(a_call_that_is_denied_fails_the_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
