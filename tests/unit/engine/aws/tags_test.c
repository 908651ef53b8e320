#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/tags.h"
#include "engine/base/strbuf.h"

static const char *repeated(struct arena *arena, const char *text, size_t count)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 4096);
    for (size_t i = 0; i < count; i++)
        strbuf_add(&sb, text);
    return strbuf_str(&sb);
}

static void values_take_letters_of_any_script_and_few_marks(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool ok;
    } rows[] = {
        {"", true},
        {"arn:aws:backup:us-east-2:444455556666:backup-vault:final", true},
        {"a b_.:/=+-@", true},
        {"Zürich", true},
        {"東京 2026", true},
        {"a[b]", false},
        {"a,b", false},
        {"a*b", false},
        {"a\tb", false},
        {"10 €", false},
        {"×", false},
        {"\xf0\x9f\x94\x92", false}, /* an emoji */
        {"\xff", false},
        {"\xc0\xaf", false},     /* overlong */
        {"\xed\xa0\x80", false}, /* surrogate */
        {"\xc3", false},         /* cut */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (tag_value_is_valid(rows[i].value) != rows[i].ok)
            fail_msg("%s", rows[i].value);
    assert_false(tag_value_is_valid(NULL));
}

static void lengths_count_characters(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_true(tag_value_is_valid(repeated(arena, "ü", 256)));
    assert_false(tag_value_is_valid(repeated(arena, "ü", 257)));
    assert_true(tag_key_is_valid(repeated(arena, "k", 128)));
    assert_false(tag_key_is_valid(repeated(arena, "k", 129)));
    arena_free(arena);
}

static void keys_are_not_empty_and_not_amazons(void **state)
{
    (void)state;
    assert_true(tag_key_is_valid(TAG_TOPOLOGY));
    assert_true(tag_key_is_valid(TAG_ADDRESS));
    assert_true(tag_key_is_valid("awsome"));
    assert_false(tag_key_is_valid(""));
    assert_false(tag_key_is_valid("aws:x"));
    assert_false(tag_key_is_valid("AWS:x"));
    assert_false(tag_key_is_valid("a*"));
}

static void addresses_fit_into_tag_values(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"vaults.final", "vaults.final"},
        {"vaults.primary[payments]", "vaults.primary@payments"},
        {"vaults.primary[payments,us-east-1]", "vaults.primary@payments:us-east-1"},
        {"relays.to_final/forward[us-east-1]", "relays.to_final/forward@us-east-1"},
        {"vaults.primary[a,b]/lock", "vaults.primary@a:b/lock"},
        {"relays.x[a]/reader[b]", "relays.x@a/reader@b"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *value = tag_address_value(arena, rows[i][0]);
        assert_string_equal(value, rows[i][1]);
        assert_true(tag_value_is_valid(value));
        assert_string_equal(tag_address_read(arena, value), rows[i][0]);
    }
    arena_free(arena);
}

static void a_set_of_tags_is_checked_as_a_whole(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *why = NULL;
    struct map_builder tags = map_begin(arena);
    for (int i = 0; i < TAGS_MAX - 1; i++)
        map_put_str(&tags, arena_printf(arena, "k%d", i), "v");
    map_put(&tags, "vault", value_ref(arena, "vaults.final", "arn"));
    assert_true(tags_check(arena, map_end(&tags), &why));
    map_put_str(&tags, "one", "more");
    assert_false(tags_check(arena, map_end(&tags), &why));
    assert_true(tags_check(arena, NULL, &why));

    tags = map_begin(arena);
    map_put_str(&tags, "aws:x", "v");
    assert_false(tags_check(arena, map_end(&tags), &why));
    tags = map_begin(arena);
    map_put_int(&tags, "number", 1);
    assert_false(tags_check(arena, map_end(&tags), &why));
    tags = map_begin(arena);
    map_put_str(&tags, "x", "a,b");
    assert_false(tags_check(arena, map_end(&tags), &why));
    assert_false(tags_check(arena, value_int(arena, 1), &why));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_take_letters_of_any_script_and_few_marks),
        cmocka_unit_test(lengths_count_characters),
        cmocka_unit_test(keys_are_not_empty_and_not_amazons),
        cmocka_unit_test(addresses_fit_into_tag_values),
        cmocka_unit_test(a_set_of_tags_is_checked_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
