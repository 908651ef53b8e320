#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/selection.h"
#include "engine/base/json.h"
#include "engine/base/strbuf.h"

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, slice_of(text), &v, &why))
        fail_msg("%s: %s", text, why);
    return v;
}

#define DB "arn:aws:rds:us-east-1:111122223333:db:orders"

static void a_selection_takes_resources_or_tags_and_all_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *selection, *tags;
        bool matches;
    } rows[] = {
        {"{\"resources\":[\"arn:aws:rds:*:*:db:*\"]}", "{}", true},
        {"{\"resources\":[\"arn:aws:rds:*:*:cluster:*\"]}", "{}", false},
        {"{\"resources\":[\"" DB "\"]}", "{}", true},
        {"{\"resources\":[\"*\"],\"not_resources\":[\"arn:aws:rds:*:*:db:*\"]}", "{}", false},
        {"{\"list_of_tags\":[{\"condition_type\":\"STRINGEQUALS\",\"condition_key\":\"b\","
         "\"condition_value\":\"1\"},{\"condition_type\":\"STRINGEQUALS\",\"condition_key\":\"c\","
         "\"condition_value\":\"2\"}]}",
         "{\"c\":\"2\"}", true},
        {"{\"list_of_tags\":[{\"condition_type\":\"STRINGEQUALS\",\"condition_key\":\"b\","
         "\"condition_value\":\"1\"}]}",
         "{\"b\":\"2\"}", false},
        {"{\"list_of_tags\":[{\"condition_type\":\"STRINGEQUALS\","
         "\"condition_key\":\"aws:ResourceTag/b\",\"condition_value\":\"1\"}]}",
         "{\"b\":\"1\"}", true},
        /* resources OR tags */
        {"{\"resources\":[\"arn:aws:ec2:*:*:volume/*\"],\"list_of_tags\":[{\"condition_type\":"
         "\"STRINGEQUALS\",\"condition_key\":\"b\",\"condition_value\":\"1\"}]}",
         "{\"b\":\"1\"}", true},
        /* AND every condition */
        {"{\"resources\":[\"*\"],\"conditions\":{\"string_equals\":[{\"condition_key\":"
         "\"aws:ResourceTag/b\",\"condition_value\":\"1\"},{\"condition_key\":"
         "\"aws:ResourceTag/c\",\"condition_value\":\"2\"}]}}",
         "{\"b\":\"1\"}", false},
        {"{\"resources\":[\"*\"],\"conditions\":{\"string_like\":[{\"condition_key\":"
         "\"aws:ResourceTag/b\",\"condition_value\":\"prod-*\"}]}}",
         "{\"b\":\"prod-eu\"}", true},
        {"{\"resources\":[\"*\"],\"conditions\":{\"string_not_like\":[{\"condition_key\":"
         "\"aws:ResourceTag/b\",\"condition_value\":\"prod-*\"}]}}",
         "{\"b\":\"prod-eu\"}", false},
        {"{\"resources\":[\"*\"],\"conditions\":{\"string_not_equals\":[{\"condition_key\":"
         "\"aws:ResourceTag/b\",\"condition_value\":\"1\"}]}}",
         "{\"b\":\"1\"}", false},
        {"{\"resources\":[\"*\"],\"conditions\":{\"string_not_equals\":[{\"condition_key\":"
         "\"aws:ResourceTag/b\",\"condition_value\":\"1\"}]}}",
         "{}", true},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct value *selection = parse(arena, rows[i].selection);
        const char *why = NULL;
        if (!selection_check(selection, &why))
            fail_msg("%s: %s", rows[i].selection, why);
        if (selection_matches(selection, DB, parse(arena, rows[i].tags)) != rows[i].matches)
            fail_msg("%s with %s", rows[i].selection, rows[i].tags);
    }
    assert_false(selection_matches(parse(arena, "{}"), DB, NULL));
    arena_free(arena);
}

static void selections_that_aws_refuses_or_misreads_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *selection, *why; /* NULL: any reason */
    } rows[] = {
        {"{}", NULL},
        {"{\"resources\":[],\"list_of_tags\":[]}", NULL},
        {"{\"not_resources\":[\"" DB "\"]}", NULL},
        {"{\"conditions\":{\"string_equals\":[{\"condition_key\":\"aws:ResourceTag/b\","
         "\"condition_value\":\"1\"}]}}",
         SELECTION_CONDITIONS_ALONE},
        {"{\"resources\":\"*\"}", NULL},
        {"{\"resources\":[\"orders\"]}", NULL},
        {"{\"resources\":[1]}", NULL},
        {"{\"resources\":[\"arn:aws:rds:us-*:*:db:*\"]}", NULL},
        {"{\"resources\":[\"arn:aws:rds:*:1111*:db:*\"]}", NULL},
        {"{\"resources\":[\"arn:aws:rds:*:*:db:*-prod\"]}", NULL},
        {"{\"resources\":[\"arn:aws:*:*:*:db:x\"]}", NULL},
        {"{\"resources\":[\"*\"],\"not_resources\":[\"arn:*:rds:*:*:db:x\"]}", NULL},
        {"{\"list_of_tags\":[{\"condition_type\":\"STRINGLIKE\",\"condition_key\":\"b\","
         "\"condition_value\":\"1\"}]}",
         NULL},
        {"{\"list_of_tags\":[{\"condition_type\":\"STRINGEQUALS\",\"condition_key\":\"b\"}]}",
         NULL},
        {"{\"resources\":[\"*\"],\"conditions\":{\"string_equals\":[{\"condition_key\":\"b\","
         "\"condition_value\":\"1\"}]}}",
         NULL},
        {"{\"resources\":[\"*\"],\"conditions\":{\"StringEquals\":[]}}", NULL},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why = NULL;
        if (selection_check(parse(arena, rows[i].selection), &why))
            fail_msg("%s was taken", rows[i].selection);
        assert_non_null(why);
        if (rows[i].why != NULL)
            assert_string_equal(why, rows[i].why);
    }
    arena_free(arena);
}

static const struct value *resources(struct arena *arena, size_t count, const char *arn)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < count; i++)
        list_add_str(&list, arn);
    struct map_builder map = map_begin(arena);
    map_put(&map, "resources", list_end(&list));
    return map_end(&map);
}

static void five_hundred_arns_or_thirty_with_a_star_are_the_limit(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *why = NULL;
    assert_true(selection_check(resources(arena, 500, DB), &why));
    assert_false(selection_check(resources(arena, 501, DB), &why));
    assert_true(selection_check(resources(arena, 30, "arn:aws:rds:*:*:db:*"), &why));
    assert_false(selection_check(resources(arena, 31, "arn:aws:rds:*:*:db:*"), &why));
    arena_free(arena);
}

static void unresolved_references_are_left_for_later(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct list_builder list = list_begin(arena);
    list_add(&list, value_ref(arena, "resources.db", "arn"));
    struct map_builder map = map_begin(arena);
    map_put(&map, "resources", list_end(&list));
    const char *why = NULL;
    assert_true(selection_check(map_end(&map), &why));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_selection_takes_resources_or_tags_and_all_conditions),
        cmocka_unit_test(selections_that_aws_refuses_or_misreads_are_refused),
        cmocka_unit_test(five_hundred_arns_or_thirty_with_a_star_are_the_limit),
        cmocka_unit_test(unresolved_references_are_left_for_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
