#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "providers/aws/sigv4.h"

static const struct value *load(struct arena *arena)
{
    struct diags diags;
    struct slice text;
    const struct value *vectors = NULL;
    const char *why = NULL;
    diags_init(&diags, arena);
    assert_true(
        file_read(arena, SOURCE_DIR "/tests/vectors/sigv4/vectors.json", 1 << 20, &text, &diags));
    assert_true(json_parse(arena, text, &vectors, &why));
    assert_true(value_len(vectors) >= 25);
    return vectors;
}

static struct sigv4_output sign(struct arena *arena, const struct value *v)
{
    const struct value *list = value_get(v, "headers");
    struct http_header headers[16];
    for (size_t i = 0; i < value_len(list); i++)
        headers[i] = (struct http_header){value_str(value_item(value_item(list, i), 0)),
                                          value_str(value_item(value_item(list, i), 1))};
    struct sigv4_input input = {
        .method = value_get_str(v, "method"),
        .path = value_get_str(v, "path"),
        .query = value_get_str(v, "query"),
        .headers = headers,
        .header_len = value_len(list),
        .body = slice_of(value_get_str(v, "body")),
        .region = value_get_str(v, "region"),
        .service = value_get_str(v, "service"),
        .time_ms = value_get_int(v, "time_ms", 0),
    };
    struct credentials c = {.access_key_id = value_get_str(v, "access_key_id"),
                            .secret_access_key = value_get_str(v, "secret_access_key"),
                            .session_token = value_get_str(v, "session_token")};
    struct sigv4_output out;
    sigv4_sign(arena, &input, &c, &out);
    return out;
}

static void every_vector_gives_the_same_canonical_request_text_and_signature(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct value *vectors = load(arena);
    for (size_t i = 0; i < value_len(vectors); i++) {
        const struct value *v = value_item(vectors, i);
        struct sigv4_output out = sign(arena, v);
        if (strcmp(out.canonical_request, value_get_str(v, "canonical_request")) != 0)
            fail_msg("%s: canonical request\n%s\nexpected\n%s", value_get_str(v, "name"),
                     out.canonical_request, value_get_str(v, "canonical_request"));
        assert_string_equal(out.string_to_sign, value_get_str(v, "string_to_sign"));
        assert_string_equal(out.signature, value_get_str(v, "signature"));
    }
}

/* The signature that AWS prints for the first case of its own suite. */
static void the_published_signature_of_get_vanilla_comes_out(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct value *v = value_item(load(arena), 0);
    assert_string_equal(value_get_str(v, "name"), "get-vanilla");
    assert_string_equal(sign(arena, v).authorization,
                        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
                        "aws4_request, SignedHeaders=host;x-amz-date, Signature="
                        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

static void s3_signs_the_path_as_it_stands(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct http_header host = {"host", "b.s3.amazonaws.com"};
    struct sigv4_input input = {.method = "GET",
                                .path = "/a%20b//./c",
                                .query = "",
                                .headers = &host,
                                .header_len = 1,
                                .region = "us-east-1",
                                .service = "s3",
                                .raw_path = true};
    struct credentials c = {.access_key_id = "a", .secret_access_key = "b"};
    struct sigv4_output out;
    sigv4_sign(arena, &input, &c, &out);
    assert_true(str_starts(out.canonical_request, "GET\n/a%20b//./c\n"));
    input.raw_path = false;
    sigv4_sign(arena, &input, &c, &out);
    assert_true(str_starts(out.canonical_request, "GET\n/a%2520b/c\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_gives_the_same_canonical_request_text_and_signature),
        cmocka_unit_test(the_published_signature_of_get_vanilla_comes_out),
        cmocka_unit_test(s3_signs_the_path_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
