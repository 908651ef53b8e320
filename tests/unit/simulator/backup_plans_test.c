#include "tests/unit/simulator/client.h"

static const char seed[] = "{\"accounts\":[{\"id\":\"111122223333\"},{\"id\":\"444455556666\"}],"
                           "\"organization\":{\"id\":\"o-test\",\"management\":\"999999999999\"},"
                           "\"roles\":[\"arn:aws:iam::111122223333:role/AWSBackup\"]}";

#define RULE "{\"RuleName\":\"daily\",\"TargetBackupVaultName\":\"primary\"}"

static const char *plan(struct client *c, const char *name, const char *rule, const char *more)
{
    return arena_printf(c->arena, "{\"BackupPlan\":{\"BackupPlanName\":\"%s\",\"Rules\":[%s]}%s}",
                        name, rule, more);
}

static const char *make_plan(struct client *c)
{
    return value_get_str(backup_call(c, "PUT", "/backup/plans/", plan(c, "p", RULE, "")),
                         "BackupPlanId");
}

static void a_plan_comes_back_with_awss_defaults(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    const char *id = make_plan(&c);
    const struct value *answer =
        backup_call(&c, "GET", arena_printf(c.arena, "/backup/plans/%s/", id), NULL);
    const struct value *rule = value_pointer(answer, "/BackupPlan/Rules/0");
    assert_string_equal(value_get_str(rule, "ScheduleExpression"), "cron(0 5 ? * * *)");
    assert_string_equal(value_get_str(rule, "ScheduleExpressionTimezone"), "Etc/UTC");
    assert_int_equal(value_get_int(rule, "StartWindowMinutes", 0), 480);
    assert_int_equal(value_get_int(rule, "CompletionWindowMinutes", 0), 10080);
    assert_non_null(value_get_str(rule, "RuleId"));
    client_close(&c);
}

static void a_plan_is_replayed_by_token_and_refused_by_content(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    const char *body = plan(&c, "p", RULE, ",\"CreatorRequestId\":\"t1\"");
    const struct value *first = backup_call(&c, "PUT", "/backup/plans/", body);
    assert_true(value_equal(first, backup_call(&c, "PUT", "/backup/plans/", body)));
    const struct value *refused =
        client_send(&c, "backup", "PUT", "/backup/plans/", plan(&c, "p", RULE, ""), NULL);
    assert_string_equal(c.code, "AlreadyExistsException");
    assert_string_equal(value_get_str(refused, "CreatorRequestId"), "t1");
    assert_string_equal(value_get_str(refused, "Arn"), value_get_str(first, "BackupPlanArn"));
    backup_call(&c, "PUT", "/backup/plans/", plan(&c, "q", RULE, "")); /* another document */
    client_close(&c);
}

static void an_update_takes_the_whole_document_and_makes_a_version(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    const char *id = make_plan(&c), *target = arena_printf(c.arena, "/backup/plans/%s", id);
    const struct value *before = backup_call(&c, "GET", target, NULL);
    const struct value *same = backup_call(&c, "POST", target, plan(&c, "p", RULE, ""));
    assert_string_equal(value_get_str(same, "VersionId"), value_get_str(before, "VersionId"));
    const struct value *changed =
        backup_call(&c, "POST", target,
                    plan(&c, "p",
                         "{\"RuleName\":\"daily\",\"TargetBackupVaultName\":\"primary\","
                         "\"Lifecycle\":{\"DeleteAfterDays\":7}}",
                         ""));
    assert_string_not_equal(value_get_str(changed, "VersionId"),
                            value_get_str(before, "VersionId"));
    const struct value *after = backup_call(&c, "GET", target, NULL);
    assert_true(value_equal(value_pointer(after, "/BackupPlan/Rules/0/RuleId"),
                            value_pointer(before, "/BackupPlan/Rules/0/RuleId")));
    backup_call(&c, "POST", target, plan(&c, "p", RULE, "")); /* the lifecycle is gone */
    after = backup_call(&c, "GET", target, NULL);
    assert_null(value_pointer(after, "/BackupPlan/Rules/0/Lifecycle"));
    const struct value *versions =
        backup_call(&c, "GET", arena_printf(c.arena, "%s/versions/", target), NULL);
    assert_int_equal(value_len(value_get(versions, "BackupPlanVersionsList")), 3);
    client_close(&c);
}

static void a_plan_is_deleted_softly_and_only_without_selections(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    const char *id = make_plan(&c), *target = arena_printf(c.arena, "/backup/plans/%s", id);
    const char *selections = arena_printf(c.arena, "%s/selections/", target);
    const struct value *selection = backup_call(
        &c, "PUT", selections,
        "{\"BackupSelection\":{\"SelectionName\":\"rds\",\"IamRoleArn\":"
        "\"arn:aws:iam::111122223333:role/AWSBackup\",\"Resources\":[\"arn:aws:rds:*:*:db:*\"]}}");
    backup_fails(&c, "DELETE", target, NULL, "InvalidRequestException");
    backup_call(&c, "DELETE",
                arena_printf(c.arena, "%s%s", selections, value_get_str(selection, "SelectionId")),
                NULL);
    backup_call(&c, "DELETE", target, NULL);
    assert_non_null(value_get(backup_call(&c, "GET", target, NULL), "DeletionDate"));
    backup_fails(&c, "DELETE", target, NULL, "ResourceNotFoundException");
    const struct value *list = backup_call(&c, "GET", "/backup/plans/", NULL);
    assert_int_equal(value_len(value_get(list, "BackupPlansList")), 0);
    list = backup_call(&c, "GET", "/backup/plans/?includeDeleted=true", NULL);
    assert_int_equal(value_len(value_get(list, "BackupPlansList")), 1);
    client_close(&c);
}

