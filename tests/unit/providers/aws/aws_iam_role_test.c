/* Roles, ours and those of services: what "exists already" means, and what is left alone. */

#include "tests/unit/providers/aws/fixture.h"

#define TYPE "aws_iam_role"
#define LINKED "aws_iam_service_linked_role"
#define DESIRED                                                                                    \
    "{\"name\":\"jobs\",\"path\":\"/\",\"assume_role_policy_document\":{},"                        \
    "\"managed_policy_arns\":[\"arn:aws:iam::aws:policy/A\"],"                                     \
    "\"tags\":{\"holdfast:topology\":\"t\",\"holdfast:address\":\"roles.jobs\"}}"

static void when(struct fixture *f, const char *operation, const char *result)
{
    const char *body = arena_printf(f->arena, "<%sResponse><%sResult>%s</%sResult></%sResponse>",
                                    operation, operation, result, operation, operation);
    fake_when_contains(f->fake, arena_printf(f->arena, "Action=%s&", operation),
                       (struct fake_answer){.status = 200, .body = body});
}

static void refuse(struct fixture *f, const char *operation, int status, const char *code)
{
    const char *body = arena_printf(
        f->arena,
        "<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>", code);
    fake_when_contains(f->fake, arena_printf(f->arena, "Action=%s&", operation),
                       (struct fake_answer){.status = status, .body = body});
}

static void existing_role(struct fixture *f, const char *address)
{
    refuse(f, "CreateRole", 409, "EntityAlreadyExists");
    when(f, "GetRole",
         arena_printf(f->arena,
                      "<Role><Path>/</Path><RoleName>jobs</RoleName><Tags>"
                      "<member><Key>holdfast:topology</Key><Value>t</Value></member>"
                      "<member><Key>holdfast:address</Key><Value>%s</Value></member>"
                      "</Tags></Role>",
                      address));
    when(f, "AttachRolePolicy", "");
}

static void a_role_of_ours_that_exists_is_completed(void **state)
{
    struct fixture *f = *state;
    existing_role(f, "roles.jobs");
    fixture_run(f, OP_CREATE, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "jobs");
    assert_non_null(strstr(fixture_call(f, fixture_calls(f) - 1)->body, "Action=AttachRolePolicy"));
}

static void a_role_of_somebody_else_is_refused_in_the_words_of_aws(void **state)
{
    struct fixture *f = *state;
    existing_role(f, "roles.others");
    fixture_run(f, OP_CREATE, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_null(f->identifier);
    assert_non_null(strstr(f->diags.items[0].message, "EntityAlreadyExists"));
    assert_int_equal(fixture_calls(f), 2); /* nothing was attached */
}

static void a_role_that_was_made_is_named_when_its_policies_fail(void **state)
{
    struct fixture *f = *state;
    when(f, "CreateRole", "");
    refuse(f, "AttachRolePolicy", 403, "AccessDenied");
    fixture_run(f, OP_CREATE, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_string_equal(f->identifier, "jobs");
}

static void policies_that_are_not_declared_stay(void **state)
{
    struct fixture *f = *state;
    when(f, "UpdateRole", "");
    fixture_run(f, OP_UPDATE, TYPE, "jobs",
                "{\"name\":\"jobs\",\"assume_role_policy_document\":{},\"description\":\"new\"}",
                "{\"name\":\"jobs\",\"assume_role_policy_document\":{},\"description\":\"old\","
                "\"max_session_duration\":7200,\"inline_policies\":{\"a\":{}},"
                "\"managed_policy_arns\":[\"arn:aws:iam::aws:policy/A\"]}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 1);
    /* UpdateRole resets what it is not given */
    assert_non_null(strstr(fixture_call(f, 0)->body, "MaxSessionDuration=7200"));
}

static void a_linked_role_that_exists_is_adopted(void **state)
{
    struct fixture *f = *state;
    refuse(f, "CreateServiceLinkedRole", 400, "InvalidInput");
    when(f, "ListRoles",
         "<IsTruncated>false</IsTruncated><Roles><member><RoleName>AWSServiceRoleForBackup"
         "</RoleName></member></Roles>");
    fixture_run(f, OP_CREATE, LINKED, NULL, "{\"aws_service_name\":\"backup.amazonaws.com\"}",
                NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
}

static void a_service_that_does_not_exist_is_refused(void **state)
{
    struct fixture *f = *state;
    refuse(f, "CreateServiceLinkedRole", 400, "InvalidInput");
    when(f, "ListRoles", "<IsTruncated>false</IsTruncated><Roles/>");
    fixture_run(f, OP_CREATE, LINKED, NULL, "{\"aws_service_name\":\"backup.example.com\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_non_null(strstr(f->diags.items[0].message, "CreateServiceLinkedRole"));
}

static void a_linked_role_is_never_deleted(void **state)
{
    struct fixture *f = *state;
    fixture_run(f, OP_REMOVE, LINKED, "backup.amazonaws.com", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_RETAINED);
    assert_int_equal(fixture_calls(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_role_of_ours_that_exists_is_completed),
        FIXTURE_TEST(a_role_of_somebody_else_is_refused_in_the_words_of_aws),
        FIXTURE_TEST(a_role_that_was_made_is_named_when_its_policies_fail),
        FIXTURE_TEST(policies_that_are_not_declared_stay),
        FIXTURE_TEST(a_linked_role_that_exists_is_adopted),
        FIXTURE_TEST(a_service_that_does_not_exist_is_refused),
        FIXTURE_TEST(a_linked_role_is_never_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
