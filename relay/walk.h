#pragma once
/* One point on its way: tags, jobs, decision, start. Private to the relay: pass.c brings one point
 * of an event, reconcile.c many of the vault's list. */

#include "providers/aws/aws.h"
#include "relay/ledger.h"
#include "relay/pass.h"

struct lane;

struct walk {
    struct relay_pass *pass;
    struct relay_point point;
    struct relay_decision decision;
    const struct relay_job *jobs;
    size_t job_len;
    bool listed;                        /* met in a reconcile: its jobs are known */
    bool shortens;                      /* it has been copied: only its life is to be shortened */
    int64_t told_ms;                    /* when AWS told of it by an event; 0: not known */
    bool looked_again;                  /* it was not there yet when it was looked at first */
    const char *plan_name, *rule_name;  /* that made it, or NULL */
    const char *source_arn;             /* the point that this one was copied from, or NULL */
    const char *source_region;          /* where that is, in the relay's account, or NULL */
    const char *tagged_arn;             /* whose tags are read now: the point's or its source's */
    bool asked_service, asked_backup;   /* for them */
    const char *forgotten_id;           /* of a job that the list tells of no more, or NULL */
    const char *tags_error;             /* why its own tags cannot be read; NULL: they can */
    const char *source_error;           /* the same of its source's */
    enum relay_failure failure;         /* what the error that ends it means */
    const struct aws_operation *called; /* last, with its place, for messages */
    const char *called_account, *called_region;
    struct lane *lane;         /* of its resource: one walk at a time */
    struct walk *next_in_lane; /* the next younger one of its resource */
    struct walk *next_ready;
    struct walkers *walkers;
};

/* One copy of a resource at a time: AWS Backup runs no more of most types, and would fail them. A
 * point that is about to expire does not stand in line: it may be gone when its turn has come. */
struct lane {
    bool busy; /* a copy of the resource is under way, or has just been started */
    struct walk *last;
};

struct walkers {
    struct relay_pass *pass;
    struct walk *ready; /* the first is the next to begin */
    size_t waiting;     /* ready ones and those behind them */
    size_t running;
    int64_t budget;
    int64_t oldest_copied_ms; /* relay_decide_brake(); 0: no brake */
    const bool *looked;       /* which last vaults were looked at, or NULL */
};

/* Puts the walks, oldest first, in their lanes. */
void walkers_line_up(struct walkers *walkers, struct walk *walks, size_t len,
                     const struct relay_ledger *ledger);
/* Walks them all; true when no call failed. */
MUST_CHECK bool walkers_run(struct walkers *walkers, const char **ret_why);

/* ---- for the steps ---- */

void walk_call(struct walk *walk, const char *account_id, const char *region,
               const struct aws_operation *operation, const struct value *labels,
               const struct value *query, const struct value *body, aws_done_fn *done);
/* Its decision stands without a walk: counts and tells it. */
void walk_conclude(const struct walk *walk);
void walk_end(struct walk *walk, const char *copy_job_id, const char *error);
const char *walk_error(struct walk *walk, const struct response *rs);
/* "service:Operation in account ..., region: Code: message (request id ...)" */
const char *relay_error_text(struct arena *arena, const struct aws_operation *operation,
                             const char *account_id, const char *region, const struct response *rs);
bool relay_stopped(const struct relay_pass *pass);
bool relay_too_late(const struct relay_pass *pass);
/* One turn of the loop, that ends no later than the pass does. False: the loop is idle. */
MUST_CHECK bool relay_turn(struct relay_pass *pass);
void relay_reset(struct relay_pass *pass); /* its counts */
/* An alarm: a copy FAILED or is PARTIAL. hop: "1" into the source vault, "2" out of it. */
void relay_tell_failed(struct relay_pass *pass, const char *hop, const char *state,
                       const char *reason, const char *resource_arn, const char *id);
/* Where a copy came from, if that is a place of the relay's own account; else NULL. */
const char *relay_source_region(const struct relay_pass *pass, const char *vault_arn);

/* point_tags.c: fills in walk->point.tags, then goes on with walk_decide(). */
void walk_read_tags(struct walk *walk);
void walk_decide(struct walk *walk);
