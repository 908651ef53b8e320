#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/config/seal.h"

#define SECRET "hunter2"

static const char *sealed_by(struct arena *arena, const char *text, const struct seal_key *key)
{
    const struct schema *schema = schema_of(schema_load(arena), "aws_lambda_function");
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(arena, slice_of(text), &v, &why));
    v = seal(arena, schema, v, key);
    assert_true(value_equal(seal(arena, schema, v, key), v)); /* once is as good as twice */
    return json_print(arena, v, JSON_SORTED);
}

static const char *sealed(struct arena *arena, const char *text, const char *lineage)
{
    return sealed_by(arena, text, &(struct seal_key){.lineage = lineage});
}

static const char *for_file(struct arena *arena, const char *text, const char *lineage,
                            const char *secret)
{
    return sealed_by(arena, text,
                     &(struct seal_key){.lineage = lineage, .for_file = true, .secret = secret});
}

static void only_what_is_sensitive_is_hidden(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *text =
        sealed(arena, "{\"name\":\"f\",\"environment\":{\"variables\":{\"KEY\":\"" SECRET "\"}}}",
               "lineage");
    assert_null(strstr(text, SECRET));
    assert_non_null(strstr(text, "\"KEY\":{\"hmac_sha256\":\""));
    assert_non_null(strstr(text, "\"name\":\"f\""));
    arena_free(arena);
}

static void equal_values_look_alike_under_one_lineage_only(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *one = "{\"environment\":{\"variables\":{\"KEY\":\"" SECRET "\"}}}";
    const char *two = "{\"environment\":{\"variables\":{\"KEY\":\"other\"}}}";
    assert_string_equal(sealed(arena, one, "a"), sealed(arena, one, "a"));
    assert_string_not_equal(sealed(arena, one, "a"), sealed(arena, one, "b"));
    assert_string_not_equal(sealed(arena, one, "a"), sealed(arena, two, "a"));
    arena_free(arena);
}

static void for_a_file_the_text_around_a_reference_is_hidden_with_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct schema *schema = schema_of(schema_load(arena), "aws_lambda_function");
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(
        json_parse(arena,
                   slice_of("{\"environment\":{\"variables\":{\"KEY\":{\"$concat\":[\"" SECRET
                            "\",{\"$ref\":\"queues.q.url\"}]}}}}"),
                   &v, &why));
    v = json_restore_unknown(arena, v);
    const struct seal_key key = {.lineage = "lineage", .for_file = true};
    assert_true(value_has_unknown(seal(arena, schema, v, &key)));
    assert_null(
        strstr(json_print(arena, seal_node(arena, schema->root, v, &key), JSON_COMPACT), SECRET));
    arena_free(arena);
}

/* Whoever has the file knows the lineage, and gets no further with it. */
static void for_a_file_the_secret_of_the_state_keys_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *one = "{\"environment\":{\"variables\":{\"KEY\":\"" SECRET "\"}}}";
    const char *two = "{\"environment\":{\"variables\":{\"KEY\":\"other\"}}}";
    assert_string_equal(for_file(arena, one, "a", "s"), for_file(arena, one, "a", "s"));
    assert_string_not_equal(for_file(arena, one, "a", "s"), for_file(arena, two, "a", "s"));
    assert_string_not_equal(for_file(arena, one, "a", "s"), for_file(arena, one, "a", "t"));
    assert_string_not_equal(for_file(arena, one, "a", "s"), for_file(arena, one, "a", NULL));
    /* what the state has of it becomes the same */
    assert_string_equal(for_file(arena, sealed(arena, one, "a"), "a", "s"),
                        for_file(arena, one, "a", "s"));
    arena_free(arena);
}

static void without_a_state_a_file_tells_nothing_of_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *one = "{\"environment\":{\"variables\":{\"KEY\":\"" SECRET "\"}}}";
    const char *two = "{\"environment\":{\"variables\":{\"KEY\":\"other\"}}}";
    assert_string_equal(for_file(arena, one, "", NULL), for_file(arena, two, "", NULL));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_sensitive_is_hidden),
        cmocka_unit_test(for_a_file_the_text_around_a_reference_is_hidden_with_it),
        cmocka_unit_test(equal_values_look_alike_under_one_lineage_only),
        cmocka_unit_test(for_a_file_the_secret_of_the_state_keys_it),
        cmocka_unit_test(without_a_state_a_file_tells_nothing_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
