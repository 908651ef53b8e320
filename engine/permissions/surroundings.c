/* What commands need beside the objects themselves. */
#include <string.h>

#include "engine/permissions/rights.h"

/* ---- the shared state: docs/STATE.md ---- */

/* An ARN, or an alias or an id of the bucket's Region. A key is known by the aliases that it has.
 */
static void of_state_key(struct rights *rights, const char *action)
{
    const struct shared_state *state = rights->topology->shared_state;
    struct arena *arena = rights->arena;
    struct right right = {.action = action, .kind = "key", .resource = state->kms_key};
    const char *alias = strstr(state->kms_key, "alias/");
    const char *place = arena_printf(arena, "arn:%s:kms:%s:%s:", rights->account->partition,
                                     state->region, state->account->id);
    if (str_starts(state->kms_key, "arn:"))
        place = arena_strndup(arena, state->kms_key,
                              (size_t)(strrchr(state->kms_key, ':') + 1 - state->kms_key));
    if (alias) {
        right.narrowing = NARROW_ALIAS;
        right.resource = arena_printf(arena, "%skey/*", place);
        right.condition = condition_with(arena, NULL, "ForAnyValue:StringEquals",
                                         "kms:ResourceAliases", value_string(arena, alias));
    } else if (!str_starts(state->kms_key, "arn:")) {
        right.resource = arena_printf(arena, "%skey/%s", place, state->kms_key);
    }
    rights_add(rights, right);
}

/* Without s3:ListBucket S3 does not say that an object is missing, only that it is denied. */
static void of_state(struct rights *rights, bool writes)
{
    static const char *const list[] = {"s3:ListBucket", NULL};
    static const char *const read[] = {"s3:GetObject", NULL};
    static const char *const write[] = {"s3:PutObject", "s3:DeleteObject", NULL};
    static const char decrypt[] = "kms:Decrypt", encrypt[] = "kms:GenerateDataKey";
    const struct shared_state *state = rights->topology->shared_state;
    if (!state || !rights_are_of(rights, state->account->id))
        return;
    const char *bucket =
        arena_printf(rights->arena, "arn:%s:s3:::%s", rights->account->partition, state->bucket);
    const char *objects = arena_printf(rights->arena, "%s/%s*", bucket, state->key);
    rights_allow(rights, list, "bucket", bucket);
    rights_allow(rights, read, "object", objects);
    if (writes)
        rights_allow(rights, write, "object", objects);
    if (state->kms_key)
        of_state_key(rights, decrypt);
    if (state->kms_key && writes)
        of_state_key(rights, encrypt);
}

/* ---- the accounts of organizational units ---- */

static void of_units(struct rights *rights)
{
    static const char *const list[] = {"organizations:ListAccountsForParent", NULL};
    const struct topology *topology = rights->topology;
    if (!rights_are_of(rights, topology->management_account_id))
        return;
    for (size_t i = 0; i < topology->unit_len; i++)
        rights_allow(rights, list, "organizationalunit",
                     arena_printf(rights->arena, "arn:%s:organizations::%s:ou/%s/%s",
                                  rights->account->partition, rights->account->id,
                                  topology->organization_id ? topology->organization_id : "*",
                                  topology->units[i].id));
}

/* ---- what databases are encrypted with, where that decides about a route ---- */

void rights_of_databases(struct rights *rights, const struct resource *plan)
{
    static const char *const instances[] = {"rds:DescribeDBInstances", NULL};
    static const char *const clusters[] = {"rds:DescribeDBClusters", NULL};
    static const char *const keys[] = {"kms:DescribeKey", NULL};
    const char *place = arena_printf(rights->arena, "%s:%s", plan->region, plan->account->id);
    const char *partition = plan->account->partition;
    rights_allow(rights, instances, "db",
                 arena_printf(rights->arena, "arn:%s:rds:%s:db:*", partition, place));
    rights_allow(rights, clusters, "cluster",
                 arena_printf(rights->arena, "arn:%s:rds:%s:cluster:*", partition, place));
    rights_allow(rights, keys, "key",
                 arena_printf(rights->arena, "arn:%s:kms:%s:key/*", partition, place));
}

static void of_databases(struct rights *rights)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->route_len; i++) {
        const struct resource *plan = topology_find(topology, topology->routes[i].plan);
        if (topology->routes[i].unread && plan && rights_are_of(rights, plan->account->id))
            rights_of_databases(rights, plan);
    }
}

void rights_of_surroundings(struct rights *rights, bool writes)
{
    of_state(rights, writes);
    of_units(rights);
    of_databases(rights);
}
