#include "engine/verify/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"

#define DB "arn:aws:rds:us-east-1:111122223333:db:"
#define VAULT "arn:aws:backup:us-east-2:444455556666:backup-vault:f"

static const char *line_by(struct arena *arena, const char *first, int64_t at_ms,
                           const char *resource, int64_t age_ms)
{
    struct verify_hop hops[] = {{.vault = first}, {.vault_arn = VAULT}};
    struct verify_row row = {.resource = resource,
                             .hops = hops,
                             .hop_len = ARRAY_LEN(hops),
                             .routed = true,
                             .age_ms = age_ms,
                             .objective_ms = DAY_MS};
    struct verify_report report = {.at_ms = at_ms, .rows = &row, .row_len = 1};
    return ledger_line(arena, &report);
}

static const char *line_of(struct arena *arena, int64_t at_ms, const char *resource, int64_t age_ms)
{
    return line_by(arena, "first", at_ms, resource, age_ms);
}

static void test_runs_come_back_as_series_of_a_resource(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct ledger ledger;
    const char *text = arena_printf(arena, "%s%s%s", line_of(arena, DAY_MS, DB "a", HOUR_MS),
                                    line_of(arena, 2 * DAY_MS, DB "b", -1),
                                    line_of(arena, 3 * DAY_MS, DB "a", 2 * HOUR_MS));
    ledger_parse(arena, slice_of(text), &ledger);
    assert_int_equal(ledger.len, 2);
    assert_string_equal(ledger.series[0].resource, DB "a");
    assert_string_equal(ledger.series[0].destination, VAULT);
    assert_int_equal(ledger.series[0].len, 2);
    assert_int_equal(ledger.series[0].points[1].at_ms, 3 * DAY_MS);
    assert_int_equal(ledger.series[0].points[1].age_ms, 2 * HOUR_MS);
    assert_int_equal(ledger.series[0].points[1].objective_ms, DAY_MS);
    assert_int_equal(ledger.series[1].points[0].age_ms, -1);
    arena_free(arena);
}

static void test_ways_into_one_vault_are_series_of_their_own(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct ledger ledger;
    const char *text = arena_printf(arena, "%s%s%s", line_by(arena, "a", DAY_MS, DB "a", HOUR_MS),
                                    line_by(arena, "b", DAY_MS, DB "a", HOUR_MS),
                                    line_by(arena, "a", 2 * DAY_MS, DB "a", HOUR_MS));
    ledger_parse(arena, slice_of(text), &ledger);
    assert_int_equal(ledger.len, 2);
    assert_int_equal(ledger.series[0].len, 2);
    assert_string_equal(ledger.series[0].way, "a");
    assert_string_equal(ledger.series[1].way, "b");
    arena_free(arena);
}

static void test_lines_that_cannot_be_read_are_passed_over(void **state)
{
    static const char *const bad[] = {"",
                                      "{\"at\":\"2026-01-01T00:00:00Z\",\"rows\":[{\"arn\":\"x",
                                      "[]",
                                      "{\"at\":\"yesterday\",\"rows\":[]}",
                                      "{\"at\":\"2026-01-01T00:00:00Z\",\"rows\":7}",
                                      "{\"at\":\"2026-01-01T00:00:00Z\",\"rows\":[7,{\"arn\":1}]}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena *arena = arena_new();
        struct ledger ledger;
        const char *text =
            arena_printf(arena, "%s\n%s%s", bad[i], line_of(arena, DAY_MS, DB "a", 1), bad[i]);
        ledger_parse(arena, slice_of(text), &ledger);
        assert_int_equal(ledger.len, 1);
        assert_int_equal(ledger.series[0].len, 1);
        arena_free(arena);
    }
}

static void test_the_tail_begins_with_a_whole_line(void **state)
{
    (void)state;
    struct slice tail = ledger_tail(slice_of("first line\nsecond\nthird\n"));
    assert_true(slice_is(tail, "third\n"));
    assert_int_equal(ledger_tail(slice_of("one line without an end")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_come_back_as_series_of_a_resource),
        cmocka_unit_test(test_ways_into_one_vault_are_series_of_their_own),
        cmocka_unit_test(test_lines_that_cannot_be_read_are_passed_over),
        cmocka_unit_test(test_the_tail_begins_with_a_whole_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
