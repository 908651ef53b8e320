#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/diag.h"
#include "providers/fake_transport.h"
#include "providers/loop.h"
#include "providers/throttle.h"

#define START_MS ((int64_t)1767225600000)

struct world {
    struct arena *arena;
    struct diags diags;
    struct fake_transport *fake;
    struct loop *loop;
    char log[4096];
};

static struct world *world_of;

static int set_up(void **state)
{
    struct arena *arena = arena_new();
    struct world *w = arena_new_of(arena, struct world);
    w->arena = arena;
    diags_init(&w->diags, arena);
    w->fake = fake_transport_new(arena, START_MS);
    w->loop = loop_new(fake_transport(w->fake), &w->diags);
    world_of = w;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    loop_free(w->loop);
    arena_free(w->arena);
    return 0;
}

static void note(const char *text)
{
    char *log = world_of->log;
    size_t len = strlen(log);
    snprintf(log + len, sizeof(world_of->log) - len, "%s%s", len ? " " : "", text);
}

static void run(struct world *w)
{
    for (int i = 0; i < 100000 && loop_turn(w->loop); i++) {
    }
    assert_false(loop_turn(w->loop));
}

/* A raw call without any AWS: what providers/aws/call.c does, in small. */
struct raw {
    struct loop *loop;
    struct op *op;
    op_step_fn *step;
    const char *name;
    bool mutates;
    struct http_request request;
};

static const struct http_request *raw_build(void *ctx)
{
    struct raw *raw = ctx;
    raw->request = (struct http_request){
        .method = "GET", .base_url = "http://test", .path = raw->name, .query = ""};
    return &raw->request;
}

static void raw_done(void *ctx, const struct http_response *response)
{
    struct raw *raw = ctx;
    struct response rs = {.status = response->status,
                          .fault = response->status == 200 ? FAULT_NONE : FAULT_TRANSIENT,
                          .code = response->status == 0 ? response->error : NULL};
    if (raw->op)
        op_resume(raw->op, raw->step, &rs);
    else
        note(response->status == 200 ? raw->name : "lost");
}

static void raw_send(struct world *w, struct op *op, const char *name, op_step_fn *step)
{
    struct raw *raw = arena_new_of(op ? op_arena(op) : w->arena, struct raw);
    *raw = (struct raw){.loop = w->loop, .op = op, .step = step, .name = name};
    if (op)
        op_expect(op);
    loop_send(w->loop,
              &(struct loop_send){.bucket = "b", .build = raw_build, .done = raw_done, .ctx = raw});
}

static void timer_note(void *ctx)
{
    note(ctx);
}

static void timers_run_in_the_order_of_their_times_and_then_of_their_setting(void **state)
{
    struct world *w = *state;
    loop_after(w->loop, 300, timer_note, "d");
    loop_after(w->loop, 100, timer_note, "b");
    loop_after(w->loop, 200, timer_note, "c");
    loop_after(w->loop, 0, timer_note, "a");
    loop_after(w->loop, 100, timer_note, "b2");
    run(w);
    assert_string_equal(w->log, "a b b2 c d");
    assert_int_equal(loop_now_ms(w->loop), START_MS + 300);
}

static void many_timers_come_out_sorted(void **state)
{
    struct world *w = *state;
    char expected[4096] = "";
    for (int i = 0; i < 200; i++)
        loop_after(w->loop, (i * 37) % 200, timer_note,
                   arena_printf(w->arena, "%d", (i * 37) % 200));
    for (int i = 0; i < 200; i++)
        snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%s%d",
                 i ? " " : "", i);
    run(w);
    assert_string_equal(w->log, expected);
}

/* ---- operations ---- */

static void read_answered(struct op *op, const struct response *rs)
{
    note(op_address(op));
    if (rs->fault == FAULT_NONE)
        op_done(op, "id", value_string(op_arena(op), "attributes"));
    else
        op_fail(op, rs);
}

static void begin_read(struct op *op)
{
    raw_send(world_of, op, "/read", read_answered);
}

static void nap_over(struct op *op, const struct response *rs)
{
    assert_null(rs);
    note("woken");
    op_done(op, "napped", NULL);
}

static void begin_create(struct op *op)
{
    op_later(op, 5000, nap_over);
}

