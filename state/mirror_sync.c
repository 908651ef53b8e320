#include "state/mirror_private.h"

#include "engine/base/json.h"
#include "state/document.h"

#define WINDOW_MAX ((size_t)32) /* batches that are read at once */
#define ATTEMPTS 16             /* to read a head that others replace meanwhile */

void mirror_new(struct state *state, const struct state_options *options)
{
    struct mirror *mirror = arena_new_of(state->arena, struct mirror);
    *mirror = (struct mirror){.arena = state->arena,
                              .remote = *options->remote,
                              .through = -1,
                              .takes_over = options->take_over,
                              .recovers = options->recover};
    batch_init(&mirror->batch, arena_new());
    if (options->sealing) {
        mirror->sealer = sealer_new(&options->sealing->service);
        mirror->key = options->sealing->key;
        mirror->enforced = options->sealing->enforced;
    }
    state->mirror = mirror;
    if (state->db)
        mirror_read_facts(state);
}

/* ---- batches ---- */

/* A batch that stands for the whole state: nothing of what was before is left. */
static const struct value *replacement_in(const struct value *batch)
{
    return value_get(value_item(value_get(batch, "records"), 0), "document");
}

static bool import_replacement(struct state *state, const struct value *document,
                               struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *name = value_get_str(document, "name");
    struct slice text;
    if (!document)
        return true;
    mirror->beside = value_copy(mirror->arena, document);
    return snapshot_read(mirror, scratch, document, /* lineage= */ NULL, &text, diags) &&
           state_import(state, arena_printf(scratch, "%s%s", mirror->remote.where, name), text,
                        diags);
}

static bool is_batch_of(const struct state *state, const struct value *batch, int64_t number)
{
    const struct value *document = replacement_in(batch);
    bool whole = value_get_str(document, "name") && value_get_str(document, "digest");
    bool ours = str_eq(value_get_str(batch, "lineage"), state->lineage);
    return value_get_int(batch, "number", -1) == number &&
           value_is(value_get(batch, "records"), VALUE_LIST) && (document ? whole : ours);
}

static bool check_batch(struct state *state, const struct value *batch, int64_t number,
                        const char *place, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    int64_t format = value_get_int(batch, "format", 0);
    if (!is_batch_of(state, batch, number)) {
        diag_error(diags, E_STATE_CORRUPT, NO_POS, NULL, "%s is not a batch of this state", place);
        return false;
    }
    if (format > state_format()) {
        diag_error(diags, E_STATE_NEWER, NO_POS, NULL, "%s has format %lld", place,
                   (long long)format);
        return false;
    }
    return str_eq(value_get_str(batch, "previous"), mirror->digest) ||
           mirror_rolled_back(state, "a batch follows another one than that which was seen here",
                              diags);
}

static bool perform(struct state *state, const struct value *batch, const char *digest,
                    const char *place, struct diags *diags)
{
    int64_t number = value_get_int(batch, "number", -1);
    if (!import_replacement(state, replacement_in(batch), diags) || !batch_begin(state, diags) ||
        !mirror_put_through(state, number, digest, diags) ||
        !batch_replay(state, value_get(batch, "records"), value_get_int(batch, "run", 0), diags))
        return false;
    if (state->pending == value_get_int(batch, "serial", -1))
        return journal_commit(state, diags);
    diag_error(diags, E_STATE_CORRUPT, NO_POS, NULL, "%s leads to serial %lld, not %lld", place,
               (long long)state->pending, (long long)value_get_int(batch, "serial", -1));
    return false;
}

bool mirror_unpack_batch(struct mirror *mirror, struct arena *arena, int64_t number,
                         struct slice bytes, struct slice *ret, struct diags *diags)
{
    const struct envelope_label expected = {.kind = ENVELOPE_BATCH, .number = number};
    return mirror_unpack(mirror, arena, mirror_batch_name(arena, number), &expected, bytes, ret,
                         diags);
}

static bool apply_batch(struct state *state, int64_t number, struct slice bytes,
                        struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *place =
        arena_printf(scratch, "%s%s", mirror->remote.where, mirror_batch_name(scratch, number));
    const struct value *batch = NULL;
    const char *why = NULL;
    struct slice text;
    if (!mirror_unpack_batch(mirror, scratch, number, bytes, &text, diags))
        return false;
    if (!json_parse(scratch, text, &batch, &why))
        batch = NULL;
    if (!check_batch(state, batch, number, place, diags))
        return false;
    mirror->replaying = true;
    bool good = perform(state, batch, sha256_hex(scratch, text), place, diags);
    if (!good)
        batch_drop(state);
    state->run = 0;
    mirror->replaying = false;
    return good;
}

/* Applies the batches behind the file's, up to `end` or (end < 0) to the last there is. *ret_gap:
 * one of them is not there any more. */
