#include "engine/policy/subject.h"

#include <string.h>

#define EXPANDED_MAX ((size_t)128 * 1024) /* the largest policy that AWS takes, in characters */

static struct slice last_of_path(struct slice s)
{
    struct slice rest = s, part = s;
    while (rest.ptr)
        part = slice_cut(&rest, '/');
    return part;
}

static enum subject_kind kind_of_arn(const struct slice parts[ARN_PARTS])
{
    bool sts = slice_is(parts[2], "sts");
    if (slice_is(parts[5], "root"))
        return SUBJECT_ROOT;
    if (sts && slice_starts(parts[5], "assumed-role/"))
        return SUBJECT_ROLE_SESSION;
    if (sts && slice_starts(parts[5], "federated-user/"))
        return SUBJECT_FEDERATED_SESSION;
    if (!sts && slice_starts(parts[5], "role/"))
        return SUBJECT_ROLE;
    if (slice_starts(parts[5], "saml-provider/") || slice_starts(parts[5], "oidc-provider/"))
        return SUBJECT_PROVIDER;
    return SUBJECT_USER;
}

static void read_principal(struct subject *who, const char *principal)
{
    struct slice parts[ARN_PARTS];
    if (text_arn_parts(slice_of(principal), parts) != ARN_PARTS) {
        who->kind = SUBJECT_PROVIDER;
        return;
    }
    who->kind = kind_of_arn(parts);
    who->partition = parts[1];
    who->account = parts[4];
    if (who->kind == SUBJECT_ROLE) {
        who->name = last_of_path(parts[5]);
        who->service_linked = slice_starts(parts[5], "role/aws-service-role/");
    } else if (who->kind == SUBJECT_USER) {
        who->name = last_of_path(parts[5]);
    } else if (who->kind == SUBJECT_ROLE_SESSION) {
        struct slice rest = slice_from(parts[5], strlen("assumed-role/"));
        who->name = slice_cut(&rest, '/');
    }
}

static void read_resource_account(struct subject *who, const struct policy_request *request)
{
    struct slice parts[ARN_PARTS];
    if (request->resource_account)
        who->resource_account = slice_of(request->resource_account);
    else if (!request->resource || str_eq(request->resource, "*"))
        who->resource_account = who->account;
    else if (text_arn_parts(slice_of(request->resource), parts) == ARN_PARTS)
        who->resource_account = parts[4];
}

void subject_of(struct arena *arena, const struct policy_request *request, struct subject *ret)
{
    *ret = (struct subject){.arena = arena, .request = request, .kind = SUBJECT_ANONYMOUS};
    if (request->principal)
        read_principal(ret, request->principal);
    else if (request->service)
        ret->kind = SUBJECT_SERVICE;
    if (request->principal_account)
        ret->account = slice_of(request->principal_account);
    read_resource_account(ret, request);
    if (ret->kind == SUBJECT_ROLE_SESSION) {
        /* a session's ARN lacks the path of its role; the context may know it */
        const char *arn = value_str(subject_context(ret, slice_of("aws:PrincipalArn")));
        ret->service_linked = arn && strstr(arn, ":role/aws-service-role/");
    }
}

static const char *principal_type(enum subject_kind kind)
{
    switch (kind) {
    case SUBJECT_ROOT: return "Account";
    case SUBJECT_USER: return "User";
    case SUBJECT_ROLE:
    case SUBJECT_ROLE_SESSION: return "AssumedRole";
    case SUBJECT_FEDERATED_SESSION: return "FederatedUser";
    case SUBJECT_ANONYMOUS: return "Anonymous";
    case SUBJECT_SERVICE:
    case SUBJECT_PROVIDER: return NULL;
    }
    return NULL;
}

static const struct value *text_or_null(const struct subject *who, struct slice s)
{
    return s.len ? value_string_n(who->arena, s.ptr, s.len) : NULL;
}

static const struct value *principal_arn(const struct subject *who)
{
    if (who->kind == SUBJECT_ROLE_SESSION)
        return value_stringf(who->arena, "arn:%.*s:iam::%.*s:role/%.*s", (int)who->partition.len,
                             who->partition.ptr, (int)who->account.len, who->account.ptr,
                             (int)who->name.len, who->name.ptr);
    if (who->kind == SUBJECT_PROVIDER || !who->request->principal)
        return NULL;
    return value_string(who->arena, who->request->principal);
}

static const struct value *caller_of_key(const struct subject *who)
{
    bool of_key = text_starts_fold(slice_of(who->request->action), "kms:");
    return of_key ? text_or_null(who, who->account) : NULL;
}

static const struct value *principal_account(const struct subject *who)
{
    return text_or_null(who, who->account);
}

static const struct value *principal_kind(const struct subject *who)
{
    const char *type = principal_type(who->kind);
    return type ? value_string(who->arena, type) : NULL;
}

static const struct value *is_service(const struct subject *who)
{
    return who->kind == SUBJECT_ANONYMOUS ? NULL : value_bool(who->kind == SUBJECT_SERVICE);
}

static const struct value *service_name(const struct subject *who)
{
    return who->kind == SUBJECT_SERVICE ? value_string(who->arena, who->request->service) : NULL;
}

static const struct value *resource_account(const struct subject *who)
{
    return text_or_null(who, who->resource_account);
}

