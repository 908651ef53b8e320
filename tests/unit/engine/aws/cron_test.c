#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/cron.h"
#include "engine/base/clock.h"
#include "engine/base/slice.h"

static void schedules_fire_at_the_documented_times(void **state)
{
    (void)state;
    static const struct {
        const char *text, *zone, *after, *next; /* next NULL: never */
    } rows[] = {
        {"cron(0 20 ? * * *)", "Asia/Kolkata", "2026-01-01T00:00:00Z", "2026-01-01T14:30:00Z"},
        {"cron(0 20 ? * * *)", "Asia/Kolkata", "2026-01-01T14:30:00Z", "2026-01-02T14:30:00Z"},
        {"cron(30 14 ? * * *)", NULL, "2026-01-01T14:29:59Z", "2026-01-01T14:30:00Z"},
        {CRON_DEFAULT, NULL, "2026-01-01T05:00:00Z", "2026-01-02T05:00:00Z"},
        /* the day begins at another UTC date */
        {"cron(0 1 1 * ? *)", "Asia/Kolkata", "2026-01-31T19:00:00Z", "2026-01-31T19:30:00Z"},
        /* skipped hour: not that day */
        {"cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"},
        {"cron(30 2 * * ? *)", "America/New_York", "2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z"},
        {"cron(0 3 * * ? *)", "Europe/Berlin", "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"},
        /* repeated hour: once */
        {"cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z"},
        {"cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
        {"cron(30 1 * * ? *)", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"},
        {"cron(0 * * * ? *)", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"},
        /* the wall time stays, the instant moves */
        {"cron(0 5 * * ? *)", "America/New_York", "2026-03-07T10:00:00Z", "2026-03-08T09:00:00Z"},
        /* lists, ranges, steps, names */
        {"cron(0/20 8-9,12 * * ? *)", NULL, "2026-01-01T08:40:00Z", "2026-01-01T09:00:00Z"},
        {"cron(0/20 8-9,12 * * ? *)", NULL, "2026-01-01T09:40:00Z", "2026-01-01T12:00:00Z"},
        {"cron(0 0 ? JAN,jul MON-FRI *)", NULL, "2026-01-30T00:00:00Z", "2026-07-01T00:00:00Z"},
        {"cron(0 0 ? * 1 *)", NULL, "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"}, /* Sunday */
        {"cron(0 0 ? * L *)", NULL, "2026-11-22T00:00:00Z", "2026-11-28T00:00:00Z"}, /* Saturday */
        /* marks */
        {"cron(0 0 L * ? *)", NULL, "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z"},
        {"cron(0 0 ? * 6L *)", NULL, "2026-11-01T00:00:00Z", "2026-11-27T00:00:00Z"},
        {"cron(0 0 ? * FRI#2 *)", NULL, "2026-11-01T00:00:00Z", "2026-11-13T00:00:00Z"},
        {"cron(0 0 ? * 1#5 *)", NULL, "2026-11-01T00:00:00Z", "2026-11-29T00:00:00Z"},
        {"cron(0 0 15W * ? *)", NULL, "2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z"}, /* Sunday */
        {"cron(0 0 14W * ? *)", NULL, "2026-11-01T00:00:00Z",
         "2026-11-13T00:00:00Z"},                                                     /* Saturday */
        {"cron(0 0 1W 8 ? *)", NULL, "2026-07-01T00:00:00Z", "2026-08-03T00:00:00Z"}, /* not July */
        {"cron(0 0 31W 5 ? *)", NULL, "2026-05-01T00:00:00Z",
         "2026-05-29T00:00:00Z"}, /* not June */
        /* years, and never */
        {"cron(0 0 1 1 ? 2030)", NULL, "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"},
        {"cron(0 0 1 1 ? 2030)", NULL, "2030-01-01T00:00:00Z", NULL},
        {"cron(0 0 30 2 ? *)", NULL, "2026-01-01T00:00:00Z", NULL},
        {"cron(0 0 29 2 ? *)", NULL, "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
        {"rate(12 hours)", NULL, "2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z"},
        {"rate(1 day)", NULL, "2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cron cron;
        const char *why = NULL;
        struct timezone *tz = NULL;
        int64_t after, next;
        if (!cron_parse(arena, rows[i].text, &cron, &why))
            fail_msg("%s: %s", rows[i].text, why);
        assert_true(timezone_load(arena, rows[i].zone, &tz));
        assert_true(time_parse_iso(slice_of(rows[i].after), &after));
        bool fires = cron_next(&cron, tz, after, &next);
        const char *got = fires ? time_iso(arena, next) : "never";
        const char *wanted = rows[i].next == NULL ? "never" : rows[i].next;
        if (!str_eq(got, wanted))
            fail_msg("row %zu, %s: %s instead of %s", i, rows[i].text, got, wanted);
    }
    arena_free(arena);
}

static void wrong_schedules_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "0 5 * * *",
        "cron(0 5 * * *)",
        "cron(0 5 ? * * * *)",
        "cron(0 5 * * * *)", /* neither day field is ? */
        "cron(0 5 ? * ? *)", /* both are */
        "cron(60 5 ? * * *)",
        "cron(0 24 ? * * *)",
        "cron(0 5 0 * ? *)",
        "cron(0 5 ? 13 * *)",
        "cron(0 5 ? * 0 *)",
        "cron(0 5 ? * 8 *)",
        "cron(0 5 ? * MOON *)",
        "cron(0 5 ? * * 1969)",
        "cron(0 5 ? * * 2200)",
        "cron(? 5 ? * * *)",
        "cron(5-1 5 ? * * *)",
        "cron(0/0 5 ? * * *)",
        "cron(0,,5 5 ? * * *)",
        "cron(-1 5 ? * * *)",
        "cron(0 5 32W * ? *)",
        "cron(0 5 ? * 6#6 *)",
        "cron(0 5 ? * * *",
        "rate(1 hours)",
        "rate(2 hour)",
        "rate(0 hours)",
        "rate(1 week)",
        "rate(hour)",
        "rate(2 hours x)",
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cron cron;
        const char *why = NULL;
        if (cron_parse(arena, rows[i], &cron, &why))
            fail_msg("%s was taken", rows[i]);
        assert_non_null(why);
    }
    arena_free(arena);
}

static void schedules_that_mean_the_same_have_one_canonical_text(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {CRON_DEFAULT, CRON_DEFAULT},
        {"cron( 0  5 * * ? * )", CRON_DEFAULT},
        {"cron(00 05 ? JAN-DEC SUN-SAT 1970-2199)", CRON_DEFAULT},
        {"cron(*/15 5 ? * * *)", "cron(0,15,30,45 5 ? * * *)"},
        {"cron(0 1,2,3,7 ? * MON-FRI *)", "cron(0 1-3,7 ? * 2-6 *)"},
        {"cron(0 5 15,L,3W * ? *)", "cron(0 5 15,3W,L * ? *)"},
        {"cron(0 5 ? * FRI#2,6L *)", "cron(0 5 ? * 6#2,6L *)"},
        {"rate(60 minutes)", "rate(1 hour)"},
        {"rate(36 hours)", "rate(36 hours)"},
        {" not   a schedule ", "not a schedule"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *canonical = cron_canonical(arena, rows[i][0]);
        assert_string_equal(canonical, rows[i][1]);
        assert_string_equal(cron_canonical(arena, canonical), canonical);
    }
    arena_free(arena);
}

static void simple_schedules_read_as_words(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"cron(0 20 ? * * *)", "Asia/Kolkata", "daily 20:00 Asia/Kolkata"},
        {"cron(30 5 * * ? *)", NULL, "daily 05:30 UTC"},
        {"cron(15 * ? * * *)", NULL, "hourly :15 UTC"},
        {"cron(0 5 ? * SUN *)", NULL, "weekly Sunday 05:00 UTC"},
        {"cron(0 5 1 * ? *)", NULL, "monthly day 1 05:00 UTC"},
        {"cron(0 5 L * ? *)", NULL, "monthly last day 05:00 UTC"},
        {"cron(0 5 ? * SUN#1 *)", NULL, "cron(0 5 ? * SUN#1 *) UTC"},
        {"cron(0 5 ? * SUN 2030)", NULL, "cron(0 5 ? * SUN 2030) UTC"},
        {"rate(12 hours)", NULL, "every 12 hours"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cron cron;
        const char *why = NULL;
        assert_true(cron_parse(arena, rows[i][0], &cron, &why));
        assert_string_equal(cron_describe(arena, &cron, rows[i][1]), rows[i][2]);
    }
    arena_free(arena);
}

static void the_scheduler_takes_one_time_as_well(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct cron cron;
    struct timezone *tz = NULL;
    const char *why = NULL;
    int64_t due, wanted;
    assert_true(time_parse_iso(slice_of("2026-12-01T02:00:00Z"), &wanted));
    assert_true(timezone_load(arena, "Europe/Berlin", &tz));
    assert_true(cron_parse_or_at(arena, "at(2026-12-01T03:00:00)", &cron, &why));
    assert_true(cron_next(&cron, tz, 0, &due));
    assert_int_equal(due, wanted);
    assert_false(cron_next(&cron, tz, due, &due));
    assert_true(cron_parse_or_at(arena, "rate(5 minutes)", &cron, &why));
    static const char *const wrong[] = {"at()",
                                        "at(2026-12-01)",
                                        "at(2026-13-01T03:00:00)",
                                        "at(2026-12-01T03:00:00",
                                        "at(2026-12-01T03:00:00Z)",
                                        "at(9026-12-01T03:00:00)"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        why = NULL;
        assert_false(cron_parse_or_at(arena, wrong[i], &cron, &why));
        assert_non_null(why);
    }
    assert_false(cron_parse(arena, "at(2026-12-01T03:00:00)", &cron, &why));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_fire_at_the_documented_times),
        cmocka_unit_test(wrong_schedules_are_refused_with_a_reason),
        cmocka_unit_test(schedules_that_mean_the_same_have_one_canonical_text),
        cmocka_unit_test(simple_schedules_read_as_words),
        cmocka_unit_test(the_scheduler_takes_one_time_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
