#pragma once
/* Ed25519 signatures (RFC 8032) over OpenSSL, with keys in PEM. A key is known by its id, the
 * SHA-256 of its public half as DER (SubjectPublicKeyInfo), in hex. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"

#define SIGNATURE_LEN 64

struct sign_key;

/* `PRIVATE KEY` without a passphrase (nobody is asked for one), or `PUBLIC KEY`; nothing but
 * Ed25519. False with a reason. */
MUST_CHECK bool sign_key_private(struct slice pem, struct sign_key **ret, const char **ret_why);
MUST_CHECK bool sign_key_public(struct slice pem, struct sign_key **ret, const char **ret_why);
void sign_key_free(struct sign_key *key); /* accepts NULL */
void sign_key_freep(struct sign_key **key);
const char *sign_key_id(struct arena *arena, const struct sign_key *key);

/* With a private key. */
void signature_make(const struct sign_key *key, struct slice text, uint8_t ret[SIGNATURE_LEN]);
MUST_CHECK bool signature_holds(const struct sign_key *key, struct slice text,
                                const uint8_t signature[SIGNATURE_LEN]);
