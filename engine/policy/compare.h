#pragma once
/* Policy documents by meaning: AWS gives documents back re-ordered and respelled.
 *
 * The canonical form: Version always there; statements a sorted list; each of Action, NotAction,
 * Resource, NotResource, every principal and every condition value a sorted list without
 * duplicates; an account as its 12 digits, whether it was written so or as arn:..:iam::ID:root;
 * {"AWS": "*"} as "*" (AWS documents them as equivalent; a "*" beside other AWS principals stays
 * where it is, since it makes them redundant only in an Allow); actions and condition keys in lower
 * case but for the tag key behind a '/'; operators in AWS's spelling, ArnEquals as ArnLike;
 * numbers and booleans as text. Sid and Id stay as given: AWS keeps them.
 *
 * Nothing here ever fails. Unknowns (VALUE_REF, VALUE_CONCAT) stay as they are, and so does
 * whatever has not the shape of a policy, as a whole or in part. */

#include <stdbool.h>

#include "engine/base/value.h"

/* doc: a map, or a string that holds a policy as JSON text (it becomes a map). Two documents mean
 * the same to AWS if their canonical forms are value_equal(). */
const struct value *policy_canonical(struct arena *arena, const struct value *doc);

bool policy_same(const struct value *a, const struct value *b);
