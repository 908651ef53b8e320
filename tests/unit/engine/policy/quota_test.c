/* "IAM and AWS STS quotas", "Quotas for AWS Organizations", "Quotas in AWS KMS" */

#include "engine/policy/quota.h"

#include <string.h>

#include "quoted.h"

#define DOCUMENT "{'Version':'2012-10-17','Statement':{'Sid':'%s','Effect':'Deny','Action':'*'}}"

/* A document with a Sid that brings it to `size` characters, and `more` of them. */
static const struct value *document(struct arena *arena, size_t size, const char *more)
{
    const struct value *empty = quoted(arena, arena_printf(arena, DOCUMENT, ""));
    size_t fill = size - policy_size(arena, empty, POLICY_QUOTA_KEY);
    char *sid = arena_array(arena, fill + 1, 1);
    for (size_t i = 0; i < fill; i++)
        sid[i] = 'x';
    return quoted(arena, arena_printf(arena, DOCUMENT, arena_printf(arena, "%s%s", sid, more)));
}

static bool fits(struct arena *arena, const struct value *doc, enum policy_quota quota)
{
    struct diags diags;
    diags_init(&diags, arena);
    bool ok = policy_check_quota(arena, doc, quota, &diags, "a");
    assert_int_equal(ok, diags.len == 0);
    return ok;
}

static void each_place_has_its_size(void **state)
{
    static const struct {
        enum policy_quota quota;
        size_t max;
    } rows[] = {
        {POLICY_QUOTA_MANAGED, 6144}, {POLICY_QUOTA_INLINE, 10240}, {POLICY_QUOTA_TRUST, 8192},
        {POLICY_QUOTA_SCP, 10240},    {POLICY_QUOTA_RCP, 5120},     {POLICY_QUOTA_KEY, 32768},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new();
        if (!fits(arena, document(arena, rows[i].max, ""), rows[i].quota))
            fail_msg("row %zu: %zu are too many", i, rows[i].max);
        if (fits(arena, document(arena, rows[i].max, "x"), rows[i].quota))
            fail_msg("row %zu: one more than %zu is not too many", i, rows[i].max);
        arena_free(arena);
    }
}

static void a_trust_gets_less_than_its_most_unasked(void **state)
{
    (void)state;
    assert_int_equal(policy_quota_usual(POLICY_QUOTA_TRUST), 2048);
    assert_int_equal(policy_quota_usual(POLICY_QUOTA_KEY), 32768);
}

static void characters_count_and_white_space_not_in_iam(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_true(fits(arena, document(arena, 6144, "    "), POLICY_QUOTA_MANAGED));
    assert_false(fits(arena, document(arena, 5120, "    "), POLICY_QUOTA_RCP));
    assert_true(fits(arena, document(arena, 6143, "ä"), POLICY_QUOTA_MANAGED)); /* two bytes */
    assert_false(fits(arena, document(arena, 200, "日"), POLICY_QUOTA_MANAGED));
    assert_true(fits(arena, document(arena, 200, "日"), POLICY_QUOTA_SCP));
    const struct value *text =
        value_string(arena, "{ \"Version\" : \"2012-10-17\",\n  \"Statement\" : [ ] }");
    assert_int_equal(policy_size(arena, text, POLICY_QUOTA_SCP),
                     strlen("{\"Version\":\"2012-10-17\",\"Statement\":[]}"));
    arena_free(arena);
}

static void inline_policies_share_their_quota(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    struct map_builder two = map_begin(arena);
    map_put(&two, "a", document(arena, 5120, ""));
    map_put(&two, "b", document(arena, 5120, ""));
    assert_true(policy_check_quota_of_all(arena, map_end(&two), POLICY_QUOTA_INLINE, &diags, "a"));
    map_put(&two, "b", document(arena, 5121, ""));
    assert_false(policy_check_quota_of_all(arena, map_end(&two), POLICY_QUOTA_INLINE, &diags, "a"));
    assert_int_equal(diags.len, 1);
    arena_free(arena);
}

static void what_is_not_known_yet_passes(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct map_builder b = map_begin_from(arena, document(arena, 40000, ""));
    map_put(&b, "Id", value_ref(arena, "keys.k", "arn"));
    assert_true(fits(arena, map_end(&b), POLICY_QUOTA_KEY));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_place_has_its_size),
        cmocka_unit_test(a_trust_gets_less_than_its_most_unasked),
        cmocka_unit_test(characters_count_and_white_space_not_in_iam),
        cmocka_unit_test(inline_policies_share_their_quota),
        cmocka_unit_test(what_is_not_known_yet_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
