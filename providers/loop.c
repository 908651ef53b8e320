#include "providers/loop.h"

#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/map.h"
#include "providers/op_private.h"
#include "providers/recorder.h"
#include "providers/throttle.h"

/* One request that waits for its bucket, or flies. */
struct send {
    struct send *prev, *next; /* in its bucket, by next; among those that fly */
    struct loop *loop;
    struct bucket *bucket;
    bool mutates;
    loop_build_fn *build;
    transport_done_fn *done;
    void *ctx;
};

struct bucket {
    struct throttle throttle;
    struct send *head, *tail;
    struct bucket *next; /* in loop->busy, while head is set */
    bool listed;
};

struct timer {
    int64_t due_ms;
    uint64_t seq; /* equal times run in the order in which they were set */
    loop_timer_fn *fn;
    void *ctx;
};

struct op_list {
    struct op *head, *tail;
    size_t len;
};

struct loop {
    struct arena *arena;
    struct transport transport;
    struct diags *diags;
    void *provider;
    int64_t now_ms;
    size_t window, in_flight, calls;
    struct send *flying; /* in_flight of them */
    bool draining, cut, drains_on_stop;
    bool has_changed; /* a request that changes something has been sent */
    const volatile sig_atomic_t *stop;
    int64_t grace_ms, cut_at_ms; /* the latter monotonic, once *stop was seen; else 0 */

    struct op_list started; /* not begun yet */
    struct op_list ended;   /* outcome not delivered yet */
    size_t begun, asleep;   /* begun and not ended; of these, waiting for timers only */
    struct op *spare_ops;
    struct arena **arenas, **spare_arenas; /* all of them; those that nobody uses now */
    size_t arena_len, arena_cap, spare_len, spare_cap;

    struct timer *timers; /* a binary heap */
    size_t timer_len, timer_cap;
    uint64_t timer_seq;

    struct {
        int64_t ms, next_ms; /* monotonic; ms 0: there is none */
        loop_timer_fn *fn;
        void *ctx;
    } pulse;

    struct map buckets;
    struct bucket *busy_head, *busy_tail; /* buckets with something to send, in turn */
    struct send *spare_sends;
};

static void list_push(struct op_list *list, struct op *op)
{
    op->next = NULL;
    if (list->tail)
        list->tail->next = op;
    else
        list->head = op;
    list->tail = op;
    list->len++;
}

static struct op *list_pop(struct op_list *list)
{
    struct op *op = list->head;
    if (!op)
        return NULL;
    list->head = op->next;
    if (!list->head)
        list->tail = NULL;
    list->len--;
    return op;
}

struct loop *loop_new(struct transport transport, struct diags *diags)
{
    struct arena *arena = arena_new();
    struct loop *loop = arena_new_of(arena, struct loop);
    loop->arena = arena;
    loop->transport = transport;
    loop->diags = diags;
    loop->window = 256;
    loop->now_ms = transport.ops->now_ms(transport.self);
    map_init(&loop->buckets, arena);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    for (size_t i = 0; i < loop->arena_len; i++)
        arena_free(loop->arenas[i]);
    arena_free(loop->arena);
}

int64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

struct diags *loop_tell(struct loop *loop, struct diags *diags)
{
    struct diags *before = loop->diags;
    loop->diags = diags;
    return before;
}

struct diags *loop_diags(struct loop *loop)
{
    return loop->diags;
}

size_t loop_running(const struct loop *loop)
{
    return loop->started.len + loop->begun + loop->ended.len;
}

size_t loop_call_count(const struct loop *loop)
{
    return loop->calls;
}

void loop_set_window(struct loop *loop, size_t in_flight)
{
    loop->window = in_flight > 0 ? in_flight : 1;
}

void loop_set_provider(struct loop *loop, void *provider)
{
    loop->provider = provider;
}

void *loop_provider(struct loop *loop)
{
    return loop->provider;
}

/* ---- timers ---- */

static bool earlier(const struct timer *a, const struct timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->seq < b->seq;
}

static void swap_timers(struct timer *a, struct timer *b)
{
    struct timer t = *a;
    *a = *b;
    *b = t;
}

static void raise_timer(struct loop *loop, size_t i)
{
    for (; i > 0 && earlier(&loop->timers[i], &loop->timers[(i - 1) / 2]); i = (i - 1) / 2)
        swap_timers(&loop->timers[i], &loop->timers[(i - 1) / 2]);
}

