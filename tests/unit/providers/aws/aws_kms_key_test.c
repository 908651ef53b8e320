/* Keys: which of an account's keys is ours. */

#include "tests/unit/providers/aws/fixture.h"

#define TYPE "aws_kms_key"
#define DESIRED                                                                                    \
    "{\"policy\":{},\"tags\":{\"holdfast:topology\":\"t\",\"holdfast:address\":\"keys.a\"}}"
#define ENABLED "{\"policy\":{},\"description\":\"a\",\"enabled\":true}"
#define DISABLED "{\"policy\":{},\"description\":\"b\",\"enabled\":false}"
#define TAGS(address)                                                                              \
    "{\"Tags\":[{\"TagKey\":\"holdfast:topology\",\"TagValue\":\"t\"},"                            \
    "{\"TagKey\":\"holdfast:address\",\"TagValue\":\"" address "\"}]}"

static void when(struct fixture *f, const char *text, const char *error, const char *body)
{
    fake_when_contains(
        f->fake, text,
        (struct fake_answer){.status = error ? 400 : 200,
                             .body = error ? arena_printf(f->arena, "{\"__type\":\"%s\"}", error)
                                           : body});
}

/* An answer to CreateKey was lost just now, and the Region has three keys. */
static void three_keys(struct fixture *f)
{
    f->may_be_new = true;
    when(f, "TrentService.ListKeys", NULL,
         "{\"Keys\":[{\"KeyId\":\"one\"},{\"KeyId\":\"two\"},{\"KeyId\":\"three\"}]}");
}

#define MAPPING(id) "{\"ResourceARN\":\"arn:aws:kms:us-east-1:111122223333:key/" id "\"}"

static void a_key_that_stands_is_found_by_the_index_of_tags(void **state)
{
    struct fixture *f = *state;
    when(f, "GetResources", NULL,
         "{\"PaginationToken\":\"\",\"ResourceTagMappingList\":[" MAPPING("old") "," MAPPING(
             "one") "]}");
    when(f, "key/old", NULL,
         "{\"KeyMetadata\":{\"KeyId\":\"old\",\"KeyState\":\"PendingDeletion\"}}");
    when(f, "key/one", NULL, "{\"KeyMetadata\":{\"KeyId\":\"one\",\"KeyState\":\"Disabled\"}}");
    fixture_run(f, OP_FIND, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FOUND);
    assert_string_equal(f->identifier, "one");
    assert_int_equal(f->ownership, OWNER_BY_TAGS);
    assert_int_equal(fixture_calls(f), 3);
    const char *asked = fixture_call(f, 0)->body;
    assert_non_null(strstr(asked, "{\"Key\":\"holdfast:topology\",\"Values\":[\"t\"]}"));
    assert_non_null(strstr(asked, "{\"Key\":\"holdfast:address\",\"Values\":[\"keys.a\"]}"));
    assert_non_null(strstr(asked, "\"ResourceTypeFilters\":[\"kms:key\"]"));
}

static void a_second_key_of_ours_is_found_beside_the_one_that_is_known(void **state)
{
    struct fixture *f = *state;
    f->other_than = "one";
    when(f, "GetResources", NULL,
         "{\"PaginationToken\":\"\",\"ResourceTagMappingList\":[" MAPPING("one") "," MAPPING(
             "two") "]}");
    when(f, "key/one", NULL, "{\"KeyMetadata\":{\"KeyId\":\"one\",\"KeyState\":\"Enabled\"}}");
    when(f, "key/two", NULL, "{\"KeyMetadata\":{\"KeyId\":\"two\",\"KeyState\":\"Enabled\"}}");
    fixture_run(f, OP_FIND, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FOUND);
    assert_string_equal(f->identifier, "two");
}

static void a_search_without_the_right_to_it_is_no_absence(void **state)
{
    struct fixture *f = *state;
    when(f, "GetResources", "AccessDeniedException", NULL);
    fixture_run(f, OP_FIND, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_DENIED);
}

static void a_key_that_may_be_new_is_found_among_all(void **state)
{
    struct fixture *f = *state;
    three_keys(f);
    when(f, "{\"KeyId\":\"one\"}", "AccessDeniedException", NULL);
    when(f, "{\"KeyId\":\"two\"}", NULL, TAGS("keys.b"));
    when(f, "TrentService.DescribeKey", NULL,
         "{\"KeyMetadata\":{\"KeyId\":\"three\",\"KeyState\":\"Enabled\"}}");
    when(f, "{\"KeyId\":\"three\"}", NULL, TAGS("keys.a"));
    fixture_run(f, OP_FIND, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FOUND);
    assert_string_equal(f->identifier, "three");
    assert_int_equal(f->ownership, OWNER_BY_TAGS);
}

