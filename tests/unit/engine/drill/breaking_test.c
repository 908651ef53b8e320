#include "engine/drill/breaking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STRUCK 1000

static const struct drill_line with[] = {
    {.at_ms = 900, .address = "alarms.before", .rang = true, .heard = true},
    {.at_ms = 1100, .address = "alarms.loud", .rang = true, .heard = true},
    {.at_ms = 1200, .address = "alarms.deaf", .rang = true},
    {.at_ms = 1300, .address = "relays.x", .what = "alarm", .heard = true}, /* a log line */
};

static void alarms_are(const struct drill_line *lines, size_t len, size_t alarms, size_t deaf)
{
    const struct drill_report without = {
        .lines = lines, .line_len = len, .blow = {.struck_ms = STRUCK}};
    struct drill_outcome outcome = {
        .report = {.lines = with, .line_len = ARRAY_LEN(with), .blow = {.struck_ms = STRUCK}}};
    drill_count_alarms(&outcome, &without);
    assert_int_equal(outcome.alarms, alarms);
    assert_int_equal(outcome.deaf, deaf);
}

static void alarms_count_that_ring_after_the_blow_and_reach_somebody(void **state)
{
    (void)state;
    alarms_are(NULL, 0, 1, 1);
}

static void an_alarm_that_rings_without_the_fault_does_not_tell_of_it(void **state)
{
    (void)state;
    const struct drill_line rings = {.at_ms = 1100, .address = "alarms.loud", .rang = true};
    alarms_are(&rings, 1, 0, 1);
}

static void one_that_rings_later_without_the_fault_does(void **state)
{
    (void)state;
    const struct drill_line later = {.at_ms = 1101, .address = "alarms.loud", .rang = true};
    const struct drill_line before = {.at_ms = 999, .address = "alarms.loud", .rang = true};
    const struct drill_line logged = {.at_ms = 1000, .address = "alarms.loud"};
    alarms_are(&later, 1, 1, 1);
    alarms_are(&before, 1, 1, 1);
    alarms_are(&logged, 1, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alarms_count_that_ring_after_the_blow_and_reach_somebody),
        cmocka_unit_test(an_alarm_that_rings_without_the_fault_does_not_tell_of_it),
        cmocka_unit_test(one_that_rings_later_without_the_fault_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
