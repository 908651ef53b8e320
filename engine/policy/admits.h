#pragma once
/* Whom the policy of an object admits from outside of its account. */

#include "engine/base/value.h"

/* The policy with those of its statements alone that allow something to anybody, to another account
 * or one of its principals, or to whom nobody knows yet (VALUE_REF, VALUE_CONCAT); services of AWS
 * are no strangers. NULL: there is none. Where a statement has no Sid the whole policy: a statement
 * is known by its place then. */
const struct value *policy_admitting_others(struct arena *arena, const struct value *doc,
                                            const char *account_id);
