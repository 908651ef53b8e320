#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/base/strbuf.h"
#include "engine/config/yaml.h"

static struct arena *arena;
static struct diags diags;

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    diags_init(&diags, arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct value *parse(const char *text)
{
    const struct value *v = NULL;
    bool ok = yaml_parse(arena, "t.yaml", slice_of(text), &v, &diags);
    if (!ok)
        print_error("%s", diag_render(arena, &diags, &diags.items[0]));
    assert_true(ok);
    return v;
}

static void assert_json(const char *yaml, const char *json)
{
    assert_string_equal(json_print(arena, parse(yaml), JSON_COMPACT), json);
}

/* The first error of a text, in order of place: "CODE line:col". */
static const char *first_error(const char *text)
{
    const struct value *v = NULL;
    diags_init(&diags, arena);
    assert_false(yaml_parse(arena, "t.yaml", slice_of(text), &v, &diags));
    assert_null(v);
    diags_sort(&diags);
    return arena_printf(arena, "%s %u:%u", diag_code_id(diags.items[0].code),
                        diags.items[0].pos.line, diags.items[0].pos.col);
}

static void plain_scalars_follow_the_core_schema(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"[yes, no, on, off, y, n]", "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"n\"]"},
        {"[true, True, FALSE, tRue]", "[true,true,false,\"tRue\"]"},
        {"[null, ~, Null, nil, ]", "[null,null,null,\"nil\"]"},
        {"[1, -2, +3, 007, 0o17, 0x1F, 0b1]", "[1,-2,3,7,15,31,\"0b1\"]"},
        {"[0o8, 0xg, 0o, 1_000, -0x1]", "[\"0o8\",\"0xg\",\"0o\",\"1_000\",\"-0x1\"]"},
        {"[1.5, -.5, 1., 1e3, 1.5E-1]", "[1.5,-0.5,1,1000,0.15]"},
        {"[1e, ., +, -., 1.2.3]", "[\"1e\",\".\",\"+\",\"-.\",\"1.2.3\"]"},
        {"[1:30, 2026-01-01, 12:30:45]", "[\"1:30\",\"2026-01-01\",\"12:30:45\"]"},
        {"['1', \"true\", '', \"~\"]", "[\"1\",\"true\",\"\",\"~\"]"},
        {"[!!str 1, !!int \"1\", !!float 1, ! 2]", "[\"1\",1,1,\"2\"]"},
        {"[9223372036854775807, -9223372036854775808]",
         "[9223372036854775807,-9223372036854775808]"},
        {"a:\nb: |\n  x\n  y\n", "{\"a\":null,\"b\":\"x\\ny\\n\"}"},
        {"<<: {a: 1}\n", "{\"<<\":{\"a\":1}}"},
        {"", "null"},
        {"# nothing\n", "null"},
        {"--- \na: 1\n...\n", "{\"a\":1}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_json(cases[i].yaml, cases[i].json);
}

static void every_key_and_value_has_its_place(void **state)
{
    (void)state;
    const struct value *v = parse("a: 1\nmap:\n  list: [x, {k: y}]\n");
    const struct value_entry *map = value_entry_of(v, "map");
    const struct value_entry *list = value_entry_of(map->value, "list");
    assert_int_equal(map->key_pos.line, 2);
    assert_int_equal(map->key_pos.col, 1);
    assert_int_equal(map->value->pos.line, 3);
    assert_int_equal(list->key_pos.col, 3);
    assert_int_equal(list->value->pos.col, 9);
    const struct value *inner = value_item(list->value, 1);
    assert_int_equal(inner->pos.col, 13);
    assert_int_equal(value_entry_of(inner, "k")->key_pos.col, 14);
    assert_int_equal(value_get(inner, "k")->pos.col, 17);
    assert_int_equal(value_get(inner, "k")->pos.file, 1);
}

static void faults_are_refused_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *error;
    } cases[] = {
        {"a: [1, 2\nb: 3\n", "HF0102 2:2"},
        {"a: 1\n\tb: 2\n", "HF0102 2:1"},
        {"a: \"x\n", "HF0102 2:1"},
        {"a: 1\n---\nb: 2\n", "HF0102 2:1"},
        {"a: \xff\n", "HF0102 1:4"},
        {"a: \"\\0\"\n", "HF0102 1:4"},
        {"a: !x 1\n", "HF0102 1:4"},
        {"a: !!int x\n", "HF0102 1:4"},
        {"a: !!set {x}\n", "HF0102 1:4"},
        {"a: 1\nb: 2\na: 3\n", "HF0103 3:1"},
        {"a: {x: 1, \"x\": 2}\n", "HF0103 1:11"},
        {"a: *x\n", "HF0104 1:4"},
        {"a: &x [*x]\n", "HF0104 1:8"},
        {"1: a\n", "HF0105 1:1"},
        {"a: {true: b}\n", "HF0105 1:5"},
        {"[a]: b\n", "HF0105 1:1"},
        {"? {a: b}\n: c\n", "HF0105 1:3"},
        {"~: b\n", "HF0105 1:1"},
        {"a: .inf\n", "HF0204 1:4"},
        {"a: 123456789012345678901\n", "HF0204 1:4"},
        {"a: 0xffffffffffffffff\n", "HF0204 1:4"},
        {"a: 1e999\n", "HF0204 1:4"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(first_error(cases[i].yaml), cases[i].error);
}

static void several_faults_of_a_file_are_reported_together(void **state)
{
    (void)state;
    first_error("a: 1\na: 2\n3: x\nb: *none\nc: .nan\n[");
    assert_int_equal(diags.len, 5);
    assert_int_equal(diags.items[4].code, E_YAML_SYNTAX);
}

static void duplicates_are_found_in_large_maps(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, arena, 1 << 16);
    for (int i = 0; i < 200; i++)
        strbuf_addf(&sb, "k%d: 1\n", i == 150 ? 20 : i);
    assert_string_equal(first_error(strbuf_str(&sb)), "HF0103 151:1");
    assert_int_equal(diags.len, 1);
    assert_non_null(strstr(diags.items[0].message, "line 21"));
}

