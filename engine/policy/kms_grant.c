#include "engine/policy/kms_grant.h"

#include <string.h>

#include "engine/policy/kms_grant_covers.h"
#include "engine/policy/text.h"

/* The operations that a grant can allow. `encrypts`: the request has an encryption context, so the
 * constraints on it count. */
static const struct operation {
    const char *name;
    bool encrypts;
} operations[] = {
    {"Decrypt", true},
    {"Encrypt", true},
    {"GenerateDataKey", true},
    {"GenerateDataKeyWithoutPlaintext", true},
    {"GenerateDataKeyPair", true},
    {"GenerateDataKeyPairWithoutPlaintext", true},
    {"ReEncryptFrom", true},
    {"ReEncryptTo", true},
    {"CreateGrant", false},
    {"DescribeKey", false},
    {"RetireGrant", false},
    {"GetPublicKey", false},
    {"Sign", false},
    {"Verify", false},
    {"GenerateMac", false},
    {"VerifyMac", false},
    {"DeriveSharedSecret", false},
    {"Encapsulate", false},
    {"Decapsulate", false},
};

static const struct operation *operation_of(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (text_equal_fold(name, slice_of(operations[i].name)))
            return &operations[i];
    return NULL;
}

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    struct diags *diags;
    const char *address;
    bool failed;
};

static void fail(struct reader *r, const struct value *v, const char *message)
{
    r->failed = true;
    (void)diag_error(r->diags, E_RULE_POLICY, v->pos, r->address, "%s", message);
}

static const char *read_text(struct reader *r, const struct value *map, const char *key)
{
    const struct value *v = value_get(map, key);
    if (v && v->kind != VALUE_STRING)
        fail(r, v, arena_printf(r->arena, "%s is not a string", key));
    return value_str(v);
}

static void read_operations(struct reader *r, const struct value *entry, struct kms_grant *grant)
{
    const struct value *list = value_get(entry, "Operations");
    size_t len = value_len(list);
    if (!value_is(list, VALUE_LIST) || !len) {
        fail(r, list ? list : entry, "a grant has a list of Operations");
        return;
    }
    struct policy_text *texts = arena_array(r->arena, len, sizeof(*texts));
    for (size_t i = 0; i < len; i++) {
        const struct value *item = value_item(list, i);
        texts[i].text = value_str(item);
        if (!texts[i].text || !operation_of(slice_of(texts[i].text)))
            fail(r, item,
                 arena_printf(r->arena, "\"%s\" is not an operation that a grant can allow",
                              texts[i].text ? texts[i].text : value_kind_name(item->kind)));
    }
    grant->operations = (struct policy_texts){texts, len};
}

static const struct value *read_pairs(struct reader *r, const struct value *constraints,
                                      const char *key)
{
    const struct value *pairs = value_get(constraints, key);
    bool ok = !pairs || pairs->kind == VALUE_MAP;
    for (size_t i = 0; pairs && ok && i < pairs->map.len; i++)
        ok = pairs->map.entries[i].value->kind == VALUE_STRING;
    if (!ok)
        fail(r, pairs, arena_printf(r->arena, "%s is not a map of strings", key));
    return ok && value_len(pairs) ? pairs : NULL;
}

static void check_members(struct reader *r, const struct value *map, const char *const *known)
{
    for (size_t i = 0; i < map->map.len; i++)
        if (!str_is_one_of(map->map.entries[i].key, known))
            fail(r, map->map.entries[i].value,
                 arena_printf(r->arena, "\"%s\" is not part of a grant", map->map.entries[i].key));
}

static void read_constraints(struct reader *r, const struct value *entry, struct kms_grant *grant)
{
    static const char *const known[] = {"EncryptionContextEquals", "EncryptionContextSubset",
                                        "SourceArn", NULL};
    const struct value *constraints = value_get(entry, "Constraints");
    if (!constraints)
        return;
    if (constraints->kind != VALUE_MAP) {
        fail(r, constraints, "Constraints is not a map");
        return;
    }
    check_members(r, constraints, known);
    grant->context_equals = read_pairs(r, constraints, "EncryptionContextEquals");
    grant->context_subset = read_pairs(r, constraints, "EncryptionContextSubset");
    grant->source_arn = read_text(r, constraints, "SourceArn");
}

static void read_issuer(struct reader *r, const struct value *entry, struct kms_grant *grant)
{
    struct slice id;
    const char *account = read_text(r, entry, "IssuingAccount");
    if (!account)
        return;
    if (text_account_of_root(slice_of(account), &id))
        grant->issuing_account = arena_strndup(r->arena, id.ptr, id.len);
    else
        fail(r, value_get(entry, "IssuingAccount"), "IssuingAccount is not an account");
}

