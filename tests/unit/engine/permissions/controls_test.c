/* Policies of the organization. That they close what they should and let backups through, the path
 * proof and a drill say (proof/controls); here is what stands in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/config/config.h"
#include "engine/permissions/controls.h"
#include "engine/policy/policy.h"
#include "engine/policy/quota.h"

#define DATA SOURCE_DIR "/tests/golden/lower/data"
#define HEAD                                                                                       \
    "version: 1\nname: t\n"                                                                        \
    "accounts:\n"                                                                                  \
    "  app: {id: \"111122223333\", assume_role: \"arn:aws:iam::111122223333:role/deploy\"}\n"      \
    "  last: {id: \"444455556666\", assume_role: \"arn:aws:iam::444455556666:role/deploy\"}\n"     \
    "  boss: {id: \"999988887777\"}\n"                                                             \
    "organization: {id: o-exampleorgid, account: boss}\n"                                          \
    "regions: {r: us-east-1}\n"                                                                    \
    "keys: {k: {account: last, region: r, protect: {break_glass: "                                 \
    "\"arn:aws:iam::444455556666:role/glass\"}}}\n"                                                \
    "vaults:\n"                                                                                    \
    "  first: {account: app, region: r}\n"                                                         \
    "  final: {account: last, region: r, key: k, accept_copies_from: [app], lock: {mode: "         \
    "governance, min_retention_days: 7}}\n"                                                        \
    "plans:\n"                                                                                     \
    "  p:\n"                                                                                       \
    "    account: app\n"                                                                           \
    "    region: r\n"                                                                              \
    "    rules:\n"                                                                                 \
    "      daily:\n"                                                                               \
    "        target_vault: first\n"                                                                \
    "        copy_actions: [{destination_vault: final, lifecycle: {delete_after_days: 9}}]\n"      \
    "    selections: {s: {list_of_tags: {backup: daily}}}\n"

struct room {
    struct arena *arena;
    struct diags diags;
    struct controls controls;
};

static void make(struct room *room, const char *path, struct slice text)
{
    struct config_options options = {.path = path, .text = text, .data_dir = DATA};
    struct topology topology;
    bool ok = config_load(room->arena, &options, schema_load(room->arena), &topology, &room->diags);
    for (size_t i = 0; !ok && i < room->diags.len; i++)
        print_error("%s\n", diag_render(room->arena, &room->diags, &room->diags.items[i]));
    assert_true(ok);
    controls_make(room->arena, &topology, &room->controls);
}

static int begin(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    diags_init(&room->diags, arena);
    *state = room;
    return 0;
}

static int end(void **state)
{
    arena_free(((struct room *)*state)->arena);
    return 0;
}

static const struct control_policy *policy_of(struct room *room, const char *name)
{
    for (size_t i = 0; i < room->controls.len; i++)
        if (str_eq(room->controls.items[i].name, name))
            return &room->controls.items[i];
    fail_msg("no policy %s", name);
    return NULL;
}

/* The condition of the statement of that Sid, as JSON. */
static const char *condition_of(struct room *room, const char *name, const char *sid)
{
    const struct value *statements = value_get(policy_of(room, name)->document, "Statement");
    for (size_t i = 0; i < value_len(statements); i++) {
        const struct value *s = value_item(statements, i);
        if (str_eq(value_get_str(s, "Sid"), sid))
            return value_get(s, "Condition")
                       ? json_print(room->arena, value_get(s, "Condition"), JSON_COMPACT)
                       : "none";
    }
    return "no such statement";
}

static void every_policy_is_one_that_the_organization_takes(void **state)
{
    struct room *room = *state;
    static const char *const examples[] = {"rds-immutable-backup", "direct-copy", "fleet",
                                           "watched-backups", "more-backup"};
    for (size_t e = 0; e < ARRAY_LEN(examples); e++) {
        make(room, arena_printf(room->arena, SOURCE_DIR "/examples/%s.yaml", examples[e]),
             (struct slice){0});
        assert_true(room->controls.len > 0);
        for (size_t i = 0; i < room->controls.len; i++) {
            const struct control_policy *policy = &room->controls.items[i];
            bool of_resources = str_eq(policy->type, "RESOURCE_CONTROL_POLICY");
            struct policy parsed;
            assert_true(policy_parse(room->arena, policy->document, &parsed, &room->diags, NULL) &&
                        policy_check_kind(&parsed, of_resources ? POLICY_RCP : POLICY_SCP,
                                          &room->diags, NULL) &&
                        policy_check_quota(room->arena, policy->document,
                                           of_resources ? POLICY_QUOTA_RCP : POLICY_QUOTA_SCP,
                                           &room->diags, NULL));
            for (size_t k = 0; k < parsed.statements_len; k++)
                assert_int_equal(parsed.statements[k].effect, POLICY_DENY);
        }
    }
}

