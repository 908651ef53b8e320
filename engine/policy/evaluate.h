#pragma once
/* May this principal do this? The rules of the IAM documentation, "Policy evaluation logic".
 *
 *   An explicit Deny that matches, anywhere, decides.
 *   Every level of the SCPs must allow (callers that stand in an account; service-linked roles and
 *   AWS services are exempt). RCPs only deny: AWS keeps RCPFullAWSAccess attached everywhere. They
 *   do not reach service-linked roles and kms:RetireGrant.
 *   Same account: the identity policies, within boundary and session, or the resource policy.
 *     A grant of the resource policy to a session, a user or "*" stands by itself; a grant to a
 *     role is limited by boundary and session; a grant to the account (its root) delegates: the
 *     identity policies decide.
 *   Another account: the resource policy must name the caller, its account or "*", and the
 *     identity policies, within boundary and session, must allow as well.
 *   A service calling for itself: the resource policy must allow.
 *   resource_policy_must_allow (KMS key policies, role trust policies): identity policies count
 *     only where the resource policy delegates to the account.
 *   A grant of a KMS key allows by itself, within SCPs, boundary and session (kms_grant.h).
 *
 * What cannot be decided is held against the caller: a comparison with an unknown text, with a
 * request value of the wrong type, with several values under an operator for one value, fails to
 * match in an Allow and matches in a Deny. So does NotPrincipal in an Allow.
 *
 * Whether a policy list is complete (AWS's managed policies, SCPs outside the topology) and
 * whether SCPs apply at all (not to the management account) the caller must know. */

#include "engine/policy/kms_grant.h"
#include "engine/policy/policy.h"

struct policy_request {
    /* ARN of a role, a user, a session (arn:..:sts::ID:assumed-role/ROLE/SESSION) or an account's
     * root; NULL for an AWS service, and, if `service` is NULL too, for an anonymous request. */
    const char *principal;
    const char *principal_account; /* 12 digits; NULL: the account in `principal` */
    const char *service;           /* "events.amazonaws.com", calling for itself */
    const char *action;            /* "backup:StartCopyJob" */
    const char *resource;          /* an ARN; NULL or "*": the action has none */
    /* 12 digits. NULL: the account in the resource's ARN; without resource the principal's own;
     * where the ARN names none (S3) it counts as another account than the principal's. */
    const char *resource_account;
    /* Context keys to a scalar or a list of scalars; NULL: none. Keys compare without case. What
     * AWS derives from the request itself is derived here unless given: aws:PrincipalArn,
     * aws:PrincipalAccount, aws:PrincipalType, aws:PrincipalIsAWSService,
     * aws:PrincipalServiceName, aws:ResourceAccount, aws:username, kms:CallerAccount. */
    const struct value *context;
    /* The asker does not know the whole context: a key that is neither given nor derived is open.
     * One that is given as null the request certainly has not; one that ends in "/" speaks for all
     * that begin with it and are not given themselves. {"starts_with": TEXT} for a value: only its
     * beginning is known. */
    bool context_is_partial;
};

struct policy_list {
    const struct policy *const *items;
    size_t len;
};

struct policy_set {
    struct policy_list identity_policies;
    const struct policy *resource_policy;     /* or NULL */
    struct policy_list permission_boundaries; /* none: no limit; several count as one document */
    struct policy_list session_policies;      /* likewise */
    const struct policy_list *scps;           /* one list for each level of the organization */
    size_t scps_len;                          /* 0: no limit */
    const struct policy_list *rcps;
    size_t rcps_len;
    const struct kms_grant *grants; /* of the key that is asked for */
    size_t grants_len;
    bool resource_policy_must_allow; /* policy_resource_must_allow() tells */
};

enum policy_decision { POLICY_ALLOWED, POLICY_EXPLICITLY_DENIED, POLICY_IMPLICITLY_DENIED };

enum policy_source {
    POLICY_FROM_IDENTITY,
    POLICY_FROM_RESOURCE,
    POLICY_FROM_BOUNDARY,
    POLICY_FROM_SESSION,
    POLICY_FROM_SCP,
    POLICY_FROM_RCP,
    POLICY_FROM_GRANT, /* allows only: no denial comes from a grant */
};

struct policy_match {
    enum policy_source source;
    const char *policy; /* "identity_policies[0]", "resource_policy", "scps[0][1]", "grants[0]" */
    size_t index;       /* of the statement in its policy */
    const struct policy_statement *statement; /* of a grant: an Allow with its id as Sid */
};

struct policy_answer {
    enum policy_decision decision;
    /* Of a denial: the kind of policy that denied, or whose Allow was missing. When several were
     * missing, the outermost: SCP, resource policy, boundary, session, identity. */
    enum policy_source denied_by;
    bool cross_account;
    /* Allowed: every Allow that matched. Explicitly denied: every Deny that matched. Implicitly
     * denied: none. In the order of struct policy_set. */
    const struct policy_match *matches;
    size_t matches_len;
    /* Of a partial context: an open key on which the decision hangs. It is then what it is if
     * every open key is held against the caller. NULL: it stands whatever they are. */
    const char *open_key;
};

void policy_evaluate(struct arena *arena, const struct policy_request *request,
                     const struct policy_set *set, struct policy_answer *ret);

/* Does this call ask the policy of its resource alone: use of a KMS key, assuming a role? */
bool policy_resource_must_allow(const char *action, const char *resource);

/* Do the resource control policies of the organization hold for this call? They do for some
 * services only (AWS Organizations User Guide, "Services that support RCPs"). */
bool policy_meets_resource_controls(const char *action);

/* "allowed", "explicitly_denied", "implicitly_denied" */
const char *policy_decision_name(enum policy_decision decision);
/* As AWS's error messages name it: "identity-based policy", "service control policy", ... */
const char *policy_source_name(enum policy_source source);
/* The reason as AWS words it at the end of an AccessDenied message: "because no identity-based
 * policy allows the backup:StartCopyJob action", "with an explicit deny in a resource-based
 * policy". Not for POLICY_ALLOWED. */
const char *policy_denial_reason(struct arena *arena, const struct policy_request *request,
                                 const struct policy_answer *answer);
