#pragma once
/* What the files of the mirror share (mirror.h). Nobody else includes this. */

#include "engine/base/crypto.h"
#include "state/envelope.h"
#include "state/internal.h"
#include "state/mirror.h"
#include "state/remote_lock.h"

#define HEAD ""
#define JOURNAL ".journal/"
#define SNAPSHOTS ".snapshots/"
#define DOCUMENTS ".documents/"
#define FACT_HEAD "shared" /* {"place", "etag", "head"}: as it was when the file was current */
#define FACT_THROUGH "shared_through" /* {"number", "digest"}: of the last batch in the file */
#define HEAD_KEYS "keys" /* of a head: the ARNs of those that it and what it names need */
#define DIGEST_LEN ((size_t)2 * SHA256_LEN)

struct mirror {
    struct arena *arena; /* the state's */
    struct remote remote;
    struct remote_lock lock; /* of a writer */
    struct sealer *sealer;   /* NULL: what is shared stands in clear */
    const char *key;         /* its key */
    bool enforced;           /* nothing that stands in clear is read */
    const char *head_key; /* under which the head stands there; "": under one that is not known */
    const struct value *head;
    const char *etag;  /* of the head; NULL: there is none yet */
    const char *place; /* that the file is a cache of; NULL: of none yet */
    int64_t through;   /* the last batch in the file; -1: it was never shared */
    char digest[DIGEST_LEN + 1];
    int64_t next_through; /* the same with the open transaction */
    char next_digest[DIGEST_LEN + 1];
    bool moves; /* the open transaction has a batch in it: next_through holds */
    struct batch batch;
    const struct value *beside; /* what the last replacing batch stands for; NULL: none */
    int64_t store_ms;           /* the store's clock, at its last answer; 0: it never told */
    bool opened;                /* the head names our run: batches may be written */
    bool taken;                 /* the number of the last batch was another's */
    bool wrote;                 /* something that no snapshot has yet */
    bool broken; /* somebody else writes, or a write is in doubt: nothing more is written */
    bool replaying;
    bool takes_over; /* also where no run is under way: one may have read the head */
    bool taken_over;
    bool recovers;  /* a head that is missing is made again */
    bool recovered; /* it was */
    const char *under_way;
};

/* ---- mirror_seal.c: what goes out and comes in, the two places that know its form ---- */

MUST_CHECK bool mirror_pack(struct mirror *mirror, struct arena *arena,
                            const struct envelope_label *label, struct slice text,
                            struct slice *ret, struct diags *diags);
/* Whether the head stands there as we would write it; else it is not taken for known, however long
 * its bytes have been the same. */
bool mirror_is_as_sealed(const struct mirror *mirror);
/* expected: envelope_open(). */
MUST_CHECK bool mirror_unpack(struct mirror *mirror, struct arena *arena, const char *name,
                              const struct envelope_label *expected, struct slice bytes,
                              struct slice *ret, struct diags *diags);

/* ---- mirror_head.c: the place, its head, and what the file knows of it ---- */

const char *mirror_batch_name(struct arena *arena, int64_t number);

/* E_STATE_FENCED: nothing more is written. Always false. */
bool mirror_fenced(struct state *state, const char *what, struct diags *diags);
/* E_STATE_ROLLED_BACK. Always false. */
bool mirror_rolled_back(struct state *state, const char *what, struct diags *diags);

struct remote_object mirror_get(struct mirror *mirror, struct arena *arena, const char *name,
                                struct diags *diags);
/* Writes on its condition. Where it does not hold, what stands there tells: our own bytes are our
 * own write, whose reply was lost. */
struct remote_object mirror_put(struct mirror *mirror, struct arena *arena, const char *name,
                                struct slice bytes, const char *over, struct diags *diags);

/* The clock that all machines share, where the store tells it. */
int64_t mirror_now_ms(const struct mirror *mirror);

