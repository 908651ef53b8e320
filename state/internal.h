#pragma once
/* What the files of state/ share. Nobody else includes this. */

#include "engine/base/db.h"
#include "engine/base/file.h"
#include "engine/base/strbuf.h"
#include "state/state.h"

struct state {
    struct arena *arena;
    const char *path;
    struct db *db; /* NULL: read-only, and there is no file */
    bool read_only, is_new;
    const char *command, *who;
    struct file_lock lock;
    bool locked;
    const char *lineage, *topology;
    const char *world; /* as the file says; NULL: there is none yet */
    int64_t serial;    /* committed */
    int64_t pending;   /* the serial with the open batch in it */
    int64_t next_seq, next_run;
    int64_t run;          /* the run under way, 0 for none */
    bool in_batch;        /* a transaction is open */
    bool intents_waiting; /* the batch holds intents */
    bool outcomes_waiting;
    struct mirror *mirror; /* mirror.h; NULL: a file of this machine */
};

/* store.c: what was written as JSON. NULL text gives NULL; text that is not JSON is damage. */
MUST_CHECK bool json_column(struct arena *arena, const char *text, const struct value **ret);
/* What a record depends on, from a list; false where that is none, or not of texts. */
MUST_CHECK bool read_deps(struct arena *arena, const struct value *list, struct record *record);
/* record_value.c: a record as the history and the shared journal have it, without its address and
 * generation, which stand beside it; and back. False: something that every record has is missing.
 */
const struct value *record_value(struct arena *arena, const struct record *record);
MUST_CHECK bool record_from(struct arena *arena, const struct value *v, struct record *ret);
/* store.c: no run, no intent and no row has ever been in it. */
bool has_recorded_nothing(const struct state *state);
/* formats.c: the format that this program writes. */
int64_t state_format(void);
/* The first column of the first row; 0 where there is none. */
MUST_CHECK bool query_int(struct db *db, const char *sql, int64_t *ret, struct diags *diags);
/* Lineage, serial, topology, world and the next numbers, as the file has them now. */
MUST_CHECK bool meta_read(struct state *state, struct diags *diags);
/* wanted "simulated" stands for every simulated world. */
bool is_world_of(const char *recorded, const char *wanted);
/* Reports E_STATE_CORRUPT; always false. */
bool damaged(struct state *state, const char *what, struct diags *diags);

/* export.c: what has overflowed is reported as E_STATE_WRITE. Always false. */
bool too_large(const char *where, const struct strbuf *sb, struct diags *diags);
/* state_export() inside a transaction. */
MUST_CHECK bool export_document(struct state *state, struct strbuf *sb, struct diags *diags);

/* import.c: as state_import(). `begin` is asked before anything is replaced, `end` when all is,
 * both inside the transaction; either may be NULL. Both see the document's head, and `end` may
 * raise its serial. */
struct state_head;
struct import_checks {
    bool (*begin)(void *ctx, struct state *state, struct state_head *head, struct diags *diags);
    bool (*end)(void *ctx, struct state *state, struct state_head *head, struct diags *diags);
    void *ctx;
};
MUST_CHECK bool import_document(struct state *state, const char *name, struct slice text,
                                const struct import_checks *checks, struct diags *diags);

/* store.c */
MUST_CHECK bool database_open(struct state *state, const struct state_options *options,
                              struct diags *diags);
/* One in memory instead of the file, which holds nothing yet. */
MUST_CHECK bool database_open_private(struct state *state, const struct state_options *options,
                                      struct diags *diags);
/* shared_open.c: the file as the cache of a shared state. */
/* Opened to be written to; one that is damaged is made anew. */
MUST_CHECK bool cache_open(struct state *state, const struct state_options *options,
                           struct diags *diags);
/* Whether what could not be opened is no more than a cache. What is no database at all may be
 * anybody's, unless it lies in our own folder. */
bool cache_may_be_remade(const struct state *state, const struct diag *why);
MUST_CHECK bool shared_open_writer(struct state *state, const struct state_options *options,
                                   struct diags *diags);
/* A cache is no state of its own: E_STATE_FOREIGN. */
MUST_CHECK bool shared_refuse_cache(struct state *state, struct diags *diags);
/* shared_read.c: as it is now, whoever holds the lock of the file, and on any disk. */
MUST_CHECK bool shared_open_reader(struct state *state, const struct state_options *options,
                                   struct diags *diags);

/* lock.c: waits so long for a holder to end, and for the readers of a shared state in any case. */
MUST_CHECK bool lock_take(struct state *state, const struct state_options *options,
                          struct diags *diags);
/* A reader's, who brings a cache up to date: it leaves no note. Waits a moment for another reader.
 * False, without a message: a writer holds it, or it cannot be had on this disk. */
MUST_CHECK bool lock_take_to_read(struct state *state);
void lock_release(struct state *state);

/* journal.c: begins the transaction of this turn unless it is open already. */
MUST_CHECK bool batch_begin(struct state *state, struct diags *diags);
/* Whatever fails inside a batch fails the batch: nothing of it becomes durable. Always false. */
bool batch_drop(struct state *state);
/* The end of a run, inside the batch. */
MUST_CHECK bool run_close(struct state *state, const char *result, int64_t now_ms,
                          struct diags *diags);
/* A fact of this file alone, inside the batch. */
MUST_CHECK bool fact_put(struct state *state, const char *key, const struct value *v,
                         struct diags *diags);
bool outcome_from(const char *name, enum outcome *ret);
bool intent_is_open(struct state *state, int64_t seq);
/* store.c: inside the batch; `world` lives as long as the state. */
MUST_CHECK bool world_write(struct state *state, const char *world, struct diags *diags);

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
/* The record in an entry, `text` being its JSON; NULL for one that was removed. False: damage. */
MUST_CHECK bool history_record(struct arena *arena, const char *address, int64_t generation,
                               const char *text, const struct record **ret);
/* The generation that the last entry of an address leaves behind; 0 when there is none. */
int64_t history_generation(struct state *state, const char *address);
