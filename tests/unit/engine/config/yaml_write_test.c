#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/config/yaml.h"
#include "engine/config/yaml_write.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct value *json(const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(arena, slice_of(text), &v, &why));
    return v;
}

static const struct value *read_back(const char *text)
{
    struct diags diags;
    const struct value *v = NULL;
    diags_init(&diags, arena);
    bool ok = yaml_parse(arena, "t.yaml", slice_of(text), &v, &diags);
    if (!ok)
        print_error("%s\n%s", text, diag_render(arena, &diags, &diags.items[0]));
    assert_true(ok);
    return v;
}

static void assert_text(const char *from, const char *yaml)
{
    const char *text = yaml_write(arena, json(from), NULL);
    assert_string_equal(text, yaml);
    assert_true(value_equal(read_back(text), json(from)));
}

static void sections_are_blocks_and_small_collections_stand_on_one_line(void **state)
{
    (void)state;
    assert_text("{\"version\":1,\"name\":\"t\",\"regions\":{\"a\":\"us-east-1\"},"
                "\"vaults\":{\"v\":{\"lock\":{\"mode\":\"governance\",\"min_retention_days\":7},"
                "\"accept_copies_from\":[\"a\",\"b\"],\"tags\":{}}}}",
                "version: 1\nname: t\n\nregions:\n  a: us-east-1\n\nvaults:\n  v:\n"
                "    lock: {mode: governance, min_retention_days: 7}\n"
                "    accept_copies_from: [a, b]\n    tags: {}\n");
}

static void what_is_long_or_deep_takes_lines_of_its_own(void **state)
{
    (void)state;
    assert_text(
        "{\"s\":{\"e\":{\"list\":[{\"a\":1,\"b\":{\"c\":[{}]}},[{\"d\":{\"x\":1}}],\"t\"]}}}",
        "s:\n  e:\n    list:\n      - a: 1\n        b:\n          c: [{}]\n"
        "      -\n        - d: {x: 1}\n      - t\n");
    const char *text = yaml_write(
        arena,
        json("{\"s\":{\"e\":{\"l\":[\"0123456789 0123456789 0123456789 0123456789 0123456789 "
             "0123456789 0123456789 0123456789\",\"b\"]}}}"),
        NULL);
    assert_non_null(strstr(text, "    l:\n      - \"0123456789"));
}

static void text_that_yaml_would_misread_is_quoted(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "1",
                                        "007",
                                        "1.5",
                                        "true",
                                        "no",
                                        "null",
                                        "~",
                                        "a: b",
                                        "a:",
                                        "a #b",
                                        " a",
                                        "a ",
                                        "- a",
                                        "*",
                                        "&x",
                                        "!x",
                                        "%x",
                                        "@x",
                                        "[a]",
                                        "{a}",
                                        "a,b",
                                        "'",
                                        "\"",
                                        "a\\b",
                                        "a\nb",
                                        "a\tb",
                                        "\x7f",
                                        "\xc2\x85",
                                        "\xe2\x80\xa8",
                                        "\xef\xbb\xbf",
                                        "\xc3\xa4",
                                        "\xf0\x9f\x94\x92",
                                        "${a.b.c}",
                                        "x${a.b.c}",
                                        "2026-01-01",
                                        "<<",
                                        "=",
                                        "cron(0 20 ? * * *)",
                                        "a:b",
                                        "a::b",
                                        "111122223333"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct map_builder in = map_begin(arena), section = map_begin(arena), b = map_begin(arena);
        const struct value *v = value_string(arena, texts[i]);
        map_put(&in, "plain", v);
        map_put(&in, "flow", value_list(arena, &v, 1));
        map_put(&in, texts[i], v);
        map_put(&section, "e", map_end(&in));
        map_put(&b, "s", map_end(&section));
        const struct value *all = map_end(&b);
        const char *text = yaml_write(arena, all, NULL);
        if (!value_equal(read_back(text), all))
            fail_msg("%s", text);
    }
    assert_text("{\"a\":{\"b\":{\"c\":\"cron(0 20 ? * * *)\",\"d\":\"${vaults.final.arn}\","
                "\"e\":[\"${vaults.final.arn}\",\"cron(0 5 ? * * *)\"]}}}",
                "a:\n  b:\n    c: cron(0 20 ? * * *)\n    d: ${vaults.final.arn}\n"
                "    e: [\"${vaults.final.arn}\", \"cron(0 5 ? * * *)\"]\n");
}

static void notes_stand_above_what_they_name(void **state)
{
    (void)state;
    const char *text =
        yaml_write(arena, json("{\"name\":\"t\",\"vaults\":{\"v\":{\"name\":\"x\"}}}"),
                   json("{\"\":\"Head.\\n\\nMore.\",\"vaults\":\"All.\",\"vaults.v\":\"One.\","
                        "\"vaults.v.name\":\"Why.\"}"));
    assert_string_equal(text, "# Head.\n#\n# More.\nname: t\n\n# All.\nvaults:\n  # One.\n  v:\n"
                              "    # Why.\n    name: x\n");
    read_back(text);
}

static unsigned next_random(unsigned *seed, unsigned limit)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % limit;
}

static const struct value *random_value(unsigned *seed, unsigned depth)
{
    static const char *const texts[] = {"a", "a: b", "${a.b.c}", "a long text of several words",
                                        "",  "1",    "# x",      "{}"};
    unsigned kind = next_random(seed, depth ? 7 : 4), len = next_random(seed, 5);
    if (kind == 0)
        return value_int(arena, next_random(seed, 1000));
    if (kind == 1)
        return value_bool(len > 2);
    if (kind < 4)
        return value_string(arena, texts[next_random(seed, ARRAY_LEN(texts))]);
    struct list_builder list = list_begin(arena);
    struct map_builder map = map_begin(arena);
    for (unsigned i = 0; i < len; i++) {
        const struct value *v = random_value(seed, depth - 1);
        list_add(&list, v);
        map_put(&map, arena_printf(arena, "%s%u", texts[next_random(seed, 4)], i), v);
    }
    return kind == 4 ? list_end(&list) : map_end(&map);
}

static void whatever_is_written_reads_back_as_it_was(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 500; seed++) {
        unsigned random = seed;
        struct map_builder b = map_begin(arena);
        for (unsigned i = 0; i < 3; i++)
            map_put(&b, arena_printf(arena, "key%u", i), random_value(&random, 6));
        const struct value *v = map_end(&b);
        const char *text = yaml_write(arena, v, NULL);
        if (!value_equal(read_back(text), v))
            fail_msg("seed %u:\n%s", seed, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_are_blocks_and_small_collections_stand_on_one_line),
        cmocka_unit_test(what_is_long_or_deep_takes_lines_of_its_own),
        cmocka_unit_test(text_that_yaml_would_misread_is_quoted),
        cmocka_unit_test(notes_stand_above_what_they_name),
        cmocka_unit_test(whatever_is_written_reads_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
