#pragma once
/* SQLite behind one file. A handle is used by one thread. SQL may use row_checksum(...): 32 hex
 * digits that change with every bit of its arguments, their types and their number. Errors become
 * diagnostics of the code that the opener chose (E_STATE_OPEN/E_STATE_WRITE for the state, E_WORLD
 * for a world). */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"

struct db;
struct db_stmt;

struct db_options {
    const char *path; /* ":memory:" for a private one */
    bool read_only;   /* must exist; a disk that cannot be written to is no hindrance */
    bool full_sync; /* WAL + synchronous=FULL; else WAL + OFF (safe against kill, not power loss) */
    bool check_indexes; /* not only that pages are in order: what is found by an index is there */
    int busy_timeout_ms;
    /* Of the files of this kind: one that has tables and another id belongs to another program. It
     * is refused, with open_code, before anything of it changes. 0: any file will do. */
    int application_id;
    const char *kind;           /* "a state", for that message */
    enum diag_code open_code;   /* for failures to open: E_STATE_OPEN or E_WORLD */
    enum diag_code damage_code; /* for a damaged database: E_STATE_CORRUPT; 0: open_code */
    enum diag_code write_code;  /* for failures later */
};

/* Creates the file with mode 0600 when absent. Checks all pages; a file that is no database, or a
 * damaged one, fails here. */
MUST_CHECK bool db_open(const struct db_options *options, struct db **ret, struct diags *diags);
/* A copy of what the database holds now: in a new file of mode 0600, where none may stand, not yet
 * synced; or in memory, with a handle of its own. */
MUST_CHECK bool db_copy_to_file(struct db *db, const char *path, struct diags *diags);
MUST_CHECK bool db_copy_to_memory(struct db *db, struct db **ret, struct diags *diags);
void db_close(struct db *db); /* accepts NULL; finalizes cached statements */
void db_closep(struct db **db);

MUST_CHECK bool db_exec(struct db *db, const char *sql,
                        struct diags *diags); /* any number of statements */
/* BEGIN IMMEDIATE and COMMIT, or ROLLBACK. Each also ends every query that is still being read. A
 * commit that fails has rolled back; a rollback without a transaction does nothing. */
MUST_CHECK bool db_begin(struct db *db, struct diags *diags);
MUST_CHECK bool db_commit(struct db *db, struct diags *diags);
void db_rollback(struct db *db);

/* Prepares once and caches by the address of `sql` (a string literal): returns the same statement,
 * reset and with cleared bindings, each time. Never freed by the caller. NULL on error.
 * A query holds its snapshot of the database until its step gives DB_DONE: whoever stops earlier
 * calls db_reset(). */
struct db_stmt *db_query(struct db *db, const char *sql, struct diags *diags);
void db_reset(struct db_stmt *stmt); /* texts and blobs of its row are gone */
void db_bind_text(struct db_stmt *stmt, int index,
                  const char *text); /* 1-based; NULL binds NULL; copied */
void db_bind_int(struct db_stmt *stmt, int index, int64_t integer);
void db_bind_blob(struct db_stmt *stmt, int index, struct slice data);
enum db_step { DB_ROW, DB_DONE, DB_FAILED };
MUST_CHECK enum db_step db_step(struct db_stmt *stmt, struct diags *diags);
const char *db_text(struct db_stmt *stmt,
                    int column); /* 0-based; until the next step; NULL for NULL */
int64_t db_int(struct db_stmt *stmt, int column);
struct slice db_blob(struct db_stmt *stmt, int column);
/* db_query + binds done by the caller + one step that must not give a row. */
MUST_CHECK bool db_run(struct db_stmt *stmt, struct diags *diags);
