/* What AWS says of a vault that it does not see yet, and of one that we may not see. */

#include "tests/unit/providers/aws/fixture.h"

#define VAULT "aws_backup_logically_air_gapped_vault"
#define DESIRED "{\"name\":\"gap\",\"min_retention_days\":7,\"max_retention_days\":30}"

static void a_new_vault_is_waited_for_while_aws_does_not_see_it(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT /logically-air-gapped-backup-vaults/gap", NULL, "{}", 0);
    fixture_answer(f, "GET /backup-vaults/gap", "AccessDeniedException", "{}", 1);
    fixture_answer(f, "GET /backup-vaults/gap", NULL, "{\"VaultState\":\"CREATING\"}", 1);
    fixture_answer(f, "GET /backup-vaults/gap", NULL, "{\"VaultState\":\"AVAILABLE\"}", 1);
    fixture_answer(f, "GET /backup-vaults/", NULL, "{\"BackupVaultList\":[]}", 0);
    fixture_run(f, OP_CREATE, VAULT, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "gap");
}

static void a_vault_that_is_there_and_may_not_be_seen_is_no_wait(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT /logically-air-gapped-backup-vaults/gap", NULL, "{}", 0);
    fixture_answer(f, "GET /backup-vaults/gap", "AccessDeniedException", "{}", 0);
    fixture_answer(f, "GET /backup-vaults/", NULL,
                   "{\"BackupVaultList\":[{\"BackupVaultName\":\"gap\"}]}", 0);
    fixture_run(f, OP_CREATE, VAULT, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(fixture_calls(f), 3);
    assert_int_equal(f->diags.items[0].code, E_DENIED);
    assert_string_equal(f->identifier, "gap"); /* it was made all the same */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_new_vault_is_waited_for_while_aws_does_not_see_it),
        FIXTURE_TEST(a_vault_that_is_there_and_may_not_be_seen_is_no_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
