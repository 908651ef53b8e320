#include "engine/drill/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/config/config.h"

#define HEAD                                                                                       \
    "version: 1\n"                                                                                 \
    "name: t\n"                                                                                    \
    "accounts:\n"                                                                                  \
    "  work: {id: \"111122223333\", assume_role: \"arn:aws:iam::111122223333:role/deployer\"}\n"   \
    "  safe: {id: \"444455556666\"}\n"                                                             \
    "regions: {one: us-east-1}\n"

/* The seed of a topology given as text. */
static const struct value *seed_of(struct arena *arena, const char *yaml)
{
    struct diags diags;
    struct topology topology;
    diags_init(&diags, arena);
    const char *dir = path_temp_dir(arena), *path = path_join(arena, dir, "topology.yaml");
    assert_true(file_write_atomic(path, slice_of(yaml), 0600, &diags));
    const struct config_options options = {.path = path, .data_dir = dir};
    bool good = config_load(arena, &options, schema_load(arena), &topology, &diags);
    dir_remove(dir);
    if (!good)
        fail_msg("%s", diags.items[0].message);
    return drill_seed(arena, &topology);
}

static bool holds(const struct value *seed, const char *list, const char *text)
{
    const struct value *items = value_get(seed, list);
    for (size_t i = 0; i < value_len(items); i++) {
        if (str_eq(value_str(value_item(items, i)), text))
            return true;
    }
    return false;
}

static void a_fresh_world_has_the_accounts_and_the_deployers(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *seed = seed_of(arena, HEAD);
    assert_int_equal(value_len(value_get(seed, "accounts")), 2);
    assert_true(holds(seed, "roles", "arn:aws:iam::111122223333:role/deployer"));
    assert_true(value_get_bool(seed, "cross_account_backup", false));
    assert_string_equal(value_str(value_pointer(seed, "/organization/management")), "999999999999");
    arena_free(arena);
}

static void a_declared_organization_begins_with_its_switch_off(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *seed =
        seed_of(arena, HEAD "organization: {id: o-exampleorgid, account: safe}\n");
    assert_false(value_get_bool(seed, "cross_account_backup", true));
    assert_string_equal(value_str(value_pointer(seed, "/organization/management")), "444455556666");
    arena_free(arena);
}

static void whom_policies_name_exists_unless_the_topology_makes_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *seed =
        seed_of(arena, HEAD
                "keys:\n"
                "  k:\n"
                "    account: work\n"
                "    region: one\n"
                "    administrators: [role/person, \"arn:aws:iam::111122223333:role/t-r\"]\n"
                "roles:\n"
                "  r:\n"
                "    account: work\n"
                "    assume_role_policy_document: {Version: \"2012-10-17\", Statement: [{Effect: "
                "Allow, Action: "
                "\"sts:AssumeRole\", Principal: {AWS: \"arn:aws:iam::444455556666:user/u\"}}]}\n");
    assert_true(holds(seed, "principals", "arn:aws:iam::111122223333:role/person"));
    assert_true(holds(seed, "principals", "arn:aws:iam::444455556666:user/u"));
    assert_false(holds(seed, "principals", "arn:aws:iam::111122223333:role/t-r"));
    arena_free(arena);
}

static void each_selection_finds_one_database_in_its_place(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *seed =
        seed_of(arena, HEAD "vaults: {v: {account: work, region: one}}\n"
                            "plans:\n"
                            "  p:\n"
                            "    account: work\n"
                            "    region: one\n"
                            "    rules: {r: {target_vault: v}}\n"
                            "    selections:\n"
                            "      arns: {resources: [\"arn:aws:rds:*:*:db:prod-*\", "
                            "\"arn:aws:rds:eu-west-1:*:db:*\"]}\n"
                            "      tags: {list_of_tags: {backup: daily}}\n");
    const struct value *databases = value_get(seed, "databases");
    assert_int_equal(value_len(databases), 2); /* no pattern of another Region */
    const struct value *by_arn = value_item(databases, 0), *by_tag = value_item(databases, 1);
    assert_string_equal(value_get_str(by_arn, "arn"),
                        "arn:aws:rds:us-east-1:111122223333:db:prod-orders");
    assert_string_equal(value_get_str(by_arn, "key"), "aws/rds");
    assert_string_equal(value_str(value_pointer(by_tag, "/tags/backup")), "daily");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_world_has_the_accounts_and_the_deployers),
        cmocka_unit_test(a_declared_organization_begins_with_its_switch_off),
        cmocka_unit_test(whom_policies_name_exists_unless_the_topology_makes_it),
        cmocka_unit_test(each_selection_finds_one_database_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