static void two_answered(struct op *op, const struct response *rs)
{
    (void)rs;
    size_t *left = op_data(op, sizeof(*left));
    if (--*left == 0)
        op_done(op, "two", NULL);
}

static void begin_update(struct op *op)
{
    size_t *left = op_data(op, sizeof(*left));
    *left = 2;
    raw_send(world_of, op, "/one", two_answered);
    raw_send(world_of, op, "/two", two_answered);
}

static void fails_first(struct op *op, const struct response *rs)
{
    (void)rs;
    op_fail_with(op, E_AWS, "the first answer was enough");
}

static void begin_remove(struct op *op)
{
    raw_send(world_of, op, "/one", fails_first);
    raw_send(world_of, op, "/two", fails_first);
}

static void begin_find(struct op *op)
{
    op_gone(op);
}

static const struct resource_ops test_ops = {begin_read, begin_create, begin_update, begin_remove,
                                             begin_find};

struct result {
    int calls;
    struct op_outcome outcome;
    char identifier[32], attributes[32];
};

static void ended(void *ctx, const struct op_outcome *outcome)
{
    struct result *result = ctx;
    result->calls++;
    result->outcome = *outcome;
    snprintf(result->identifier, sizeof(result->identifier), "%s",
             outcome->identifier ? outcome->identifier : "");
    const char *text = value_str(outcome->attributes);
    snprintf(result->attributes, sizeof(result->attributes), "%s", text ? text : "");
}

static void start(struct world *w, enum op_kind kind, const char *address, struct result *result)
{
    struct op_spec spec = {.kind = kind, .ops = &test_ops, .address = address};
    loop_start(w->loop, &spec, ended, result);
}

static void an_operation_begins_only_inside_a_turn(void **state)
{
    struct world *w = *state;
    struct result result = {0};
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = ""});
    start(w, OP_READ, "vaults.a", &result);
    assert_int_equal(fake_call_count(w->fake), 0);
    assert_int_equal(loop_running(w->loop), 1);
    run(w);
    assert_int_equal(result.calls, 1);
    assert_int_equal(result.outcome.result, OP_RESULT_DONE);
    assert_string_equal(result.identifier, "id");
    assert_string_equal(result.attributes, "attributes");
    assert_int_equal(loop_running(w->loop), 0);
}

static void an_operation_that_ends_at_once_is_delivered(void **state)
{
    struct world *w = *state;
    struct result result = {0};
    start(w, OP_FIND, "vaults.a", &result);
    run(w);
    assert_int_equal(result.calls, 1);
    assert_int_equal(result.outcome.result, OP_RESULT_GONE);
}

static void op_later_moves_the_virtual_clock_and_wakes_without_an_answer(void **state)
{
    struct world *w = *state;
    struct result result = {0};
    start(w, OP_CREATE, "vaults.a", &result);
    run(w);
    assert_string_equal(w->log, "woken");
    assert_int_equal(loop_now_ms(w->loop), START_MS + 5000);
    assert_string_equal(result.identifier, "napped");
}

static void an_operation_may_have_two_calls_in_flight(void **state)
{
    struct world *w = *state;
    struct result result = {0};
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = "", .after_ms = 10});
    start(w, OP_UPDATE, "vaults.a", &result);
    run(w);
    assert_int_equal(fake_most_in_flight(w->fake), 2);
    assert_int_equal(result.calls, 1);
}

static void an_answer_after_the_end_is_dropped_and_the_outcome_waits_for_it(void **state)
{
    struct world *w = *state;
    struct result result = {0};
    fake_when(w->fake, "GET /one", (struct fake_answer){.status = 200, .body = ""});
    fake_when(w->fake, "GET /two", (struct fake_answer){.status = 200, .body = "", .after_ms = 99});
    start(w, OP_REMOVE, "vaults.a", &result);
    run(w);
    assert_int_equal(result.calls, 1);
    assert_int_equal(result.outcome.result, OP_RESULT_FAILED);
    assert_int_equal(w->diags.len, 1);
    assert_int_equal(loop_now_ms(w->loop), START_MS + 99);
}

static void the_window_bounds_what_is_in_flight(void **state)
{
    struct world *w = *state;
    struct result results[20] = {0};
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = "", .after_ms = 100});
    loop_set_window(w->loop, 4);
    for (int i = 0; i < 20; i++)
        start(w, OP_READ, "vaults.a", &results[i]);
    run(w);
    assert_int_equal(fake_most_in_flight(w->fake), 4);
    assert_int_equal(loop_now_ms(w->loop), START_MS + 500); /* five rounds of four */
    assert_int_equal(loop_call_count(w->loop), 20);
}