void loop_after(struct loop *loop, int64_t ms, loop_timer_fn *fn, void *ctx)
{
    loop->timers = arena_grow(loop->arena, loop->timers, loop->timer_len, &loop->timer_cap,
                              loop->timer_len + 1, sizeof(*loop->timers));
    size_t i = loop->timer_len++;
    int64_t due_ms = loop->now_ms + (ms > 0 && !loop->draining ? ms : 0);
    loop->timers[i] = (struct timer){due_ms, loop->timer_seq++, fn, ctx};
    raise_timer(loop, i);
}

static struct timer pop_timer(struct loop *loop)
{
    struct timer first = loop->timers[0];
    loop->timers[0] = loop->timers[--loop->timer_len];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < loop->timer_len; child++)
            if (earlier(&loop->timers[child], &loop->timers[least]))
                least = child;
        if (least == i)
            return first;
        swap_timers(&loop->timers[i], &loop->timers[least]);
        i = least;
    }
}

/* Only timers that were set before now run: one that sets itself again for 0 ms runs next turn. */
static void run_timers(struct loop *loop)
{
    uint64_t end = loop->timer_seq;
    while (loop->timer_len > 0 && loop->timers[0].due_ms <= loop->now_ms &&
           loop->timers[0].seq < end) {
        struct timer timer = pop_timer(loop);
        timer.fn(timer.ctx);
    }
}

/* ---- sending ---- */

static struct bucket *bucket_of(struct loop *loop, const char *key)
{
    struct bucket *bucket = map_get(&loop->buckets, key);
    if (!bucket) {
        bucket = arena_new_of(loop->arena, struct bucket);
        map_set(&loop->buckets, arena_strdup(loop->arena, key), bucket);
    }
    return bucket;
}

static void busy_push(struct loop *loop, struct bucket *bucket)
{
    bucket->next = NULL;
    bucket->listed = true;
    if (loop->busy_tail)
        loop->busy_tail->next = bucket;
    else
        loop->busy_head = bucket;
    loop->busy_tail = bucket;
}

static struct bucket *busy_pop(struct loop *loop)
{
    struct bucket *bucket = loop->busy_head;
    if (bucket) {
        loop->busy_head = bucket->next;
        if (!loop->busy_head)
            loop->busy_tail = NULL;
        bucket->listed = false;
    }
    return bucket;
}

void loop_send(struct loop *loop, const struct loop_send *send)
{
    struct send *waiting = loop->spare_sends;
    if (waiting)
        loop->spare_sends = waiting->next;
    else
        waiting = arena_new_of(loop->arena, struct send);
    struct bucket *bucket = bucket_of(loop, send->bucket);
    *waiting = (struct send){.loop = loop,
                             .bucket = bucket,
                             .mutates = send->mutates,
                             .build = send->build,
                             .done = send->done,
                             .ctx = send->ctx};
    if (bucket->tail)
        bucket->tail->next = waiting;
    else
        bucket->head = waiting;
    bucket->tail = waiting;
    if (!bucket->listed)
        busy_push(loop, bucket);
}

void loop_bucket_feedback(struct loop *loop, const char *bucket, bool throttled)
{
    throttle_feedback(&bucket_of(loop, bucket)->throttle, throttled, loop->now_ms);
}

static void recycle_send(struct loop *loop, struct send *send)
{
    send->next = loop->spare_sends;
    loop->spare_sends = send;
}

static void take_off(struct loop *loop, struct send *send)
{
    send->prev = NULL;
    send->next = loop->flying;
    if (send->next)
        send->next->prev = send;
    loop->flying = send;
    loop->in_flight++;
}

static void land(struct loop *loop, struct send *send)
{
    if (send->prev)
        send->prev->next = send->next;
    else
        loop->flying = send->next;
    if (send->next)
        send->next->prev = send->prev;
    loop->in_flight--;
}

/* The transport's answer, from inside its wait(). */
static void answered(void *ctx, const struct http_response *response)
{
    struct send *send = ctx;
    struct loop *loop = send->loop;
    land(loop, send);
    loop->now_ms = loop->transport.ops->now_ms(loop->transport.self);
    if (send->mutates)
        FAULT_POINT("after-reply");
    transport_done_fn *done = send->done;
    void *done_ctx = send->ctx;
    recycle_send(loop, send);
    done(done_ctx, response);
}

static struct send *bucket_pop(struct bucket *bucket)
{
    struct send *send = bucket->head;
    bucket->head = send->next;
    if (!bucket->head)
        bucket->tail = NULL;
    return send;
}

