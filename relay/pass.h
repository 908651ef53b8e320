#pragma once
/* The relay's hands: carries points of the source vault through the decision core and starts the
 * copies that it asks for. One event (Lambda), or all points of the vault (reconcile: by the clock,
 * after `apply`, `relay once`).
 *
 * For each point: its tags, its copy jobs, the decision, StartCopyJob with the decision's token;
 * and before them, of a point that only an event tells of, what a list would have told. One that
 * has gone is left alone, with a worry where no copy of it is known. The tags are asked of the
 * service that the point's ARN names (RDS, EC2, FSx), then of AWS Backup, then of the point that
 * this one was copied from; where nobody tells them, what the rule of the point's plan declares
 * counts, and last `copy_untagged`. Points run side by side, at most RELAY_WINDOW at once.
 *
 * A point older than the job history is looked for in the last vault first, through the session of
 * its account (the reader role in Lambda), by resource and creation date, which copies keep. */

#include <signal.h>

#include "engine/base/clock.h"
#include "providers/loop.h"
#include "relay/decide/decide.h"
#include "relay/decide/failure.h"

#define RELAY_WINDOW 32
#define RELAY_LATE "the time of this invocation is over"
/* What is told of may not be readable yet: AWS answers reads from copies that lag behind, mostly by
 * seconds. A point that is not found so soon after its event is taken to be late, longer than
 * Lambda's two further tries take, and one that is not found after that to have gone. */
#define RELAY_FRESH_MS (10 * MINUTE_MS)

/* What was done about one point. All pointers are valid during the call only. */
struct relay_report {
    const struct relay_point *point;
    const struct relay_decision *decision; /* NULL when it failed before a decision */
    bool listed;                           /* met in a reconcile, not told by an event */
    const struct relay_job *jobs;          /* of the point, as far as they were listed */
    size_t job_len;
    const char *copy_job_id; /* of a copy that was started */
    const char
        *error; /* "service:Operation in account ..., region: Code: message (...)", or NULL */
    enum relay_failure failure; /* what the error means */
};
typedef void relay_report_fn(void *ctx, const struct relay_report *report);

struct relay_pass {
    struct arena *arena;
    struct loop *loop;
    const struct relay_config *config;
    int64_t now_ms;      /* of the world: how old points are */
    int64_t deadline_ms; /* on the wall clock; 0: none. When it has passed the pass fails at once
                            and leaves calls in flight: the loop must not be turned again */
    const volatile sig_atomic_t *stop; /* or NULL: once set no step begins; what flies ends */
    bool dry_run;
    bool backfill;     /* copies old points as well when nothing so old has been copied */
    bool retry_now;    /* no failure makes a point wait */
    bool whole_ledger; /* reports name the jobs that have gone well, too */
    relay_report_fn *report;
    void *ctx;
    /* Counts of the last call. A dry run counts as started what it would start; waiting: points
     * that a later pass may have to act on, those beyond the budget among them. */
    size_t points, started, refused, waiting, left, failed;
    /* Of these: what somebody should look at; started though the tag failed to travel; waiting for
     * `backfill`. And the source points whose life was shortened. */
    size_t worrying, untagged, need_backfill, shortened;
    bool by_pass;         /* of relay_handle(): nothing was begun, relay_reconcile() is to decide */
    size_t copies_failed; /* by the event: a copy FAILED or is PARTIAL; in a reconcile: first
                             copies that FAILED within a day */
    int64_t oldest_waiting_ms; /* when the oldest point was made that is to be copied and has no
                                  copy yet: it waits, failed, or a copy was just begun; 0: none */
};

/* One event; a scheduled one is a reconcile. A point that is old enough for the brake of a first
 * run is left to a pass (by_pass), which knows what has been copied before. False when it is not
 * one that can be understood, or when a call failed: the host hands it back, so that it is retried
 * and in the end lands in the dead letters. *ret_why names the cause. */
MUST_CHECK bool relay_handle(struct relay_pass *pass, const struct value *event,
                             const char **ret_why);
/* The same, and the pass when it takes one. */
MUST_CHECK bool relay_handle_fully(struct relay_pass *pass, const struct value *event,
                                   const char **ret_why);
/* All points of the source vault: starts what is missing, oldest first, one copy of a resource at a
 * time unless a point is about to expire, at most config->budget. It asks AWS for hardly more than
 * the pages of points, of jobs to each destination, and of the copies in the last vaults that are
 * new or, when there are points so old, older than the job history; tags are asked of those points
 * only that no job or copy settles. False when a call failed. */
MUST_CHECK bool relay_reconcile(struct relay_pass *pass, const char **ret_why);