bool kms_grant_parse(struct arena *arena, const struct value *entry, struct kms_grant *ret,
                     struct diags *diags, const char *address)
{
    static const char *const known[] = {"KeyId",
                                        "GrantId",
                                        "Name",
                                        "CreationDate",
                                        "GranteePrincipal",
                                        "RetiringPrincipal",
                                        "IssuingAccount",
                                        "Operations",
                                        "Constraints",
                                        "GranteeServicePrincipal",
                                        "RetiringServicePrincipal",
                                        NULL};
    struct reader r = {.arena = arena, .diags = diags, .address = address};
    if (entry->kind != VALUE_MAP) {
        fail(&r, entry, "a grant is a map");
        return false;
    }
    struct kms_grant grant = {.id = read_text(&r, entry, "GrantId"),
                              .key = read_text(&r, entry, "KeyId")};
    check_members(&r, entry, known);
    const char *principal = read_text(&r, entry, "GranteePrincipal");
    const char *service = read_text(&r, entry, "GranteeServicePrincipal");
    grant.grantee = principal ? principal : service;
    if (!principal == !service)
        fail(&r, entry, "a grant has either a GranteePrincipal or a GranteeServicePrincipal");
    read_issuer(&r, entry, &grant);
    read_operations(&r, entry, &grant);
    read_constraints(&r, entry, &grant);
    if (!r.failed)
        *ret = grant;
    return !r.failed;
}

/* ---- judging ---- */

static bool lists(const struct kms_grant *grant, const struct operation *operation)
{
    for (size_t i = 0; i < grant->operations.len; i++)
        if (operation_of(slice_of(grant->operations.items[i].text)) == operation)
            return true;
    return false;
}

static bool is_for(const struct kms_grant *grant, const char *resource)
{
    if (!resource || !strstr(resource, ":key/"))
        return false;
    if (!grant->key || str_eq(grant->key, resource))
        return true;
    const char *id = strstr(resource, ":key/") + strlen(":key/");
    return str_eq(grant->key, id);
}

#define PAIR "kms:EncryptionContext:"

static size_t count_pairs(const struct value *context)
{
    size_t len = 0;
    for (size_t i = 0; value_is(context, VALUE_MAP) && i < context->map.len; i++)
        len += text_starts_fold(slice_of(context->map.entries[i].key), PAIR) &&
               context->map.entries[i].value->kind != VALUE_NULL;
    return len;
}

/* The keys of the pairs compare without case, their values with it. */
static bool has_pairs(const struct subject *who, const struct value *pairs)
{
    for (size_t i = 0; pairs && i < pairs->map.len; i++) {
        const struct value_entry *pair = &pairs->map.entries[i];
        const char *key = arena_printf(who->arena, PAIR "%s", pair->key);
        if (!str_eq(value_str(subject_context(who, slice_of(key))), value_str(pair->value)))
            return false;
    }
    return true;
}

static bool is_within_constraints(const struct subject *who, const struct kms_grant *grant,
                                  const struct operation *operation)
{
    const char *source = value_str(subject_context(who, slice_of("aws:SourceArn")));
    if (grant->source_arn && !str_eq(grant->source_arn, source))
        return false;
    if (!grant->context_equals && !grant->context_subset)
        return true;
    /* whether the grant to be made is as strict as this one the request does not say */
    if (str_eq(operation->name, "CreateGrant"))
        return false;
    if (!operation->encrypts)
        return true;
    if (grant->context_equals &&
        count_pairs(who->request->context) != grant->context_equals->map.len)
        return false;
    return has_pairs(who, grant->context_equals) && has_pairs(who, grant->context_subset);
}

static bool issued_by_caller(const struct subject *who, const struct kms_grant *grant)
{
    struct slice issuer =
        grant->issuing_account ? slice_of(grant->issuing_account) : who->resource_account;
    return text_equal_fold(issuer, who->account);
}

enum grant kms_grant_covers(const struct subject *who, const struct kms_grant *grant)
{
    struct slice action = slice_of(who->request->action);
    const struct operation *operation =
        text_starts_fold(action, "kms:") ? operation_of(slice_from(action, strlen("kms:"))) : NULL;
    if (!operation || !is_for(grant, who->request->resource) || !lists(grant, operation) ||
        !is_within_constraints(who, grant, operation))
        return GRANT_NONE;
    enum grant named = subject_is_named(who, grant->grantee);
    bool foreign = who->account.len && !text_equal_fold(who->account, who->resource_account);
    if (named > GRANT_ACCOUNT && foreign && !issued_by_caller(who, grant))
        return GRANT_ACCOUNT;
    return named;
}

size_t kms_grants_parse(struct arena *arena, const struct value *entries,
                        const struct kms_grant **ret)
{
    struct kms_grant *grants = arena_array(arena, value_len(entries) + 1, sizeof(*grants));
    struct diags diags;
    size_t len = 0;
    diags_init(&diags, arena);
    for (size_t i = 0; i < value_len(entries); i++)
        len += kms_grant_parse(arena, value_item(entries, i), &grants[len], &diags, NULL);
    *ret = grants;
    return len;
}
