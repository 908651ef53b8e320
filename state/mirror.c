#include "state/mirror_private.h"

#include <string.h>

#include "engine/base/fault.h"
#include "engine/base/json.h"
#include "state/document.h"

#define ATTEMPTS 16

/* ---- the head ---- */

const struct value *mirror_run(struct state *state, struct arena *arena)
{
    const struct remote_lock *lock = &state->mirror->lock;
    struct map_builder run = map_begin(arena);
    map_put_str(&run, "lock", lock->id);
    map_put_str(&run, "command", state->command);
    map_put_str(&run, "who", state->who);
    map_put_str(&run, "since", lock->since);
    return map_end(&run);
}

/* From the first batch of a run to its snapshot the head says whose it is: until then it is not the
 * newest, and readers look into the journal. */
static enum remote_result mark_run(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    enum remote_result result = head_put(
        mirror, value_with(scratch, mirror->head, "run", mirror_run(state, scratch)), diags);
    mirror->opened = result == REMOTE_DONE;
    return result;
}

static const struct value *next_head(struct state *state, struct arena *arena,
                                     const struct value *snapshot, const struct value *kept)
{
    struct mirror *mirror = state->mirror;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "lineage", state->lineage);
    map_put_str(&b, "topology", state->topology);
    map_put_str(&b, "world", state->world);
    map_put_int(&b, "serial", state->serial);
    map_put_int(&b, "through", mirror->through);
    map_put_str(&b, "digest", mirror->digest);
    map_put(&b, "snapshot", snapshot);
    map_put(&b, "kept", kept);
    return map_end(&b);
}

/* ---- beginning ---- */

/* There is no head: the file becomes the shared state, whatever it holds. */
static bool make_shared(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct list_builder none = list_begin(scratch);
    const struct value *snapshot = NULL;
    struct slice text;
    mirror->through = 0;
    mirror->digest[0] = '\0';
    mirror->etag = NULL;
    if (snapshot_put(state, scratch, &snapshot, &text, diags) != REMOTE_DONE)
        return false;
    enum remote_result result =
        head_put(mirror, next_head(state, scratch, snapshot, list_end(&none)), diags);
    if (result == REMOTE_REFUSED)
        return mirror_fenced(state, "somebody has just made it", diags);
    mirror->replaying = true;
    bool good = result == REMOTE_DONE && batch_begin(state, diags) &&
                mirror_put_through(state, 0, "", diags) && mirror_remember_head(state, diags);
    mirror->replaying = false;
    return good;
}

bool mirror_is_stopped(const struct mirror *mirror, struct diags *diags)
{
    bool stopped = mirror->remote.stop && *mirror->remote.stop;
    if (stopped)
        diag_error(diags, E_STATE_REMOTE, NO_POS, NULL,
                   "%s: stopped by a signal before anything was changed", mirror->remote.where);
    return stopped;
}

/* A run was cut off, or its lock broken: a batch of ours keeps it out from now on. Where the number
 * is taken, that run has written once more: what it wrote is part of the state. */
static bool take_over(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    for (int i = 0; i < ATTEMPTS; i++) {
        struct diags own;
        diags_init(&own, scratch);
        batch_note_take_over(state);
        mirror->taken_over = batch_begin(state, &own) && journal_commit(state, &own);
        if (mirror->taken_over)
            return true;
        if (!mirror->taken) {
            diag_error(diags, own.items[0].code, NO_POS, NULL, "%s", own.items[0].message);
            return false;
        }
        mirror->broken = mirror->taken = false;
        if (!mirror_follow(state, diags))
            return false;
    }
    return mirror_fenced(state, "somebody else writes without end", diags);
}

