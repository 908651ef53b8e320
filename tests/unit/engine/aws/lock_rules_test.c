#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/lock_rules.h"
#include "engine/base/clock.h"

static void locks_that_aws_refuses_are_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t min, max, changeable;
        bool ok;
    } rows[] = {
        {0, 0, 0, true},      {7, 30, 0, true},    {7, 7, 3, true},      {30, 7, 0, false},
        {-1, 0, 0, false},    {1, 36500, 0, true}, {1, 36501, 0, false}, {0, -5, 0, false},
        {36501, 0, 0, false}, {7, 0, 2, false},    {7, 0, -1, false},    {7, 0, 36500, true},
        {7, 0, 36501, false}, {0, 7, 3, true},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why = NULL;
        bool ok = lock_check(arena, rows[i].min, rows[i].max, rows[i].changeable, &why);
        if (ok != rows[i].ok)
            fail_msg("row %zu", i);
        assert_int_equal(why == NULL, ok);
    }
    arena_free(arena);
}

static void the_lock_date_counts_from_the_put(void **state)
{
    (void)state;
    int64_t put = civil_to_ms(2026, 1, 1, 12, 0, 0);
    assert_int_equal(lock_date_ms(put, 3), civil_to_ms(2026, 1, 4, 12, 0, 0));
}

static void retention_must_lie_in_the_range(void **state)
{
    (void)state;
    static const struct {
        int64_t days, min, max;
        bool inside;
    } rows[] = {
        {7, 7, 30, true},   {30, 7, 30, true}, {6, 7, 30, false}, {31, 7, 30, false},
        {31, 7, 0, true},   {1, 0, 30, true},  {-1, 7, 0, true},  {-1, 7, 30, false},
        {-1, 0, 30, false}, {-1, 0, 0, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (retention_in_lock(rows[i].days, rows[i].min, rows[i].max) != rows[i].inside)
            fail_msg("row %zu", i);
}

static void an_objection_names_the_bound_that_is_in_the_way(void **state)
{
    (void)state;
    static const struct {
        int64_t days, min, max;
        const char *says;
    } rows[] = {
        {30, 60, 0, "30 days are fewer than the 60 that L asks for"},
        {90, 0, 60, "90 days are more than the 60 that L takes"},
        {3, 7, 60, "3 days are outside 7 to 60 of L"},
        {-1, 7, 60, "the point is kept for ever, and L takes at most 60 days"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(retention_objection(arena, rows[i].days, rows[i].min, rows[i].max, "L"),
                            rows[i].says);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_that_aws_refuses_are_refused),
        cmocka_unit_test(the_lock_date_counts_from_the_put),
        cmocka_unit_test(retention_must_lie_in_the_range),
        cmocka_unit_test(an_objection_names_the_bound_that_is_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
