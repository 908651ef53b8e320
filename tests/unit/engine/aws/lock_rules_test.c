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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_that_aws_refuses_are_refused),
        cmocka_unit_test(the_lock_date_counts_from_the_put),
        cmocka_unit_test(retention_must_lie_in_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