static void aliases_repeat_the_anchored_value(void **state)
{
    (void)state;
    assert_json("a: &x {k: [1, 2]}\nb: *x\nc: [*x]\n",
                "{\"a\":{\"k\":[1,2]},\"b\":{\"k\":[1,2]},\"c\":[{\"k\":[1,2]}]}");
    assert_json("a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}");
    assert_json("a: &k word\n*k : v\n", "{\"a\":\"word\",\"word\":\"v\"}");
}

static void aliases_may_not_multiply_without_limit(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, arena, 1 << 16);
    strbuf_add(&sb, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
        strbuf_addf(&sb, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            strbuf_addf(&sb, "%s*a%d", j ? ", " : "", i - 1);
        strbuf_add(&sb, "]\n");
    }
    assert_string_equal(first_error(strbuf_str(&sb)), "HF0104 6:45");
}

static void depth_is_limited(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, arena, 1 << 16);
    strbuf_add_repeat(&sb, '[', YAML_DEPTH_MAX + 1);
    assert_string_equal(first_error(strbuf_str(&sb)), "HF0106 1:101");
    strbuf_init(&sb, arena, 1 << 16);
    strbuf_add_repeat(&sb, '[', YAML_DEPTH_MAX);
    strbuf_add_repeat(&sb, ']', YAML_DEPTH_MAX);
    parse(strbuf_str(&sb));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(plain_scalars_follow_the_core_schema),
        TEST(every_key_and_value_has_its_place),
        TEST(faults_are_refused_at_their_place),
        TEST(several_faults_of_a_file_are_reported_together),
        TEST(duplicates_are_found_in_large_maps),
        TEST(aliases_repeat_the_anchored_value),
        TEST(aliases_may_not_multiply_without_limit),
        TEST(depth_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
