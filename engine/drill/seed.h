#pragma once
/* What a fresh simulated world holds for a topology (docs/SIMULATOR.md): its accounts in one
 * organization, the deployer roles, every principal that the file names literally, and for each
 * selection and account-Region one matching resource of the type that the selection names, else an
 * RDS database, under the AWS managed key of its service. Pure: the JSON that world_seed() takes.
 */

#include "engine/config/resource.h"

const struct value *drill_seed(struct arena *arena, const struct topology *topology);

/* Of that only the bucket of a shared state, for a world that is older than `state` in the file. */
const struct value *drill_seed_of_state(struct arena *arena, const struct topology *topology);

/* The accounts that a fresh world puts into the topology's organizational units, two into each: ids
 * by the unit's id, as config_load() takes them. */
const struct value *drill_units(struct arena *arena, const struct topology *topology);
