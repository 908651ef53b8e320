#include "engine/config/lower.h"

#define SWITCH "cross_account_backup"

/* The settings of the organization have no entry of their own: the section is one. */
static struct instance *section_instance(struct lowering *lw, const struct account *account,
                                         const struct value_entry *e)
{
    struct entry *entry = arena_new_of(lw->arena, struct entry);
    struct instance *in = arena_new_of(lw->arena, struct instance);
    *entry = (struct entry){.section = "organization",
                            .name = "settings",
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
    draft_add(lw, section_instance(lw, management, e), "/settings", "aws_backup_global_settings",
              map_end(&map));
}

void lower_organization(struct lowering *lw)
{
    const struct value *organization = value_get(lw->doc, "organization");
    const struct value *account = value_get(organization, "account");
    const struct value_entry *e = value_entry_of(organization, SWITCH);
    struct account_list list = {0};
    if (account)
        accounts_add(lw, &list, account);
    if (list.len > 0)
        lw->management_account_id = list.items[0]->id;
    lw->organization_id = value_get_str(organization, "id");
    if (!e)
        return;
    if (list.len == 1) {
        lower_switch(lw, list.items[0], e);
    } else if (!account) {
        struct diag *d = lower_error(lw, E_PLACEMENT, e->key_pos, "organization",
                                     "`" SWITCH "` is a setting of the management account, which "
                                     "`organization` does not name");
        diag_hint(lw->diags, d, "Add `account`, the management account's name in `accounts`.");
    } else if (list.len > 1) {
        lower_error(lw, E_GROUP, account->pos, "organization",
                    "an organization has one management account, and `%s` is a group",
                    value_str(account));
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