static bool come_in(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    for (int i = 0; i < ATTEMPTS; i++) {
        bool absent = false;
        if (mirror_is_stopped(mirror, diags) || !mirror_sync(state, &absent, diags))
            return false;
        if (absent && mirror->takes_over)
            return true;
        if (absent && !mirror->recovers)
            return make_shared(state, diags);
        if (absent) {
            bool nothing = false;
            if (!mirror_recover(state, &nothing, diags))
                return false;
            if (nothing)
                return make_shared(state, diags);
            continue;
        }
        if (mirror_is_stopped(mirror, diags))
            return false;
        mirror->wrote = !mirror_is_as_sealed(mirror); /* by the end of the run it is */
        if (!head_run(mirror) && !mirror->takes_over)
            return true;
        enum remote_result result = mark_run(state, diags);
        if (result == REMOTE_DONE)
            return take_over(state, diags);
        if (result == REMOTE_FAILED)
            return false;
    }
    return mirror_fenced(state, "somebody else writes without end", diags);
}

bool mirror_open(struct state *state, const struct state_options *options, struct diags *diags)
{
    mirror_new(state, options);
    struct mirror *mirror = state->mirror;
    if (!remote_lock_take(state->arena, &mirror->remote, state->command, state->who,
                          options->lock_timeout_ms, &mirror->lock, diags))
        return false;
    if (come_in(state, diags))
        return true;
    remote_lock_release(&mirror->lock, diags);
    return false;
}

/* ---- a turn ---- */

struct batch *mirror_batch(struct state *state)
{
    struct mirror *mirror = state->mirror;
    return mirror && !mirror->replaying ? &mirror->batch : NULL;
}

static struct slice batch_text(struct state *state, struct arena *arena, int64_t number)
{
    struct mirror *mirror = state->mirror;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_int(&b, "format", state_format());
    map_put_str(&b, "lineage", state->lineage);
    map_put_int(&b, "number", number);
    map_put_str(&b, "previous", mirror->digest);
    map_put_str(&b, "holder", mirror->lock.id);
    map_put_int(&b, "run", mirror->batch.run);
    map_put_int(&b, "serial", state->pending);
    const char *head = json_print(arena, map_end(&b), JSON_SORTED);
    return slice_of(arena_printf(arena, "%.*s,\"records\":[%s]}\n", (int)strlen(head) - 1, head,
                                 strbuf_str(&mirror->batch.text)));
}

bool state_keep(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    if (!mirror || !mirror->lock.id || remote_lock_keep(&mirror->lock, diags))
        return true;
    mirror->broken = true;
    return false;
}

static bool write_batch(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    int64_t number = mirror->through + 1;
    struct slice text = batch_text(state, scratch, number), bytes;
    const struct envelope_label label = {ENVELOPE_BATCH, state->lineage, state->pending, number};
    if (!mirror_pack(mirror, scratch, &label, text, &bytes, diags))
        return false;
    FAULT_POINT("before-batch");
    enum remote_result result =
        mirror_put(mirror, scratch, mirror_batch_name(scratch, number), bytes, NULL, diags).result;
    mirror->taken = result == REMOTE_REFUSED;
    if (mirror->taken)
        return mirror_fenced(state, "the next batch of its journal is another's", diags);
    mirror->broken = result != REMOTE_DONE; /* it may stand there all the same */
    if (mirror->broken)
        return false;
    FAULT_POINT("after-batch");
    mirror->wrote = true;
    return mirror_put_through(state, number, sha256_hex(scratch, text), diags);
}

/* A turn takes effect only while the lock is ours: looked at before its batch is written, and again
 * before what it holds is sent, should the write have taken longer than the lease. */
bool mirror_publish(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    if (!mirror || mirror->replaying || mirror->batch.len == 0)
        return true;
    if (mirror->broken)
        return mirror_fenced(state, "an earlier write of this run has failed", diags);
    if (strbuf_overflowed(&mirror->batch.text))
        return too_large(mirror->remote.where, &mirror->batch.text, diags);
    if (!state_keep(state, diags) || (!mirror->opened && mirror_is_stopped(mirror, diags)))
        return false;
    if (!mirror->opened) {
        enum remote_result result = mark_run(state, diags);
        mirror->broken = result != REMOTE_DONE;
        if (result == REMOTE_REFUSED)
            return mirror_fenced(state, "its head is not the one that was read", diags);
    }
    return !mirror->broken && write_batch(state, diags) && state_keep(state, diags);
}

