#pragma once
/* Practice: applies a topology to a simulated world, lets days pass, and counts which backups
 * arrived in a last vault. Guards on irreversible changes do not apply in it, and nothing outside
 * the world is touched. A fresh world and its state are gone afterwards.
 *
 * A backup is a scheduled job of one of the topology's plans that have a route to a last vault: a
 * copy action into a relay's source vault, or into a vault of another account. Each is expected
 * once at the end of each route of its rule, and is missing when its rule has none. Routes of a
 * rule that lead into the same last vault are one: what comes by either has arrived. A resource
 * that is protected by a plan without any route is unrouted, whether a backup fell due or not; a
 * plan that protects no resource is idle. After its days a drill starts no new backups and lets
 * what has begun come to its end, at most DRILL_DRAIN_MS; while a backup is on its way the
 * schedules of EventBridge, which may bring it, fire once more.
 *
 * A drill may break something: in the middle of its days a fault strikes, and with their end it is
 * mended, if it can be. Then the drill goes on until every backup has arrived, at most
 * DRILL_MENDED_MS beyond what has begun. */

#include <signal.h>

#include "engine/config/resource.h"
#include "engine/drill/faults.h"

#define DRILL_DRAIN_MS (72 * HOUR_MS)
#define DRILL_MENDED_MS (26 * HOUR_MS) /* what looks once a day has looked by then */

struct run;

/* The world just after a blow, for whoever wants to look at it as it then stands. */
struct drill_view {
    const struct run *run; /* with the loop; `diags` are of the drill */
    struct record *records;
    size_t record_len;
};
/* Ids of the rules that have something to say, by spaces; reads only. */
typedef const char *drill_look_fn(void *ctx, const struct drill_view *view);

struct drill_options {
    const struct topology *topology;
    const struct schema_set *schemas;
    int64_t days;
    int64_t start_ms;                /* of a fresh world; 0: where fresh worlds begin */
    const char *world_path;          /* goes on with that one; NULL: a fresh one in memory */
    const char *state_path;          /* of that world; not used for a fresh one */
    const char *program_version;     /* part of a plan's fingerprint */
    const struct drill_fault *fault; /* that strikes; or NULL */
    drill_look_fn *look;             /* after a blow that changed what AWS shows; or NULL */
    void *look_ctx;
    /* A signal that arrived, or NULL: the drill ends without a count. */
    const volatile sig_atomic_t *stop;
};

/* One thing that happened. Texts that do not apply are NULL. */
struct drill_line {
    int64_t at_ms;
    const char *account, *account_id, *region; /* account: its name in the topology, else its id */
    const char *what;    /* "backup", "copy", "relay", "alarm", "expire", "event lost", ... */
    const char *address; /* the resource's short name, or the address of an entry */
    const char *vault;   /* the address of the vault, else its ARN */
    const char *key;     /* "aws/rds", "keys.final", an ARN, "none" */
    const char *state, *message, *point_arn, *source_point_arn;
    bool locked; /* the vault was when the point arrived */
    bool rang;   /* an alarm of CloudWatch; else a function only logged it */
    bool heard;  /* it did, and a topic took it that somebody has subscribed to */
};

struct drill_miss {
    int64_t at_ms; /* the backup's creation date; 0: of a resource without route */
    const char *resource, *plan, *rule, *reason; /* resource NULL: the plan protects none */
    const char *const *vaults; /* addresses, else ARNs, of the last ones that it was to reach,
                                  NULL-terminated; NULL: any of its plan's */
};

/* What a fault did. */
struct drill_blow {
    int64_t struck_ms, mended_ms;  /* mended 0: it cannot be */
    const struct drill_try *tries; /* what somebody tried meanwhile */
    size_t try_len;
    size_t kept;       /* points that came to a last vault and are to be there still */
    size_t destroyed;  /* of them, those that are not, or are to go sooner than they were */
    size_t unreadable; /* and those whose key is gone or on its way */
    const char *seen;  /* what a look found, or "" */
};

struct drill_report {
    int64_t days;
    size_t backups, arrived, missing, duplicates, unrouted, alarms;
    size_t idle_plans;      /* that protect nothing at all */
    size_t late;            /* of those that arrived, slower than `late_after_ms` */
    int64_t late_after_ms;  /* 0: none is */
    struct drill_blow blow; /* of a drill with a fault */
    int64_t slowest_ms;     /* from the backup's creation date to its last vault */
    const struct drill_line *lines;
    size_t line_len;
    const struct drill_miss *misses;
    size_t miss_len;
    const char *note; /* why there was no backup, where that is nobody's fault; or NULL */
    int exit_status;  /* 2 whenever anything is missing, doubled, unrouted or idle, else 0 */
};

/* False when the topology could not be applied, the world not be kept, or a signal arrived. */
MUST_CHECK bool drill_run(struct arena *arena, const struct drill_options *options,
                          struct drill_report *ret, struct diags *diags);

/* As people read it: the timeline, the misses with their reasons, the totals. */
const char *drill_report_text(struct arena *arena, const struct drill_report *report);
const struct value *drill_report_to_json(struct arena *arena, const struct drill_report *report);
