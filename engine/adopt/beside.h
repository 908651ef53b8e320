#pragma once
/* What the path of a topology's backups rests on and the topology does not declare: roles, keys and
 * vaults that its objects name, the policies and locks of these, the settings of its accounts.
 * Reads only, each object with its type's own read. */

#include "engine/proof/sight.h"
#include "providers/loop.h"

struct beside_input {
    struct loop *loop;
    const struct topology *topology;
    const struct schema_set *schemas;
    struct diags *messages; /* where the loop's go: what they say of an object is its `why` */
};

/* Adds to what was seen of the topology's own objects. What could not be read is a sight as well.
 */
void beside_read(struct arena *arena, const struct beside_input *input, struct sights *sights);
