#pragma once
/* The bucket of a shared state and its key, for bootstrap.c. Both outlive their stack. */

#include "engine/config/resource.h"

void bootstrap_state(struct map_builder *resources, const struct shared_state *state,
                     const char *condition);
