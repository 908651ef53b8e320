#pragma once
/* What a turn of the journal writes, as JSON: the same operations that journal.c performs on the
 * file, so that another machine can perform them on its own. Private to state/. */

#include "engine/base/strbuf.h"
#include "engine/base/value.h"
#include "state/state.h"

/* The records of the turn under way, as text. */
struct batch {
    struct arena *arena;
    struct strbuf text;
    size_t len;
    int64_t run; /* under way when the first one was added */
};
void batch_init(struct batch *batch, struct arena *arena); /* the arena is the batch's own */
void batch_clear(struct batch *batch);

/* Each does nothing where the state is not shared, or is being brought up to date. */
void batch_note_begin(struct state *state, const char *fingerprint, int64_t now_ms);
void batch_note_end(struct state *state, const char *result, int64_t now_ms);
void batch_note_intent(struct state *state, const struct intent *intent);
void batch_note_outcome(struct state *state, int64_t seq, enum outcome outcome,
                        const struct record *record, bool remove, const char *detail,
                        int64_t now_ms);
void batch_note_put(struct state *state, const struct record *record, int64_t now_ms);
void batch_note_remove(struct state *state, const char *address, int64_t now_ms);
void batch_note_move(struct state *state, const char *from, const struct record *record,
                     int64_t now_ms);
void batch_note_fact(struct state *state, const char *key, const struct value *v);
void batch_note_world(struct state *state, const char *world);
/* A run begins where another was cut off: changes nothing, and keeps that one out. */
void batch_note_take_over(struct state *state);
/* The state was replaced by a document that stands beside the journal: named like a
 * snapshot. */
void batch_note_replace(struct state *state, const struct value *document);

/* Performs a list of records inside the open transaction; `run` as the batch says. What is no
 * record of a batch is E_STATE_CORRUPT. */
MUST_CHECK bool batch_replay(struct state *state, const struct value *records, int64_t run,
                             struct diags *diags);
