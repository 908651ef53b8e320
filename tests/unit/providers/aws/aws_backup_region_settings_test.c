/* Settings that others share: what is written is what stands there, with ours on top. */

#include "tests/unit/providers/aws/fixture.h"

#define SETTINGS "aws_backup_region_settings"
#define STANDING                                                                                   \
    "{\"ResourceTypeOptInPreference\":{\"EBS\":true,\"RDS\":false},"                               \
    "\"ResourceTypeManagementPreference\":{\"EFS\":true}}"

static void what_others_set_is_written_again_with_ours(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /account-settings", NULL, STANDING, 0);
    fixture_answer(f, "PUT /account-settings", NULL, "", 0);
    fixture_run(f, OP_UPDATE, SETTINGS, FIXTURE_ACCOUNT,
                "{\"account_id\":\"" FIXTURE_ACCOUNT
                "\",\"resource_type_opt_in_preference\":{\"RDS\":true}}",
                "{\"account_id\":\"" FIXTURE_ACCOUNT
                "\",\"resource_type_opt_in_preference\":{\"EBS\":false,\"RDS\":false}}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 2);
    /* as they are now, not as they were when the plan was made; and no map that is not ours */
    assert_string_equal(fixture_call(f, 1)->body,
                        "{\"ResourceTypeOptInPreference\":{\"EBS\":true,\"RDS\":true}}");
}

static void settings_are_found_by_their_account_and_read_whole(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /account-settings", NULL, STANDING, 0);
    fixture_run(f, OP_FIND, SETTINGS, NULL, "{\"account_id\":\"" FIXTURE_ACCOUNT "\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_FOUND);
    assert_string_equal(f->identifier, FIXTURE_ACCOUNT);
    fixture_run(f, OP_READ, SETTINGS, FIXTURE_ACCOUNT, NULL, NULL);
    assert_true(value_get_bool(value_get(f->attributes, "resource_type_management_preference"),
                               "EFS", false));
}

static void settings_are_never_taken_away(void **state)
{
    struct fixture *f = *state;
    fixture_run(f, OP_REMOVE, SETTINGS, FIXTURE_ACCOUNT, NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_RETAINED);
    assert_int_equal(fixture_calls(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_others_set_is_written_again_with_ours),
        FIXTURE_TEST(settings_are_found_by_their_account_and_read_whole),
        FIXTURE_TEST(settings_are_never_taken_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
