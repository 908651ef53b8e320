/* The ways back: what a point of a last vault needs to become a resource again, in an account that
 * had no part in its making. Keys and vaults are entries of their own; the roles are made here. */
#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/aws/managed_policies.h"
#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

/* A vault at one end, in an account of the topology. */
struct end {
    struct target target;
    const char *arn, *name, *region;
    const struct account *account;
};

static bool end_of(struct lowering *lw, const struct instance *in, const char *key, struct end *ret)
{
    struct arn arn;
    if (!target_of(lw, in, "vaults", value_get(in->body, key), &ret->target))
        return false;
    ret->arn = literal_text(lw, target_value(lw, &ret->target, "arn"));
    if (!ret->arn)
        return false;
    if (!arn_parse(slice_of(ret->arn), &arn) || !arn_is_backup_vault(&arn, NULL)) {
        lower_error(lw, E_RULE_ARN, ret->target.pos, in->address,
                    "`%s` is not the ARN of a backup vault", ret->arn);
        return false;
    }
    const struct instance *vault = ret->target.instance;
    ret->name = vault ? vault->address : ret->arn;
    ret->region = arena_strndup(lw->arena, arn.region.ptr, arn.region.len);
    ret->account =
        vault ? vault->account
              : account_by_id(lw, arena_strndup(lw->arena, arn.account.ptr, arn.account.len));
    if (ret->account)
        return true;
    struct diag *d = lower_error(lw, E_PLACEMENT, ret->target.pos, in->address,
                                 "the account of `%s` is none of `accounts`", ret->arn);
    diag_hint(lw->diags, d, "Add the account: a restore makes calls in it.");
    return false;
}

/* ---- roles ---- */

static bool takes_buckets(struct lowering *lw)
{
    for (size_t i = 0; i < lw->entries.len; i++) {
        const struct entry *entry = lw->entries.entries[i].value;
        for (size_t j = 0; str_eq(entry->section, "plans") && j < entry->len; j++)
            if (plan_takes_buckets(&entry->instances[j]))
                return true;
    }
    return false;
}

struct wanted_role {
    const char *address, *what;
    const struct account *account;
    const struct value *name;
    const char *managed, *managed_s3; /* policies; the second one where a plan takes buckets */
};

static const struct value *make_role(struct lowering *lw, const struct instance *in,
                                     const struct wanted_role *role)
{
    struct arena *arena = lw->arena;
    struct map_builder map = map_begin(arena);
    struct list_builder managed = list_begin(arena);
    const char *partition = role->account->partition;
    list_add_str(&managed, managed_policy_arn(arena, role->managed, partition));
    if (takes_buckets(lw))
        list_add_str(&managed, managed_policy_arn(arena, role->managed_s3, partition));
    map_put(&map, "name", role->name);
    map_put(&map, "description",
            value_stringf(arena, "AWS Backup %s with this role for %s", role->what,
                          in->entry->address));
    map_put(&map, "assume_role_policy_document",
            iam_service_trust(arena, "backup.amazonaws.com", NULL));
    map_put(&map, "managed_policy_arns", list_end(&managed));
    struct draft *draft =
        draft_add_at(lw, in, role->address, role->account, NULL, "aws_iam_role", map_end(&map));
    if (draft)
        draft->resource.prevent_destroy = value_get_bool(in->body, "prevent_destroy", false);
    return value_ref(arena, role->address, "arn");
}

static const struct value *copy_role(struct lowering *lw, const struct instance *in)
{
    const struct value *given = value_get(in->body, "copy_role");
    if (given)
        return ref_value(lw, in, "roles", given, "arn");
    const struct wanted_role role = {
        .address = arena_printf(lw->arena, "%s/copy_role", in->global_address),
        .what = "copies points out",
        .account = in->account,
        .name = global_name_of(lw, in, "AWSBackup"),
        .managed = MANAGED_POLICY_BACKUP,
        .managed_s3 = MANAGED_POLICY_S3_BACKUP,
    };
    return make_role(lw, in, &role);
}

