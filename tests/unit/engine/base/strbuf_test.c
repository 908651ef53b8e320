#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/strbuf.h"

static void text_is_put_together(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct strbuf sb;
    strbuf_init(&sb, arena, 1000);
    assert_string_equal(strbuf_str(&sb), "");
    strbuf_add(&sb, "a");
    strbuf_add_n(&sb, "bcd", 2);
    strbuf_add_slice(&sb, slice_of("-"));
    strbuf_add_char(&sb, 'x');
    strbuf_add_repeat(&sb, '!', 3);
    strbuf_addf(&sb, "%d/%s", 7, "y");
    assert_string_equal(strbuf_str(&sb), "abc-x!!!7/y");
    assert_int_equal(sb.len, 11);
    for (int i = 0; i < 200; i++)
        strbuf_addf(&sb, "%d", i % 10);
    assert_int_equal(sb.len, 211);
    assert_int_equal(sb.data[210], '9');
    assert_int_equal(sb.data[211], '\0');
}

static void the_maximum_is_kept_and_noticed(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct strbuf sb;
    strbuf_init(&sb, arena, 4);
    strbuf_add(&sb, "1234");
    assert_false(strbuf_overflowed(&sb));
    strbuf_addf(&sb, "%d", 5);
    assert_true(strbuf_overflowed(&sb));
    strbuf_add(&sb, ""); /* once it has overflowed it stays so */
    assert_true(strbuf_overflowed(&sb));
    assert_string_equal(sb.data, "1234");
}

static void text_that_was_cut_short_is_never_handed_out(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct strbuf sb;
    strbuf_init(&sb, arena, 2);
    strbuf_add(&sb, "too long");
    pid_t pid = fork();
    if (pid == 0) {
        close(STDERR_FILENO); /* the message is expected */
        _exit(strbuf_str(&sb) ? 1 : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_put_together),
        cmocka_unit_test(the_maximum_is_kept_and_noticed),
        cmocka_unit_test(text_that_was_cut_short_is_never_handed_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
