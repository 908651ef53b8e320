#pragma once
/* The simulated AWS: many accounts and Regions in one SQLite file, with virtual time.
 *
 * A world answers HTTP requests exactly as they would go over the wire (signed, encoded): in
 * process through world_transport(), over HTTP through server.h. Service and Region come from the
 * credential scope of the Authorization header, the account from the access key id (a 12-digit
 * account id, or one that AssumeRole returned). Time moves only by world_advance_to(), which runs
 * what falls due on the way: backup schedules, jobs, events, deliveries, expirations.
 *
 * No table here is shared with the providers, and nothing here is evidence of how AWS behaves. */

#include <signal.h>
#include <stdbool.h>

#include "engine/base/diag.h"
#include "providers/transport.h"

struct world;

#define WORLD_EPOCH_MS                                                                             \
    ((int64_t)1767225600000) /* 2026-01-01T00:00:00Z: where fresh worlds begin                     \
                              */

struct world_options {
    const char *path;  /* ":memory:" or a file, created when absent */
    bool wall_clock;   /* served: now = wall clock + offset; else virtual */
    bool record_calls; /* keep the ledger of calls */
    /* How long an answer takes: in process on the world's clock, over HTTP on the wall clock. */
    int64_t latency_ms;
    /* A signal that arrived, or NULL: no task begins any more, and a function that runs is ended
     * with all its processes. */
    const volatile sig_atomic_t *stop;
};
MUST_CHECK bool world_open(const struct world_options *options, struct world **ret,
                           struct diags *diags);
void world_close(struct world *world); /* accepts NULL; stops bootstraps and the inner server */
bool world_is_new(const struct world *world);
/* 8 hex digits that no other world's file has, made with the file; the same for every world in
 * memory. */
const char *world_id(const struct world *world);

/* What a fresh world holds (CLI.md): as JSON so that engine/drill can make it from a topology
 * without this layer knowing topologies:
 * {"accounts": [{"id","name","parent": an organizational unit,"status","partition"}],
 *  "organization": {"id","management","partition","root","units": [ids]}, "cross_account_backup":
 * bool, "roles": [arn...] (made with a trust for everybody in the world and administrator rights),
 *  "keys": [{"account_id","region","alias","shared_with": [account ids]}] (customer managed),
 *  "vaults": [{"account_id","region","name"}],
 *  "buckets": [{"account_id","region","name"}] (versioned, closed to the public),
 *  "principals": [arn...] (only exist, for policies that name them),
 *  "databases": [{"account_id","region","name","arn","key": "aws/rds"|"none"|key arn,"tags": {},
 *                 "type": where the ARN does not tell,
 *                 "cluster": of an instance the ARN of its cluster}] (of every type that AWS Backup
 * protects), "opt_in_off": [{"account_id","region"}], "rds_single_hop": false, "settings":
 * {"iam_delay_ms": 0, "page_size": n, ...} (how hard the world is on its callers)} */
MUST_CHECK bool world_seed(struct world *world, const struct value *seed, struct diags *diags);
/* Of that the buckets, into a world that is not fresh; one that is there stays as it is. */
MUST_CHECK bool world_seed_buckets(struct world *world, const struct value *seed,
                                   struct diags *diags);

int64_t world_now_ms(struct world *world);
MUST_CHECK bool world_advance_to(struct world *world, int64_t ms, struct diags *diags);
bool world_has_pending(
    struct world *world); /* jobs, deliveries or invocations that have not ended */
/* By when each schedule of EventBridge will have fired once more; 0: there is none. */
int64_t world_schedules_due_ms(struct world *world);
/* No new scheduled backups while paused: a drill lets what has begun come to its end. */
void world_pause_schedules(struct world *world, bool paused);
/* Time passes, and no schedule at all fires meanwhile: neither backups nor rules nor functions. */
MUST_CHECK bool world_sleep(struct world *world, int64_t until_ms, struct diags *diags);
/* Runs what is due without moving the clock: a served world calls it between requests. */
void world_step(struct world *world);
/* Each has its own requests under way: one may be driven while another waits. */
struct transport world_transport(struct world *world);

/* Every object as sorted JSON; stable leaves out ids, times and tokens. */
const struct value *world_dump(struct world *world, struct arena *arena, bool stable);
/* The ledger:
 * [{"seq","at","account_id","region","service","operation","writes":bool,"status","code",
 * "created": how many objects it brought into being,
 * "judged": of callers who may not do everything, [{"action","resource","allowed":bool}]}] */
const struct value *world_calls(struct world *world, struct arena *arena);
/* What every plan's selections take now: [{"plan_id","resource_arn"}], each resource of a plan
 * once. */
const struct value *world_protected(struct world *world, struct arena *arena);
/* What happened, for drills: [{"at","account_id","region","what","address","detail",...}] since
 * seq. */
const struct value *world_timeline(struct world *world, struct arena *arena);
