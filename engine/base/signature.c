#include "engine/base/signature.h"

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "engine/base/bug.h"
#include "engine/base/crypto.h"

/* An EVP_PKEY under another name: no other file knows OpenSSL's. */
static struct sign_key *wrap(EVP_PKEY *key)
{
    return (struct sign_key *)key;
}

static EVP_PKEY *unwrap(const struct sign_key *key)
{
    return (EVP_PKEY *)(uintptr_t)key;
}

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

/* A key under a passphrase is refused, and nobody is asked. */
static int no_passphrase(char *buffer, int size, int writes, void *ctx)
{
    (void)buffer;
    (void)size;
    (void)writes;
    (void)ctx;
    return -1;
}

typedef EVP_PKEY *read_fn(BIO *bio, EVP_PKEY **key, pem_password_cb *ask, void *ctx);

static bool read_key(struct slice pem, read_fn *read, const char *what, struct sign_key **ret,
                     const char **ret_why)
{
    if (pem.len > INT_MAX) {
        *ret_why = "it is too large for a key";
        return false;
    }
    CLEANUP(free_bio) BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    BUG_ON(!bio);
    EVP_PKEY *key = read(bio, NULL, no_passphrase, NULL);
    ERR_clear_error();
    if (!key) {
        *ret_why = what;
        return false;
    }
    if (EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(key);
        *ret_why = "it is no key of Ed25519";
        return false;
    }
    *ret = wrap(key);
    return true;
}

bool sign_key_private(struct slice pem, struct sign_key **ret, const char **ret_why)
{
    return read_key(pem, PEM_read_bio_PrivateKey,
                    "it is no private key in PEM, or one under a passphrase", ret, ret_why);
}

bool sign_key_public(struct slice pem, struct sign_key **ret, const char **ret_why)
{
    return read_key(pem, PEM_read_bio_PUBKEY, "it is no public key in PEM", ret, ret_why);
}

void sign_key_free(struct sign_key *key)
{
    EVP_PKEY_free(unwrap(key));
}

void sign_key_freep(struct sign_key **key)
{
    sign_key_free(*key);
}

const char *sign_key_id(struct arena *arena, const struct sign_key *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(unwrap(key), &der);
    BUG_ON(len <= 0);
    const char *id = sha256_hex(arena, (struct slice){(const char *)der, (size_t)len});
    OPENSSL_free(der);
    return id;
}

void signature_make(const struct sign_key *key, struct slice text, uint8_t ret[SIGNATURE_LEN])
{
    CLEANUP(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = SIGNATURE_LEN;
    BUG_ON(!context || EVP_DigestSignInit(context, NULL, NULL, NULL, unwrap(key)) != 1 ||
           EVP_DigestSign(context, ret, &len, (const unsigned char *)text.ptr, text.len) != 1 ||
           len != SIGNATURE_LEN);
}

bool signature_holds(const struct sign_key *key, struct slice text,
                     const uint8_t signature[SIGNATURE_LEN])
{
    CLEANUP(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    BUG_ON(!context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, unwrap(key)) != 1);
    bool holds = EVP_DigestVerify(context, signature, SIGNATURE_LEN,
                                  (const unsigned char *)text.ptr, text.len) == 1;
    ERR_clear_error();
    return holds;
}
