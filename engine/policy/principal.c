#include <string.h>

#include "engine/policy/subject.h"

/* A role's ARN in a policy and the caller's: a session carries the role's name but not its path,
 * and names are unique within an account. */
static bool is_role_of(const struct subject *who, struct slice text)
{
    struct slice parts[ARN_PARTS];
    if (who->kind != SUBJECT_ROLE_SESSION || text_arn_parts(text, parts) != ARN_PARTS ||
        !slice_is(parts[2], "iam") || !slice_starts(parts[5], "role/"))
        return false;
    const char *given = value_str(subject_context(who, slice_of("aws:PrincipalArn")));
    if (given && slice_is(text, given))
        return true;
    size_t name_at = parts[5].len;
    while (name_at > 0 && parts[5].ptr[name_at - 1] != '/')
        name_at--;
    struct slice name = slice_from(parts[5], name_at);
    return name.len == who->name.len && memcmp(name.ptr, who->name.ptr, name.len) == 0 &&
           parts[4].len == who->account.len &&
           memcmp(parts[4].ptr, who->account.ptr, who->account.len) == 0;
}

/* AROA... stands for a role that was deleted or not yet resolved: the caller's aws:userid tells. */
static bool has_unique_id(const struct subject *who, struct slice text)
{
    const char *id = value_str(subject_context(who, slice_of("aws:userid")));
    if (!id || memchr(text.ptr, ':', text.len))
        return false;
    size_t len = strlen(id);
    return len >= text.len && memcmp(id, text.ptr, text.len) == 0 &&
           (len == text.len || id[text.len] == ':');
}

static enum grant grant_of_aws(const struct subject *who, struct slice text)
{
    if (who->request->principal && slice_is(text, who->request->principal))
        return who->kind == SUBJECT_ROLE ? GRANT_ROLE : GRANT_DIRECT;
    if (is_role_of(who, text))
        return GRANT_ROLE;
    if (has_unique_id(who, text))
        return slice_starts(text, "AROA") ? GRANT_ROLE : GRANT_DIRECT;
    return GRANT_NONE;
}

static bool is_account_of(const struct subject *who, const char *id)
{
    return who->account.len && slice_is(who->account, id);
}

enum grant subject_is_named(const struct subject *who, const char *text)
{
    struct slice id;
    if (who->kind == SUBJECT_SERVICE)
        return str_eq(text, who->request->service) ? GRANT_DIRECT : GRANT_NONE;
    if (!text_account_of_root(slice_of(text), &id))
        return grant_of_aws(who, slice_of(text));
    if (who->kind == SUBJECT_PROVIDER || !text_equal_fold(id, who->account))
        return GRANT_NONE;
    return who->kind == SUBJECT_ROOT ? GRANT_DIRECT : GRANT_ACCOUNT;
}

static enum tri one_principal(const struct subject *who, const struct policy_principal *p,
                              enum grant *ret)
{
    const char *text = p->text.text;
    const struct policy_request *request = who->request;
    *ret = GRANT_DIRECT;
    if (p->text.unknown)
        return TRI_UNDECIDED;
    switch (p->kind) {
    case POLICY_PRINCIPAL_ANY: return TRI_YES;
    case POLICY_PRINCIPAL_ACCOUNT:
        *ret = who->kind == SUBJECT_ROOT ? GRANT_DIRECT : GRANT_ACCOUNT;
        return tri_of(who->kind != SUBJECT_PROVIDER && is_account_of(who, text));
    case POLICY_PRINCIPAL_AWS:
        *ret = grant_of_aws(who, slice_of(text));
        return tri_of(*ret != GRANT_NONE);
    case POLICY_PRINCIPAL_SERVICE:
        return tri_of(who->kind == SUBJECT_SERVICE && str_eq(text, request->service));
    case POLICY_PRINCIPAL_FEDERATED:
        return tri_of(str_eq(text, request->principal) || str_eq(text, request->service));
    case POLICY_PRINCIPAL_CANONICAL: return TRI_UNDECIDED; /* no request says its canonical id */
    }
    return TRI_UNDECIDED;
}

static enum tri any_principal(const struct subject *who, const struct policy_statement *s,
                              enum grant *ret_grant)
{
    enum tri all = TRI_NO;
    *ret_grant = GRANT_NONE;
    for (size_t i = 0; i < s->principals_len; i++) {
        enum grant grant = GRANT_NONE;
        enum tri one = one_principal(who, &s->principals[i], &grant);
        all = tri_or(all, one);
        if (one == TRI_YES && grant > *ret_grant)
            *ret_grant = grant;
    }
    return all;
}

/* NotPrincipal in a Deny spares a caller only if every identity that AWS tries for it is listed:
 * the account, then the user or role, then the session. Listing the account alone spares only its
 * root. Whoever has a permissions boundary is never spared: the documentation of NotPrincipal says
 * so and advises against the element. */
static bool is_spared(const struct subject *who, const struct policy_statement *s)
{
    bool account = who->account.len == 0, role = who->kind != SUBJECT_ROLE_SESSION, self = false;
    for (size_t i = 0; i < s->principals_len && !who->bounded; i++) {
        const struct policy_principal *p = &s->principals[i];
        enum grant grant = GRANT_NONE;
        if (one_principal(who, p, &grant) != TRI_YES)
            continue;
        if (p->kind == POLICY_PRINCIPAL_ANY)
            return true;
        if (p->kind == POLICY_PRINCIPAL_ACCOUNT)
            account = true;
        else if (who->kind == SUBJECT_ROLE_SESSION && grant == GRANT_ROLE)
            role = true;
        else
            self = true;
    }
    if (who->kind == SUBJECT_ROOT)
        return account;
    if (who->kind == SUBJECT_SERVICE || who->kind == SUBJECT_PROVIDER)
        return self;
    return account && role && self;
}

enum tri subject_is_principal(const struct subject *who, const struct policy_statement *statement,
                              enum grant *ret_grant)
{
    if (!statement->not_principal)
        return any_principal(who, statement, ret_grant);
    *ret_grant = GRANT_DIRECT;
    if (statement->effect == POLICY_ALLOW) /* AWS supports the element in a Deny only */
        return TRI_UNDECIDED;
    return tri_of(!is_spared(who, statement));
}
