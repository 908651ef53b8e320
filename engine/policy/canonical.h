#pragma once
/* The canonical form of the parts of a document, shared by compare.c and diff.c. Internal to
 * engine/policy. Whatever is not of the expected shape comes back as it is. */

#include <stddef.h>

#include "engine/base/value.h"

typedef const struct value *canonical_item_fn(struct arena *arena, const struct value *item);

canonical_item_fn canonical_action;        /* lower case */
canonical_item_fn canonical_text;          /* numbers and booleans as text */
canonical_item_fn canonical_truth;         /* and lower case: values of Bool and Null */
canonical_item_fn canonical_aws_principal; /* an account's root as its 12 digits */

/* "aws:principaltag/Team": lower case up to the tag key. */
const char *canonical_key(struct arena *arena, const char *key);
canonical_item_fn *canonical_of_operator(const char *canonical_operator);

/* A single item counts as a list of one. Unknowns are single items. */
const struct value *const *canonical_items(const struct value *const *v, size_t *ret_len);

/* The document if it is a policy (a map with Statement, or JSON text of one), else NULL. */
const struct value *canonical_document(struct arena *arena, const struct value *doc);
/* Principal: "*" for {"AWS": "*"} and {"AWS": ["*"]}; any other value as it is. */
const struct value *canonical_anybody(struct arena *arena, const struct value *principal);
const struct value *canonical_statement(struct arena *arena, const struct value *statement);
