#pragma once
/* A grant of a KMS key, as ListGrants gives it. It allows by itself what it lists: neither the key
 * policy nor an identity policy has to. Two cases leave the decision to the caller's identity
 * policies: a grant to a whole account, and one to a principal of another account that the
 * caller's account did not issue itself ("key trust" in the KMS documentation). */

#include "engine/policy/policy.h"

struct kms_grant {
    const char *id;              /* or NULL */
    const char *key;             /* a key's id or ARN; NULL: the key that is asked for */
    const char *grantee;         /* the ARN of a principal, or an AWS service */
    const char *issuing_account; /* 12 digits; NULL: the key's own */
    struct policy_texts operations;
    const struct value *context_equals; /* maps of text to text, or NULL */
    const struct value *context_subset;
    const char *source_arn; /* or NULL */
};

/* Reads an entry of ListGrants: GranteePrincipal or GranteeServicePrincipal, Operations,
 * Constraints, IssuingAccount, KeyId, GrantId; what only describes it is passed over. Anything else
 * is refused, an unknown operation or constraint above all: on false at least one E_RULE_POLICY was
 * added. */
MUST_CHECK bool kms_grant_parse(struct arena *arena, const struct value *entry,
                                struct kms_grant *ret, struct diags *diags, const char *address);
/* Those of a whole answer; what is refused is left out, and so lets nobody in. entries may be NULL.
 */
size_t kms_grants_parse(struct arena *arena, const struct value *entries,
                        const struct kms_grant **ret);
