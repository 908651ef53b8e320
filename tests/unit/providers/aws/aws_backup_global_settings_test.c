/* The switches of an organization: texts at AWS, and never fewer than those that stand there. */

#include "tests/unit/providers/aws/fixture.h"

#define SETTINGS "aws_backup_global_settings"
#define STANDING                                                                                   \
    "{\"GlobalSettings\":{\"isCrossAccountBackupEnabled\":\"false\",\"isMpaEnabled\":\"true\","    \
    "\"isNewEnabled\":\"true\"}}"
#define WANTED                                                                                     \
    "{\"account_id\":\"" FIXTURE_ACCOUNT                                                           \
    "\",\"global_settings\":{\"is_cross_account_backup_enabled\":true}}"

static void switches_that_others_set_are_written_again_with_ours(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /global-settings", NULL, STANDING, 0);
    fixture_answer(f, "PUT /global-settings", NULL, "", 0);
    fixture_run(f, OP_UPDATE, SETTINGS, FIXTURE_ACCOUNT, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    /* one that we do not know is AWS's affair, and stays */
    assert_string_equal(fixture_call(f, 1)->body,
                        "{\"GlobalSettings\":{\"isCrossAccountBackupEnabled\":\"true\","
                        "\"isMpaEnabled\":\"true\",\"isNewEnabled\":\"true\"}}");
}

static void switches_are_read_as_truths(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /global-settings", NULL, STANDING, 0);
    fixture_run(f, OP_READ, SETTINGS, FIXTURE_ACCOUNT, NULL, NULL);
    const struct value *settings = value_get(f->attributes, "global_settings");
    assert_false(value_get_bool(settings, "is_cross_account_backup_enabled", true));
    assert_true(value_get_bool(settings, "is_mpa_enabled", false));
    assert_int_equal(value_len(settings), 2);
}

static void a_member_account_is_refused_in_words_of_aws(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /global-settings", "InvalidRequestException",
                   "{\"Message\":\"only the management account\"}", 0);
    fixture_run(f, OP_FIND, SETTINGS, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_non_null(strstr(f->diags.items[0].message, "only the management account"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(switches_that_others_set_are_written_again_with_ours),
        FIXTURE_TEST(switches_are_read_as_truths),
        FIXTURE_TEST(a_member_account_is_refused_in_words_of_aws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
