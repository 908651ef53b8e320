#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/base/json.h"
#include "providers/aws/xml.h"

static const char *as_json(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    return xml_parse(arena, slice_of(text), &v, &why) ? json_print(arena, v, JSON_COMPACT)
                                                      : arena_printf(arena, "refused: %s", why);
}

static void elements_become_maps_lists_and_strings(void **state)
{
    (void)state;
    static const struct {
        const char *xml, *json;
    } cases[] = {
        {"<A>x &lt; y</A>", "{\"A\":\"x < y\"}"},
        {"<A/>", "{\"A\":\"\"}"},
        {"<A><B>1</B><C>2</C></A>", "{\"A\":{\"B\":\"1\",\"C\":\"2\"}}"},
        {"<A><member>1</member></A>", "{\"A\":[\"1\"]}"},
        {"<A>\n <member>1</member>\n <member>2</member>\n</A>", "{\"A\":[\"1\",\"2\"]}"},
        {"<R><Tags><member><Key>k</Key></member></Tags></R>",
         "{\"R\":{\"Tags\":[{\"Key\":\"k\"}]}}"},
        {"<R><DBInstances><DBInstance><X>1</X></DBInstance></DBInstances></R>",
         "{\"R\":{\"DBInstances\":[{\"X\":\"1\"}]}}"},
        {"<TagList><Tag><Key>a</Key></Tag><Tag><Key>b</Key></Tag></TagList>",
         "{\"TagList\":[{\"Key\":\"a\"},{\"Key\":\"b\"}]}"},
        {"<A><B>1</B><C>2</C><B>3</B></A>", "{\"A\":{\"B\":[\"1\",\"3\"],\"C\":\"2\"}}"},
        {"<?xml version=\"1.0\"?><n:A xmlns:n=\"http://x\" "
         "z=\"1\"><n:B><![CDATA[<q>]]></n:B></n:A>",
         "{\"A\":{\"B\":\"<q>\"}}"},
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(as_json(arena, cases[i].xml), cases[i].json);
}

static void documents_that_are_not_one_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"",        "  ",       "text",          "<A>",
                                        "<A></B>", "<A/><B/>", "<A>&nope;</A>", "{\"json\":1}"};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_true(str_starts(as_json(arena, cases[i]), "refused: "));
}

static void a_dtd_is_refused_whatever_it_says(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_string_equal(
        as_json(arena, "<!DOCTYPE A [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><A>&e;</A>"),
        "refused: it has a DTD");
    assert_string_equal(as_json(arena, "<!DOCTYPE A><A/>"), "refused: it has a DTD");
}

static void depth_and_size_are_limited(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct strbuf deep, wide;
    strbuf_init(&deep, arena, 1 << 20);
    strbuf_add_repeat(&deep, ' ', 0);
    for (int i = 0; i < XML_DEPTH_MAX + 1; i++)
        strbuf_add(&deep, "<A>");
    assert_string_equal(as_json(arena, strbuf_str(&deep)), "refused: it is too deep or too large");
    strbuf_init(&wide, arena, 1 << 24);
    strbuf_add(&wide, "<A>");
    for (int i = 0; i < XML_NODES_MAX + 1; i++)
        strbuf_add(&wide, "<b/>");
    assert_string_equal(as_json(arena, strbuf_str(&wide)), "refused: it is too deep or too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_become_maps_lists_and_strings),
        cmocka_unit_test(documents_that_are_not_one_are_refused),
        cmocka_unit_test(a_dtd_is_refused_whatever_it_says),
        cmocka_unit_test(depth_and_size_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
