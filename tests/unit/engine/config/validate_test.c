#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/config/schema_parse.h"
#include "engine/config/validate.h"
#include "engine/config/yaml.h"

static const char schema_text[] =
    "{\"description\":\"d\",\"required\":[\"name\"],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"pattern\":\"^[a-z]+$\",\"maxLength\":5},"
    "\"flag\":{\"type\":\"boolean\"},"
    "\"rate\":{\"type\":\"number\",\"minimum\":0.5},"
    "\"secret\":{\"type\":\"string\",\"maxLength\":3,\"x-sensitive\":true},"
    "\"either\":{\"type\":[\"string\",\"array\",\"null\"],\"items\":{\"type\":\"integer\"}},"
    "\"tags\":{\"additionalProperties\":{\"type\":\"string\"},\"x-rules\":[\"tags\"]},"
    "\"free\":{},"
    "\"vaults\":{\"additionalProperties\":{\"$ref\":\"#/definitions/vault\"}}},"
    "\"definitions\":{\"vault\":{\"required\":[\"region\"],\"properties\":{"
    "\"region\":{\"type\":\"string\",\"x-ref\":\"name\",\"pattern\":\"^arn:\","
    "\"description\":\"The place.\"},"
    "\"mode\":{\"type\":\"string\",\"enum\":[\"governance\",\"compliance\"]},"
    "\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":36500},"
    "\"to\":{\"items\":{\"type\":\"string\",\"x-ref\":\"vaults\"},\"minItems\":1,\"maxItems\":2,"
    "\"uniqueItems\":true},"
    "\"schedule\":{\"type\":\"string\",\"x-rules\":[\"schedule\"]},"
    "\"lifecycle\":{\"x-rules\":[\"lifecycle\"],\"properties\":{"
    "\"delete_after_days\":{\"type\":\"integer\"},"
    "\"move_to_cold_storage_after_days\":{\"type\":\"integer\"}}}}}}}";

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

static const struct schema_set *schemas(void)
{
    const struct embedded_file files[] = {
        {"topology.schema.json", schema_text, strlen(schema_text)}, {NULL, NULL, 0}};
    return schema_parse(arena, files);
}

/* All messages of a text, one a line: "CODE line:col address message | hint". */
static const char *faults(const char *yaml)
{
    const struct value *v = NULL;
    diags_init(&diags, arena);
    assert_true(yaml_parse(arena, "t.yaml", slice_of(yaml), &v, &diags));
    bool ok = schema_validate(arena, schemas()->topology, v, NULL, &diags);
    assert_int_equal(ok, diags.len == 0);
    diags_sort(&diags);
    const char *all = "";
    for (size_t i = 0; i < diags.len; i++) {
        const struct diag *d = &diags.items[i];
        all = arena_printf(arena, "%s%s%s %u:%u %s %s | %s", all, i ? "\n" : "",
                           diag_code_id(d->code), d->pos.line, d->pos.col,
                           d->address ? d->address : "-", d->message, d->hint ? d->hint : "-");
    }
    return all;
}

static void what_fits_passes(void **state)
{
    (void)state;
    assert_string_equal(faults("name: abc\nflag: true\nrate: 1\neither: [1]\nfree: {a: [1]}\n"
                               "tags: {k: '${vaults.a.arn}'}\n"
                               "vaults: {a: {region: primary, mode: governance, days: 7,\n"
                               "  to: 'b[*]', schedule: 'cron(0 5 ? * * *)'}}\n"),
                        "");
    assert_string_equal(faults("name: ${variables.name}\neither: null\n"), "");
}

