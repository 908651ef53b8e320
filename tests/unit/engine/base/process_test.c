#include <fcntl.h>
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

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/process.h"

struct room {
    struct arena *arena;
    struct diags diags;
};

static int enter(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    diags_init(&room->diags, arena);
    *state = room;
    return 0;
}

static int leave(void **state)
{
    arena_free(((struct room *)*state)->arena);
    return 0;
}

static const char *const no_environment[] = {NULL};

static struct process shell(struct room *room, const char *script, const char *dir)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    struct process process;
    assert_true(process_spawn(argv, no_environment, dir, &process, &room->diags));
    return process;
}

/* Waits for the end; gives up only when the build's own time limit strikes. */
static int ending_of(struct process *process)
{
    int status = -1;
    while (!process_ended(process, &status))
        clock_sleep_ms(1);
    return status;
}

static const char *whole_output(struct room *room, struct process *process)
{
    struct slice text = process_output(room->arena, process);
    return arena_strndup(room->arena, text.ptr, text.len);
}

static void a_child_has_our_arguments_our_folder_and_only_our_environment(void **state)
{
    struct room *room = *state;
    const char *const argv[] = {"/usr/bin/env", NULL};
    const char *const envp[] = {"ONLY=this one; $(and no shell)", NULL};
    struct process process;
    assert_true(process_spawn(argv, envp, NULL, &process, &room->diags));
    assert_int_equal(ending_of(&process), 0);
    assert_string_equal(whole_output(room, &process), "ONLY=this one; $(and no shell)\n");
    process_kill(&process);
    const char *dir = path_temp_dir(room->arena);
    process = shell(room, "pwd -P; echo err >&2; cat", dir);
    assert_int_equal(ending_of(&process), 0); /* cat has found the end of its input */
    assert_string_equal(whole_output(room, &process), arena_printf(room->arena, "%s\nerr\n", dir));
    assert_string_equal(whole_output(room, &process), "");
    process_kill(&process);
    dir_remove(dir);
}

static void the_status_is_that_of_the_exit_or_of_the_signal(void **state)
{
    struct room *room = *state;
    struct process process = shell(room, "exit 7", NULL);
    assert_int_equal(ending_of(&process), 7);
    assert_int_equal(ending_of(&process), 7); /* asked again it says the same */
    process_kill(&process);
    process = shell(room, "kill -TERM $$", NULL);
    assert_int_equal(ending_of(&process), 128 + SIGTERM);
    process_kill(&process);
}

static void output_of_a_silent_child_does_not_block(void **state)
{
    struct room *room = *state;
    struct process process = shell(room, "sleep 1000", NULL);
    int status = -1;
    assert_int_equal(process_output(room->arena, &process).len, 0);
    assert_false(process_ended(&process, &status));
    process_kill(&process);
    assert_true(process_ended(&process, &status));
    assert_int_equal(status, 128 + SIGKILL);
    process_kill(&process);
    assert_int_equal(process.err_fd, -1);
}

static void much_output_comes_in_pieces_and_whole(void **state)
{
    struct room *room = *state;
    struct process process = shell(room, "head -c 3000000 /dev/zero", NULL);
    size_t len = 0;
    int status = -1;
    while (!process_ended(&process, &status))
        len += process_output(room->arena, &process).len;
    for (struct slice rest = process_output(room->arena, &process); rest.len > 0;
         rest = process_output(room->arena, &process))
        len += rest.len;
    assert_int_equal(status, 0);
    assert_int_equal(len, 3000000);
    process_kill(&process);
}

/* Whether somebody still holds the writing end of the child's output. */
static bool output_is_open(struct process *process)
{
    char byte;
    return read(process->err_fd, &byte, 1) != 0;
}

static void grandchildren_die_with_the_group(void **state)
{
    struct room *room = *state;
    struct process process = shell(room, "sleep 1000 & sleep 1000 & exit 0", NULL);
    assert_int_equal(ending_of(&process), 0);
    while (output_is_open(&process))
        clock_sleep_ms(1);
    process_kill(&process);
    process = shell(room, "sleep 1000 & echo up; wait", NULL);
    while (process_output(room->arena, &process).len == 0)
        clock_sleep_ms(1);
    int fd = fcntl(process.err_fd, F_DUPFD_CLOEXEC, 0);
    process_kill(&process);
    struct process ghost = {.pid = -1, .err_fd = fd};
    while (output_is_open(&ghost))
        clock_sleep_ms(1);
    close(fd);
}

