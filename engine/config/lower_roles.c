#include "engine/aws/managed_policies.h"
#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

void lower_roles(struct lowering *lw, const struct entry *entry)
{
    static const char *const same[] = {
        "path",
        "description",
        "assume_role_policy_document",
        "inline_policies",
        "managed_policy_arns",
        "permissions_boundary",
        "max_session_duration",
        NULL,
    };
    for (size_t i = 0; i < entry->len; i++) {
        const struct instance *in = &entry->instances[i];
        struct map_builder map = map_begin(lw->arena);
        map_put(&map, "name", global_name_of(lw, in, NULL));
        copy_keys(&map, in->body, same);
        draft_add(lw, in, "", "aws_iam_role", map_end(&map));
    }
}

/* accounts.A, or accounts.GROUP[A]. */
static const char *account_address(struct lowering *lw, const struct account *account)
{
    for (size_t i = 0; i < lw->account_entries.len; i++) {
        const struct account_entry *entry = lw->account_entries.entries[i].value;
        for (size_t j = 0; j < entry->len; j++)
            if (entry->members[j] == account)
                return entry->group
                           ? arena_printf(lw->arena, "accounts.%s[%s]", entry->name, account->name)
                           : arena_printf(lw->arena, "accounts.%s", entry->name);
    }
    return NULL;
}

void lower_last_vault_account(struct lowering *lw, const struct instance *vault)
{
    struct map_builder map = map_begin(lw->arena);
    map_put_str(&map, "aws_service_name", "backup.amazonaws.com");
    const char *address =
        arena_printf(lw->arena, "%s/service_linked_role", account_address(lw, vault->account));
    draft_add_at(lw, vault, address, vault->account, NULL, "aws_iam_service_linked_role",
                 map_end(&map));
}

/* AWS's default role is shared by everything in the account, although roles are not by nature. It
 * is adopted, never deleted, and not tagged, since two topologies may use it. */
static const struct schema *shared_schema(struct lowering *lw, const struct schema *schema)
{
    struct schema *shared = arena_memdup(lw->arena, schema, sizeof(*schema));
    shared->adopt = shared->keep_made = true;
    shared->taggable = false;
    return shared;
}

const struct value *lower_default_role(struct lowering *lw, const struct instance *in)
{
    struct arena *arena = lw->arena;
    const char *address =
        arena_printf(arena, "%s/backup_default_role", account_address(lw, in->account));
    struct list_builder managed = list_begin(arena);
    struct map_builder map = map_begin(arena);
    const char *const names[] = {MANAGED_POLICY_BACKUP, MANAGED_POLICY_RESTORES};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        list_add_str(&managed, managed_policy_arn(arena, names[i], in->account->partition));
    map_put_str(&map, "name", "AWSBackupDefaultServiceRole");
    map_put_str(&map, "path", "/service-role/");
    map_put(&map, "assume_role_policy_document",
            iam_service_trust(arena, "backup.amazonaws.com", NULL));
    map_put(&map, "managed_policy_arns", list_end(&managed));
    struct draft *draft =
        draft_add_at(lw, in, address, in->account, NULL, "aws_iam_role", map_end(&map));
    if (draft)
        draft->resource.schema = shared_schema(lw, draft->resource.schema);
    return value_ref(arena, address, "arn");
}
