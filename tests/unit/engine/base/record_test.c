#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/record.h"

static void a_replaced_address_leads_back_to_its_own(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *beside = record_replaced_address(arena, "keys.a", "1234");
    assert_string_not_equal(beside, record_replaced_address(arena, "keys.a", "1235"));
    assert_string_equal(record_replaced_base(arena, beside), "keys.a");
    assert_null(record_replaced_base(arena, "keys.a"));
}

static void records_are_the_same_when_all_that_they_say_is(void **state)
{
    (void)state;
    static const struct value yes = {.kind = VALUE_BOOL, .boolean = true};
    const char *deps[] = {"keys.a"}, *others[] = {"keys.b"};
    const struct record base = {.address = "a",
                                .type = "t",
                                .account_id = "1",
                                .region = "r",
                                .identifier = "i",
                                .attributes = &yes,
                                .depends_on = deps,
                                .depends_on_len = 1};
    struct record other[11];
    for (size_t i = 0; i < ARRAY_LEN(other); i++)
        other[i] = base;
    assert_true(record_same(&base, &other[0]));
    other[0].address = "b";
    other[1].type = "u";
    other[2].account_id = "2";
    other[3].region = NULL;
    other[4].identifier = "j";
    other[5].attributes = NULL;
    other[6].write_only = &yes;
    other[7].depends_on = others;
    other[8].schema_version = 1;
    other[9].adopted = true;
    other[10].prevent_destroy = true;
    for (size_t i = 0; i < ARRAY_LEN(other); i++)
        assert_false(record_same(&base, &other[i]));
    struct record later = base;
    later.generation = 7;
    assert_true(record_same(&base, &later));
    assert_true(record_same(NULL, NULL));
    assert_false(record_same(&base, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replaced_address_leads_back_to_its_own),
        cmocka_unit_test(records_are_the_same_when_all_that_they_say_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
