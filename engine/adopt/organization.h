#pragma once
/* The organization of a topology's accounts, and which of its policies hold over each. Reads only;
 * the policies are told to the management account alone. */

#include "engine/proof/sight.h"
#include "providers/loop.h"

/* What could not be read is a sentence of `unread`. */
void organization_read(struct arena *arena, struct loop *loop, const struct topology *topology,
                       struct sights *sights);
