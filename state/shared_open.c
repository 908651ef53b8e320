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

bool cache_may_be_remade(const struct state *state, const struct diag *why)
{
    bool ours = str_ends(path_dir(state->arena, state->path), ".holdfast");
    return why->code == E_STATE_CORRUPT || (why->code == E_STATE_OPEN && ours);
}

/* A disk that is full or read-only is no fault of the file. */
static bool can_be_read(struct state *state, const struct state_options *options)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct state_options reading = *options;
    struct diags ignored;
    diags_init(&ignored, scratch);
    reading.read_only = true;
    bool good = database_open(state, &reading, &ignored);
    db_close(state->db);
    state->db = NULL;
    return good;
}

bool cache_open(struct state *state, const struct state_options *options, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags own;
    diags_init(&own, scratch);
    if (database_open(state, options, &own))
        return true;
    const struct diag *why = &own.items[0];
    db_close(state->db);
    state->db = NULL;
    if (cache_may_be_remade(state, why) && !can_be_read(state, options) &&
        set_aside(state, options, diags))
        return database_open(state, options, diags);
    struct diag *diag = diag_error(diags, why->code, NO_POS, NULL, "%s", why->message);
    if (why->hint)
        diag_hint(diags, diag, "%s", why->hint);
    return false;
}

bool shared_open_writer(struct state *state, const struct state_options *options,
                        struct diags *diags)
{
    return lock_take(state, options, diags) && cache_open(state, options, diags) &&
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
