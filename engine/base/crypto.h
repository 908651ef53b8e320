#pragma once
/* Digests, MACs and encodings over OpenSSL; the only place that includes its headers. Contexts are
 * kept between calls, so all of it belongs to the one thread of the program. */

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

const char *hex_encode(struct arena *arena, const uint8_t *data, size_t len);
const char *base64_encode(struct arena *arena, struct slice data);
/* Strict: no blanks, with padding. */
MUST_CHECK bool base64_decode(struct arena *arena, struct slice text, struct slice *ret);

void random_bytes(uint8_t *out, size_t len);
const char *random_uuid(struct arena *arena); /* version 4 */
