#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/crypto.h"
#include "engine/base/fault.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "state/formats.h"
#include "state/mirror.h"

#define BUSY_TIMEOUT_MS 5000
#define TOKEN_LEN 32

/* ---- opening ---- */

bool damaged(struct state *state, const char *what, struct diags *diags)
{
    diag_error(diags, E_STATE_CORRUPT, NO_POS, NULL, "%s: %s", state->path, what);
    return false;
}

#define SIMULATED "simulated"

bool is_world_of(const char *recorded, const char *wanted)
{
    return str_eq(recorded, wanted) ||
           (str_eq(wanted, SIMULATED) && str_starts(recorded, SIMULATED " "));
}

static bool check_owner(struct state *state, const struct state_options *options,
                        struct diags *diags)
{
    const char *topology = state->topology, *world = state->world;
    bool same = (!options->topology || str_eq(topology, options->topology)) &&
                (!options->world || is_world_of(world, options->world));
    if (!same)
        diag_error(diags, E_STATE_FOREIGN, NO_POS, NULL,
                   "%s belongs to topology %s in world %s, not to %s in %s", state->path, topology,
                   world, options->topology ? options->topology : topology,
                   options->world ? options->world : world);
    return same;
}

bool meta_read(struct state *state, struct diags *diags)
{
    struct db_stmt *meta =
        db_query(state->db, "SELECT lineage, serial, topology, world FROM meta", diags);
    if (!meta)
        return false;
    enum db_step step = db_step(meta, diags);
    if (step != DB_ROW)
        return damaged(state, "it has no lineage", diags);
    state->lineage = arena_strdup(state->arena, db_text(meta, 0));
    state->serial = state->pending = db_int(meta, 1);
    state->topology = arena_strdup(state->arena, db_text(meta, 2));
    state->world = arena_strdup(state->arena, db_text(meta, 3));
    db_reset(meta);
    return query_int(state->db, "SELECT coalesce(max(seq), 0) + 1 FROM journal", &state->next_seq,
                     diags) &&
           query_int(state->db, "SELECT coalesce(max(id), 0) + 1 FROM run", &state->next_run,
                     diags);
}

/* Whatever format it has, its rows say what was written, as far as that can be told. */
static bool bring_up(struct state *state, const struct state_options *options, int64_t format,
                     struct diags *diags)
{
    if (format == state_format())
        return formats_check_rows(state, diags);
    return options->read_only ? formats_migrate_copy(state, options, format, diags)
                              : formats_migrate(state, options, format, diags);
}

static bool open_file(struct state *state, const char *path, bool read_only, struct diags *diags)
{
    const struct db_options db = {.path = path,
                                  .read_only = read_only,
                                  .full_sync = true,
                                  .check_indexes = true,
                                  .busy_timeout_ms = BUSY_TIMEOUT_MS,
                                  .application_id = STATE_APPLICATION_ID,
                                  .kind = "a state",
                                  .open_code = E_STATE_OPEN,
                                  .damage_code = E_STATE_CORRUPT,
                                  .write_code = E_STATE_WRITE};
    return db_open(&db, &state->db, diags);
}

bool database_open_private(struct state *state, const struct state_options *options,
                           struct diags *diags)
{
    state->is_new = true;
    return open_file(state, ":memory:", /* read_only= */ false, diags) &&
           formats_migrate(state, options, /* from= */ 0, diags) && meta_read(state, diags);
}

/* A new state gets its name once it is whole: what is empty was cut. */
static bool make_new(struct state *state, const struct state_options *options, struct diags *diags)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    const char *beside = arena_printf(state->arena, "%s.new", state->path);
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        (void)unlink(arena_printf(state->arena, "%s%s", beside, endings[i]));
    if (!open_file(state, beside, /* read_only= */ false, diags) ||
        !formats_migrate(state, options, /* from= */ 0, diags))
        return false;
    db_close(state->db);
    state->db = NULL;
    FAULT_POINT("born");
    struct diags own;
    diags_init(&own, state->arena);
    /* Closing writes the log into the file; where it could not, the log stays. */
    bool whole = !file_exists(arena_printf(state->arena, "%s-wal", beside));
    if (whole && file_publish(beside, state->path, &own))
        return true;
    diag_error(diags, E_STATE_WRITE, NO_POS, NULL, "a new state: %s",
               whole ? own.items[0].message : "it could not be written whole");
    return false;
}

static bool is_empty(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_size == 0;
}

