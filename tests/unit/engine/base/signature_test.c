#include "engine/base/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/crypto.h"

/* RFC 8032, 7.1, test 2. */
#define PRIVATE_KEY                                                                                \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"                           \
    "-----END PRIVATE KEY-----\n"
#define PUBLIC_KEY                                                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"                               \
    "-----END PUBLIC KEY-----\n"
#define KEY_ID "deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170"
#define SIGNATURE                                                                                  \
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"                             \
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"

/* secp256r1: what people have lying about. */
#define OTHER_PUBLIC_KEY                                                                           \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQvGqgFXp5Dvcgcm1bl2vRZt9e+jI\n"                           \
    "N/+0g8pXicbXWlJlZAIb6Y4nDlbepWem+rAhaZ7Gpz0RLJ1wkENCx6Ruhw==\n"                               \
    "-----END PUBLIC KEY-----\n"

static void test_the_vector_of_the_rfc_is_made_and_holds(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct sign_key *private_key = NULL, *public_key = NULL;
    const char *why = NULL;
    uint8_t signature[SIGNATURE_LEN];
    assert_true(sign_key_private(slice_of(PRIVATE_KEY), &private_key, &why));
    assert_true(sign_key_public(slice_of(PUBLIC_KEY), &public_key, &why));
    assert_string_equal(sign_key_id(arena, private_key), KEY_ID);
    assert_string_equal(sign_key_id(arena, public_key), KEY_ID);
    signature_make(private_key, slice_of("r"), signature);
    assert_string_equal(hex_encode(arena, signature, sizeof(signature)), SIGNATURE);
    assert_true(signature_holds(public_key, slice_of("r"), signature));
    assert_false(signature_holds(public_key, slice_of("s"), signature));
    for (size_t i = 0; i < sizeof(signature); i++) {
        signature[i] ^= 1;
        assert_false(signature_holds(public_key, slice_of("r"), signature));
        signature[i] ^= 1;
    }
    sign_key_free(private_key);
    sign_key_free(public_key);
    arena_free(arena);
}

static void test_what_is_no_key_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *pem, *why;
        bool private;
    } cases[] = {{"", "no public key in PEM", false},
                 {PRIVATE_KEY, "no public key in PEM", false},
                 {OTHER_PUBLIC_KEY, "no key of Ed25519", false},
                 {"hello", "no private key in PEM", true},
                 {PUBLIC_KEY, "no private key in PEM", true}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sign_key *key = NULL;
        const char *why = NULL;
        struct slice pem = slice_of(cases[i].pem);
        assert_false(cases[i].private ? sign_key_private(pem, &key, &why)
                                      : sign_key_public(pem, &key, &why));
        assert_null(key);
        if (!why || !strstr(why, cases[i].why))
            fail_msg("case %zu: %s", i, why ? why : "no reason");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vector_of_the_rfc_is_made_and_holds),
        cmocka_unit_test(test_what_is_no_key_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
