#pragma once
/* Scope-bound release of foreign handles (sqlite3_stmt, CURL, cJSON, FILE, ...).
 *
 * Data lives in arenas and needs no release; handles of libraries do. Declare
 *     CLEANUP(db_stmt_freep) struct db_stmt *stmt = NULL;
 * and the handle is released on every way out of the block. */

#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Functions that return bool or enum fault must not be ignored by their callers. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* printf-like functions: FMT is the 1-based index of the format, ARGS of the first argument. */
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
