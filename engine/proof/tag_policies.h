#pragma once
/* The tag policies of the organization that the topology declares. Internal to engine/proof. */

#include "engine/proof/model.h"

/* A tag that a policy enforces over an account, for a service that makes the backups of a resource
 * or for AWS Backup. */
struct enforced_tag {
    const struct model_object *policy;
    const char *tag;
    const char *what; /* as the policy names it: "rds:snapshot" */
};

bool tag_policies_declared(const struct model *model); /* any at all */
size_t tag_policies_over(struct model *model, const struct account *account, const char *resource,
                         const struct enforced_tag **ret);
