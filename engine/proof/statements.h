#pragma once
/* What findings ask of single statements. Internal to engine/proof. */

#include "engine/policy/policy.h"

/* To everybody, without any condition. */
bool statement_is_open(const struct policy_statement *s);
/* To everybody, under whatever conditions. */
bool statement_is_for_all(const struct policy_statement *s);
/* An Allow or a Deny whose actions take this one, as written there or by a wildcard. */
bool statement_takes(const struct policy_statement *s, enum policy_effect effect,
                     const char *action);
/* Some statement of that effect takes the action. */
bool policy_takes(const struct policy *policy, enum policy_effect effect, const char *action);
/* A condition on this key, whatever it asks. */
bool statement_asks(const struct policy_statement *s, const char *key);
/* The first principal that AWS wrote in place of a deleted one ("AROA...", "AIDA..."), or NULL. */
const struct policy_text *policy_deleted_principal(const struct policy *policy);
