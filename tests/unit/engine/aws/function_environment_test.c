#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/function_environment.h"
#include "engine/base/json.h"

static size_t size_of(struct arena *arena, const char *json)
{
    const struct value *variables = NULL;
    const char *why = NULL;
    assert_true(json_parse(arena, slice_of(json), &variables, &why));
    return function_environment_size(arena, variables);
}

static void it_is_measured_as_json(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_int_equal(size_of(arena, "{}"), 2);
    assert_int_equal(size_of(arena, "{\"A_NAME\": \"text\"}"), 17);
    assert_int_equal(size_of(arena, "{\"A_NAME\": \"te\\\"xt\"}"), 19);
    assert_int_equal(size_of(arena, "{\"A_NAME\": \"\xc3\xa4\"}"), 15);
    assert_int_equal(function_environment_size(arena, NULL), 2);
}

static void what_is_not_known_counts_nothing(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct map_builder map = map_begin(arena);
    map_put(&map, "A_NAME", value_ref(arena, "vaults.final", "arn"));
    assert_int_equal(function_environment_size(arena, map_end(&map)), 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_measured_as_json),
        cmocka_unit_test(what_is_not_known_counts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
