/* Selections: roles that are new, plans that are gone, lost answers. */

#include "tests/unit/providers/aws/fixture.h"

#define SELECTION "aws_backup_selection"
#define BASE "/backup/plans/p-1/selections/"
#define WANTED                                                                                     \
    "{\"backup_plan_id\":\"p-1\",\"name\":\"db\",\"iam_role_arn\":\"role\",\"list_of_tags\":[{"    \
    "\"condition_type\":\"STRINGEQUALS\",\"condition_key\":\"backup\","                            \
    "\"condition_value\":\"yes\"}],\"conditions\":{\"string_equals\":[{\"condition_key\":"         \
    "\"aws:ResourceTag/stage\",\"condition_value\":\"prod\"}]}}"
#define SENT                                                                                       \
    "{\"SelectionName\":\"db\",\"IamRoleArn\":\"role\",\"ListOfTags\":[{\"ConditionType\":"        \
    "\"STRINGEQUALS\",\"ConditionKey\":\"backup\",\"ConditionValue\":\"yes\"}],\"Conditions\":{"   \
    "\"StringEquals\":[{\"ConditionKey\":\"aws:ResourceTag/stage\",\"ConditionValue\":"            \
    "\"prod\"}]}}"
#define MADE "{\"SelectionId\":\"s-1\",\"BackupPlanId\":\"p-1\"}"
#define SHOWN "{\"SelectionId\":\"s-1\",\"BackupSelection\":" SENT "}"

static void a_selection_is_read_back_as_it_was_written(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET " BASE "s-1", NULL, SHOWN, 0);
    fixture_run(f, OP_READ, SELECTION, "p-1|s-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    const struct value *wanted =
        value_with(f->arena, fixture_json(f, WANTED), "id", value_string(f->arena, "s-1"));
    assert_true(value_equal(f->attributes, wanted));
}

static void a_new_role_is_waited_for_and_then_the_selection_until_it_is_visible(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT " BASE, "InvalidParameterValueException",
                   "{\"Message\":\"IAM Role role cannot be assumed by AWS Backup\"}", 2);
    fixture_answer(f, "PUT " BASE, "InvalidParameterValueException",
                   "{\"Message\":\"role is not authorized to call tag:GetResources\"}", 2);
    fixture_answer(f, "PUT " BASE, NULL, MADE, 0);
    fixture_answer(f, "GET " BASE "s-1", "ResourceNotFoundException", "{}", 2);
    fixture_answer(f, "GET " BASE "s-1", NULL, SHOWN, 0);
    fixture_run(f, OP_CREATE, SELECTION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "p-1|s-1");
    assert_int_equal(fixture_calls(f), 5 + 3);
    assert_string_equal(fixture_call(f, 4)->body, "{\"BackupSelection\":" SENT
                                                  ",\"CreatorRequestId\":\"" FIXTURE_TOKEN "\"}");
}

static void a_selection_that_never_shows_itself_is_a_timeout(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT " BASE, NULL, MADE, 0);
    fixture_answer(f, "GET " BASE "s-1", "ResourceNotFoundException", "{}", 0);
    fixture_run(f, OP_CREATE, SELECTION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_TIMEOUT);
    assert_string_equal(f->identifier, "p-1|s-1"); /* it exists all the same */
    assert_true(loop_now_ms(f->loop) >= FIXTURE_START_MS + 120000);
}

static void a_lost_answer_is_made_good_by_the_list(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT " BASE, "AlreadyExistsException",
                   "{\"CreatorRequestId\":\"" FIXTURE_TOKEN "\",\"Arn\":\"plan\"}", 1);
    fixture_answer(f, "PUT " BASE, "AlreadyExistsException", "{\"CreatorRequestId\":\"x\"}", 0);
    fixture_answer(f, "GET " BASE "s-2", NULL, SHOWN, 0);
    fixture_answer(f, "GET " BASE, NULL,
                   "{\"BackupSelectionsList\":[{\"SelectionId\":\"s-1\",\"CreatorRequestId\":"
                   "\"x\"},{\"SelectionId\":\"s-2\",\"CreatorRequestId\":\"" FIXTURE_TOKEN "\"}]}",
                   0);
    fixture_run(f, OP_CREATE, SELECTION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "p-1|s-2");
    fixture_run(f, OP_CREATE, SELECTION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void a_missing_plan_means_that_the_selection_is_gone(void **state)
{
    struct fixture *f = *state;
    static const char missing[] = "{\"Message\":\"Cannot find Backup plan with ID p-1\"}";
    fixture_answer(f, "GET " BASE "s-1", "InvalidParameterValueException", missing, 1);
    fixture_answer(f, "GET " BASE "s-1", "InvalidParameterValueException",
                   "{\"Message\":\"something else\"}", 1);
    fixture_answer(f, "DELETE " BASE "s-1", "InvalidParameterValueException", missing, 1);
    fixture_answer(f, "DELETE " BASE "s-1", "InvalidParameterValueException",
                   "{\"Message\":\"something else\"}", 0);
    fixture_answer(f, "GET " BASE, "InvalidParameterValueException", missing, 0);
    fixture_run(f, OP_READ, SELECTION, "p-1|s-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
    fixture_run(f, OP_READ, SELECTION, "p-1|s-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    fixture_run(f, OP_REMOVE, SELECTION, "p-1|s-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    fixture_run(f, OP_REMOVE, SELECTION, "p-1|s-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    fixture_run(f, OP_FIND, SELECTION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

static void a_selection_is_found_by_token_before_its_name(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET " BASE, NULL,
                   "{\"BackupSelectionsList\":[{\"SelectionId\":\"s-1\",\"SelectionName\":\"db\"},"
                   "{\"SelectionId\":\"s-2\",\"SelectionName\":\"db\",\"CreatorRequestId\":"
                   "\"" FIXTURE_TOKEN "\"}]}",
                   1);
    fixture_answer(f, "GET " BASE, NULL,
                   "{\"BackupSelectionsList\":[{\"SelectionId\":\"s-1\",\"SelectionName\":\"db\"}"
                   "]}",
                   1);
    fixture_run(f, OP_FIND, SELECTION, NULL, WANTED, NULL);
    assert_string_equal(f->identifier, "p-1|s-2");
    assert_int_equal(f->ownership, OWNER_OURS);
    fixture_run(f, OP_FIND, SELECTION, NULL, WANTED, NULL);
    assert_string_equal(f->identifier, "p-1|s-1");
    assert_int_equal(f->ownership, OWNER_PARENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_selection_is_read_back_as_it_was_written),
        FIXTURE_TEST(a_new_role_is_waited_for_and_then_the_selection_until_it_is_visible),
        FIXTURE_TEST(a_selection_that_never_shows_itself_is_a_timeout),
        FIXTURE_TEST(a_lost_answer_is_made_good_by_the_list),
        FIXTURE_TEST(a_missing_plan_means_that_the_selection_is_gone),
        FIXTURE_TEST(a_selection_is_found_by_token_before_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
