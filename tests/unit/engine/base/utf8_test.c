#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/base/utf8.h"

static void characters_are_taken_one_by_one(void **state)
{
    (void)state;
    struct slice rest = {"a\0\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x92", 11};
    static const uint32_t characters[] = {'a', 0, 0xe9, 0x20ac, 0x1f512};
    for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++)
        assert_int_equal(utf8_take(&rest), characters[i]);
    assert_int_equal(rest.len, 0);
    assert_true(utf8_take(&rest) == UTF8_NONE);
}

static void what_is_no_utf8_is_not_taken(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\x80",             /* continues nothing */
        "\xc3",             /* cut off */
        "\xe2\x82",         /* cut off */
        "\xc3(",            /* not continued */
        "\xc0\xaf",         /* overlong */
        "\xe0\x80\xaf",     /* overlong */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* beyond the last one */
        "\xff",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct slice rest = slice_of(wrong[i]);
        size_t len = rest.len;
        assert_true(utf8_take(&rest) == UTF8_NONE);
        assert_int_equal(rest.len, len);
    }
    struct slice cut = {"\xe2\x82\xac", 2}; /* its end is that of the slice */
    assert_true(utf8_take(&cut) == UTF8_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_taken_one_by_one),
        cmocka_unit_test(what_is_no_utf8_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
