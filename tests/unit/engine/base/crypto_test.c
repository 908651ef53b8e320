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

static struct slice bytes_of(struct arena *arena, const char *hex)
{
    size_t len = strlen(hex) / 2;
    char *data = arena_alloc(arena, len + 1);
    for (size_t i = 0; i < len * 2; i++) {
        int digit = hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10;
        data[i / 2] = (char)(((unsigned char)data[i / 2] << 4) | digit);
    }
    return (struct slice){data, len};
}

struct gcm_case {
    const char *key, *nonce, *data, *text, *sealed, *tag;
};

/* From gcmEncryptExtIV256.rsp of NIST's validation program (the first three), and from the paper
 * that proposed the mode, which names them test cases 14 to 16. */
static const struct gcm_case gcm_cases[] = {
    {"b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4", "516c33929df5a3284ff463d7",
     "", "", "", "bdc1ac884d332457a1d2664f168c76f0"},
    {"31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22", "0d18e06c7c725ac9e362e1ce",
     "", "2db5168e932556f8089a0622981d017d", "fa4362189661d163fcd6a56d8bf0405a",
     "d636ac1bbedd5cc3ee727dc2ab4a9489"},
    {"92e11dcdaa866f5ce790fd24501f92509aacf4cb8b1339d50c9c1240935dd08b", "ac93a1a6145299bde902f21a",
     "1e0889016f67601c8ebea4943bc23ad6", "2d71bcfa914e4ac045b2aa60955fad24",
     "8995ae2e6df3dbf96fac7b7137bae67f", "eca5aa77d51d4a0a14d9c51e1da474ab"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void aes_gcm_agrees_with_nist_both_ways(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(gcm_cases); i++) {
        const struct gcm_case *c = &gcm_cases[i];
        struct slice key = bytes_of(arena, c->key), nonce = bytes_of(arena, c->nonce);
        struct slice data = bytes_of(arena, c->data), text = bytes_of(arena, c->text);
        assert_int_equal(key.len, AES_KEY_LEN);
        assert_int_equal(nonce.len, AES_NONCE_LEN);
        size_t len = text.len + AES_TAG_LEN;
        uint8_t *sealed = arena_alloc(arena, len), *back = arena_alloc(arena, len);
        aes_gcm_seal((const uint8_t *)key.ptr, (const uint8_t *)nonce.ptr, data, text, sealed);
        assert_string_equal(hex_encode(arena, sealed, len),
                            arena_printf(arena, "%s%s", c->sealed, c->tag));
        assert_true(aes_gcm_open((const uint8_t *)key.ptr, (const uint8_t *)nonce.ptr, data,
                                 (struct slice){(const char *)sealed, len}, back));
        assert_memory_equal(back, text.ptr, text.len);
    }
    arena_free(arena);
}

static bool opens(struct arena *arena, struct slice key, struct slice nonce, struct slice data,
                  struct slice sealed)
{
    uint8_t *text = arena_alloc(arena, sealed.len + 1);
    bool good =
        aes_gcm_open((const uint8_t *)key.ptr, (const uint8_t *)nonce.ptr, data, sealed, text);
    for (size_t i = 0; !good && i < sealed.len; i++)
        assert_int_equal(text[i], 0); /* what was not true is not left behind */
    return good;
}

static void aes_gcm_refuses_every_bit_that_differs(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct gcm_case *c = &gcm_cases[ARRAY_LEN(gcm_cases) - 1];
    struct slice sealed = bytes_of(arena, arena_printf(arena, "%s%s", c->sealed, c->tag));
    struct slice parts[] = {bytes_of(arena, c->key), bytes_of(arena, c->nonce),
                            bytes_of(arena, c->data), sealed};
    assert_true(opens(arena, parts[0], parts[1], parts[2], parts[3]));
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        for (size_t bit = 0; bit < parts[i].len * 8; bit++) {
            struct slice whole = parts[i];
            char *changed = arena_memdup(arena, whole.ptr, whole.len);
            changed[bit / 8] = (char)((unsigned char)changed[bit / 8] ^ (1u << bit % 8));
            parts[i].ptr = changed;
            assert_false(opens(arena, parts[0], parts[1], parts[2], parts[3]));
            parts[i] = whole;
        }
    for (size_t len = 0; len < sealed.len; len++)
        assert_false(opens(arena, parts[0], parts[1], parts[2], (struct slice){sealed.ptr, len}));
    arena_free(arena);
}

static void what_is_wiped_is_gone(void **state)
{
    (void)state;
    char secret[] = "a secret";
    wipe(secret, sizeof(secret) - 1);
    for (size_t i = 0; i < sizeof(secret); i++)
        assert_int_equal(secret[i], 0);
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
        cmocka_unit_test(aes_gcm_agrees_with_nist_both_ways),
        cmocka_unit_test(aes_gcm_refuses_every_bit_that_differs),
        cmocka_unit_test(what_is_wiped_is_gone),
        cmocka_unit_test(base64_agrees_with_rfc_4648_both_ways),
        cmocka_unit_test(base64_refuses_what_is_not_strict),
        cmocka_unit_test(uuids_are_of_version_4_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