static void operations_that_only_wait_leave_the_window_to_others(void **state)
{
    struct world *w = *state;
    struct result results[3] = {0};
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = ""});
    loop_set_window(w->loop, 1);
    start(w, OP_CREATE, "vaults.waits", &results[0]);
    start(w, OP_READ, "vaults.b", &results[1]);
    run(w);
    assert_string_equal(w->log, "vaults.b woken");
}

static void a_throttled_bucket_slows_down_and_no_other_does(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = ""});
    raw_send(w, NULL, "/warm", NULL);
    run(w);
    loop_bucket_feedback(w->loop, "b", true);
    int64_t before_ms = loop_now_ms(w->loop);
    raw_send(w, NULL, "/slow", NULL);
    run(w);
    assert_true(loop_now_ms(w->loop) - before_ms >= 1900); /* half a call a second */
    before_ms = loop_now_ms(w->loop);
    struct raw other = {.loop = w->loop, .name = "/other"};
    loop_send(w->loop, &(struct loop_send){
                           .bucket = "c", .build = raw_build, .done = raw_done, .ctx = &other});
    run(w);
    assert_int_equal(loop_now_ms(w->loop), before_ms);
}

static void draining_begins_no_change_and_lets_flights_and_reads_land(void **state)
{
    struct world *w = *state;
    struct result flies = {0}, waits = {0}, reads = {0}, unborn = {0};
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = "", .after_ms = 100});
    loop_set_window(w->loop, 1);
    start(w, OP_CREATE, "vaults.waits", &waits);
    start(w, OP_READ, "vaults.flies", &flies);
    start(w, OP_REMOVE, "vaults.unborn", &unborn);
    raw_send(w, NULL, "/first", NULL);
    struct raw queued = {.loop = w->loop, .name = "/queued"};
    loop_send(
        w->loop,
        &(struct loop_send){
            .bucket = "c", .mutates = true, .build = raw_build, .done = raw_done, .ctx = &queued});
    assert_true(loop_turn(w->loop));
    loop_drain(w->loop);
    start(w, OP_READ, "vaults.reads", &reads); /* what has just been changed is read back */
    run(w);
    for (size_t i = 0; i < fake_call_count(w->fake); i++)
        assert_string_not_equal(fake_call(w->fake, i)->path, "/queued");
    assert_int_equal(waits.outcome.result, OP_RESULT_FAILED);
    assert_int_equal(unborn.outcome.result, OP_RESULT_FAILED);
    assert_int_equal(flies.outcome.result, OP_RESULT_DONE);
    assert_int_equal(reads.outcome.result, OP_RESULT_DONE);
    assert_non_null(strstr(w->log, "lost"));
    assert_true(loop_now_ms(w->loop) < START_MS + 1000);
    for (size_t i = 0; i < w->diags.len; i++)
        assert_int_equal(w->diags.items[i].code, E_TIMEOUT);
}

static volatile sig_atomic_t stop;

static void without_grace_a_stop_cuts_flights_and_reads_and_says_nothing_of_them(void **state)
{
    struct world *w = *state;
    struct result flies = {0}, later = {0};
    stop = 0;
    loop_stop_on(w->loop, &stop, 0);
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = "", .after_ms = 100});
    start(w, OP_READ, "vaults.flies", &flies);
    raw_send(w, NULL, "/raw", NULL);
    loop_after(w->loop, HOUR_MS, timer_note, "timer");
    loop_after(w->loop, 50, timer_note, "early"); /* ends the turn before an answer comes */
    assert_true(loop_turn(w->loop));
    assert_false(loop_is_cut(w->loop));
    size_t sent = fake_call_count(w->fake);
    stop = SIGINT;
    start(w, OP_READ, "vaults.later", &later);
    run(w);
    assert_true(loop_is_cut(w->loop));
    assert_int_equal(fake_call_count(w->fake), sent);
    assert_int_equal(flies.outcome.result, OP_RESULT_FAILED);
    assert_int_equal(later.outcome.result, OP_RESULT_FAILED);
    assert_non_null(strstr(w->log, "lost"));
    assert_non_null(strstr(w->log, "timer"));
    assert_true(loop_now_ms(w->loop) < START_MS + HOUR_MS);
    assert_int_equal(w->diags.len, 0);
}

