#include "tests/unit/providers/aws/fixture.h"

#include "providers/aws/listing.h"

static const char *identifier(struct fixture *f, const char *type, const char *parent,
                              const char *item)
{
    return aws_listing_identifier(f->arena, aws_listing_of(type), parent, fixture_json(f, item));
}

static void the_types_of_vaults_are_told_apart(void **state)
{
    struct fixture *f = *state;
    const char *gap = "aws_backup_logically_air_gapped_vault";
    const char *plain = "{\"BackupVaultName\": \"a\", \"VaultType\": \"BACKUP_VAULT\"}";
    const char *gapped =
        "{\"BackupVaultName\": \"b\", \"VaultType\": \"LOGICALLY_AIR_GAPPED_BACKUP_VAULT\"}";
    assert_string_equal(identifier(f, "aws_backup_vault", NULL, plain), "a");
    assert_string_equal(identifier(f, "aws_backup_vault", NULL, "{\"BackupVaultName\": \"c\"}"),
                        "c");
    assert_null(identifier(f, "aws_backup_vault", NULL, gapped));
    assert_string_equal(identifier(f, gap, NULL, gapped), "b");
    assert_null(identifier(f, gap, NULL, plain));
    assert_null(identifier(f, gap, NULL, "{\"BackupVaultName\": \"c\"}"));
}

static void parts_have_their_parent_before_their_own_id(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(identifier(f, "aws_backup_selection", "p", "{\"SelectionId\": \"s\"}"),
                        "p|s");
    assert_string_equal(identifier(f, "aws_event_rule", "default", "{\"Name\": \"r\"}"),
                        "default|r");
    assert_null(identifier(f, "aws_event_rule", "default", "{}"));
    assert_string_equal(identifier(f, "aws_backup_restore_testing_selection", "weekly",
                                   "{\"RestoreTestingSelectionName\": \"tables\"}"),
                        "weekly|tables");
    assert_null(aws_listing_of("aws_lambda_function"));
}

/* The parent is a label of the URI or a member of the body, as the protocol has it. */
static void the_call_names_the_parent(void **state)
{
    struct fixture *f = *state;
    struct aws_call_spec spec = aws_listing_call(f->arena, aws_listing_of("aws_backup_selection"),
                                                 FIXTURE_ACCOUNT, "us-east-1", "p");
    assert_string_equal(value_get_str(spec.labels, "backupPlanId"), "p");
    assert_null(spec.body);
    spec = aws_listing_call(f->arena, aws_listing_of("aws_event_rule"), FIXTURE_ACCOUNT,
                            "us-east-1", "default");
    assert_string_equal(value_get_str(spec.body, "EventBusName"), "default");
    assert_true(spec.all_pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_types_of_vaults_are_told_apart, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(parts_have_their_parent_before_their_own_id, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(the_call_names_the_parent, fixture_set_up,
                                        fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
