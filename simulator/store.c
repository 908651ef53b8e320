#include "simulator/internal.h"
#include "simulator/s3.h"

#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/crypto.h"
#include "engine/base/file.h"
#include "engine/base/json.h"

#define ABOVE_ALL "\xf4\x8f\xbf\xbf" /* U+10FFFF: sorts after every id with the same beginning */

#define APPLICATION_ID 0x48465357 /* "HFSW"; the first line of the schema gives it to the file */

/* The rows of objects lie beside their keys, not among them: looking for one would read those it
 * passes to their end, and the code of a function is megabytes. */
static const char schema[] =
    "PRAGMA application_id = 1212568407;"
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS object(kind TEXT, account TEXT, region TEXT, id TEXT,"
    " seq INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY(kind, account, region, id));"
    "CREATE TABLE IF NOT EXISTS task(seq INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL,"
    " kind TEXT NOT NULL, background INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS task_due ON task(due, seq);"
    "CREATE TABLE IF NOT EXISTS call(seq INTEGER PRIMARY KEY, at INTEGER, account TEXT,"
    " region TEXT, service TEXT, operation TEXT, writes INTEGER, status INTEGER, code TEXT,"
    " created INTEGER);"
    "CREATE TABLE IF NOT EXISTS judged(call INTEGER, number INTEGER, action TEXT NOT NULL,"
    " resource TEXT NOT NULL, allowed INTEGER NOT NULL, PRIMARY KEY(call, number)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS timeline(seq INTEGER PRIMARY KEY, at INTEGER, account TEXT,"
    " region TEXT, what TEXT, address TEXT, detail TEXT);";

static bool make_folder(struct arena *arena, const char *path, struct diags *diags)
{
    struct diags below;
    diags_init(&below, arena);
    if (str_eq(path, ":memory:") || dir_make(path_dir(arena, path), 0700, &below))
        return true;
    diag_error(diags, E_WORLD, NO_POS, NULL, "the folder of the world: %s", below.items[0].message);
    return false;
}

bool store_open(struct world *world, const char *path, struct diags *diags)
{
    const struct db_options options = {.path = path,
                                       .busy_timeout_ms = 5000,
                                       .application_id = APPLICATION_ID,
                                       .kind = "a world",
                                       .open_code = E_WORLD,
                                       .write_code = E_WORLD};
    return make_folder(world->arena, path, diags) && db_open(&options, &world->db, diags) &&
           db_exec(world->db, schema, diags);
}

/* A statement ready for its bindings; NULL marks the transaction as failed. */
static struct db_stmt *query(struct world *world, const char *sql)
{
    struct db_stmt *stmt = db_query(world->db, sql, &world->diags);
    if (!stmt)
        world->failed = true;
    return stmt;
}

static bool next_row(struct world *world, struct db_stmt *stmt)
{
    enum db_step step = db_step(stmt, &world->diags);
    if (step == DB_FAILED)
        world->failed = true;
    return step == DB_ROW;
}

static void run(struct world *world, struct db_stmt *stmt)
{
    if (!db_run(stmt, &world->diags))
        world->failed = true;
}

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, slice_of(text), &v, &why))
        BUG("the world holds text that is no JSON");
    return v;
}

/* ---- meta and settings ---- */

bool meta_get(struct world *world, struct arena *arena, const char *name, const char **ret)
{
    struct db_stmt *stmt = query(world, "SELECT value FROM meta WHERE name = ?1");
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, name);
    bool found = next_row(world, stmt);
    if (found) {
        *ret = arena_strdup(arena, db_text(stmt, 0));
        db_reset(stmt);
    }
    return found;
}

void meta_put(struct world *world, const char *name, const char *text)
{
    struct db_stmt *stmt = query(world, "INSERT INTO meta VALUES(?1, ?2)"
                                        " ON CONFLICT(name) DO UPDATE SET value = excluded.value");
    if (!stmt)
        return;
    db_bind_text(stmt, 1, name);
    db_bind_text(stmt, 2, text);
    run(world, stmt);
}

