#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/crypto.h"

static struct slice repeated(struct arena *arena, int byte, size_t len)
{
    char *data = arena_alloc(arena, len);
    memset(data, byte, len);
    return (struct slice){data, len};
}

static void sha256_agrees_with_fips_180(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(sha1_hex(arena, slice_of("abc")),
                        "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_string_equal(sha256_hex(arena, slice_of("")),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(sha256_hex(arena, slice_of("abc")),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(
        sha256_hex(arena, slice_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_string_equal(sha256_hex(arena, repeated(arena, 'a', 1000000)),
                        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    arena_free(arena);
}

/* The cases of RFC 4231 whose result is whole, with its names for key and data. */
static void hmac_agrees_with_rfc_4231(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char counting[25];
    for (int i = 0; i < 25; i++)
        counting[i] = (char)(i + 1);
    const struct {
        struct slice key, data;
        const char *mac;
    } cases[] = {
        {repeated(arena, 0x0b, 20), slice_of("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {slice_of("Jefe"), slice_of("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {repeated(arena, 0xaa, 20), repeated(arena, 0xdd, 50),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {{counting, 25},
         repeated(arena, 0xcd, 50),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {repeated(arena, 0xaa, 131),
         slice_of("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {repeated(arena, 0xaa, 131),
         slice_of("This is a test using a larger than block-size key and a larger than block-size "
                  "data. The key needs to be hashed before being used by the HMAC algorithm."),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t mac[SHA256_LEN];
        hmac_sha256(cases[i].key, cases[i].data, mac);
        assert_string_equal(hex_encode(arena, mac, sizeof(mac)), cases[i].mac);
    }
    arena_free(arena);
}

static void an_empty_key_is_not_the_key_before_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    uint8_t mac[SHA256_LEN];
    hmac_sha256(slice_of("key"), slice_of(""), mac);
    hmac_sha256(slice_of(NULL), slice_of(NULL), mac);
    assert_string_equal(hex_encode(arena, mac, sizeof(mac)),
                        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    arena_free(arena);
}

static void base64_agrees_with_rfc_4648_both_ways(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xfe\xfd", "//79"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct slice back;
        assert_string_equal(base64_encode(arena, slice_of(pairs[i][0])), pairs[i][1]);
        assert_true(base64_decode(arena, slice_of(pairs[i][1]), &back));
        assert_true(slice_is(back, pairs[i][0]));
    }
    arena_free(arena);
}

static void base64_refuses_what_is_not_strict(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Zg", "Zg=", "Z===", "=Zg=", "Zg==Zg==", " Zg==", "Zm9v\nZg", "Zm9*a", "Zm9v ===", "===="};
    struct arena *arena = arena_new();
    struct slice untouched = slice_of("untouched");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_false(base64_decode(arena, slice_of(texts[i]), &untouched));
    assert_true(slice_is(untouched, "untouched"));
    arena_free(arena);
}

static void uuids_are_of_version_4_and_differ(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *a = random_uuid(arena), *b = random_uuid(arena);
    assert_int_equal(strlen(a), 36);
    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            assert_int_equal(a[i], '-');
        else
            assert_non_null(strchr("0123456789abcdef", a[i]));
    }
    assert_int_equal(a[14], '4');
    assert_non_null(strchr("89ab", a[19]));
    assert_string_not_equal(a, b);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_agrees_with_fips_180),
        cmocka_unit_test(hmac_agrees_with_rfc_4231),
        cmocka_unit_test(an_empty_key_is_not_the_key_before_it),
        cmocka_unit_test(base64_agrees_with_rfc_4648_both_ways),
        cmocka_unit_test(base64_refuses_what_is_not_strict),
        cmocka_unit_test(uuids_are_of_version_4_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
