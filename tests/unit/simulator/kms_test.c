#include "simulator/kms.h"
#include "tests/unit/simulator/room.h"

static const char *make_key(struct room *room)
{
    const struct value *made = call(room, ACCOUNT, "kms", "CreateKey", "{}").body;
    return value_str(value_pointer(made, "/KeyMetadata/KeyId"));
}

static const char *with_key(struct room *room, const char *key, const char *more)
{
    return arena_printf(room->arena, "{\"KeyId\":\"%s\"%s}", key, more);
}

static const char *state_of(struct room *room, const char *key)
{
    struct answer answer = call(room, ACCOUNT, "kms", "DescribeKey", with_key(room, key, ""));
    return answer.code ? answer.code
                       : value_str(value_pointer(answer.body, "/KeyMetadata/KeyState"));
}

static void a_scheduled_deletion_waits_for_its_window_and_takes_the_aliases_along(void **state)
{
    struct room *room = *state;
    const char *key = make_key(room);
    assert_good(
        call(room, ACCOUNT, "kms", "CreateAlias",
             arena_printf(room->arena, "{\"AliasName\":\"alias/a\",\"TargetKeyId\":\"%s\"}", key)));
    assert_good(call(room, ACCOUNT, "kms", "ScheduleKeyDeletion",
                     with_key(room, key, ",\"PendingWindowInDays\":7")));
    assert_string_equal(state_of(room, key), "PendingDeletion");
    assert_refused(call(room, ACCOUNT, "kms", "ScheduleKeyDeletion", with_key(room, key, "")),
                   "KMSInvalidStateException");
    assert_refused(call(room, ACCOUNT, "kms", "EnableKey", with_key(room, key, "")),
                   "KMSInvalidStateException");
    advance(room, 7 * DAY_MS - 1);
    assert_string_equal(state_of(room, key), "PendingDeletion");
    advance(room, 1);
    assert_string_equal(state_of(room, key), "NotFoundException");
    assert_int_equal(
        value_len(value_get(call(room, ACCOUNT, "kms", "ListAliases", "{}").body, "Aliases")), 0);
}

static void a_cancelled_deletion_leaves_a_disabled_key_for_ever(void **state)
{
    struct room *room = *state;
    const char *key = make_key(room);
    assert_good(call(room, ACCOUNT, "kms", "ScheduleKeyDeletion",
                     with_key(room, key, ",\"PendingWindowInDays\":7")));
    assert_good(call(room, ACCOUNT, "kms", "CancelKeyDeletion", with_key(room, key, "")));
    assert_string_equal(state_of(room, key), "Disabled");
    advance(room, 30 * DAY_MS);
    assert_string_equal(state_of(room, key), "Disabled");
    assert_refused(call(room, ACCOUNT, "kms", "EnableKeyRotation", with_key(room, key, "")),
                   "DisabledException");
    assert_good(call(room, ACCOUNT, "kms", "EnableKey", with_key(room, key, "")));
    assert_string_equal(state_of(room, key), "Enabled");
}

static const struct value *grants_of(struct room *room, const char *key, const char *more)
{
    return value_get(call(room, ACCOUNT, "kms", "ListGrants", with_key(room, key, more)).body,
                     "Grants");
}

static bool may_decrypt(struct room *room, const char *role, const char *key)
{
    const struct value *body = kms_key_find(room->world, room->arena, ACCOUNT, REGION, key);
    return kms_allows(room->world, room->arena, role, "kms:Decrypt", body, NULL);
}

static void a_grant_allows_by_itself_until_it_is_revoked(void **state)
{
    struct room *room = *state;
    const char *key = make_key(room), *role = "arn:aws:iam::" ACCOUNT ":role/r";
    const char *to_role = ",\"GranteePrincipal\":\"arn:aws:iam::" ACCOUNT ":role/r\"";
    make_role(room, "r", "lambda.amazonaws.com", NULL);
    assert_false(may_decrypt(room, role, key));
    struct answer made = call(
        room, ACCOUNT, "kms", "CreateGrant",
        with_key(room, key, arena_printf(room->arena, "%s,\"Operations\":[\"Decrypt\"]", to_role)));
    assert_good(made);
    assert_true(may_decrypt(room, role, key));
    assert_int_equal(value_len(grants_of(room, key, to_role)), 1);
    assert_int_equal(
        value_len(grants_of(room, key, ",\"GranteePrincipal\":\"arn:aws:iam::" ACCOUNT ":root\"")),
        0);
    const char *id =
        arena_printf(room->arena, ",\"GrantId\":\"%s\"", value_get_str(made.body, "GrantId"));
    assert_good(call(room, ACCOUNT, "kms", "RevokeGrant", with_key(room, key, id)));
    assert_false(may_decrypt(room, role, key));
    assert_refused(call(room, ACCOUNT, "kms", "RevokeGrant", with_key(room, key, id)),
                   "NotFoundException");
}

