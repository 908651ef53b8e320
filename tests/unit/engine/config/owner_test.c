#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/cleanup.h"
#include "engine/config/owner.h"

static const struct value *tags_of(struct arena *arena, const char *topology, const char *address)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "holdfast:topology", topology);
    map_put_str(&b, "holdfast:address", address);
    return map_end(&b);
}

static void only_the_name_of_another_topology_is_another(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_string_equal(owner_other_topology(tags_of(arena, "u", NULL), "t"), "u");
    assert_null(owner_other_topology(tags_of(arena, "t", "vaults.v"), "t"));
    assert_null(owner_other_topology(tags_of(arena, NULL, "vaults.v"), "t"));
    assert_null(owner_other_topology(tags_of(arena, "u", NULL), NULL));
    assert_null(owner_other_topology(NULL, "t"));
}

static void an_owner_is_told_as_far_as_it_is_named(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_string_equal(owner_text(arena, tags_of(arena, "t", "vaults.v")),
                        "vaults.v of topology t");
    assert_string_equal(owner_text(arena, NULL), "something of topology nobody knows");
}

static void what_the_file_moves_still_bears_its_old_address(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct move moves[] = {{"queues.a", "queues.b", {0}},
                                 {"vaults.g[x]", "vaults.g[y]", {0}}};
    const struct topology topology = {.name = "t", .moves = moves, .move_len = 2};
    static const struct {
        const char *topology, *tag, *address;
        bool moved;
    } cases[] = {
        {"t", "queues.a", "queues.b", true},
        {"t", "queues.a@m:us-east-1", "queues.b[m,us-east-1]", true},
        {"t", "vaults.g@x/policy", "vaults.g[y]/policy", true},
        {"u", "queues.a", "queues.b", false},
        {NULL, "queues.a", "queues.b", false},
        {"t", NULL, "queues.b", false},
        {"t", "queues.b", "queues.b", false}, /* it is there already */
        {"t", "queues.c", "queues.b", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(owner_has_moved(arena, &topology, cases[i].address,
                                         tags_of(arena, cases[i].topology, cases[i].tag)),
                         cases[i].moved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_name_of_another_topology_is_another),
        cmocka_unit_test(an_owner_is_told_as_far_as_it_is_named),
        cmocka_unit_test(what_the_file_moves_still_bears_its_old_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
