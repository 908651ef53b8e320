/* Everything that the program sends passes here: world_transport() and http_transport() are wrapped
 * by the linker (--wrap), and what they return is decorated. */
#include <stdio.h>
#include <stdlib.h>

#include "providers/http.h"
#include "simulator/world.h"
#include "tests/fault/answers.h"
#include "tests/fault/faults.h"

/* A request whose answer passes here, and what is to happen to it. */
struct victim {
    struct victim *next;
    const struct http_request *request; /* while it is not sent */
    char operation[OPERATION_MAX_LEN];  /* kept: whoever sent it may be gone when it is answered */
    struct fault_now fault;
    transport_done_fn *done;
    void *ctx;
};

struct faulty {
    struct transport inner;
    struct victim *first, **last; /* not sent: answered by the next wait() */
};

static const struct http_response unsent = {.error = "connection refused"};
static const struct http_response lost = {.error = "the connection was closed", .maybe_sent = true};

static void *take_memory(size_t size)
{
    void *memory = malloc(size);
    if (!memory) {
        fputs("no memory for the injectors\n", stderr);
        faults_die();
    }
    return memory;
}

static void inner_done(void *ctx, const struct http_response *response)
{
    struct victim victim = *(struct victim *)ctx;
    free(ctx);
    faults_answering(victim.operation);
    if (victim.fault.kind == HTTP_KILL_REPLY) {
        faults_tell("before-reply");
        faults_die();
    }
    struct http_response cut = *response;
    if (victim.fault.kind == HTTP_CUT)
        cut.body.len /= 2;
    victim.done(victim.ctx, victim.fault.kind == HTTP_LOST ? &lost : &cut);
}

static void send(void *self, const struct http_request *request, transport_done_fn *done, void *ctx)
{
    struct faulty *faulty = self;
    struct transport *inner = &faulty->inner;
    struct fault_now fault = faults_pass(SEAM_HTTP);
    faults_sending(request->operation);
    if (fault.kind == HTTP_KILL) {
        faults_tell("before-send");
        faults_die();
    }
    struct victim *victim = take_memory(sizeof(*victim));
    *victim = (struct victim){NULL, request, "", fault, done, ctx};
    if (request->operation)
        snprintf(victim->operation, sizeof(victim->operation), "%s", request->operation);
    if (fault.kind != HTTP_UNSENT && fault.kind != HTTP_CODE) {
        inner->ops->send(inner->self, request, inner_done, victim);
        return;
    }
    *faulty->last = victim;
    faulty->last = &victim->next;
}

/* Those that were there when it began: what they send anew waits for the next time. */
static bool answer_unsent(struct faulty *faulty)
{
    struct victim *all = faulty->first;
    faulty->first = NULL;
    faulty->last = &faulty->first;
    for (struct victim *one = all, *next; one; one = next) {
        next = one->next;
        one->done(one->ctx, one->fault.kind == HTTP_UNSENT
                                ? &unsent
                                : answers_make(one->fault.code, one->request));
        free(one);
    }
    return all != NULL;
}

static void wait_until(void *self, int64_t until_ms)
{
    struct faulty *faulty = self;
    if (!answer_unsent(faulty))
        faulty->inner.ops->wait(faulty->inner.self, until_ms);
}

static int64_t now_ms(void *self)
{
    const struct faulty *faulty = self;
    return faulty->inner.ops->now_ms(faulty->inner.self);
}

static void forget(struct faulty *faulty)
{
    while (faulty->first) {
        struct victim *victim = faulty->first;
        faulty->first = victim->next;
        free(victim);
    }
    faulty->last = &faulty->first;
}

static void drop(void *self)
{
    struct faulty *faulty = self;
    forget(faulty);
    faulty->inner.ops->drop(faulty->inner.self);
}

static void close_it(void *self)
{
    struct faulty *faulty = self;
    forget(faulty);
    faulty->inner.ops->close(faulty->inner.self);
    free(faulty);
}

static const struct transport_ops ops = {
    .send = send, .wait = wait_until, .now_ms = now_ms, .drop = drop, .close = close_it};

static struct transport decorate(struct transport inner)
{
    struct faulty *faulty = take_memory(sizeof(*faulty));
    *faulty = (struct faulty){.inner = inner};
    faulty->last = &faulty->first;
    return (struct transport){&ops, faulty};
}

struct transport __real_world_transport(struct world *world);
struct transport __wrap_world_transport(struct world *world);
struct transport __wrap_world_transport(struct world *world)
{
    return decorate(__real_world_transport(world));
}

bool __real_http_transport(const char *ca_bundle, struct transport *ret, struct diags *diags);
bool __wrap_http_transport(const char *ca_bundle, struct transport *ret, struct diags *diags);
bool __wrap_http_transport(const char *ca_bundle, struct transport *ret, struct diags *diags)
{
    struct transport inner;
    if (!__real_http_transport(ca_bundle, &inner, diags))
        return false;
    *ret = decorate(inner);
    return true;
}
