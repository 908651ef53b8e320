#pragma once
/* What other services ask IAM. */

#include "simulator/service.h"

/* Body of a role by ARN: RoleName, Path, Arn, RoleId, AssumeRolePolicyDocument (text), Inline
 * {name: text}, Attached [arn], Tags {}, CreateDate (ms), Admin (bool), ... NULL: no such role. */
const struct value *iam_role_get(struct world *world, struct arena *arena, const char *role_arn);
/* Whether a role, a user or an account root of that ARN exists in the world. */
bool iam_principal_exists(struct world *world, struct arena *arena, const char *arn);
/* Makes the service-linked role when absent and returns its ARN: "backup.amazonaws.com" ->
 * .../aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup. */
const char *iam_linked_role(struct world *world, struct arena *arena, const char *account,
                            const char *service, bool create); /* NULL: absent and not created */
