#pragma once
/* AWS Backup selections: which resources a plan takes. The value has the keys
 *   resources [ARN pattern], not_resources [ARN pattern],
 *   list_of_tags [{condition_type, condition_key, condition_value}],
 *   conditions {string_equals|string_like|string_not_equals|string_not_like:
 *               [{condition_key, condition_value}]}
 * A resource is taken when (it matches resources OR one of list_of_tags) AND every condition AND
 * none of not_resources. Keys of conditions are "aws:ResourceTag/NAME"; list_of_tags takes both the
 * bare name and that form. */

#include <stdbool.h>

#include "engine/base/value.h"

#define SELECTION_CONDITIONS_ALONE                                                                 \
    "Either 'ListOfTags' or 'Resources' section must be non-empty" /* AWS's words */

/* Refused: a selection with nothing in it (AWS reads that as every opted-in resource), conditions
 * alone, too many entries, malformed conditions, and a '*' other than as the Region, as the account
 * or at the end of an ARN. Unresolved references pass: they are checked when they are known. */
bool selection_check(const struct value *selection, const char **ret_why);

/* Whether it takes nothing but databases of RDS and what lies under the key of its vault. */
bool selection_keys_are_read(const struct value *selection);

/* tags: a map of text, or NULL. False for an empty selection. A negated condition holds for a
 * resource without the tag. */
bool selection_matches(const struct value *selection, const char *resource_arn,
                       const struct value *tags);
