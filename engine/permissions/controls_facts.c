#include "engine/permissions/controls_facts.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/bug.h"
#include "relay/decide/relay_config.h"

/* Texts of a list, each once. */
struct texts {
    struct list_builder list;
    struct map seen;
};

static void texts_init(struct texts *texts, struct arena *arena)
{
    texts->list = list_begin(arena);
    map_init(&texts->seen, arena);
}

static void texts_add(struct texts *texts, const char *text)
{
    if (!text || map_get(&texts->seen, text))
        return;
    map_set(&texts->seen, text, texts);
    list_add_str(&texts->list, text);
}

static void add_account(struct map *accounts, const struct account *account)
{
    if (!map_get(accounts, account->id))
        map_set(accounts, account->id, (void *)account);
}

static const char *type_of(const struct resource *resource)
{
    return resource->schema->type_name;
}

static bool is_vault(const struct resource *resource)
{
    return str_eq(type_of(resource), "aws_backup_vault") ||
           str_eq(type_of(resource), "aws_backup_logically_air_gapped_vault");
}

/* ---- vaults ---- */

static void read_vaults(struct control_facts *f)
{
    for (size_t i = 0; i < f->topology->resource_len; i++) {
        const struct resource *r = &f->topology->resources[i];
        if (is_vault(r))
            map_set(&f->vaults,
                    schema_arn(f->arena, r->schema, r->account->id, r->region, r->properties),
                    (void *)r);
    }
}

static struct last_vault *add_last(struct control_facts *f, const char *arn)
{
    const struct resource *vault = map_get(&f->vaults, arn);
    struct last_vault *last = map_get(&f->last_by_arn, arn);
    if (last || !vault || vault->external)
        return last;
    last = arena_new_of(f->arena, struct last_vault);
    *last = (struct last_vault){.arn = arn, .account = vault->account};
    map_set(&f->last_by_arn, arena_strdup(f->arena, arn), last);
    add_account(&f->last_accounts, vault->account);
    return last;
}

static void read_lock(struct control_facts *f, const struct resource *lock)
{
    const char *arn = arena_printf(f->arena, "arn:%s:backup:%s:%s:backup-vault:%s",
                                   lock->account->partition, lock->region, lock->account->id,
                                   value_get_str(lock->properties, "backup_vault_name"));
    struct last_vault *last = add_last(f, arn);
    if (last)
        last->lock = lock->properties;
}

/* ---- copies ---- */

/* In the account that copies, the same words for every account of a group. */
static const char *target_text(struct arena *arena, const char *vault_arn, const char *account_id)
{
    struct arn arn;
    if (!arn_parse(slice_of(vault_arn), &arn) || !slice_is(arn.account, account_id))
        return vault_arn;
    return arena_printf(arena, "arn:%.*s:backup:%.*s:${aws:PrincipalAccount}:%.*s",
                        (int)arn.partition.len, arn.partition.ptr, (int)arn.region.len,
                        arn.region.ptr, (int)arn.resource.len, arn.resource.ptr);
}

static void read_copy(struct control_facts *f, struct texts *targets, const char *vault_arn,
                      const char *account_id)
{
    struct arn arn;
    if (!vault_arn || !arn_parse(slice_of(vault_arn), &arn))
        return;
    texts_add(targets, target_text(f->arena, vault_arn, account_id));
    if (!slice_is(arn.account, account_id))
        (void)add_last(f, vault_arn);
}

static void read_plan(struct control_facts *f, struct texts *targets, const struct resource *plan)
{
    const struct value *rules = value_get(plan->properties, "rules");
    add_account(&f->source_accounts, plan->account);
    for (size_t i = 0; i < value_len(rules); i++) {
        const struct value *actions = value_get(value_item(rules, i), "copy_actions");
        for (size_t k = 0; k < value_len(actions); k++)
            read_copy(f, targets,
                      value_get_str(value_item(actions, k), "destination_backup_vault_arn"),
                      plan->account->id);
    }
}

static void read_relay(struct control_facts *f, struct texts *targets,
                       const struct relay_entry *relay)
{
    struct relay_config config;
    const char *why;
    BUG_ON(!relay_config_parse(f->arena, relay->config, &config, &why));
    add_account(&f->source_accounts, relay->account);
    for (size_t i = 0; i < config.destination_len; i++) {
        read_copy(f, targets, config.destinations[i].vault_arn, config.account_id);
        (void)add_last(f, config.destinations[i].vault_arn);
    }
}

/* ---- principals ---- */

/* `protect` wrote them into policies: who is left out of a denial. */
static void read_break_glass(struct texts *found, const struct value *policy)
{
    const struct value *statements = value_get(policy, "Statement");
    for (size_t i = 0; i < value_len(statements); i++) {
        const struct value *statement = value_item(statements, i);
        const struct value *left_out =
            value_pointer(statement, "/Condition/ArnNotEquals/aws:PrincipalArn");
        if (!str_eq(value_get_str(statement, "Effect"), "Deny"))
            continue;
        texts_add(found, value_str(left_out));
        for (size_t k = 0; value_is(left_out, VALUE_LIST) && k < value_len(left_out); k++)
            texts_add(found, value_str(value_item(left_out, k)));
    }
}

static void read_deployers(struct control_facts *f)
{
    struct texts roles;
    texts_init(&roles, f->arena);
    for (size_t i = 0; i < f->topology->account_len; i++) {
        const char *role = f->topology->accounts[i].assume_role;
        texts_add(&roles, role ? strrchr(role, ':') + 1 : NULL);
    }
    f->deployers = list_end(&roles.list);
}

void control_facts_read(struct control_facts *f, struct arena *arena,
                        const struct topology *topology)
{
    struct texts targets, break_glass;
    *f = (struct control_facts){.arena = arena, .topology = topology};
    map_init(&f->vaults, arena);
    map_init(&f->last_by_arn, arena);
    map_init(&f->source_accounts, arena);
    map_init(&f->last_accounts, arena);
    map_init(&f->key_accounts, arena);
    texts_init(&targets, arena);
    texts_init(&break_glass, arena);
    read_vaults(f);
    read_deployers(f);
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *r = &topology->resources[i];
        if (str_eq(type_of(r), "aws_backup_plan"))
            read_plan(f, &targets, r);
        else if (str_eq(type_of(r), "aws_backup_vault_lock"))
            read_lock(f, r);
        else if (str_eq(type_of(r), "aws_kms_key") && !r->external)
            add_account(&f->key_accounts, r->account);
        read_break_glass(&break_glass, value_get(r->properties, "policy"));
    }
    for (size_t i = 0; i < topology->relay_len; i++)
        read_relay(f, &targets, &topology->relays[i]);
    f->copy_targets = list_end(&targets.list);
    f->break_glass = list_end(&break_glass.list);
}
