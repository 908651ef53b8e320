#pragma once
/* A value against its schema: types, limits, required and unknown keys, and the node's x-rules. All
 * errors at once, each at its own place: an unknown key and one that only AWS sets at the key, a
 * missing key at the key that holds the map, all else at the value (where that has no place, at
 * what holds it).
 *
 * Unknowns count as text. A text with ${...}, and a text under an x-ref to a section, are not held
 * against pattern, enum and length: they stand for something else. A list of references may be the
 * one text "name[*]". */

#include "engine/config/schema.h"

/* `address` goes into the messages; NULL for a whole topology, whose entries then give theirs
 * ("vaults.final"). */
MUST_CHECK bool schema_validate(struct arena *arena, const struct schema_node *node,
                                const struct value *v, const char *address, struct diags *diags);
