#pragma once
/* One condition of a statement against the context of a request. Internal to engine/policy. */

#include "engine/policy/subject.h"

enum tri condition_holds(const struct subject *who, const struct policy_condition *condition);
