#pragma once
/* EventBridge event patterns over values. Known matchers: a literal, null, prefix, suffix (each
 * also with equals-ignore-case inside), equals-ignore-case, wildcard, anything-but (literals, or
 * prefix, suffix, equals-ignore-case, wildcard), exists, numeric, and $or beside other keys.
 * What is not known is refused by the check and never matches: an unknown word must not widen what
 * a rule takes.
 *
 * A list in the event matches when any of its elements does; objects in a list are tried one by
 * one. A key of the event that is absent, or holds an object or an empty list where the pattern
 * has a leaf, has no value: only {"exists": false} matches it. Numbers compare as numbers. */

#include <stdbool.h>

#include "engine/base/value.h"

bool event_pattern_check(const struct value *pattern, const char **ret_why);
bool event_pattern_matches(const struct value *pattern, const struct value *event);