static bool follow(struct state *state, int64_t end, bool *ret_gap, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    size_t window = end < 0 ? 1 : WINDOW_MAX;
    *ret_gap = false;
    while (end < 0 || mirror->through < end) {
        CLEANUP(arena_freep) struct arena *scratch = arena_new();
        const char *names[WINDOW_MAX];
        struct remote_object objects[WINDOW_MAX];
        size_t len = 0;
        int64_t first = mirror->through + 1;
        if (!mirror->opened && mirror_is_stopped(mirror, diags))
            return false;
        for (; len < window && (end < 0 || first + (int64_t)len <= end); len++)
            names[len] = mirror_batch_name(scratch, first + (int64_t)len);
        mirror->remote.ops->get(mirror->remote.self, scratch, names, len, objects, diags);
        for (size_t i = 0; i < len; i++) {
            if (objects[i].result == REMOTE_ABSENT) {
                *ret_gap = end >= 0;
                return true;
            }
            if (objects[i].result != REMOTE_DONE ||
                !apply_batch(state, first + (int64_t)i, objects[i].body, diags))
                return false;
        }
        window = window * 2 < WINDOW_MAX ? window * 2 : WINDOW_MAX;
    }
    return true;
}

bool mirror_follow(struct state *state, struct diags *diags)
{
    bool gap = false;
    return follow(state, -1, &gap, diags);
}

/* ---- reaching the head ---- */

bool mirror_last_is_there(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct remote_object object =
        mirror_get(mirror, scratch, mirror_batch_name(scratch, mirror->through), diags);
    struct slice text;
    if (object.result == REMOTE_FAILED)
        return false;
    if (object.result == REMOTE_DONE &&
        !mirror_unpack_batch(mirror, scratch, mirror->through, object.body, &text, diags))
        return false;
    return (object.result == REMOTE_DONE && str_eq(sha256_hex(scratch, text), mirror->digest)) ||
           mirror_rolled_back(state, "the last batch that was seen here is gone, or another",
                              diags);
}

/* The head is at rest: the file ends where it says. */
static bool reach_head(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    int64_t end = head_through(mirror);
    bool gap = false;
    if (mirror->through > end ||
        (mirror->through == end && !str_eq(mirror->digest, value_get_str(mirror->head, "digest"))))
        return mirror_rolled_back(state, "it is not the state that was seen here, or an older one",
                                  diags);
    if (mirror->through < 0 || end - mirror->through > (int64_t)WINDOW_MAX)
        return snapshot_import(state, diags);
    return follow(state, end, &gap, diags) && (!gap || snapshot_import(state, diags));
}

static bool head_is_older(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    struct diag *diag = diag_error(diags, E_STATE_ROLLED_BACK, NO_POS, NULL,
                                   "%s: it ends with batch %lld, and its journal goes on",
                                   mirror->remote.where, (long long)head_through(mirror));
    diag_hint(diags, diag,
              "Find out who put an old head back, and restore the newest version of that object; "
              "where there is none, delete the head: `holdfast state recover` makes a new one of "
              "the newest snapshot and the journal.");
    return false;
}

/* Behind a head at rest no batch stands, or it is an older one that somebody put back: batches and
 * the snapshot that they follow are removed together. *ret_moved: a run has begun since it was
 * read. */
static bool check_newest(struct state *state, bool *ret_moved, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    const struct remote *remote = &mirror->remote;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *next = mirror_batch_name(scratch, head_through(mirror) + 1);
    struct remote_object batch = remote->ops->head(remote->self, scratch, next, diags);
    if (batch.result != REMOTE_DONE)
        return batch.result == REMOTE_ABSENT;
    struct remote_object now = remote->ops->head(remote->self, scratch, HEAD, diags);
    if (now.result == REMOTE_FAILED)
        return false;
    *ret_moved = now.result != REMOTE_DONE || !str_eq(now.etag, mirror->etag);
    return *ret_moved || head_is_older(state, diags);
}

/* A run is under way, or was cut off: the journal says more than the head. */
static bool reach_journal(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    int64_t snapshot = head_snapshot_through(mirror);
    if (mirror->through < snapshot) {
        if (!snapshot_import(state, diags))
            return false;
    } else if (mirror->through > snapshot && !mirror_last_is_there(state, diags)) {
        return false;
    }
    return mirror_follow(state, diags);
}

static bool is_foreign(struct state *state, const char *what, struct diags *diags)
{
    struct diag *diag = diag_error(diags, E_STATE_FOREIGN, NO_POS, NULL, "%s holds %s, not %s",
                                   state->path, what, state->mirror->remote.where);
    diag_hint(diags, diag,
              "Neither is overwritten. Move the file away where the shared state is right; to take "
              "a state along to another place, `state pull` there and `state push` here.");
    return false;
}

/* What lies here and is no cache of this state is not thrown away. */
static bool check_file(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    bool same = str_eq(state->lineage, value_get_str(mirror->head, "lineage"));
    bool newer = state->serial > value_get_int(mirror->head, "serial", 0);
    if (mirror->through >= 0) /* whether it is the right one, the digests tell */
        return true;
    if (has_recorded_nothing(state) || (same && !newer))
        return true;
    return is_foreign(state,
                      arena_printf(scratch, "a state of its own (lineage %s, serial %lld)",
                                   state->lineage, (long long)state->serial),
                      diags);
}

