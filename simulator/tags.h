#pragma once
/* Tags: kept as a map, spoken as a list of {Key, Value} under names that differ by service. */

#include "simulator/service.h"

const struct value *tags_from_list(struct arena *arena, const struct value *list, const char *key,
                                   const char *value); /* NULL list: empty map */
const struct value *tags_to_list(struct arena *arena, const struct value *map, const char *key,
                                 const char *value);
const struct value *tags_merge(struct arena *arena, const struct value *map,
                               const struct value *more);
const struct value *tags_remove(struct arena *arena, const struct value *map,
                                const struct value *keys); /* a list of texts */
/* NULL when a map of tags is one that AWS takes: at most 50, no "aws:" prefix, lengths; else why.
 */
const char *tags_refused(struct arena *arena, const struct value *map);
