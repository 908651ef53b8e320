#pragma once
/* The loop: starts operations, delivers answers, runs timers. One thread, callbacks only, driven by
 * turns so that the executor can put a commit between the outcomes of one turn and the calls of the
 * next (docs/ARCHITECTURE.md, "Executor"). */

#include "providers/provider.h"
#include "providers/transport.h"

struct loop;

enum op_kind { OP_READ, OP_CREATE, OP_UPDATE, OP_REMOVE, OP_FIND };
enum op_result { OP_RESULT_DONE, OP_RESULT_FOUND, OP_RESULT_GONE, OP_RESULT_FAILED };

struct op_spec {
    enum op_kind kind;
    const struct resource_ops *ops;
    const struct schema *schema;
    const char *address, *account_id, *region, *partition, *identifier, *token;
    const struct value *desired, *prior;
    struct source_pos pos; /* for diagnostics of AWS faults */
};

struct op_outcome {
    enum op_result result;
    const char *identifier;
    const struct value *attributes;
    enum ownership ownership;
    enum fault fault; /* when failed */
};
/* Valid only during the call: copy what is kept. Runs from inside loop_turn(). */
typedef void op_outcome_fn(void *ctx, const struct op_outcome *outcome);

struct loop *loop_new(struct transport transport, struct diags *diags);
void loop_free(struct loop *loop);            /* drops what is in flight */
int64_t loop_now_ms(const struct loop *loop); /* the world's clock, one value a turn */
struct diags *loop_diags(struct loop *loop);

/* The operation begins inside the next loop_turn(), so that an intent can be committed first. */
void loop_start(struct loop *loop, const struct op_spec *spec, op_outcome_fn *done, void *ctx);
typedef void loop_timer_fn(void *ctx);
void loop_after(struct loop *loop, int64_t ms, loop_timer_fn *fn, void *ctx);
/* One turn: begins started operations, sends what throttling lets through, waits for an answer or
 * the next timer, runs the steps. False when nothing is running, waiting or timed: the loop is
 * idle. */
MUST_CHECK bool loop_turn(struct loop *loop);
size_t loop_running(const struct loop *loop);              /* operations that have not ended */
size_t loop_call_count(const struct loop *loop);           /* requests sent, retries included */
void loop_set_window(struct loop *loop, size_t in_flight); /* default 256 */
/* Ends the loop's work early: what has not been sent fails as E_TIMEOUT, what flies may finish. */
void loop_drain(struct loop *loop);

/* What providers/aws hangs on the loop (sessions, endpoints, throttle buckets). */
void loop_set_provider(struct loop *loop, void *provider);
void *loop_provider(struct loop *loop);
struct loop *op_loop(struct op *op);

/* Sends one raw request for an op (or for NULL: calls without one) under a throttle bucket; used by
 * providers/aws/call.c only. */
void loop_send(struct loop *loop, const struct http_request *request, const char *bucket,
               transport_done_fn *done, void *ctx);
void loop_bucket_feedback(struct loop *loop, const char *bucket, bool throttled);
