#pragma once
/* The state: one SQLite file (WAL, synchronous=FULL, mode 0600) that belongs to one topology in one
 * world. It keeps what we own (records), the journal of intents and outcomes, runs and history.
 *
 * Rules: no mutating request before its intent is committed; no dependent before the outcome is
 * committed; outcome and row change in one transaction; open intents are settled by reading, never
 * by guessing. */

#include <signal.h>
#include <stdbool.h>

#include "engine/base/diag.h"
#include "engine/base/record.h"
#include "state/envelope.h"
#include "state/remote.h"

struct state;

struct state_options {
    const char *path;
    const char *topology;      /* name, compared with the file's */
    const char *world;         /* "aws", "endpoint <8 hex>", or "simulated": state_meet_world() */
    bool read_only;            /* no lock, no creation; a missing file reads as empty */
    const char *command, *who; /* for the run row and the holder's note */
    int64_t lock_timeout_ms;   /* how long to wait for another writer */
    const volatile sig_atomic_t *stop; /* not 0: no longer; or NULL */
    /* Where the state is shared; the file at `path` is then a cache of it. NULL: only the file. */
    const struct remote *remote;
    bool recover;   /* a shared state whose head is missing gets a new one: state_was_recovered() */
    bool take_over; /* whoever wrote a shared state until now can write nothing more to it */
    /* How what is shared is encrypted; NULL: it stands there in clear. */
    const struct sealing *sealing;
};

/* Opens, creating when absent, and takes the lock unless read_only (E_STATE_LOCKED names the
 * holder). */
MUST_CHECK bool state_open(struct arena *arena, const struct state_options *options,
                           struct state **ret, struct diags *diags);
/* The end of what is written to a shared state: a snapshot of what has changed, and the lock is
 * given back. What could not be written is reported; what the journal holds is not lost. A state
 * that is closed without it keeps its lock. */
void state_finish(struct state *state, struct diags *diags);
void state_close(struct state *state); /* accepts NULL; releases the lock of the file */
/* Keeps the lock of a shared state alive; to be called every few seconds. False, with
 * E_STATE_FENCED: somebody has broken it, and nothing more can be written. */
MUST_CHECK bool state_keep(struct state *state, struct diags *diags);
bool state_was_recovered(const struct state *state);
/* What `take_over` asks for has been done; a state that is still to be made has nothing to take. */
bool state_was_taken_over(const struct state *state);
/* The run of somebody else that a reader has met in a shared state, for people; or NULL. */
const char *state_under_way(const struct state *state);
/* The ARNs of the keys that a shared state, as it stands, is encrypted under: a list of texts; NULL
 * where none is known. */
const struct value *state_keys(const struct state *state);
const char *state_lineage(const struct state *state);
int64_t state_serial(const struct state *state); /* rises with every committed outcome */
bool state_is_new(const struct state *state);
/* There are many simulated worlds, each with an id of its own, and a state serves one: a state that
 * has met none takes this one (reading only: compares), one that has met another is
 * E_STATE_FOREIGN. id NULL: the world at `path` is still to be made, so that it cannot be the one.
 */
MUST_CHECK bool state_meet_world(struct state *state, const char *id, const char *path,
                                 struct diags *diags);

MUST_CHECK bool state_load(struct state *state, struct arena *arena, struct record **ret,
                           size_t *ret_len, struct diags *diags);
/* The generation of an address that has no row (0 when never used): deterministic tokens need it.
 */
int64_t state_generation(struct state *state, const char *address);
/* Token of a create: first 32 hex of SHA-256(lineage, address, generation). */
const char *state_token(struct state *state, struct arena *arena, const char *address);
/* Token of a create beside the object that it replaces, or after one that is gone without a delete
 * of ours: of the next generation, or AWS would answer with the old object. The record of the new
 * object carries that generation. */
const char *state_replacement_token(struct state *state, struct arena *arena, const char *address);

/* ---- journal ---- */
struct intent {
    int64_t seq, run;
    const char *address, *type, *action, *token;  /* action: create, update, delete, adopt */
    const char *account_id, *region, *identifier; /* identifier: NULL for create */
    const struct value
        *desired;       /* resolved properties of a create or update (sensitive ones as digests) */
    const char *digest; /* SHA-256 of the canonical desired properties */
    int64_t at_ms;
};
MUST_CHECK bool journal_begin_run(struct state *state, const char *plan_fingerprint, int64_t now_ms,
                                  struct diags *diags);
/* Adds to the batch of this turn; ->seq is filled in. Nothing is durable before journal_commit().
 */
MUST_CHECK bool journal_intent(struct state *state, struct intent *intent, struct diags *diags);
enum outcome { OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_ABANDONED /* settled: AWS never got it */ };
const char *outcome_name(enum outcome outcome); /* "done", "failed", "abandoned" */
/* Closes an intent. `record` is the row to write; NULL leaves the row alone, unless `remove`
 * deletes it (which raises the generation). */
MUST_CHECK bool journal_outcome(struct state *state, int64_t seq, enum outcome outcome,
                                const struct record *record, bool remove, const char *detail,
                                int64_t now_ms, struct diags *diags);
/* A row change that needed no call (refresh, forget, adopt of what is shared): address for removal.
 */
MUST_CHECK bool state_put(struct state *state, const struct record *record, int64_t now_ms,
                          struct diags *diags);
MUST_CHECK bool state_remove(struct state *state, const char *address, int64_t now_ms,
                             struct diags *diags);
/* The row of `from` at the address of the record; its old address begins a new life, as after a
 * deletion. The same address: as state_put(). */
MUST_CHECK bool state_move(struct state *state, const char *from, const struct record *record,
                           int64_t now_ms, struct diags *diags);
/* One transaction, one fsync, for all since the last commit. Nothing pending: no-op. */
MUST_CHECK bool journal_commit(struct state *state, struct diags *diags);
MUST_CHECK bool journal_end_run(struct state *state, const char *result, int64_t now_ms,
                                struct diags *diags);
MUST_CHECK bool journal_open_intents(struct state *state, struct arena *arena, struct intent **ret,
                                     size_t *ret_len, struct diags *diags);
/* The creations that were given up since then: what was sent may arrive all the same. Not those of
 * an address that a later run has removed: what it let go of is not taken back. */
MUST_CHECK bool journal_abandoned_creates(struct state *state, struct arena *arena,
                                          int64_t since_ms, struct intent **ret, size_t *ret_len,
                                          struct diags *diags);
/* Key/value facts about the topology, such as the outputs of the last apply. */
MUST_CHECK bool state_set_fact(struct state *state, const char *key, const struct value *v,
                               struct diags *diags);
const struct value *state_fact(struct state *state, struct arena *arena, const char *key);
