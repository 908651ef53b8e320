/* Plans: whole documents, tokens, several of one name. */

#include "tests/unit/providers/aws/fixture.h"

#define PLAN "aws_backup_plan"
#define ARN "arn:aws:backup:us-east-1:" FIXTURE_ACCOUNT ":backup-plan:"
#define RULES(days)                                                                                \
    "\"rules\":[{\"rule_name\":\"daily\",\"target_backup_vault_name\":\"vault\","                  \
    "\"lifecycle\":{\"delete_after_days\":" days "}}]"
#define OWNED(address) "{\"holdfast:topology\":\"t\",\"holdfast:address\":\"" address "\"}"

static void a_plan_is_read_in_our_names_with_tags_and_version(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup/plans/p-1/", NULL,
                   "{\"BackupPlanId\":\"p-1\",\"VersionId\":\"v-1\",\"BackupPlan\":{"
                   "\"BackupPlanName\":\"daily\",\"Rules\":[{\"RuleName\":\"r\",\"RuleId\":\"x\","
                   "\"TargetBackupVaultName\":\"vault\",\"Lifecycle\":{\"DeleteAfterDays\":35},"
                   "\"RecoveryPointTags\":{\"FinalVault\":\"a\"},\"CopyActions\":[{"
                   "\"DestinationBackupVaultArn\":\"d\"}]}]}}",
                   0);
    fixture_answer(f, "GET /tags/arn%3Aaws", NULL, "{\"Tags\":{\"a\":\"1\"}}", 0);
    fixture_run(f, OP_READ, PLAN, "p-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(
        json_print(f->arena, f->attributes, JSON_SORTED),
        "{\"arn\":\"" ARN "p-1\",\"id\":\"p-1\",\"name\":\"daily\",\"rules\":[{\"copy_actions\":[{"
        "\"destination_backup_vault_arn\":\"d\"}],\"lifecycle\":{\"delete_after_days\":35},"
        "\"recovery_point_tags\":{\"FinalVault\":\"a\"},\"rule_name\":\"r\","
        "\"target_backup_vault_name\":\"vault\"}],\"tags\":{\"a\":\"1\"},\"version_id\":\"v-1\"}");
}

