#include "state/formats.h"

#include <assert.h>
#include <unistd.h>

#include "engine/base/crypto.h"
#include "engine/base/fault.h"

/* What the checksum of a row covers since format 3: all of it. */
#define META_3 "lineage, serial, format, topology, world"
#define RESOURCE_3                                                                                 \
    "address, type, account_id, region, identifier, attrs_json, write_only_json, deps_json, "      \
    "generation, schema_version, adopted, prevent_destroy"
#define JOURNAL_3                                                                                  \
    "seq, run, address, type, action, token, account_id, region, identifier, desired_json, "       \
    "digest, at_ms, phase, detail, ended_ms"
#define RUN_3 "id, started_ms, ended_ms, who, command, plan_sha, result"
#define HISTORY_3 "address, serial, run, generation, record_json, at_ms"
#define FACT_3 "key, value_json"

/* A row's checksum is written by triggers, which are no part of what they watch. */
#define ADD_CHECKSUM(table, key, columns)                                                          \
    "ALTER TABLE " table " ADD COLUMN checksum TEXT;"                                              \
    "UPDATE " table " SET checksum = row_checksum(" columns ");"                                   \
    "CREATE TRIGGER " table "_made AFTER INSERT ON " table " BEGIN UPDATE " table                  \
    "  SET checksum = row_checksum(" columns ") WHERE " key " = NEW." key "; END;"                 \
    "CREATE TRIGGER " table "_changed AFTER UPDATE OF " columns " ON " table                       \
    "  BEGIN UPDATE " table "  SET checksum = row_checksum(" columns ") WHERE " key " = NEW." key  \
    "; END;"

/* Rows are appended in the order in which operations end, and found by an index: in tables that are
 * sorted by address each commit of a turn would rewrite a page for each of its rows. So does an
 * index by address: the history, which grows by all of them, has one only of what is looked up in
 * it, the addresses that lived before.
 *
 * Step i takes a file from version i to i + 1. Forward only; a released step is never edited. */
static const char *const migrations[] = {
    "CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), lineage TEXT NOT NULL,"
    "  serial INTEGER NOT NULL, format INTEGER NOT NULL, topology TEXT NOT NULL,"
    "  world TEXT NOT NULL);"
    "CREATE TABLE resource (address TEXT NOT NULL PRIMARY KEY, type TEXT NOT NULL,"
    "  account_id TEXT NOT NULL, region TEXT, identifier TEXT, attrs_json TEXT,"
    "  write_only_json TEXT, deps_json TEXT NOT NULL, generation INTEGER NOT NULL,"
    "  schema_version INTEGER NOT NULL, adopted INTEGER NOT NULL);"
    "CREATE TABLE run (id INTEGER PRIMARY KEY, started_ms INTEGER NOT NULL, ended_ms INTEGER,"
    "  who TEXT, command TEXT, plan_sha TEXT, result TEXT);"
    "CREATE TABLE journal (seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, address TEXT NOT NULL,"
    "  type TEXT NOT NULL, action TEXT NOT NULL, token TEXT, account_id TEXT NOT NULL,"
    "  region TEXT, identifier TEXT, desired_json TEXT, digest TEXT, at_ms INTEGER NOT NULL,"
    "  phase TEXT NOT NULL CHECK (phase IN ('open', 'done', 'failed', 'abandoned')),"
    "  detail TEXT, ended_ms INTEGER);"
    "CREATE INDEX journal_open ON journal (seq) WHERE phase = 'open';"
    "CREATE TABLE resource_history (address TEXT NOT NULL, serial INTEGER NOT NULL,"
    "  run INTEGER NOT NULL, generation INTEGER NOT NULL, record_json TEXT,"
    "  at_ms INTEGER NOT NULL);"
    "CREATE INDEX history_generation ON resource_history (address, generation)"
    "  WHERE generation > 0;"
    "CREATE TABLE fact (key TEXT PRIMARY KEY, value_json TEXT NOT NULL) WITHOUT ROWID;",
    "ALTER TABLE resource ADD COLUMN prevent_destroy INTEGER NOT NULL DEFAULT 0;",
    ADD_CHECKSUM("meta", "one", META_3) ADD_CHECKSUM("resource", "rowid", RESOURCE_3)
        ADD_CHECKSUM("run", "id", RUN_3) ADD_CHECKSUM("journal", "seq", JOURNAL_3)
            ADD_CHECKSUM("resource_history", "rowid", HISTORY_3)
                ADD_CHECKSUM("fact", "key", FACT_3),
};
#define FORMAT ((int64_t)ARRAY_LEN(migrations))

