/* The accounts and the organization of a world. */
#include "simulator/service.h"

#include "engine/aws/arn.h"

bool account_known(struct world *world, const char *account)
{
    if (!store_any(world, "account", "", "", NULL))
        return true;
    struct arena *arena = arena_new();
    bool known = store_get(world, arena, "account", "", "", account) != NULL;
    arena_free(arena);
    return known;
}

bool account_open(struct world *world, const char *account)
{
    struct arena *arena = arena_new();
    const struct value *body = store_get(world, arena, "account", "", "", account);
    bool closed = str_eq(value_get_str(body, "Status"), "SUSPENDED");
    arena_free(arena);
    return !closed;
}

bool role_account_open(struct world *world, const char *role_arn)
{
    struct arn arn;
    struct arena *arena = arena_new();
    bool open = !arn_parse(slice_of(role_arn), &arn) ||
                account_open(world, arena_strndup(arena, arn.account.ptr, arn.account.len));
    arena_free(arena);
    return open;
}

const char *account_partition(struct world *world, struct arena *arena, const char *account)
{
    const struct value *body = store_get(world, arena, "account", "", "", account);
    const char *partition = value_get_str(body, "Partition");
    return partition ? partition : "aws";
}

/* Of an account's row, which may be NULL. */
static const char *organization_id(struct world *world, struct arena *arena,
                                   const struct value *body)
{
    if (!body || value_get_bool(body, "Standalone", false))
        return NULL;
    return setting_get(world, arena, "organization.id");
}

const char *account_organization(struct world *world, struct arena *arena, const char *account)
{
    return organization_id(world, arena, store_get(world, arena, "account", "", "", account));
}

const char *organization_management(struct world *world, struct arena *arena)
{
    return setting_get(world, arena, "organization.management");
}

const char *organization_root_id(struct world *world, struct arena *arena)
{
    const char *root = setting_get(world, arena, "organization.root");
    return root ? root : "r-root";
}

const char *organization_path(struct world *world, struct arena *arena, const char *account)
{
    const struct value *body = store_get(world, arena, "account", "", "", account);
    const char *id = organization_id(world, arena, body);
    if (!id)
        return NULL;
    const char *unit = value_get_str(body, "Parent"), *root = organization_root_id(world, arena);
    bool below = unit && !str_eq(unit, root);
    return arena_printf(arena, "%s/%s/%s%s", id, root, below ? unit : "", below ? "/" : "");
}