static void copies_go_to_the_vaults_of_the_file_only(void **state)
{
    struct room *room = *state;
    make(room, "t.yaml", slice_of(HEAD));
    assert_string_equal(condition_of(room, "t-sources", "PinCopyTargets"),
                        "{\"ForAnyValue:ArnNotLike\":{\"backup:CopyTargets\":\"arn:aws:backup:us-"
                        "east-1:444455556666:backup-vault:t-final\"}}");
    assert_int_equal(policy_of(room, "t-sources")->target_len, 1);
    assert_string_equal(policy_of(room, "t-sources")->targets[0]->name, "app");
}

static void points_may_be_deleted_by_break_glass_only(void **state)
{
    struct room *room = *state;
    make(room, "t.yaml", slice_of(HEAD));
    assert_string_equal(
        condition_of(room, "t-last", "KeepPoints"),
        "{\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::444455556666:role/glass\"}}");
    assert_string_equal(
        condition_of(room, "t-last", "KeepVaults"),
        "{\"ArnNotLike\":{\"aws:PrincipalArn\":[\"arn:aws:iam::444455556666:role/glass\",\"arn:aws:"
        "iam::${aws:PrincipalAccount}:role/deploy\"]}}");
}

static const char *resource_of(struct room *room, const char *name, const char *sid)
{
    const struct value *statements = value_get(policy_of(room, name)->document, "Statement");
    for (size_t i = 0; i < value_len(statements); i++)
        if (str_eq(value_get_str(value_item(statements, i), "Sid"), sid))
            return json_print(room->arena, value_get(value_item(statements, i), "Resource"),
                              JSON_COMPACT);
    return "no such statement";
}

/* Whom a denial leaves out is no other's to change. */
static void the_roles_that_are_left_out_are_kept_as_they_are(void **state)
{
    struct room *room = *state;
    make(room, "t.yaml", slice_of(HEAD));
    assert_string_equal(
        resource_of(room, "t-last", "KeepRoles"),
        "[\"arn:aws:iam::444455556666:role/glass\",\"arn:aws:iam::*:role/deploy\"]");
    assert_string_equal(condition_of(room, "t-last", "KeepRoles"),
                        condition_of(room, "t-last", "KeepVaults"));
}

static void a_lock_keeps_the_bounds_that_it_has(void **state)
{
    struct room *room = *state;
    make(room, "t.yaml", slice_of(HEAD));
    assert_string_equal(condition_of(room, "t-last", "KeepShortest1"),
                        "{\"NumericLessThan\":{\"backup:MinRetentionDays\":\"7\"}}");
    assert_string_equal(condition_of(room, "t-last", "SayShortest1"),
                        "{\"Null\":{\"backup:MinRetentionDays\":\"true\"}}");
    assert_string_equal(condition_of(room, "t-last", "KeepLongest1"), "no such statement");
}

static void the_management_account_is_beyond_policies(void **state)
{
    struct room *room = *state;
    make(room, "t.yaml", slice_of(HEAD));
    const struct control_policy *members = policy_of(room, "t-members");
    assert_int_equal(members->target_len, 2);
    for (size_t i = 0; i < members->target_len; i++)
        assert_string_not_equal(members->targets[i]->name, "boss");
    assert_string_equal(condition_of(room, "t-members", "StayInOrganization"), "none");
}

static void keys_know_the_deployer_of_their_own_account(void **state)
{
    struct room *room = *state;
    make(room, "t.yaml", slice_of(HEAD));
    assert_string_equal(
        condition_of(room, "t-keys", "KeepKeys"),
        "{\"StringEquals\":{\"aws:ResourceTag/holdfast:topology\":\"t\"},\"ArnNotLike\":{\"aws:"
        "PrincipalArn\":[\"arn:aws:iam::444455556666:role/glass\",\"arn:aws:iam::${aws:"
        "ResourceAccount}:role/deploy\"]}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_policy_is_one_that_the_organization_takes, begin,
                                        end),
        cmocka_unit_test_setup_teardown(copies_go_to_the_vaults_of_the_file_only, begin, end),
        cmocka_unit_test_setup_teardown(points_may_be_deleted_by_break_glass_only, begin, end),
        cmocka_unit_test_setup_teardown(the_roles_that_are_left_out_are_kept_as_they_are, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_lock_keeps_the_bounds_that_it_has, begin, end),
        cmocka_unit_test_setup_teardown(the_management_account_is_beyond_policies, begin, end),
        cmocka_unit_test_setup_teardown(keys_know_the_deployer_of_their_own_account, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
