#include "engine/base/crypto.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "engine/base/bug.h"

/* Fetching an algorithm costs more than digesting a request, so it is done once. */
static EVP_MD *sha256_algorithm;
static EVP_MD_CTX *sha256_context;
static EVP_MAC_CTX *hmac_context;

void sha256(struct slice data, uint8_t out[SHA256_LEN])
{
    if (!sha256_context) {
        sha256_algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        sha256_context = EVP_MD_CTX_new();
    }
    BUG_ON(!sha256_algorithm || !sha256_context ||
           EVP_DigestInit_ex2(sha256_context, sha256_algorithm, NULL) != 1 ||
           EVP_DigestUpdate(sha256_context, data.ptr, data.len) != 1 ||
           EVP_DigestFinal_ex(sha256_context, out, NULL) != 1);
}

static void hmac_setup(void)
{
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac_context = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
    EVP_MAC_free(algorithm); /* the context holds a reference of its own */
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    BUG_ON(!hmac_context || EVP_MAC_CTX_set_params(hmac_context, params) != 1);
}

void hmac_sha256(struct slice key, struct slice data, uint8_t out[SHA256_LEN])
{
    if (!hmac_context)
        hmac_setup();
    /* a NULL key would mean "the same key again" */
    const char *bytes = key.len ? key.ptr : "";
    size_t len = 0;
    BUG_ON(EVP_MAC_init(hmac_context, (const unsigned char *)bytes, key.len, NULL) != 1 ||
           EVP_MAC_update(hmac_context, (const unsigned char *)data.ptr, data.len) != 1 ||
           EVP_MAC_final(hmac_context, out, &len, SHA256_LEN) != 1 || len != SHA256_LEN);
}

/* ---- AES-256-GCM ---- */

/* What one call of OpenSSL takes. */
#define CIPHER_STEP ((size_t)1 << 30)

static EVP_CIPHER_CTX *cipher_begin(const uint8_t *key, const uint8_t *nonce, bool seals)
{
    static EVP_CIPHER *algorithm;
    if (!algorithm)
        algorithm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    BUG_ON(!algorithm || !context ||
           EVP_CipherInit_ex2(context, algorithm, key, nonce, seals, NULL) != 1);
    return context;
}

/* out NULL: the bytes are authenticated only. */
static void cipher_add(EVP_CIPHER_CTX *context, struct slice in, uint8_t *out)
{
    while (in.len > 0) {
        size_t step = in.len < CIPHER_STEP ? in.len : CIPHER_STEP;
        int len = 0;
        BUG_ON(EVP_CipherUpdate(context, out, &len, (const unsigned char *)in.ptr, (int)step) != 1);
        BUG_ON(len != (int)step); /* GCM has no blocks to fill */
        in = slice_from(in, step);
        out = out ? out + step : NULL;
    }
}

void aes_gcm_seal(const uint8_t key[AES_KEY_LEN], const uint8_t nonce[AES_NONCE_LEN],
                  struct slice data, struct slice text, uint8_t *sealed)
{
    EVP_CIPHER_CTX *context = cipher_begin(key, nonce, /* seals= */ true);
    cipher_add(context, data, NULL);
    cipher_add(context, text, sealed);
    uint8_t *tag = sealed + text.len;
    int len = 0;
    BUG_ON(EVP_CipherFinal_ex(context, tag, &len) != 1 || len != 0 ||
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AES_TAG_LEN, tag) != 1);
    EVP_CIPHER_CTX_free(context); /* wipes its copy of the key */
}

bool aes_gcm_open(const uint8_t key[AES_KEY_LEN], const uint8_t nonce[AES_NONCE_LEN],
                  struct slice data, struct slice sealed, uint8_t *text)
{
    if (sealed.len < AES_TAG_LEN)
        return false;
    size_t text_len = sealed.len - AES_TAG_LEN;
    uint8_t tag[AES_TAG_LEN], none[1];
    memcpy(tag, sealed.ptr + text_len, sizeof(tag));
    EVP_CIPHER_CTX *context = cipher_begin(key, nonce, /* seals= */ false);
    cipher_add(context, data, NULL);
    cipher_add(context, (struct slice){sealed.ptr, text_len}, text);
    BUG_ON(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AES_TAG_LEN, tag) != 1);
    int len = 0;
    bool good = EVP_CipherFinal_ex(context, none, &len) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!good)
        wipe(text, text_len); /* it was decrypted before it was found to be false */
    return good;
}

void wipe(void *secret, size_t len)
{
    OPENSSL_cleanse(secret, len);
}

const char *hex_encode(struct arena *arena, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, len * 2 + 1);
    for (size_t i = 0; i < len; i++) {
        text[i * 2] = digits[data[i] >> 4];
        text[i * 2 + 1] = digits[data[i] & 15];
    }
    return text;
}

const char *sha256_hex(struct arena *arena, struct slice data)
{
    uint8_t digest[SHA256_LEN];
    sha256(data, digest);
    return hex_encode(arena, digest, sizeof(digest));
}

const char *sha1_hex(struct arena *arena, struct slice data)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = 0;
    BUG_ON(EVP_Q_digest(NULL, "SHA1", NULL, data.ptr, data.len, digest, &len) != 1);
    return hex_encode(arena, digest, len);
}

const char *base64_encode(struct arena *arena, struct slice data)
{
    BUG_ON(data.len > INT_MAX / 2);
    char *text = arena_alloc(arena, (data.len + 2) / 3 * 4 + 1);
    if (data.len > 0)
        EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)data.ptr, (int)data.len);
    return text;
}

static bool is_base64_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/* OpenSSL trims blanks and takes padding anywhere; we do not. */
static bool is_base64(struct slice text, size_t *ret_padding)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i + padding < text.len; i++)
        if (!is_base64_digit(text.ptr[i]))
            return false;
    *ret_padding = padding;
    return text.len % 4 == 0;
}

bool base64_decode(struct arena *arena, struct slice text, struct slice *ret)
{
    size_t padding = 0;
    if (text.len > INT_MAX / 2 || !is_base64(text, &padding))
        return false;
    char *data = arena_alloc(arena, text.len / 4 * 3 + 1);
    int len = 0;
    if (text.len > 0)
        len =
            EVP_DecodeBlock((unsigned char *)data, (const unsigned char *)text.ptr, (int)text.len);
    if (len < (int)padding)
        return false;
    data[(size_t)len - padding] = '\0';
    *ret = (struct slice){data, (size_t)len - padding};
    return true;
}

void random_bytes(uint8_t *out, size_t len)
{
    BUG_ON(len > INT_MAX || RAND_bytes(out, (int)len) != 1);
}

const char *random_uuid(struct arena *arena)
{
    uint8_t b[16];
    random_bytes(b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* version 4 */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80); /* the variant of RFC 4122 */
    const char *hex = hex_encode(arena, b, sizeof(b));
    return arena_printf(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                        hex + 20);
}
