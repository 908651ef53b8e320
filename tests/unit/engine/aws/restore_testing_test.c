#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/restore_testing.h"
#include "engine/base/json.h"

#define CONDITIONS                                                                                 \
    "\"protected_resource_conditions\":{\"string_equals\":[{\"key\":\"k\",\"value\":\"v\"}]}"

static void a_selection_names_arns_or_all_or_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *json, *property;
        bool ok;
    } rows[] = {
        {"{\"protected_resource_arns\":[\"*\"]}", NULL, true},
        {"{\"protected_resource_arns\":[\"arn:a\",\"arn:b\"]}", NULL, true},
        {"{" CONDITIONS "}", NULL, true},
        {"{\"protected_resource_arns\":[\"*\"]," CONDITIONS "}", NULL, true},
        {"{\"protected_resource_arns\":[]," CONDITIONS "}", NULL, true},
        {"{}", NULL, false},
        {"{\"protected_resource_conditions\":{\"string_equals\":[]}}", NULL, false},
        {"{\"protected_resource_arns\":[\"*\",\"arn:a\"]}", "protected_resource_arns", false},
        {"{\"protected_resource_arns\":[\"arn:a\"]," CONDITIONS "}", "protected_resource_arns",
         false},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct value *v = NULL;
        const char *why = NULL, *property = NULL;
        assert_true(json_parse(arena, slice_of(rows[i].json), &v, &why));
        bool ok = restore_selection_check(v, &why, &property);
        if (ok != rows[i].ok)
            fail_msg("row %zu: %s", i, rows[i].json);
        if (!ok && !str_eq(property, rows[i].property) && property != rows[i].property)
            fail_msg("row %zu: at %s", i, property ? property : "the whole");
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_selection_names_arns_or_all_or_conditions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
