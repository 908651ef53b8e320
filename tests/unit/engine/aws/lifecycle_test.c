#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/lifecycle.h"
#include "engine/base/json.h"

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, slice_of(text), &v, &why))
        fail_msg("%s: %s", text, why);
    return v;
}

static void lifecycles_obey_the_ninety_day_rule(void **state)
{
    (void)state;
    static const struct {
        const char *lifecycle;
        const char *property; /* NULL: fine */
    } rows[] = {
        {"{}", NULL},
        {"null", NULL},
        {"{\"delete_after_days\":1}", NULL},
        {"{\"delete_after_days\":36500}", NULL},
        {"{\"delete_after_days\":-1}", NULL},
        {"{\"delete_after_days\":0}", "delete_after_days"},
        {"{\"delete_after_days\":-2}", "delete_after_days"},
        {"{\"delete_after_days\":36501}", "delete_after_days"},
        {"{\"delete_after_days\":7.5}", "delete_after_days"},
        {"{\"delete_after_days\":\"7\"}", "delete_after_days"},
        {"{\"delete_after_days\":120,\"move_to_cold_storage_after_days\":30}", NULL},
        {"{\"delete_after_days\":119,\"move_to_cold_storage_after_days\":30}", "delete_after_days"},
        {"{\"delete_after_days\":-1,\"move_to_cold_storage_after_days\":30}", NULL},
        {"{\"move_to_cold_storage_after_days\":30}", NULL},
        {"{\"delete_after_days\":7,\"move_to_cold_storage_after_days\":-1}", NULL},
        {"{\"delete_after_days\":7,\"move_to_cold_storage_after_days\":null}", NULL},
        {"{\"move_to_cold_storage_after_days\":0}", "move_to_cold_storage_after_days"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why = NULL, *property = NULL;
        bool ok = lifecycle_check(arena, parse(arena, rows[i].lifecycle), &why, &property);
        if (ok != (rows[i].property == NULL))
            fail_msg("%s", rows[i].lifecycle);
        if (!ok) {
            assert_string_equal(property, rows[i].property);
            assert_non_null(why);
        }
    }
    arena_free(arena);
}

static void the_message_names_both_numbers(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *why = NULL, *property = NULL;
    assert_false(lifecycle_check(
        arena, parse(arena, "{\"delete_after_days\":60,\"move_to_cold_storage_after_days\":30}"),
        &why, &property));
    assert_string_equal(why, "delete_after_days 60 must be at least "
                             "move_to_cold_storage_after_days + 90 (= 120)");
    arena_free(arena);
}

static void no_lifecycle_keeps_for_ever(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_int_equal(lifecycle_delete_after_days(NULL), LIFECYCLE_FOR_EVER);
    assert_int_equal(lifecycle_delete_after_days(parse(arena, "{\"delete_after_days\":7}")), 7);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lifecycles_obey_the_ninety_day_rule),
        cmocka_unit_test(the_message_names_both_numbers),
        cmocka_unit_test(no_lifecycle_keeps_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
