#pragma once
/* Sessions of roles. */

#include "simulator/service.h"

struct session_spec {
    const char *role_arn, *name;
    int64_t seconds;
    const char *policy;   /* text, or NULL */
    const char *function; /* ARN of the one whose code gets it, or NULL */
};
/* Makes credentials for a role: {AccessKeyId, SecretAccessKey, SessionToken, Expiration_ms,
 * Session}. They expire in wall time, because their holder lives on it. NULL: there is no such
 * role. */
const struct value *sts_session(struct world *world, struct arena *arena,
                                const struct session_spec *spec);
