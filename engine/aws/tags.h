#pragma once
/* Tags of AWS resources, and the two that mark what this program owns. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/value.h"

#define TAG_OWNER_PREFIX "holdfast:"
#define TAG_TOPOLOGY "holdfast:topology"
#define TAG_ADDRESS "holdfast:address"
#define TAG_KEY_MAX 128   /* characters, not bytes */
#define TAG_VALUE_MAX 256 /* characters */
#define TAGS_MAX 50

/* Letters, digits, separators of any script and _.:/=+-@ : the narrowest set of the services here
 * (IAM, Lambda, Logs, Organizations), so that one tag fits them all. UTF-8; a value may be empty.
 * A key may not begin with "aws:" in any case. Beyond ASCII only assigned separators are told from
 * symbols roughly: see tags.c. */
bool tag_value_is_valid(const char *value);
bool tag_key_is_valid(const char *key);

/* An address as a tag value: "vaults.primary[a,b]/lock" becomes "vaults.primary@a:b/lock". Keys
 * and members hold neither '@' nor ':', so that two addresses never meet. */
const char *tag_address_value(struct arena *arena, const char *address);
const char *tag_address_read(struct arena *arena, const char *value); /* the address again */

/* A map of text to text: at most 50, keys and values valid. *ret_why names the tag. Unresolved
 * references pass. */
bool tags_check(struct arena *arena, const struct value *tags, const char **ret_why);
