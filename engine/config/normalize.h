#pragma once
/* Canonical form of properties, applied to desired and observed alike before they are compared, so
 * that AWS's re-ordering, filled-in defaults and re-written policies never show as a difference.
 * Pure, and repeating it changes nothing.
 *
 *   default                     an absent property becomes the default
 *   insertionOrder: false       lists are sorted, equal items dropped
 *   x-canonical                 json-policy (engine/policy), cron, arn, lower, event-pattern (text
 *                               becomes a map)
 *   empty                       a property that is an empty list or map equals an absent one
 *   x-unmanaged-when-absent     no default and no dropping of empty ones: only the desired side
 *                               says whether it is managed, and the diff skips it when absent there
 *
 * Unknowns and nulls stay as they are. */

#include "engine/config/schema.h"

const struct value *normalize(struct arena *arena, const struct schema *schema,
                              const struct value *properties);
/* The same for one value under its node. */
const struct value *normalize_value(struct arena *arena, const struct schema_node *node,
                                    const struct value *v);