const char *setting_get(struct world *world, struct arena *arena, const char *name)
{
    const char *text = NULL;
    return meta_get(world, arena, arena_printf(arena, "setting.%s", name), &text) ? text : NULL;
}

int64_t setting_int(struct world *world, const char *name, int64_t otherwise)
{
    struct arena *arena = arena_new();
    long long number = 0;
    const char *text = setting_get(world, arena, name);
    bool good = text && parse_int64(slice_of(text), &number);
    arena_free(arena);
    return good ? number : otherwise;
}

void setting_put(struct world *world, const char *name, const char *text)
{
    struct arena *arena = arena_new();
    meta_put(world, arena_printf(arena, "setting.%s", name), text);
    world->hardships.known = false;
    arena_free(arena);
}

/* ---- objects ---- */

/* As it is there, whatever reads see. */
static const struct value *fetch(struct world *world, struct arena *arena, const char *kind,
                                 const char *account, const char *region, const char *id)
{
    struct db_stmt *stmt = query(world, "SELECT json FROM object WHERE kind = ?1 AND account = ?2"
                                        " AND region = ?3 AND id = ?4");
    if (!stmt)
        return NULL;
    db_bind_text(stmt, 1, kind);
    db_bind_text(stmt, 2, account);
    db_bind_text(stmt, 3, region);
    db_bind_text(stmt, 4, id);
    if (!next_row(world, stmt))
        return NULL;
    const struct value *body = parse(arena, db_text(stmt, 0));
    db_reset(stmt);
    return body;
}

const struct value *store_get(struct world *world, struct arena *arena, const char *kind,
                              const char *account, const char *region, const char *id)
{
    const struct value *before = NULL;
    if (!account || !region || !id)
        return NULL;
    return past_get(world, kind, account, region, id, &before)
               ? before
               : fetch(world, arena, kind, account, region, id);
}

/* Before a change, so that reads go on to see what was there. History is never late, nor is what a
 * read makes on its way, nor an object of S3, which every read sees at once since 2020. */
static void keep_past(struct world *world, struct arena *arena, const char *kind,
                      const char *account, const char *region, const char *id)
{
    if (world->hardships.read_delay_ms > 0 && !world->reading && kind[0] != '~' &&
        !str_eq(kind, S3_OBJECT))
        past_keep(world, kind, account, region, id, fetch(world, arena, kind, account, region, id));
}

void store_put(struct world *world, const char *kind, const char *account, const char *region,
               const char *id, const struct value *body)
{
    BUG_ON(!world->in_tx);
    struct arena *arena = arena_new();
    keep_past(world, arena, kind, account, region, id);
    struct db_stmt *stmt =
        query(world, "INSERT INTO object VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
                     " ON CONFLICT(kind, account, region, id) DO UPDATE SET json = excluded.json"
                     " RETURNING seq");
    if (stmt) {
        int64_t fresh = ++world->seq_count;
        db_bind_text(stmt, 1, kind);
        db_bind_text(stmt, 2, account);
        db_bind_text(stmt, 3, region);
        db_bind_text(stmt, 4, id);
        db_bind_int(stmt, 5, fresh);
        db_bind_text(stmt, 6, json_print(arena, body, JSON_COMPACT));
        bool made = next_row(world, stmt) && db_int(stmt, 0) == fresh;
        world->made += made && kind[0] != '~';
        db_reset(stmt);
    }
    arena_free(arena);
}

bool store_delete(struct world *world, const char *kind, const char *account, const char *region,
                  const char *id)
{
    BUG_ON(!world->in_tx);
    struct arena *arena = arena_new();
    bool was = fetch(world, arena, kind, account, region, id) != NULL;
    if (was)
        keep_past(world, arena, kind, account, region, id);
    arena_free(arena);
    struct db_stmt *stmt = query(world, "DELETE FROM object WHERE kind = ?1 AND account = ?2"
                                        " AND region = ?3 AND id = ?4");
    if (!was || !stmt)
        return false;
    db_bind_text(stmt, 1, kind);
    db_bind_text(stmt, 2, account);
    db_bind_text(stmt, 3, region);
    db_bind_text(stmt, 4, id);
    run(world, stmt);
    return true;
}

