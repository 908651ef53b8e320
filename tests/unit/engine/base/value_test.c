#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/base/value.h"

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(arena, slice_of(text), &v, &why));
    return v;
}

static void maps_compare_without_order(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *a = parse(arena, "{\"a\":1,\"b\":[true,null,\"x\"]}");
    const struct value *b = parse(arena, "{\"b\":[true,null,\"x\"],\"a\":1.0}");
    assert_true(value_equal(a, b));
    assert_false(value_equal(a, parse(arena, "{\"b\":[true,null,\"y\"],\"a\":1}")));
    arena_free(arena);
}

static void large_maps_find_every_key_and_keep_the_last_of_equal_keys(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct map_builder b = map_begin(arena);
    for (int i = 0; i < 200; i++)
        map_put_int(&b, arena_printf(arena, "k%d", i), i);
    map_put_int(&b, "k7", 700);
    const struct value *map = map_end(&b);
    assert_int_equal(value_len(map), 200);
    assert_int_equal(value_get_int(map, "k7", -1), 700);
    assert_int_equal(value_get_int(map, "k199", -1), 199);
    assert_null(value_get(map, "k200"));
    arena_free(arena);
}

static void pointers_lead_into_maps_and_lists(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *v = parse(arena, "{\"rules\":[{\"name\":\"daily\"}]}");
    assert_string_equal(value_str(value_pointer(v, "/rules/0/name")), "daily");
    assert_null(value_pointer(v, "/rules/1/name"));
    assert_ptr_equal(value_pointer(v, ""), v);
    arena_free(arena);
}

static void unknowns_survive_json(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *ref = value_ref(arena, "keys.final", "arn");
    const struct value *parts[] = {value_string(arena, "x/"), ref};
    struct map_builder b = map_begin(arena);
    map_put(&b, "key", ref);
    map_put(&b, "text", value_concat(arena, parts, 2));
    const struct value *v = map_end(&b);
    const struct value *back =
        json_restore_unknown(arena, parse(arena, json_print(arena, v, JSON_SORTED)));
    assert_true(value_equal(v, back));
    assert_true(value_has_unknown(back));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_compare_without_order),
        cmocka_unit_test(large_maps_find_every_key_and_keep_the_last_of_equal_keys),
        cmocka_unit_test(pointers_lead_into_maps_and_lists),
        cmocka_unit_test(unknowns_survive_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