static void a_grant_is_for_somebody_and_for_what_kms_does(void **state)
{
    struct room *room = *state;
    const char *key = make_key(room);
    const char *const rows[][2] = {
        {",\"GranteePrincipal\":\"arn:aws:iam::" ACCOUNT
         ":role/none\",\"Operations\":[\"Decrypt\"]",
         "InvalidArnException"},
        {",\"GranteePrincipal\":\"arn:aws:iam::" ACCOUNT
         ":root\",\"Operations\":[\"ScheduleKeyDeletion\"]",
         "ValidationException"},
        {",\"Operations\":[\"Decrypt\"]", "ValidationException"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(call(room, ACCOUNT, "kms", "CreateGrant", with_key(room, key, rows[i][0])),
                       rows[i][1]);
    assert_int_equal(value_len(grants_of(room, key, "")), 0);
}

static void numbers_outside_their_range_are_refused(void **state)
{
    struct room *room = *state;
    const char *key = make_key(room);
    const char *const rows[][2] = {
        {"ScheduleKeyDeletion", ",\"PendingWindowInDays\":6"},
        {"ScheduleKeyDeletion", ",\"PendingWindowInDays\":31"},
        {"EnableKeyRotation", ",\"RotationPeriodInDays\":89"},
        {"EnableKeyRotation", ",\"RotationPeriodInDays\":2561"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(call(room, ACCOUNT, "kms", rows[i][0], with_key(room, key, rows[i][1])),
                       "ValidationException");
}

static void alias_names_are_checked(void **state)
{
    struct room *room = *state;
    const char *key = make_key(room);
    const char *const rows[][2] = {{"alias/aws/mine", "NotAuthorizedException"},
                                   {"mine", "InvalidAliasNameException"},
                                   {"alias/", "InvalidAliasNameException"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(
            call(room, ACCOUNT, "kms", "CreateAlias",
                 arena_printf(room->arena, "{\"AliasName\":\"%s\",\"TargetKeyId\":\"%s\"}",
                              rows[i][0], key)),
            rows[i][1]);
}

static size_t aliases_of(struct room *room, const char *key)
{
    return value_len(value_get(
        call(room, ACCOUNT, "kms", "ListAliases", with_key(room, key, "")).body, "Aliases"));
}

static void an_alias_that_moves_is_listed_with_its_new_key(void **state)
{
    struct room *room = *state;
    const char *one = make_key(room), *two = make_key(room);
    assert_good(
        call(room, ACCOUNT, "kms", "CreateAlias",
             arena_printf(room->arena, "{\"AliasName\":\"alias/a\",\"TargetKeyId\":\"%s\"}", one)));
    assert_int_equal(aliases_of(room, one), 1);
    assert_int_equal(aliases_of(room, two), 0);
    assert_good(
        call(room, ACCOUNT, "kms", "UpdateAlias",
             arena_printf(room->arena, "{\"AliasName\":\"alias/a\",\"TargetKeyId\":\"%s\"}", two)));
    assert_int_equal(aliases_of(room, one), 0);
    assert_int_equal(aliases_of(room, two), 1);
    const struct value *calls = world_calls(room->world, room->arena);
    assert_int_equal(value_get_int(value_item(calls, value_len(calls) - 3), "created", -1), 0);
    assert_good(call(room, ACCOUNT, "kms", "DeleteAlias", "{\"AliasName\":\"alias/a\"}"));
    assert_int_equal(aliases_of(room, two), 0);
}

static void policies_come_back_reordered(void **state)
{
    struct room *room = *state;
    const char *policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"a\",\"Effect\":"
                         "\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::" ACCOUNT
                         ":root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}";
    const struct value *made =
        call(room, ACCOUNT, "kms", "CreateKey",
             arena_printf(room->arena, "{\"Policy\":%s}", quoted(room->arena, policy)))
            .body;
    const char *key = value_str(value_pointer(made, "/KeyMetadata/KeyId"));
    const char *text = value_get_str(
        call(room, ACCOUNT, "kms", "GetKeyPolicy", with_key(room, key, "")).body, "Policy");
    assert_string_not_equal(text, policy);
    assert_true(value_equal(json(room->arena, text), json(room->arena, policy)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_scheduled_deletion_waits_for_its_window_and_takes_the_aliases_along),
        IN_ROOM(a_cancelled_deletion_leaves_a_disabled_key_for_ever),
        IN_ROOM(a_grant_allows_by_itself_until_it_is_revoked),
        IN_ROOM(a_grant_is_for_somebody_and_for_what_kms_does),
        IN_ROOM(numbers_outside_their_range_are_refused),
        IN_ROOM(alias_names_are_checked),
        IN_ROOM(an_alias_that_moves_is_listed_with_its_new_key),
        IN_ROOM(policies_come_back_reordered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
