#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "engine/base/file.h"

/* Every test works in a folder of its own. */
struct room {
    struct arena *arena;
    const char *dir;
    struct diags diags;
};

static int enter(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    room->dir = path_temp_dir(arena);
    diags_init(&room->diags, arena);
    *state = room;
    return room->dir ? 0 : -1;
}

static int leave(void **state)
{
    struct room *room = *state;
    dir_remove(room->dir);
    bool gone = !dir_exists(room->dir);
    arena_free(room->arena);
    return gone ? 0 : -1;
}

static const char *in(struct room *room, const char *name)
{
    return path_join(room->arena, room->dir, name);
}

static void put(struct room *room, const char *name, const char *text)
{
    assert_true(file_write_atomic(in(room, name), slice_of(text), 0644, &room->diags));
}

static void assert_holds(struct room *room, const char *name, const char *text)
{
    struct slice data;
    assert_true(file_read(room->arena, in(room, name), FILE_READ_MAX, &data, &room->diags));
    assert_int_equal(data.len, strlen(text));
    assert_string_equal(data.ptr, text);
}

static void a_written_file_reads_back_and_has_its_mode(void **state)
{
    struct room *room = *state;
    put(room, "a", "one");
    assert_true(file_write_atomic(in(room, "a"), slice_of("two"), 0600, &room->diags));
    assert_holds(room, "a", "two");
    struct stat st;
    assert_int_equal(stat(in(room, "a"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    put(room, "empty", "");
    assert_holds(room, "empty", "");
}

static void a_failed_write_leaves_the_old_text_and_nothing_beside_it(void **state)
{
    struct room *room = *state;
    assert_true(dir_make(in(room, "target"), 0755, &room->diags));
    assert_false(file_write_atomic(in(room, "target"), slice_of("x"), 0644, &room->diags));
    assert_int_equal(room->diags.items[0].code, E_OUTPUT);
    const char **names = NULL;
    size_t len = 0;
    assert_true(dir_list(room->arena, room->dir, false, &names, &len, &room->diags));
    assert_int_equal(len, 1);
    assert_string_equal(names[0], "target");
    assert_false(file_write_atomic(in(room, "absent/file"), slice_of("x"), 0644, &room->diags));
}

static void a_write_replaces_a_link_and_spares_what_it_points_to(void **state)
{
    struct room *room = *state;
    put(room, "precious", "old");
    assert_int_equal(symlink("precious", in(room, "link")), 0);
    assert_true(file_is_link(in(room, "link")));
    put(room, "link", "new");
    assert_false(file_is_link(in(room, "link")));
    assert_holds(room, "precious", "old");
}

static void a_write_spares_devices_and_pipes(void **state)
{
    struct room *room = *state;
    struct stat st;
    assert_int_equal(mkfifo(in(room, "pipe"), 0600), 0);
    assert_int_equal(symlink("pipe", in(room, "link")), 0);
    assert_false(file_write_atomic(in(room, "pipe"), slice_of("x"), 0644, &room->diags));
    assert_false(file_write_atomic(in(room, "link"), slice_of("x"), 0644, &room->diags));
    assert_true(lstat(in(room, "pipe"), &st) == 0 && S_ISFIFO(st.st_mode));
    assert_true(file_is_link(in(room, "link")));
    assert_false(file_write_atomic("/dev/holdfast-test", slice_of("x"), 0644, &room->diags));
    assert_int_equal(room->diags.items[0].code, E_OUTPUT);
}

static void a_write_spares_databases(void **state)
{
    struct room *room = *state;
    sqlite3 *db = NULL;
    struct slice data;
    assert_int_equal(sqlite3_open(in(room, "state"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (a)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_false(file_write_atomic(in(room, "state"), slice_of("x"), 0644, &room->diags));
    assert_int_equal(room->diags.items[0].code, E_OUTPUT);
    assert_true(file_read(room->arena, in(room, "state"), 1 << 20, &data, &room->diags));
    assert_true(data.len > 1 && str_starts(data.ptr, "SQLite format 3"));
    put(room, "text", "SQLite format 3");
    assert_true(file_write_atomic(in(room, "text"), slice_of("x"), 0644, &room->diags));
}

static void reading_stops_at_the_limit(void **state)
{
    struct room *room = *state;
    struct slice data = slice_of("untouched");
    put(room, "five", "12345");
    assert_false(file_read(room->arena, in(room, "five"), 4, &data, &room->diags));
    assert_int_equal(room->diags.items[0].code, E_FILE_READ);
    assert_string_equal(data.ptr, "untouched");
    assert_true(file_read(room->arena, in(room, "five"), 5, &data, &room->diags));
    assert_true(slice_is(data, "12345"));
}

static void files_without_a_size_are_read_to_their_end(void **state)
{
    struct room *room = *state;
    struct slice data;
    assert_true(file_read(room->arena, "/proc/self/stat", FILE_READ_MAX, &data, &room->diags));
    assert_true(data.len > 0);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    if (fork() == 0) {
        char block[1000];
        memset(block, 'x', sizeof(block));
        for (int i = 0; i < 100; i++)
            if (write(ends[1], block, sizeof(block)) != (ssize_t)sizeof(block))
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    const char *path = arena_printf(room->arena, "/dev/fd/%d", ends[0]);
    assert_true(file_read(room->arena, path, FILE_READ_MAX, &data, &room->diags));
    assert_int_equal(data.len, 100000);
    close(ends[0]);
    wait(NULL);
}

static void what_is_absent_or_a_folder_cannot_be_read(void **state)
{
    struct room *room = *state;
    struct slice data;
    assert_false(file_read(room->arena, in(room, "absent"), 10, &data, &room->diags));
    assert_false(file_read(room->arena, room->dir, 10, &data, &room->diags));
    assert_int_equal(room->diags.errors, 2);
    assert_non_null(strstr(room->diags.items[0].message, "absent: No such file"));
}

static void folders_are_made_with_their_parents_and_only_over_folders(void **state)
{
    struct room *room = *state;
    assert_true(dir_make(in(room, "a/b/c"), 0755, &room->diags));
    assert_true(dir_make(in(room, "a/b/c"), 0755, &room->diags));
    assert_true(dir_exists(in(room, "a/b/c")));
    assert_false(file_exists(in(room, "a/b/c")));
    put(room, "file", "");
    assert_true(file_exists(in(room, "file")));
    assert_false(dir_make(in(room, "file"), 0755, &room->diags));
    assert_false(dir_make(in(room, "file/x"), 0755, &room->diags));
    assert_false(dir_make("", 0755, &room->diags));
}

static void listings_are_in_byte_order_and_do_not_follow_links(void **state)
{
    struct room *room = *state;
    assert_true(dir_make(in(room, "sub/deep"), 0755, &room->diags));
    assert_true(dir_make(in(room, "empty"), 0755, &room->diags));
    put(room, "b", "");
    put(room, "B", "");
    put(room, "sub/z", "");
    put(room, "sub/deep/a", "");
    assert_int_equal(symlink("..", in(room, "sub/loop")), 0);
    static const char *const flat[] = {"B", "b", "empty", "sub"};
    static const char *const deep[] = {"B", "b", "sub/deep/a", "sub/loop", "sub/z"};
    const char **names = NULL;
    size_t len = 0;
    assert_true(dir_list(room->arena, room->dir, false, &names, &len, &room->diags));
    assert_int_equal(len, ARRAY_LEN(flat));
    for (size_t i = 0; i < len; i++)
        assert_string_equal(names[i], flat[i]);
    assert_true(dir_list(room->arena, room->dir, true, &names, &len, &room->diags));
    assert_int_equal(len, ARRAY_LEN(deep));
    for (size_t i = 0; i < len; i++)
        assert_string_equal(names[i], deep[i]);
    assert_false(dir_list(room->arena, in(room, "absent"), true, &names, &len, &room->diags));
}

static void removal_does_not_follow_links(void **state)
{
    struct room *room = *state;
    assert_true(dir_make(in(room, "kept"), 0755, &room->diags));
    assert_true(dir_make(in(room, "gone/inner"), 0755, &room->diags));
    put(room, "kept/file", "");
    put(room, "gone/inner/file", "");
    assert_int_equal(symlink("../kept", in(room, "gone/link")), 0);
    dir_remove(in(room, "gone"));
    assert_false(dir_exists(in(room, "gone")));
    assert_true(file_exists(in(room, "kept/file")));
}

static void a_program_is_a_file_with_the_right_to_run(void **state)
{
    struct room *room = *state;
    put(room, "text", "");
    assert_false(file_is_executable(in(room, "text")));
    assert_false(file_is_executable(room->dir));
    assert_int_equal(chmod(in(room, "text"), 0755), 0);
    assert_true(file_is_executable(in(room, "text")));
}

static void paths_split_and_join(void **state)
{
    struct room *room = *state;
    static const char *const dirs[][2] = {
        {"a/b", "a"}, {"a", "."}, {"/a", "/"},  {"a/b/", "a"}, {"a//b", "a"},
        {"/", "/"},   {"", "."},  {"//a", "/"}, {"./a", "."},  {"a/b/c", "a/b"}};
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
        assert_string_equal(path_dir(room->arena, dirs[i][0]), dirs[i][1]);
    static const char *const joins[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {".", "b", "b"},
                                           {"", "b", "b"},    {"a", "/b", "/b"},  {"/", "b", "/b"}};
    for (size_t i = 0; i < ARRAY_LEN(joins); i++)
        assert_string_equal(path_join(room->arena, joins[i][0], joins[i][1]), joins[i][2]);
    assert_true(
        file_exists(path_join(room->arena, path_self_dir(room->arena), "unit_engine_base_file")));
}

/* Tries the lock in another process. */
static enum lock_result tried_elsewhere(const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct file_lock lock;
        _exit((int)file_lock_take(path, &lock));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return (enum lock_result)WEXITSTATUS(status);
}

static void a_lock_keeps_other_processes_out_until_it_is_released(void **state)
{
    struct room *room = *state;
    struct file_lock lock;
    assert_int_equal(file_lock_take(in(room, "lock"), &lock), LOCK_TAKEN);
    assert_int_equal(tried_elsewhere(in(room, "lock")), LOCK_HELD);
    file_lock_release(&lock);
    assert_int_equal(tried_elsewhere(in(room, "lock")), LOCK_TAKEN);
    assert_int_equal(file_lock_take(in(room, "lock"), &lock), LOCK_TAKEN);
    file_lock_release(&lock);
    assert_int_equal(file_lock_take(in(room, "absent/lock"), &lock), LOCK_FAILED);
    assert_int_equal(symlink("lock", in(room, "link")), 0);
    assert_int_equal(file_lock_take(in(room, "link"), &lock), LOCK_FAILED);
}

static void a_lock_dies_with_its_process(void **state)
{
    struct room *room = *state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct file_lock lock;
        char taken = file_lock_take(in(room, "lock"), &lock) == LOCK_TAKEN ? 'y' : 'n';
        if (write(ready[1], &taken, 1) == 1)
            pause();
        _exit(1);
    }
    char taken = '?';
    assert_int_equal(read(ready[0], &taken, 1), 1);
    assert_int_equal(taken, 'y');
    struct file_lock lock;
    assert_int_equal(file_lock_take(in(room, "lock"), &lock), LOCK_HELD);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(file_lock_take(in(room, "lock"), &lock), LOCK_TAKEN);
    file_lock_release(&lock);
    close(ready[0]);
    close(ready[1]);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_written_file_reads_back_and_has_its_mode),
        TEST(a_failed_write_leaves_the_old_text_and_nothing_beside_it),
        TEST(a_write_replaces_a_link_and_spares_what_it_points_to),
        TEST(a_write_spares_devices_and_pipes),
        TEST(a_write_spares_databases),
        TEST(reading_stops_at_the_limit),
        TEST(files_without_a_size_are_read_to_their_end),
        TEST(what_is_absent_or_a_folder_cannot_be_read),
        TEST(folders_are_made_with_their_parents_and_only_over_folders),
        TEST(listings_are_in_byte_order_and_do_not_follow_links),
        TEST(removal_does_not_follow_links),
        TEST(a_program_is_a_file_with_the_right_to_run),
        TEST(paths_split_and_join),
        TEST(a_lock_keeps_other_processes_out_until_it_is_released),
        TEST(a_lock_dies_with_its_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
