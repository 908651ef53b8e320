#pragma once
/* Sessions of roles. */

#include "simulator/service.h"

/* Makes credentials for a role: {AccessKeyId, SecretAccessKey, SessionToken, Expiration_ms,
 * Session}. They expire in wall time, because their holder lives on it. policy: text or NULL. */
const struct value *sts_session(struct world *world, struct arena *arena, const char *role_arn,
                                const char *session_name, int64_t seconds, const char *policy);
