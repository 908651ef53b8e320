#include "state/internal.h"
#include "state/mirror_private.h"

static void shut(struct state *state)
{
    mirror_drop(state);
    db_close(state->db);
    state->db = NULL;
}

/* Whether the file is as new as what is shared; one that cannot be read is not. */
static enum mirror_age age_of(struct state *state, const struct state_options *options,
                              struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    if (file_exists(state->path) && database_open(state, options, &ignored))
        return mirror_compare(state, options, diags);
    return MIRROR_OLD;
}

/* Whether anybody has shared anything; UNKNOWN is reported. */
enum founded { FOUNDED, NOT_FOUNDED, FOUNDED_UNKNOWN };

static enum founded look_for_head(const struct state_options *options, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const struct remote *remote = options->remote;
    enum remote_result result = remote->ops->head(remote->self, scratch, "", diags).result;
    return result == REMOTE_FAILED   ? FOUNDED_UNKNOWN
           : result == REMOTE_ABSENT ? NOT_FOUNDED
                                     : FOUNDED;
}

/* Nobody has shared it, or a state stands there that has lost its head: E_STATE_HEADLESS. */
static bool read_nothing(struct state *state, const struct state_options *options,
                         struct diags *diags)
{
    mirror_new(state, options);
    bool good = mirror_may_found(state, diags);
    mirror_drop(state);
    return good;
}

/* ---- in the cache ---- */

static bool follow_in_cache(struct state *state, const struct state_options *options,
                            struct diags *diags)
{
    struct state_options writable = *options;
    bool absent = false;
    writable.read_only = state->read_only = false;
    bool good =
        cache_open(state, &writable, diags) && mirror_refresh(state, options, &absent, diags);
    state->read_only = true;
    db_close(state->db);
    state->db = NULL;
    return good && database_open(state, options, diags);
}

static void pass_on(const struct diags *own, bool errors, struct diags *diags)
{
    for (size_t i = 0; i < own->len; i++) {
        const struct diag *diag = &own->items[i];
        struct diag *copy;
        if (diag->severity != SEVERITY_ERROR)
            copy = diag_warning(diags, diag->code, NO_POS, diag->address, "%s", diag->message);
        else if (errors)
            copy = diag_error(diags, diag->code, NO_POS, diag->address, "%s", diag->message);
        else
            continue;
        if (diag->hint)
            diag_hint(diags, copy, "%s", diag->hint);
    }
}

static bool is_of_this_disk(const struct diags *own)
{
    for (size_t i = 0; i < own->len; i++)
        if (own->items[i].severity == SEVERITY_ERROR)
            return own->items[i].code == E_STATE_OPEN || own->items[i].code == E_STATE_WRITE;
    return false;
}

static bool has_folder(const struct state *state)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    const char *dir = path_dir(scratch, state->path);
    return dir_exists(dir) || dir_make(dir, 0700, &ignored);
}

/* *ret_hindered: the lock is not to be had, or the disk does not take what is to be written. */
static bool read_in_cache(struct state *state, const struct state_options *options,
                          bool *ret_hindered, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags own;
    diags_init(&own, scratch);
    *ret_hindered = !has_folder(state) || !lock_take_to_read(state);
    if (*ret_hindered)
        return false;
    bool good = follow_in_cache(state, options, &own);
    lock_release(state);
    *ret_hindered = !good && is_of_this_disk(&own);
    pass_on(&own, !*ret_hindered, diags);
    return good;
}

/* ---- on a copy in memory ---- */

/* What was seen here holds for a copy as well: it begins with the file, where that is good. */
static bool begin_copy(struct state *state, const struct state_options *options,
                       struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags own;
    struct db *copy = NULL;
    diags_init(&own, scratch);
    if (file_exists(state->path) && !database_open(state, options, &own)) {
        bool is_cache =
            cache_may_be_remade(state, &own.items[0]) && look_for_head(options, &own) == FOUNDED;
        pass_on(&own, !is_cache, diags);
        shut(state);
        return is_cache && database_open_private(state, options, diags);
    }
    if (!state->db)
        return database_open_private(state, options, diags);
    if (!db_copy_to_memory(state->db, &copy, diags))
        return false;
    db_close(state->db);
    state->db = copy;
    return true;
}

/* While somebody else works on the file, it is not known to be what is shared. */
static bool read_on_copy(struct state *state, const struct state_options *options,
                         struct diags *diags)
{
    bool absent = false;
    if (!begin_copy(state, options, diags))
        return false;
    state->read_only = false;
    bool good = mirror_refresh(state, options, &absent, diags);
    state->read_only = true;
    return good;
}

bool shared_open_reader(struct state *state, const struct state_options *options,
                        struct diags *diags)
{
    bool hindered = false;
    enum mirror_age age = age_of(state, options, diags);
    if (age != MIRROR_OLD)
        return age == MIRROR_CURRENT;
    shut(state);
    enum founded founded = file_exists(state->path) ? FOUNDED : look_for_head(options, diags);
    if (founded != FOUNDED) /* a reader makes no file where nobody has shared anything yet */
        return founded == NOT_FOUNDED && read_nothing(state, options, diags);
    if (read_in_cache(state, options, &hindered, diags))
        return true;
    if (!hindered)
        return false;
    shut(state);
    return read_on_copy(state, options, diags);
}