static void send_one(struct loop *loop, struct send *send)
{
    const struct http_request *request = send->build(send->ctx);
    take_off(loop, send);
    loop->calls++;
    bool mutates = send->mutates;
    loop->has_changed = loop->has_changed || mutates;
    RECORD_REQUEST(request);
    loop->transport.ops->send(loop->transport.self, request, answered, send);
    if (mutates)
        FAULT_POINT("after-send");
}

static void refuse_one(struct loop *loop, struct send *send)
{
    static const struct http_response not_sent = {.error = CODE_NOT_SENT};
    transport_done_fn *done = send->done;
    void *ctx = send->ctx;
    recycle_send(loop, send);
    done(ctx, &not_sent);
}

/* Buckets take turns, one request each. Returns when the first dry one has a token again. */
static int64_t send_what_may_go(struct loop *loop)
{
    int64_t next_ms = INT64_MAX;
    struct bucket *dry = NULL, *bucket;
    while (loop->in_flight < loop->window && (bucket = busy_pop(loop))) {
        if (loop->cut || (loop->draining && bucket->head->mutates)) {
            refuse_one(loop, bucket_pop(bucket));
        } else if (throttle_take(&bucket->throttle, loop->now_ms)) {
            send_one(loop, bucket_pop(bucket));
        } else {
            int64_t at_ms = throttle_next_ms(&bucket->throttle, loop->now_ms);
            next_ms = at_ms < next_ms ? at_ms : next_ms;
            bucket->next = dry;
            bucket->listed = true; /* busy again below */
            dry = bucket;
            continue;
        }
        if (bucket->head && !bucket->listed)
            busy_push(loop, bucket);
    }
    while (dry) {
        struct bucket *next = dry->next;
        busy_push(loop, dry);
        dry = next;
    }
    return next_ms;
}

/* ---- operations ---- */

static struct arena **arena_push(struct loop *loop, struct arena **list, size_t *len, size_t *cap,
                                 struct arena *arena)
{
    list = arena_grow(loop->arena, list, *len, cap, *len + 1, sizeof(struct arena *));
    list[(*len)++] = arena;
    return list;
}

struct arena *loop_arena_take(struct loop *loop)
{
    if (loop->spare_len > 0)
        return loop->spare_arenas[--loop->spare_len];
    struct arena *arena = arena_new();
    loop->arenas = arena_push(loop, loop->arenas, &loop->arena_len, &loop->arena_cap, arena);
    return arena;
}

void loop_arena_give(struct loop *loop, struct arena *arena)
{
    arena_reset(arena);
    loop->spare_arenas =
        arena_push(loop, loop->spare_arenas, &loop->spare_len, &loop->spare_cap, arena);
}

void loop_start(struct loop *loop, const struct op_spec *spec, op_outcome_fn *done, void *ctx)
{
    struct op *op = loop->spare_ops;
    if (op)
        loop->spare_ops = op->next;
    else
        op = arena_new_of(loop->arena, struct op);
    *op = (struct op){.loop = loop, .spec = *spec, .done = done, .ctx = ctx};
    list_push(&loop->started, op);
}

/* Reads finish what changes began: they go on until the loop is cut. */
static bool is_refused(const struct loop *loop, const struct op *op)
{
    return loop->cut || (loop->draining && !op_reads(op));
}

static void begin(struct loop *loop, struct op *op)
{
    loop->begun++;
    op->arena = loop_arena_take(loop);
    struct op_spec *spec = &op->spec;
    if (is_refused(loop, op)) {
        op_expect(op);
        op_fail_with(op, E_TIMEOUT, "stopped before it began");
        op_resume(op, NULL, NULL);
        return;
    }
    BUG_ON(!spec->ops);
    op_begin(op);
}

static void begin_what_fits(struct loop *loop)
{
    while (loop->started.head &&
           (is_refused(loop, loop->started.head) || loop->begun - loop->asleep < loop->window))
        begin(loop, list_pop(&loop->started));
}

void loop_op_asleep(struct loop *loop, struct op *op, bool asleep)
{
    (void)op;
    if (asleep)
        loop->asleep++;
    else
        loop->asleep--;
}

void loop_op_ended(struct loop *loop, struct op *op)
{
    loop->begun--;
    list_push(&loop->ended, op);
}

