#pragma once
/* Where credentials come from: a table of sources, asked in order; the first that has some wins.
 * Secrets never reach a log or a message: only the name of the source is ever printed. */

#include "engine/base/diag.h"

struct credentials {
    const char *access_key_id, *secret_access_key, *session_token; /* token: or NULL */
    int64_t expires_ms; /* of the world's clock; 0: never, or not known */
    const char *source; /* "environment", "profile backup of ~/.aws/credentials" */
};

/* The credentials that everything begins with: environment, then the shared files. Adds
 * E_NO_CREDENTIALS or E_PROFILE. */
MUST_CHECK bool credentials_find(struct arena *arena, struct credentials *ret, struct diags *diags);

/* Text without any of the secrets of `c`: AWS quotes signed headers in some of its messages. */
const char *credentials_redact(struct arena *arena, const struct credentials *c, const char *text);
