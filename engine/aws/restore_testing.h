#pragma once
/* AWS Backup restore testing: which resources of a type a test restores. The value has the keys
 *   protected_resource_arns [ARN, or "*" alone], protected_resource_conditions
 *   {string_equals|string_not_equals: [{key, value}]} */

#include <stdbool.h>

#include "engine/base/value.h"

/* Refused: neither ARNs nor conditions, "*" beside ARNs, and conditions beside ARNs. *property is
 * the key that is wrong, or NULL. Unresolved references count as ARNs. */
bool restore_selection_check(const struct value *selection, const char **ret_why,
                             const char **ret_property);