int64_t head_through(const struct mirror *mirror);
const struct value *head_run(const struct mirror *mirror); /* under way or cut off; NULL: none */
const struct value *head_snapshot(const struct mirror *mirror);
int64_t head_snapshot_through(const struct mirror *mirror);
MUST_CHECK bool head_read(struct state *state, const struct remote_object *object,
                          struct diags *diags);
/* Replaces the head over the version that we know. REFUSED: somebody else was first. */
enum remote_result head_put(struct mirror *mirror, const struct value *head, struct diags *diags);

void mirror_read_facts(struct state *state);
/* Inside a transaction. */
MUST_CHECK bool mirror_put_through(struct state *state, int64_t number, const char *digest,
                                   struct diags *diags);
/* In one of its own. */
MUST_CHECK bool mirror_remember_head(struct state *state, struct diags *diags);
/* Current by its own account: the head was at rest, and the file has reached it. */
bool mirror_is_at_rest(const struct mirror *mirror);

/* The run of this process, as a head names it. */
const struct value *mirror_run(struct state *state, struct arena *arena);

/* A signal came. To be asked before the first change: from then on a run ends in order. Reported.
 */
MUST_CHECK bool mirror_is_stopped(const struct mirror *mirror, struct diags *diags);

/* ---- mirror_sync.c: bringing the file up to date ---- */

void mirror_new(struct state *state, const struct state_options *options);
/* Reads the head and brings the file to it. *ret_absent: there is none, and a state may be founded,
 * or its head made again. */
MUST_CHECK bool mirror_sync(struct state *state, bool *ret_absent, struct diags *diags);
/* Applies the batches behind the file's, to the last there is. */
MUST_CHECK bool mirror_follow(struct state *state, struct diags *diags);
/* The batch that the file has seen last still stands there, as it was; else E_STATE_ROLLED_BACK. */
MUST_CHECK bool mirror_last_is_there(struct state *state, struct diags *diags);

/* Its lineage is checked against what it says itself: a batch may bring a new one. */
MUST_CHECK bool mirror_unpack_batch(struct mirror *mirror, struct arena *arena, int64_t number,
                                    struct slice bytes, struct slice *ret, struct diags *diags);

/* ---- mirror_recover.c: where there is no head ---- */

/* E_STATE_HEADLESS: a state stands there, without its head. */
MUST_CHECK bool mirror_may_found(struct state *state, struct diags *diags);
/* Makes a head of the newest snapshot that is whole and that the journal goes on from, or of the
 * file, where that has seen more or no such snapshot is left. The lock is ours. *ret_nothing:
 * nothing stands there, and the file is a cache of what did. */
MUST_CHECK bool mirror_recover(struct state *state, bool *ret_nothing, struct diags *diags);

/* ---- mirror_snapshot.c ---- */

/* A whole state, packed, in parts, under a name that nobody else uses; *ret: how a head or a batch
 * names it, {"name", "parts", "through", "bytes", "digest"}, the last two of what was packed. */
enum remote_result document_put(struct state *state, struct arena *arena, const char *prefix,
                                int64_t number, struct slice text, const struct value **ret,
                                struct diags *diags);
/* The same of what the file holds; *ret: with the digest of its last batch. */
enum remote_result snapshot_put(struct state *state, struct arena *arena, const struct value **ret,
                                struct slice *ret_text, struct diags *diags);
/* The document of a snapshot, named as a head names it. lineage NULL: of any. */
MUST_CHECK bool snapshot_read(struct mirror *mirror, struct arena *arena,
                              const struct value *snapshot, const char *lineage, struct slice *ret,
                              struct diags *diags);
/* The snapshot that the head names takes the place of what the file holds. */
MUST_CHECK bool snapshot_import(struct state *state, struct diags *diags);
/* What the head has kept of earlier runs, without what is old enough to be removed now. */
const struct value *snapshot_remove_old(struct mirror *mirror, struct arena *arena);
/* What the next head keeps: `kept`, and what the head of now needs. */
const struct value *snapshot_retire(struct mirror *mirror, struct arena *arena,
                                    const struct value *kept);