static void a_child_inherits_no_descriptor_and_no_ignored_signal(void **state)
{
    struct room *room = *state;
    int leaked = open("/dev/null", O_RDONLY); /* on purpose without O_CLOEXEC */
    assert_true(leaked > STDERR_FILENO);
    signal(SIGPIPE, SIG_IGN);
    struct process process = shell(room, "ls /proc/self/fd; kill -PIPE $$", NULL);
    int status = ending_of(&process);
    signal(SIGPIPE, SIG_DFL);
    close(leaked);
    assert_int_equal(status, 128 + SIGPIPE);
    assert_string_equal(whole_output(room, &process), "0\n1\n2\n3\n"); /* 3 is the listing's own */
    process_kill(&process);
}

/* A process whose only child writes into a pipe that nobody else can have open: its end is the
 * child's. The process says that the child runs, and dies without a word to it. */
static void orphan(struct room *room, const char *pipe, bool apart)
{
    const char *script =
        arena_printf(room->arena, "exec 3> %s; echo up >&3; exec sleep 1000", pipe);
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct process process;
        bool up = apart ? process_spawn_apart(argv, no_environment, NULL, &process, &room->diags)
                        : process_spawn(argv, no_environment, NULL, &process, &room->diags);
        if (!up)
            _exit(1);
        pause();
    }
    int fd = open(pipe, O_RDONLY | O_CLOEXEC); /* waits for the child */
    char text[8];
    assert_int_equal(read(fd, text, sizeof(text)), 3);
    kill(pid, SIGKILL);
    assert_int_equal(read(fd, text, sizeof(text)), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(fd);
}

static void a_child_does_not_outlive_us_however_we_end(void **state)
{
    struct room *room = *state;
    const char *dir = path_temp_dir(room->arena), *pipe = path_join(room->arena, dir, "pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    orphan(room, pipe, /* apart= */ false);
    orphan(room, pipe, /* apart= */ true);
    dir_remove(dir);
}

static void apart_only_the_standard_output_is_read(void **state)
{
    struct room *room = *state;
    const char *const argv[] = {"/bin/sh", "-c", "echo out; echo err >&2", NULL};
    struct process process;
    assert_true(process_spawn_apart(argv, no_environment, NULL, &process, &room->diags));
    assert_int_equal(ending_of(&process), 0);
    assert_string_equal(whole_output(room, &process), "out\n");
    process_kill(&process);
}

static void what_cannot_be_run_is_a_diagnostic(void **state)
{
    struct room *room = *state;
    const char *const absent[] = {"/absent/program", NULL};
    const char *const folder[] = {"/", NULL};
    const char *const plain[] = {"sh", "-c", "true", NULL}; /* PATH is not asked */
    struct process process = {.pid = 42, .err_fd = 42};
    assert_false(process_spawn(absent, no_environment, NULL, &process, &room->diags));
    assert_false(process_spawn(folder, no_environment, NULL, &process, &room->diags));
    assert_false(process_spawn(plain, no_environment, "/etc", &process, &room->diags));
    assert_int_equal(room->diags.errors, 3);
    assert_int_equal(room->diags.items[0].code, E_FILE_READ);
    assert_non_null(strstr(room->diags.items[0].message, "/absent/program"));
    assert_int_equal(process.pid, 42);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_child_has_our_arguments_our_folder_and_only_our_environment),
        CASE(the_status_is_that_of_the_exit_or_of_the_signal),
        CASE(output_of_a_silent_child_does_not_block),
        CASE(much_output_comes_in_pieces_and_whole),
        CASE(grandchildren_die_with_the_group),
        CASE(a_child_inherits_no_descriptor_and_no_ignored_signal),
        CASE(a_child_does_not_outlive_us_however_we_end),
        CASE(apart_only_the_standard_output_is_read),
        CASE(what_cannot_be_run_is_a_diagnostic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
