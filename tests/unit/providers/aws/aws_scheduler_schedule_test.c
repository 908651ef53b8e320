/* Schedules: a document that AWS replaces as a whole. */

#include "tests/unit/providers/aws/fixture.h"

#define SCHEDULE                                                                                   \
    "\"Name\":\"tick\",\"GroupName\":\"default\",\"ScheduleExpression\":\"rate(1 hour)\","         \
    "\"CreationDate\":1767225600.5,\"FlexibleTimeWindow\":{\"Mode\":\"OFF\"},\"Target\":{"         \
    "\"Arn\":\"arn:aws:sqs:us-east-1:" FIXTURE_ACCOUNT                                             \
    ":q\",\"RoleArn\":\"arn:aws:iam::" FIXTURE_ACCOUNT ":role/r\""

static const char *unsaid(struct fixture *f, const char *answer)
{
    fixture_answer(f, "GET /schedules/tick", NULL, answer, 1);
    fixture_run(f, OP_READ, "aws_scheduler_schedule", "default|tick", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    const struct value *list = value_get(f->attributes, "unsaid");
    return list ? json_print(f->arena, list, JSON_COMPACT) : NULL;
}

static void what_no_property_can_say_is_listed(void **state)
{
    struct fixture *f = *state;
    assert_null(unsaid(f, "{" SCHEDULE "},\"ActionAfterCompletion\":\"NONE\"}"));
    assert_string_equal(unsaid(f, "{" SCHEDULE ",\"EcsParameters\":{\"TaskDefinitionArn\":\"t\"}},"
                                  "\"StartDate\":1767225600,\"ActionAfterCompletion\":\"DELETE\"}"),
                        "[\"target/EcsParameters\",\"StartDate\",\"ActionAfterCompletion\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_no_property_can_say_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