/* Not even asked: it would be taken for one that has lost what is here. */
static bool check_place(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    return !mirror->place || str_eq(mirror->place, mirror->remote.where) ||
           is_foreign(state, mirror->place, diags);
}

static bool is_unchanged(struct mirror *mirror, struct diags *diags, bool *ret_failed)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    *ret_failed = false;
    if (!mirror_is_at_rest(mirror) || !mirror_is_as_sealed(mirror))
        return false;
    struct remote_object now = mirror->remote.ops->head(mirror->remote.self, scratch, HEAD, diags);
    *ret_failed = now.result == REMOTE_FAILED;
    return now.result == REMOTE_DONE && str_eq(now.etag, mirror->etag);
}

/* Nobody has shared it yet; else it was taken away. */
static bool may_be_absent(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    if (!mirror_may_found(state, diags))
        return false;
    if (mirror->through < 0)
        return true;
    struct diag *diag = diag_error(diags, E_STATE_ROLLED_BACK, NO_POS, NULL,
                                   "%s: there is no state any more", mirror->remote.where);
    diag_hint(diags, diag,
              "The bucket's versions can bring its objects back. Without them `holdfast state "
              "recover` founds it anew from the local cache %s, as it was last seen here.",
              state->path);
    return false;
}

static bool reach_once(struct state *state, bool *ret_absent, bool *ret_moved, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct remote_object object = mirror_get(mirror, scratch, HEAD, diags);
    *ret_moved = false;
    *ret_absent = object.result == REMOTE_ABSENT;
    if (*ret_absent)
        return mirror->recovers || may_be_absent(state, diags);
    if (object.result != REMOTE_DONE || !head_read(state, &object, diags) ||
        !check_file(state, diags))
        return false;
    return head_run(mirror) ? reach_journal(state, diags)
                            : reach_head(state, diags) && check_newest(state, ret_moved, diags);
}

static bool reach(struct state *state, bool *ret_absent, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    bool moved = true;
    for (int i = 0; i < ATTEMPTS && moved; i++)
        if (!reach_once(state, ret_absent, &moved, diags))
            return false;
    if (moved)
        return mirror_fenced(state, "somebody else writes without end", diags);
    if (*ret_absent)
        return true;
    mirror->replaying = true; /* what the cache remembers is nobody else's concern */
    bool good = mirror_remember_head(state, diags);
    mirror->replaying = false;
    return good;
}

bool mirror_sync(struct state *state, bool *ret_absent, struct diags *diags)
{
    bool failed = false;
    *ret_absent = false;
    if (!check_place(state, diags))
        return false;
    if (is_unchanged(state->mirror, diags, &failed))
        return true;
    return !failed && reach(state, ret_absent, diags);
}

/* ---- readers ---- */

enum mirror_age mirror_compare(struct state *state, const struct state_options *options,
                               struct diags *diags)
{
    bool failed = false;
    mirror_new(state, options);
    if (!check_place(state, diags))
        return MIRROR_UNKNOWN;
    bool same = is_unchanged(state->mirror, diags, &failed);
    return failed ? MIRROR_UNKNOWN : same ? MIRROR_CURRENT : MIRROR_OLD;
}

/* Who runs, and whether that still lives. */
static bool look_at_run(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    const struct value *run = head_run(mirror);
    struct lock_holder holder;
    if (!run)
        return true;
    if (!remote_lock_show(mirror->arena, &mirror->remote, &holder, diags))
        return false;
    const char *who = value_get_str(run, "who"), *command = value_get_str(run, "command");
    const char *since = value_get_str(run, "since");
    if (str_eq(holder.id, value_get_str(run, "lock")))
        mirror->under_way =
            arena_printf(mirror->arena, "under way: %s", lock_holder_text(mirror->arena, &holder));
    else
        mirror->under_way = diag_visible(
            mirror->arena,
            arena_printf(mirror->arena,
                         "cut off: `holdfast %s`%s%s, since %s; the next run that writes settles "
                         "it",
                         command ? command : "?", who ? ", " : "", who ? who : "",
                         since ? since : "?"));
    return true;
}

bool mirror_refresh(struct state *state, const struct state_options *options, bool *ret_absent,
                    struct diags *diags)
{
    mirror_new(state, options);
    return reach(state, ret_absent, diags) && look_at_run(state, diags);
}

bool state_was_recovered(const struct state *state)
{
    return state->mirror && state->mirror->recovered;
}

bool state_was_taken_over(const struct state *state)
{
    return state->mirror && state->mirror->taken_over;
}

const struct value *state_keys(const struct state *state)
{
    return state->mirror ? value_get(state->mirror->head, HEAD_KEYS) : NULL;
}

const char *state_under_way(const struct state *state)
{
    return state->mirror ? state->mirror->under_way : NULL;
}
