/* Vaults: locks, places, and who may do what. Most of it is about last vaults. */
#include "engine/proof/findings.h"
#include "engine/proof/retention.h"
#include "engine/proof/statements.h"

#define GRACE_DAYS 7

static void check_lock(struct findings *f, const struct model_object *vault)
{
    const struct model_object *lock = model_of_vault(f->model, "aws_backup_vault_lock", vault);
    if (str_eq(vault->resource->schema->type_name, "aws_backup_logically_air_gapped_vault"))
        return; /* locked by its nature */
    if (!lock) {
        finding_add(f, RULE_NO_LOCK, vault, NO_POS, "the vault can be emptied");
        return;
    }
    int64_t grace = value_get_int(lock->properties, "changeable_for_days", 0);
    if (grace == 0)
        finding_add(f, RULE_GOVERNANCE, lock, NO_POS, "the lock is in governance mode");
    else if (grace < GRACE_DAYS)
        finding_addf(f, RULE_SHORT_GRACE, lock, NO_POS, "%lld days", (long long)grace);
    int64_t longest = value_get_int(lock->properties, "max_retention_days", 0);
    if (!longest)
        finding_add(f, RULE_LOCK_NO_MAX, lock, NO_POS, "no max_retention_days");
    else if (longest > RETENTION_LONG_DAYS)
        finding_addf(f, RULE_LOCK_NO_MAX, lock, NO_POS, "%lld days", (long long)longest);
}

static void check_places(struct findings *f, const struct proof_path *path,
                         const struct model_object *vault)
{
    const struct resource *plan = model_at(f->model, path->plan)->resource;
    const struct resource *last = vault->resource;
    const struct model_object *between =
        model_find(f->model, value_get_str(path->action, "destination_backup_vault_arn"));
    if (str_eq(last->region, plan->region))
        finding_addf(f, RULE_SAME_REGION, vault, NO_POS, "%s and %s are both in %s", last->address,
                     plan->address, plan->region);
    if (!path->relay || !between)
        return;
    if (!str_eq(between->resource->region, last->region))
        finding_addf(f, RULE_RELAY_REGION, between, NO_POS, "%s is in %s, %s in %s",
                     between->resource->address, between->resource->region, last->address,
                     last->region);
    if (!str_eq(between->resource->account->id, plan->account->id))
        finding_addf(f, RULE_RELAY_SOURCE_ACCOUNT, between, NO_POS, "%s is in account %s, %s in %s",
                     between->resource->address, between->resource->account->name, plan->address,
                     plan->account->name);
    if (str_eq(between->resource->account->id, last->account->id))
        finding_addf(f, RULE_RELAY_ACCOUNT, vault, NO_POS, "%s is in account %s as %s is",
                     last->address, last->account->name, between->resource->address);
}

static void check_guard(struct findings *f, const struct model_object *vault)
{
    const struct model_object *object = model_of_vault(f->model, "aws_backup_vault_policy", vault);
    const struct policy *policy =
        object ? model_policy(f->model, value_get(object->properties, "policy")) : NULL;
    if (!policy_takes(policy, POLICY_DENY, "backup:PutBackupVaultAccessPolicy") &&
        !policy_takes(policy, POLICY_DENY, "backup:DeleteBackupVaultAccessPolicy"))
        finding_add(f, RULE_VAULT_UNPROTECTED, vault, NO_POS, "no deny guards its policy");
}

static bool is_foreign(const struct policy_principal *p, const char *account)
{
    return p->kind == POLICY_PRINCIPAL_ACCOUNT && !str_eq(p->text.text, account);
}

/* What a statement for another account may give. */
static bool gives_more(const struct policy_statement *s)
{
    for (size_t i = 0; i < s->actions.len; i++)
        if (!str_eq(s->actions.items[i].text, "backup:CopyIntoBackupVault"))
            return s->effect == POLICY_ALLOW;
    return false;
}

static void check_policy(struct findings *f, const struct model_object *object)
{
    const struct policy *policy = model_policy(f->model, value_get(object->properties, "policy"));
    const char *account = object->resource->account->id;
    const struct policy_text *deleted = policy_deleted_principal(policy);
    if (deleted)
        finding_addf(f, RULE_DELETED_PRINCIPAL, object, deleted->pos, "%s", deleted->text);
    for (size_t i = 0; policy && i < policy->statements_len; i++) {
        const struct policy_statement *s = &policy->statements[i];
        if (statement_is_open(s))
            finding_add(f, RULE_OPEN_VAULT, object, s->pos, "the statement is for every principal");
        for (size_t k = 0; k < s->principals_len; k++)
            if (is_foreign(&s->principals[k], account) && gives_more(s))
                finding_addf(f, RULE_VAULT_FOREIGN_RIGHTS, object, s->pos, "account %s",
                             s->principals[k].text.text);
    }
}

static void check_way_back(struct findings *f, const struct model_object *vault)
{
    const struct topology *topology = f->model->topology;
    for (size_t i = 0; i < topology->restore_len; i++)
        if (str_eq(topology->restores[i].source_arn, vault->arn))
            return;
    finding_addf(f, RULE_NO_WAY_BACK, vault, NO_POS, "no entry of restores begins at %s",
                 vault->resource->address);
}

void check_vaults(struct findings *f)
{
    const struct model_list *policies = model_all(f->model, "aws_backup_vault_policy");
    for (size_t i = 0; i < policies->len; i++)
        check_policy(f, policies->items[i]);
    for (size_t i = 0; i < f->path_len; i++) {
        const struct model_object *vault = model_find(f->model, f->paths[i].last_vault);
        if (!vault || model_is_open(vault) || !f->paths[i].action)
            continue;
        check_lock(f, vault);
        check_guard(f, vault);
        check_way_back(f, vault);
        check_places(f, &f->paths[i], vault);
    }
}
