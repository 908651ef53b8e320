#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"

static int enter(void **state)
{
    *state = arena_new();
    return 0;
}

static int leave(void **state)
{
    arena_free(*state);
    return 0;
}

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, slice_of(text), &v, &why))
        fail_msg("%s: %s", text, why);
    return v;
}

static const char *refused(struct arena *arena, struct slice text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (json_parse(arena, text, &v, &why))
        fail_msg("accepted: %.*s", (int)text.len, text.ptr);
    assert_null(v);
    assert_non_null(why);
    return why;
}

static void documents_come_back_as_they_were(void **state)
{
    static const char *const texts[] = {"null",
                                        "true",
                                        "false",
                                        "0",
                                        "-1",
                                        "1.5",
                                        "1e-07",
                                        "\"\"",
                                        "\"text\"",
                                        "[]",
                                        "{}",
                                        "[1,[2,[3]],{\"a\":[]}]",
                                        "{\"b\":1,\"a\":{\"c\":null}}",
                                        "9007199254740992",
                                        "-9007199254740992",
                                        "0.1",
                                        "0.30000000000000004",
                                        "1e+300"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_string_equal(json_print(*state, parse(*state, texts[i]), JSON_COMPACT), texts[i]);
}

static void garbage_is_refused(void **state)
{
    static const char *const texts[] = {
        "",     " ",       "{",         "[",           "[1",          "[1,",
        "[1,]", "{\"a\"}", "{\"a\":}",  "{\"a\":1,}",  "{a:1}",       "'a'",
        "\"a",  "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "tru",
        "nul",  "-",       "1 2",       "{} x",        "[]]",         "<a/>",
        "\x01", "// c\n1", "NaN",       "Infinity",    "1e999",       "[-1e999]"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        refused(*state, slice_of(texts[i]));
    assert_string_equal(refused(*state, slice_of("1 2")), "text after the JSON document");
    assert_string_equal(refused(*state, slice_of("")), "empty");
    assert_string_equal(refused(*state, slice_of("1e999")), "a number out of range");
    refused(*state, (struct slice){"{}\0", 3}); /* the NUL is text, too */
}

static void the_text_needs_no_terminator(void **state)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(*state, (struct slice){"123456", 3}, &v, &why));
    assert_int_equal(v->integer, 123);
    assert_true(json_parse(*state, slice_of(" \t\r\n1 \t\r\n"), &v, &why));
}

static void depth_is_limited(void **state)
{
    char text[2 * 300 + 1];
    for (size_t depth = 200; depth <= 300; depth += 100) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct slice slice = {text, 2 * depth};
        const struct value *v = NULL;
        const char *why = NULL;
        assert_int_equal(json_parse(*state, slice, &v, &why), depth == 200);
        if (depth > 200)
            assert_string_equal(why, "nested too deep");
    }
}

static void whole_numbers_are_integers_where_a_double_holds_them(void **state)
{
    assert_int_equal(parse(*state, "1.0")->kind, VALUE_INT);
    assert_int_equal(parse(*state, "1e3")->integer, 1000);
    assert_int_equal(parse(*state, "9007199254740992")->kind, VALUE_INT);
    assert_int_equal(parse(*state, "9007199254740994")->kind, VALUE_DOUBLE);
    assert_int_equal(parse(*state, "0.5")->kind, VALUE_DOUBLE);
    assert_string_equal(json_print(*state, value_int(*state, INT64_MIN), 0),
                        "-9223372036854775808");
}

static void escapes_are_read_and_written(void **state)
{
    const struct value *v = parse(*state, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"");
    assert_string_equal(value_str(v), "\"\\/\b\f\n\r\tA");
    assert_string_equal(json_print(*state, v, 0), "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\tA\"");
    assert_string_equal(json_print(*state, value_string(*state, "\x01\x1f"), 0),
                        "\"\\u0001\\u001f\"");
}

static void unicode_passes_through_as_utf_8(void **state)
{
    assert_string_equal(value_str(parse(*state, "\"\\u00e9\\u20ac\\ud83d\\ude00\"")),
                        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_string_equal(json_print(*state, value_string(*state, "\xc3\xa9"), 0), "\"\xc3\xa9\"");
}

static void a_nul_in_a_string_is_refused_and_not_cut_off(void **state)
{
    assert_string_equal(refused(*state, slice_of("{\"a\":\"admin\\u0000x\"}")),
                        "a NUL character in a string");
    refused(*state, slice_of("\"\\\\\\u0000\""));
    assert_string_equal(value_str(parse(*state, "\"\\\\u0000\"")), "\\u0000");
}

static void styles_are_compact_pretty_and_sorted(void **state)
{
    const struct value *v = parse(*state, "{\"b\":[1,{}],\"a\":{\"d\":1,\"c\":[]},\"B\":2}");
    assert_string_equal(json_print(*state, v, JSON_COMPACT),
                        "{\"b\":[1,{}],\"a\":{\"d\":1,\"c\":[]},\"B\":2}");
    assert_string_equal(json_print(*state, v, JSON_SORTED),
                        "{\"B\":2,\"a\":{\"c\":[],\"d\":1},\"b\":[1,{}]}");
    assert_string_equal(json_print(*state, v, JSON_PRETTY | JSON_SORTED),
                        "{\n  \"B\": 2,\n  \"a\": {\n    \"c\": [],\n    \"d\": 1\n  },\n"
                        "  \"b\": [\n    1,\n    {}\n  ]\n}");
    assert_string_equal(json_print(*state, NULL, 0), "null");
}

static void of_equal_keys_the_last_counts(void **state)
{
    assert_string_equal(json_print(*state, parse(*state, "{\"a\":1,\"b\":2,\"a\":3}"), 0),
                        "{\"a\":3,\"b\":2}");
}

static void equal_keys_are_refused_where_they_must_be_unique(void **state)
{
    static const char *const texts[] = {"{\"a\":1,\"b\":2,\"a\":1}", "[{\"b\":{\"a\":1,\"a\":1}}]",
                                        NULL};
    const struct value *v = NULL;
    const char *why = NULL;
    for (size_t i = 0; texts[i]; i++) {
        assert_false(json_parse_unique(*state, slice_of(texts[i]), &v, &why));
        assert_string_equal(why, "a key that stands twice in a map");
    }
    struct strbuf large;
    strbuf_init(&large, *state, 1 << 16);
    strbuf_add(&large, "{\"500\":0");
    for (int i = 0; i < 999; i++)
        strbuf_addf(&large, ",\"%d\":0", i);
    strbuf_add(&large, "}");
    assert_false(json_parse_unique(*state, (struct slice){large.data, large.len}, &v, &why));
    assert_true(json_parse_unique(*state, slice_of("{\"a\":{\"a\":1},\"A\":1}"), &v, &why));
    assert_true(value_is(v, VALUE_MAP));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(documents_come_back_as_they_were),
        CASE(garbage_is_refused),
        CASE(the_text_needs_no_terminator),
        CASE(depth_is_limited),
        CASE(whole_numbers_are_integers_where_a_double_holds_them),
        CASE(escapes_are_read_and_written),
        CASE(unicode_passes_through_as_utf_8),
        CASE(a_nul_in_a_string_is_refused_and_not_cut_off),
        CASE(styles_are_compact_pretty_and_sorted),
        CASE(of_equal_keys_the_last_counts),
        CASE(equal_keys_are_refused_where_they_must_be_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
