#include "engine/base/library.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"

static void functions_of_a_library_can_be_called(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    __typeof__(floor) *down = NULL;
    __typeof__(ceil) *up = NULL;
    const struct library_symbol symbols[] = {{"floor", (void *)&down}, {"ceil", (void *)&up}};
    assert_true(library_load("libm.so.6", symbols, ARRAY_LEN(symbols), &diags));
    assert_true(down(1.5) == 1.0 && up(1.5) == 2.0);
    assert_true(library_load("libm.so.6", symbols, ARRAY_LEN(symbols), &diags));
    arena_free(arena);
}

static void what_is_missing_is_named_and_nothing_is_filled_in(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    __typeof__(floor) *down = NULL, *none = NULL;
    const struct library_symbol symbols[] = {{"floor", (void *)&down},
                                             {"no_such_function", (void *)&none}};
    assert_false(library_load("libm.so.6", symbols, ARRAY_LEN(symbols), &diags));
    assert_null(down);
    assert_false(library_load("libnone.so.9", symbols, 1, &diags));
    assert_int_equal(diags.len, 2);
    assert_int_equal(diags.items[0].code, E_LIBRARY);
    assert_non_null(strstr(diags.items[0].message, "no_such_function"));
    assert_non_null(strstr(diags.items[1].message, "libnone.so.9"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_of_a_library_can_be_called),
        cmocka_unit_test(what_is_missing_is_named_and_nothing_is_filled_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
