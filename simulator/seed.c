/* What a fresh world holds. */
#include "engine/aws/arn.h"
#include "engine/aws/partition.h"
#include "engine/base/map.h"
#include "simulator/backup.h"
#include "simulator/backup_types.h"
#include "simulator/iam.h"
#include "simulator/internal.h"
#include "simulator/kms.h"
#include "simulator/organizations.h"
#include "simulator/s3.h"

static const char *text_of(const struct value *map, const char *key, const char *otherwise)
{
    const char *text = value_get_str(map, key);
    return text ? text : otherwise;
}

static bool seed_accounts(struct world *world, struct arena *arena, const struct value *seed,
                          struct diags *diags)
{
    const struct value *accounts = value_get(seed, "accounts");
    const struct value *organization = value_get(seed, "organization");
    for (size_t i = 0; i < value_len(accounts); i++) {
        const struct value *account = value_item(accounts, i);
        const char *id = value_get_str(account, "id");
        if (!id || !account_id_is_valid(id)) {
            diag_error(diags, E_WORLD, NO_POS, NULL, "account ids have 12 digits, not '%s'",
                       id ? id : "");
            return false;
        }
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "Name", text_of(account, "name", id));
        map_put_str(&b, "Parent", value_get_str(account, "parent"));
        map_put_str(&b, "Partition", value_get_str(account, "partition"));
        map_put_str(&b, "Status", text_of(account, "status", "ACTIVE"));
        store_put(world, "account", "", "", id, map_end(&b));
    }
    const char *management = value_get_str(organization, "management");
    if (!management)
        return true;
    setting_put(world, "organization.id", text_of(organization, "id", "o-holdfast00"));
    setting_put(world, "organization.management", management);
    if (value_get_str(organization, "root"))
        setting_put(world, "organization.root", value_get_str(organization, "root"));
    const struct value *units = value_get(organization, "units");
    struct map_builder empty = map_begin(arena);
    for (size_t i = 0; i < value_len(units); i++)
        store_put(world, ORGANIZATION_UNIT, "", "", value_str(value_item(units, i)),
                  map_end(&empty));
    if (!store_get(world, arena, "account", "", "", management)) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "Name", "management");
        map_put_str(&b, "Partition", value_get_str(organization, "partition"));
        store_put(world, "account", "", "", management, map_end(&b));
    }
    return true;
}

static bool seed_principals(struct world *world, struct arena *arena, const struct value *seed,
                            struct diags *diags)
{
    const struct value *roles = value_get(seed, "roles");
    for (size_t i = 0; i < value_len(roles); i++) {
        const char *arn = value_str(value_item(roles, i));
        if (arn && iam_seed_role(world, arena, arn))
            continue;
        diag_error(diags, E_WORLD, NO_POS, NULL, "'%s' is not the ARN of a role", arn ? arn : "");
        return false;
    }
    const struct value *principals = value_get(seed, "principals");
    struct map_builder none = map_begin(arena);
    for (size_t i = 0; i < value_len(principals); i++) {
        const char *arn = value_str(value_item(principals, i));
        if (arn)
            store_put(world, "iam.principal", "", "", arn, map_end(&none));
    }
    return true;
}

/* Every service once for each account; Regions of a service appear with its objects. */
static void seed_services(struct world *world, struct arena *arena)
{
    struct objects accounts = store_list(world, arena, "account", "", "", NULL);
    const struct sim_api *const *apis = api_all();
    for (size_t i = 0; i < accounts.len; i++) {
        for (size_t k = 0; apis[k]; k++) {
            if (apis[k]->seed)
                apis[k]->seed(world, arena, accounts.items[i].id);
        }
    }
}

static void seed_databases(struct world *world, struct arena *arena, const struct value *seed)
{
    const struct value *databases = value_get(seed, "databases");
    const struct value *keys = value_get(seed, "keys");
    for (size_t i = 0; i < value_len(keys); i++)
        kms_seed_key(world, arena, value_item(keys, i));
    for (size_t i = 0; i < value_len(databases); i++)
        resource_seed(world, value_item(databases, i));
    const struct value *off = value_get(seed, "opt_in_off");
    struct map_builder none = map_begin(arena);
    for (size_t i = 0; i < value_len(off); i++) {
        const char *account = value_get_str(value_item(off, i), "account_id");
        const char *region = value_get_str(value_item(off, i), "region");
        if (account && region)
            store_put(world, "backup.opt_in_off", account, region, "", map_end(&none));
    }
}

/* Vaults of somebody's, who is not asked what they are like. */
static void seed_vaults(struct world *world, struct arena *arena, const struct value *seed)
{
    const struct value *vaults = value_get(seed, "vaults");
    for (size_t i = 0; i < value_len(vaults); i++) {
        const struct value *vault = value_item(vaults, i);
        const char *account = value_get_str(vault, "account_id");
        const char *region = value_get_str(vault, "region"), *name = value_get_str(vault, "name");
        if (account && region && name)
            backup_seed_vault(world, arena, account, region, name);
    }
}

static void seed_buckets(struct world *world, struct arena *arena, const struct value *seed)
{
    const struct value *buckets = value_get(seed, "buckets");
    for (size_t i = 0; i < value_len(buckets); i++) {
        const struct value *bucket = value_item(buckets, i);
        const char *account = value_get_str(bucket, "account_id");
        const char *region = value_get_str(bucket, "region"), *name = value_get_str(bucket, "name");
        if (account && region && name && !store_get(world, arena, S3_BUCKET, "", "", name))
            s3_seed_bucket(world, arena, account, region, name);
    }
}

bool world_seed_buckets(struct world *world, const struct value *seed, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    world_begin(world);
    seed_buckets(world, arena, seed);
    if (world_commit(world))
        return true;
    diag_error(diags, E_WORLD, NO_POS, NULL, "the world cannot be written");
    return false;
}

static void seed_settings(struct world *world, struct arena *arena, const struct value *seed)
{
    const struct value *settings = value_get(seed, "settings");
    for (size_t i = 0; i < value_len(settings); i++) {
        const struct value *v = settings->map.entries[i].value;
        setting_put(world, settings->map.entries[i].key,
                    value_is(v, VALUE_INT) ? arena_printf(arena, "%lld", (long long)v->integer)
                                           : text_of(settings, settings->map.entries[i].key, ""));
    }
    setting_put(world, "cross_account_backup",
                value_get_bool(seed, "cross_account_backup", true) ? "true" : "false");
    setting_put(world, "rds_single_hop", value_get_bool(seed, "rds_single_hop", false) ? "1" : "0");
}

bool world_seed(struct world *world, const struct value *seed, struct diags *diags)
{
    struct arena *arena = arena_new();
    world_begin(world);
    bool good = seed_accounts(world, arena, seed, diags);
    if (good) {
        seed_settings(world, arena, seed);
        seed_services(world, arena);
        seed_databases(world, arena, seed);
        seed_vaults(world, arena, seed);
        seed_buckets(world, arena, seed);
        good = seed_principals(world, arena, seed, diags);
    }
    if (!good) {
        world_rollback(world);
    } else if (!world_commit(world)) {
        diag_error(diags, E_WORLD, NO_POS, NULL, "the world cannot be written");
        good = false;
    }
    arena_free(arena);
    return good;
}