int64_t state_format(void)
{
    return FORMAT;
}

bool query_int(struct db *db, const char *sql, int64_t *ret, struct diags *diags)
{
    struct db_stmt *stmt = db_query(db, sql, diags);
    if (!stmt)
        return false;
    enum db_step step = db_step(stmt, diags);
    *ret = step == DB_ROW ? db_int(stmt, 0) : 0;
    db_reset(stmt);
    return step != DB_FAILED;
}

bool formats_read(struct state *state, int64_t *ret, struct diags *diags)
{
    int64_t format = 0, tables = 0;
    if (!query_int(state->db, "PRAGMA user_version", &format, diags) ||
        !query_int(state->db, "SELECT count(*) FROM sqlite_master", &tables, diags))
        return false;
    if (format > FORMAT) {
        diag_error(diags, E_STATE_NEWER, NO_POS, NULL,
                   "%s has format %lld; this holdfast knows formats up to %lld", state->path,
                   (long long)format, (long long)FORMAT);
        return false;
    }
    if (tables > 0 && format <= 0)
        return damaged(state, "it has tables, but no format", diags);
    *ret = tables > 0 ? format : 0;
    return true;
}

static bool insert_meta(struct state *state, const struct state_options *options,
                        struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct db_stmt *stmt = db_query(state->db,
                                    "INSERT INTO meta (one, lineage, serial, format, topology, "
                                    "world) VALUES (1, ?, 0, ?, ?, ?)",
                                    diags);
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, random_uuid(scratch));
    db_bind_int(stmt, 2, FORMAT);
    db_bind_text(stmt, 3, options->topology);
    db_bind_text(stmt, 4, options->world);
    return db_run(stmt, diags);
}

static bool migrate_steps(struct state *state, const struct state_options *options, int64_t from,
                          struct diags *diags)
{
    for (int64_t step = from; step < FORMAT; step++)
        if (!db_exec(state->db, migrations[step], diags))
            return false;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    if (!db_exec(state->db,
                 arena_printf(scratch, "PRAGMA application_id = %d; PRAGMA user_version = %lld",
                              STATE_APPLICATION_ID, (long long)FORMAT),
                 diags))
        return false;
    if (from == 0)
        return insert_meta(state, options, diags);
    return db_exec(state->db,
                   arena_printf(scratch, "UPDATE meta SET format = %lld", (long long)FORMAT),
                   diags);
}

/* One transaction: a crash leaves the old format or the new one. */
static bool migrate(struct state *state, const struct state_options *options, int64_t from,
                    struct diags *diags)
{
    if (!db_begin(state->db, diags))
        return false;
    if (!migrate_steps(state, options, from, diags)) {
        db_rollback(state->db);
        return false;
    }
    FAULT_POINT("migrated");
    return db_commit(state->db, diags);
}

/* Of what an older program has written there stays a whole copy. One of an attempt that was cut
 * short is replaced. */
static bool keep_copy(struct state *state, int64_t from, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *path = arena_printf(scratch, "%s.format-%lld", state->path, (long long)from);
    const char *beside = arena_printf(scratch, "%s.new", path);
    struct diags own;
    diags_init(&own, scratch);
    (void)unlink(beside);
    if (!db_copy_to_file(state->db, beside, diags))
        return false;
    FAULT_POINT("copied");
    if (file_publish(beside, path, &own))
        return true;
    diag_error(diags, E_STATE_WRITE, NO_POS, NULL, "the copy of the older format: %s",
               own.items[0].message);
    return false;
}

bool formats_migrate(struct state *state, const struct state_options *options, int64_t from,
                     struct diags *diags)
{
    return (from == 0 || keep_copy(state, from, diags)) && migrate(state, options, from, diags);
}

bool formats_migrate_copy(struct state *state, const struct state_options *options, int64_t from,
                          struct diags *diags)
{
    struct db *copy = NULL;
    if (!db_copy_to_memory(state->db, &copy, diags))
        return false;
    db_close(state->db);
    state->db = copy;
    return migrate(state, options, from, diags);
}

/* ---- the tables ---- */

