#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/aws/timezone.h"
#include "engine/base/clock.h"
#include "engine/base/slice.h"

static struct timezone *load(struct arena *arena, const char *name)
{
    struct timezone *tz = NULL;
    assert_true(timezone_load(arena, name, &tz));
    return tz;
}

static void offsets_follow_the_zone(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *utc;
        int seconds;
    } rows[] = {
        {"UTC", "2026-07-01T00:00:00Z", 0},
        {"", "2026-07-01T00:00:00Z", 0},
        {"Asia/Kolkata", "2026-07-01T00:00:00Z", 19800},
        {"Asia/Kolkata", "2090-07-01T00:00:00Z", 19800},
        {"Europe/Berlin", "2026-03-29T00:59:59Z", 3600},
        {"Europe/Berlin", "2026-03-29T01:00:00Z", 7200},
        {"Europe/Berlin", "2026-10-25T00:59:59Z", 7200},
        {"Europe/Berlin", "2026-10-25T01:00:00Z", 3600},
        {"Europe/Berlin", "2120-03-31T00:59:59Z", 3600}, /* from the rule, not the table */
        {"Europe/Berlin", "2120-03-31T01:00:00Z", 7200},
        {"Europe/Berlin", "1800-01-01T00:00:00Z", 3208}, /* local mean time */
        {"America/New_York", "2026-03-08T06:59:59Z", -18000},
        {"America/New_York", "2026-03-08T07:00:00Z", -14400},
        {"America/New_York", "2026-11-01T05:59:59Z", -14400},
        {"America/New_York", "2026-11-01T06:00:00Z", -18000},
        {"Australia/Sydney", "2120-01-15T00:00:00Z", 39600}, /* summer over the new year */
        {"Australia/Sydney", "2120-07-15T00:00:00Z", 36000},
        {"Europe/Dublin", "2026-07-01T00:00:00Z", 3600},
        {"Europe/Dublin", "2120-01-01T00:00:00Z", 0},
        {"Etc/GMT+5", "2026-07-01T00:00:00Z", -18000},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms;
        assert_true(time_parse_iso(slice_of(rows[i].utc), &ms));
        assert_int_equal(timezone_offset_at(load(arena, rows[i].zone), ms), rows[i].seconds);
    }
    arena_free(arena);
}

static void local_times_become_instants_also_around_changes(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int month, day, hour, minute;
        const char *utc;
    } rows[] = {
        {"Asia/Kolkata", 1, 1, 20, 0, "2026-01-01T14:30:00Z"},
        {"Europe/Berlin", 7, 1, 12, 0, "2026-07-01T10:00:00Z"},
        {"Europe/Berlin", 3, 29, 2, 30, "2026-03-29T01:30:00Z"},  /* skipped */
        {"Europe/Berlin", 10, 25, 2, 30, "2026-10-25T00:30:00Z"}, /* twice: the first */
        {"Europe/Berlin", 10, 25, 3, 0, "2026-10-25T02:00:00Z"},
        {"America/New_York", 3, 8, 2, 30, "2026-03-08T07:30:00Z"},
        {"America/New_York", 11, 1, 1, 30, "2026-11-01T05:30:00Z"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(
            time_iso(arena, timezone_to_utc(load(arena, rows[i].zone), 2026, rows[i].month,
                                            rows[i].day, rows[i].hour, rows[i].minute)),
            rows[i].utc);
    arena_free(arena);
}

static void names_cannot_leave_the_database(void **state)
{
    (void)state;
    static const char *const names[] = {
        "../../etc/passwd", "Europe/../UTC",  "/etc/localtime", "Europe/",  "Europe",
        ".hidden",          "Europe//Berlin", "right/UTC",      "No/Where", "Europe/Berlin ",
        "tzdata.zi",        "zone.tab",       "europe\\berlin",
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct timezone *tz = NULL;
        assert_false(timezone_load(arena, names[i], &tz));
        assert_null(tz);
    }
    arena_free(arena);
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    /* version 1, one type of one hour, no changes: the smallest zone */
    unsigned char file[44 + 6 + 4] = "TZif";
    file[39] = 1;             /* types */
    file[43] = 4;             /* characters */
    file[44 + 2] = 3600 >> 8; /* offset */
    file[44 + 3] = 3600 & 0xff;
    struct timezone *tz = NULL;
    assert_true(timezone_parse(arena, "small", file, sizeof file, &tz));
    assert_int_equal(timezone_offset_at(tz, 0), 3600);
    for (size_t len = 0; len < sizeof file; len++)
        assert_false(timezone_parse(arena, "cut", file, len, &tz));
    file[4] = '2'; /* promises a second block that is not there */
    assert_false(timezone_parse(arena, "half", file, sizeof file, &tz));
    file[4] = 0;
    file[35] = 0xff; /* more changes than bytes */
    assert_false(timezone_parse(arena, "long", file, sizeof file, &tz));
    arena_free(arena);
}

static void offsets_beyond_what_zones_have_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    unsigned char file[44 + 6 + 4] = "TZif";
    file[39] = 1;
    file[43] = 4;
    file[44] = 0x7f; /* the offset before the first change, 68 years */
    struct timezone *tz = NULL;
    assert_false(timezone_parse(arena, "far", file, sizeof file, &tz));
    /* version 2 repeats the block and ends in a POSIX rule, in which hours go to 167 */
    static const struct {
        const char *rule;
        bool good;
    } rows[] = {{"AAA-24", true}, {"AAA-27", false}, {"AAA0BBB100,M3.1.0,M10.1.0", false}};
    file[4] = '2';
    file[44] = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = arena_alloc(arena, 2 * sizeof file + 64);
        memcpy(text, file, sizeof file);
        memcpy(text + sizeof file, file, sizeof file);
        int len = snprintf(text + 2 * sizeof file, 64, "\n%s\n", rows[i].rule);
        assert_int_equal(timezone_parse(arena, "rule", text, 2 * sizeof file + (size_t)len, &tz),
                         rows[i].good);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_follow_the_zone),
        cmocka_unit_test(local_times_become_instants_also_around_changes),
        cmocka_unit_test(names_cannot_leave_the_database),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(offsets_beyond_what_zones_have_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
