#include "engine/verify/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/clock.h"

struct row {
    const char *cron, *zone, *now;
    int hours;
};

static void assert_hours(const struct row *row)
{
    struct arena *arena = arena_new();
    struct verify_schedule schedule = {0};
    struct timezone *tz = NULL;
    const char *why = NULL;
    int64_t now_ms = 0;
    schedule.open = !cron_parse(arena, row->cron, &schedule.cron, &why);
    assert_true(timezone_load(arena, row->zone, &tz));
    assert_true(time_parse_iso(slice_of(row->now), &now_ms));
    schedule.tz = tz;
    int64_t ms = verify_scheduled_ms(&schedule, now_ms);
    if (ms != row->hours * HOUR_MS)
        fail_msg("%s at %s: %lld minutes, not %d hours", row->cron, row->now,
                 (long long)(ms / MINUTE_MS), row->hours);
    arena_free(arena);
}

/* The clocks of New York go forward on 2026-03-08, when there is no half past two, and back on
 * 2026-11-01. */
static void test_it_is_the_gap_that_holds_now(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"cron(0 5 ? * * *)", "", "2026-01-10T12:00:00Z", 26},
        {"cron(30 2 ? * * *)", "America/New_York", "2026-01-10T12:00:00Z", 26},
        {"cron(30 2 ? * * *)", "America/New_York", "2026-03-07T12:00:00Z", 49},
        {"cron(30 2 ? * * *)", "America/New_York", "2026-03-09T07:00:00Z", 49},
        {"cron(30 2 ? * * *)", "America/New_York", "2026-03-09T12:00:00Z", 26},
        {"cron(30 3 ? * * *)", "America/New_York", "2026-10-31T12:00:00Z", 27},
        {"cron(0 5 ? * MON-FRI *)", "", "2026-01-07T12:00:00Z", 26}, /* a Wednesday */
        {"cron(0 5 ? * MON-FRI *)", "", "2026-01-10T12:00:00Z", 74},
        {"cron(0 5 ? * MON-FRI *)", "", "2026-01-12T06:00:00Z", 74}, /* Monday's may be coming */
        {"cron(0 5 ? * MON-FRI *)", "", "2026-01-12T07:00:00Z", 26},
        {"cron(0 5 1 * ? *)", "", "2026-02-10T12:00:00Z", 28 * 24 + 2},
        {"cron(0 5 1 * ? *)", "", "2026-01-10T12:00:00Z", 31 * 24 + 2},
        {"cron(0 5 29 2 ? *)", "", "2026-01-10T12:00:00Z", 1461 * 24 + 2},
        {"rate(12 hours)", "", "2026-01-10T13:00:00Z", 14},
        {"cron(0 5 10 1 ? 2027)", "", "2026-01-10T12:00:00Z", 26}, /* once, and not yet */
        {"cron(nonsense)", "", "2026-01-10T12:00:00Z", 26},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_hours(&rows[i]);
}

/* Whatever the hour, the copy of the last run that had its time is good. */
static void test_no_moment_of_a_year_finds_a_copy_in_time_too_old(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct verify_schedule schedule = {0};
    struct timezone *tz = NULL;
    const char *why = NULL;
    int64_t now_ms = 0, due_ms = 0, next_ms = 0;
    assert_true(cron_parse(arena, "cron(30 2 ? * MON,WED *)", &schedule.cron, &why));
    assert_true(timezone_load(arena, "America/New_York", &tz));
    schedule.tz = tz;
    assert_true(time_parse_iso(slice_of("2026-01-01T00:00:00Z"), &now_ms));
    assert_true(cron_next(&schedule.cron, tz, now_ms, &due_ms));
    for (size_t i = 0; i < 104; i++, due_ms = next_ms) {
        assert_true(cron_next(&schedule.cron, tz, due_ms, &next_ms));
        for (now_ms = due_ms + 2 * HOUR_MS; now_ms < next_ms + 2 * HOUR_MS; now_ms += HOUR_MS)
            assert_true(now_ms - due_ms <= verify_scheduled_ms(&schedule, now_ms));
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_the_gap_that_holds_now),
        cmocka_unit_test(test_no_moment_of_a_year_finds_a_copy_in_time_too_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
