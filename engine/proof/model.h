#pragma once
/* The world as the topology would make it: its objects by ARN and by place, the policies of each
 * role, and what the organization allows. Ids that AWS invents are made up, the same ones wherever
 * they are referred to. What the topology does not own is not in it: nobody guesses what is there.
 * Internal to engine/proof. */

#include "engine/config/resource.h"
#include "engine/policy/evaluate.h"

struct model_object {
    const struct resource *resource;
    const struct value *properties; /* without unknowns */
    const char *arn;                /* NULL: a type without one */
};

struct model_list {
    struct model_object **items;
    size_t len, cap;
};

struct model_role {
    const struct model_object *object;
    struct policy_list identity;
    struct policy_list boundary; /* none or one */
    const struct policy *trust;
    const char *unknown; /* a policy that it has and whose text nobody knows, or NULL */
};

/* The control policies over one account, from the root down. */
struct model_levels {
    const struct policy_list *items;
    size_t len;
};

struct model {
    struct arena *arena;
    const struct topology *topology;
    struct model_object *objects; /* in the order of topology->resources */
    struct map by_arn;            /* ARN -> struct model_object * */
    struct map by_type;           /* "TYPE" and "TYPE ACCOUNT REGION" -> struct model_list * */
    struct map policies;          /* "%p" of a document -> struct policy *, or a mark of none */
    struct map roles, scps, rcps;
    struct map accounts; /* id -> const struct account * */
};

void model_init(struct model *model, struct arena *arena, const struct topology *topology);
/* References to what AWS invents get the ids of the model. */
const struct value *model_resolve(struct model *model, const struct value *v);

const struct model_object *model_find(const struct model *model, const char *arn); /* or NULL */
const struct model_object *model_at(const struct model *model, const char *address);
/* All of a type; in one account and Region (region "": global). Never NULL. */
const struct model_list *model_all(const struct model *model, const char *type);
const struct model_list *model_in(const struct model *model, const char *type, const char *account,
                                  const char *region);
/* The first one there whose property has this text; NULL: none. */
const struct model_object *model_part(const struct model *model, const char *type,
                                      const char *account, const char *region, const char *property,
                                      const char *text);
/* The access policy or the lock of a vault; NULL: none. */
const struct model_object *model_of_vault(const struct model *model, const char *type,
                                          const struct model_object *vault);

/* A document (a map or JSON text) as a policy; NULL where there is none or it cannot be read. */
const struct policy *model_policy(struct model *model, const struct value *doc);
const struct policy *model_all_rights(struct model *model); /* allows everything */
/* NULL: not a role of this topology, and none of AWS's own. */
const struct model_role *model_role(struct model *model, const char *arn);
const struct policy *model_function_policy(struct model *model,
                                           const struct model_object *function);
struct model_levels model_controls(struct model *model, const char *account, bool of_resources);

const struct account *model_account(const struct model *model, const char *id); /* or NULL */
const char *model_account_name(const struct model *model, const char *id);
/* arn:..:iam::ACCOUNT:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup */
const char *model_linked_role(struct model *model, const char *account);
const char *model_account_of(struct arena *arena, const char *arn); /* NULL: names none */
const char *model_region_of(struct arena *arena, const char *arn);
