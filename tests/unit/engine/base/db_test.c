#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/db.h"
#include "engine/base/file.h"

struct room {
    struct arena *arena;
    const char *dir, *path;
    struct diags diags;
};

static int enter(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    room->dir = path_temp_dir(arena);
    room->path = room->dir ? path_join(arena, room->dir, "state.db") : NULL;
    diags_init(&room->diags, arena);
    *state = room;
    return room->dir ? 0 : -1;
}

static int leave(void **state)
{
    struct room *room = *state;
    dir_remove(room->dir);
    arena_free(room->arena);
    return 0;
}

static struct db_options options_of(struct room *room)
{
    return (struct db_options){.path = room->path,
                               .full_sync = true,
                               .busy_timeout_ms = 50,
                               .open_code = E_STATE_OPEN,
                               .damage_code = E_STATE_CORRUPT,
                               .write_code = E_STATE_WRITE};
}

static struct db *opened(struct room *room)
{
    struct db_options options = options_of(room);
    struct db *db = NULL;
    assert_true(db_open(&options, &db, &room->diags));
    return db;
}

static void exec(struct room *room, struct db *db, const char *sql)
{
    assert_true(db_exec(db, sql, &room->diags));
}

static int64_t answer(struct room *room, struct db *db, const char *sql)
{
    struct db_stmt *stmt = db_query(db, sql, &room->diags);
    assert_non_null(stmt);
    assert_int_equal(db_step(stmt, &room->diags), DB_ROW);
    int64_t integer = db_int(stmt, 0);
    db_reset(stmt);
    return integer;
}

