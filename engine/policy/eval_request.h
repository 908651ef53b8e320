#pragma once
/* One line of `holdfast policy eval`: a request and its policies as JSON, to an answer as JSON.
 *
 *   {"request": {"principal", "action", "resource", "resource_account", "context": {...}},
 *    "identity_policies": [DOC], "resource_policy": DOC, "permission_boundaries": [DOC],
 *    "session_policies": [DOC], "scps": [[DOC]], "rcps": [[DOC]], "grants": [GRANT]}
 *   {"decision": "allowed", "statements": [{"policy", "index", "sid", "effect"}]}
 *
 * GRANT: an entry of KMS's ListGrants. principal: an ARN, an AWS service ("backup.amazonaws.com")
 * or "*" for an anonymous request. Absent parts may be left out. KMS keys and role trust policies
 * must allow by themselves: told from the action and the resource. */

#include "engine/base/diag.h"
#include "engine/base/value.h"

/* NULL when the line cannot be read: E_WRONG_TYPE, E_MISSING_KEY, E_UNKNOWN_KEY for the request,
 * E_RULE_POLICY for a policy. */
const struct value *policy_eval_json(struct arena *arena, const struct value *request_line,
                                     struct diags *diags);