/* Three statements, so that each uses the primary key as far as it can. */
static struct db_stmt *list_query(struct world *world, struct arena *arena, const char *kind,
                                  const char *account, const char *region, const char *prefix)
{
    static const char exact[] = "SELECT account, region, id, seq, json FROM object"
                                " WHERE kind = ?1 AND account = ?4 AND region = ?5"
                                " AND id >= ?2 AND id < ?3 ORDER BY id";
    static const char by_account[] = "SELECT account, region, id, seq, json FROM object"
                                     " WHERE kind = ?1 AND account = ?4"
                                     " AND id >= ?2 AND id < ?3 ORDER BY id, region";
    static const char any[] = "SELECT account, region, id, seq, json FROM object"
                              " WHERE kind = ?1 AND (?5 IS NULL OR region = ?5)"
                              " AND id >= ?2 AND id < ?3 ORDER BY id, account, region";
    struct db_stmt *stmt = query(world, account ? (region ? exact : by_account) : any);
    if (!stmt)
        return NULL;
    prefix = prefix ? prefix : "";
    db_bind_text(stmt, 1, kind);
    db_bind_text(stmt, 2, prefix);
    db_bind_text(stmt, 3, arena_printf(arena, "%s%s", prefix, ABOVE_ALL));
    if (account)
        db_bind_text(stmt, 4, account);
    if (region)
        db_bind_text(stmt, 5, region);
    return stmt;
}

static void add_row(struct arena *arena, struct objects *rows, size_t *cap, struct db_stmt *stmt)
{
    rows->items =
        arena_grow(arena, rows->items, rows->len, cap, rows->len + 1, sizeof(struct object));
    rows->items[rows->len++] = (struct object){
        .account = arena_strdup(arena, db_text(stmt, 0)),
        .region = arena_strdup(arena, db_text(stmt, 1)),
        .id = arena_strdup(arena, db_text(stmt, 2)),
        .seq = db_int(stmt, 3),
        .body = parse(arena, db_text(stmt, 4)),
    };
}

struct objects store_list(struct world *world, struct arena *arena, const char *kind,
                          const char *account, const char *region, const char *prefix)
{
    struct objects rows = {0};
    size_t cap = 0;
    struct db_stmt *stmt = list_query(world, arena, kind, account, region, prefix);
    while (stmt && next_row(world, stmt))
        add_row(arena, &rows, &cap, stmt);
    if (past_sees(world))
        past_list(world, arena, kind, account, region, prefix, &rows);
    return rows;
}

struct objects store_holding(struct world *world, struct arena *arena, const char *kind,
                             const char *account, const char *region, const char *text)
{
    struct objects rows = {0};
    size_t cap = 0;
    if (past_sees(world))
        return store_list(world, arena, kind, account, region, NULL);
    const char *needle = json_print(arena, value_string(arena, text), JSON_COMPACT);
    struct db_stmt *stmt = list_query(world, arena, kind, account, region, NULL);
    while (stmt && next_row(world, stmt))
        if (strstr(db_text(stmt, 4), needle))
            add_row(arena, &rows, &cap, stmt);
    return rows;
}

bool store_any(struct world *world, const char *kind, const char *account, const char *region,
               const char *prefix)
{
    struct arena *arena = arena_new();
    if (past_sees(world)) {
        bool seen = store_list(world, arena, kind, account, region, prefix).len > 0;
        arena_free(arena);
        return seen;
    }
    struct db_stmt *stmt = list_query(world, arena, kind, account, region, prefix);
    bool found = stmt && next_row(world, stmt);
    if (found)
        db_reset(stmt);
    arena_free(arena);
    return found;
}

/* The token is the last id of the page before: deletions between two pages lose nothing. *ret is ""
 * for the first page. */