static void a_plan_that_was_deleted_is_gone_although_it_is_shown(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup/plans/p-1/", NULL,
                   "{\"BackupPlanId\":\"p-1\",\"DeletionDate\":1767225600.0,\"BackupPlan\":{}}", 0);
    fixture_run(f, OP_READ, PLAN, "p-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

static void already_exists_is_success_with_our_token_and_failure_with_another(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT /backup/plans/", "AlreadyExistsException",
                   "{\"CreatorRequestId\":\"" FIXTURE_TOKEN "\",\"Arn\":\"" ARN "p-7\"}", 1);
    fixture_answer(f, "PUT /backup/plans/", "AlreadyExistsException",
                   "{\"CreatorRequestId\":\"other\",\"Arn\":\"" ARN "p-8\"}", 1);
    fixture_run(f, OP_CREATE, PLAN, NULL, "{\"name\":\"daily\"," RULES("35") "}", NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "p-7");
    assert_string_equal(fixture_call(f, 0)->body,
                        "{\"BackupPlan\":{\"BackupPlanName\":\"daily\",\"Rules\":[{\"RuleName\":"
                        "\"daily\",\"TargetBackupVaultName\":\"vault\",\"Lifecycle\":{"
                        "\"DeleteAfterDays\":35}}]},\"CreatorRequestId\":\"" FIXTURE_TOKEN "\"}");
    fixture_run(f, OP_CREATE, PLAN, NULL, "{\"name\":\"daily\"," RULES("35") "}", NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void a_new_version_is_made_only_where_the_document_differs(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST /backup/plans/p-1", NULL, "{}", 0);
    fixture_answer(f, "POST /tags/arn%3Aaws", NULL, "{}", 0);
    fixture_answer(f, "POST /untag/arn%3Aaws", NULL, "{}", 0);
    fixture_run(f, OP_UPDATE, PLAN, "p-1",
                "{\"name\":\"daily\"," RULES("35") ",\"tags\":{\"new\":\"1\"}}",
                "{\"name\":\"daily\"," RULES("35") ",\"tags\":{\"old\":\"1\"}}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 2);
    assert_string_equal(fixture_call(f, 0)->body, "{\"Tags\":{\"new\":\"1\"}}");
    assert_string_equal(fixture_call(f, 1)->body, "{\"TagKeyList\":[\"old\"]}");
    fixture_run(f, OP_UPDATE, PLAN, "p-1", "{\"name\":\"daily\"," RULES("40") "}",
                "{\"name\":\"daily\"," RULES("35") "}");
    assert_int_equal(fixture_calls(f), 3);
    assert_non_null(strstr(fixture_call(f, 2)->body, "\"BackupPlanName\":\"daily\""));
    assert_non_null(strstr(fixture_call(f, 2)->body, "\"DeleteAfterDays\":40"));
}

static void deletion_waits_for_selections_that_were_just_deleted(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE /backup/plans/p-1", "InvalidRequestException",
                   "{\"Message\":\"Related backup plan selections must be deleted prior to backup "
                   "plan deletion\"}",
                   3);
    fixture_answer(f, "DELETE /backup/plans/p-1", NULL, "{}", 1);
    fixture_answer(f, "DELETE /backup/plans/p-1", "ResourceNotFoundException", "{}", 0);
    fixture_run(f, OP_REMOVE, PLAN, "p-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 4);
    fixture_run(f, OP_REMOVE, PLAN, "p-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
}

#define LISTED(token)                                                                              \
    "{\"BackupPlansList\":["                                                                       \
    "{\"BackupPlanId\":\"p-1\",\"BackupPlanName\":\"other\",\"CreatorRequestId\":\"x\"},"          \
    "{\"BackupPlanId\":\"p-2\",\"BackupPlanName\":\"daily\",\"CreatorRequestId\":\"y\"},"          \
    "{\"BackupPlanId\":\"p-3\",\"BackupPlanName\":\"daily\",\"CreatorRequestId\":\"" token "\"},"  \
    "{\"BackupPlanId\":\"p-4\",\"BackupPlanName\":\"daily\"}]}"

static void our_token_finds_our_plan_among_others_of_its_name(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup/plans/", NULL, LISTED(FIXTURE_TOKEN), 0);
    fixture_run(f, OP_FIND, PLAN, NULL, "{\"name\":\"daily\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_FOUND);
    assert_int_equal(f->ownership, OWNER_OURS);
    assert_string_equal(f->identifier, "p-3");
    assert_int_equal(fixture_calls(f), 1);
}

static void without_the_token_owner_tags_choose_among_plans_of_one_name(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup/plans/", NULL, LISTED("z"), 0);
    fixture_answer(f,
                   "GET /tags/"
                   "arn%3Aaws%3Abackup%3Aus-east-1%3A" FIXTURE_ACCOUNT "%3Abackup-plan%3Ap-2/",
                   NULL, "{\"Tags\":" OWNED("plans.other") "}", 0);
    fixture_answer(f,
                   "GET /tags/"
                   "arn%3Aaws%3Abackup%3Aus-east-1%3A" FIXTURE_ACCOUNT "%3Abackup-plan%3Ap-3/",
                   NULL, "{\"Tags\":" OWNED("plans.mine") "}", 0);
    fixture_run(f, OP_FIND, PLAN, NULL, "{\"name\":\"daily\",\"tags\":" OWNED("plans.mine") "}",
                NULL);
    assert_int_equal(f->ownership, OWNER_BY_TAGS);
    assert_string_equal(f->identifier, "p-3");
    fixture_run(f, OP_FIND, PLAN, NULL, "{\"name\":\"daily\",\"tags\":" OWNED("plans.new") "}",
                NULL);
    assert_string_equal(f->identifier, "p-4"); /* the engine reads it and tells whose it is */
    assert_int_equal(f->ownership, OWNER_BY_TAGS);
    fixture_run(f, OP_FIND, PLAN, NULL, "{\"name\":\"weekly\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_plan_is_read_in_our_names_with_tags_and_version),
        FIXTURE_TEST(a_plan_that_was_deleted_is_gone_although_it_is_shown),
        FIXTURE_TEST(already_exists_is_success_with_our_token_and_failure_with_another),
        FIXTURE_TEST(a_new_version_is_made_only_where_the_document_differs),
        FIXTURE_TEST(deletion_waits_for_selections_that_were_just_deleted),
        FIXTURE_TEST(our_token_finds_our_plan_among_others_of_its_name),
        FIXTURE_TEST(without_the_token_owner_tags_choose_among_plans_of_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
