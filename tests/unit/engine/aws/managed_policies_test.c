#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/aws/managed_policies.h"
#include "engine/base/json.h"

static void policies_are_found_by_name_and_by_arn(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool known;
    } rows[] = {
        {MANAGED_POLICY_BACKUP, true},
        {"arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup", true},
        {"arn:aws-us-gov:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup", true},
        {"arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForBackup", false},
        {"arn:aws:iam::111122223333:policy/service-role/AWSBackupServiceRolePolicyForBackup",
         false},
        {"arn:aws:iam::aws:role/service-role/AWSBackupServiceRolePolicyForBackup", false},
        {"arn:aws:iam::aws:policy/aws-service-role/AWSBackupServiceLinkedRolePolicyForBackup",
         true},
        {"AWSBackupServiceRolePolicyForBackup2", false},
        {"arn:aws:iam::aws:policy/AdministratorAccess", true},
        {"arn:aws-cn:iam::aws:policy/AWSDenyAll", true},
        {"arn:aws:iam::aws:policy/ReadOnlyAccess", false},
        {"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if ((managed_policy_document(rows[i].name) != NULL) != rows[i].known)
            fail_msg("%s", rows[i].name);
}

/* Whether some statement names the action literally, and on which resource (NULL: none). */
static const struct value *statement_with(struct arena *arena, const char *policy,
                                          const char *action)
{
    const struct value *doc = NULL;
    const char *why = NULL;
    assert_true(json_parse(arena, slice_of(managed_policy_document(policy)), &doc, &why));
    const struct value *statements = value_get(doc, "Statement");
    for (size_t i = 0; i < value_len(statements); i++) {
        const struct value *actions = value_get(value_item(statements, i), "Action");
        if (str_eq(value_str(actions), action))
            return value_item(statements, i);
        for (size_t k = 0; k < value_len(actions); k++)
            if (str_eq(value_str(value_item(actions, k)), action))
                return value_item(statements, i);
    }
    return NULL;
}

static void every_extract_is_a_policy_document(void **state)
{
    (void)state;
    static const char *const names[] = {MANAGED_POLICY_BACKUP,        MANAGED_POLICY_RESTORES,
                                        MANAGED_POLICY_S3_BACKUP,     MANAGED_POLICY_S3_RESTORE,
                                        MANAGED_POLICY_BACKUP_LINKED, MANAGED_POLICY_LAMBDA_BASIC,
                                        MANAGED_POLICY_ADMINISTRATOR, MANAGED_POLICY_DENY_ALL};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct value *doc = NULL;
        const char *why = NULL;
        assert_true(json_parse(arena, slice_of(managed_policy_document(names[i])), &doc, &why));
        assert_string_equal(value_get_str(doc, "Version"), "2012-10-17");
        assert_true(value_len(value_get(doc, "Statement")) > 0);
    }
    arena_free(arena);
}

static void the_backup_policy_lets_both_hops_happen(void **state)
{
    (void)state;
    static const char *const needed[] = {
        "rds:CreateDBSnapshot",
        "rds:CopyDBSnapshot",
        "rds:AddTagsToResource",
        "backup:DescribeBackupVault",
        "backup:CopyIntoBackupVault",
        "backup:CopyFromBackupVault",
        "kms:DescribeKey",
        "kms:CreateGrant",
        "tag:GetResources",
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (statement_with(arena, MANAGED_POLICY_BACKUP, needed[i]) == NULL)
            fail_msg("%s", needed[i]);
    const struct value *share =
        statement_with(arena, MANAGED_POLICY_BACKUP, "rds:ModifyDBSnapshotAttribute");
    assert_string_equal(value_get_str(share, "Resource"), "arn:aws:rds:*:*:snapshot:awsbackup:*");
    assert_null(statement_with(arena, MANAGED_POLICY_BACKUP, "backup:StartCopyJob"));
    arena_free(arena);
}

static void the_linked_role_grants_but_cannot_decrypt(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *copy =
        statement_with(arena, MANAGED_POLICY_BACKUP_LINKED, "rds:CopyDBSnapshot");
    assert_string_equal(value_get_str(copy, "Resource"), "arn:aws:rds:*:*:snapshot:awsbackup:*");
    const struct value *grant =
        statement_with(arena, MANAGED_POLICY_BACKUP_LINKED, "kms:CreateGrant");
    assert_string_equal(
        value_str(value_pointer(grant, "/Condition/Bool/kms:GrantIsForAWSResource")), "true");
    assert_non_null(value_pointer(grant, "/Condition/StringLike/kms:ViaService"));
    assert_null(statement_with(arena, MANAGED_POLICY_BACKUP_LINKED, "kms:Decrypt"));
    arena_free(arena);
}

static void documents_are_adapted_to_the_partition(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *text = managed_policy_document_in(arena, MANAGED_POLICY_BACKUP_LINKED, "aws-cn");
    assert_null(strstr(text, "arn:aws:"));
    assert_non_null(strstr(text, "arn:aws-cn:rds:*:*:snapshot:awsbackup:*"));
    assert_non_null(strstr(text, "\"rds.*.amazonaws.com.cn\""));
    assert_ptr_equal(managed_policy_document_in(arena, MANAGED_POLICY_BACKUP, "aws"),
                     managed_policy_document(MANAGED_POLICY_BACKUP));
    assert_string_equal(managed_policy_arn(arena, MANAGED_POLICY_BACKUP, "aws-cn"),
                        "arn:aws-cn:iam::aws:policy/service-role/"
                        "AWSBackupServiceRolePolicyForBackup");
    assert_null(managed_policy_document_in(arena, "Nothing", "aws-cn"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_are_found_by_name_and_by_arn),
        cmocka_unit_test(every_extract_is_a_policy_document),
        cmocka_unit_test(the_backup_policy_lets_both_hops_happen),
        cmocka_unit_test(the_linked_role_grants_but_cannot_decrypt),
        cmocka_unit_test(documents_are_adapted_to_the_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
