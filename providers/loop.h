#pragma once
/* The loop: starts operations, delivers answers, runs timers. One thread, callbacks only, driven by
 * turns so that the executor can put a commit between the outcomes of one turn and the calls of the
 * next (docs/ARCHITECTURE.md, "Executor"). */

#include <signal.h>

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
    bool may_be_new;        /* find: op_may_be_new() */
    const char *other_than; /* find: op_is_known() of this one; or NULL */
    struct source_pos pos;  /* for diagnostics of AWS faults */
};

struct op_outcome {
    enum op_result result;
    const char *identifier; /* when failed: of what exists all the same (op_made()), or NULL */
    const struct value *attributes;
    enum ownership ownership;
    enum fault fault; /* when failed */
};
/* Valid only during the call: copy what is kept. Runs from inside loop_turn(). */
typedef void op_outcome_fn(void *ctx, const struct op_outcome *outcome);

struct loop *loop_new(struct transport transport, struct diags *diags);
/* Drops what is in flight. The transport is its maker's, who closes it right after. */
void loop_free(struct loop *loop);
int64_t loop_now_ms(const struct loop *loop); /* the world's clock, one value a turn */
struct diags *loop_diags(struct loop *loop);
/* Messages go there from now on; gives where they went before. */
struct diags *loop_tell(struct loop *loop, struct diags *diags);

/* The operation begins inside a later loop_turn(), as soon as the window has room, so that an
 * intent can be committed first. What the spec points to must stay valid until the operation has
 * ended. */
void loop_start(struct loop *loop, const struct op_spec *spec, op_outcome_fn *done, void *ctx);
typedef void loop_timer_fn(void *ctx);
void loop_after(struct loop *loop, int64_t ms, loop_timer_fn *fn, void *ctx);
/* Runs fn at the beginning of a turn, when so many milliseconds of real time have passed since
 * the last time, and no turn waits for longer than until then. It is no work of the loop's: one
 * without work is idle all the same. One only. */
void loop_every(struct loop *loop, int64_t ms, loop_timer_fn *fn, void *ctx);
/* One turn: begins started operations, sends what throttling lets through, waits for an answer or
 * the next timer, runs the steps. False when nothing is running, waiting or timed: the loop is
 * idle. */
MUST_CHECK bool loop_turn(struct loop *loop);
size_t loop_running(const struct loop *loop);              /* operations that have not ended */
size_t loop_call_count(const struct loop *loop);           /* requests sent, retries included */
void loop_set_window(struct loop *loop, size_t in_flight); /* default 256 */
/* Ends the loop's work early: changes that have not been sent fail as E_TIMEOUT, and so does what
 * waits; what flies may finish, and reads go on, so that what was changed is read back. */
void loop_drain(struct loop *loop);
bool loop_draining(const struct loop *loop);
/* Once a signal's number stands in *stop the loop drains, and what has not ended `grace_ms` later,
 * on the wall clock, is cut: nothing is sent any more, and what flies and what waits fails as if
 * its answer were lost, reads included. 0: at once, for work that has changed nothing. */
void loop_stop_on(struct loop *loop, const volatile sig_atomic_t *stop, int64_t grace_ms);
/* The same without draining: until it is cut everything goes on as if there had been no signal. A
 * loop that has sent nothing yet that changes something is cut at once. */
void loop_cut_on(struct loop *loop, const volatile sig_atomic_t *stop, int64_t grace_ms);
bool loop_is_cut(const struct loop *loop);

/* What providers/aws hangs on the loop (sessions, endpoints, throttle buckets). */
void loop_set_provider(struct loop *loop, void *provider);
void *loop_provider(struct loop *loop);
struct loop *op_loop(struct op *op);

/* The rest is for providers/aws/call.c.
 *
 * Sends one request under a throttle bucket, when bucket and window let it through. It is built
 * only then, so that signatures are fresh however long it waited. What `build` returns must stay
 * valid until `done`, which runs exactly once: with an answer, or with status 0. Mutating calls
 * pass the fault points "after-send" and "after-reply". */
typedef const struct http_request *loop_build_fn(void *ctx);
struct loop_send {
    const char *bucket; /* copied */
    bool mutates;
    loop_build_fn *build;
    transport_done_fn *done;
    void *ctx;
};
void loop_send(struct loop *loop, const struct loop_send *send);
void loop_bucket_feedback(struct loop *loop, const char *bucket, bool throttled);

/* Arenas of calls without an operation, from the loop's pool; loop_free() frees what is out. */
struct arena *loop_arena_take(struct loop *loop);
void loop_arena_give(struct loop *loop, struct arena *arena);

/* One more answer is due for the operation; later op_resume() runs its step. The step is left out
 * when the operation has ended meanwhile. */
void op_expect(struct op *op);
void op_resume(struct op *op, op_step_fn *step, const struct response *rs);
bool op_ended(const struct op *op);
bool op_reads(const struct op *op); /* a read or a search: it goes on while the loop drains */
/* The catalogue's code for an answer that is an error. */
enum diag_code response_diag_code(const struct response *rs);
/* Codes of `struct response` that no server sent. */
#define CODE_NOT_SENT "NotSent"         /* the loop was drained */
#define CODE_TIMEOUT "Timeout"          /* no answer in time */
#define CODE_UNREACHABLE "Unreachable"  /* no connection */
#define CODE_LOST "ConnectionLost"      /* the connection broke: the call may have run */
#define CODE_BAD_ANSWER "BadAnswer"     /* an answer that cannot be read */
#define CODE_NO_SESSION "NoCredentials" /* reported once, where the session failed */