static void a_key_that_does_not_rotate_has_no_period(void **state)
{
    struct fixture *f = *state;
    when(f, "TrentService.DescribeKey", NULL,
         "{\"KeyMetadata\":{\"KeyId\":\"one\",\"KeyState\":\"Enabled\"}}");
    when(f, "TrentService.GetKeyPolicy", NULL, "{\"Policy\":\"{}\"}");
    when(f, "TrentService.GetKeyRotationStatus", NULL,
         "{\"KeyRotationEnabled\":false,\"RotationPeriodInDays\":180}");
    when(f, "TrentService.ListResourceTags", NULL, TAGS("keys.a"));
    fixture_run(f, OP_READ, TYPE, "one", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_null(value_get(f->attributes, "rotation_period_in_days"));
}

static void a_key_of_ours_that_is_pending_deletion_is_not_found(void **state)
{
    struct fixture *f = *state;
    three_keys(f);
    when(f, "TrentService.DescribeKey", NULL,
         "{\"KeyMetadata\":{\"KeyId\":\"x\",\"KeyState\":\"PendingDeletion\"}}");
    when(f, "TrentService.ListResourceTags", NULL, TAGS("keys.a"));
    fixture_run(f, OP_FIND, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

static void nothing_is_known_when_no_key_shows_its_tags(void **state)
{
    struct fixture *f = *state;
    three_keys(f);
    when(f, "TrentService.ListResourceTags", "AccessDeniedException", NULL);
    fixture_run(f, OP_FIND, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_DENIED);
}

static void a_key_that_may_not_be_looked_at_may_be_ours(void **state)
{
    struct fixture *f = *state;
    three_keys(f);
    when(f, "{\"KeyId\":\"two\"}", "AccessDeniedException", NULL);
    when(f, "TrentService.ListResourceTags", NULL, TAGS("keys.b"));
    fixture_run(f, OP_FIND, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_DENIED);
    assert_int_equal(fixture_calls(f), 1 + 3); /* the others were looked at */
}

static void a_key_that_was_made_is_named_when_its_rotation_fails(void **state)
{
    struct fixture *f = *state;
    when(f, "TrentService.CreateKey", NULL, "{\"KeyMetadata\":{\"KeyId\":\"one\"}}");
    when(f, "TrentService.EnableKeyRotation", "AccessDeniedException", NULL);
    fixture_run(f, OP_CREATE, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_string_equal(f->identifier, "one");
    assert_true(fixture_call(f, 0)->once);
    assert_false(fixture_call(f, 1)->once);
}

/* Under key one lie an empty vault and, or not, one with points; one with points under another. */
static void vaults_are_listed(struct fixture *f, bool full)
{
    static const char *const vaults[] = {
        "{\"BackupVaultName\":\"anothers\",\"NumberOfRecoveryPoints\":7,"
        "\"EncryptionKeyArn\":\"arn:aws:kms:us-east-1:111122223333:key/two\"}",
        "{\"BackupVaultName\":\"empty\",\"NumberOfRecoveryPoints\":0,"
        "\"EncryptionKeyArn\":\"arn:aws:kms:us-east-1:111122223333:key/one\"}",
        ",{\"BackupVaultName\":\"full\",\"NumberOfRecoveryPoints\":3,"
        "\"EncryptionKeyArn\":\"arn:aws:kms:us-east-1:111122223333:key/one\"}"};
    fixture_answer(f, "GET /backup-vaults/", NULL,
                   arena_printf(f->arena, "{\"BackupVaultList\":[%s,%s%s]}", vaults[0], vaults[1],
                                full ? vaults[2] : ""),
                   1);
}

static void a_key_under_which_points_lie_is_not_disabled(void **state)
{
    struct fixture *f = *state;
    vaults_are_listed(f, /* full= */ true);
    fixture_run(f, OP_UPDATE, TYPE, "one", DISABLED, ENABLED);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_RETAINED);
    assert_non_null(strstr(f->diags.items[0].message, "the key is not disabled"));
    assert_int_equal(fixture_calls(f), 1); /* nothing else was changed either */
    vaults_are_listed(f, /* full= */ false);
    when(f, "TrentService.UpdateKeyDescription", NULL, "{}");
    when(f, "TrentService.DisableKey", NULL, "{}");
    fixture_run(f, OP_UPDATE, TYPE, "one", DISABLED, ENABLED);
    assert_int_equal(f->result, OP_RESULT_DONE);
    fixture_answer(f, "GET /backup-vaults/", "AccessDeniedException", "{}", 1);
    fixture_run(f, OP_UPDATE, TYPE, "one", DISABLED, ENABLED);
    assert_int_equal(f->result, OP_RESULT_FAILED); /* nobody knows */
}

static void a_key_under_which_points_lie_is_not_deleted(void **state)
{
    struct fixture *f = *state;
    vaults_are_listed(f, /* full= */ true);
    fixture_run(f, OP_REMOVE, TYPE, "one", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_RETAINED);
    assert_non_null(strstr(f->diags.items[0].message, "vault full holds 3 recovery points"));
    vaults_are_listed(f, /* full= */ false);
    when(f, "TrentService.ScheduleKeyDeletion", NULL, "{}");
    fixture_run(f, OP_REMOVE, TYPE, "one", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    fixture_answer(f, "GET /backup-vaults/", "AccessDeniedException", "{}", 1);
    fixture_run(f, OP_REMOVE, TYPE, "one", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED); /* nobody knows */
}

static void a_deletion_that_was_scheduled_before_is_a_success(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /backup-vaults/", NULL, "{\"BackupVaultList\":[]}", 0);
    fake_when_contains(f->fake, "TrentService.ScheduleKeyDeletion",
                       (struct fake_answer){.status = 400,
                                            .body = "{\"__type\":\"KMSInvalidStateException\","
                                                    "\"message\":\"key is pending deletion.\"}",
                                            .times = 1});
    fixture_run(f, OP_REMOVE, TYPE, "one", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    fake_when_contains(f->fake, "TrentService.ScheduleKeyDeletion",
                       (struct fake_answer){.status = 400,
                                            .body = "{\"__type\":\"KMSInvalidStateException\","
                                                    "\"message\":\"key is pending import.\"}"});
    fixture_run(f, OP_REMOVE, TYPE, "one", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void an_alias_is_ours_only_when_it_names_our_key(void **state)
{
    struct fixture *f = *state;
    when(f, "TrentService.DescribeKey", NULL, "{\"KeyMetadata\":{\"KeyId\":\"one\"}}");
    fixture_run(f, OP_FIND, "aws_kms_alias", NULL,
                "{\"name\":\"alias/a\",\"target_key_id\":\"one\"}", NULL);
    assert_int_equal(f->ownership, OWNER_PARENT);
    fixture_run(f, OP_FIND, "aws_kms_alias", NULL,
                "{\"name\":\"alias/a\",\"target_key_id\":\"two\"}", NULL);
    assert_int_equal(f->ownership, OWNER_OTHER);
}

static void an_alias_that_exists_is_created_only_when_it_names_our_key(void **state)
{
    struct fixture *f = *state;
    when(f, "TrentService.CreateAlias", "AlreadyExistsException", NULL);
    when(f, "TrentService.DescribeKey", NULL, "{\"KeyMetadata\":{\"KeyId\":\"one\"}}");
    fixture_run(f, OP_CREATE, "aws_kms_alias", NULL,
                "{\"name\":\"alias/a\",\"target_key_id\":\"one\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    fixture_run(f, OP_CREATE, "aws_kms_alias", NULL,
                "{\"name\":\"alias/a\",\"target_key_id\":\"two\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_non_null(strstr(f->diags.items[0].message, "AlreadyExistsException"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_key_that_stands_is_found_by_the_index_of_tags),
        FIXTURE_TEST(a_second_key_of_ours_is_found_beside_the_one_that_is_known),
        FIXTURE_TEST(a_search_without_the_right_to_it_is_no_absence),
        FIXTURE_TEST(a_key_that_may_be_new_is_found_among_all),
        FIXTURE_TEST(a_key_that_does_not_rotate_has_no_period),
        FIXTURE_TEST(a_key_of_ours_that_is_pending_deletion_is_not_found),
        FIXTURE_TEST(nothing_is_known_when_no_key_shows_its_tags),
        FIXTURE_TEST(a_key_that_may_not_be_looked_at_may_be_ours),
        FIXTURE_TEST(a_key_that_was_made_is_named_when_its_rotation_fails),
        FIXTURE_TEST(a_key_under_which_points_lie_is_not_disabled),
        FIXTURE_TEST(a_key_under_which_points_lie_is_not_deleted),
        FIXTURE_TEST(a_deletion_that_was_scheduled_before_is_a_success),
        FIXTURE_TEST(an_alias_is_ours_only_when_it_names_our_key),
        FIXTURE_TEST(an_alias_that_exists_is_created_only_when_it_names_our_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
