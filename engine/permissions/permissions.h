#pragma once
/* `holdfast permissions`: the least that each account has to allow for a command, as IAM policies.
 *
 * From the permissions that the schemas' handlers name, and from the objects of the topology: each
 * action on each ARN, under the conditions that narrow it. ARNs that follow from names are literal.
 * Where AWS invents an id, a star stands for it and the tag `holdfast:topology` narrows it. What
 * takes no resource has "*". Pure; it sees the lowered topology only, so it knows nothing of
 * objects that were recorded and have left the file. */

#include "engine/config/resource.h"

enum permissions_for {
    PERMISSIONS_PLAN,
    PERMISSIONS_APPLY,
    PERMISSIONS_DRIFT,
    PERMISSIONS_VERIFY,
    PERMISSIONS_CHECK,   /* `check --live` */
    PERMISSIONS_RESTORE, /* `restore plan`, and the script that it prints */
    PERMISSIONS_RELAY,
    PERMISSIONS_DESTROY,
    PERMISSIONS_JOBS, /* of the roles of plans, not of whoever runs a command */
    PERMISSIONS_FOR_COUNT,
};
const char *permissions_for_name(enum permissions_for purpose); /* "plan" */
bool permissions_for_of(const char *name, enum permissions_for *ret);

/* A managed policy: IAM takes MANAGED_POLICY_MAX characters without white space, and a role takes
 * ROLE_POLICIES_MAX of them before somebody asks for more. */
#define MANAGED_POLICY_MAX 6144
#define ROLE_POLICIES_MAX 10

struct permission_policy {
    const char *name; /* "fleet-apply", "fleet-apply-2" */
    const struct value *document;
    size_t size; /* as IAM counts */
};

/* What one identity needs. */
struct permission_grant {
    const char *who;               /* "workload 111122223333", or who runs the command */
    const struct account *account; /* NULL: whose credentials the command begins with */
    const char *principal;         /* the role's ARN; NULL: the credentials that are there */
    const char *note;              /* what else is to be said of them, or NULL */
    const struct permission_policy *policies;
    size_t len;
};

struct permissions {
    const char *topology;
    enum permissions_for purpose;
    const struct permission_grant *grants; /* whoever begins, then accounts in order of the file */
    size_t len;
};

/* emptied: addresses of the vaults that a `destroy` is to empty, NULL-terminated; NULL: none. */
void permissions_make(struct arena *arena, const struct schema_set *schemas,
                      const struct topology *topology, enum permissions_for purpose,
                      const char *const *emptied, struct permissions *ret);

const struct value *permissions_to_json(struct arena *arena, const struct permissions *permissions);
const char *permissions_text(struct arena *arena, const struct permissions *permissions);
