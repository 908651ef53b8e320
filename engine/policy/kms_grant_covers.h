#pragma once
/* Does a grant cover the caller's request, and how? Internal to engine/policy. GRANT_ACCOUNT: it
 * leaves the decision to the caller's identity policies. */

#include "engine/policy/kms_grant.h"
#include "engine/policy/subject.h"

enum grant kms_grant_covers(const struct subject *who, const struct kms_grant *grant);