static void a_new_file_is_private_and_as_durable_as_asked(void **state)
{
    struct room *room = *state;
    struct db *db = opened(room);
    struct stat st;
    assert_int_equal(stat(room->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(answer(room, db, "PRAGMA synchronous"), 2);
    struct db_stmt *mode = db_query(db, "PRAGMA journal_mode", &room->diags);
    assert_int_equal(db_step(mode, &room->diags), DB_ROW);
    assert_string_equal(db_text(mode, 0), "wal");
    db_close(db);
    struct db_options quick = options_of(room);
    quick.full_sync = false;
    assert_true(db_open(&quick, &db, &room->diags));
    assert_int_equal(answer(room, db, "PRAGMA synchronous"), 0);
    db_close(db);
}

static void every_kind_of_value_survives_a_restart(void **state)
{
    struct room *room = *state;
    CLEANUP(db_closep) struct db *db = opened(room);
    exec(room, db, "CREATE TABLE t(a, b, c, d, e); CREATE INDEX i ON t(a)");
    struct db_stmt *insert = db_query(db, "INSERT INTO t VALUES(?,?,?,?,?)", &room->diags);
    char text[] = "text";
    db_bind_text(insert, 1, text);
    text[0] = 'n'; /* it was copied */
    db_bind_text(insert, 2, NULL);
    db_bind_int(insert, 3, INT64_MIN);
    db_bind_blob(insert, 4, (struct slice){"a\0b", 3});
    db_bind_blob(insert, 5, slice_of(NULL));
    assert_true(db_run(insert, &room->diags));
    db_close(db);
    db = opened(room);
    struct db_stmt *select = db_query(db, "SELECT a, b, c, d, e, typeof(e) FROM t", &room->diags);
    assert_int_equal(db_step(select, &room->diags), DB_ROW);
    assert_string_equal(db_text(select, 0), "text");
    assert_null(db_text(select, 1));
    assert_true(db_int(select, 2) == INT64_MIN);
    assert_int_equal(db_blob(select, 3).len, 3);
    assert_memory_equal(db_blob(select, 3).ptr, "a\0b", 3);
    assert_int_equal(db_blob(select, 4).len, 0);
    assert_string_equal(db_text(select, 5), "blob");
    assert_int_equal(db_step(select, &room->diags), DB_DONE);
}

static const char *const insert_row = "INSERT INTO t VALUES(?, ?)";

static void a_cached_statement_comes_back_reset_and_without_bindings(void **state)
{
    struct room *room = *state;
    CLEANUP(db_closep) struct db *db = opened(room);
    exec(room, db, "CREATE TABLE t(a, b)");
    struct db_stmt *first = db_query(db, insert_row, &room->diags);
    db_bind_int(first, 1, 1);
    db_bind_int(first, 2, 1);
    assert_true(db_run(first, &room->diags));
    struct db_stmt *second = db_query(db, insert_row, &room->diags);
    assert_ptr_equal(first, second);
    db_bind_int(second, 1, 2);
    assert_true(db_run(second, &room->diags));
    assert_int_equal(answer(room, db, "SELECT count(*) FROM t WHERE b IS NULL"), 1);
    static const char *const all = "SELECT a FROM t ORDER BY a";
    assert_int_equal(answer(room, db, all), 1);
    assert_int_equal(db_step(db_query(db, all, &room->diags), &room->diags), DB_ROW);
    assert_int_equal(answer(room, db, all), 1); /* from the start again, not the second row */
}

static void a_transaction_is_all_or_nothing(void **state)
{
    struct room *room = *state;
    CLEANUP(db_closep) struct db *db = opened(room);
    exec(room, db, "CREATE TABLE t(a)");
    assert_true(db_begin(db, &room->diags));
    exec(room, db, "INSERT INTO t VALUES(1)");
    db_rollback(db);
    db_rollback(db);
    assert_int_equal(answer(room, db, "SELECT count(*) FROM t"), 0);
    assert_true(db_begin(db, &room->diags));
    exec(room, db, "INSERT INTO t VALUES(1)");
    assert_true(db_commit(db, &room->diags));
    assert_int_equal(answer(room, db, "SELECT count(*) FROM t"), 1);
}

static void a_half_read_query_does_not_stand_in_the_way_of_a_transaction(void **state)
{
    struct room *room = *state;
    CLEANUP(db_closep) struct db *mine = opened(room);
    exec(room, mine, "CREATE TABLE t(a); INSERT INTO t VALUES(1), (2)");
    struct db_stmt *select = db_query(mine, "SELECT a FROM t", &room->diags);
    assert_int_equal(db_step(select, &room->diags), DB_ROW);
    CLEANUP(db_closep) struct db *other = opened(room);
    exec(room, other, "INSERT INTO t VALUES(3)");
    assert_true(db_begin(mine, &room->diags));
    assert_int_equal(answer(room, mine, "SELECT count(*) FROM t"), 3);
    assert_true(db_commit(mine, &room->diags));
}

static void the_writer_who_waits_in_vain_is_told_so(void **state)
{
    struct room *room = *state;
    CLEANUP(db_closep) struct db *mine = opened(room);
    CLEANUP(db_closep) struct db *other = opened(room);
    assert_true(db_begin(mine, &room->diags));
    assert_false(db_begin(other, &room->diags));
    assert_int_equal(room->diags.items[0].code, E_STATE_WRITE);
    assert_non_null(strstr(room->diags.items[0].message, "locked"));
    db_rollback(mine);
    assert_true(db_begin(other, &room->diags));
    db_rollback(other);
}

static void wrong_sql_and_broken_constraints_are_diagnostics(void **state)
{
    struct room *room = *state;
    CLEANUP(db_closep) struct db *db = opened(room);
    exec(room, db, "CREATE TABLE t(a PRIMARY KEY)");
    assert_null(db_query(db, "SELECT b FROM t", &room->diags));
    assert_null(db_query(db, "SELECT * FROM t WHERE a = \"typo\"", &room->diags));
    static const char *const insert = "INSERT INTO t VALUES('x')";
    assert_true(db_run(db_query(db, insert, &room->diags), &room->diags));
    assert_int_equal(room->diags.errors, 2);
    assert_false(db_run(db_query(db, insert, &room->diags), &room->diags));
    assert_int_equal(room->diags.errors, 3);
    assert_int_equal(room->diags.items[2].code, E_STATE_WRITE);
    assert_non_null(strstr(room->diags.items[2].message, room->path));
}

static void refused(struct room *room, const struct db_options *options, enum diag_code code)
{
    struct db *db = NULL;
    size_t before = room->diags.len;
    assert_false(db_open(options, &db, &room->diags));
    assert_null(db);
    assert_int_equal(room->diags.len, before + 1);
    assert_int_equal(room->diags.items[before].code, code);
}

static void what_is_no_database_is_refused(void **state)
{
    struct room *room = *state;
    struct db_options options = options_of(room);
    assert_true(
        file_write_atomic(room->path, slice_of("version: 1\nname: x\n"), 0600, &room->diags));
    refused(room, &options, E_STATE_OPEN);
    options.path = room->dir;
    refused(room, &options, E_STATE_OPEN);
    options.path = path_join(room->arena, room->dir, "absent/state.db");
    refused(room, &options, E_STATE_OPEN);
}

static void a_damaged_database_is_refused_as_damaged(void **state)
{
    struct room *room = *state;
    struct db *db = opened(room);
    exec(room, db, "CREATE TABLE t(a); CREATE INDEX i ON t(a)");
    assert_true(db_begin(db, &room->diags));
    for (int i = 0; i < 500; i++)
        exec(room, db, "INSERT INTO t VALUES(hex(randomblob(50)))");
    assert_true(db_commit(db, &room->diags));
    db_close(db);
    struct slice bytes;
    assert_true(file_read(room->arena, room->path, FILE_READ_MAX, &bytes, &room->diags));
    char *broken = arena_memdup(room->arena, bytes.ptr, bytes.len);
    memset(broken + 4096, 0x5a, 2 * 4096); /* the second and third page */
    assert_int_equal(unlink(room->path), 0);
    assert_true(
        file_write_atomic(room->path, (struct slice){broken, bytes.len}, 0600, &room->diags));
    struct db_options options = options_of(room);
    refused(room, &options, E_STATE_CORRUPT);
    options.damage_code = 0;
    refused(room, &options, E_STATE_OPEN);
}

static void a_reader_creates_and_changes_nothing(void **state)
{
    struct room *room = *state;
    struct db_options options = options_of(room);
    options.read_only = true;
    refused(room, &options, E_STATE_OPEN);
    assert_false(file_exists(room->path));
    CLEANUP(db_closep) struct db *writer = opened(room);
    exec(room, writer, "CREATE TABLE t(a)");
    CLEANUP(db_closep) struct db *reader = NULL;
    assert_true(db_open(&options, &reader, &room->diags));
    assert_int_equal(answer(room, reader, "SELECT count(*) FROM t"), 0);
    assert_false(db_exec(reader, "INSERT INTO t VALUES(1)", &room->diags));
}

/* As root nothing is forbidden: the child becomes somebody else first. */
static int read_as_a_stranger(struct room *room, const struct db_options *options)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct db *reader = NULL;
        if (getuid() == 0 && setuid(65534) != 0)
            _exit(2);
        bool good = db_open(options, &reader, &room->diags);
        if (good)
            good = answer(room, reader, "SELECT a FROM t") == 7;
        _exit(good ? 0 : 1);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_reader_needs_no_folder_that_can_be_written_to(void **state)
{
    struct room *room = *state;
    room->path = path_join(room->arena, room->dir, "a#1?%20.db");
    struct db *writer = opened(room);
    exec(room, writer, "CREATE TABLE t(a); INSERT INTO t VALUES(7)");
    db_close(writer);
    assert_true(chown(room->path, getuid() == 0 ? 65534 : getuid(), getgid()) == 0);
    assert_true(chmod(room->dir, 0555) == 0);
    struct db_options options = options_of(room);
    options.read_only = true;
    assert_int_equal(read_as_a_stranger(room, &options), 0);
    assert_true(chmod(room->dir, 0755) == 0);
    const char *log = arena_printf(room->arena, "%s-wal", room->path);
    assert_true(file_write_atomic(log, slice_of("what was not moved over"), 0600, &room->diags));
    assert_true(chmod(room->dir, 0555) == 0);
    assert_int_equal(read_as_a_stranger(room, &options), 1); /* it would look like an older one */
    assert_true(chmod(room->dir, 0755) == 0);
}

static void a_database_in_memory_leaves_no_file(void **state)
{
    struct room *room = *state;
    struct db_options options = options_of(room);
    options.path = ":memory:";
    CLEANUP(db_closep) struct db *db = NULL;
    assert_true(db_open(&options, &db, &room->diags));
    exec(room, db, "CREATE TABLE t(a)");
    assert_false(file_exists(":memory:"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

static void a_checksum_tells_values_types_and_their_borders_apart(void **state)
{
    struct room *room = *state;
    struct db *db = opened(room);
    assert_int_equal(
        answer(room, db,
               "SELECT count(DISTINCT c) FROM (SELECT row_checksum('a', 'b') AS c UNION ALL "
               "SELECT row_checksum('ab', '') UNION ALL SELECT row_checksum('', 'ab') UNION ALL "
               "SELECT row_checksum('b', 'a') UNION ALL SELECT row_checksum('a') UNION ALL "
               "SELECT row_checksum(1) UNION ALL SELECT row_checksum('1') UNION ALL "
               "SELECT row_checksum('') UNION ALL SELECT row_checksum(NULL) UNION ALL "
               "SELECT row_checksum(NULL, NULL) UNION ALL SELECT row_checksum())"),
        11);
    assert_int_equal(answer(room, db, "SELECT length(row_checksum('a'))"), 32);
    assert_int_equal(answer(room, db, "SELECT row_checksum('a', 1) = row_checksum('a', 1)"), 1);
    db_close(db);
}

static void a_copy_holds_what_was_committed_and_goes_its_own_way(void **state)
{
    struct room *room = *state;
    struct stat st;
    struct db *db = opened(room), *copy = NULL;
    exec(room, db, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const char *path = path_join(room->arena, room->dir, "copy.db");
    assert_true(db_copy_to_file(db, path, &room->diags));
    assert_false(db_copy_to_file(db, path, &room->diags)); /* nothing is overwritten */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(db_copy_to_memory(db, &copy, &room->diags));
    exec(room, copy, "INSERT INTO t VALUES (2)");
    exec(room, db, "DELETE FROM t");
    assert_int_equal(answer(room, copy, "SELECT count(*) FROM t"), 2);
    db_close(copy);
    db_close(db);
    room->path = path;
    db = opened(room);
    assert_int_equal(answer(room, db, "SELECT count(*) FROM t"), 1);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_file_is_private_and_as_durable_as_asked),
        CASE(every_kind_of_value_survives_a_restart),
        CASE(a_cached_statement_comes_back_reset_and_without_bindings),
        CASE(a_transaction_is_all_or_nothing),
        CASE(a_half_read_query_does_not_stand_in_the_way_of_a_transaction),
        CASE(the_writer_who_waits_in_vain_is_told_so),
        CASE(wrong_sql_and_broken_constraints_are_diagnostics),
        CASE(a_checksum_tells_values_types_and_their_borders_apart),
        CASE(a_copy_holds_what_was_committed_and_goes_its_own_way),
        CASE(what_is_no_database_is_refused),
        CASE(a_damaged_database_is_refused_as_damaged),
        CASE(a_reader_creates_and_changes_nothing),
        CASE(a_reader_needs_no_folder_that_can_be_written_to),
        CASE(a_database_in_memory_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