static bool page_start(struct sim_call *call, const char *token, const char **ret)
{
    const char *text = call_str(call, token);
    struct slice last;
    *ret = "";
    if (!text || !*text)
        return true;
    if (!base64_decode(call->arena, slice_of(text), &last))
        return false;
    *ret = arena_strndup(call->arena, last.ptr, last.len);
    return true;
}

static size_t page_len(struct sim_call *call, const char *limit, int64_t default_limit)
{
    int64_t max = limit ? call_int(call, limit, default_limit) : default_limit;
    int64_t cap = setting_int(call->world, "page_size", 0);
    cap = cap > 0 ? cap : default_limit;
    return (size_t)(max <= 0 || max > cap ? cap : max);
}

static void page_end(struct sim_call *call, struct objects *rows, size_t max, const char **ret_next)
{
    *ret_next = NULL;
    if (rows->len <= max)
        return;
    rows->len = max;
    *ret_next = base64_encode(call->arena, slice_of(rows->items[max - 1].id));
}

bool call_page(struct sim_call *call, struct objects *rows, const char *token, const char *limit,
               int64_t default_limit, const char **ret_next)
{
    const char *after;
    size_t start = 0;
    if (!page_start(call, token, &after))
        return false;
    while (start < rows->len && *after && strcmp(rows->items[start].id, after) <= 0)
        start++;
    rows->items += start;
    rows->len -= start;
    page_end(call, rows, page_len(call, limit, default_limit), ret_next);
    return true;
}

bool store_page(struct sim_call *call, const char *kind, const char *prefix, const char *token,
                const char *limit, int64_t default_limit, struct objects *ret,
                const char **ret_next)
{
    const char *after;
    if (past_sees(call->world)) {
        *ret = store_list(call->world, call->arena, kind, call->account, call->region, prefix);
        return call_page(call, ret, token, limit, default_limit, ret_next);
    }
    size_t max = page_len(call, limit, default_limit), cap = 0;
    *ret = (struct objects){0};
    if (!page_start(call, token, &after))
        return false;
    struct db_stmt *stmt =
        query(call->world, "SELECT account, region, id, seq, json FROM object WHERE kind = ?1"
                           " AND account = ?2 AND region = ?3 AND id >= ?4 AND id > ?5 AND id < ?6"
                           " ORDER BY id LIMIT ?7");
    if (stmt) {
        prefix = prefix ? prefix : "";
        db_bind_text(stmt, 1, kind);
        db_bind_text(stmt, 2, call->account);
        db_bind_text(stmt, 3, call->region);
        db_bind_text(stmt, 4, strcmp(after, prefix) > 0 ? after : prefix);
        db_bind_text(stmt, 5, after);
        db_bind_text(stmt, 6, arena_printf(call->arena, "%s%s", prefix, ABOVE_ALL));
        db_bind_int(stmt, 7, (int64_t)max + 1);
    }
    while (stmt && next_row(call->world, stmt))
        add_row(call->arena, ret, &cap, stmt);
    page_end(call, ret, max, ret_next);
    return true;
}

/* ---- tasks ---- */

void task_add(struct world *world, int64_t due_ms, const char *kind, const struct value *payload)
{
    BUG_ON(!world->in_tx);
    const struct sim_task *known = task_kind(kind);
    BUG_ON(!known);
    struct db_stmt *stmt =
        query(world, "INSERT INTO task(due, kind, background, json) VALUES(?1, ?2, ?3, ?4)");
    if (!stmt)
        return;
    struct arena *arena = arena_new();
    db_bind_int(stmt, 1, due_ms);
    db_bind_text(stmt, 2, kind);
    db_bind_int(stmt, 3, known->background);
    db_bind_text(stmt, 4, json_print(arena, payload, JSON_COMPACT));
    run(world, stmt);
    arena_free(arena);
}

