#include "tests/unit/simulator/client.h"

static const char seed[] = "{\"accounts\":[{\"id\":\"111122223333\"},{\"id\":\"444455556666\"}],"
                           "\"organization\":{\"id\":\"o-test\",\"management\":\"999999999999\"}}";

static void make_vault(struct client *c, const char *name)
{
    backup_call(c, "PUT", arena_printf(c->arena, "/backup-vaults/%s", name), "{}");
}

static void a_vault_is_made_once_and_replayed_by_its_token(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    const struct value *first =
        backup_call(&c, "PUT", "/backup-vaults/primary", "{\"CreatorRequestId\":\"t1\"}");
    const struct value *again =
        backup_call(&c, "PUT", "/backup-vaults/primary", "{\"CreatorRequestId\":\"t1\"}");
    assert_true(value_equal(first, again));
    const struct value *refused = client_send(&c, "backup", "PUT", "/backup-vaults/primary",
                                              "{\"CreatorRequestId\":\"t2\"}", NULL);
    assert_string_equal(c.code, "AlreadyExistsException");
    assert_string_equal(value_get_str(refused, "CreatorRequestId"), "t1");
    assert_string_equal(value_get_str(refused, "Arn"),
                        "arn:aws:backup:us-east-1:111122223333:backup-vault:primary");
    client_close(&c);
}

static void a_missing_vault_reads_as_denied_and_deletes_as_missing(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    backup_fails(&c, "GET", "/backup-vaults/none", NULL, "AccessDeniedException");
    assert_int_equal(c.status, 403);
    backup_fails(&c, "GET", "/backup-vaults/none/access-policy", NULL, "AccessDeniedException");
    backup_fails(&c, "DELETE", "/backup-vaults/none", NULL, "ResourceNotFoundException");
    assert_int_equal(c.status, 400);
    client_close(&c);
}

static void a_vault_without_a_key_gets_that_of_aws(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    make_vault(&c, "primary");
    const struct value *vault = backup_call(&c, "GET", "/backup-vaults/primary", NULL);
    assert_true(str_starts(value_get_str(vault, "EncryptionKeyArn"),
                           "arn:aws:kms:us-east-1:111122223333:key/"));
    assert_false(value_get_bool(vault, "Locked", true));
    assert_null(value_get(vault, "LockDate"));
    backup_fails(&c, "PUT", "/backup-vaults/other",
                 "{\"EncryptionKeyArn\":\"arn:aws:kms:us-east-1:111122223333:key/none\"}",
                 "InvalidParameterValueException");
    client_close(&c);
}

static void a_compliance_lock_can_be_taken_back_until_its_date(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    make_vault(&c, "final");
    const char *lock = "/backup-vaults/final/vault-lock";
    const char *days = "{\"MinRetentionDays\":7,\"MaxRetentionDays\":365,\"ChangeableForDays\":3}";
    backup_call(&c, "PUT", lock, days);
    const struct value *vault = backup_call(&c, "GET", "/backup-vaults/final", NULL);
    assert_true(value_get_bool(vault, "Locked", false));
    assert_int_equal(value_get_int(vault, "LockDate", 0), (WORLD_EPOCH_MS + 3 * DAY_MS) / 1000);
    assert_null(value_get(vault, "ChangeableForDays"));

    client_advance(&c, 3 * DAY_MS - 1000);
    backup_call(&c, "PUT", lock, days); /* arms the clock anew */
    client_advance(&c, 3 * DAY_MS - 1000);
    backup_call(&c, "DELETE", lock, NULL);
    backup_call(&c, "PUT", lock, days);
    client_advance(&c, 3 * DAY_MS);
    backup_fails(&c, "DELETE", lock, NULL, "InvalidRequestException");
    backup_fails(&c, "PUT", lock, days, "InvalidRequestException");
    backup_call(&c, "DELETE", "/backup-vaults/final", NULL); /* it is empty */
    client_close(&c);
}

static void a_governance_lock_never_becomes_final(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    make_vault(&c, "final");
    backup_call(&c, "PUT", "/backup-vaults/final/vault-lock", "{\"MinRetentionDays\":7}");
    assert_null(value_get(backup_call(&c, "GET", "/backup-vaults/final", NULL), "LockDate"));
    client_advance(&c, 1000 * DAY_MS);
    backup_call(&c, "DELETE", "/backup-vaults/final/vault-lock", NULL);
    client_close(&c);
}

static void a_lock_refuses_numbers_that_aws_refuses(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"MinRetentionDays\":0}",
        "{\"MaxRetentionDays\":36501}",
        "{\"MinRetentionDays\":8,\"MaxRetentionDays\":7}",
        "{\"MinRetentionDays\":1,\"ChangeableForDays\":2}",
    };
    struct client c;
    client_open(&c, seed);
    make_vault(&c, "final");
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        backup_fails(&c, "PUT", "/backup-vaults/final/vault-lock", bodies[i],
                     "InvalidParameterValueException");
    client_close(&c);
}

