/* Frameworks and report plans: AWS works on them behind our back (audit.h). */

#include "tests/unit/providers/aws/fixture.h"

#define FRAMEWORK "aws_backup_framework"
#define REPORT "aws_backup_report_plan"
#define DESIRED "{\"name\":\"audit\",\"controls\":[{\"control_name\":\"C\"}]}"
#define STATUS(status)                                                                             \
    "{\"FrameworkName\":\"audit\",\"FrameworkArn\":\"arn:f\",\"DeploymentStatus\":\"" status "\"}"

static void a_creation_ends_when_the_framework_is_deployed(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST /audit/frameworks", NULL, "{}", 0);
    fixture_answer(f, "GET /audit/frameworks/audit", "ResourceNotFoundException", "{}", 1);
    fixture_answer(f, "GET /audit/frameworks/audit", NULL, STATUS("CREATE_IN_PROGRESS"), 2);
    fixture_answer(f, "GET /audit/frameworks/audit", NULL, STATUS("COMPLETED"), 0);
    fixture_run(f, OP_CREATE, FRAMEWORK, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "audit");
    assert_int_equal(fixture_calls(f), 5);
    assert_string_equal(fixture_call(f, 0)->body,
                        "{\"FrameworkName\":\"audit\",\"FrameworkControls\":[{\"ControlName\":"
                        "\"C\"}],\"IdempotencyToken\":\"" FIXTURE_TOKEN "\"}");
}

static void a_failed_deployment_fails_the_creation_and_keeps_the_object(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST /audit/frameworks", NULL, "{}", 0);
    fixture_answer(f, "GET /audit/frameworks/audit", NULL, STATUS("FAILED"), 0);
    fixture_run(f, OP_CREATE, FRAMEWORK, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_string_equal(f->identifier, "audit");
    assert_non_null(strstr(f->diags.items[0].message, "could not deploy"));
}

static void a_deployment_that_never_ends_is_given_up(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST /audit/frameworks", NULL, "{}", 0);
    fixture_answer(f, "GET /audit/frameworks/audit", NULL, STATUS("CREATE_IN_PROGRESS"), 0);
    fixture_run(f, OP_CREATE, FRAMEWORK, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_TIMEOUT);
}

static void already_exists_is_success_with_our_token_and_failure_with_another(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST /audit/frameworks", "AlreadyExistsException",
                   "{\"CreatorRequestId\":\"" FIXTURE_TOKEN "\"}", 1);
    fixture_answer(f, "POST /audit/frameworks", "AlreadyExistsException",
                   "{\"CreatorRequestId\":\"other\"}", 1);
    fixture_answer(f, "GET /audit/frameworks/audit", NULL, STATUS("COMPLETED"), 0);
    fixture_run(f, OP_CREATE, FRAMEWORK, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    fixture_run(f, OP_CREATE, FRAMEWORK, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void a_change_waits_while_aws_is_busy_with_the_last_one(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT /audit/frameworks/audit", "ConflictException", "{}", 2);
    fixture_answer(f, "PUT /audit/frameworks/audit", NULL, "{}", 0);
    fixture_answer(f, "GET /audit/frameworks/audit", NULL, STATUS("COMPLETED"), 0);
    fixture_run(f, OP_UPDATE, FRAMEWORK, "audit", "{\"name\":\"audit\",\"description\":\"new\"}",
                "{\"name\":\"audit\",\"description\":\"old\",\"arn\":\"arn:f\"}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(fixture_call(f, 2)->body, "{\"FrameworkDescription\":\"new\"}");
}

static void a_deletion_ends_when_the_framework_is_gone(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE /audit/frameworks/audit", NULL, "{}", 0);
    fixture_answer(f, "GET /audit/frameworks/audit", NULL, STATUS("DELETE_IN_PROGRESS"), 2);
    fixture_answer(f, "GET /audit/frameworks/audit", "ResourceNotFoundException", "{}", 0);
    fixture_run(f, OP_REMOVE, FRAMEWORK, "audit", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 4);
}

static void a_framework_shows_the_token_that_made_it(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /audit/frameworks/audit", NULL,
                   "{\"IdempotencyToken\":\"" FIXTURE_TOKEN "\"}", 1);
    fixture_answer(f, "GET /audit/frameworks/audit", NULL, "{\"IdempotencyToken\":\"other\"}", 1);
    fixture_answer(f, "GET /audit/report-plans/r", NULL, "{\"ReportPlan\":{}}", 0);
    fixture_run(f, OP_FIND, FRAMEWORK, NULL, DESIRED, NULL);
    assert_int_equal(f->ownership, OWNER_OURS);
    fixture_run(f, OP_FIND, FRAMEWORK, NULL, DESIRED, NULL);
    assert_int_equal(f->ownership, OWNER_BY_TAGS);
    fixture_run(f, OP_FIND, REPORT, NULL, "{\"name\":\"r\"}", NULL);
    assert_int_equal(f->ownership, OWNER_BY_TAGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_creation_ends_when_the_framework_is_deployed),
        FIXTURE_TEST(a_failed_deployment_fails_the_creation_and_keeps_the_object),
        FIXTURE_TEST(a_deployment_that_never_ends_is_given_up),
        FIXTURE_TEST(already_exists_is_success_with_our_token_and_failure_with_another),
        FIXTURE_TEST(a_change_waits_while_aws_is_busy_with_the_last_one),
        FIXTURE_TEST(a_deletion_ends_when_the_framework_is_gone),
        FIXTURE_TEST(a_framework_shows_the_token_that_made_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
