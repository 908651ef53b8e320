#pragma once
/* Who asks: what the request says of its principal, worked out once for an evaluation, and the
 * request's context. Internal to engine/policy. */

#include "engine/base/strbuf.h"
#include "engine/policy/evaluate.h"
#include "engine/policy/text.h"

enum subject_kind {
    SUBJECT_ANONYMOUS,
    SUBJECT_SERVICE,
    SUBJECT_ROOT,
    SUBJECT_USER,
    SUBJECT_ROLE,
    SUBJECT_ROLE_SESSION,
    SUBJECT_FEDERATED_SESSION, /* GetFederationToken */
    SUBJECT_PROVIDER,          /* an identity provider, as in AssumeRoleWithWebIdentity */
};

struct subject {
    struct arena *arena;
    const struct policy_request *request;
    enum subject_kind kind;
    struct slice account;          /* empty: none */
    struct slice partition;        /* of the principal's ARN */
    struct slice name;             /* of a role or a user, without path */
    struct slice resource_account; /* empty: not known */
    bool service_linked;           /* a role of AWS's own: no SCP and no RCP reaches it */
    bool bounded;                  /* has a permissions boundary */
    const char **open_key;         /* of a partial context: set to an open key that is met */
};

void subject_of(struct arena *arena, const struct policy_request *request, struct subject *ret);

/* The value of a context key, given or derived; NULL when the request has none (or an empty
 * list). */
const struct value *subject_context(const struct subject *who, struct slice key);
/* Nobody knows whether the request has the key, and what it is; notes it. */
bool subject_is_open(const struct subject *who, struct slice key);
/* One scalar of the context as text; false for what has none. */
bool subject_scalar(const struct subject *who, const struct value *v, struct slice *ret);

/* A text with its variables put in, as a pattern for WILDCARDS_EXPANDED. No when a variable has no
 * single value: such a text equals nothing. Undecided when a value would shift the parts of an ARN
 * or cannot be told from a wildcard. */
enum tri subject_expand(const struct subject *who, const struct policy_text *text, bool arn,
                        struct slice *ret);

/* How a grant reaches the caller; the later, the more directly. */
enum grant {
    GRANT_NONE,
    GRANT_ACCOUNT, /* the account is named: its identity policies decide */
    GRANT_ROLE,    /* the role is named: boundary and session still limit */
    GRANT_DIRECT,
};

/* Is the caller the principal of this ARN or of this name of a service? */
enum grant subject_is_named(const struct subject *who, const char *text);

/* Does the principal element of the statement cover the caller, and how? */
enum tri subject_is_principal(const struct subject *who, const struct policy_statement *statement,
                              enum grant *ret_grant);