bool database_open(struct state *state, const struct state_options *options, struct diags *diags)
{
    bool made = !options->read_only && !file_exists(state->path);
    int64_t format = 0;
    if (!options->remote && is_empty(state->path))
        return damaged(state, "it is empty: it was cut", diags);
    if ((made && !make_new(state, options, diags)) ||
        !open_file(state, state->path, options->read_only, diags) ||
        !formats_read(state, &format, diags))
        return false;
    state->is_new = made || format == 0;
    if (format == 0 && options->remote && !options->read_only) /* a cache is fetched again */
        return formats_migrate(state, options, format, diags) && meta_read(state, diags);
    if (format == 0 && !options->remote)
        return damaged(state, "it has no tables", diags);
    if (format == 0) {
        db_close(state->db);
        state->db = NULL;
        return true;
    }
    return formats_check_tables(state, format, diags) && meta_read(state, diags) &&
           check_owner(state, options, diags) && bring_up(state, options, format, diags);
}

/* A link in the place of the state could make us write through it to another file. */
static bool refuse_links(const char *path, const char *dir, struct diags *diags)
{
    const char *link = file_is_link(path)                                ? path
                       : str_ends(dir, ".holdfast") && file_is_link(dir) ? dir
                                                                         : NULL;
    if (!link)
        return true;
    diag_error(diags, E_STATE_OPEN, NO_POS, NULL, "%s is a symbolic link", link);
    return false;
}

/* A state that another program has put there may be readable for others. */
static bool make_private(const struct state *state, struct diags *diags)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        const char *path = arena_printf(scratch, "%s%s", state->path, endings[i]);
        struct stat st;
        if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) == 0 ||
            chmod(path, st.st_mode & 0700) == 0)
            continue;
        diag_error(diags, E_STATE_OPEN, NO_POS, NULL,
                   "%s can be read by others, and it cannot be made private", path);
        return false;
    }
    return true;
}

/* It is not ours to change: somebody may have made it so for others. */
static void warn_of_folder(struct diags *diags, const char *dir)
{
    struct diag *diag = diag_warning(diags, E_STATE_OPEN, NO_POS, NULL,
                                     "everybody may put another state into the folder %s", dir);
    diag_hint(diags, diag, "`chmod go-w %s` keeps others out.", dir);
}

static bool make_folder(struct arena *arena, const char *dir, struct diags *diags)
{
    struct diags own;
    diags_init(&own, arena);
    struct stat st;
    if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
        if ((st.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH)
            warn_of_folder(diags, dir);
        return true;
    }
    if (dir_make(dir, 0700, &own))
        return true;
    diag_error(diags, E_STATE_OPEN, NO_POS, NULL, "the folder of the state: %s",
               own.items[0].message);
    return false;
}

static bool open_at(struct state *state, const struct state_options *options, struct diags *diags)
{
    const char *dir = path_dir(state->arena, state->path);
    if (!refuse_links(state->path, dir, diags))
        return false;
    if (dir_exists(state->path)) {
        diag_error(diags, E_STATE_OPEN, NO_POS, NULL, "%s is a folder", state->path);
        return false;
    }
    if (!options->read_only && !make_private(state, diags))
        return false;
    if (options->remote)
        return options->read_only ? shared_open_reader(state, options, diags)
                                  : make_folder(state->arena, dir, diags) &&
                                        shared_open_writer(state, options, diags);
    if (options->read_only)
        return !file_exists(state->path) ||
               (database_open(state, options, diags) && shared_refuse_cache(state, diags));
    return make_folder(state->arena, dir, diags) && lock_take(state, options, diags) &&
           database_open(state, options, diags) && shared_refuse_cache(state, diags);
}

bool state_open(struct arena *arena, const struct state_options *options, struct state **ret,
                struct diags *diags)
{
    struct state *state = arena_new_of(arena, struct state);
    *state = (struct state){.arena = arena,
                            .path = arena_strdup(arena, options->path),
                            .read_only = options->read_only,
                            .is_new = true,
                            .command = arena_strdup(arena, options->command),
                            .who = arena_strdup(arena, options->who),
                            .lineage = "",
                            .next_seq = 1,
                            .next_run = 1};
    if (!open_at(state, options, diags)) {
        state_close(state);
        return false;
    }
    *ret = state;
    return true;
}

void state_close(struct state *state)
{
    if (!state)
        return;
    if (state->in_batch)
        db_rollback(state->db);
    mirror_drop(state);
    db_close(state->db);
    state->db = NULL;
    lock_release(state);
}

bool has_recorded_nothing(const struct state *state)
{
    return state->serial == 0 && state->next_seq == 1 && state->next_run == 1;
}

