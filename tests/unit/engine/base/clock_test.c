#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/clock.h"

static void known_moments_have_their_names(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct {
        int64_t ms;
        const char *iso, *http;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
        {-1000, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"},
        {951782400000, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
        {1709251199000, "2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 GMT"},
        {1767225600000, "2026-01-01T00:00:00Z", "Thu, 01 Jan 2026 00:00:00 GMT"},
        {4107542400000, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
        {253402300799000, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t back = 1;
        assert_string_equal(time_iso(arena, cases[i].ms), cases[i].iso);
        assert_true(time_parse_iso(slice_of(cases[i].iso), &back));
        assert_true(back == cases[i].ms);
        assert_string_equal(time_http(arena, cases[i].ms), cases[i].http);
        assert_true(time_parse_http(slice_of(cases[i].http), &back));
        assert_true(back == cases[i].ms);
    }
    assert_string_equal(time_iso_ms(arena, 1767225600250), "2026-01-01T00:00:00.250Z");
    assert_string_equal(time_iso_ms(arena, -1), "1969-12-31T23:59:59.999Z");
    assert_string_equal(time_amz(arena, 1767277800999), "20260101T143000Z");
}

static void what_is_set_back_goes_on_evenly(void **state)
{
    (void)state;
    int64_t ahead = INT64_MIN;
    assert_true(clock_steadied(&ahead, 1000000, 5) == 1000000);
    assert_true(clock_steadied(&ahead, 1000010, 15) == 1000010);
    assert_true(clock_steadied(&ahead, 10, 25) == 1000020); /* set back */
    assert_true(clock_steadied(&ahead, 20, 35) == 1000030);
    assert_true(clock_steadied(&ahead, 5000000, 45) == 5000000); /* set forward */
    int64_t now = clock_steady_ms();
    assert_true(now >= clock_wall_ms() - 1000 && now <= clock_steady_ms());
}

static void every_day_of_two_centuries_follows_its_yesterday(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct civil before = civil_from_ms(civil_to_ms(1950, 1, 1, 0, 0, 0));
    assert_int_equal(before.weekday, 0);
    for (int64_t ms = civil_to_ms(1950, 1, 2, 0, 0, 0); before.year < 2150; ms += DAY_MS) {
        struct civil now = civil_from_ms(ms);
        bool leap = before.year % 4 == 0 && (before.year % 100 != 0 || before.year % 400 == 0);
        int length = lengths[before.month - 1] + (leap && before.month == 2);
        bool turns = before.day == length;
        assert_int_equal(now.day, turns ? 1 : before.day + 1);
        assert_int_equal(now.month, turns ? before.month % 12 + 1 : before.month);
        assert_int_equal(now.year, before.year + (turns && before.month == 12));
        assert_int_equal(now.weekday, (before.weekday + 1) % 7);
        assert_true(civil_to_ms(now.year, now.month, now.day, 0, 0, 0) == ms);
        before = now;
    }
}

static void iso_takes_dates_fractions_and_offsets(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"2026-01-01", 1767225600000},
                 {"2026-01-01T00:00:00.25Z", 1767225600250},
                 {"2026-01-01T00:00:00.123456789Z", 1767225600123},
                 {"2026-01-01T05:30:00+05:30", 1767225600000},
                 {"2025-12-31T16:00:00-0800", 1767225600000},
                 {"2026-01-01T00:00:00+00:00", 1767225600000}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ms = 1;
        assert_true(time_parse_iso(slice_of(cases[i].text), &ms));
        assert_true(ms == cases[i].ms);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const iso[] = {"",
                                      "2026",
                                      "2026-1-1",
                                      "2026-13-01",
                                      "2026-00-01",
                                      "2025-02-29",
                                      "2100-02-29",
                                      "2026-04-31",
                                      "2026-01-01T",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:00",
                                      "2026-01-01 00:00:00Z",
                                      "2026-01-01T00:00:00Zx",
                                      "2026-01-01T00:00:00+5",
                                      "-026-01-01",
                                      "20260101T000000Z",
                                      "2026-01-01x"};
    static const char *const http[] = {"",
                                       "Thu",
                                       "Thu, 01 Jan 2026",
                                       "Thu, 01 Foo 2026 00:00:00 GMT",
                                       "Thu, 31 Feb 2026 00:00:00 GMT",
                                       "Thu, 01 Jan 2026 00:00:00 PST",
                                       "Thu, 01 Jan 2026 25:00:00 GMT",
                                       "Thu, 01 Jan 2026 00:00:00 GMT+1",
                                       "1767225600"};
    int64_t ms = 42;
    for (size_t i = 0; i < ARRAY_LEN(iso); i++)
        if (time_parse_iso(slice_of(iso[i]), &ms))
            fail_msg("accepted: %s", iso[i]);
    for (size_t i = 0; i < ARRAY_LEN(http); i++)
        if (time_parse_http(slice_of(http[i]), &ms))
            fail_msg("accepted: %s", http[i]);
    assert_int_equal(ms, 42);
}

static void the_clocks_go_forward(void **state)
{
    (void)state;
    int64_t start = clock_monotonic_ms();
    clock_sleep_ms(5);
    assert_true(clock_monotonic_ms() - start >= 5);
    assert_true(clock_wall_ms() > civil_to_ms(2024, 1, 1, 0, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments_have_their_names),
        cmocka_unit_test(what_is_set_back_goes_on_evenly),
        cmocka_unit_test(every_day_of_two_centuries_follows_its_yesterday),
        cmocka_unit_test(iso_takes_dates_fractions_and_offsets),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(the_clocks_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
