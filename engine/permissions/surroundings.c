/* What commands need beside the objects themselves. */
#include "engine/permissions/rights.h"

static bool is_of(const struct rights *rights, const char *account_id)
{
    return account_id && str_eq(rights->account->id, account_id);
}

/* ---- the shared state: docs/STATE.md ---- */

/* Without s3:ListBucket S3 does not say that an object is missing, only that it is denied. */
static void of_state(struct rights *rights, bool writes)
{
    static const char *const list[] = {"s3:ListBucket", NULL};
    static const char *const read[] = {"s3:GetObject", NULL};
    static const char *const write[] = {"s3:PutObject", "s3:DeleteObject", NULL};
    static const char *const decrypt[] = {"kms:Decrypt", NULL};
    static const char *const encrypt[] = {"kms:GenerateDataKey", NULL};
    const struct shared_state *state = rights->topology->shared_state;
    if (!state || !is_of(rights, state->account->id))
        return;
    const char *bucket =
        arena_printf(rights->arena, "arn:%s:s3:::%s", rights->account->partition, state->bucket);
    const char *objects = arena_printf(rights->arena, "%s/%s*", bucket, state->key);
    rights_allow(rights, list, "bucket", bucket);
    rights_allow(rights, read, "object", objects);
    if (writes)
        rights_allow(rights, write, "object", objects);
    if (state->kms_key)
        rights_allow(rights, decrypt, "key", state->kms_key);
    if (state->kms_key && writes)
        rights_allow(rights, encrypt, "key", state->kms_key);
}

/* ---- the accounts of organizational units ---- */

static void of_units(struct rights *rights)
{
    static const char *const list[] = {"organizations:ListAccountsForParent", NULL};
    const struct topology *topology = rights->topology;
    if (!is_of(rights, topology->management_account_id))
        return;
    for (size_t i = 0; i < topology->unit_len; i++)
        rights_allow(rights, list, "organizationalunit",
                     arena_printf(rights->arena, "arn:%s:organizations::%s:ou/%s/%s",
                                  rights->account->partition, rights->account->id,
                                  topology->organization_id ? topology->organization_id : "*",
                                  topology->units[i].id));
}

/* ---- what databases are encrypted with, where that decides about a route ---- */

static void of_databases(struct rights *rights)
{
    static const char *const instances[] = {"rds:DescribeDBInstances", NULL};
    static const char *const clusters[] = {"rds:DescribeDBClusters", NULL};
    static const char *const keys[] = {"kms:DescribeKey", NULL};
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->route_len; i++) {
        const struct resource *plan = topology_find(topology, topology->routes[i].plan);
        if (!topology->routes[i].unread || !plan || !is_of(rights, plan->account->id))
            continue;
        const char *place = arena_printf(rights->arena, "%s:%s", plan->region, plan->account->id);
        const char *partition = plan->account->partition;
        rights_allow(rights, instances, "db",
                     arena_printf(rights->arena, "arn:%s:rds:%s:db:*", partition, place));
        rights_allow(rights, clusters, "cluster",
                     arena_printf(rights->arena, "arn:%s:rds:%s:cluster:*", partition, place));
        rights_allow(rights, keys, "key",
                     arena_printf(rights->arena, "arn:%s:kms:%s:key/*", partition, place));
    }
}

void rights_of_surroundings(struct rights *rights, bool writes)
{
    of_state(rights, writes);
    of_units(rights);
    of_databases(rights);
}
