/* The accounts and the organization of a world. */
#include "simulator/service.h"

bool account_known(struct world *world, const char *account)
{
    if (!store_any(world, "account", "", "", NULL))
        return true;
    struct arena *arena = arena_new();
    bool known = store_get(world, arena, "account", "", "", account) != NULL;
    arena_free(arena);
    return known;
}

const char *account_partition(struct world *world, struct arena *arena, const char *account)
{
    const struct value *body = store_get(world, arena, "account", "", "", account);
    const char *partition = value_get_str(body, "Partition");
    return partition ? partition : "aws";
}

const char *account_organization(struct world *world, struct arena *arena, const char *account)
{
    const struct value *body = store_get(world, arena, "account", "", "", account);
    if (!body || value_get_bool(body, "Standalone", false))
        return NULL;
    return setting_get(world, arena, "organization.id");
}

const char *organization_management(struct world *world, struct arena *arena)
{
    return setting_get(world, arena, "organization.management");
}
