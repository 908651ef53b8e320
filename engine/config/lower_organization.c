#include "engine/config/lower.h"

#define SWITCH "cross_account_backup"

/* What the section holds has no entry of its own: each of its words is one. */
static struct instance *section_instance(struct lowering *lw, const struct account *account,
                                         const char *name, const struct value_entry *e)
{
    struct entry *entry = arena_new_of(lw->arena, struct entry);
    struct instance *in = arena_new_of(lw->arena, struct instance);
    *entry = (struct entry){.section = "organization",
                            .name = name,
                            .first_name = name,
                            .address = "organization",
                            .body = value_get(lw->doc, "organization"),
                            .pos = e->key_pos,
                            .instances = in,
                            .len = 1};
    *in = (struct instance){.entry = entry,
                            .account = account,
                            .address = entry->address,
                            .global_address = entry->address,
                            .name_suffix = "",
                            .body = entry->body};
    return in;
}

/* The switch for copies between accounts is a setting of the management account. */
static void lower_switch(struct lowering *lw, const struct account *management,
                         const struct value_entry *e)
{
    struct map_builder settings = map_begin(lw->arena), map = map_begin(lw->arena);
    map_put_at(&settings, "is_cross_account_backup_enabled", e->key_pos, e->value);
    map_put_str(&map, "account_id", management->id);
    map_put(&map, "global_settings", value_at(lw->arena, map_end(&settings), e->key_pos));
    draft_add(lw, section_instance(lw, management, "settings", e), "/settings",
              "aws_backup_global_settings", map_end(&map));
}

/* ---- policies ---- */

/* Accounts and groups of `accounts` become ids; ids of the root and of units stay. */
static const struct value *target_ids(struct lowering *lw, const struct value *targets)
{
    struct list_builder ids = list_begin(lw->arena);
    for (size_t i = 0; i < value_len(targets); i++) {
        const struct value *item = value_item(targets, i);
        const char *text = value_str(item);
        struct account_list accounts = {0};
        if (text && !map_get(&lw->account_entries, text) &&
            (str_starts(text, "r-") || str_starts(text, "ou-"))) {
            list_add(&ids, item);
            continue;
        }
        accounts_add(lw, &accounts, item);
        for (size_t k = 0; k < accounts.len; k++)
            list_add(&ids, value_at(lw->arena, value_string(lw->arena, accounts.items[k]->id),
                                    item->pos));
    }
    return value_at(lw->arena, list_end(&ids), targets->pos);
}

static void lower_policy(struct lowering *lw, const struct account *management,
                         const struct value_entry *e)
{
    static const char *const same[] = {"type", "description", "content", NULL};
    struct instance *in = section_instance(lw, management, e->key, e);
    in->body = evaluate(lw, in, e->value);
    const struct value *targets = value_get(in->body, "targets");
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "name", name_of(lw, in, NULL));
    copy_keys(&map, in->body, same);
    map_put(&map, "targets", value_is(targets, VALUE_LIST) ? target_ids(lw, targets) : targets);
    struct draft *draft = draft_add(lw, in, arena_printf(lw->arena, "/policies.%s", e->key),
                                    "aws_organizations_policy", map_end(&map));
    if (draft)
        draft->resource.prevent_destroy = value_get_bool(in->body, "prevent_destroy", false);
}

static void lower_policies(struct lowering *lw, const struct account *management,
                           const struct value_entry *e)
{
    for (size_t i = 0; i < value_len(e->value); i++)
        lower_policy(lw, management, &e->value->map.entries[i]);
}

/* ---- the section ---- */

void lower_organization(struct lowering *lw)
{
    static const struct {
        const char *word, *what;
        void (*lower)(struct lowering *lw, const struct account *management,
                      const struct value_entry *e);
    } words[] = {{SWITCH, "is a setting of", lower_switch},
                 {"policies", "belong to", lower_policies}};
    const struct value *organization = value_get(lw->doc, "organization");
    const struct value *account = value_get(organization, "account");
    struct account_list list = {0};
    if (account)
        accounts_add(lw, &list, account);
    if (list.len > 0)
        lw->management_account_id = list.items[0]->id;
    lw->organization_id = value_get_str(organization, "id");
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        const struct value_entry *e = value_entry_of(organization, words[i].word);
        if (e && list.len == 1) {
            words[i].lower(lw, list.items[0], e);
        } else if (e && !account) {
            struct diag *d =
                lower_error(lw, E_PLACEMENT, e->key_pos, "organization",
                            "`%s` %s the management account, which `organization` does not name",
                            words[i].word, words[i].what);
            diag_hint(lw->diags, d, "Add `account`, the management account's name in `accounts`.");
        } else if (e && list.len > 1) {
            lower_error(lw, E_GROUP, account->pos, "organization",
                        "an organization has one management account, and `%s` is a group",
                        value_str(account));
        }
    }
}

/* ---- region_settings ---- */

static void lower_settings(struct lowering *lw, const struct instance *in)
{
    static const struct {
        const char *word, *property;
    } maps[] = {{"resource_type_opt_in", "resource_type_opt_in_preference"},
                {"resource_type_management", "resource_type_management_preference"}};
    struct map_builder map = map_begin(lw->arena);
    map_put_str(&map, "account_id", in->account->id);
    for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
        const struct value_entry *e = value_entry_of(in->body, maps[i].word);
        if (e)
            map_put_at(&map, maps[i].property, e->key_pos, e->value);
    }
    draft_add(lw, in, "", "aws_backup_region_settings", map_end(&map));
}

void lower_region_settings(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_settings(lw, &entry->instances[i]);
}
