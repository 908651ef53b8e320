#include "engine/base/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/bug.h"
#include "engine/base/crypto.h"
#include "engine/base/strbuf.h"

struct db_stmt {
    struct db *db;
    const char *sql; /* the literal that the caller gave: the key of the cache */
    sqlite3_stmt *handle;
};

struct db {
    struct arena *arena;
    sqlite3 *handle;
    const char *path;
    enum diag_code write_code, damage_code;
    struct db_stmt **stmts; /* a few dozen at most: a scan beats a table */
    size_t len, cap;
};

/* What a statement's failure means: a table or column that is not there, or pages that make no
 * sense, are no matter of disk space. */
static enum diag_code code_now(const struct db *db)
{
    int rc = sqlite3_extended_errcode(db->handle) & 0xff;
    bool damaged = rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_ERROR;
    return damaged ? db->damage_code : db->write_code;
}

static bool fail(struct db *db, enum diag_code code, struct diags *diags)
{
    diag_error(diags, code, NO_POS, NULL, "%s: %s", db->path, sqlite3_errmsg(db->handle));
    return false;
}

/* SQLite would create the file with the mode of the umask. The descriptor is closed again only
 * where the file is new: closing one of a file that SQLite holds open would drop SQLite's locks. */
static bool create_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST;
    close(fd);
    return true;
}

static bool check_pages(struct db *db, const struct db_options *options, struct diags *diags)
{
    enum diag_code damaged = options->damage_code ? options->damage_code : options->open_code;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(
        db->handle, options->check_indexes ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)",
        -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    bool good = false;
    if (rc == SQLITE_ROW) {
        const char *verdict = (const char *)sqlite3_column_text(stmt, 0);
        good = str_eq(verdict, "ok");
        if (!good)
            diag_error(diags, damaged, NO_POS, NULL, "%s: the file is damaged: %s", db->path,
                       verdict ? verdict : "no details");
    } else {
        fail(db, (rc & 0xff) == SQLITE_CORRUPT ? damaged : options->open_code, diags);
    }
    sqlite3_finalize(stmt);
    return good;
}

static int64_t ask(struct db *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t answer = 0;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        answer = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return answer;
}

static bool check_kind(struct db *db, const struct db_options *options, struct diags *diags)
{
    if (options->application_id == 0 ||
        ask(db, "PRAGMA application_id") == options->application_id ||
        ask(db, "SELECT count(*) FROM sqlite_master") == 0)
        return true;
    diag_error(diags, options->open_code, NO_POS, NULL,
               "%s is a database of another program, not %s", db->path, options->kind);
    return false;
}

#define CHECKSUM_LEN 32
#define CHECKSUM_INPUT_MAX ((size_t)1 << 30)

/* Each argument with its type and, as text, its length, so that none runs into the next. */
static void row_checksum(sqlite3_context *context, int len, sqlite3_value **values)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct strbuf sb;
    strbuf_init(&sb, scratch, CHECKSUM_INPUT_MAX);
    for (int i = 0; i < len; i++) {
        if (sqlite3_value_type(values[i]) == SQLITE_NULL) {
            strbuf_add(&sb, "-;");
            continue;
        }
        bool is_integer = sqlite3_value_type(values[i]) == SQLITE_INTEGER;
        const char *text = (const char *)sqlite3_value_text(values[i]);
        strbuf_addf(&sb, "%c%d:", is_integer ? 'i' : 't', sqlite3_value_bytes(values[i]));
        strbuf_add_n(&sb, text, (size_t)sqlite3_value_bytes(values[i]));
    }
    if (strbuf_overflowed(&sb))
        sqlite3_result_error_toobig(context);
    else
        sqlite3_result_text(context, sha256_hex(scratch, (struct slice){sb.data, sb.len}),
                            CHECKSUM_LEN, SQLITE_TRANSIENT);
}

static void add_functions(struct db *db)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    BUG_ON(sqlite3_create_function_v2(db->handle, "row_checksum", -1, flags, NULL, row_checksum,
                                      NULL, NULL, NULL) != SQLITE_OK);
}

static bool configure(struct db *db, const struct db_options *options, struct diags *diags)
{
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, options->busy_timeout_ms);
    /* "text" is a name, never a string: a misspelt column is an error */
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (!check_pages(db, options, diags) || !check_kind(db, options, diags))
        return false;
    /* by its mode, or since its first bytes say that a later SQLite has written it */
    if (!options->read_only && sqlite3_db_readonly(db->handle, "main") == 1) {
        diag_error(diags, options->open_code, NO_POS, NULL, "%s: it can be read, and not written",
                   db->path);
        return false;
    }
    const char *pragmas = "PRAGMA foreign_keys=ON;";
    if (!options->read_only)
        pragmas = options->full_sync
                      ? "PRAGMA foreign_keys=ON;PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
                      : "PRAGMA foreign_keys=ON;PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF;";
    if (sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return fail(db, options->open_code, diags);
    return true;
}

