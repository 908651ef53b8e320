#pragma once
/* What somebody saw in the accounts: the input of raise(). Plain data in the command arena. */

#include "engine/config/resource.h"

struct finding {
    const struct schema *schema;
    const struct account *account;
    const char *region; /* NULL: a type without one */
    const char *identifier;
    const struct value *attributes; /* as the type's read gives them, read-only ones included */
    const char *code;       /* of a function: the path of its package; NULL: nobody fetched it */
    const char *source_key; /* of a selection: the class of its resources' keys; NULL: not known */
};

struct findings {
    struct arena *arena;
    struct finding *items;
    size_t len, cap;
    const char *organization_id, *management_account_id; /* or NULL */
    /* What is not taken, and why: lines for people, in order. */
    struct list_builder remarks;
};

/* Made by AWS itself in every account that uses the service. */
bool finding_is_aws_own(const struct finding *finding);
/* The topology that its tags name, or NULL. */
const char *finding_owner(const struct finding *finding);
/* "the backup vault x in workload us-east-1" */
const char *finding_text(struct arena *arena, const struct finding *finding);