void task_drop(struct world *world, const char *kind, const char *member, const char *text)
{
    BUG_ON(!world->in_tx);
    struct db_stmt *stmt =
        query(world, "DELETE FROM task WHERE kind = ?1 AND json_extract(json, '$.' || ?2) = ?3");
    if (!stmt)
        return;
    db_bind_text(stmt, 1, kind);
    db_bind_text(stmt, 2, member);
    db_bind_text(stmt, 3, text);
    run(world, stmt);
}

bool task_first(struct world *world, struct arena *arena, int64_t until, struct due_task *ret)
{
    struct db_stmt *stmt = query(
        world, "SELECT seq, due, kind, json FROM task WHERE due <= ?1 ORDER BY due, seq LIMIT 1");
    if (!stmt)
        return false;
    db_bind_int(stmt, 1, until);
    if (!next_row(world, stmt))
        return false;
    *ret = (struct due_task){.seq = db_int(stmt, 0),
                             .due = db_int(stmt, 1),
                             .kind = arena_strdup(arena, db_text(stmt, 2)),
                             .payload = parse(arena, db_text(stmt, 3))};
    db_reset(stmt);
    return true;
}

void task_remove(struct world *world, int64_t seq)
{
    struct db_stmt *stmt = query(world, "DELETE FROM task WHERE seq = ?1");
    if (!stmt)
        return;
    db_bind_int(stmt, 1, seq);
    run(world, stmt);
}

bool task_pending(struct world *world)
{
    struct db_stmt *stmt = query(world, "SELECT 1 FROM task WHERE background = 0 LIMIT 1");
    bool found = stmt && next_row(world, stmt);
    if (found)
        db_reset(stmt);
    return found;
}

int64_t task_last_due(struct world *world, const char *kind)
{
    struct db_stmt *stmt = query(world, "SELECT max(due) FROM task WHERE kind = ?1");
    if (!stmt)
        return 0;
    db_bind_text(stmt, 1, kind);
    int64_t due = next_row(world, stmt) ? db_int(stmt, 0) : 0;
    db_reset(stmt);
    return due;
}

/* ---- ledgers ---- */

static void record_judged(struct world *world, const struct sim_call *call, size_t i)
{
    struct db_stmt *stmt =
        query(world, "INSERT INTO judged SELECT max(seq), ?1, ?2, ?3, ?4 FROM call");
    if (!stmt)
        return;
    db_bind_int(stmt, 1, (int64_t)i);
    db_bind_text(stmt, 2, call->judged[i].action);
    db_bind_text(stmt, 3, call->judged[i].resource);
    db_bind_int(stmt, 4, call->judged[i].allowed);
    run(world, stmt);
}