void mirror_committed(struct state *state)
{
    struct mirror *mirror = state->mirror;
    if (!mirror)
        return;
    if (mirror->moves) {
        mirror->through = mirror->next_through;
        memcpy(mirror->digest, mirror->next_digest, sizeof(mirror->digest));
    }
    mirror->moves = false;
    if (!mirror->replaying)
        batch_clear(&mirror->batch);
}

/* What stands in the journal and not in the file is read from there by the next run. */
void mirror_abandoned(struct state *state)
{
    struct mirror *mirror = state->mirror;
    if (!mirror)
        return;
    mirror->broken = mirror->broken || mirror->moves;
    mirror->moves = false;
    if (!mirror->replaying)
        batch_clear(&mirror->batch);
}

bool mirror_replace(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    const struct value *document = NULL;
    if (!mirror_batch(state))
        return true;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct strbuf sb;
    strbuf_init(&sb, scratch, STATE_DOCUMENT_MAX);
    if (!export_document(state, &sb, diags))
        return false;
    enum remote_result result =
        document_put(state, scratch, DOCUMENTS, mirror->through + 1,
                     (struct slice){strbuf_str(&sb), sb.len}, &document, diags);
    if (result == REMOTE_REFUSED)
        return mirror_fenced(state, "its next document is there already", diags);
    if (result != REMOTE_DONE)
        return false;
    mirror->beside = value_copy(mirror->arena, document);
    batch_note_replace(state, document);
    return true;
}

/* ---- the end ---- */

/* Somebody else has written since: what we know goes into a file beside, for a person to look at.
 */
static void keep_aside(struct state *state, struct slice text, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *path =
        arena_printf(scratch, "%s.aside-%lld.json", state->path, (long long)state->serial);
    if (!file_write_atomic(path, text, 0600, diags))
        path = "no file";
    (void)mirror_fenced(
        state,
        arena_printf(scratch,
                     "its head is not the one that was read; it is left as it is, and "
                     "what this run knows is in %s",
                     path),
        diags);
}

static void write_snapshot(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags own;
    diags_init(&own, scratch);
    const struct value *snapshot = NULL;
    struct slice text = {0};
    FAULT_POINT("before-snapshot");
    enum remote_result result = snapshot_put(state, scratch, &snapshot, &text, &own);
    if (result == REMOTE_DONE) {
        const struct value *kept =
            snapshot_retire(mirror, scratch, snapshot_remove_old(mirror, scratch));
        result = head_put(mirror, next_head(state, scratch, snapshot, kept), &own);
        FAULT_POINT("after-snapshot");
        if (result == REMOTE_REFUSED) {
            keep_aside(state, text, diags);
            return;
        }
    }
    mirror->replaying = true;
    bool good = result == REMOTE_DONE && mirror_remember_head(state, &own);
    mirror->replaying = false;
    if (good)
        return;
    struct diag *diag =
        diag_warning(diags, E_STATE_REMOTE, NO_POS, NULL, "%s: the snapshot was not written: %s",
                     mirror->remote.where, own.len ? own.items[0].message : "it was there already");
    diag_hint(diags, diag, "Nothing is lost: the journal holds it all, and the next run reads it.");
}

void state_finish(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    if (!mirror)
        return;
    if (state->in_batch)
        batch_drop(state);
    if (mirror->wrote && !mirror->broken)
        write_snapshot(state, diags);
    remote_lock_release(&mirror->lock, diags);
    mirror_drop(state);
}

void mirror_drop(struct state *state)
{
    if (state->mirror) {
        arena_freep(&state->mirror->batch.arena);
        sealer_free(state->mirror->sealer);
    }
    state->mirror = NULL;
}
