#pragma once
/* The grants of the keys that were seen: they stand beside the key's policy, and in no file. */

#include "engine/proof/sight.h"
#include "providers/loop.h"

/* Of what cannot be read the sights say so. */
void grants_read(struct arena *arena, struct loop *loop, struct sights *sights);