static void every_fault_is_reported_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *faults;
    } cases[] = {
        {"flag: true\n", "HF0203 1:1 - the topology lacks the key `name` | -"},
        {"name: a\nnane: b\n", "HF0201 2:1 - the key `nane` is not known here | Did you mean "
                               "`name`?"},
        {"name: a\nvaults: {v: {region: r, zzzzzz: 1}}\n",
         "HF0201 2:25 vaults.v the key `zzzzzz` is not known here | Known here: region, mode, "
         "days, to, schedule, lifecycle."},
        {"name: a\nvaults: {v: {}}\n",
         "HF0203 2:10 vaults.v `v` lacks the key `region` | Add it: The place."},
        {"name: 12\n",
         "HF0202 1:7 - `name` must be a string, not an integer | Write it in quotes."},
        {"name: a\nflag: 'true'\n",
         "HF0202 2:7 - `flag` must be true or false, not a string | Write it without quotes."},
        {"name: a\nflag: yes\n", "HF0202 2:7 - `flag` must be true or false, not a string | Write "
                                 "true or false; YAML 1.2 knows no other words for them."},
        {"name: a\neither: 1\n", "HF0202 2:9 - `either` must be a string, a list or null, not an "
                                 "integer | Write it in quotes."},
        {"name: a\neither: [1, '2']\n", "HF0202 2:13 - `either` must be an integer, not a string | "
                                        "Write it without quotes."},
        {"name: a\nvaults:\n",
         "HF0202 2:8 - `vaults` must be a map, not null | Give it a value, or remove the key."},
        {"name: A\n",
         "HF0204 1:7 - `name` A has a form that is not allowed here | It must match ^[a-z]+$"},
        {"name: abcdef\n", "HF0204 1:7 - `name` abcdef is longer than 5 characters | -"},
        {"name: a\nsecret: long\n",
         "HF0204 2:9 - `secret` (sensitive) is longer than 3 characters | -"},
        {"name: a\nrate: 0.25\n", "HF0204 2:7 - `rate` 0.25 is less than 0.5 | -"},
        {"name: a\nvaults: {v: {region: r, days: 36501}}\n",
         "HF0204 2:31 vaults.v `days` 36501 is more than 36500 | -"},
        {"name: a\nvaults: {v: {region: r, mode: complience}}\n",
         "HF0204 2:31 vaults.v `mode` complience is not one of: governance, compliance | Did you "
         "mean `compliance`?"},
        {"name: a\nvaults: {v: {region: r, to: []}}\n",
         "HF0204 2:29 vaults.v `to` has 0 items, and must have at least 1 | -"},
        {"name: a\nvaults: {v: {region: r, to: [x, x]}}\n",
         "HF0204 2:33 vaults.v `to` holds the same item twice | -"},
        {"name: a\nvaults: {v: {region: r, lifecycle: {delete_after_days: 60,\n"
         "  move_to_cold_storage_after_days: 30}}}\n",
         "HF0401 2:56 vaults.v delete_after_days 60 must be at least "
         "move_to_cold_storage_after_days + 90 (= 120) | -"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(faults(cases[i].yaml), cases[i].faults);
}

static void all_faults_of_a_file_come_at_once(void **state)
{
    (void)state;
    faults("nam: x\nflag: 1\nvaults:\n  a: {mode: x}\n  b: {region: r, days: no}\n");
    assert_int_equal(diags.len, 6);
}

static void a_rule_is_not_asked_about_what_the_schema_refused(void **state)
{
    (void)state;
    faults("name: a\nvaults: {v: {region: r, lifecycle: {delete_after_days: x}}}\n");
    assert_int_equal(diags.len, 1);
    assert_int_equal(diags.items[0].code, E_WRONG_TYPE);
}

static void unknowns_count_as_text_and_values_without_place_take_that_of_their_holder(void **state)
{
    (void)state;
    const struct schema_node *root = schemas()->topology;
    struct map_builder b = map_begin(arena);
    map_put(&b, "name", value_ref(arena, "vaults.v", "name"));
    map_put(&b, "flag", value_ref(arena, "vaults.v", "name"));
    const struct value *v = value_at(arena, map_end(&b), (struct source_pos){7, 3, 2});
    assert_false(schema_validate(arena, root, v, "vaults.w", &diags));
    assert_int_equal(diags.len, 1);
    assert_int_equal(diags.items[0].code, E_WRONG_TYPE);
    assert_string_equal(diags.items[0].address, "vaults.w");
    assert_int_equal(diags.items[0].pos.line, 3);
}

static void what_aws_sets_cannot_be_declared(void **state)
{
    (void)state;
    const struct schema *vault = schema_of(schema_load(arena), "aws_backup_vault");
    const struct value *v = NULL;
    assert_true(yaml_parse(arena, "t.yaml", slice_of("name: abc\narn: x\n"), &v, &diags));
    assert_false(schema_validate(arena, vault->root, v, "vaults.v", &diags));
    assert_int_equal(diags.len, 1);
    assert_int_equal(diags.items[0].code, E_READ_ONLY);
    assert_int_equal(diags.items[0].pos.line, 2);
    assert_int_equal(diags.items[0].pos.col, 1);
}

/* How many words with a closed list stand at or below the node. */
static size_t misspell(const struct schema_node *node, unsigned depth)
{
    size_t found = 0;
    if (!node || depth > 12)
        return 0;
    if (node->enumeration && node->types & SCHEMA_STRING) {
        diags_init(&diags, arena);
        assert_false(
            schema_validate(arena, node, value_string(arena, "NO_SUCH_WORD"), "a", &diags));
        assert_int_equal(diags.items[0].code, E_BAD_VALUE);
        found++;
    }
    for (size_t i = 0; i < node->property_len; i++)
        found += misspell(node->properties[i].node, depth + 1);
    return found + misspell(node->items, depth + 1) + misspell(node->additional, depth + 1);
}

static void a_misspelt_word_of_any_list_is_refused(void **state)
{
    (void)state;
    const struct schema_set *set = schema_load(arena);
    size_t found = misspell(set->topology, 0);
    for (size_t i = 0; i < set->types.len; i++) {
        const struct schema *schema = set->types.entries[i].value;
        found += misspell(schema->root, 0);
    }
    assert_true(found >= 30);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_fits_passes),
        TEST(every_fault_is_reported_at_its_place),
        TEST(all_faults_of_a_file_come_at_once),
        TEST(a_rule_is_not_asked_about_what_the_schema_refused),
        TEST(unknowns_count_as_text_and_values_without_place_take_that_of_their_holder),
        TEST(what_aws_sets_cannot_be_declared),
        TEST(a_misspelt_word_of_any_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
