#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "relay/metrics.h"

static void the_samples_of_a_name_stand_together(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct relay_metrics relays[] = {
        {.relay = "relays.a", .passes_done = 3, .passes_failed = 1, .done_ms = 1767225600250},
        {.relay = "relays.b[x,us-east-2]",
         .copies_started = 7,
         .waiting = 2,
         .oldest_waiting_ms = 1767225000500,
         .paused = true,
         .took_ms = 1500},
    };
    const char *text = relay_metrics_text(arena, relays, 2);
    assert_non_null(strstr(
        text, "# TYPE holdfast_relay_passes_total counter\n"
              "holdfast_relay_passes_total{relay=\"relays.a\",outcome=\"done\"} 3\n"
              "holdfast_relay_passes_total{relay=\"relays.b[x,us-east-2]\",outcome=\"done\"} 0\n"
              "holdfast_relay_passes_total{relay=\"relays.a\",outcome=\"failed\"} 1\n"));
    assert_non_null(strstr(text, "copies_started_total{relay=\"relays.b[x,us-east-2]\"} 7\n"));
    assert_non_null(strstr(text, "points_waiting{relay=\"relays.b[x,us-east-2]\"} 2\n"));
    assert_non_null(strstr(
        text, "oldest_waiting_timestamp_seconds{relay=\"relays.b[x,us-east-2]\"} 1767225000.5\n"));
    assert_non_null(strstr(text, "holdfast_relay_paused{relay=\"relays.a\"} 0\n"));
    assert_non_null(strstr(text, "holdfast_relay_paused{relay=\"relays.b[x,us-east-2]\"} 1\n"));
    assert_non_null(
        strstr(text, "last_success_timestamp_seconds{relay=\"relays.a\"} 1767225600.25\n"));
    assert_non_null(strstr(text, "duration_seconds{relay=\"relays.b[x,us-east-2]\"} 1.5\n"));
    arena_free(arena);
}

static void every_name_is_said_once_with_its_type(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct relay_metrics relay = {.relay = "r"};
    const char *text = relay_metrics_text(arena, &relay, 1);
    size_t types = 0;
    for (const char *at = text; (at = strstr(at, "# TYPE ")); at++)
        types++;
    assert_int_equal(types, 10);
    assert_null(strstr(strstr(text, "# TYPE holdfast_relay_passes_total") + 1,
                       "# TYPE holdfast_relay_passes_total"));
    arena_free(arena);
}

static void a_label_is_escaped(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct relay_metrics relay = {.relay = "a\"b\\c\nd"};
    assert_non_null(
        strstr(relay_metrics_text(arena, &relay, 1), "{relay=\"a\\\"b\\\\c\\nd\"} 0\n"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_of_a_name_stand_together),
        cmocka_unit_test(every_name_is_said_once_with_its_type),
        cmocka_unit_test(a_label_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
