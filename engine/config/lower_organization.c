#include "engine/config/lower.h"

/* The switch for copies between accounts is a resource of the management account. */
void lower_organization(struct lowering *lw)
{
    const struct value *organization = value_get(lw->doc, "organization");
    const struct value *account = value_get(organization, "account");
    struct account_list list = {0};
    if (account)
        accounts_add(lw, &list, account);
    if (list.len > 0)
        lw->management_account_id = list.items[0]->id;
    lw->organization_id = value_get_str(organization, "id");
    const struct value_entry *e = value_entry_of(organization, "cross_account_backup");
    if (e && !schema_of(lw->schemas, "aws_backup_global_settings"))
        lower_error(lw, E_UNKNOWN_TYPE, e->key_pos, "organization",
                    "`cross_account_backup` needs the resource type aws_backup_global_settings, "
                    "which this version does not have");
}
