#include "engine/base/markup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_markup_stays_text(void **state)
{
    static const struct {
        const char *text, *escaped;
    } cases[] = {
        {"plain: \xc3\xa4", "plain: \xc3\xa4"},
        {"<script>alert('&')</script>", "&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"},
        {"\" onload=\"x", "&quot; onload=&quot;x"},
        {"a\tb\nc\x01", "a\tb\nc?"},
        {"", ""},
        {NULL, ""}};
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(markup_text(arena, cases[i].text), cases[i].escaped);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markup_stays_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
