#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/map.h"

static void every_key_is_found_and_entries_stay_in_order(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static int values[COUNT];
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct map map;
    map_init(&map, arena);
    assert_null(map_get(&map, "k0"));
    for (int i = 0; i < COUNT; i++)
        map_set(&map, arena_printf(arena, "k%d", i), &values[i]);
    assert_int_equal(map.len, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_ptr_equal(map_get(&map, arena_printf(arena, "k%d", i)), &values[i]);
        assert_ptr_equal(map.entries[i].value, &values[i]);
    }
    assert_null(map_get(&map, "k2000"));
    assert_null(map_get(&map, ""));
}

static void a_key_set_again_is_replaced_in_its_place(void **state)
{
    (void)state;
    int one = 1, two = 2;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct map map;
    map_init(&map, arena);
    map_set(&map, "a", &one);
    map_set(&map, "b", &one);
    map_set(&map, "a", &two);
    assert_int_equal(map.len, 2);
    assert_string_equal(map.entries[0].key, "a");
    assert_ptr_equal(map_get(&map, "a"), &two);
    assert_ptr_equal(map_get(&map, "b"), &one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_found_and_entries_stay_in_order),
        cmocka_unit_test(a_key_set_again_is_replaced_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
