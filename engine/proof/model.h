#pragma once
/* The world as the topology would make it: its objects by ARN and by place, the policies of each
 * role, and what the organization allows. Ids that AWS invents are made up, the same ones wherever
 * they are referred to. What the topology does not own is not in it: nobody guesses what is there.
 *
 * With sights it is the world as it was read: what is there as it is there, what was read beside
 * it, and what only the file speaks of as the file has it. What is gone is in no list, and known to
 * be gone. Internal to engine/proof. */

#include "engine/config/resource.h"
#include "engine/policy/evaluate.h"
#include "engine/proof/sight.h"

struct model_object {
    const struct resource *resource;
    const struct value *properties; /* without unknowns */
    const char *arn;                /* NULL: a type without one */
    const struct sight *sight;      /* NULL: nobody has looked */
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
    const char *unknown; /* a policy that it has, or its boundary, whose text nobody knows: it may
                          * deny anything; NULL: there is none */
    const char *unknown_rights; /* one that may allow as well: a policy that it has; or NULL */
};

/* The control policies over one account, from the root down. */
struct model_levels {
    const struct policy_list *items;
    size_t len;
    const char *first; /* address of the first of their policies; NULL: they were read */
};

struct model {
    struct arena *arena;
    const struct topology *topology;
    const struct sights *sights;  /* or NULL */
    struct model_object *objects; /* in the order of topology->resources, then others */
    size_t len;
    struct map by_arn;     /* ARN -> struct model_object * */
    struct map by_address; /* of those that the topology does not declare */
    struct map gone;       /* ARN -> a mark */
    struct map unread;     /* "TYPE ACCOUNT REGION" -> why */
    struct map by_type;    /* "TYPE", "TYPE ACCOUNT REGION", and of parts "... of TEXT", ->
                            * struct model_list * */
    struct map policies;   /* "%p" of a document -> struct policy *, or a mark of none */
    struct map roles, controls[2][2]; /* of resources or callers; that hold, or may */
    struct map accounts;              /* id -> const struct account * */
    struct map queues;    /* the rules of a plan as text -> enum queue_end * (queue.h) */
    struct map relays;    /* address -> const struct relay_entry * */
    struct map relays_of; /* ARN of a source vault -> struct model_relays * */
};

struct model_relays {
    const struct relay_entry **items;
    size_t len, cap;
};

/* sights NULL: nobody has looked. */
void model_init(struct model *model, struct arena *arena, const struct topology *topology,
                const struct sights *sights);
/* References to what AWS invents get the ids of the model. */
const struct value *model_resolve(struct model *model, const struct value *v);

const struct model_object *model_find(const struct model *model, const char *arn); /* or NULL */
const struct model_object *model_at(const struct model *model, const char *address);
/* What AWS calls it: its id as read, or made up. */
const char *model_id(const struct model_object *object);
/* Somebody looked, and it is not there. */
bool object_is_gone(const struct model_object *object);
bool model_is_gone(const struct model *model, const char *arn);
/* Nobody may change or know it: looked up, and not seen. */
bool model_is_open(const struct model_object *object);
/* Why nobody knows what there is of a type in a place that the topology does not declare; NULL. */
const char *model_unread(const struct model *model, const char *type, const char *account,
                         const char *region);
/* All of a type that the topology declares; in one account and Region (region "": global; account
 * "" as well: what an organization has once) whatever was read there too. Never NULL. */
const struct model_list *model_all(const struct model *model, const char *type);
const struct model_list *model_in(const struct model *model, const char *type, const char *account,
                                  const char *region);
/* Those there that are parts of what `text` names (model.c has the property of each type): policy,
 * lock and notifications of a vault by its name, selections of a plan by its id, and so on. */
const struct model_list *model_parts(const struct model *model, const char *type,
                                     const char *account, const char *region, const char *text);
/* The first of them; NULL: none. */
const struct model_object *model_part(const struct model *model, const char *type,
                                      const char *account, const char *region, const char *text);
/* The access policy or the lock of a vault; NULL: none. */
const struct model_object *model_of_vault(const struct model *model, const char *type,
                                          const struct model_object *vault);

const struct relay_entry *model_relay(const struct model *model, const char *address); /* or NULL */
/* Those of a source vault; never NULL. */
const struct model_relays *model_relays_of(const struct model *model, const char *vault_arn);

/* A document (a map or JSON text) as a policy; NULL where there is none or it cannot be read. */
const struct policy *model_policy(struct model *model, const struct value *doc);
const struct policy *model_all_rights(struct model *model); /* allows everything */
/* NULL: not a role of this topology, and none of AWS's own. */
const struct model_role *model_role(struct model *model, const char *arn);
const struct policy *model_function_policy(struct model *model,
                                           const struct model_object *function);
/* The grants of a key that were read; what cannot be understood is left out. */
size_t model_grants(struct model *model, const char *key_arn, const struct kms_grant **ret);
struct model_levels model_controls(struct model *model, const char *account, bool of_resources);
/* What is attached to units of which nobody here knows whether the account stands in them; each
 * document is a level of its own. */
struct model_levels model_possible_controls(struct model *model, const char *account,
                                            bool of_resources);

/* The id of an account's organization, or NULL. */
const char *model_organization(const struct model *model, const char *account);
/* It is one of the topology's, or somebody has looked: otherwise that id is an assumption. */
bool model_knows_organization(const struct model *model, const char *account);
const char *model_management_account(const struct model *model);                /* or NULL */
const struct account *model_account(const struct model *model, const char *id); /* or NULL */
const char *model_account_name(const struct model *model, const char *id);
/* arn:..:iam::ACCOUNT:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup */
const char *model_linked_role(struct model *model, const char *account);
const char *model_account_of(struct arena *arena, const char *arn); /* NULL: names none */
const char *model_region_of(struct arena *arena, const char *arn);