/* The arena outlives the step that ended the operation; here no step is running any more. */
static bool deliver_outcomes(struct loop *loop)
{
    bool any = loop->ended.head != NULL;
    for (struct op *op; (op = list_pop(&loop->ended));) {
        op->done(op->ctx, &op->outcome);
        loop_arena_give(loop, op->arena);
        op->next = loop->spare_ops;
        loop->spare_ops = op;
    }
    return any;
}

/* Nobody waits for anything any more. */
static void hurry_timers(struct loop *loop)
{
    for (size_t i = 0; i < loop->timer_len; i++) {
        if (loop->timers[i].due_ms > loop->now_ms)
            loop->timers[i].due_ms = loop->now_ms;
        raise_timer(loop, i);
    }
}

static void cut(struct loop *loop)
{
    static const struct http_response lost = {
        .error = "stopped before the answer came", .maybe_sent = true, .timed_out = true};
    loop->cut = true;
    loop->transport.ops->drop(loop->transport.self);
    for (struct send *send; (send = loop->flying);) {
        land(loop, send);
        transport_done_fn *done = send->done;
        void *ctx = send->ctx;
        recycle_send(loop, send);
        done(ctx, &lost);
    }
    hurry_timers(loop);
}

/* How long the turn may wait, given the signal that may have come; INT64_MAX: as it likes. */
static int64_t heed_stop(struct loop *loop)
{
    if (!loop->stop || !*loop->stop || loop->cut)
        return INT64_MAX;
    int64_t now_ms = clock_monotonic_ms();
    if (loop->cut_at_ms == 0) {
        bool waits = loop->drains_on_stop || loop->has_changed;
        loop->cut_at_ms = now_ms + (waits ? loop->grace_ms : 0);
        if (loop->drains_on_stop)
            loop_drain(loop);
    }
    if (now_ms >= loop->cut_at_ms)
        cut(loop);
    return loop->cut ? INT64_MAX : loop->now_ms + loop->cut_at_ms - now_ms;
}

void loop_every(struct loop *loop, int64_t ms, loop_timer_fn *fn, void *ctx)
{
    loop->pulse.ms = ms;
    loop->pulse.next_ms = clock_monotonic_ms() + ms;
    loop->pulse.fn = fn;
    loop->pulse.ctx = ctx;
}

static void pulse(struct loop *loop)
{
    if (loop->pulse.ms == 0 || clock_monotonic_ms() < loop->pulse.next_ms)
        return;
    loop->pulse.fn(loop->pulse.ctx);
    loop->pulse.next_ms = clock_monotonic_ms() + loop->pulse.ms;
}

/* How long the turn may wait for what runs every so often; INT64_MAX: as it likes. */
static int64_t pulse_due_ms(const struct loop *loop)
{
    if (loop->pulse.ms == 0)
        return INT64_MAX;
    int64_t left_ms = loop->pulse.next_ms - clock_monotonic_ms();
    return loop->now_ms + (left_ms > 0 ? left_ms : 0);
}

static int64_t least(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

bool loop_turn(struct loop *loop)
{
    pulse(loop);
    loop->now_ms = loop->transport.ops->now_ms(loop->transport.self);
    int64_t stop_ms = heed_stop(loop);
    run_timers(loop);
    begin_what_fits(loop);
    int64_t until_ms = send_what_may_go(loop);
    if (deliver_outcomes(loop))
        return true;
    if (loop->timer_len > 0 && loop->timers[0].due_ms < until_ms)
        until_ms = loop->timers[0].due_ms;
    if (loop->in_flight == 0 && until_ms == INT64_MAX) {
        if (loop_running(loop) > 0)
            BUG("an operation waits for an answer that nobody will give");
        return false;
    }
    loop->transport.ops->wait(loop->transport.self,
                              least(until_ms, least(stop_ms, pulse_due_ms(loop))));
    loop->now_ms = loop->transport.ops->now_ms(loop->transport.self);
    deliver_outcomes(loop);
    return true;
}

void loop_drain(struct loop *loop)
{
    loop->draining = true;
    hurry_timers(loop);
}

bool loop_draining(const struct loop *loop)
{
    return loop->draining;
}

void loop_cut_on(struct loop *loop, const volatile sig_atomic_t *stop, int64_t grace_ms)
{
    loop->stop = stop;
    loop->grace_ms = grace_ms;
    loop->drains_on_stop = false;
}

void loop_stop_on(struct loop *loop, const volatile sig_atomic_t *stop, int64_t grace_ms)
{
    loop_cut_on(loop, stop, grace_ms);
    loop->drains_on_stop = true;
}

bool loop_is_cut(const struct loop *loop)
{
    return loop->cut;
}
