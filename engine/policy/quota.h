#pragma once
/* How large a document may be where AWS keeps it, and of which characters. AWS counts characters;
 * IAM leaves white space out. Where AWS raises a quota on request it is the most that it grants. */

#include "engine/base/diag.h"
#include "engine/base/value.h"

enum policy_quota {
    POLICY_QUOTA_MANAGED, /* a managed policy of IAM */
    POLICY_QUOTA_INLINE,  /* the inline policies of a role, all of them together */
    POLICY_QUOTA_TRUST,
    POLICY_QUOTA_SCP,
    POLICY_QUOTA_RCP,
    POLICY_QUOTA_KEY,
};

/* What AWS gives without being asked; no more than what policy_check_quota() lets through. */
size_t policy_quota_usual(enum policy_quota quota);

/* The characters that count of a document: a map, or a string that holds JSON text. */
size_t policy_size(struct arena *arena, const struct value *doc, enum policy_quota quota);

/* False with an E_RULE_POLICY if the document is too large or holds a character that IAM does not
 * take. Documents that hold unknowns pass: their size is not known yet. */
MUST_CHECK bool policy_check_quota(struct arena *arena, const struct value *doc,
                                   enum policy_quota quota, struct diags *diags,
                                   const char *address);

/* The same for several documents that share the quota: a map of them by name. */
MUST_CHECK bool policy_check_quota_of_all(struct arena *arena, const struct value *docs,
                                          enum policy_quota quota, struct diags *diags,
                                          const char *address);
