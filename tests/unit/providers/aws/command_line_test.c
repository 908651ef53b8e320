#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/base/slice.h"
#include "providers/aws/command_line.h"

static void words_are_split_as_a_shell_splits_them(void **state)
{
    static const struct {
        const char *line, *words; /* joined by | */
    } cases[] = {
        {"", ""},
        {"  a\tb  ", "a|b"},
        {"a 'b c' d", "a|b c|d"},
        {"a \"b c\" d", "a|b c|d"},
        {"a'b'\"c\"d", "abcd"},
        {"a '' \"\"", "a||"},
        {"'a\\b' \"a\\b\" a\\b", "a\\b|a\\b|ab"},
        {"\"a\\\"b\\\\c\"", "a\"b\\c"},
        {"a\\ b", "a b"},
        {"$x `y` * ; | > #", "$x|`y`|*|;|||>|#"},
    };
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char **words = NULL, *joined = "";
        assert_true(command_line_split(arena, cases[i].line, &words));
        for (size_t k = 0; words[k]; k++)
            joined = arena_printf(arena, "%s%s%s", joined, k ? "|" : "", words[k]);
        assert_string_equal(joined, cases[i].words);
    }
    arena_free(arena);
}

static void what_does_not_end_is_refused(void **state)
{
    static const char *const lines[] = {"'", "a \"b", "\"a\\\"", "a\\"};
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        const char **words = NULL;
        assert_false(command_line_split(arena, lines[i], &words));
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_as_a_shell_splits_them),
        cmocka_unit_test(what_does_not_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
