#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/json_scan.h"

static void assert_slice(struct slice s, const char *text)
{
    assert_true(slice_is(s, text));
}

static void members_come_one_by_one_with_the_text_of_their_values(void **state)
{
    (void)state;
    struct json_scan scan;
    json_scan_begin(
        &scan,
        slice_of(" {\"a\" : 1,\n\"b\":[{\"x\":\"]}\\\"\"}, 2 ] ,\"c\":\"t\", \"d\":null} \n"), '{');
    static const char *const wanted[][2] = {
        {"a", "1"}, {"b", "[{\"x\":\"]}\\\"\"}, 2 ]"}, {"c", "\"t\""}, {"d", "null"}};
    struct slice key, value;
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        assert_true(json_scan_member(&scan, &key, &value));
        assert_slice(key, wanted[i][0]);
        assert_slice(value, wanted[i][1]);
    }
    assert_false(json_scan_member(&scan, &key, &value));
    assert_null(scan.why);
    assert_false(json_scan_member(&scan, &key, &value)); /* the end stays the end */
}

static void items_come_one_by_one_and_empty_levels_have_none(void **state)
{
    (void)state;
    struct json_scan scan;
    struct slice value;
    json_scan_begin(&scan, slice_of("[\n{},[]\n]"), '[');
    assert_true(json_scan_item(&scan, &value));
    assert_slice(value, "{}");
    assert_true(json_scan_item(&scan, &value));
    assert_slice(value, "[]");
    assert_false(json_scan_item(&scan, &value));
    assert_null(scan.why);
    json_scan_begin(&scan, slice_of("[ ]"), '[');
    assert_false(json_scan_item(&scan, &value));
    assert_null(scan.why);
}

static size_t members(const char *text, const char **ret_why)
{
    struct json_scan scan;
    struct slice key, value;
    size_t count = 0;
    json_scan_begin(&scan, slice_of(text), '{');
    while (json_scan_member(&scan, &key, &value))
        count++;
    *ret_why = scan.why;
    return count;
}

static void text_that_is_cut_or_broken_ends_with_a_reason(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "null",
        "[]",
        "{",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "{\"a\":[1",
        "{\"a\":[{}",
        "{\"a\":1]",
        "{\"a\" 1}",
        "{a:1}",
        "{\"a\":1}}",
        "{\"a\":1} {",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        const char *why = NULL;
        (void)members(broken[i], &why);
        assert_non_null(why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_one_by_one_with_the_text_of_their_values),
        cmocka_unit_test(items_come_one_by_one_and_empty_levels_have_none),
        cmocka_unit_test(text_that_is_cut_or_broken_ends_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
