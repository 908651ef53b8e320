#include <stdio.h>
#include <unistd.h>

#include "state/internal.h"
#include "state/mirror_private.h"

/* A cache that is damaged is made anew, from what is shared: else it is no cache. */
static bool set_aside(struct state *state, const struct state_options *options, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const struct remote *remote = options->remote;
    const char *aside = arena_printf(scratch, "%s.damaged", state->path);
    if (remote->ops->head(remote->self, scratch, "", diags).result != REMOTE_DONE ||
        rename(state->path, aside) != 0)
        return false;
    (void)unlink(arena_printf(scratch, "%s-wal", state->path));
    (void)unlink(arena_printf(scratch, "%s-shm", state->path));
    diag_warning(diags, E_STATE_CORRUPT, NO_POS, NULL,
                 "%s was damaged, and is made anew from %s; the old file is %s", state->path,
                 remote->where, aside);
    return true;
}

/* What is no database at all may be anybody's, unless it lies in our own folder. */
static bool may_be_remade(const struct state *state, const struct diag *why)
{
    bool ours = str_ends(path_dir(state->arena, state->path), ".holdfast");
    return why->code == E_STATE_CORRUPT || (why->code == E_STATE_OPEN && ours);
}

static bool open_cache(struct state *state, const struct state_options *options,
                       struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags own;
    diags_init(&own, scratch);
    if (database_open(state, options, &own))
        return true;
    const struct diag *why = &own.items[0];
    db_close(state->db);
    state->db = NULL;
    if (may_be_remade(state, why) && set_aside(state, options, diags))
        return database_open(state, options, diags);
    struct diag *diag = diag_error(diags, why->code, NO_POS, NULL, "%s", why->message);
    if (why->hint)
        diag_hint(diags, diag, "%s", why->hint);
    return false;
}

bool shared_open_writer(struct state *state, const struct state_options *options,
                        struct diags *diags)
{
    return lock_take(state, options, diags) && open_cache(state, options, diags) &&
           mirror_open(state, options, diags);
}

/* Changed on its own it would still pass for what the shared journal has made of it. */
bool shared_refuse_cache(struct state *state, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *place = mirror_place(state, scratch);
    if (!place)
        return true;
    struct diag *diag =
        diag_error(diags, E_STATE_FOREIGN, NO_POS, NULL,
                   "%s is a cache of %s, and no state of its own", state->path, place);
    diag_hint(diags, diag,
              "Put `state` back into the topology. To keep the state in a file from now on: `state "
              "pull` before `state` leaves, then move this file away and `state push`.");
    return false;
}

/* ---- readers ---- */

static bool has_file(const struct state *state)
{
    return file_exists(state->path) && !db_is_unborn(state->path);
}

static bool reopen_to_read(struct state *state, const struct state_options *options,
                           struct diags *diags)
{
    db_close(state->db);
    state->db = NULL;
    state->read_only = true;
    return !has_file(state) || database_open(state, options, diags);
}

/* Whether the file is as new as what is shared; one that cannot be read is not. */
static enum mirror_age age_of(struct state *state, const struct state_options *options,
                              struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    if (!has_file(state))
        return MIRROR_OLD;
    if (database_open(state, options, &ignored))
        return mirror_compare(state, options, diags);
    db_close(state->db);
    state->db = NULL;
    return MIRROR_OLD;
}

/* A reader makes no file where nobody has shared anything yet. */
static bool is_nowhere(struct state *state, const struct state_options *options,
                       struct diags *diags, bool *ret)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const struct remote *remote = options->remote;
    *ret = false;
    if (has_file(state))
        return true;
    enum remote_result result = remote->ops->head(remote->self, scratch, "", diags).result;
    if (result != REMOTE_ABSENT)
        return result != REMOTE_FAILED;
    mirror_new(state, options);
    *ret = mirror_may_found(state, diags);
    mirror_drop(state);
    return *ret;
}

static bool bring_up_to_date(struct state *state, const struct state_options *options,
                             struct diags *diags)
{
    struct state_options writable = *options;
    bool absent = false;
    writable.read_only = state->read_only = false;
    return open_cache(state, &writable, diags) && mirror_refresh(state, options, &absent, diags);
}

static bool refresh(struct state *state, const struct state_options *options, struct diags *diags)
{
    const char *dir = path_dir(state->arena, state->path);
    const char *lock = arena_printf(state->arena, "%s.lock", state->path);
    bool nowhere = false;
    mirror_drop(state);
    db_close(state->db);
    state->db = NULL;
    if (!is_nowhere(state, options, diags, &nowhere))
        return false;
    if (nowhere)
        return true;
    if (!dir_exists(dir) && !dir_make(dir, 0700, diags))
        return false;
    enum lock_result result = file_lock_take(lock, &state->lock);
    if (result == LOCK_HELD) { /* a process of this machine writes it: it is as new as that */
        state->under_way =
            arena_printf(state->arena, "under way: %s", lock_holder_note(state->arena, lock));
        return reopen_to_read(state, options, diags);
    }
    if (result == LOCK_FAILED) {
        diag_error(diags, E_STATE_OPEN, NO_POS, NULL, "%s cannot be opened as a lock", lock);
        return false;
    }
    state->locked = true;
    bool good = bring_up_to_date(state, options, diags);
    good = good && reopen_to_read(state, options, diags);
    lock_release(state);
    return good;
}

bool shared_open_reader(struct state *state, const struct state_options *options,
                        struct diags *diags)
{
    switch (age_of(state, options, diags)) {
    case MIRROR_CURRENT: return true;
    case MIRROR_UNKNOWN: return false;
    case MIRROR_OLD: return refresh(state, options, diags);
    }
    return false;
}
