#pragma once
/* IAM's managed policies: AWS's own, and those that accounts make. */

#include "simulator/service.h"

/* The text of a policy's default version; NULL: no such policy. */
const char *iam_policy_text(struct world *world, struct arena *arena, const char *arn);
/* Operations; iam.c has the table. */
bool iam_create_policy(struct sim_call *call);
bool iam_get_policy(struct sim_call *call);
bool iam_delete_policy(struct sim_call *call);
bool iam_list_policies(struct sim_call *call);
bool iam_create_policy_version(struct sim_call *call);
bool iam_get_policy_version(struct sim_call *call);
bool iam_list_policy_versions(struct sim_call *call);
bool iam_set_default_policy_version(struct sim_call *call);
bool iam_delete_policy_version(struct sim_call *call);
bool iam_list_entities_for_policy(struct sim_call *call);
bool iam_tag_policy(struct sim_call *call);
bool iam_untag_policy(struct sim_call *call);
bool iam_list_policy_tags(struct sim_call *call);
