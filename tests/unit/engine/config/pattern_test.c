#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/config/pattern.h"

static void texts_match_as_a_whole_only_where_the_pattern_says_so(void **state)
{
    (void)state;
    assert_true(pattern_matches(pattern_of("^[a-z]{2,3}$"), "abc"));
    assert_false(pattern_matches(pattern_of("^[a-z]{2,3}$"), "abcd"));
    assert_true(pattern_matches(pattern_of("b"), "abc"));
    assert_false(pattern_matches(pattern_of("^a$"), "a\nb"));
    assert_ptr_equal(pattern_of("^a$"), pattern_of("^a$"));
}

static void a_pattern_that_cannot_be_read_ends_the_process(void **state)
{
    (void)state;
    static const char *const wrong[] = {"[a", "(", "\\d", "(?:a)", "a\\"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        pid_t child = fork();
        if (child == 0) {
            close(STDERR_FILENO);
            signal(SIGABRT, SIG_DFL);
            (void)pattern_matches(pattern_of(wrong[i]), "a");
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_match_as_a_whole_only_where_the_pattern_says_so),
        cmocka_unit_test(a_pattern_that_cannot_be_read_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