const char *state_lineage(const struct state *state)
{
    return state->lineage;
}

int64_t state_serial(const struct state *state)
{
    return state->serial;
}

bool state_is_new(const struct state *state)
{
    return state->is_new;
}

/* ---- simulated worlds ---- */

static bool refuse_world(struct state *state, const char *id, const char *path, struct diags *diags)
{
    struct diag *diag;
    if (id) {
        diag = diag_error(diags, E_STATE_FOREIGN, NO_POS, NULL,
                          "%s belongs to the world %s, not to " SIMULATED " %s in %s", state->path,
                          state->world, id, path);
        diag_hint(diags, diag, "Name the world of this state with --world, or another --state.");
    } else {
        diag = diag_error(diags, E_STATE_FOREIGN, NO_POS, NULL,
                          "%s belongs to the world %s, and %s is not there", state->path,
                          state->world, path);
        diag_hint(diags, diag,
                  "A new world holds nothing of what this state records: put that file back, name "
                  "the world with --world, or begin with another --state.");
    }
    return false;
}

bool world_write(struct state *state, const char *world, struct diags *diags)
{
    struct db_stmt *stmt = db_query(state->db, "UPDATE meta SET world = ?", diags);
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, world);
    if (!db_run(stmt, diags))
        return false;
    state->world = world;
    return true;
}

static bool take_world(struct state *state, const char *world, struct diags *diags)
{
    if (!batch_begin(state, diags))
        return false;
    if (!world_write(state, world, diags))
        return batch_drop(state);
    batch_note_world(state, world);
    return journal_commit(state, diags);
}

bool state_meet_world(struct state *state, const char *id, const char *path, struct diags *diags)
{
    const char *world = id ? arena_printf(state->arena, SIMULATED " %s", id) : NULL;
    bool met = state->world && !str_eq(state->world, SIMULATED);
    if (met)
        return (world && str_eq(state->world, world)) || refuse_world(state, id, path, diags);
    return !world || state->read_only || take_world(state, world, diags);
}

/* ---- rows ---- */

static const char *deps_json(struct arena *arena, const struct record *record)
{
    struct list_builder deps = list_begin(arena);
    for (size_t i = 0; i < record->depends_on_len; i++)
        list_add_str(&deps, record->depends_on[i]);
    return json_print(arena, list_end(&deps), JSON_COMPACT);
}

static const char *json_or_null(struct arena *arena, const struct value *v)
{
    return v ? json_print(arena, v, JSON_SORTED) : NULL;
}

static bool row_write(struct state *state, const struct record *record, int64_t generation,
                      struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct db_stmt *stmt =
        db_query(state->db,
                 "INSERT OR REPLACE INTO resource (address, type, account_id, region, identifier, "
                 "attrs_json, write_only_json, deps_json, generation, schema_version, adopted, "
                 "prevent_destroy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 diags);
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, record->address);
    db_bind_text(stmt, 2, record->type);
    db_bind_text(stmt, 3, record->account_id);
    db_bind_text(stmt, 4, record->region);
    db_bind_text(stmt, 5, record->identifier);
    db_bind_text(stmt, 6, json_or_null(scratch, record->attributes));
    db_bind_text(stmt, 7, json_or_null(scratch, record->write_only));
    db_bind_text(stmt, 8, deps_json(scratch, record));
    db_bind_int(stmt, 9, generation);
    db_bind_int(stmt, 10, record->schema_version);
    db_bind_int(stmt, 11, record->adopted);
    db_bind_int(stmt, 12, record->prevent_destroy);
    return db_run(stmt, diags);
}

bool row_is(struct state *state, const struct record *record)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    struct db_stmt *stmt =
        db_query(state->db,
                 "SELECT 1 FROM resource WHERE address = ? AND type IS ? AND account_id IS ? AND "
                 "region IS ? AND identifier IS ? AND attrs_json IS ? AND write_only_json IS ? AND "
                 "deps_json IS ? AND schema_version = ? AND adopted = ? AND "
                 "prevent_destroy = ? AND generation >= ?",
                 &ignored);
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, record->address);
    db_bind_text(stmt, 2, record->type);
    db_bind_text(stmt, 3, record->account_id);
    db_bind_text(stmt, 4, record->region);
    db_bind_text(stmt, 5, record->identifier);
    db_bind_text(stmt, 6, json_or_null(scratch, record->attributes));
    db_bind_text(stmt, 7, json_or_null(scratch, record->write_only));
    db_bind_text(stmt, 8, deps_json(scratch, record));
    db_bind_int(stmt, 9, record->schema_version);
    db_bind_int(stmt, 10, record->adopted);
    db_bind_int(stmt, 11, record->prevent_destroy);
    db_bind_int(stmt, 12, record->generation);
    bool same = db_step(stmt, &ignored) == DB_ROW;
    db_reset(stmt);
    return same;
}

