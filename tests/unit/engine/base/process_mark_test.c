/* Whether a process lives, is gone, or is one that nobody here can know. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/process_mark.h"
#include "engine/base/slice.h"

static void this_process_lives(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *mark = process_mark(arena);
    assert_non_null(mark);
    assert_string_equal(process_mark(arena), mark);
    assert_int_equal(process_fate(arena, mark), PROCESS_LIVES);
}

/* The child tells its mark and waits for the end of its input. */
static void a_child_is_gone_when_it_has_ended(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    int told[2], wait_for[2];
    char mark[512] = "";
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(wait_for), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(wait_for[1]);
        const char *own = process_mark(arena);
        char end;
        bool good = own && write(told[1], own, strlen(own)) > 0 && read(wait_for[0], &end, 1) == 0;
        _exit(good ? 0 : 1);
    }
    close(wait_for[0]);
    assert_true(read(told[0], mark, sizeof(mark) - 1) > 0);
    assert_int_equal(process_fate(arena, mark), PROCESS_LIVES);
    close(wait_for[1]);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(process_fate(arena, mark), PROCESS_GONE); /* nobody has heard of it yet */
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(process_fate(arena, mark), PROCESS_GONE);
    close(told[0]);
    close(told[1]);
}

static const char *with_part(struct arena *arena, size_t part, const char *value)
{
    struct slice rest = slice_of(process_mark(arena));
    const char *text = "";
    for (size_t i = 0; rest.len > 0; i++) {
        struct slice word = slice_cut(&rest, ' ');
        text = arena_printf(arena, "%s%s%.*s", text, i ? " " : "",
                            i == part ? (int)strlen(value) : (int)word.len,
                            i == part ? value : word.ptr);
    }
    return text;
}

static void a_number_that_another_process_bears_now_is_of_one_that_is_gone(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_int_equal(process_fate(arena, with_part(arena, 3, "1")), PROCESS_GONE);
}

static void of_another_boot_or_container_nothing_is_known(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char *const marks[] = {NULL, "", "x", "a b c d", "a b 1 2"};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        assert_int_equal(process_fate(arena, marks[i]), PROCESS_UNKNOWN);
    assert_int_equal(process_fate(arena, with_part(arena, 0, "another-boot")), PROCESS_UNKNOWN);
    assert_int_equal(process_fate(arena, with_part(arena, 1, "pid:[1]")), PROCESS_UNKNOWN);
    assert_int_equal(process_fate(arena, with_part(arena, 2, "../self")), PROCESS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_process_lives),
        cmocka_unit_test(a_child_is_gone_when_it_has_ended),
        cmocka_unit_test(a_number_that_another_process_bears_now_is_of_one_that_is_gone),
        cmocka_unit_test(of_another_boot_or_container_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
