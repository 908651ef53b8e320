#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/db.h"
#include "tests/unit/state/helper.h"

static void everything_of_a_record_survives_reopening(void **state)
{
    struct fixture *f = *state;
    const char *deps[] = {"keys.final", "vaults.final"};
    struct record record = record_of(f, "vaults.final/lock", "{\"name\":\"x\",\"n\":[1,2.5]}");
    record.depends_on = deps;
    record.depends_on_len = 2;
    record.write_only =
        value_get(record_of(f, "", "{\"w\":{\"changeable_for_days\":14}}").attributes, "w");
    record.schema_version = 3;
    record.adopted = true;
    record.prevent_destroy = true;
    struct state *s = open_state(f);
    assert_true(state_is_new(s));
    const char *lineage = state_lineage(s);
    assert_true(state_put(s, &record, 1, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    state_close(s);

    s = open_state(f);
    assert_false(state_is_new(s));
    assert_string_equal(state_lineage(s), lineage);
    assert_int_equal(state_serial(s), 1);
    struct record *back = NULL;
    size_t len = 0;
    assert_true(state_load(s, f->arena, &back, &len, &f->diags));
    assert_int_equal(len, 1);
    assert_string_equal(back->address, record.address);
    assert_string_equal(back->type, record.type);
    assert_string_equal(back->account_id, record.account_id);
    assert_string_equal(back->region, record.region);
    assert_string_equal(back->identifier, record.identifier);
    assert_true(value_equal(back->attributes, record.attributes));
    assert_true(value_equal(back->write_only, record.write_only));
    assert_int_equal(back->depends_on_len, 2);
    assert_string_equal(back->depends_on[1], "vaults.final");
    assert_int_equal(back->schema_version, 3);
    assert_true(back->adopted);
    assert_true(back->prevent_destroy);
    state_close(s);
}

static void records_come_sorted_and_absent_parts_stay_absent(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct record b = record_of(f, "b", "{}"), a = record_of(f, "a", "{}");
    b.region = b.identifier = NULL;
    assert_true(state_put(s, &b, 1, &f->diags));
    assert_true(state_put(s, &a, 1, &f->diags));
    struct record *back = NULL;
    size_t len = 0;
    assert_true(state_load(s, f->arena, &back, &len, &f->diags));
    assert_string_equal(back[0].address, "a");
    assert_null(back[1].region);
    assert_null(back[1].identifier);
    assert_null(back[1].write_only);
    state_close(s);
}

static void a_row_that_says_the_same_raises_no_serial(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct record record = record_of(f, "a", "{\"x\":1}");
    assert_true(state_put(s, &record, 1, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    assert_true(state_put(s, &record, 2, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    assert_int_equal(state_serial(s), 1);
    record = record_of(f, "a", "{\"x\":2}");
    assert_true(state_put(s, &record, 3, &f->diags));
    assert_int_equal(state_serial(s), 1);
    assert_true(journal_commit(s, &f->diags));
    assert_int_equal(state_serial(s), 2);
    state_close(s);
}

static void the_folder_and_the_files_are_private(void **state)
{
    struct fixture *f = *state;
    umask(0);
    struct state *s = open_state(f);
    struct record record = record_of(f, "a", "{}");
    assert_true(state_put(s, &record, 1, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    static const struct {
        const char *suffix;
        unsigned mode;
    } files[] = {{"", 0600}, {".lock", 0600}, {"-wal", 0600}};
    struct stat st;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        assert_int_equal(stat(arena_printf(f->arena, "%s%s", f->path, files[i].suffix), &st), 0);
        assert_int_equal(st.st_mode & 0777, files[i].mode);
    }
    assert_int_equal(stat(path_dir(f->arena, f->path), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    state_close(s);
}

static void a_folder_that_all_may_write_to_is_warned_of(void **state)
{
    struct fixture *f = *state;
    const char *dir = path_dir(f->arena, f->path);
    static const unsigned modes[] = {0700, 01777, 0775, 0777}; /* the last one alone */
    state_close(open_state(f));
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        assert_int_equal(f->diags.len, 0);
        assert_int_equal(chmod(dir, modes[i]), 0);
        state_close(open_state(f));
    }
    assert_int_equal(f->diags.len, 1);
    assert_int_equal(f->diags.errors, 0);
    assert_non_null(strstr(f->diags.items[0].message, "everybody may put another state"));
    assert_int_equal(chmod(dir, 0700), 0);
}

static void a_file_that_others_could_read_is_made_private(void **state)
{
    struct fixture *f = *state;
    static const char *const endings[] = {"", ".lock"};
    struct stat st;
    state_close(open_state(f));
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        assert_int_equal(chmod(arena_printf(f->arena, "%s%s", f->path, endings[i]), 0644), 0);
    state_close(open_state(f));
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        assert_int_equal(stat(arena_printf(f->arena, "%s%s", f->path, endings[i]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void a_missing_file_reads_as_empty_and_stays_missing(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_reader(f);
    assert_true(state_is_new(s));
    assert_string_equal(state_lineage(s), "");
    assert_int_equal(state_serial(s), 0);
    assert_int_equal(record_count(f, s), 0);
    assert_int_equal(open_count(f, s), 0);
    assert_null(state_fact(s, f->arena, "outputs"));
    state_close(s);
    assert_false(dir_exists(path_dir(f->arena, f->path)));
}

static void a_reader_sees_what_is_committed_while_a_writer_holds_the_lock(void **state)
{
    struct fixture *f = *state;
    struct state *writer = open_state(f);
    struct record record = record_of(f, "a", "{}");
    assert_true(state_put(writer, &record, 1, &f->diags));
    assert_true(journal_commit(writer, &f->diags));
    struct record other = record_of(f, "b", "{}");
    assert_true(state_put(writer, &other, 1, &f->diags));
    struct state *reader = open_reader(f);
    assert_int_equal(record_count(f, reader), 1);
    state_close(reader);
    state_close(writer);
}

static void another_topology_or_world_is_refused(void **state)
{
    struct fixture *f = *state;
    state_close(open_state(f));
    struct state_options options = options_of(f);
    options.topology = "other";
    assert_refused(f, &options, E_STATE_FOREIGN);
    options = options_of(f);
    options.world = "aws";
    options.read_only = true;
    assert_refused(f, &options, E_STATE_FOREIGN);
    state_close(open_state(f)); /* and the lock is free again */
}

static void a_state_serves_the_first_simulated_world_that_it_meets(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    assert_true(state_meet_world(s, NULL, "w.db", &f->diags));
    assert_true(state_meet_world(s, "11111111", "w.db", &f->diags));
    state_close(s);
    s = open_reader(f);
    assert_true(state_meet_world(s, "11111111", "moved.db", &f->diags));
    assert_false(state_meet_world(s, "22222222", "other.db", &f->diags));
    assert_false(state_meet_world(s, NULL, "gone.db", &f->diags));
    assert_int_equal(f->diags.len, 2);
    for (size_t i = 0; i < f->diags.len; i++)
        assert_int_equal(f->diags.items[i].code, E_STATE_FOREIGN);
    state_close(s);
}

static void reading_a_state_binds_it_to_no_world(void **state)
{
    struct fixture *f = *state;
    state_close(open_state(f));
    struct state *s = open_reader(f);
    assert_true(state_meet_world(s, "11111111", "w.db", &f->diags));
    state_close(s);
    s = open_reader(f);
    assert_true(state_meet_world(s, "22222222", "w.db", &f->diags));
    state_close(s);
}

static void change_file(struct fixture *f, const char *sql)
{
    struct db_options options = {.path = f->path, .open_code = E_STATE_OPEN};
    struct db *db = NULL;
    assert_true(db_open(&options, &db, &f->diags));
    assert_true(db_exec(db, sql, &f->diags));
    db_close(db);
}

static void a_newer_format_is_refused(void **state)
{
    struct fixture *f = *state;
    state_close(open_state(f));
    change_file(f, "PRAGMA user_version = 99");
    struct state_options options = options_of(f);
    assert_refused(f, &options, E_STATE_NEWER);
}

static void the_database_of_another_program_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_true(dir_make(path_dir(f->arena, f->path), 0700, &f->diags));
    change_file(f, "CREATE TABLE bookmarks (url TEXT)");
    struct state_options options = options_of(f);
    assert_refused(f, &options, E_STATE_OPEN);
    options.read_only = true;
    assert_refused(f, &options, E_STATE_OPEN);
}

static void text_in_the_place_of_a_state_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_true(dir_make(path_dir(f->arena, f->path), 0700, &f->diags));
    const char *text = "version: 1\nname: this is a topology, not a state, and long enough to be "
                       "read as the header of a database file, which has a hundred bytes\n";
    assert_true(file_write_atomic(f->path, slice_of(text), 0600, &f->diags));
    struct state_options options = options_of(f);
    assert_refused(f, &options, E_STATE_OPEN);
}

static void a_damaged_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    for (int i = 0; i < 200; i++) {
        struct record record = record_of(f, arena_printf(f->arena, "vaults.v%d", i), "{\"x\":1}");
        assert_true(state_put(s, &record, 1, &f->diags));
    }
    assert_true(journal_commit(s, &f->diags));
    state_close(s);
    struct slice file = {0};
    assert_true(file_read(f->arena, f->path, FILE_READ_MAX, &file, &f->diags));
    char *bytes = arena_memdup(f->arena, file.ptr, file.len);
    for (size_t i = 8192; i < file.len; i++)
        bytes[i] = (char)0xA5;
    assert_int_equal(unlink(f->path), 0);
    assert_true(file_write_atomic(f->path, (struct slice){bytes, file.len}, 0600, &f->diags));
    struct state_options options = options_of(f);
    assert_refused(f, &options, E_STATE_CORRUPT);
}

static void a_state_without_lineage_is_damaged(void **state)
{
    struct fixture *f = *state;
    state_close(open_state(f));
    change_file(f, "DELETE FROM meta");
    struct state_options options = options_of(f);
    assert_refused(f, &options, E_STATE_CORRUPT);
}

static void an_unreadable_row_is_damage(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct record record = record_of(f, "a", "{}");
    assert_true(state_put(s, &record, 1, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    state_close(s);
    change_file(f, "UPDATE resource SET attrs_json = '{\"x\":'");
    s = open_state(f);
    struct record *records = NULL;
    size_t len = 0;
    assert_false(state_load(s, f->arena, &records, &len, &f->diags));
    assert_int_equal(diags_status(&f->diags), 4);
    state_close(s);
}

static void links_are_refused(void **state)
{
    struct fixture *f = *state;
    const char *elsewhere = path_join(f->arena, f->dir, "elsewhere");
    assert_true(dir_make(elsewhere, 0700, &f->diags));
    assert_int_equal(symlink(elsewhere, path_join(f->arena, f->dir, ".holdfast")), 0);
    struct state_options options = options_of(f);
    assert_refused(f, &options, E_STATE_OPEN);
    assert_int_equal(unlink(path_join(f->arena, f->dir, ".holdfast")), 0);

    assert_true(dir_make(path_dir(f->arena, f->path), 0700, &f->diags));
    assert_int_equal(symlink(path_join(f->arena, elsewhere, "x.db"), f->path), 0);
    assert_refused(f, &options, E_STATE_OPEN);
    assert_int_equal(unlink(f->path), 0);

    const char *lock = arena_printf(f->arena, "%s.lock", f->path);
    assert_int_equal(symlink(path_join(f->arena, elsewhere, "x.lock"), lock), 0);
    assert_refused(f, &options, E_STATE_OPEN);
}

static void a_second_writer_is_told_who_holds_the_lock(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct diags diags;
    diags_init(&diags, f->arena);
    struct state_options options = options_of(f);
    struct state *second = NULL;
    assert_false(state_open(f->arena, &options, &second, &diags));
    assert_int_equal(diags_status(&diags), 5);
    const char *message = diags.items[0].message;
    assert_non_null(strstr(message, "holdfast apply"));
    assert_non_null(strstr(message, "somebody"));
    assert_non_null(strstr(message, arena_printf(f->arena, "process %d", getpid())));
    state_close(s);
    state_close(open_state(f));
}

/* SIGKILL in the first transaction of a file leaves its first page, and the journal that says that
 * there was none before: sector size 512, page size 4096. */
/* It stood beside its name, where only the next creation looks. */
static void a_creation_cut_short_reads_as_empty_and_is_made_good_by_a_writer(void **state)
{
    struct fixture *f = *state;
    const char *beside = arena_printf(f->arena, "%s.new", f->path);
    assert_true(dir_make(path_dir(f->arena, f->path), 0700, &f->diags));
    assert_true(file_write_atomic(beside, slice_of("half of a page"), 0600, &f->diags));
    struct state *s = open_reader(f);
    assert_true(state_is_new(s));
    assert_int_equal(record_count(f, s), 0);
    assert_int_equal(open_count(f, s), 0);
    state_close(s);
    assert_true(file_exists(beside)); /* a reader changes nothing */

    s = open_state(f);
    assert_true(state_is_new(s));
    const char *lineage = state_lineage(s);
    state_close(s);
    assert_false(file_exists(beside));
    s = open_reader(f);
    assert_string_equal(state_lineage(s), lineage);
    state_close(s);
}

static void a_file_that_was_cut_to_nothing_is_damaged(void **state)
{
    struct fixture *f = *state;
    state_close(open_state(f));
    assert_int_equal(truncate(f->path, 0), 0);
    for (int read_only = 0; read_only < 2; read_only++) {
        struct state_options options = options_of(f);
        struct state *s = NULL;
        struct diags diags;
        options.read_only = read_only;
        diags_init(&diags, f->arena);
        assert_false(state_open(f->arena, &options, &s, &diags));
        assert_int_equal(diags.items[0].code, E_STATE_CORRUPT);
    }
}

static void a_transaction_cut_short_in_a_used_file_is_not_taken_for_an_empty_one(void **state)
{
    static const char journal[512] = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
                                     "\0\0\0\0\x40\x4b\x3a\x67\0\0\0\x09\0\0\x02\0\0\0\x10";
    struct fixture *f = *state;
    state_close(open_state(f));
    assert_true(file_write_atomic(arena_printf(f->arena, "%s-journal", f->path),
                                  (struct slice){journal, sizeof(journal)}, 0600, &f->diags));
    struct state_options options = options_of(f);
    options.read_only = true;
    assert_refused(f, &options, E_STATE_OPEN);
}

static void facts_are_kept_and_replaced(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    assert_true(state_set_fact(s, "outputs", value_string(f->arena, "one"), &f->diags));
    assert_true(state_set_fact(s, "outputs", value_string(f->arena, "two"), &f->diags));
    assert_true(journal_commit(s, &f->diags));
    assert_int_equal(state_serial(s), 0);
    state_close(s);
    s = open_reader(f);
    assert_string_equal(value_str(state_fact(s, f->arena, "outputs")), "two");
    assert_null(state_fact(s, f->arena, "other"));
    state_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(everything_of_a_record_survives_reopening),
        TEST(records_come_sorted_and_absent_parts_stay_absent),
        TEST(a_row_that_says_the_same_raises_no_serial),
        TEST(the_folder_and_the_files_are_private),
        TEST(a_folder_that_all_may_write_to_is_warned_of),
        TEST(a_file_that_others_could_read_is_made_private),
        TEST(a_missing_file_reads_as_empty_and_stays_missing),
        TEST(a_reader_sees_what_is_committed_while_a_writer_holds_the_lock),
        TEST(another_topology_or_world_is_refused),
        TEST(a_state_serves_the_first_simulated_world_that_it_meets),
        TEST(reading_a_state_binds_it_to_no_world),
        TEST(a_newer_format_is_refused),
        TEST(the_database_of_another_program_is_refused),
        TEST(text_in_the_place_of_a_state_is_refused),
        TEST(a_damaged_file_is_refused),
        TEST(a_state_without_lineage_is_damaged),
        TEST(an_unreadable_row_is_damage),
        TEST(links_are_refused),
        TEST(a_second_writer_is_told_who_holds_the_lock),
        TEST(a_file_that_was_cut_to_nothing_is_damaged),
        TEST(a_creation_cut_short_reads_as_empty_and_is_made_good_by_a_writer),
        TEST(a_transaction_cut_short_in_a_used_file_is_not_taken_for_an_empty_one),
        TEST(facts_are_kept_and_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
