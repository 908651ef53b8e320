#pragma once
/* Maps of the query protocol, which it writes as numbered entries of a key and a value. */

#include "providers/aws/aws.h"

/* A map of text for a request: Member.entry.1.key, Member.entry.1.value, ... */
const struct value *entries_of_map(struct arena *arena, const struct value *map);
/* The map that a member of an answer stands for. */
const struct value *map_of_entries(struct arena *arena, const struct value *member);