static void a_plan_is_refused_with_what_aws_refuses(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "",
        "{\"RuleName\":\"daily\",\"TargetBackupVaultName\":\"x\"}",
        "{\"RuleName\":\"da ily\",\"TargetBackupVaultName\":\"primary\"}",
        "{\"RuleName\":\"d\",\"TargetBackupVaultName\":\"primary\",\"StartWindowMinutes\":30}",
        "{\"RuleName\":\"d\",\"TargetBackupVaultName\":\"primary\",\"ScheduleExpression\":\"x\"}",
        "{\"RuleName\":\"d\",\"TargetBackupVaultName\":\"primary\","
        "\"ScheduleExpressionTimezone\":\"Mars/Base\"}",
        "{\"RuleName\":\"d\",\"TargetBackupVaultName\":\"primary\","
        "\"Lifecycle\":{\"DeleteAfterDays\":0}}",
        "{\"RuleName\":\"d\",\"TargetBackupVaultName\":\"primary\","
        "\"Lifecycle\":{\"MoveToColdStorageAfterDays\":30,\"DeleteAfterDays\":60}}",
        "{\"RuleName\":\"d\",\"TargetBackupVaultName\":\"primary\","
        "\"CopyActions\":[{\"DestinationBackupVaultArn\":\"final\"}]}",
    };
    struct client c;
    client_open(&c, seed);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        backup_fails(&c, "PUT", "/backup/plans/", plan(&c, "p", rules[i], ""),
                     "InvalidParameterValueException");
    client_close(&c);
}

static void a_selection_needs_a_role_that_aws_backup_can_assume(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    const char *target = arena_printf(c.arena, "/backup/plans/%s/selections/", make_plan(&c));
    backup_fails(&c, "PUT", target,
                 "{\"BackupSelection\":{\"SelectionName\":\"rds\",\"IamRoleArn\":"
                 "\"arn:aws:iam::111122223333:role/none\",\"Resources\":[\"*\"]}}",
                 "InvalidParameterValueException");
    assert_non_null(strstr(c.message, "cannot be assumed by AWS Backup"));
    backup_fails(&c, "PUT", target,
                 "{\"BackupSelection\":{\"SelectionName\":\"rds\",\"IamRoleArn\":"
                 "\"arn:aws:iam::111122223333:role/AWSBackup\",\"Conditions\":{\"StringEquals\":[{"
                 "\"ConditionKey\":\"aws:ResourceTag/a\",\"ConditionValue\":\"b\"}]}}}",
                 "InvalidParameterValueException");
    assert_non_null(
        strstr(c.message, "Either 'ListOfTags' or 'Resources' section must be non-empty"));
    client_close(&c);
}

static void a_selection_comes_back_with_empty_sections_and_replays(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    const char *id = make_plan(&c);
    const char *target = arena_printf(c.arena, "/backup/plans/%s/selections/", id);
    const char *body =
        "{\"CreatorRequestId\":\"t1\",\"BackupSelection\":{\"SelectionName\":\"rds\","
        "\"IamRoleArn\":\"arn:aws:iam::111122223333:role/AWSBackup\",\"Resources\":[\"*\"]}}";
    const struct value *made = backup_call(&c, "PUT", target, body);
    assert_true(value_equal(made, backup_call(&c, "PUT", target, body)));
    const char *one = arena_printf(c.arena, "%s%s", target, value_get_str(made, "SelectionId"));
    const struct value *read = backup_call(&c, "GET", one, NULL);
    assert_int_equal(value_len(value_pointer(read, "/BackupSelection/Conditions")), 4);
    assert_true(value_is(value_pointer(read, "/BackupSelection/ListOfTags"), VALUE_LIST));
    const struct value *list = backup_call(&c, "GET", target, NULL);
    assert_string_equal(value_str(value_pointer(list, "/BackupSelectionsList/0/CreatorRequestId")),
                        "t1");
    backup_call(&c, "DELETE", one, NULL);
    backup_fails(&c, "DELETE", one, NULL, "InvalidParameterValueException");
    backup_fails(&c, "GET", one, NULL, "ResourceNotFoundException");
    backup_fails(&c, "PUT", "/backup/plans/none/selections/", body,
                 "InvalidParameterValueException");
    assert_non_null(strstr(c.message, "Cannot find Backup plan"));
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_comes_back_with_awss_defaults),
        cmocka_unit_test(a_plan_is_replayed_by_token_and_refused_by_content),
        cmocka_unit_test(an_update_takes_the_whole_document_and_makes_a_version),
        cmocka_unit_test(a_plan_is_deleted_softly_and_only_without_selections),
        cmocka_unit_test(a_plan_is_refused_with_what_aws_refuses),
        cmocka_unit_test(a_selection_needs_a_role_that_aws_backup_can_assume),
        cmocka_unit_test(a_selection_comes_back_with_empty_sections_and_replays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
