#pragma once
/* Digests, MACs, encryption and encodings over OpenSSL; the only place that includes its headers.
 * Contexts are kept between calls, so all of it belongs to the one thread of the program. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"

#define SHA256_LEN 32

void sha256(struct slice data, uint8_t out[SHA256_LEN]);
const char *sha256_hex(struct arena *arena, struct slice data);
/* For names that others make of it; it protects nothing. */
const char *sha1_hex(struct arena *arena, struct slice data);
void hmac_sha256(struct slice key, struct slice data, uint8_t out[SHA256_LEN]);

/* AES-256-GCM. A nonce must never come back under the same key: whoever draws it at random keeps a
 * key for far fewer than 2^32 texts (NIST SP 800-38D, 8.3). `sealed` is as long as the text and the
 * tag, which stands behind it; `data` is authenticated with it and not in it. */
#define AES_KEY_LEN 32
#define AES_NONCE_LEN 12
#define AES_TAG_LEN 16
void aes_gcm_seal(const uint8_t key[AES_KEY_LEN], const uint8_t nonce[AES_NONCE_LEN],
                  struct slice data, struct slice text, uint8_t *sealed);
/* False, and nothing in `text`, when a bit of anything differs from what was sealed. `text` is as
 * long as `sealed` without its tag. */
MUST_CHECK bool aes_gcm_open(const uint8_t key[AES_KEY_LEN], const uint8_t nonce[AES_NONCE_LEN],
                             struct slice data, struct slice sealed, uint8_t *text);
/* Overwrites a secret; no compiler takes it for a dead store. */
void wipe(void *secret, size_t len);

const char *hex_encode(struct arena *arena, const uint8_t *data, size_t len);
const char *base64_encode(struct arena *arena, struct slice data);
/* Strict: no blanks, with padding. */
MUST_CHECK bool base64_decode(struct arena *arena, struct slice text, struct slice *ret);

void random_bytes(uint8_t *out, size_t len);
const char *random_uuid(struct arena *arena); /* version 4 */
