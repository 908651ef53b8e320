#pragma once
/* One question to the model: would AWS allow this? All the policies that meet in the request are
 * gathered and evaluated; the statements that decided come back. Internal to engine/proof. */

#include "engine/proof/model.h"

enum ask_verdict { ASK_NO, ASK_UNKNOWN, ASK_YES };

struct ask {
    const char *role;       /* ARN; or NULL with `service` */
    const char *service;    /* a service that calls for itself */
    const char *source_arn; /* for what it calls: aws:SourceArn, aws:SourceAccount; or NULL */
    const char *action, *resource;
    const char *resource_account; /* NULL: the one in `resource` */
    const struct policy *resource_policy;
    const struct value *context;  /* what is particular to this request, or NULL */
    const char *region;           /* where the call is made; NULL: the one in `resource` */
    const char *other_region;     /* or there: AWS does not say; or NULL */
    const char *copy_target;      /* of a copy: the ARN of its vault; or NULL */
    bool resource_policy_decides; /* key policies, trust policies */
    bool without_controls;        /* as if the organization had no policies */
    bool as_if_all_rights;        /* only the others have a say, not the role's own policies */
    /* Condition keys that the topology does not determine (contexts.inc) make the answer unknown;
     * otherwise they count as not in the request. */
    bool open_context;
    /* Could anybody who means harm? As open_context, but what the asker chooses or brings about is
     * open too, and a role that is not there can be made: whatever is not "no" may be done. */
    bool as_intruder;
};

struct ask_answer {
    enum ask_verdict verdict;
    const char *why; /* the reason as AWS words it, or what is not known */
    struct policy_answer policy;
};

void ask(struct model *model, const struct ask *question, struct ask_answer *ret);
/* May this service take on the role? Unknown for roles that the topology does not make. */
void ask_trust(struct model *model, const char *role_arn, const char *service,
               const char *source_arn, struct ask_answer *ret);
/* "User: ROLE is not authorized to perform: ACTION on resource: RESOURCE because ..." */
const char *ask_denial(struct arena *arena, const struct ask *question,
                       const struct ask_answer *answer);