void call_record(struct world *world, const struct sim_call *call, const char *service,
                 const char *operation)
{
    struct db_stmt *stmt =
        query(world, "INSERT INTO call(at, account, region, service, operation, writes, status,"
                     " code, created) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    if (!stmt)
        return;
    db_bind_int(stmt, 1, call->now);
    db_bind_text(stmt, 2, call->account);
    db_bind_text(stmt, 3, call->scope_region);
    db_bind_text(stmt, 4, service);
    db_bind_text(stmt, 5, operation);
    db_bind_int(stmt, 6, call->operation && call->operation->writes);
    db_bind_int(stmt, 7, call->status);
    db_bind_text(stmt, 8, call->error_code);
    db_bind_int(stmt, 9, call->error_code ? 0 : world->made);
    run(world, stmt);
    for (size_t i = 0; i < call->judged_len; i++)
        record_judged(world, call, i);
}

void timeline_add(struct world *world, const char *account, const char *region, const char *what,
                  const char *address, const struct value *detail)
{
    BUG_ON(!world->in_tx);
    struct db_stmt *stmt = query(world, "INSERT INTO timeline(at, account, region, what, address,"
                                        " detail) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    if (!stmt)
        return;
    struct arena *arena = arena_new();
    db_bind_int(stmt, 1, world_now_ms(world));
    db_bind_text(stmt, 2, account);
    db_bind_text(stmt, 3, region);
    db_bind_text(stmt, 4, what);
    db_bind_text(stmt, 5, address);
    db_bind_text(stmt, 6, detail ? json_print(arena, detail, JSON_COMPACT) : NULL);
    run(world, stmt);
    arena_free(arena);
}

const char **store_kinds(struct world *world, struct arena *arena, size_t *ret_len)
{
    const char **kinds = NULL;
    size_t len = 0, cap = 0;
    struct db_stmt *stmt = query(world, "SELECT DISTINCT kind FROM object ORDER BY kind");
    while (stmt && next_row(world, stmt)) {
        kinds = arena_grow(arena, kinds, len, &cap, len + 1, sizeof(*kinds));
        kinds[len++] = arena_strdup(arena, db_text(stmt, 0));
    }
    *ret_len = len;
    return kinds;
}

static void put_text(struct map_builder *b, const char *key, const char *text)
{
    map_put(b, key, text ? value_string(b->arena, text) : value_null());
}

/* What was asked about the right to a call; NULL: its caller may do everything. */
static const struct value *judged_of(struct world *world, struct arena *arena, int64_t call)
{
    struct list_builder list = list_begin(arena);
    struct db_stmt *stmt = query(world, "SELECT action, resource, allowed FROM judged"
                                        " WHERE call = ?1 ORDER BY number");
    if (stmt)
        db_bind_int(stmt, 1, call);
    while (stmt && next_row(world, stmt)) {
        struct map_builder row = map_begin(arena);
        map_put_str(&row, "action", db_text(stmt, 0));
        map_put_str(&row, "resource", db_text(stmt, 1));
        map_put_bool(&row, "allowed", db_int(stmt, 2) != 0);
        list_add(&list, map_end(&row));
    }
    const struct value *all = list_end(&list);
    return value_len(all) > 0 ? all : NULL;
}

const struct value *world_calls(struct world *world, struct arena *arena)
{
    struct list_builder list = list_begin(arena);
    struct db_stmt *stmt = query(world, "SELECT seq, at, account, region, service, operation,"
                                        " writes, status, code, created FROM call ORDER BY seq");
    while (stmt && next_row(world, stmt)) {
        struct map_builder row = map_begin(arena);
        map_put_int(&row, "seq", db_int(stmt, 0));
        map_put_str(&row, "at", time_iso_ms(arena, db_int(stmt, 1)));
        put_text(&row, "account_id", db_text(stmt, 2));
        put_text(&row, "region", db_text(stmt, 3));
        put_text(&row, "service", db_text(stmt, 4));
        put_text(&row, "operation", db_text(stmt, 5));
        map_put_bool(&row, "writes", db_int(stmt, 6) != 0);
        map_put_int(&row, "status", db_int(stmt, 7));
        put_text(&row, "code", db_text(stmt, 8));
        map_put_int(&row, "created", db_int(stmt, 9));
        map_put(&row, "judged", judged_of(world, arena, db_int(stmt, 0)));
        list_add(&list, map_end(&row));
    }
    return list_end(&list);
}

const struct value *world_timeline(struct world *world, struct arena *arena)
{
    struct list_builder list = list_begin(arena);
    struct db_stmt *stmt = query(world, "SELECT seq, at, account, region, what, address, detail"
                                        " FROM timeline ORDER BY at, seq");
    while (stmt && next_row(world, stmt)) {
        struct map_builder row = map_begin(arena);
        map_put_int(&row, "seq", db_int(stmt, 0));
        map_put_str(&row, "at", time_iso(arena, db_int(stmt, 1)));
        put_text(&row, "account_id", db_text(stmt, 2));
        put_text(&row, "region", db_text(stmt, 3));
        put_text(&row, "what", db_text(stmt, 4));
        put_text(&row, "address", db_text(stmt, 5));
        const char *detail = db_text(stmt, 6);
        map_put(&row, "detail", detail ? parse(arena, detail) : value_null());
        list_add(&list, map_end(&row));
    }
    return list_end(&list);
}
