/* Keys: who can use them, and who can make every copy unreadable. */
#include <string.h>

#include "engine/proof/findings.h"
#include "engine/proof/statements.h"

/* The account's own principals can manage the key by their identity policies. */
static bool gives_root(const struct policy *policy, const char *account)
{
    for (size_t i = 0; policy && i < policy->statements_len; i++) {
        const struct policy_statement *s = &policy->statements[i];
        for (size_t k = 0; k < s->principals_len; k++)
            if (statement_takes(s, POLICY_ALLOW, "kms:PutKeyPolicy") &&
                (s->principals[k].kind == POLICY_PRINCIPAL_ANY ||
                 (s->principals[k].kind == POLICY_PRINCIPAL_ACCOUNT &&
                  str_eq(s->principals[k].text.text, account))))
                return true;
    }
    return false;
}

static void check_key(struct findings *f, const struct model_object *key)
{
    const struct value *doc = value_get(key->properties, "policy");
    const struct policy *policy = model_policy(f->model, doc);
    const struct value *rotation = value_get(key->properties, "key_rotation_enabled");
    const struct policy_text *deleted = policy_deleted_principal(policy);
    if (value_is(rotation, VALUE_BOOL) && !rotation->boolean)
        finding_add(f, RULE_KEY_ROTATION, key, rotation->pos, "key_rotation_enabled is false");
    if (deleted)
        finding_addf(f, RULE_DELETED_PRINCIPAL, key, deleted->pos, "%s", deleted->text);
    if (policy && !gives_root(policy, key->resource->account->id))
        finding_addf(f, RULE_KEY_NO_ROOT, key, doc->pos, "account %s cannot manage its own key",
                     key->resource->account->name);
    for (size_t i = 0; policy && i < policy->statements_len; i++)
        if (statement_is_open(&policy->statements[i]))
            finding_add(f, RULE_KEY_OPEN, key, policy->statements[i].pos,
                        "the statement is for every principal");
}

/* AWS keeps grants for the roles of its own services, and the key's account may use it anyway. */
static bool is_foreign(struct findings *f, const char *principal, const char *home)
{
    const char *account = model_account_of(f->arena, principal);
    bool of_aws = principal && strstr(principal, ":role/aws-service-role/") &&
                  model_account(f->model, account);
    return account && !of_aws && !str_eq(account, home);
}

/* What the grant gives that reaches what lies under the key; NULL: nothing. */
static const char *reach_of(const struct value *grant)
{
    static const char *const words[][2] = {
        {"Decrypt", "read"}, {"ReEncryptFrom", "read"}, {"CreateGrant", "grant others the use of"}};
    const struct value *operations = value_get(grant, "Operations");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        for (size_t k = 0; k < value_len(operations); k++)
            if (str_eq(value_str(value_item(operations, k)), words[i][0]))
                return words[i][1];
    return NULL;
}

static void check_grants(struct findings *f, const struct model_object *key)
{
    const struct value *grants = sight_grants(f->model->sights, key->arn);
    const char *home = key->resource->account->id;
    for (size_t i = 0; i < value_len(grants); i++) {
        const struct value *grant = value_item(grants, i);
        const char *id = value_get_str(grant, "GrantId"), *reach = reach_of(grant);
        const char *grantee = value_get_str(grant, "GranteePrincipal");
        const char *retiring = value_get_str(grant, "RetiringPrincipal");
        if (reach && is_foreign(f, grantee, home))
            finding_addf(f, RULE_KEY_GRANTED, key, NO_POS,
                         "by the grant %s %s may %s what lies under it", id, grantee, reach);
        else if (is_foreign(f, retiring, home))
            finding_addf(f, RULE_KEY_GRANTED, key, NO_POS, "%s may retire the grant %s of %s",
                         retiring, id, grantee ? grantee : "a service");
    }
}

static void check_last_key(struct findings *f, const struct model_object *vault)
{
    const char *arn = value_get_str(vault->properties, "encryption_key_arn");
    const struct model_object *key = model_find(f->model, arn);
    if (arn && !str_eq(model_account_of(f->arena, arn), vault->resource->account->id))
        finding_addf(f, RULE_KEY_ACCOUNT, vault, NO_POS, "its key is %s",
                     key ? key->resource->address : arn);
    if (!key || model_is_open(key))
        return;
    check_grants(f, key);
    const struct policy *policy = model_policy(f->model, value_get(key->properties, "policy"));
    if (!policy_takes(policy, POLICY_DENY, "kms:ScheduleKeyDeletion"))
        finding_addf(f, RULE_KEY_UNPROTECTED, key, NO_POS,
                     "what lies in %s is unreadable without this key", vault->resource->address);
}

void check_keys(struct findings *f)
{
    const struct model_list *keys = model_all(f->model, "aws_kms_key");
    for (size_t i = 0; i < keys->len; i++)
        if (!model_is_open(keys->items[i]))
            check_key(f, keys->items[i]);
    for (size_t i = 0; i < f->path_len; i++) {
        const struct model_object *vault = model_find(f->model, f->paths[i].last_vault);
        if (vault && !model_is_open(vault))
            check_last_key(f, vault);
    }
}
