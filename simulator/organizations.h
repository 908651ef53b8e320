#pragma once
/* What other services ask Organizations, and the operations on policies. */

#include "simulator/service.h"

#define ORGANIZATION_UNIT "organizations.unit" /* by id: units in which no account lies */
#define ORGANIZATION_LEVELS 3 /* the root, the unit (the root again without one), the account */

enum organization_policy { ORGANIZATION_SCP, ORGANIZATION_RCP };

struct organization_level {
    const char **texts; /* documents */
    size_t len;
};

/* The documents of that type that hold for an account, by level; false when none does: it stands in
 * no organization or is its management account, or nobody has attached any. */
bool organization_policies(struct world *world, struct arena *arena, const char *account,
                           enum organization_policy type, struct organization_level *ret);
/* Whether policies of the organization limit anybody: those who have every right as well. */
bool organization_limits(struct world *world);

/* The ARN of what an id of the organization names: an account, a unit, the root or a policy. NULL:
 * of a policy that is to be made. */
const char *organization_arn(struct sim_call *call, const char *id);

/* For the operations: the caller's organization, or NULL with the error set. */
const char *organization_of_call(struct sim_call *call);
bool organization_from_management(struct sim_call *call); /* only it may; else the error is set */

/* organizations_policies.c; organizations.c has the table. */
const struct value *organization_policy_types(struct world *world, struct arena *arena);
bool organization_create_policy(struct sim_call *call);
bool organization_describe_policy(struct sim_call *call);
bool organization_update_policy(struct sim_call *call);
bool organization_delete_policy(struct sim_call *call);
bool organization_list_policies(struct sim_call *call);
bool organization_attach_policy(struct sim_call *call);
bool organization_detach_policy(struct sim_call *call);
bool organization_list_targets(struct sim_call *call);
bool organization_list_policies_for_target(struct sim_call *call);
bool organization_enable_type(struct sim_call *call);
bool organization_disable_type(struct sim_call *call);
bool organization_tag(struct sim_call *call);
bool organization_untag(struct sim_call *call);
bool organization_list_tags(struct sim_call *call);
const struct value *organization_root(struct sim_call *call);
