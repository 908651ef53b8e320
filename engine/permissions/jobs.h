#pragma once
/* `permissions --for jobs`: for each role that selections name, what its backup and copy jobs need
 * of AWSBackupServiceRolePolicyForBackup. */

#include "engine/permissions/permissions.h"

void jobs_make(struct arena *arena, const struct topology *topology, struct permissions *ret);