/* One for all members of the entry that restore in that account. */
static const struct value *restore_role(struct lowering *lw, const struct instance *in,
                                        const struct end *to)
{
    const struct value *given = value_get(in->body, "role");
    if (given)
        return ref_value(lw, in, "roles", given, "arn");
    const struct wanted_role role = {
        .address = arena_printf(lw->arena, "%s/role[%s]", in->entry->address, to->account->name),
        .what = "restores points",
        .account = to->account,
        .name =
            value_stringf(lw->arena, "%s-%s-AWSBackupRestore", lw->topology, in->entry->first_name),
        .managed = MANAGED_POLICY_RESTORES,
        .managed_s3 = MANAGED_POLICY_S3_RESTORE,
    };
    return make_role(lw, in, &role);
}

/* ---- the entry ---- */

static bool check_types(struct lowering *lw, const struct instance *in)
{
    const struct value *metadata = value_get(in->body, "metadata");
    bool good = true;
    for (size_t i = 0; value_is(metadata, VALUE_MAP) && i < metadata->map.len; i++) {
        const struct value_entry *e = &metadata->map.entries[i];
        if (backup_type_find(e->key))
            continue;
        lower_error(
            lw, E_BAD_VALUE, e->key_pos, in->address,
            "`%s` is no type of resources that AWS Backup restores here, such as RDS or EBS",
            e->key);
        good = false;
    }
    return good;
}

static bool check_account(struct lowering *lw, const struct instance *in, const char *key,
                          const char *role_arn, const struct account *account)
{
    struct arn arn;
    if (arn_parse(slice_of(role_arn), &arn) && slice_is(arn.account, account->id))
        return true;
    struct diag *d = lower_error(
        lw, E_PLACEMENT, place_or(value_get(in->body, key), in->entry->pos), in->address,
        "`%s` has to be a role of account `%s`, and %s is not", key, account->name, role_arn);
    diag_hint(lw->diags, d, "Leave `%s` out, and one is made; or name a role of that account.",
              key);
    return false;
}

static void add(struct lowering *lw, const struct restore_entry *entry)
{
    lw->restores = arena_grow(lw->arena, lw->restores, lw->restore_len, &lw->restore_cap,
                              lw->restore_len + 1, sizeof(*lw->restores));
    lw->restores[lw->restore_len++] = *entry;
}

static bool lower_restore(struct lowering *lw, const struct instance *in)
{
    struct end from, to;
    if (!end_of(lw, in, "source_vault", &from) || !end_of(lw, in, "destination_vault", &to) ||
        !copy_may_go(lw, in, &to.target, to.target.pos) || !check_types(lw, in))
        return false;
    const struct value *copier = copy_role(lw, in), *restorer = restore_role(lw, in, &to);
    struct restore_entry entry = {
        .address = in->address,
        .pos = in->entry->pos,
        .source_arn = from.arn,
        .source = from.name,
        .from = from.account,
        .from_region = from.region,
        .destination_arn = to.arn,
        .destination = to.name,
        .to = to.account,
        .to_region = to.region,
        .copy_role_arn = copier ? literal_text(lw, copier) : NULL,
        .role_arn = restorer ? literal_text(lw, restorer) : NULL,
        .lifecycle = literal_of(lw, value_get(in->body, "lifecycle")),
        .metadata = value_get(in->body, "metadata"),
    };
    if (!entry.copy_role_arn || !entry.role_arn ||
        !check_account(lw, in, "copy_role", entry.copy_role_arn, from.account) ||
        !check_account(lw, in, "role", entry.role_arn, to.account))
        return false;
    const struct instance *vault = to.target.instance;
    if (vault && vault->account != in->account)
        lower_last_vault_account(lw, vault);
    add(lw, &entry);
    return true;
}

void lower_restores(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        if (!lower_restore(lw, &entry->instances[i]))
            lw->broken = true;
}
