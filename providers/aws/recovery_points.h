#pragma once
/* Recovery points: what jobs leave in a vault. They are no resource type, since nobody declares
 * them; these operations serve `destroy --empty-vaults`, which deletes all points of one vault.
 *
 * vault_points_ops.read, by a vault's name: the points and what keeps them, as
 *     {"locked": bool, "points": [as AWS lists them], "held": how many of them are under a legal
 *      hold, "hold": the id of one such hold}.
 * recovery_point_ops.remove, by "VAULT|ARN", with the point as AWS listed it for prior: deletes the
 *     point and reads it again until it is gone. AWS answers 200 to a deletion without the rights
 *     for it, and the point turns EXPIRED: that is E_RETAINED.
 *
 * Their other operations must not be started. */

#include "providers/provider.h"

extern const struct resource_ops vault_points_ops, recovery_point_ops;
