#pragma once
/* The shared form of a state. Private to state/; docs/STATE.md tells what the guarantees are.
 *
 *     <key>                        the head: which snapshot is the last, and whose run is under way
 *     <key>.lock                   remote_lock.h
 *     <key>.journal/000000000012   a batch: what one turn wrote, before it took effect anywhere
 *     <key>.snapshots/000000000012-1a2b3c4d.0  the state with all batches up to that number in it,
 *                                  in parts that fit into one object each
 *     <key>.documents/000000000013-1a2b3c4d.0  what that batch has put in the place of the state
 *
 * Batches are numbered through all runs and written only where none stands, so the journal is the
 * fence: whoever finds a number taken by another has lost the state and stops. The head is replaced
 * only over the version that was read, so nobody overwrites what he has not seen. The file of this
 * machine is a cache: it holds the state up to a batch, says which, and is rebuilt when it is
 * missing or damaged. */

#include "state/batch.h"
#include "state/remote.h"

/* Takes the lock, brings the file up to date and, where a run was cut off, keeps it out from now
 * on. The state is open for writing. */
MUST_CHECK bool mirror_open(struct state *state, const struct state_options *options,
                            struct diags *diags);
/* Brings the file, or a copy of it, up to date without the shared lock, for a reader. The state is
 * open for writing.
 * *ret_absent: nobody has shared it yet. */
MUST_CHECK bool mirror_refresh(struct state *state, const struct state_options *options,
                               bool *ret_absent, struct diags *diags);
/* Whether the file that a reader has opened is as new as the shared state: costs one HEAD. */
enum mirror_age { MIRROR_CURRENT, MIRROR_OLD, MIRROR_UNKNOWN /* reported */ };
enum mirror_age mirror_compare(struct state *state, const struct state_options *options,
                               struct diags *diags);

/* What the file is a cache of; NULL: of nothing. */
const char *mirror_place(struct state *state, struct arena *arena);

/* Where notes are taken; NULL: the state is not shared, or is being brought up to date. */
struct batch *mirror_batch(struct state *state);
/* Writes the batch of this turn, inside the transaction that is about to be committed. False, with
 * E_STATE_FENCED or E_STATE_REMOTE: the turn must not take effect, and nothing more is written. */
MUST_CHECK bool mirror_publish(struct state *state, struct diags *diags);
/* The transaction was committed, or given up. */
void mirror_committed(struct state *state);
void mirror_abandoned(struct state *state);
/* Inside the transaction that replaces the file as a whole: so will be the shared state. */
MUST_CHECK bool mirror_replace(struct state *state, struct diags *diags);
/* Gives up what it has in memory: the lock stays until it is broken. */
void mirror_drop(struct state *state);
