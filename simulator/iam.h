#pragma once
/* What other services ask IAM. */

#include "simulator/service.h"

#define IAM_ROLE "iam.role" /* the kind of roles in the store, by name */

/* Body of a role by ARN: RoleName, Path, Arn, RoleId, AssumeRolePolicyDocument (text), Inline
 * {name: text}, Attached [arn], Tags {}, CreateDate (ms), Admin (bool), ... NULL: no such role. */
const struct value *iam_role_get(struct world *world, struct arena *arena, const char *role_arn);
/* Has every right by the identity side: a deployer role. */
bool iam_role_is_admin(const struct value *role);
/* Whether a role has existed long enough to be seen elsewhere (setting iam_delay_ms). */
bool iam_role_settled(struct world *world, const struct value *role);
/* Whether its policies have too: they come half as much later. */
bool iam_role_policies_settled(struct world *world, const struct value *role);
/* Whether a role, a user or an account root of that ARN exists in the world. */
bool iam_principal_exists(struct world *world, struct arena *arena, const char *arn);
/* Makes the service-linked role when absent and returns its ARN: "backup.amazonaws.com" ->
 * .../aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup. */
const char *iam_linked_role(struct world *world, struct arena *arena, const char *account,
                            const char *service, bool create); /* NULL: absent and not created */
/* "backup.amazonaws.com" -> "AWSServiceRoleForBackup" */
const char *iam_linked_role_name(struct arena *arena, const char *service);
/* A deployer role of a fresh world: everybody may assume it, and it may do everything. False: the
 * text is not a role's ARN. */
bool iam_seed_role(struct world *world, struct arena *arena, const char *role_arn);
