#pragma once
/* A resource that stands for what a selection takes: check walks its way, and a drill makes it. */

#include "engine/base/value.h"

struct selection_place {
    const char *partition, *region, *account;
};

/* The ARN of a resource that `pattern` covers, in `place` where the pattern leaves that open, of a
 * type that AWS Backup protects and outside `not_resources` where there is one. Pattern NULL or
 * "*": of any type, a database where the selection leaves one. The name is made up; `suffix`, if
 * not NULL, ends it. */
const char *selection_sample(struct arena *arena, const struct value *selection,
                             const char *pattern, const struct selection_place *place,
                             const char *suffix);
