#include "engine/proof/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOURS(n) ((int64_t)(n)*3600 * 1000)

static const struct {
    const char *schedule;
    int64_t longest_ms, shortest_ms;
} rows[] = {
    {"rate(1 hour)", HOURS(1), HOURS(1)},
    {"rate(36 hours)", HOURS(36), HOURS(36)},
    {"cron(0 5 * * ? *)", HOURS(24), HOURS(24)},
    {"cron(0 5 ? * MON-FRI *)", HOURS(72), HOURS(24)},
    {"cron(0 8,20 * * ? *)", HOURS(12), HOURS(12)},
    {"cron(0 5 1 * ? *)", HOURS(31 * 24), HOURS(28 * 24)},
    {"cron(0 5 1 1 ? 1971)", INT64_MAX, INT64_MAX},
    {"hourly", INT64_MAX, INT64_MAX},
    {NULL, INT64_MAX, INT64_MAX},
};

static void a_schedule_fires_so_often(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(pace_longest_ms(arena, rows[i].schedule), rows[i].longest_ms);
        assert_int_equal(pace_shortest_ms(arena, rows[i].schedule), rows[i].shortest_ms);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schedule_fires_so_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