bool row_put(struct state *state, const struct record *record, int64_t now_ms, struct diags *diags)
{
    int64_t generation = state_generation(state, record->address);
    if (record->generation > generation)
        generation = record->generation;
    return row_write(state, record, generation, diags) &&
           history_add(state, record->address, record, generation, now_ms, diags);
}

bool row_remove(struct state *state, const char *address, bool removed, int64_t now_ms,
                struct diags *diags)
{
    int64_t generation = state_generation(state, address) + (removed ? 1 : 0);
    struct db_stmt *stmt = db_query(state->db, "DELETE FROM resource WHERE address = ?", diags);
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, address);
    return db_run(stmt, diags) && history_add(state, address, NULL, generation, now_ms, diags);
}

int64_t state_generation(struct state *state, const char *address)
{
    return state->db ? history_generation(state, address) : 0;
}

static const char *token_of(struct state *state, struct arena *arena, const char *address,
                            int64_t generation)
{
    const char *text =
        arena_printf(arena, "%s\n%s\n%lld", state->lineage, address, (long long)generation);
    return arena_strndup(arena, sha256_hex(arena, slice_of(text)), TOKEN_LEN);
}

const char *state_token(struct state *state, struct arena *arena, const char *address)
{
    return token_of(state, arena, address, state_generation(state, address));
}

const char *state_replacement_token(struct state *state, struct arena *arena, const char *address)
{
    return token_of(state, arena, address, state_generation(state, address) + 1);
}

bool json_column(struct arena *arena, const char *text, const struct value **ret)
{
    const char *why = NULL;
    *ret = NULL;
    return !text || json_parse(arena, slice_of(text), ret, &why);
}

bool read_deps(struct arena *arena, const struct value *list, struct record *record)
{
    if (!value_is(list, VALUE_LIST))
        return false;
    const char **deps = arena_array(arena, value_len(list), sizeof(*deps));
    for (size_t i = 0; i < value_len(list); i++) {
        deps[i] = value_str(value_item(list, i));
        if (!deps[i])
            return false;
    }
    record->depends_on = deps;
    record->depends_on_len = value_len(list);
    return true;
}

static bool read_row(struct arena *arena, struct db_stmt *stmt, struct record *record)
{
    const struct value *deps = NULL;
    *record = (struct record){
        .address = arena_strdup(arena, db_text(stmt, 0)),
        .type = arena_strdup(arena, db_text(stmt, 1)),
        .account_id = arena_strdup(arena, db_text(stmt, 2)),
        .region = arena_strdup(arena, db_text(stmt, 3)),
        .identifier = arena_strdup(arena, db_text(stmt, 4)),
        .generation = db_int(stmt, 8),
        .schema_version = db_int(stmt, 9),
        .adopted = db_int(stmt, 10) != 0,
        .prevent_destroy = db_int(stmt, 11) != 0,
    };
    return json_column(arena, db_text(stmt, 5), &record->attributes) &&
           json_column(arena, db_text(stmt, 6), &record->write_only) &&
           json_column(arena, db_text(stmt, 7), &deps) && read_deps(arena, deps, record);
}

bool state_load(struct state *state, struct arena *arena, struct record **ret, size_t *ret_len,
                struct diags *diags)
{
    struct record *records = NULL;
    size_t len = 0, cap = 0;
    struct db_stmt *stmt =
        state->db ? db_query(state->db,
                             "SELECT address, type, account_id, region, identifier, attrs_json, "
                             "write_only_json, deps_json, generation, schema_version, adopted, "
                             "prevent_destroy "
                             "FROM resource ORDER BY address",
                             diags)
                  : NULL;
    if (state->db && !stmt)
        return false;
    enum db_step step = DB_DONE;
    while (stmt && (step = db_step(stmt, diags)) == DB_ROW) {
        records = arena_grow(arena, records, len, &cap, len + 1, sizeof(*records));
        if (!read_row(arena, stmt, &records[len])) {
            damaged(state, arena_printf(arena, "the row of %s is not readable", db_text(stmt, 0)),
                    diags);
            db_reset(stmt);
            return false;
        }
        len++;
    }
    if (step == DB_FAILED)
        return false;
    *ret = records;
    *ret_len = len;
    return true;
}