/* However it is spaced. What SQLite itself adds to count for its plans is no part of a state. */
#define TABLE_SUM "row_checksum(type, name, tbl_name, replace(sql, ' ', ''))"
#define TABLES "FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name"
static const char *const tables_sql = "SELECT name, " TABLE_SUM " " TABLES;
static const char *const mark_sql =
    "SELECT row_checksum(group_concat(sum, ' ')) FROM (SELECT " TABLE_SUM " AS sum " TABLES ")";

/* What mark_sql says of a file of each format. */
static const char *const marks[] = {
    "2d6e0f1d67d07d4a1f80d408763ccb12",
    "a5dfeb5290dea5596b6e76ae7bc0afc4",
    "eb040162dbc931e6e82bd5f4e1cf67ee",
};
static_assert(ARRAY_LEN(marks) == ARRAY_LEN(migrations), "one mark a format");

bool formats_has_mark(struct state *state, int64_t format)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags own;
    diags_init(&own, scratch);
    struct db_stmt *stmt = db_query(state->db, mark_sql, &own);
    bool has = stmt && db_step(stmt, &own) == DB_ROW && str_eq(db_text(stmt, 0), marks[format - 1]);
    if (stmt)
        db_reset(stmt);
    return has;
}

/* An empty state of that format, as the steps to it make one. */
static bool make_model(int64_t format, struct db **ret, struct diags *diags)
{
    const struct db_options options = {
        .path = ":memory:", .open_code = E_STATE_OPEN, .write_code = E_STATE_WRITE};
    if (!db_open(&options, ret, diags))
        return false;
    for (int64_t step = 0; step < format; step++)
        if (!db_exec(*ret, migrations[step], diags))
            return false;
    return true;
}

static bool compare_tables(struct state *state, struct db_stmt *here, struct db_stmt *meant,
                           struct diags *diags)
{
    for (;;) {
        enum db_step found = db_step(here, diags), wanted = db_step(meant, diags);
        if (found == DB_FAILED || wanted == DB_FAILED)
            return false;
        if (found == DB_DONE && wanted == DB_DONE)
            return true;
        if (found == wanted && str_eq(db_text(here, 1), db_text(meant, 1)))
            continue;
        const char *name = db_text(wanted == DB_ROW ? meant : here, 0);
        return damaged(
            state,
            arena_printf(state->arena, "`%s` is not made as its format has it", name ? name : "?"),
            diags);
    }
}

bool formats_check_tables(struct state *state, int64_t format, struct diags *diags)
{
    CLEANUP(db_closep) struct db *model = NULL;
    if (formats_has_mark(state, format))
        return true;
    if (!make_model(format, &model, diags))
        return false;
    struct db_stmt *here = db_query(state->db, tables_sql, diags);
    struct db_stmt *meant = db_query(model, tables_sql, diags);
    bool good = here && meant && compare_tables(state, here, meant, diags);
    if (here)
        db_reset(here);
    return good;
}

/* ---- the rows ---- */

#define WRONG_ROW(name, table, columns)                                                            \
    "SELECT " name " FROM " table " WHERE checksum IS NOT row_checksum(" columns ") LIMIT 1"

static const struct {
    const char *what, *wrong;
} checked[] = {
    {"the row of the file itself", WRONG_ROW("lineage", "meta", META_3)},
    {"the row of", WRONG_ROW("address", "resource", RESOURCE_3)},
    {"the run", WRONG_ROW("id", "run", RUN_3)},
    {"the intent", WRONG_ROW("seq", "journal", JOURNAL_3)},
    {"the history of", WRONG_ROW("address", "resource_history", HISTORY_3)},
    {"the fact", WRONG_ROW("key", "fact", FACT_3)},
};

bool formats_check_rows(struct state *state, struct diags *diags)
{
    for (size_t i = 0; i < ARRAY_LEN(checked); i++) {
        struct db_stmt *row = db_query(state->db, checked[i].wrong, diags);
        enum db_step step = row ? db_step(row, diags) : DB_FAILED;
        if (step == DB_ROW) {
            const char *name = db_text(row, 0);
            damaged(state,
                    arena_printf(state->arena, "%s %s does not say what was written",
                                 checked[i].what, name ? name : "?"),
                    diags);
            db_reset(row);
        }
        if (step != DB_DONE)
            return false;
    }
    return true;
}
