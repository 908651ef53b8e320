/* The points of a vault: what keeps them, and that a deletion is not believed. */

#include "providers/aws/recovery_points.h"
#include "tests/unit/providers/aws/fixture.h"

#define VAULT "aws_backup_vault"
#define POINT "final|arn:p"
#define PATH "/backup-vaults/final/recovery-points/arn%3Ap"
#define STATUS(status) "{\"Status\":\"" status "\",\"IamRoleArn\":\"arn:role\"}"

static void run(struct fixture *f, enum op_kind kind, const struct resource_ops *ops,
                const char *identifier, const char *prior)
{
    struct op_spec spec = {.kind = kind,
                           .ops = ops,
                           .schema = schema_of(f->schemas, VAULT),
                           .address = "vaults.final",
                           .account_id = FIXTURE_ACCOUNT,
                           .region = "us-east-1",
                           .partition = "aws",
                           .identifier = identifier,
                           .prior = fixture_json(f, prior)};
    f->ended = false;
    loop_start(f->loop, &spec, fixture_ended, f);
    while (loop_turn(f->loop)) {
    }
    assert_true(f->ended);
}

static void delete_point(struct fixture *f, const char *prior)
{
    run(f, OP_REMOVE, &recovery_point_ops, POINT, prior);
}

static void a_point_is_deleted_when_it_is_not_found_any_more(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE " PATH, NULL, "{}", 0);
    fixture_answer(f, "GET " PATH, NULL, STATUS("COMPLETED"), 1);
    fixture_answer(f, "GET " PATH, NULL, STATUS("DELETING"), 2);
    fixture_answer(f, "GET " PATH, "ResourceNotFoundException", "{}", 0);
    delete_point(f, STATUS("COMPLETED"));
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 5);
}

static void a_point_that_is_gone_already_is_deleted(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE " PATH, "ResourceNotFoundException", "{}", 0);
    delete_point(f, STATUS("COMPLETED"));
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 1);
}

static void a_good_answer_for_a_point_that_turns_expired_is_a_refusal(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE " PATH, NULL, "{}", 0);
    fixture_answer(f, "GET " PATH, NULL, STATUS("EXPIRED"), 0);
    delete_point(f, STATUS("COMPLETED"));
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_RETAINED);
    assert_non_null(strstr(f->diags.items[0].message, "arn:role"));
    assert_int_equal(fixture_calls(f), 2);
}

static void a_point_that_was_expired_before_gets_a_moment(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE " PATH, NULL, "{}", 0);
    fixture_answer(f, "GET " PATH, NULL, STATUS("EXPIRED"), 2);
    fixture_answer(f, "GET " PATH, NULL, STATUS("DELETING"), 1);
    fixture_answer(f, "GET " PATH, "ResourceNotFoundException", "{}", 1);
    delete_point(f, STATUS("EXPIRED"));
    assert_int_equal(f->result, OP_RESULT_DONE);
    fixture_answer(f, "GET " PATH, NULL, STATUS("EXPIRED"), 0);
    delete_point(f, STATUS("EXPIRED"));
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void a_point_that_stays_is_given_up(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE " PATH, NULL, "{}", 0);
    fixture_answer(f, "GET " PATH, NULL, STATUS("DELETING"), 0);
    delete_point(f, STATUS("COMPLETED"));
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_TIMEOUT);
}

static void a_refused_deletion_is_in_awss_words(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE " PATH, "InvalidRequestException",
                   "{\"Message\":\"under a legal hold\"}", 0);
    delete_point(f, STATUS("COMPLETED"));
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_non_null(strstr(f->diags.items[0].message, "under a legal hold"));
    assert_int_equal(fixture_calls(f), 1);
}

static void look(struct fixture *f)
{
    run(f, OP_READ, &vault_points_ops, "final", NULL);
}

static void a_vault_tells_its_points_its_lock_and_active_holds(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final/recovery-points/", NULL,
                   "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"arn:1\"}],\"NextToken\":\"t\"}",
                   1);
    fixture_answer(f, "GET /backup-vaults/final/recovery-points/", NULL,
                   "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"arn:2\"}]}", 1);
    fixture_answer(f, "GET /backup-vaults/final", NULL, "{\"Locked\":true}", 0);
    fixture_answer(f, "GET /legal-holds/a/recovery-points", NULL,
                   "{\"RecoveryPoints\":[{\"BackupVaultName\":\"other\"}]}", 0);
    fixture_answer(f, "GET /legal-holds/c/recovery-points", NULL,
                   "{\"RecoveryPoints\":[{\"BackupVaultName\":\"final\"},"
                   "{\"BackupVaultName\":\"other\"}]}",
                   0);
    fixture_answer(f, "GET /legal-holds/", NULL,
                   "{\"LegalHolds\":[{\"LegalHoldId\":\"a\",\"Status\":\"ACTIVE\"},"
                   "{\"LegalHoldId\":\"b\",\"Status\":\"CANCELED\"},"
                   "{\"LegalHoldId\":\"c\",\"Status\":\"CREATING\"}]}",
                   0);
    look(f);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_true(value_get_bool(f->attributes, "locked", false));
    assert_int_equal(value_len(value_get(f->attributes, "points")), 2);
    assert_int_equal(value_get_int(f->attributes, "held", 0), 1);
    assert_string_equal(value_get_str(f->attributes, "hold"), "c");
}

static void holds_that_cannot_be_read_stop_everything(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/final/recovery-points/", NULL, "{\"RecoveryPoints\":[]}",
                   0);
    fixture_answer(f, "GET /backup-vaults/final", NULL, "{\"Locked\":false}", 0);
    fixture_answer(f, "GET /legal-holds/", "AccessDeniedException", "{}", 0);
    look(f);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_point_is_deleted_when_it_is_not_found_any_more),
        FIXTURE_TEST(a_point_that_is_gone_already_is_deleted),
        FIXTURE_TEST(a_good_answer_for_a_point_that_turns_expired_is_a_refusal),
        FIXTURE_TEST(a_point_that_was_expired_before_gets_a_moment),
        FIXTURE_TEST(a_point_that_stays_is_given_up),
        FIXTURE_TEST(a_refused_deletion_is_in_awss_words),
        FIXTURE_TEST(a_vault_tells_its_points_its_lock_and_active_holds),
        FIXTURE_TEST(holds_that_cannot_be_read_stop_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
