#pragma once
/* What organizational units hold, which only their organization knows. */

#include "engine/cli/session.h"

/* Asks as `organization.account`, over the session's transport: lists of the ids of active
 * accounts, sorted, by the unit's id. */
MUST_CHECK bool units_read(struct session *session, const struct value **ret);
