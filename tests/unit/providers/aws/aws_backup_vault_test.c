/* The three types of a vault: the vault, its policy, its lock. */

#include "tests/unit/providers/aws/fixture.h"

#define VAULT "aws_backup_vault"
#define POLICY "aws_backup_vault_policy"
#define LOCK "aws_backup_vault_lock"
#define ARN "arn:aws:backup:us-east-1:" FIXTURE_ACCOUNT ":backup-vault:final"
#define DESCRIBED                                                                                  \
    "{\"BackupVaultName\":\"final\",\"BackupVaultArn\":\"" ARN "\",\"EncryptionKeyArn\":\"key\","  \
    "\"NumberOfRecoveryPoints\":3,\"CreatorRequestId\":\"" FIXTURE_TOKEN "\"}"

static void a_vault_is_read_with_its_tags(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final", NULL, DESCRIBED, 0);
    fixture_answer(f, "GET /tags/arn%3Aaws", NULL, "{\"Tags\":{\"a\":\"1\"}}", 0);
    fixture_run(f, OP_READ, VAULT, "final", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(value_get_str(f->attributes, "name"), "final");
    assert_string_equal(value_get_str(f->attributes, "arn"), ARN);
    assert_string_equal(value_get_str(value_get(f->attributes, "tags"), "a"), "1");
    assert_int_equal(value_get_int(f->attributes, "number_of_recovery_points", 0), 3);
    assert_null(value_get(f->attributes, "CreatorRequestId"));
}

static void denied_means_gone_only_when_the_list_does_not_name_the_vault(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final", "AccessDeniedException", "{}", 0);
    fixture_answer(f, "GET /backup-vaults/", NULL,
                   "{\"BackupVaultList\":[{\"BackupVaultName\":\"final2\"}]}", 1);
    fixture_answer(f, "GET /backup-vaults/", NULL,
                   "{\"BackupVaultList\":[{\"BackupVaultName\":\"final\"}]}", 1);
    fixture_answer(f, "GET /backup-vaults/", "AccessDeniedException", "{}", 0);
    fixture_run(f, OP_READ, VAULT, "final", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
    fixture_run(f, OP_READ, VAULT, "final", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    fixture_run(f, OP_READ, VAULT, "final", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.len, 2);
    assert_non_null(strstr(f->diags.items[0].message, "DescribeBackupVault"));
}

static void not_found_is_gone_without_another_question(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final", "ResourceNotFoundException", "{}", 0);
    fixture_run(f, OP_READ, VAULT, "final", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
    assert_int_equal(fixture_calls(f), 1);
}

static void a_vault_is_created_with_key_tags_and_token(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT /backup-vaults/final", NULL, "{}", 0);
    fixture_run(f, OP_CREATE, VAULT, NULL,
                "{\"name\":\"final\",\"encryption_key_arn\":\"key\",\"tags\":{\"a\":\"1\"}}", NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "final");
    assert_string_equal(fixture_call(f, 0)->body,
                        "{\"EncryptionKeyArn\":\"key\",\"BackupVaultTags\":{\"a\":\"1\"},"
                        "\"CreatorRequestId\":\"" FIXTURE_TOKEN "\"}");
}

static void already_exists_is_success_with_our_token_and_failure_with_another(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT /backup-vaults/final", "AlreadyExistsException",
                   "{\"CreatorRequestId\":\"" FIXTURE_TOKEN "\",\"Arn\":\"" ARN "\"}", 1);
    fixture_answer(f, "PUT /backup-vaults/final", "AlreadyExistsException",
                   "{\"CreatorRequestId\":\"other\",\"Arn\":\"" ARN "\"}", 1);
    fixture_run(f, OP_CREATE, VAULT, NULL, "{\"name\":\"final\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    fixture_run(f, OP_CREATE, VAULT, NULL, "{\"name\":\"final\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void only_changed_tags_are_sent(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST /tags/arn%3Aaws", NULL, "{}", 0);
    fixture_answer(f, "POST /untag/arn%3Aaws", NULL, "{}", 0);
    fixture_run(f, OP_UPDATE, VAULT, "final",
                "{\"name\":\"final\",\"tags\":{\"same\":\"1\",\"new\":\"2\"}}",
                "{\"name\":\"final\",\"tags\":{\"same\":\"1\",\"old\":\"3\",\"aws:x\":\"4\"}}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 2);
    assert_string_equal(fixture_call(f, 0)->body, "{\"Tags\":{\"new\":\"2\"}}");
    assert_string_equal(fixture_call(f, 1)->body, "{\"TagKeyList\":[\"old\"]}");
}

static void deleting_what_is_gone_succeeds_and_a_full_vault_fails(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE /backup-vaults/final", "ResourceNotFoundException", "{}", 1);
    fixture_answer(f, "DELETE /backup-vaults/final", "InvalidRequestException",
                   "{\"Message\":\"contains recovery points\"}", 0);
    fixture_run(f, OP_REMOVE, VAULT, "final", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    fixture_run(f, OP_REMOVE, VAULT, "final", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void a_vault_that_carries_our_token_is_ours(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final", NULL, DESCRIBED, 1);
    fixture_answer(f, "GET /backup-vaults/final", NULL, "{\"BackupVaultName\":\"final\"}", 1);
    fixture_run(f, OP_FIND, VAULT, NULL, "{\"name\":\"final\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_FOUND);
    assert_int_equal(f->ownership, OWNER_OURS);
    fixture_run(f, OP_FIND, VAULT, NULL, "{\"name\":\"final\"}", NULL);
    assert_int_equal(f->ownership, OWNER_BY_TAGS);
}

/* ---- policy ---- */

static void a_policy_goes_out_as_text_and_comes_back_as_a_document(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT /backup-vaults/final/access-policy", NULL, "", 0);
    fixture_answer(f, "GET /backup-vaults/final/access-policy", NULL,
                   "{\"BackupVaultName\":\"final\",\"Policy\":\"{\\\"Version\\\":\\\"x\\\"}\"}", 0);
    fixture_run(f, OP_CREATE, POLICY, NULL,
                "{\"backup_vault_name\":\"final\",\"policy\":{\"Version\":\"x\"}}", NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "final");
    assert_string_equal(fixture_call(f, 0)->body, "{\"Policy\":\"{\\\"Version\\\":\\\"x\\\"}\"}");
    fixture_run(f, OP_READ, POLICY, "final", NULL, NULL);
    assert_string_equal(value_get_str(value_get(f->attributes, "policy"), "Version"), "x");
}

static void a_principal_that_aws_does_not_know_yet_is_waited_for(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT /backup-vaults/final/access-policy", "InvalidParameterValueException",
                   "{\"Message\":\"Provided principal is not valid.\"}", 3);
    fixture_answer(f, "PUT /backup-vaults/final/access-policy", NULL, "", 0);
    fixture_run(f, OP_UPDATE, POLICY, "final", "{\"backup_vault_name\":\"final\",\"policy\":{}}",
                "{}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 4);
}

/* ---- lock ---- */

#define LOCKED                                                                                     \
    "{\"BackupVaultName\":\"final\",\"Locked\":true,\"MinRetentionDays\":7,"                       \
    "\"MaxRetentionDays\":90,\"LockDate\":1767484800.0}"
#define WANTED                                                                                     \
    "{\"backup_vault_name\":\"final\",\"min_retention_days\":7,\"max_retention_days\":90,"         \
    "\"changeable_for_days\":3}"

static void a_vault_without_a_lock_has_no_lock_object(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final", NULL, DESCRIBED, 0);
    fixture_run(f, OP_READ, LOCK, "final", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
    fixture_run(f, OP_FIND, LOCK, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

static void a_lock_is_read_without_the_days_that_aws_never_shows(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final", NULL, LOCKED, 0);
    fixture_run(f, OP_READ, LOCK, "final", NULL, NULL);
    assert_int_equal(value_get_int(f->attributes, "min_retention_days", 0), 7);
    assert_true(value_get_bool(f->attributes, "locked", false));
    assert_null(value_get(f->attributes, "changeable_for_days"));
}

static void a_lock_that_stands_is_never_put_again(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final", NULL, LOCKED, 0);
    fixture_run(f, OP_CREATE, LOCK, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 1);
    /* recorded or not, the days alone put nothing */
    fixture_run(f, OP_UPDATE, LOCK, "final", WANTED,
                "{\"backup_vault_name\":\"final\",\"min_retention_days\":7,"
                "\"max_retention_days\":90,\"locked\":true,\"lock_date\":1767484800}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 1);
}

static void a_lock_is_put_where_something_differs(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final", NULL, DESCRIBED, 0);
    fixture_answer(f, "PUT /backup-vaults/final/vault-lock", NULL, "", 0);
    fixture_run(f, OP_CREATE, LOCK, NULL, WANTED, NULL);
    assert_int_equal(fixture_calls(f), 2);
    assert_string_equal(fixture_call(f, 1)->body,
                        "{\"MinRetentionDays\":7,\"MaxRetentionDays\":90,\"ChangeableForDays\":3}");
    /* governance to compliance: there is no date yet */
    fixture_run(f, OP_UPDATE, LOCK, "final", WANTED,
                "{\"backup_vault_name\":\"final\",\"min_retention_days\":7,"
                "\"max_retention_days\":90,\"locked\":true}");
    assert_int_equal(fixture_calls(f), 3);
    /* another range */
    fixture_run(f, OP_UPDATE, LOCK, "final", WANTED,
                "{\"backup_vault_name\":\"final\",\"min_retention_days\":8,"
                "\"max_retention_days\":90,\"locked\":true,\"lock_date\":1}");
    assert_int_equal(fixture_calls(f), 4);
}

static void an_immutable_lock_is_not_removed(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE /backup-vaults/final/vault-lock", "InvalidRequestException",
                   "{\"Message\":\"The lock is immutable\"}", 0);
    fixture_run(f, OP_REMOVE, LOCK, "final", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_vault_is_read_with_its_tags),
        FIXTURE_TEST(denied_means_gone_only_when_the_list_does_not_name_the_vault),
        FIXTURE_TEST(not_found_is_gone_without_another_question),
        FIXTURE_TEST(a_vault_is_created_with_key_tags_and_token),
        FIXTURE_TEST(already_exists_is_success_with_our_token_and_failure_with_another),
        FIXTURE_TEST(only_changed_tags_are_sent),
        FIXTURE_TEST(deleting_what_is_gone_succeeds_and_a_full_vault_fails),
        FIXTURE_TEST(a_vault_that_carries_our_token_is_ours),
        FIXTURE_TEST(a_policy_goes_out_as_text_and_comes_back_as_a_document),
        FIXTURE_TEST(a_principal_that_aws_does_not_know_yet_is_waited_for),
        FIXTURE_TEST(a_vault_without_a_lock_has_no_lock_object),
        FIXTURE_TEST(a_lock_is_read_without_the_days_that_aws_never_shows),
        FIXTURE_TEST(a_lock_that_stands_is_never_put_again),
        FIXTURE_TEST(a_lock_is_put_where_something_differs),
        FIXTURE_TEST(an_immutable_lock_is_not_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
