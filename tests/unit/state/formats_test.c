/* Every format that was ever released is read, by writers that bring it up and by readers that
 * leave it as it is. Files of them are kept in formats/N.sql; a release that brings a new one adds
 * its file and edits none.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/db.h"
#include "state/formats.h"
#include "tests/unit/state/helper.h"

static struct db *open_plainly(struct fixture *f, const char *path)
{
    struct db_options options = {.path = path, .open_code = E_STATE_OPEN};
    struct db *db = NULL;
    assert_true(db_open(&options, &db, &f->diags));
    return db;
}

static void make_file(struct fixture *f, int64_t format)
{
    struct slice sql;
    const char *path =
        arena_printf(f->arena, SOURCE_DIR "/tests/unit/state/formats/%lld.sql", (long long)format);
    assert_true(file_read(f->arena, path, FILE_READ_MAX, &sql, &f->diags));
    assert_true(dir_make(path_dir(f->arena, f->path), 0700, &f->diags));
    struct db *db = open_plainly(f, f->path);
    assert_true(db_exec(db, sql.ptr, &f->diags));
    db_close(db);
}

static int64_t format_of(struct fixture *f, const char *path)
{
    struct db *db = open_plainly(f, path);
    struct db_stmt *stmt = db_query(db, "PRAGMA user_version", &f->diags);
    assert_int_equal(db_step(stmt, &f->diags), DB_ROW);
    int64_t format = db_int(stmt, 0);
    db_close(db);
    return format;
}

/* What formats/N.sql says; prevent_destroy is there since format 2. */
static void assert_whole(struct fixture *f, struct state *s, int64_t format)
{
    struct record *records = NULL;
    struct intent *intents = NULL;
    size_t len = 0;
    assert_false(state_is_new(s));
    assert_string_equal(state_lineage(s), "b7e6a0a4-2f5e-4a55-9a0b-3f1f6a1d2c11");
    assert_int_equal(state_serial(s), 7);
    assert_true(state_load(s, f->arena, &records, &len, &f->diags));
    assert_int_equal(len, 2);
    assert_string_equal(records[0].address, "keys.k");
    assert_string_equal(records[0].identifier, "k-1");
    assert_string_equal(records[1].address, "vaults.v");
    assert_string_equal(records[1].depends_on[0], "keys.k");
    assert_int_equal(value_get_int(records[1].write_only, "changeable_for_days", 0), 3);
    assert_true(records[1].adopted);
    assert_null(records[1].identifier);
    assert_int_equal(records[1].prevent_destroy, format >= 2);
    assert_true(journal_open_intents(s, f->arena, &intents, &len, &f->diags));
    assert_int_equal(len, 1);
    assert_int_equal(intents[0].seq, 2);
    assert_string_equal(intents[0].token, "token-2");
    assert_string_equal(value_get_str(intents[0].desired, "name"), "t-w");
    assert_int_equal(state_generation(s, "vaults.old"), 2);
    assert_string_equal(value_get_str(state_fact(s, f->arena, "outputs"), "key"), "k-1");
    assert_true(state_meet_world(s, "1a2b3c4d", "w.db", &f->diags));
}

static const char *copy_path(struct fixture *f, int64_t format)
{
    return arena_printf(f->arena, "%s.format-%lld", f->path, (long long)format);
}

static int64_t newest(struct fixture *f)
{
    struct state_options options = options_of(f);
    struct state *s = NULL;
    options.path = path_join(f->arena, f->dir, "new.db");
    assert_true(state_open(f->arena, &options, &s, &f->diags));
    state_close(s);
    return format_of(f, options.path);
}

static void clear(struct fixture *f)
{
    dir_remove(path_dir(f->arena, f->path));
}

static void every_released_format_is_brought_up_with_a_copy_beside_it(void **state)
{
    struct fixture *f = *state;
    for (int64_t format = 1; format <= newest(f); format++) {
        struct stat st;
        make_file(f, format);
        struct state *s = open_state(f);
        assert_whole(f, s, format);
        state_close(s);
        assert_int_equal(format_of(f, f->path), newest(f));
        bool older = format < newest(f);
        assert_int_equal(file_exists(copy_path(f, format)), older);
        if (older) {
            assert_int_equal(format_of(f, copy_path(f, format)), format);
            assert_int_equal(stat(copy_path(f, format), &st), 0);
            assert_int_equal(st.st_mode & 0777, 0600);
        }
        s = open_state(f); /* and once more, as one of the newest */
        assert_whole(f, s, format);
        state_close(s);
        clear(f);
    }
}

static void every_released_format_is_read_and_left_as_it_is(void **state)
{
    struct fixture *f = *state;
    for (int64_t format = 1; format <= newest(f); format++) {
        make_file(f, format);
        struct state *s = open_reader(f);
        assert_whole(f, s, format);
        state_close(s);
        assert_int_equal(format_of(f, f->path), format);
        assert_false(file_exists(copy_path(f, format)));
        clear(f);
    }
}

static void the_copy_opens_in_the_place_of_the_file(void **state)
{
    struct fixture *f = *state;
    make_file(f, 1);
    state_close(open_state(f));
    assert_int_equal(rename(copy_path(f, 1), f->path), 0);
    struct state *s = open_state(f);
    assert_whole(f, s, 1);
    state_close(s);
}

