#pragma once
/* The process environment; the only place that asks for it. Values live as long as the process. */

#include "engine/base/arena.h"

const char *env_get(const char *name); /* NULL when unset or empty */
/* All "NAME=value" whose name begins with the prefix; NULL-terminated. */
const char *const *env_with_prefix(struct arena *arena, const char *prefix);
