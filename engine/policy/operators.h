#pragma once
/* The condition operators and their spelling. Internal to engine/policy. */

#include "engine/policy/policy.h"
#include "engine/policy/text.h"

/* Reads "ForAnyValue:StringLikeIfExists" without regard to case: fills op, negated,
 * if_exists, qualifier and name (AWS's spelling; ArnEquals stays ArnEquals). */
bool operator_read(struct arena *arena, struct slice text, struct policy_condition *ret);

/* "a number", "an IP address or range": what a literal of this operator has to be, or NULL when
 * `text` is one. */
const char *operator_wants(enum policy_operator op, struct slice text);
/* Only the values of the string and ARN operators may hold policy variables. */
bool operator_takes_variables(enum policy_operator op);

/* For the canonical form: AWS's spelling with ArnEquals as ArnLike; NULL when unknown. */
const char *operator_canonical(struct arena *arena, struct slice text);
