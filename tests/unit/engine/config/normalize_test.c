#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/config/normalize.h"
#include "engine/config/schema_parse.h"

static const char schema_text[] =
    "{\"typeName\":\"aws_x\",\"x-title\":\"x\",\"description\":\"d\",\"service\":\"s\","
    "\"scope\":\"account\",\"replacementStrategy\":\"never\",\"primaryIdentifier\":[\"/name\"],"
    "\"handlers\":{\"create\":{\"permissions\":[]},\"read\":{\"permissions\":[]},"
    "\"update\":{\"permissions\":[]},\"delete\":{\"permissions\":[]},"
    "\"find\":{\"permissions\":[]}},\"properties\":{"
    "\"name\":{\"type\":\"string\"},"
    "\"days\":{\"type\":\"integer\",\"default\":30},"
    "\"set\":{\"insertionOrder\":false,\"items\":{\"type\":\"string\"}},"
    "\"list\":{\"items\":{\"properties\":{\"size\":{\"type\":\"integer\",\"default\":1}}}},"
    "\"policy\":{\"type\":[\"object\",\"string\"],\"x-canonical\":\"json-policy\"},"
    "\"pattern\":{\"type\":[\"object\",\"string\"],\"x-canonical\":\"event-pattern\"},"
    "\"cron\":{\"type\":\"string\",\"x-canonical\":\"cron\"},"
    "\"arn\":{\"type\":\"string\",\"x-canonical\":\"arn\"},"
    "\"lower\":{\"type\":\"string\",\"x-canonical\":\"lower\"},"
    "\"mine\":{\"items\":{\"type\":\"string\"},\"x-unmanaged-when-absent\":true,"
    "\"default\":[\"d\"]},"
    "\"tags\":{\"additionalProperties\":{\"type\":\"string\"}}}}";

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

static const struct schema *schema_x(void)
{
    const struct embedded_file files[] = {{"aws_x.json", schema_text, strlen(schema_text)},
                                          {NULL, NULL, 0}};
    return schema_of(schema_parse(arena, files), "aws_x");
}

static const struct value *normal(const char *text)
{
    return normalize(arena, schema_x(), json(text));
}

static void defaults_sets_and_empty_properties_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *given, *normal;
    } cases[] = {
        {"{}", "{\"days\":30}"},
        {"{\"days\":7,\"name\":\"n\"}", "{\"name\":\"n\",\"days\":7}"},
        {"{\"set\":[\"b\",\"a\",\"b\"]}", "{\"days\":30,\"set\":[\"a\",\"b\"]}"},
        {"{\"set\":[],\"tags\":{},\"list\":[]}", "{\"days\":30}"},
        {"{\"list\":[{},{\"size\":2}]}", "{\"days\":30,\"list\":[{\"size\":1},{\"size\":2}]}"},
        {"{\"list\":[{\"size\":2},{\"size\":1}]}",
         "{\"days\":30,\"list\":[{\"size\":2},{\"size\":1}]}"},
        {"{\"mine\":[]}", "{\"days\":30,\"mine\":[]}"},
        {"{\"days\":null}", "{\"days\":null}"},
        {"{\"lower\":\"ABC\"}", "{\"days\":30,\"lower\":\"abc\"}"},
        {"{\"cron\":\" cron(0  5 ? * * *)\"}", "{\"days\":30,\"cron\":\"cron(0 5 ? * * *)\"}"},
        {"{\"arn\":\"arn:aws:logs:us-east-1:111122223333:log-group:/a/b:*\"}",
         "{\"days\":30,\"arn\":\"arn:aws:logs:us-east-1:111122223333:log-group:/a/b\"}"},
        {"{\"arn\":\"arn:aws:s3:::b:*\"}", "{\"days\":30,\"arn\":\"arn:aws:s3:::b:*\"}"},
        {"{\"pattern\":\"{\\\"source\\\":[\\\"x\\\"]}\"}",
         "{\"days\":30,\"pattern\":{\"source\":[\"x\"]}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct value *v = normal(cases[i].given);
        assert_string_equal(json_print(arena, v, JSON_COMPACT), cases[i].normal);
        assert_true(value_equal(normalize(arena, schema_x(), v), v));
    }
}

static void a_policy_is_compared_by_meaning(void **state)
{
    (void)state;
    const struct value *a =
        normal("{\"policy\":{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
               "\"Action\":[\"s:B\",\"s:A\"],\"Principal\":{\"AWS\":\"111122223333\"}}]}}");
    const struct value *b = normal(
        "{\"policy\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":{\\\"Action\\\":["
        "\\\"s:A\\\",\\\"s:B\\\"],\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{\\\"AWS\\\":"
        "\\\"arn:aws:iam::111122223333:root\\\"}}}\"}");
    assert_true(value_equal(a, b));
    assert_false(value_equal(a, normal("{\"policy\":{\"Statement\":[]}}")));
}

static void unknowns_and_places_stay(void **state)
{
    (void)state;
    struct map_builder b = map_begin(arena);
    map_put(&b, "cron", value_ref(arena, "vaults.v", "id"));
    map_put(&b, "lower", value_at(arena, value_string(arena, "ABC"), (struct source_pos){1, 4, 2}));
    const struct value *v = normalize(arena, schema_x(), map_end(&b));
    assert_true(value_is(value_get(v, "cron"), VALUE_REF));
    assert_int_equal(value_get(v, "lower")->pos.line, 4);
    assert_int_equal(value_len(normalize(arena, schema_x(), NULL)), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(defaults_sets_and_empty_properties_have_one_form),
        TEST(a_policy_is_compared_by_meaning),
        TEST(unknowns_and_places_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
