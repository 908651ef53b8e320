#pragma once
/* The effects of a plan: observe (refresh), recover (settle open intents) and apply. Everything
 * runs on one loop and one thread; the journal around each operation is what makes a kill at any
 * instruction harmless (docs/STATE.md). */

#include <signal.h>

#include "engine/plan/plan.h"
#include "providers/loop.h"
#include "state/state.h"

enum run_phase { RUN_STARTED, RUN_DONE, RUN_FAILED, RUN_SKIPPED };

struct run_event {
    enum run_phase phase;
    const struct change *change;
    int64_t ms; /* since it was started, on the world's clock */
};
typedef void run_progress_fn(void *ctx, const struct run_event *event);

struct run {
    struct arena *arena; /* command */
    struct loop *loop;
    struct state *state; /* NULL where nothing may be written */
    const struct schema_set *schemas;
    const struct topology *topology; /* NULL for a destroy whose file is not needed */
    struct diags *diags;
    size_t parallelism; /* operations at once; 0: 256 */
    run_progress_fn *progress;
    void *progress_ctx;
    const volatile sig_atomic_t *stop; /* a signal that arrived, or NULL: start nothing new */
    const struct run_saved *saved;     /* what the plan was read from, or NULL */
};
/* Of a plan that was made some time ago: each object is read again before it is touched, and what
 * is not as it was planned stays as it is (E_VALUE_MOVED), with all that depends on it. So does
 * what would no longer become what the file has a digest of. */
struct run_saved {
    struct seal_key key;                /* of the file */
    const char *const *desired_digests; /* of each change of the plan, as the file has them */
};

/* Reads every recorded object, and asks `find` about what is desired and not recorded, or gone.
 * Reads only. False when something could not be read: the observation is marked and a diagnostic
 * added. */
MUST_CHECK bool run_observe(struct run *run, const struct record *records, size_t record_len,
                            struct observation **ret, size_t *ret_len);

/* Settles the open intents of earlier runs by reading: adopts what AWS made, closes what it never
 * got. The records come back as they are then; `persist` writes that to the state as well. Never
 * mutates AWS. */
MUST_CHECK bool run_recover(struct run *run, struct record **records, size_t *record_len,
                            bool persist);

/* Records what the file says of objects beside their properties, where that has changed: what
 * guards them must be known when their entries have left the file. */
MUST_CHECK bool run_declare(struct run *run, struct record *records, size_t record_len);

/* Each change of the plan counts once: what was sent and has no recorded outcome as failed, what
 * was never begun as skipped. */
struct run_summary {
    size_t done, failed, skipped;
    /* Where the state could not be written: each call that was sent and whose intent therefore
     * stays open, as {"seq", "address", "type", "action", "account_id", "region", "identifier" (as
     * far as known), "outcome": "done" | "failed" | "abandoned" | "unknown"}. Else empty. */
    const struct value *unrecorded;
};
/* What is known before the first call: recorded, and observed by run_observe(). */
struct run_world {
    const struct record *records;
    size_t record_len;
    const struct observation *observations;
    size_t observation_len;
};
/* Records what somebody else has changed since, and the file says by now: no plan changes it, and
 * it is no drift any more. Of a plan of everything only, which has judged each object. */
MUST_CHECK bool run_agree(struct run *run, const struct plan *plan, const struct run_world *world);

/* Executes a plan. False when anything failed or was skipped. */
MUST_CHECK bool run_apply(struct run *run, const struct plan *plan, const struct run_world *world,
                          struct run_summary *ret);