static const struct value *user_name(const struct subject *who)
{
    return who->kind == SUBJECT_USER ? text_or_null(who, who->name) : NULL;
}

/* What AWS puts into every request by itself. */
static const struct derived_key {
    const char *key;
    const struct value *(*value)(const struct subject *who);
} derived_keys[] = {
    {"aws:PrincipalArn", principal_arn},
    {"aws:PrincipalAccount", principal_account},
    {"aws:PrincipalType", principal_kind},
    {"aws:PrincipalIsAWSService", is_service},
    {"aws:PrincipalServiceName", service_name},
    {"aws:ResourceAccount", resource_account},
    {"aws:username", user_name},
    {"kms:CallerAccount", caller_of_key},
};

static const struct derived_key *derived_key(struct slice key)
{
    for (size_t i = 0; i < ARRAY_LEN(derived_keys); i++)
        if (text_equal_fold(key, slice_of(derived_keys[i].key)))
            return &derived_keys[i];
    return NULL;
}

static const struct value_entry *given(const struct subject *who, struct slice key)
{
    const struct value *context = who->request->context;
    for (size_t i = 0; value_is(context, VALUE_MAP) && i < context->map.len; i++)
        if (text_equal_fold(slice_of(context->map.entries[i].key), key))
            return &context->map.entries[i];
    return NULL;
}

const struct value *subject_context(const struct subject *who, struct slice key)
{
    const struct value_entry *entry = given(who, key);
    const struct derived_key *derived = entry ? NULL : derived_key(key);
    if (!entry)
        return derived ? derived->value(who) : NULL;
    bool none = entry->value->kind == VALUE_NULL ||
                (entry->value->kind == VALUE_LIST && entry->value->list.len == 0);
    return none ? NULL : entry->value;
}

/* "aws:PrincipalTag/", given, speaks for every tag. */
static bool family_given(const struct subject *who, struct slice key)
{
    const char *slash = memchr(key.ptr, '/', key.len);
    return slash && given(who, (struct slice){key.ptr, (size_t)(slash + 1 - key.ptr)});
}

bool subject_is_open(const struct subject *who, struct slice key)
{
    if (!who->request->context_is_partial || given(who, key) || derived_key(key) ||
        family_given(who, key))
        return false;
    *who->open_key = arena_strndup(who->arena, key.ptr, key.len);
    return true;
}

bool subject_scalar(const struct subject *who, const struct value *v, struct slice *ret)
{
    switch (v->kind) {
    case VALUE_STRING: *ret = v->string; return true;
    case VALUE_BOOL: *ret = slice_of(v->boolean ? "true" : "false"); return true;
    case VALUE_INT:
        *ret = slice_of(arena_printf(who->arena, "%lld", (long long)v->integer));
        return true;
    case VALUE_DOUBLE: *ret = slice_of(text_number(who->arena, v->number)); return true;
    case VALUE_NULL:
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_REF:
    case VALUE_CONCAT: return false;
    }
    return false;
}

/* Finds the value of a variable's body ("aws:username, 'nobody'"). */
static enum tri variable_value(const struct subject *who, struct slice body, struct slice *ret)
{
    struct slice rest = body;
    struct slice key = slice_trim(slice_cut(&rest, ','));
    const struct value *v = subject_context(who, key);
    if (!v && subject_is_open(who, key))
        return TRI_UNDECIDED;
    if (v && v->kind == VALUE_LIST)
        v = v->list.len == 1 ? v->list.items[0] : NULL;
    else if (!v && rest.ptr) {
        rest = slice_trim(rest);
        *ret = (struct slice){rest.ptr + 1, rest.len - 2}; /* without its quotes */
        return TRI_YES;
    }
    return tri_of(v && subject_scalar(who, v, ret));
}

/* The bytes that serve as wildcards may not come out of a variable. */
static bool is_plain(struct slice s)
{
    return !s.len || (!memchr(s.ptr, 0xFE, s.len) && !memchr(s.ptr, 0xFF, s.len));
}

enum tri subject_expand(const struct subject *who, const struct policy_text *text, bool arn,
                        struct slice *ret)
{
    struct strbuf sb;
    size_t colons = 0;
    strbuf_init(&sb, who->arena, EXPANDED_MAX);
    for (const char *c = text->text; *c; c++) {
        const char *close = c[0] == '$' && c[1] == '{' ? strchr(c, '}') : NULL;
        if (!close) {
            colons += *c == ':';
            strbuf_add_char(&sb, *c == '*'   ? WILDCARDS_EXPANDED.any
                                 : *c == '?' ? WILDCARDS_EXPANDED.one
                                             : *c);
            continue;
        }
        struct slice body = {c + 2, (size_t)(close - c - 2)}, value = body;
        bool special = body.len == 1; /* ${*}, ${?}, ${$}: the character itself */
        enum tri known = special ? TRI_YES : variable_value(who, body, &value);
        if (known != TRI_YES)
            return known;
        if (!is_plain(value) ||
            (arn && colons < ARN_PARTS - 1 && value.len && memchr(value.ptr, ':', value.len)))
            return TRI_UNDECIDED;
        strbuf_add_slice(&sb, value);
        c = close;
    }
    if (sb.overflowed)
        return TRI_UNDECIDED;
    *ret = (struct slice){sb.data, sb.len};
    return TRI_YES;
}
