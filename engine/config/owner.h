#pragma once
/* Whose an object is, by its owner tags: holdfast:topology and holdfast:address
 * (engine/aws/tags.h), which resolve.c gives to whatever can have tags. `tags` is a map of text, or
 * NULL. */

#include "engine/config/resource.h"

/* NULL: it has no such tag. The address is that of a tag: "vaults.v@a/lock". */
const char *owner_topology(const struct value *tags);
const char *owner_address(const struct value *tags);
/* Both have the same owner tags. */
bool owner_is_same(const struct value *a, const struct value *b);
/* The topology that they name, where that is not `ours`; NULL: they name none, or ours, or `ours`
 * is NULL. */
const char *owner_other_topology(const struct value *tags, const char *ours);
/* They name an address from which the file moves what it has at this one. */
bool owner_has_moved(struct arena *arena, const struct topology *topology, const char *address,
                     const struct value *tags);
/* "vaults.v of topology t"; of what they do not name "something", "nobody knows". */
const char *owner_text(struct arena *arena, const struct value *tags);
