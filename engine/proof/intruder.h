#pragma once
/* Whoever has taken an account over, with every right that the account itself can give: as any role
 * or user that they make there, as its root, and as those whom a denial leaves out, where they can
 * take their place. What an intruder chooses, or may satisfy, closes nothing. Internal to
 * engine/proof. */

#include "engine/proof/ask.h"
#include "engine/proof/proof.h"

/* An account that nobody has: what it could do, any other could. */
#define NOBODYS_ACCOUNT "000000000000"

/* The calls that do it: any of them, on any of the resources, is enough. */
struct means {
    const char *const *actions; /* ends with NULL */
    const char *resource;
    const char *const *more_resources; /* ends with NULL; or NULL */
    const struct policy *policy;
    bool policy_decides;
    bool by_root_only;                /* AWS takes the call from the root user and nobody else */
    bool never_by_root;               /* or from neither root nor whom a user federates */
    const struct model_object *vault; /* whose policy that is; or NULL */
    const struct value *const
        *contexts; /* what each call may bring along; ends with NULL; or NULL */
};

struct attempt {
    struct model *model;
    const struct account *account; /* that is taken over */
    const struct means *means;
    bool without_controls; /* as if the organization had no policies */
};

/* Somebody whom a policy leaves out, or lets in, and nobody else. */
struct exempt {
    const char *text;  /* as the policy has it */
    const char *arn;   /* one that the text takes */
    const char *place; /* the role, the user or the root behind it */
    bool many;         /* it takes others too: the text has wildcards in the name */
};

struct outcome {
    enum proof_openness openness;
    const char *why;
    const struct exempt *exempt; /* of BREAK_GLASS: who can do it all the same */
    size_t exempt_len;
    const char *action; /* the first of the calls that somebody could make; NULL: none */
    const char *as;     /* whom of them a policy names, as it has it; NULL: any name will do */
};

void intruder_outcome(const struct attempt *attempt, struct outcome *ret);
/* The harder of two: what takes both is as open as that. */
const struct outcome *outcome_harder(const struct outcome *a, const struct outcome *b);

/* The first of the calls that this principal could make; NULL: none. all_rights: its own policies
 * have no say. */
const char *means_allowed(struct model *model, const char *principal, const struct means *means,
                          bool all_rights);

/* What takes the role on. trust: its policy. */
struct means means_of_taking_on(const char *role, const struct policy *trust);
/* The role or user, or the pattern that many of them meet. */
const char *exempt_name(const struct exempt *exempt);

/* What puts somebody of the account in the place of this role or user. */
struct means means_of_place(const char *arn);
/* A role that IAM lets nobody of its account change: of IAM Identity Center, or of a service. */
bool place_is_reserved(const char *arn);
