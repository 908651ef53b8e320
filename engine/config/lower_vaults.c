#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

static const char *const copy_into[] = {"backup:CopyIntoBackupVault", NULL};
static const char *const destroy[] = {
    "backup:DeleteRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
    "backup:PutBackupVaultAccessPolicy",
    "backup:DeleteBackupVaultAccessPolicy",
    "backup:PutBackupVaultLockConfiguration",
    "backup:DeleteBackupVaultLockConfiguration",
    NULL,
};

static const struct value *allow_copies(struct lowering *lw, const struct value *principal,
                                        const struct value *condition, struct source_pos pos)
{
    return value_at(lw->arena,
                    iam_statement(lw->arena, "AllowCopiesIntoVault", "Allow", principal, copy_into,
                                  value_string(lw->arena, "*"), condition),
                    pos);
}

static const struct value *organization_condition(struct lowering *lw, const struct value *item)
{
    const char *id = value_get_str(value_get(lw->doc, "organization"), "id");
    if (!id) {
        struct diag *d = lower_error(lw, E_BAD_REFERENCE, item->pos, NULL,
                                     "`organization` is named here, but the topology has no "
                                     "`organization` with an `id`");
        diag_hint(lw->diags, d, "Add the section, as in `organization: {id: o-exampleorgid}`.");
        return NULL;
    }
    return iam_condition(lw->arena, "StringEquals", "aws:PrincipalOrgID",
                         value_string(lw->arena, id));
}

/* One Allow for accounts and roles, or one for the whole organization, which holds them all. */
static void add_senders(struct lowering *lw, const struct instance *in,
                        struct list_builder *statements)
{
    const struct value *accept = as_list(lw, value_get(in->body, "accept_copies_from"));
    struct list_builder arns = list_begin(lw->arena);
    struct account_list accounts = {0};
    if (value_len(accept) == 0)
        return;
    for (size_t i = 0; i < value_len(accept); i++) {
        const struct value *item = value_item(accept, i);
        const char *text = value_str(item);
        if (str_eq(text, "organization")) {
            const struct value *condition = organization_condition(lw, item);
            if (condition)
                list_add(statements,
                         allow_copies(lw, iam_everybody(lw->arena), condition, accept->pos));
            return;
        }
        if (!text || str_starts(text, "arn:"))
            list_add(&arns, item);
        else
            accounts_add(lw, &accounts, item);
    }
    for (size_t i = 0; i < accounts.len; i++)
        list_add_str(&arns, account_root(lw, accounts.items[i]));
    if (arns.len > 0)
        list_add(statements,
                 allow_copies(lw, iam_aws(lw->arena, list_end(&arns)), NULL, accept->pos));
}

static const struct value *vault_policy(struct lowering *lw, const struct instance *in)
{
    const struct value *given = value_get(in->body, "policy");
    struct list_builder list = list_begin(lw->arena);
    if (given)
        return given;
    add_senders(lw, in, &list);
    const struct value *protect = protect_statement(lw, in, "ProtectVault", destroy);
    if (protect)
        list_add(&list, protect);
    if (list.len == 0)
        return NULL;
    return iam_document(lw->arena, NULL, list_end(&list));
}

static struct draft *lower_lock(struct lowering *lw, const struct instance *in)
{
    static const char *const same[] = {"min_retention_days", "max_retention_days",
                                       "changeable_for_days", NULL};
    const struct value_entry *e = value_entry_of(in->body, "lock");
    if (!e || !value_is(e->value, VALUE_MAP))
        return NULL;
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "backup_vault_name", value_ref(lw->arena, in->address, "name"));
    copy_keys(&map, e->value, same);
    struct draft *draft = draft_add(lw, in, "/lock", "aws_backup_vault_lock", map_end(&map));
    if (draft) {
        draft->resource.pos = e->key_pos;
        draft->resource.last = value_get(e->value, "changeable_for_days") != NULL;
    }
    return draft;
}

static struct draft *lower_policy(struct lowering *lw, const struct instance *in)
{
    const struct value *policy = vault_policy(lw, in);
    if (!policy)
        return NULL;
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "backup_vault_name", value_ref(lw->arena, in->address, "name"));
    map_put(&map, "policy", policy);
    return draft_add(lw, in, "/policy", "aws_backup_vault_policy", map_end(&map));
}

/* The denies of `protect` hold for the lock and for whoever applies, so the lock goes first. */
static void lock_before_denies(struct lowering *lw, const struct instance *in,
                               const struct draft *lock, struct draft *policy)
{
    if (!lock || !policy || !value_get(in->body, "protect"))
        return;
    draft_depend(lw, policy, lock->resource.address);
    policy->resource.last = lock->resource.last;
}

/* AWS Backup publishes where the vault is. */
static const struct value *topic_arn(struct lowering *lw, const struct instance *in,
                                     const struct value *v)
{
    struct target target;
    if (!target_of(lw, in, "topics", v, &target))
        return NULL;
    if (target.instance && !str_eq(target.instance->region, in->region)) {
        struct diag *d =
            lower_error(lw, E_PLACEMENT, target.pos, in->address,
                        "`%s` is in %s, and `%s`, which would report to it, is in %s",
                        target.instance->address, target.instance->region, in->address, in->region);
        diag_hint(lw->diags, d, "Name a topic of the vault's Region.");
    }
    return target_value(lw, &target, "arn");
}

static void lower_notifications(struct lowering *lw, const struct instance *in)
{
    const struct value_entry *e = value_entry_of(in->body, "notifications");
    const struct value_entry *events = e ? value_entry_of(e->value, "events") : NULL;
    const struct value *topic = e ? value_get(e->value, "topic") : NULL;
    if (!topic || !events)
        return; /* none, or the schema says what is missing */
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "backup_vault_name", value_ref(lw->arena, in->address, "name"));
    map_put(&map, "sns_topic_arn", topic_arn(lw, in, topic));
    map_put_at(&map, "backup_vault_events", events->key_pos, events->value);
    struct draft *draft =
        draft_add(lw, in, "/notifications", "aws_backup_vault_notifications", map_end(&map));
    if (draft)
        draft->resource.pos = e->key_pos;
}

static void lower_vault(struct lowering *lw, const struct instance *in)
{
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "name", name_of(lw, in, NULL));
    if (value_get_bool(in->body, "external", false)) {
        static const char *const parts[] = {
            "key", "accept_copies_from", "lock", "notifications", "protect", "policy", "tags",
            NULL};
        refuse_parts_of_external(lw, in, "vault", parts);
        draft_add(lw, in, "", "aws_backup_vault", map_end(&map))->resource.external = true;
        return;
    }
    static const char *const in_policy[] = {"accept_copies_from", "protect", NULL};
    refuse_beside_policy(lw, in, in_policy);
    map_put(&map, "encryption_key_arn",
            ref_value(lw, in, "keys", value_get(in->body, "key"), "arn"));
    draft_add(lw, in, "", "aws_backup_vault", map_end(&map));

    struct draft *policy = lower_policy(lw, in);
    lock_before_denies(lw, in, lower_lock(lw, in), policy);
    lower_notifications(lw, in);
    if (value_len(as_list(lw, value_get(in->body, "accept_copies_from"))) > 0)
        lower_last_vault_account(lw, in);
}

void lower_vaults(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_vault(lw, &entry->instances[i]);
}
