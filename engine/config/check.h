#pragma once
/* What can be wrong with a finished set of resources: properties against their type's schema,
 * names that are too long, two entries that become one AWS object. Then the defaults. */

#include "engine/config/lower.h"

/* Reports, fills in the schemas' defaults and makes the digest. */
void check_and_complete(struct lowering *lw, struct topology *topology);
