/* The world as a transport: requests are answered inside wait(), at the world's time. */
#include "simulator/internal.h"

#include <string.h>

#include "engine/base/log.h"

/* One way to the world: what is under way on it, by arrival. */
struct way {
    struct world *world;
    struct pending_request *flight, *flight_tail, *free_flight;
};

static void enqueue(void *self, const struct http_request *request, transport_done_fn *done,
                    void *ctx)
{
    struct way *way = self;
    struct world *world = way->world;
    struct pending_request *pending = way->free_flight;
    if (pending)
        way->free_flight = pending->next;
    else
        pending = arena_new_of(world->arena, struct pending_request);
    *pending = (struct pending_request){.request = request,
                                        .done = done,
                                        .ctx = ctx,
                                        .due_ms = world_now_ms(world) + world->latency_ms};
    if (way->flight_tail)
        way->flight_tail->next = pending;
    else
        way->flight = pending;
    way->flight_tail = pending;
}

static bool has_company(const struct way *way, const struct http_request *request)
{
    for (const struct pending_request *p = way->flight; p; p = p->next)
        if (str_eq(p->request->method, request->method) && str_eq(p->request->path, request->path))
            return true;
    return false;
}

static void answer(struct way *way, struct pending_request *pending)
{
    struct arena *arena = arena_new();
    const struct http_request *rq = pending->request;
    struct sim_request request = {
        .method = rq->method,
        .target = arena_printf(arena, "%s%s%s", rq->path, rq->query && *rq->query ? "?" : "",
                               rq->query ? rq->query : ""),
        .headers = rq->headers,
        .header_len = rq->header_len,
        .body = rq->body,
        .beside = has_company(way, rq),
    };
    struct sim_response made;
    world_handle(way->world, arena, &request, &made);
    struct http_response response = {.status = made.status,
                                     .headers = made.headers,
                                     .header_len = made.header_len,
                                     .body = made.body,
                                     .maybe_sent = true};
    if (made.broken_off)
        response = (struct http_response){.error = "the transfer ended early", .maybe_sent = true};
    pending->done(pending->ctx, &response);
    arena_free(arena);
}

/* Delivers those that were in flight when it was called; what they send waits for the next turn. */
static bool deliver(struct way *way)
{
    bool any = false;
    struct pending_request *last = way->flight_tail;
    while (way->flight && way->flight->due_ms <= world_now_ms(way->world)) {
        struct pending_request *pending = way->flight;
        way->flight = pending->next;
        if (!way->flight)
            way->flight_tail = NULL;
        answer(way, pending);
        any = true;
        bool was_last = pending == last;
        pending->next = way->free_flight;
        way->free_flight = pending;
        if (was_last)
            break;
    }
    return any;
}

static void move_to(struct world *world, int64_t ms)
{
    struct diags diags;
    struct arena *arena = arena_new();
    diags_init(&diags, arena);
    if (!world_advance_to(world, ms, &diags))
        log_event(LOG_ERROR, "the world cannot go on", "why", diags.items[0].message, NULL);
    arena_free(arena);
}

static void wait_until(void *self, int64_t until_ms)
{
    struct way *way = self;
    if (deliver(way))
        return;
    int64_t next = until_ms;
    if (way->flight && way->flight->due_ms < next)
        next = way->flight->due_ms;
    if (next > world_now_ms(way->world))
        move_to(way->world, next);
    deliver(way);
}

static int64_t now_ms(void *self)
{
    const struct way *way = self;
    return world_now_ms(way->world);
}

static void drop_all(void *self)
{
    struct way *way = self;
    way->flight = way->flight_tail = NULL;
}

static const struct transport_ops ops = {
    .send = enqueue, .wait = wait_until, .now_ms = now_ms, .drop = drop_all, .close = drop_all};

struct transport world_transport(struct world *world)
{
    struct way *way = arena_new_of(world->arena, struct way);
    *way = (struct way){.world = world};
    return (struct transport){&ops, way};
}