static void within_the_grace_what_flies_lands_and_is_read_back(void **state)
{
    struct world *w = *state;
    struct result reads = {0}, unborn = {0};
    stop = 0;
    loop_stop_on(w->loop, &stop, HOUR_MS);
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = "", .after_ms = 100});
    raw_send(w, NULL, "/raw", NULL);
    loop_after(w->loop, 50, timer_note, "early");
    assert_true(loop_turn(w->loop));
    stop = SIGTERM;
    start(w, OP_CREATE, "vaults.unborn", &unborn);
    start(w, OP_READ, "vaults.reads", &reads);
    run(w);
    assert_false(loop_is_cut(w->loop));
    assert_non_null(strstr(w->log, "/raw"));
    assert_int_equal(reads.outcome.result, OP_RESULT_DONE);
    assert_int_equal(unborn.outcome.result, OP_RESULT_FAILED);
}

static void what_outlasts_the_grace_is_cut_once(void **state)
{
    struct world *w = *state;
    stop = 0;
    loop_stop_on(w->loop, &stop, 1);
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = "", .after_ms = 1000000000});
    raw_send(w, NULL, "/raw", NULL);
    raw_send(w, NULL, "/other", NULL);
    stop = SIGTERM;
    run(w);
    assert_true(loop_is_cut(w->loop));
    assert_string_equal(w->log, "lost lost");
}

static void send_change(struct world *w)
{
    struct raw *raw = arena_new_of(w->arena, struct raw);
    *raw = (struct raw){.loop = w->loop, .name = "/change"};
    loop_send(
        w->loop,
        &(struct loop_send){
            .bucket = "b", .mutates = true, .build = raw_build, .done = raw_done, .ctx = raw});
}

static void what_is_only_to_be_cut_goes_on_until_then(void **state)
{
    struct world *w = *state;
    struct result born = {0};
    stop = 0;
    loop_cut_on(w->loop, &stop, HOUR_MS);
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = "", .after_ms = 100});
    send_change(w);
    loop_after(w->loop, 50, timer_note, "early"); /* ends the turn before the answer comes */
    assert_true(loop_turn(w->loop));
    stop = SIGTERM;
    start(w, OP_CREATE, "vaults.born", &born);
    run(w);
    assert_false(loop_is_cut(w->loop));
    assert_non_null(strstr(w->log, "/change"));
    assert_int_equal(born.outcome.result, OP_RESULT_DONE);
}

static void what_has_changed_nothing_is_cut_at_once(void **state)
{
    struct world *w = *state;
    stop = 0;
    loop_cut_on(w->loop, &stop, HOUR_MS);
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = "", .after_ms = 100});
    raw_send(w, NULL, "/raw", NULL);
    loop_after(w->loop, 50, timer_note, "early");
    loop_after(w->loop, HOUR_MS, timer_note, "timer"); /* to try something again, say */
    assert_true(loop_turn(w->loop));
    stop = SIGTERM;
    size_t sent = fake_call_count(w->fake);
    send_change(w);
    run(w);
    assert_true(loop_is_cut(w->loop));
    assert_string_equal(w->log, "lost early timer lost");
    assert_int_equal(fake_call_count(w->fake), sent);
    assert_true(loop_now_ms(w->loop) < START_MS + HOUR_MS);
}

/* ---- throttle, pure ---- */

static size_t sent_in(struct throttle *t, int64_t from_ms, int64_t to_ms)
{
    size_t sent = 0;
    for (int64_t now = from_ms; now < to_ms; now++)
        while (sent < 100000 && throttle_take(t, now))
            sent++;
    return sent;
}

static void an_open_bucket_lets_everything_through(void **state)
{
    (void)state;
    struct throttle t = {0};
    for (int i = 0; i < 1000; i++)
        assert_true(throttle_take(&t, START_MS));
}

