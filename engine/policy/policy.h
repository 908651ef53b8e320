#pragma once
/* A policy document of the IAM policy language as data, and the way there from a value.
 *
 * What this module does not know it refuses: an unknown element, operator or version, a wildcard
 * where AWS allows none, a literal of the wrong type are errors and never read as "allowed".
 * Element names, Effect and Version are compared exactly; the names of actions, condition
 * operators and condition keys without regard to case, as AWS does.
 *
 * A document may hold unknowns (VALUE_REF, VALUE_CONCAT) in place of texts: those texts have
 * `unknown` set. An evaluation treats a comparison with them as undecided (evaluate.h). */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/diag.h"
#include "engine/base/value.h"

/* One text of a document: an action, a resource, a condition value. Numbers and booleans of the
 * document have become their text ("true", "90"). */
struct policy_text {
    const char *text;  /* an unknown: a placeholder for messages */
    bool has_variable; /* holds ${...}, and the version of the policy gives that a meaning */
    bool unknown;
    struct source_pos pos;
};

struct policy_texts {
    const struct policy_text *items;
    size_t len;
};

enum policy_principal_kind {
    POLICY_PRINCIPAL_ANY,       /* "*" and {"AWS": "*"}: everybody, services and anonymous too */
    POLICY_PRINCIPAL_ACCOUNT,   /* 12 digits or arn:..:iam::ID:root; text is the id */
    POLICY_PRINCIPAL_AWS,       /* the ARN of a role, a user or a session, or a unique id */
    POLICY_PRINCIPAL_SERVICE,   /* backup.amazonaws.com */
    POLICY_PRINCIPAL_FEDERATED, /* ARN or domain of an identity provider */
    POLICY_PRINCIPAL_CANONICAL, /* an S3 canonical user */
};

struct policy_principal {
    enum policy_principal_kind kind;
    struct policy_text text;
};

enum policy_operator {
    POLICY_STRING_EQUALS,
    POLICY_STRING_EQUALS_IGNORE_CASE,
    POLICY_STRING_LIKE,
    POLICY_NUMERIC_EQUALS,
    POLICY_NUMERIC_LESS,
    POLICY_NUMERIC_LESS_EQUALS,
    POLICY_NUMERIC_GREATER,
    POLICY_NUMERIC_GREATER_EQUALS,
    POLICY_DATE_EQUALS,
    POLICY_DATE_LESS,
    POLICY_DATE_LESS_EQUALS,
    POLICY_DATE_GREATER,
    POLICY_DATE_GREATER_EQUALS,
    POLICY_BOOL,
    POLICY_BINARY_EQUALS,
    POLICY_IP_ADDRESS,
    POLICY_ARN_LIKE, /* ArnEquals is the same thing */
    POLICY_NULL,
};

enum policy_qualifier { POLICY_SINGLE_VALUE, POLICY_FOR_ALL_VALUES, POLICY_FOR_ANY_VALUE };

struct policy_condition {
    enum policy_operator op;
    bool negated; /* StringNotEquals is POLICY_STRING_EQUALS, negated */
    bool if_exists;
    enum policy_qualifier qualifier;
    const char *name; /* the operator with prefix and suffix, in AWS's spelling */
    const char *key;  /* as written */
    struct policy_texts values;
    struct source_pos pos;
};

enum policy_effect { POLICY_ALLOW, POLICY_DENY };

struct policy_statement {
    const char *sid; /* or NULL */
    enum policy_effect effect;
    const struct policy_principal *principals; /* none in an identity policy */
    size_t principals_len;
    bool has_principal; /* Principal or NotPrincipal is there */
    bool not_principal, not_action, not_resource;
    struct policy_texts actions;
    struct policy_texts resources;
    bool has_resource; /* false in a trust policy: it covers what it is attached to */
    const struct policy_condition *conditions; /* all of them must hold */
    size_t conditions_len;
    struct source_pos pos;
};

struct policy {
    const char *version; /* "2012-10-17", or "2008-10-17", which is the default: no variables */
    const char *id;      /* or NULL */
    const struct policy_statement *statements;
    size_t statements_len;
    struct source_pos pos;
};

/* Reads a document: a map, or a string that holds JSON text. On false at least one E_RULE_POLICY
 * was added, with the place of the offending value (of the string, if it is text) and `address`;
 * all errors of the document are reported, not only the first. */
MUST_CHECK bool policy_parse(struct arena *arena, const struct value *doc, struct policy *ret,
                             struct diags *diags, const char *address);

/* JSON text to the value of a policy document. NULL when it is not JSON or not a map; *ret_why is
 * then a short reason. URL-encoding is the caller's affair. */
const struct value *policy_from_text(struct arena *arena, struct slice json_text,
                                     const char **ret_why);

/* Where a policy is going to stand. Each place has elements that it needs and that it refuses. */
enum policy_kind {
    POLICY_IDENTITY, /* also boundaries and session policies: no principal, a resource; plain Sids
                      */
    POLICY_RESOURCE, /* a principal, a resource; NotPrincipal in a Deny only */
    POLICY_TRUST,    /* a Principal, no resource, actions of sts; plain Sids */
    POLICY_SCP,      /* as identity; the newest version */
    POLICY_RCP,      /* only Deny to Principal "*", actions of a service; the newest version */
};
MUST_CHECK bool policy_check_kind(const struct policy *policy, enum policy_kind kind,
                                  struct diags *diags, const char *address);

/* RCPFullAWSAccess, which AWS attaches everywhere and nobody else can write: no POLICY_RCP. */
bool policy_is_rcp_full_access(const struct policy *policy);