/* The file as it stands, without the index of its log that SQLite makes beside it: a URI. */
static const char *frozen_uri(struct arena *arena, const char *path)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, SIZE_MAX);
    strbuf_add(&sb, "file:");
    for (; *path; path++)
        if (*path == '?' || *path == '#' || *path == '%')
            strbuf_addf(&sb, "%%%02X", (unsigned)*path);
        else
            strbuf_add_n(&sb, path, 1);
    strbuf_add(&sb, "?immutable=1");
    return strbuf_str(&sb);
}

static bool is_empty(struct arena *arena, const char *path, const char *ending)
{
    struct stat beside;
    return stat(arena_printf(arena, "%s%s", path, ending), &beside) != 0 || beside.st_size == 0;
}

/* A read-only or full disk: nothing can be made beside the file, and no log waits there, of either
 * kind. */
static bool can_only_be_looked_at(const struct db *db, const struct db_options *options)
{
    int rc = sqlite3_errcode(db->handle) & 0xff;
    bool hindered =
        rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY || rc == SQLITE_IOERR || rc == SQLITE_FULL;
    return options->read_only && hindered && is_empty(db->arena, options->path, "-wal") &&
           is_empty(db->arena, options->path, "-journal");
}

static bool open_handle(struct db *db, const struct db_options *options, const char *name,
                        int flags, struct diags *diags)
{
    int rc = sqlite3_open_v2(name, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    BUG_ON(!db->handle);
    if (rc != SQLITE_OK)
        return fail(db, options->open_code, diags);
    add_functions(db);
    return configure(db, options, diags);
}

static bool open_reader(struct db *db, const struct db_options *options, struct diags *diags)
{
    struct diags own;
    diags_init(&own, db->arena);
    if (open_handle(db, options, options->path, SQLITE_OPEN_READONLY, &own))
        return true;
    if (can_only_be_looked_at(db, options)) {
        sqlite3_close(db->handle);
        return open_handle(db, options, frozen_uri(db->arena, options->path),
                           SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, diags);
    }
    diag_error(diags, own.items[0].code, NO_POS, NULL, "%s", own.items[0].message);
    return false;
}

bool db_open(const struct db_options *options, struct db **ret, struct diags *diags)
{
    bool in_memory = str_eq(options->path, ":memory:");
    if (!in_memory && !options->read_only && !create_private(options->path)) {
        diag_error(diags, options->open_code, NO_POS, NULL, "%s: %s", options->path,
                   strerror(errno));
        return false;
    }
    struct arena *arena = arena_new();
    struct db *db = arena_new_of(arena, struct db);
    *db = (struct db){.arena = arena,
                      .path = arena_strdup(arena, options->path),
                      .write_code = options->write_code,
                      .damage_code =
                          options->damage_code ? options->damage_code : options->open_code};
    int flags = SQLITE_OPEN_READWRITE | (in_memory ? SQLITE_OPEN_CREATE : 0);
    if (options->read_only ? !open_reader(db, options, diags)
                           : !open_handle(db, options, options->path, flags, diags)) {
        db_close(db);
        return false;
    }
    *ret = db;
    return true;
}

bool db_copy_to_file(struct db *db, const char *path, struct diags *diags)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        diag_error(diags, db->write_code, NO_POS, NULL, "%s: %s", path, strerror(errno));
        return false;
    }
    close(fd);
    struct db_stmt *stmt = db_query(db, "VACUUM INTO ?", diags);
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, path);
    return db_run(stmt, diags);
}

bool db_copy_to_memory(struct db *db, struct db **ret, struct diags *diags)
{
    const struct db_options options = {.path = ":memory:",
                                       .open_code = db->damage_code,
                                       .damage_code = db->damage_code,
                                       .write_code = db->write_code};
    struct db *copy = NULL;
    if (!db_open(&options, &copy, diags))
        return false;
    sqlite3_backup *backup = sqlite3_backup_init(copy->handle, "main", db->handle, "main");
    BUG_ON(!backup);
    bool good = sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    good = sqlite3_backup_finish(backup) == SQLITE_OK && good;
    if (!good) {
        fail(db, code_now(db), diags);
        db_close(copy);
        return false;
    }
    *ret = copy;
    return true;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < db->len; i++)
        sqlite3_finalize(db->stmts[i]->handle);
    BUG_ON(sqlite3_close(db->handle) != SQLITE_OK);
    arena_free(db->arena);
}

