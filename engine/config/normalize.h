#pragma once
/* Canonical form of properties, applied to desired and observed alike before they are compared, so
 * that AWS's re-ordering, filled-in defaults and re-written policies never show as a difference.
 * Pure. default           absent becomes the default insertionOrder    false: lists are sorted,
 * equal items dropped x-canonical       json-policy (engine/policy), cron, arn, lower,
 * event-pattern empty             an empty list or map equals an absent one */

#include "engine/config/schema.h"

const struct value *normalize(struct arena *arena, const struct schema *schema,
                              const struct value *properties);