static const char *policy(struct client *c, const char *effect, const char *principal,
                          const char *action)
{
    return arena_printf(c->arena,
                        "{\"Policy\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{"
                        "\\\"Effect\\\":\\\"%s\\\",\\\"Principal\\\":{\\\"AWS\\\":\\\"%s\\\"},"
                        "\\\"Action\\\":\\\"%s\\\",\\\"Resource\\\":\\\"*\\\"}]}\"}",
                        effect, principal, action);
}

static void a_policy_needs_principals_that_exist(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    make_vault(&c, "final");
    const char *target = "/backup-vaults/final/access-policy";
    backup_fails(&c, "GET", target, NULL, "ResourceNotFoundException");
    backup_fails(&c, "PUT", target,
                 policy(&c, "Allow", "arn:aws:iam::111122223333:role/none", "backup:*"),
                 "InvalidParameterValueException");
    assert_string_equal(c.message, "Provided principal is not valid");
    backup_call(
        &c, "PUT", target,
        policy(&c, "Allow", "arn:aws:iam::444455556666:root", "backup:CopyIntoBackupVault"));
    assert_non_null(value_get_str(backup_call(&c, "GET", target, NULL), "Policy"));
    backup_call(&c, "DELETE", target, NULL);
    backup_fails(&c, "GET", target, NULL, "ResourceNotFoundException");
    client_close(&c);
}

static void a_deny_in_the_vaults_policy_binds_administrators_too(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    make_vault(&c, "final");
    backup_call(&c, "PUT", "/backup-vaults/final/access-policy",
                policy(&c, "Deny", "*", "backup:DeleteBackupVaultLockConfiguration"));
    backup_call(&c, "PUT", "/backup-vaults/final/vault-lock", "{\"MinRetentionDays\":7}");
    backup_fails(&c, "DELETE", "/backup-vaults/final/vault-lock", NULL, "AccessDeniedException");
    client_close(&c);
}

static void vaults_are_listed_by_page_and_by_place(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    make_vault(&c, "aa");
    make_vault(&c, "bb");
    c.region = "us-east-2";
    make_vault(&c, "cc");
    c.region = "us-east-1";
    const struct value *page = backup_call(&c, "GET", "/backup-vaults/?maxResults=1", NULL);
    assert_int_equal(value_len(value_get(page, "BackupVaultList")), 1);
    const char *next = value_get_str(page, "NextToken");
    assert_non_null(next);
    page = backup_call(
        &c, "GET",
        arena_printf(c.arena, "/backup-vaults/?nextToken=%s", percent_encode(c.arena, next)), NULL);
    assert_int_equal(value_len(value_get(page, "BackupVaultList")), 1);
    assert_string_equal(value_str(value_pointer(page, "/BackupVaultList/0/BackupVaultName")), "bb");
    assert_null(value_get(page, "NextToken"));
    backup_fails(&c, "GET", "/backup-vaults/?nextToken=!", NULL, "InvalidParameterValueException");
    client_close(&c);
}

static void tags_are_merged_and_removed_by_arn(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, seed);
    backup_call(&c, "PUT", "/backup-vaults/final", "{\"BackupVaultTags\":{\"a\":\"1\"}}");
    const char *arn = "arn%3Aaws%3Abackup%3Aus-east-1%3A111122223333%3Abackup-vault%3Afinal";
    backup_call(&c, "POST", arena_printf(c.arena, "/tags/%s", arn),
                "{\"Tags\":{\"a\":\"2\",\"b\":\"3\"}}");
    backup_call(&c, "POST", arena_printf(c.arena, "/untag/%s", arn), "{\"TagKeyList\":[\"b\"]}");
    const struct value *tags =
        backup_call(&c, "GET", arena_printf(c.arena, "/tags/%s/", arn), NULL);
    assert_string_equal(json_print(c.arena, tags, JSON_COMPACT), "{\"Tags\":{\"a\":\"2\"}}");
    backup_fails(&c, "POST", arena_printf(c.arena, "/tags/%s", arn), "{\"Tags\":{\"aws:x\":\"2\"}}",
                 "InvalidParameterValueException");
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vault_is_made_once_and_replayed_by_its_token),
        cmocka_unit_test(a_missing_vault_reads_as_denied_and_deletes_as_missing),
        cmocka_unit_test(a_vault_without_a_key_gets_that_of_aws),
        cmocka_unit_test(a_compliance_lock_can_be_taken_back_until_its_date),
        cmocka_unit_test(a_governance_lock_never_becomes_final),
        cmocka_unit_test(a_lock_refuses_numbers_that_aws_refuses),
        cmocka_unit_test(a_policy_needs_principals_that_exist),
        cmocka_unit_test(a_deny_in_the_vaults_policy_binds_administrators_too),
        cmocka_unit_test(vaults_are_listed_by_page_and_by_place),
        cmocka_unit_test(tags_are_merged_and_removed_by_arn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
