#pragma once
/* A set of credentials, and what is done with it. Where they are looked for: search.h. Secrets
 * never reach a log or a message: only the names of the source are ever printed. */

#include "engine/base/value.h"

struct credentials {
    const char *access_key_id, *secret_access_key, *session_token; /* token: or NULL */
    int64_t expires_ms; /* of AWS's clock; 0: never, or not known */
    int64_t renew_ms;   /* when new ones are to be had; 0: never */
    const char *source; /* as `aws configure list` names it: "env", "assume-role" */
    const char *from;   /* for messages: "the environment", "profile backup of ~/.aws/config" */
};

/* When what is got now is to be renewed: five minutes before its end, or after half of a short
 * life. */
int64_t credentials_renew_ms(int64_t now_ms, int64_t expires_ms);
/* The same access. */
bool credentials_equal(const struct credentials *a, const struct credentials *b);
/* From the members of an answer, by their names there; NULL when a key or the secret is missing.
 * Sets neither source nor end. */
struct credentials *credentials_from(struct arena *arena, const struct value *answer,
                                     const char *id_member, const char *secret_member,
                                     const char *token_member);
/* Text without any of the secrets of `c`: AWS quotes signed headers in some of its messages. */
const char *credentials_redact(struct arena *arena, const struct credentials *c, const char *text);
