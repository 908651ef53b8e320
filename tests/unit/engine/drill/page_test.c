#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/drill/page.h"

#define HOSTILE "<script>alert('\"x\" & y')</script>"
#define HARMLESS "&lt;script&gt;alert(&#39;&quot;x&quot; &amp; y&#39;)&lt;/script&gt;"

static const struct drill_line lines[] = {
    {.at_ms = 1767277800000,
     .account = "workload",
     .region = "us-east-1",
     .what = "backup",
     .address = "orders",
     .vault = "vaults.primary",
     .state = "COMPLETED",
     .point_arn = "p1"},
    {.at_ms = 1767281400000,
     .account = "backup",
     .region = "us-east-2",
     .what = "copy",
     .address = "orders",
     .vault = "vaults.final",
     .state = "COMPLETED",
     .point_arn = "p2",
     .source_point_arn = "p1",
     .locked = true},
    {.at_ms = 1767285000000, .account = "backup", .what = "alarm", .message = HOSTILE},
};

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static const char *page_of(struct arena *arena, const struct drill_line *items, size_t len)
{
    size_t known;
    const struct drill_fault *fault = drill_faults(&known); /* the first one */
    assert_string_equal(fault->name, "lost-events");
    const struct drill_outcome outcome = {
        .fault = fault,
        .foreseen = "HP706",
        .report = {.lines = items,
                   .line_len = len,
                   .blow = {.struck_ms = 1767279600000, .mended_ms = 1767283200000}}};
    return drill_page(arena, HOSTILE, &outcome, 1);
}

static void what_the_world_says_is_no_markup(void **state)
{
    struct arena *arena = arena_new();
    const char *page = page_of(arena, lines, ARRAY_LEN(lines));
    (void)state;
    assert_null(strstr(page, "<script"));
    assert_non_null(strstr(page, "<h1>Drill of " HARMLESS "</h1>"));
    assert_int_equal(count_of(page, HARMLESS), 4); /* title, headline, mark, row */
    arena_free(arena);
}

static void nothing_comes_from_outside(void **state)
{
    static const char *const ways[] = {"http:", "https:", "src=", "href=", "url(", "@import"};
    struct arena *arena = arena_new();
    const char *page = page_of(arena, lines, ARRAY_LEN(lines));
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        assert_null(strstr(page, ways[i]));
    arena_free(arena);
}

static void each_place_is_a_lane_and_each_copy_a_line(void **state)
{
    struct arena *arena = arena_new();
    const char *page = page_of(arena, lines, ARRAY_LEN(lines));
    (void)state;
    assert_int_equal(count_of(page, "class=\"lane\""), 3);
    assert_int_equal(count_of(page, "class=\"hop locked\""), 1);
    assert_int_equal(count_of(page, "<circle"), 3);
    assert_int_equal(count_of(page, "class=\"fault\""), 1);
    arena_free(arena);
}

static void nothing_happened_is_a_page_too(void **state)
{
    struct arena *arena = arena_new();
    const char *page = page_of(arena, NULL, 0);
    (void)state;
    assert_non_null(strstr(page, "</html>"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_world_says_is_no_markup),
        cmocka_unit_test(nothing_comes_from_outside),
        cmocka_unit_test(each_place_is_a_lane_and_each_copy_a_line),
        cmocka_unit_test(nothing_happened_is_a_page_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