static void a_foreign_file_is_neither_migrated_nor_copied(void **state)
{
    struct fixture *f = *state;
    make_file(f, 1);
    struct state_options options = options_of(f);
    options.topology = "another";
    assert_refused(f, &options, E_STATE_FOREIGN);
    assert_int_equal(format_of(f, f->path), 1);
    assert_false(file_exists(copy_path(f, 1)));
}

static void a_copy_that_cannot_be_made_stops_the_migration(void **state)
{
    struct fixture *f = *state;
    make_file(f, 1);
    assert_true(dir_make(path_join(f->arena, copy_path(f, 1), "in-the-way"), 0700, &f->diags));
    struct state_options options = options_of(f);
    assert_refused(f, &options, E_STATE_WRITE);
    assert_int_equal(format_of(f, f->path), 1);
    assert_int_equal(rmdir(path_join(f->arena, copy_path(f, 1), "in-the-way")), 0);
    assert_int_equal(rmdir(copy_path(f, 1)), 0);
    struct state *s = open_state(f); /* what the attempt left behind is in nobody's way */
    assert_whole(f, s, 1);
    state_close(s);
}

/* A process that dies at the first write beyond so many bytes of a file, or whose write fails
 * there; whether it got through. */
static bool migrates_within(struct fixture *f, rlim_t bytes, bool dies)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct state_options options = options_of(f);
        struct state *s = NULL;
        const struct rlimit none = {0, 0}, limit = {bytes, bytes};
        signal(SIGXFSZ, dies ? SIG_DFL : SIG_IGN);
        if (setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(99);
        _exit(state_open(f->arena, &options, &s, &f->diags) ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    bool through = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    assert_true(through || (dies ? WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ
                                 : WIFEXITED(status) && WEXITSTATUS(status) == 1));
    return through;
}

static void a_migration_that_is_cut_short_leaves_a_file_that_opens(void **state)
{
    struct fixture *f = *state;
    size_t cut = 0;
    for (int dies = 0; dies < 2; dies++) {
        bool through = false;
        for (rlim_t bytes = 0; !through; bytes += 2048) {
            make_file(f, 1);
            through = migrates_within(f, bytes, dies);
            cut += !through;
            struct state *s = open_reader(f);
            assert_whole(f, s, 1);
            state_close(s);
            s = open_state(f);
            assert_whole(f, s, 1);
            state_close(s);
            clear(f);
        }
    }
    assert_true(cut > 20);
}

static void tables_without_a_format_are_damage(void **state)
{
    struct fixture *f = *state;
    make_file(f, 3);
    struct db *db = open_plainly(f, f->path);
    assert_true(db_exec(db, "PRAGMA user_version = 0", &f->diags));
    db_close(db);
    struct state_options options = options_of(f);
    assert_refused(f, &options, E_STATE_CORRUPT);
    options.read_only = true;
    assert_refused(f, &options, E_STATE_CORRUPT);
}

static void change_tables(struct fixture *f, int64_t format, const char *sql)
{
    make_file(f, format);
    struct db *db = open_plainly(f, f->path);
    assert_true(db_exec(db, sql, &f->diags));
    db_close(db);
}

/* Nothing of it is brought up, and none is kept as a copy to go back to. */
static void other_tables_than_those_of_its_format_are_damage(void **state)
{
    struct fixture *f = *state;
    struct state_options options = options_of(f);
    for (int64_t format = 1; format <= newest(f); format++) {
        static const char *const changes[] = {"DROP INDEX journal_open",
                                              "CREATE INDEX more ON run (who)",
                                              "ALTER TABLE resource RENAME COLUMN region TO place"};
        for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
            change_tables(f, format, changes[i]);
            for (int reads = 0; reads <= 1; reads++) {
                options.read_only = reads;
                assert_refused(f, &options, E_STATE_CORRUPT);
            }
            assert_int_equal(format_of(f, f->path), format);
            assert_false(file_exists(copy_path(f, format)));
            clear(f);
        }
    }
}

/* Of those that are brought up as well, and of a new one. */
static void the_tables_of_each_format_are_known_by_their_mark(void **state)
{
    struct fixture *f = *state;
    const int64_t newest_format = newest(f);
    for (int64_t format = 0; format <= newest_format; format++) {
        if (format > 0)
            make_file(f, format);
        struct state *s = open_state(f);
        assert_true(formats_has_mark(s, newest_format));
        state_close(s);
        clear(f);
        if (format == 0)
            continue;
        make_file(f, format);
        struct state old = {.arena = f->arena, .path = f->path, .db = open_plainly(f, f->path)};
        for (int64_t other = 1; other <= newest_format; other++)
            assert_int_equal(formats_has_mark(&old, other), other == format);
        db_close(old.db);
        clear(f);
    }
}

static void what_sqlite_counts_for_itself_is_no_damage(void **state)
{
    struct fixture *f = *state;
    change_tables(f, newest(f), "ANALYZE");
    struct state *s = open_state(f);
    assert_whole(f, s, newest(f));
    state_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_released_format_is_brought_up_with_a_copy_beside_it),
        TEST(every_released_format_is_read_and_left_as_it_is),
        TEST(the_copy_opens_in_the_place_of_the_file),
        TEST(a_foreign_file_is_neither_migrated_nor_copied),
        TEST(a_copy_that_cannot_be_made_stops_the_migration),
        TEST(a_migration_that_is_cut_short_leaves_a_file_that_opens),
        TEST(tables_without_a_format_are_damage),
        TEST(other_tables_than_those_of_its_format_are_damage),
        TEST(the_tables_of_each_format_are_known_by_their_mark),
        TEST(what_sqlite_counts_for_itself_is_no_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
