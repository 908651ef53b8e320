#pragma once
/* A key service for tests: wraps a key by encrypting it under one of its own, with the lineage as
 * associated data, as KMS does with its encryption context. */

#include <string.h>

#include "state/envelope.h"

struct fake_keys {
    const char *arn;           /* of the key that wraps from now on */
    uint8_t last[AES_KEY_LEN]; /* that it gave out */
    int generated, unwrapped;
    bool refuses;
};

static const uint8_t fake_root_key[AES_KEY_LEN] = "the key that never leaves AWS...";

static inline bool fake_refuses(struct fake_keys *keys, struct diags *diags)
{
    if (keys->refuses)
        diag_error(diags, E_SEAL_KEY, NO_POS, NULL, "DisabledException: the key is disabled");
    return keys->refuses;
}

static inline bool fake_generate(void *self, struct arena *arena, const char *lineage,
                                 struct unwrapped_key *ret, struct slice *ret_wrapped,
                                 struct diags *diags)
{
    struct fake_keys *keys = self;
    if (fake_refuses(keys, diags))
        return false;
    size_t len = AES_NONCE_LEN + AES_KEY_LEN + AES_TAG_LEN;
    uint8_t *wrapped = arena_alloc(arena, len);
    random_bytes(ret->key, AES_KEY_LEN);
    random_bytes(wrapped, AES_NONCE_LEN);
    aes_gcm_seal(fake_root_key, wrapped, slice_of(lineage),
                 (struct slice){(const char *)ret->key, AES_KEY_LEN}, wrapped + AES_NONCE_LEN);
    memcpy(keys->last, ret->key, AES_KEY_LEN);
    ret->under = keys->arn;
    keys->generated++;
    *ret_wrapped = (struct slice){(const char *)wrapped, len};
    return true;
}

static inline bool fake_unwrap(void *self, struct arena *arena, const char *lineage,
                               struct slice wrapped, struct unwrapped_key *ret, struct diags *diags)
{
    (void)arena;
    struct fake_keys *keys = self;
    if (fake_refuses(keys, diags))
        return false;
    keys->unwrapped++;
    ret->under = keys->arn;
    if (wrapped.len == AES_NONCE_LEN + AES_KEY_LEN + AES_TAG_LEN &&
        aes_gcm_open(fake_root_key, (const uint8_t *)wrapped.ptr, slice_of(lineage),
                     slice_from(wrapped, AES_NONCE_LEN), ret->key))
        return true;
    diag_error(diags, E_SEAL_KEY, NO_POS, NULL, "InvalidCiphertextException");
    return false;
}

static inline struct key_service fake_key_service(struct fake_keys *keys)
{
    return (struct key_service){keys, fake_generate, fake_unwrap};
}
