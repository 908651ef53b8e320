#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/strbuf.h"
#include "engine/config/ref.h"
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

/* The parts of a text in one line: "text|ENTRY:vaults.final:arn|ACCOUNT:id". */
static const char *parts_of(const char *text)
{
    static const char *const kinds[] = {"TEXT", "ENTRY", "ACCOUNT", "REGION", "VARIABLE"};
    struct ref_part *parts = NULL;
    size_t len = 0;
    if (!ref_parse(arena, value_string(arena, text), NULL, &parts, &len, &diags))
        return "refused";
    struct strbuf sb;
    strbuf_init(&sb, arena, 4096);
    for (size_t i = 0; i < len; i++) {
        strbuf_add(&sb, i ? "|" : "");
        if (parts[i].kind == REF_TEXT)
            strbuf_add_slice(&sb, parts[i].text);
        else if (parts[i].kind == REF_ENTRY)
            strbuf_addf(&sb, "ENTRY:%s:%s", ref_name_text(arena, &parts[i].entry),
                        parts[i].attribute);
        else
            strbuf_addf(&sb, "%s:%s", kinds[parts[i].kind], parts[i].attribute);
    }
    return strbuf_str(&sb);
}

static void texts_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *parts;
    } cases[] = {
        {"plain", "plain"},
        {"", ""},
        {"${vaults.final.arn}", "ENTRY:vaults.final:arn"},
        {"${ vaults.final.arn }", "ENTRY:vaults.final:arn"},
        {"a ${keys.k-1.id}/${account.id}", "a |ENTRY:keys.k-1:id|/|ACCOUNT:id"},
        {"${vaults.p[payments,us-east-1].arn}", "ENTRY:vaults.p[payments,us-east-1]:arn"},
        {"${vaults.p[*].arn}", "ENTRY:vaults.p[*]:arn"},
        {"${plans.daily/role.arn}", "ENTRY:plans.daily/role:arn"},
        {"${plans.d[m]/selections.rds.id}", "ENTRY:plans.d[m]/selections.rds:id"},
        {"${accounts.backup.id}", "ENTRY:accounts.backup:id"},
        {"${account.name}${region.name}${variables.x_1}", "ACCOUNT:name|REGION:name|VARIABLE:x_1"},
        {"s3/${aws:username}/${account.id}", "s3/${aws:username}/|ACCOUNT:id"},
        {"$5 {x} $", "$5 {x} $"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(parts_of(cases[i].text), cases[i].parts);
    assert_int_equal(diags.len, 0);
}

static void what_is_no_expression_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "${vaults.final}",     "${vaults}",         "${}",
        "${vaults.final.arn",  "${account.arn}",    "${region.id}",
        "${variables.}",       "${variables.a.b}",  "${vaults.final.arn.x}",
        "${vaults.9.arn}",     "${vaults.p[].arn}", "${vaults.p[a.arn}",
        "${vaults.p[a*].arn}", "${vaults.p/.arn}",  "${upper(name)}",
        "${vaults.p.arn + 1}"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_string_equal(parts_of(cases[i]), "refused");
        assert_int_equal(diags.len, i + 1);
        assert_int_equal(diags.items[i].code, E_BAD_EXPRESSION);
    }
}

static void every_fault_has_its_own_column(void **state)
{
    (void)state;
    const struct value *v = NULL;
    const char *text = "a: \"\xc3\xa9 ${x} and ${y}\"\nb: |\n  one\n  two ${z}\n";
    assert_true(yaml_parse(arena, "t.yaml", slice_of(text), &v, &diags));
    struct ref_part *parts = NULL;
    size_t len = 0;
    assert_false(ref_parse(arena, value_get(v, "a"), "vaults.v", &parts, &len, &diags));
    assert_false(ref_parse(arena, value_get(v, "b"), "vaults.v", &parts, &len, &diags));
    assert_int_equal(diags.len, 3);
    assert_int_equal(diags.items[0].pos.col, 7);
    assert_int_equal(diags.items[1].pos.col, 16);
    assert_int_equal(diags.items[1].span, 4);
    assert_int_equal(diags.items[2].pos.line, 4);
    assert_int_equal(diags.items[2].pos.col, 7);
}

static void bare_names_are_read(void **state)
{
    (void)state;
    struct ref_name name;
    assert_true(ref_parse_name(arena, slice_of("final"), &name));
    assert_null(name.section);
    assert_string_equal(name.name, "final");
    assert_true(ref_parse_name(arena, slice_of("vaults.primary[*]"), &name));
    assert_string_equal(name.section, "vaults");
    assert_true(name.all);
    assert_true(ref_parse_name(arena, slice_of("primary[pay,us-east-1]"), &name));
    assert_string_equal(name.member, "pay,us-east-1");
    assert_true(ref_parse_name(arena, slice_of("plans.p/selections.rds"), &name));
    assert_string_equal(name.part, "selections.rds");
    static const char *const no_names[] = {
        "",      "arn:aws:kms:x:1:key/2", "a b",  "p[", "p[]", "1a", ".a", "a.",
        "a.b.c", "${keys.k.arn}",         "role/"};
    for (size_t i = 0; i < ARRAY_LEN(no_names); i++)
        assert_false(ref_parse_name(arena, slice_of(no_names[i]), &name));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(texts_are_taken_apart),
        TEST(what_is_no_expression_is_refused),
        TEST(every_fault_has_its_own_column),
        TEST(bare_names_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