void db_closep(struct db **db)
{
    db_close(*db);
    *db = NULL;
}

bool db_exec(struct db *db, const char *sql, struct diags *diags)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(db, code_now(db), diags);
    return true;
}

/* A query that somebody left half-read pins an old snapshot, and a transaction begun on top of it
 * would fail as soon as another process has written. */
static void end_reads(struct db *db)
{
    for (size_t i = 0; i < db->len; i++)
        sqlite3_reset(db->stmts[i]->handle);
}

bool db_begin(struct db *db, struct diags *diags)
{
    end_reads(db);
    return db_exec(db, "BEGIN IMMEDIATE", diags);
}

bool db_commit(struct db *db, struct diags *diags)
{
    end_reads(db);
    if (db_exec(db, "COMMIT", diags))
        return true;
    db_rollback(db);
    return false;
}

void db_rollback(struct db *db)
{
    end_reads(db);
    if (!sqlite3_get_autocommit(db->handle)) /* a full disk may have rolled back already */
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

struct db_stmt *db_query(struct db *db, const char *sql, struct diags *diags)
{
    for (size_t i = 0; i < db->len; i++)
        if (db->stmts[i]->sql == sql) {
            sqlite3_stmt *handle = db->stmts[i]->handle;
            if (strcmp(sqlite3_sql(handle), sql) != 0)
                BUG("db_query() needs string literals");
            sqlite3_reset(handle);
            sqlite3_clear_bindings(handle);
            return db->stmts[i];
        }
    sqlite3_stmt *handle = NULL;
    const char *tail = NULL;
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, &tail) !=
        SQLITE_OK) {
        fail(db, code_now(db), diags);
        return NULL;
    }
    BUG_ON(!handle || *tail);
    struct db_stmt *stmt = arena_new_of(db->arena, struct db_stmt);
    *stmt = (struct db_stmt){db, sql, handle};
    db->stmts =
        arena_grow(db->arena, db->stmts, db->len, &db->cap, db->len + 1, sizeof(struct db_stmt *));
    db->stmts[db->len++] = stmt;
    return stmt;
}

void db_reset(struct db_stmt *stmt)
{
    sqlite3_reset(stmt->handle); /* its result repeats the failure of the last step */
}

void db_bind_text(struct db_stmt *stmt, int index, const char *text)
{
    int rc = text ? sqlite3_bind_text(stmt->handle, index, text, -1, SQLITE_TRANSIENT)
                  : sqlite3_bind_null(stmt->handle, index);
    BUG_ON(rc != SQLITE_OK);
}

void db_bind_int(struct db_stmt *stmt, int index, int64_t integer)
{
    BUG_ON(sqlite3_bind_int64(stmt->handle, index, integer) != SQLITE_OK);
}

void db_bind_blob(struct db_stmt *stmt, int index, struct slice data)
{
    BUG_ON(data.len > INT_MAX);
    /* without bytes there is no pointer, and a NULL pointer would bind NULL */
    int rc = data.len == 0 ? sqlite3_bind_zeroblob(stmt->handle, index, 0)
                           : sqlite3_bind_blob(stmt->handle, index, data.ptr, (int)data.len,
                                               SQLITE_TRANSIENT);
    BUG_ON(rc != SQLITE_OK);
}

enum db_step db_step(struct db_stmt *stmt, struct diags *diags)
{
    int rc = sqlite3_step(stmt->handle);
    if (rc == SQLITE_ROW)
        return DB_ROW;
    if (rc != SQLITE_DONE)
        fail(stmt->db, code_now(stmt->db), diags);
    sqlite3_reset(stmt->handle);
    return rc == SQLITE_DONE ? DB_DONE : DB_FAILED;
}

const char *db_text(struct db_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt->handle, column);
}

int64_t db_int(struct db_stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

struct slice db_blob(struct db_stmt *stmt, int column)
{
    const char *data = sqlite3_column_blob(stmt->handle, column); /* before its length */
    return (struct slice){data, (size_t)sqlite3_column_bytes(stmt->handle, column)};
}

bool db_run(struct db_stmt *stmt, struct diags *diags)
{
    enum db_step step = db_step(stmt, diags);
    BUG_ON(step == DB_ROW);
    return step == DB_DONE;
}
