#include "engine/verify/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"

/* RFC 8032, 7.1, test 2; and a public key whose private half signed nothing here. */
#define PRIVATE_KEY                                                                                \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"                           \
    "-----END PRIVATE KEY-----\n"
#define PUBLIC_KEY                                                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"                               \
    "-----END PUBLIC KEY-----\n"
#define OTHER_PUBLIC_KEY                                                                           \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"                               \
    "-----END PUBLIC KEY-----\n"

#define EVIDENCE                                                                                   \
    "{\"world\":\"aws\",\"report\":{\"missing\":0,\"age_hours\":9.5,\"objective_hours\":26.0},"    \
    "\"text\":\"\\u00e4 \\\" \\\\ \\u2028\",\"asked_by\":[null,true]}"

struct scene {
    struct arena *arena;
    struct sign_key *signs, *checks;
    struct slice bundle;
};

static struct sign_key *public_key(const char *pem)
{
    struct sign_key *key = NULL;
    const char *why = NULL;
    assert_true(sign_key_public(slice_of(pem), &key, &why));
    return key;
}

static void scene_open(struct scene *s)
{
    const struct value *evidence = NULL;
    const char *why = NULL;
    *s = (struct scene){.arena = arena_new(), .checks = public_key(PUBLIC_KEY)};
    assert_true(sign_key_private(slice_of(PRIVATE_KEY), &s->signs, &why));
    assert_true(json_parse(s->arena, slice_of(EVIDENCE), &evidence, &why));
    s->bundle = evidence_seal(s->arena, evidence, s->signs);
}

static void scene_close(struct scene *s)
{
    sign_key_free(s->signs);
    sign_key_free(s->checks);
    arena_free(s->arena);
}

static bool opens(const struct scene *s, struct slice bundle, const struct sign_key *key)
{
    struct arena *arena = arena_new();
    const struct value *evidence = NULL;
    const char *why = NULL;
    bool good = evidence_open(arena, bundle, key, &evidence, &why);
    assert_true(good ? evidence != NULL : why != NULL);
    (void)s;
    arena_free(arena);
    return good;
}

static void test_what_was_sealed_opens_and_says_the_same(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    const struct value *evidence = NULL, *before = NULL;
    const char *why = NULL;
    assert_true(json_parse(s.arena, slice_of(EVIDENCE), &before, &why));
    if (!evidence_open(s.arena, s.bundle, s.checks, &evidence, &why))
        fail_msg("%s", why);
    assert_true(value_equal(evidence, before));
    scene_close(&s);
}

static void test_no_byte_can_be_changed(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    char *copy = arena_strndup(s.arena, s.bundle.ptr, s.bundle.len);
    for (size_t i = 0; i < s.bundle.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            copy[i] = (char)(s.bundle.ptr[i] ^ (1 << bit));
            if (opens(&s, (struct slice){copy, s.bundle.len}, s.checks))
                fail_msg("byte %zu, bit %d: it still opens", i, bit);
            copy[i] = s.bundle.ptr[i];
        }
    assert_true(opens(&s, (struct slice){copy, s.bundle.len}, s.checks));
    scene_close(&s);
}

static void test_nothing_can_be_added_or_left_out(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    for (size_t len = 0; len < s.bundle.len; len++)
        assert_false(opens(&s, (struct slice){s.bundle.ptr, len}, s.checks));
    const char *text = arena_strndup(s.arena, s.bundle.ptr, s.bundle.len);
    assert_false(opens(&s, slice_of(arena_printf(s.arena, "%s\n", text)), s.checks));
    assert_false(opens(&s, slice_of(arena_printf(s.arena, " %s", text)), s.checks));
    /* the same map, written otherwise; a member that nobody signed; one that stands twice */
    assert_false(opens(&s, slice_of(arena_printf(s.arena, "{ %s", text + 1)), s.checks));
    assert_false(opens(&s, slice_of(arena_printf(s.arena, "{\"a\":1,%s", text + 1)), s.checks));
    assert_false(
        opens(&s, slice_of(arena_printf(s.arena, "{\"evidence\":{},%s", text + 1)), s.checks));
    scene_close(&s);
}

static void test_another_key_does_not_open_it(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct sign_key *other = public_key(OTHER_PUBLIC_KEY);
    assert_false(opens(&s, s.bundle, other));
    sign_key_free(other);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_sealed_opens_and_says_the_same),
        cmocka_unit_test(test_no_byte_can_be_changed),
        cmocka_unit_test(test_nothing_can_be_added_or_left_out),
        cmocka_unit_test(test_another_key_does_not_open_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
