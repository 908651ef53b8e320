#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/cleanup.h"
#include "engine/base/slice.h"

static void a_slice_compares_by_its_bytes(void **state)
{
    (void)state;
    struct slice s = {"abcdef", 3};
    assert_true(slice_is(s, "abc"));
    assert_false(slice_is(s, "abcdef"));
    assert_false(slice_is(s, "ab"));
    assert_true(slice_starts(s, "ab"));
    assert_true(slice_starts(s, ""));
    assert_false(slice_starts(s, "abcd"));
    assert_true(slice_is(slice_of(NULL), ""));
}

static void a_slice_is_cut_at_each_separator(void **state)
{
    (void)state;
    static const char *const parts[] = {"a", "", "b c", ""};
    struct slice rest = slice_of("a::b c:");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        assert_non_null(rest.ptr);
        assert_true(slice_is(slice_cut(&rest, ':'), parts[i]));
    }
    assert_null(rest.ptr);
    assert_int_equal(slice_cut(&rest, ':').len, 0);
}

static void ends_are_taken_off(void **state)
{
    (void)state;
    assert_true(slice_is(slice_trim(slice_of(" \t a b\t ")), "a b"));
    assert_int_equal(slice_trim(slice_of(" \t ")).len, 0);
    assert_true(slice_is(slice_from(slice_of("abc"), 1), "bc"));
    assert_int_equal(slice_from(slice_of("abc"), 3).len, 0);
    assert_int_equal(slice_from(slice_of("abc"), 99).len, 0);
}

static void strings_compare_with_null_and_by_their_ends(void **state)
{
    (void)state;
    static const char *const list[] = {"one", "two", NULL};
    assert_true(str_eq(NULL, NULL));
    assert_false(str_eq(NULL, ""));
    assert_false(str_eq("a", "b"));
    assert_true(str_eq("a", "a"));
    assert_true(str_starts("abc", "ab"));
    assert_false(str_starts("a", "ab"));
    assert_true(str_ends("abc", "bc"));
    assert_false(str_ends("c", "bc"));
    assert_true(str_is_one_of("two", list));
    assert_false(str_is_one_of("three", list));
}

static void integers_are_whole_decimal_and_fit(void **state)
{
    (void)state;
    const struct {
        const char *text;
        long long value;
    } good[] = {{"0", 0},
                {"007", 7},
                {"-1", -1},
                {"9223372036854775807", LLONG_MAX},
                {"-9223372036854775808", LLONG_MIN}};
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x1",
                                      "1e3",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999"};
    long long value = 42;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(parse_int64(slice_of(bad[i]), &value));
    assert_int_equal(value, 42);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(parse_int64(slice_of(good[i].text), &value));
        assert_true(value == good[i].value);
    }
}

static void distance_counts_edits_and_swaps_up_to_its_limit(void **state)
{
    (void)state;
    const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {{"vault", "vault", 0},  {"vautl", "vault", 1}, {"valt", "vault", 1},
                 {"vaullt", "vault", 1}, {"bault", "vault", 1}, {"plan", "vault", 4},
                 {"", "ab", 2},          {"keys", "vaults", 4}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t expected = cases[i].distance > 3 ? 4 : cases[i].distance;
        assert_int_equal(str_distance(cases[i].a, cases[i].b, 3), expected);
        assert_int_equal(str_distance(cases[i].b, cases[i].a, 3), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slice_compares_by_its_bytes),
        cmocka_unit_test(a_slice_is_cut_at_each_separator),
        cmocka_unit_test(ends_are_taken_off),
        cmocka_unit_test(strings_compare_with_null_and_by_their_ends),
        cmocka_unit_test(integers_are_whole_decimal_and_fit),
        cmocka_unit_test(distance_counts_edits_and_swaps_up_to_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
