#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "relay/decide/embedded.h"

#define NOW_MS ((int64_t)1767225600000)

static const struct value *told(struct arena *arena, const struct relay_counts *counts)
{
    static const struct relay_config config = {.topology = "t", .relay = "relays.r"};
    const struct value *json = NULL;
    const char *why = NULL, *text = relay_embedded_text(arena, &config, NOW_MS, counts);
    assert_null(strchr(text, '\n')); /* one line is one event of the log */
    assert_true(json_parse(arena, slice_of(text), &json, &why));
    return json;
}

static void every_metric_has_its_value_and_its_dimensions(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct relay_counts counts = {.started = 1,
                                        .copies_failed = 2,
                                        .refused = 3,
                                        .waiting = 4,
                                        .untagged = 5,
                                        .failed = 6,
                                        .worrying = 7};
    const struct value *json = told(arena, &counts);
    const struct value *directive = value_pointer(json, "/_aws/CloudWatchMetrics/0");
    const struct value *metrics = value_get(directive, "Metrics");
    const struct value *dimensions = value_pointer(directive, "/Dimensions/0");
    assert_int_equal(value_get_int(value_get(json, "_aws"), "Timestamp", 0), NOW_MS);
    assert_string_equal(value_get_str(directive, "Namespace"), "Holdfast");
    assert_int_equal(value_len(metrics), 8);
    for (size_t i = 0; i < value_len(metrics); i++)
        assert_non_null(value_get(json, value_get_str(value_item(metrics, i), "Name")));
    for (size_t i = 0; i < value_len(dimensions); i++)
        assert_non_null(value_get_str(json, value_str(value_item(dimensions, i))));
    assert_int_equal(value_get_int(json, "CopiesStarted", 0), 1);
    assert_int_equal(value_get_int(json, "CopiesFailed", 0), 2);
    assert_int_equal(value_get_int(json, "PointsRefused", 0), 3);
    assert_int_equal(value_get_int(json, "PointsWaiting", 0), 4);
    assert_int_equal(value_get_int(json, "PointsUntagged", 0), 5);
    assert_int_equal(value_get_int(json, "PointsFailed", 0), 6);
    assert_int_equal(value_get_int(json, "PointsWorrying", 0), 7);
    arena_free(arena);
}

static void the_oldest_point_that_waits_is_told_by_its_age(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct relay_counts none = {0}, old = {.oldest_waiting_ms = NOW_MS - 30 * HOUR_MS - 1},
                              ahead = {.oldest_waiting_ms = NOW_MS + HOUR_MS};
    assert_int_equal(value_get_int(told(arena, &none), "OldestWaitingHours", -1), 0);
    assert_int_equal(value_get_int(told(arena, &old), "OldestWaitingHours", -1), 30);
    assert_int_equal(value_get_int(told(arena, &ahead), "OldestWaitingHours", -1), 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric_has_its_value_and_its_dimensions),
        cmocka_unit_test(the_oldest_point_that_waits_is_told_by_its_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
