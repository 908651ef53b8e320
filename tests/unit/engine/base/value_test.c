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

static void a_repeated_key_keeps_its_place_in_maps_of_any_size(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (int size = 2; size <= 200; size += 33) {
        struct map_builder b = map_begin(arena);
        for (int i = 0; i < size; i++)
            map_put_int(&b, arena_printf(arena, "k%d", i), i);
        map_put_int(&b, "k1", 1000);
        map_put_int(&b, "k1", 1001);
        map_put_int(&b, "k0", 1002);
        const struct value *map = map_end(&b);
        assert_int_equal(value_len(map), size);
        assert_string_equal(map->map.entries[0].key, "k0");
        assert_int_equal(map->map.entries[0].value->integer, 1002);
        assert_int_equal(map->map.entries[1].value->integer, 1001);
        assert_int_equal(value_get_int(map, "k1", -1), 1001);
    }
    arena_free(arena);
}

static void the_order_of_values_is_total(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    /* ascending, and every text differs from every other */
    const struct value *v =
        parse(arena, "[null,false,true,-1,0,0.5,1,2.5,\"\",\"a\",\"aa\",\"b\",[],"
                     "[1],[1,0],[2],{},{\"a\":1},{\"a\":2},{\"b\":0},"
                     "{\"a\":1,\"b\":1}]");
    for (size_t i = 0; i < value_len(v); i++)
        for (size_t j = 0; j < value_len(v); j++) {
            int order = value_compare(value_item(v, i), value_item(v, j));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(value_equal(value_item(v, i), value_item(v, j)), i == j);
        }
    struct list_builder backwards = list_begin(arena);
    for (size_t i = value_len(v); i > 0; i--)
        list_add(&backwards, value_item(v, i - 1));
    assert_true(value_equal(value_sorted(arena, list_end(&backwards)), v));
    arena_free(arena);
}

static void a_copy_outlives_its_arena(void **state)
{
    (void)state;
    struct arena *first = arena_new(), *second = arena_new();
    const char *text = "{\"a\":[1,2.5,\"x\",null,true],\"m\":{\"n\":\"deep\"}}";
    const struct value *parts[] = {value_string(first, "p-"), value_ref(first, "keys.k", "arn")};
    const struct value *v =
        value_with(first, parse(first, text), "c", value_concat(first, parts, 2));
    const struct value *copy = value_copy(second, v);
    assert_true(value_equal(copy, v));
    const char *printed = json_print(second, v, JSON_SORTED);
    arena_free(first);
    assert_string_equal(json_print(second, copy, JSON_SORTED), printed);
    assert_null(value_copy(second, NULL));
    arena_free(second);
}

static void with_and_without_leave_the_original_alone(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *v = parse(arena, "{\"a\":1,\"b\":2}");
    const struct value *with = value_with(arena, v, "a", value_int(arena, 9));
    const struct value *without = value_without(arena, with, "b");
    assert_string_equal(json_print(arena, with, 0), "{\"a\":9,\"b\":2}");
    assert_string_equal(json_print(arena, without, 0), "{\"a\":9}");
    assert_string_equal(json_print(arena, v, 0), "{\"a\":1,\"b\":2}");
    assert_string_equal(json_print(arena, value_with(arena, NULL, "x", v->map.entries[0].value), 0),
                        "{\"x\":1}");
    arena_free(arena);
}

static void readers_take_null_and_other_kinds(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *text = value_string(arena, "7");
    const struct value *map = parse(arena, "{\"i\":7,\"d\":7.5,\"b\":true,\"s\":\"t\"}");
    assert_null(value_get(NULL, "a"));
    assert_null(value_get(text, "a"));
    assert_null(value_item(text, 0));
    assert_null(value_item(map, 0));
    assert_null(value_str(map));
    assert_null(value_pointer(map, "/s/0"));
    assert_int_equal(value_len(text), 0);
    assert_int_equal(value_get_int(map, "s", -1), -1);
    assert_int_equal(value_get_int(map, "d", -1), 7);
    struct map_builder far = map_begin(arena);
    map_put(&far, "above", value_double(arena, 0x1p63));
    map_put(&far, "below", value_double(arena, -1e300));
    map_put(&far, "least", value_double(arena, -0x1p63));
    assert_int_equal(value_get_int(map_end(&far), "above", -1), -1);
    assert_int_equal(value_get_int(map_end(&far), "below", -1), -1);
    assert_int_equal(value_get_int(map_end(&far), "least", -1), INT64_MIN);
    assert_true(value_get_bool(map, "b", false));
    assert_true(value_get_bool(map, "i", true));
    assert_string_equal(value_kind_name(VALUE_MAP), "map");
    assert_string_equal(value_kind_name(VALUE_CONCAT), "text");
    arena_free(arena);
}

static void times_of_aws_become_milliseconds(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_int_equal(value_epoch_ms(value_int(arena, 1767225600)), 1767225600000);
    assert_int_equal(value_epoch_ms(value_double(arena, 1767225600.123)), 1767225600123);
    assert_int_equal(value_epoch_ms(value_double(arena, -1.9996)), -2000);
    assert_int_equal(value_epoch_ms(value_int(arena, INT64_MAX)), 0);
    assert_int_equal(value_epoch_ms(value_double(arena, 1e300)), 0);
    assert_int_equal(value_epoch_ms(value_string(arena, "1767225600")), 0);
    assert_int_equal(value_epoch_ms(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeated_key_keeps_its_place_in_maps_of_any_size),
        cmocka_unit_test(the_order_of_values_is_total),
        cmocka_unit_test(a_copy_outlives_its_arena),
        cmocka_unit_test(with_and_without_leave_the_original_alone),
        cmocka_unit_test(readers_take_null_and_other_kinds),
        cmocka_unit_test(times_of_aws_become_milliseconds),
        cmocka_unit_test(maps_compare_without_order),
        cmocka_unit_test(large_maps_find_every_key_and_keep_the_last_of_equal_keys),
        cmocka_unit_test(pointers_lead_into_maps_and_lists),
        cmocka_unit_test(unknowns_survive_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
