#pragma once
/* Who may do what in the world: gathers the policies that meet in one request and asks
 * engine/policy. Identity side: inline and attached policies of a role; an account's own key and
 * the deployer roles have every right. Resource side: whatever document the caller passes. Around
 * both: the service and resource control policies of the organization. */

#include "engine/policy/kms_grant.h"
#include "engine/policy/policy.h"
#include "simulator/service.h"

struct authorization {
    const char *principal;        /* role ARN or arn:aws:iam::ACCOUNT:root; NULL with service */
    const char *session;          /* assumed-role ARN or NULL */
    const char *service;          /* a service as principal: "events.amazonaws.com"; else NULL */
    const char *action;           /* "kms:Decrypt" */
    const char *resource;         /* ARN or "*" */
    const char *resource_account; /* owner of the resource; NULL: from the ARN */
    const struct value *resource_policy; /* parsed document or NULL */
    /* Key policies: identity policies count only where the policy gives rights to the account. */
    bool resource_policy_rules;
    const struct kms_grant *grants; /* of the key */
    size_t grant_len;
    bool every_right;            /* as if the principal's own policies allowed everything */
    const char *session_policy;  /* text, or NULL */
    const struct value *context; /* map of condition keys to a text or a list of texts, or NULL */
};

/* True when allowed. *ret_why (may be NULL): a short reason when not. What AWS knows of every
 * request is added to the context: the caller's account, organization and tags, whose resource it
 * is, the Region (of the resource, unless the context has it), the time. */
bool authorize(struct world *world, struct arena *arena, const struct authorization *request,
               const char **ret_why);
/* The same for the caller of a call; resource_policy may be NULL. When refused sets the error. */
bool call_authorize(struct sim_call *call, const char *action, const char *resource,
                    const struct value *resource_policy, const struct value *context);

/* The same of what an answer leaves out for who may not see it: no error. */
bool call_may(struct sim_call *call, const char *action, const char *resource);

/* Whether a role may be assumed by a service, on behalf of source_arn where it says so (or NULL);
 * judged by its trust policy, with aws:SourceArn and aws:SourceAccount. False as well when the role
 * does not exist or has not settled yet (setting iam_delay_ms). */
bool role_trusts_service(struct world *world, struct arena *arena, const char *role_arn,
                         const char *service, const char *source_arn);
/* Parses the text of a policy document and checks it for its place; NULL when it does not fit
 * (ret_why says why). */
const struct value *policy_read(struct arena *arena, const char *text, enum policy_kind kind,
                                const char **ret_why);
/* A policy that grants everything on everything, for those who are not judged. */
const struct value *policy_all(struct arena *arena);
/* The first literal principal of the document that does not exist in the world, or NULL. */
const char *policy_unknown_principal(struct world *world, struct arena *arena,
                                     const struct value *policy);