static void a_cut_halves_what_was_being_sent_once_a_second(void **state)
{
    (void)state;
    struct throttle t = {0};
    for (int i = 0; i < 100; i++)
        assert_true(throttle_take(&t, START_MS + i));
    throttle_feedback(&t, true, START_MS + 100);
    assert_false(throttle_take(&t, START_MS + 110));
    throttle_feedback(&t, true, START_MS + 150);
    assert_true(t.rate > 49 && t.rate < 51);
    size_t sent = sent_in(&t, START_MS + 151, START_MS + 1151);
    assert_true(sent >= 45 && sent <= 55);
    throttle_feedback(&t, true, START_MS + 1200);
    assert_true(t.rate > 24 && t.rate < 26);
}

static void successes_let_the_rate_grow_until_the_bucket_is_open(void **state)
{
    (void)state;
    struct throttle t = {.rate = THROTTLE_MIN, .refilled_ms = START_MS};
    for (int i = 0; i < 40000 && t.rate > 0; i++)
        throttle_feedback(&t, false, START_MS);
    assert_true(t.rate == 0);
}

static void a_dry_bucket_says_when_to_come_back(void **state)
{
    (void)state;
    struct throttle t = {.rate = 2, .refilled_ms = START_MS};
    int64_t at_ms = throttle_next_ms(&t, START_MS);
    assert_true(at_ms > START_MS + 400 && at_ms < START_MS + 600);
    assert_false(throttle_take(&t, at_ms - 5));
    assert_true(throttle_take(&t, at_ms));
}

static void count_up(void *ctx)
{
    ++*(int *)ctx;
}

static void what_runs_every_so_often_is_no_work(void **state)
{
    struct world *w = *state;
    int count = 0;
    loop_every(w->loop, 3600000, count_up, &count);
    assert_false(loop_turn(w->loop));
    assert_int_equal(count, 0); /* not an hour has passed */
    loop_every(w->loop, 1, count_up, &count);
    for (int i = 1; i <= 3; i++) {
        clock_sleep_ms(2);
        assert_false(loop_turn(w->loop)); /* idle all the same */
        assert_int_equal(count, i);
    }
}

/* An answer that does not come keeps nobody from what runs every so often. */
static void no_turn_waits_for_longer_than_until_the_next_time(void **state)
{
    struct world *w = *state;
    int count = 0;
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = "", .after_ms = HOUR_MS});
    raw_send(w, NULL, "/slow", NULL);
    loop_every(w->loop, MINUTE_MS, count_up, &count);
    assert_true(loop_turn(w->loop));
    assert_true(loop_now_ms(w->loop) <= START_MS + MINUTE_MS);
    assert_null(strstr(w->log, "/slow"));
    run(w);
    assert_non_null(strstr(w->log, "/slow"));
}

int main(void)
{
#define LOOP_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        LOOP_TEST(what_runs_every_so_often_is_no_work),
        LOOP_TEST(no_turn_waits_for_longer_than_until_the_next_time),
        LOOP_TEST(timers_run_in_the_order_of_their_times_and_then_of_their_setting),
        LOOP_TEST(many_timers_come_out_sorted),
        LOOP_TEST(an_operation_begins_only_inside_a_turn),
        LOOP_TEST(an_operation_that_ends_at_once_is_delivered),
        LOOP_TEST(op_later_moves_the_virtual_clock_and_wakes_without_an_answer),
        LOOP_TEST(an_operation_may_have_two_calls_in_flight),
        LOOP_TEST(an_answer_after_the_end_is_dropped_and_the_outcome_waits_for_it),
        LOOP_TEST(the_window_bounds_what_is_in_flight),
        LOOP_TEST(operations_that_only_wait_leave_the_window_to_others),
        LOOP_TEST(a_throttled_bucket_slows_down_and_no_other_does),
        LOOP_TEST(draining_begins_no_change_and_lets_flights_and_reads_land),
        LOOP_TEST(what_is_only_to_be_cut_goes_on_until_then),
        LOOP_TEST(what_has_changed_nothing_is_cut_at_once),
        LOOP_TEST(without_grace_a_stop_cuts_flights_and_reads_and_says_nothing_of_them),
        LOOP_TEST(within_the_grace_what_flies_lands_and_is_read_back),
        LOOP_TEST(what_outlasts_the_grace_is_cut_once),
        cmocka_unit_test(an_open_bucket_lets_everything_through),
        cmocka_unit_test(a_cut_halves_what_was_being_sent_once_a_second),
        cmocka_unit_test(successes_let_the_rate_grow_until_the_bucket_is_open),
        cmocka_unit_test(a_dry_bucket_says_when_to_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
