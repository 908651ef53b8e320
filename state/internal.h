#pragma once
/* What the files of state/ share. Nobody else includes this. */

#include "engine/base/db.h"
#include "engine/base/file.h"
#include "state/state.h"

struct state {
    struct arena *arena;
    const char *path;
    struct db *db; /* NULL: read-only, and there is no file */
    bool read_only, is_new;
    const char *command, *who;
    struct file_lock lock;
    bool locked;
    const char *lineage;
    const char *world; /* as the file says; NULL: there is none yet */
    int64_t serial;    /* committed */
    int64_t pending;   /* the serial with the open batch in it */
    int64_t next_seq, next_run;
    int64_t run;          /* the run under way, 0 for none */
    bool in_batch;        /* a transaction is open */
    bool intents_waiting; /* the batch holds intents */
    bool outcomes_waiting;
};

/* store.c: what was written as JSON. NULL text gives NULL; text that is not JSON is damage. */
MUST_CHECK bool json_column(struct arena *arena, const char *text, const struct value **ret);
/* Reports E_STATE_CORRUPT; always false. */
bool damaged(struct state *state, const char *what, struct diags *diags);

/* lock.c */
MUST_CHECK bool lock_take(struct state *state, struct diags *diags);
void lock_release(struct state *state);

/* journal.c: begins the transaction of this turn unless it is open already. */
MUST_CHECK bool batch_begin(struct state *state, struct diags *diags);

/* store.c: rows, inside the open batch. removed: deleted at AWS, which raises the generation. */
MUST_CHECK bool row_put(struct state *state, const struct record *record, int64_t now_ms,
                        struct diags *diags);
/* The row says the same already: a refresh that found nothing new writes nothing. */
bool row_is(struct state *state, const struct record *record);
MUST_CHECK bool row_remove(struct state *state, const char *address, bool removed, int64_t now_ms,
                           struct diags *diags);

/* history.c: what an address was from this serial on; record NULL: it was removed. */
MUST_CHECK bool history_add(struct state *state, const char *address, const struct record *record,
                            int64_t generation, int64_t now_ms, struct diags *diags);
/* The generation that the last entry of an address leaves behind; 0 when there is none. */
int64_t history_generation(struct state *state, const char *address);
