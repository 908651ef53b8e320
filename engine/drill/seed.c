#include "engine/drill/seed.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/aws/partition.h"
#include "engine/aws/selection_sample.h"
#include "engine/base/strbuf.h"

#define MANAGEMENT_ACCOUNT "999999999999"
#define ORGANIZATION_ID "o-simulated0"
#define FIRST_MEMBER 100000000001LL /* account ids of what units hold, upwards */
#define UNIT_MEMBERS 2
#define MADE_KEY "alias/simulated-databases"

struct seed {
    struct arena *arena;
    const struct topology *topology;
    struct list_builder accounts, roles, principals, keys, vaults, databases, opt_in_off;
    struct map owned; /* ARNs of IAM that the topology makes */
    struct map seen;  /* ARNs that are in one of the lists */
};

static bool first_time(struct seed *seed, const char *arn)
{
    if (map_get(&seed->seen, arn))
        return false;
    map_set(&seed->seen, arn, seed);
    return true;
}

/* What the topology makes itself is not there yet. */
static void note_owned(struct seed *seed)
{
    map_init(&seed->owned, seed->arena);
    for (size_t i = 0; i < seed->topology->resource_len; i++) {
        const struct resource *resource = &seed->topology->resources[i];
        const char *arn = schema_arn(seed->arena, resource->schema, resource->account->id,
                                     resource->region, resource->properties);
        if (arn && str_eq(resource->schema->service, "iam") && !resource->external)
            map_set(&seed->owned, arn, seed);
    }
}

static void add_accounts(struct seed *seed)
{
    for (size_t i = 0; i < seed->topology->account_len; i++) {
        const struct account *account = &seed->topology->accounts[i];
        struct map_builder b = map_begin(seed->arena);
        map_put_str(&b, "id", account->id);
        map_put_str(&b, "name", account->name);
        map_put_str(&b, "parent", account->unit);
        map_put_str(&b, "partition", account->partition);
        list_add(&seed->accounts, map_end(&b));
        if (account->assume_role && first_time(seed, account->assume_role))
            list_add_str(&seed->roles, account->assume_role);
    }
}

/* IAM principals that the topology names exist in a fresh world, unless it makes them: as the file
 * writes them, and as policies come out of it ("role/x" stands for a role of the key's account). */
static void add_principals(struct seed *seed, const struct value *v)
{
    struct arn arn;
    const char *text = value_str(v);
    if (text && arn_parse(slice_of(text), &arn) && slice_is(arn.service, "iam") &&
        (slice_starts(arn.resource, "role/") || slice_starts(arn.resource, "user/")) &&
        !map_get(&seed->owned, text) && first_time(seed, text))
        list_add_str(&seed->principals, text);
    for (size_t i = 0; i < value_len(v); i++)
        add_principals(seed, v->kind == VALUE_MAP ? v->map.entries[i].value : v->list.items[i]);
}

static void add_all_principals(struct seed *seed)
{
    note_owned(seed);
    add_principals(seed, seed->topology->document);
    for (size_t i = 0; i < seed->topology->resource_len; i++)
        add_principals(seed, seed->topology->resources[i].properties);
}

/* A resource that a selection's pattern covers (NULL: by its tags alone), in the plan's account and
 * Region; NULL when the pattern speaks of another place, or of what AWS Backup does not take. */
static const char *matching_arn(struct seed *seed, const struct resource *selection,
                                const char *pattern)
{
    const char *id = selection->account->id, *region = selection->region;
    const struct selection_place place = {partition_of_region(region), region, id};
    struct arn arn;
    const char *sample =
        selection_sample(seed->arena, selection->properties, pattern, &place,
                         pattern ? NULL : value_get_str(selection->properties, "name"));
    bool there = backup_type_of_pattern(sample) && arn_parse(slice_of(sample), &arn) &&
                 (slice_is(arn.service, "s3") ||
                  (slice_is(arn.region, region) && slice_is(arn.account, id)));
    return there ? sample : NULL;
}

/* A key that people made by hand, shared with every account as a direct copy needs it. */
static const char *made_key(struct seed *seed, const struct resource *selection)
{
    const char *place =
        arena_printf(seed->arena, "%s %s", selection->account->id, selection->region);
    if (!first_time(seed, place))
        return MADE_KEY;
    struct list_builder shared = list_begin(seed->arena);
    for (size_t i = 0; i < seed->topology->account_len; i++)
        list_add_str(&shared, seed->topology->accounts[i].id);
    struct map_builder b = map_begin(seed->arena);
    map_put_str(&b, "account_id", selection->account->id);
    map_put_str(&b, "region", selection->region);
    map_put_str(&b, "alias", MADE_KEY);
    map_put(&b, "shared_with", list_end(&shared));
    list_add(&seed->keys, map_end(&b));
    return MADE_KEY;
}

/* The key that the service takes when nobody names one. */
static const char *managed_key_of(struct arena *arena, const char *resource_arn)
{
    static const char *const keys[][2] = {{"rds", "aws/rds"}, {"ec2", "aws/ebs"}};
    struct arn arn;
    if (!arn_parse(slice_of(resource_arn), &arn))
        return "none";
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (slice_is(arn.service, keys[i][0]))
            return keys[i][1];
    return arena_printf(arena, "aws/%.*s", (int)arn.service.len, arn.service.ptr);
}

/* The tags that make a resource match list_of_tags and conditions. */
static const struct value *matching_tags(struct seed *seed, const struct value *selection)
{
    struct map_builder tags = map_begin(seed->arena);
    const struct value *list = value_get(selection, "list_of_tags");
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        map_put(&tags, value_get_str(item, "condition_key"), value_get(item, "condition_value"));
    }
    const struct value *equals = value_pointer(selection, "/conditions/string_equals");
    for (size_t i = 0; i < value_len(equals); i++) {
        const char *key = value_get_str(value_item(equals, i), "condition_key");
        if (key && str_starts(key, "aws:ResourceTag/"))
            map_put(&tags, key + sizeof("aws:ResourceTag/") - 1,
                    value_get(value_item(equals, i), "condition_value"));
    }
    return map_end(&tags);
}

static const char *key_of(struct seed *seed, const struct resource *selection, const char *arn)
{
    const char *said = value_get_str(seed->topology->source_keys, selection->address);
    if (!said || str_eq(said, "aws-managed"))
        return managed_key_of(seed->arena, arn);
    return str_eq(said, "customer-managed") ? made_key(seed, selection) : said;
}

/* Clusters of DocumentDB and Neptune have ARNs as those of Aurora: in a world the name tells. */
static const char *type_of_cluster(const char *cluster)
{
    static const char *const types[][2] = {{"docdb", "DocumentDB"}, {"neptune", "Neptune"}};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_starts(cluster, types[i][0]))
            return types[i][1];
    return "Aurora";
}

/* What a cluster consists of: AWS matches its instances too, and backs up the cluster. */
static void add_member(struct seed *seed, const struct resource *selection, const char *cluster_arn,
                       const char *cluster)
{
    struct map_builder b = map_begin(seed->arena), none = map_begin(seed->arena);
    const char *name = arena_printf(seed->arena, "%s-1", cluster);
    const struct account *account = selection->account;
    map_put_str(&b, "account_id", account->id);
    map_put_str(&b, "region", selection->region);
    map_put_str(&b, "name", name);
    map_put_str(&b, "arn",
                arena_printf(seed->arena, "arn:%s:rds:%s:%s:db:%s", account->partition,
                             selection->region, account->id, name));
    map_put_str(&b, "cluster", cluster_arn);
    map_put_str(&b, "key", key_of(seed, selection, cluster_arn));
    map_put(&b, "tags", map_end(&none));
    list_add(&seed->databases, map_end(&b));
}

static void add_database(struct seed *seed, const struct resource *selection, const char *arn)
{
    struct arn parts;
    if (!arn || !first_time(seed, arn))
        return;
    struct map_builder b = map_begin(seed->arena);
    if (arn_parse(slice_of(arn), &parts) && slice_is(parts.service, "rds") &&
        slice_starts(parts.resource, "cluster:")) {
        const char *cluster = arn_resource_name(seed->arena, &parts);
        map_put_str(&b, "type", type_of_cluster(cluster));
        add_member(seed, selection, arn, cluster);
    }
    map_put_str(&b, "account_id", selection->account->id);
    map_put_str(&b, "region", selection->region);
    map_put_str(&b, "name", arn_short_name(seed->arena, arn));
    map_put_str(&b, "arn", arn);
    map_put_str(&b, "key", key_of(seed, selection, arn));
    map_put(&b, "tags", matching_tags(seed, selection->properties));
    list_add(&seed->databases, map_end(&b));
}

static void add_databases(struct seed *seed)
{
    for (size_t i = 0; i < seed->topology->resource_len; i++) {
        const struct resource *selection = &seed->topology->resources[i];
        if (!str_eq(selection->schema->type_name, "aws_backup_selection"))
            continue;
        const struct value *patterns = value_get(selection->properties, "resources");
        bool found = false;
        for (size_t p = 0; p < value_len(patterns); p++) {
            const char *pattern = value_str(value_item(patterns, p));
            const char *arn = pattern ? matching_arn(seed, selection, pattern) : NULL;
            found = found || arn;
            add_database(seed, selection, arn);
        }
        if (!found && value_len(value_get(selection->properties, "list_of_tags")) > 0)
            add_database(seed, selection, matching_arn(seed, selection, NULL));
    }
}

/* What the file says exists. */
static void add_externals(struct seed *seed)
{
    for (size_t i = 0; i < seed->topology->resource_len; i++) {
        const struct resource *resource = &seed->topology->resources[i];
        bool is_key = str_eq(resource->schema->type_name, "aws_kms_key");
        const char *name = is_key ? "alias" : "name";
        if (!resource->external)
            continue;
        struct map_builder b = map_begin(seed->arena);
        map_put_str(&b, "account_id", resource->account->id);
        map_put_str(&b, "region", resource->region);
        map_put(&b, name, value_get(resource->properties, name));
        list_add(is_key ? &seed->keys : &seed->vaults, map_end(&b));
    }
}

/* The root and the units that policies of the organization name. */
static void add_targets(struct seed *seed, struct map_builder *organization)
{
    struct list_builder units = list_begin(seed->arena);
    for (size_t i = 0; i < seed->topology->resource_len; i++) {
        const struct resource *resource = &seed->topology->resources[i];
        if (!str_eq(resource->schema->type_name, "aws_organizations_policy"))
            continue;
        const struct value *targets = value_get(resource->properties, "targets");
        for (size_t k = 0; k < value_len(targets); k++) {
            const char *id = value_str(value_item(targets, k));
            if (id && str_starts(id, "r-"))
                map_put_str(organization, "root", id);
            else if (id && str_starts(id, "ou-"))
                list_add_str(&units, id);
        }
    }
    map_put(organization, "units", list_end(&units));
}

static void add_opt_ins(struct seed *seed)
{
    for (size_t i = 0; i < seed->topology->resource_len; i++) {
        const struct resource *resource = &seed->topology->resources[i];
        if (!str_eq(resource->schema->type_name, "aws_backup_region_settings"))
            continue;
        struct map_builder b = map_begin(seed->arena);
        map_put_str(&b, "account_id", resource->account->id);
        map_put_str(&b, "region", resource->region);
        list_add(&seed->opt_in_off, map_end(&b));
    }
}

/* The bucket that keeps the state is older than the topology. */
static const struct value *state_buckets(struct seed *seed)
{
    const struct shared_state *shared = seed->topology->shared_state;
    struct list_builder buckets = list_begin(seed->arena);
    struct map_builder b = map_begin(seed->arena);
    if (!shared)
        return NULL;
    map_put_str(&b, "account_id", shared->account->id);
    map_put_str(&b, "region", shared->region);
    map_put_str(&b, "name", shared->bucket);
    list_add(&buckets, map_end(&b));
    return list_end(&buckets);
}

const struct value *drill_seed(struct arena *arena, const struct topology *topology)
{
    struct seed seed = {.arena = arena,
                        .topology = topology,
                        .accounts = list_begin(arena),
                        .roles = list_begin(arena),
                        .principals = list_begin(arena),
                        .keys = list_begin(arena),
                        .databases = list_begin(arena),
                        .vaults = list_begin(arena),
                        .opt_in_off = list_begin(arena)};
    map_init(&seed.seen, arena);
    add_accounts(&seed);
    add_all_principals(&seed);
    add_databases(&seed);
    add_opt_ins(&seed);
    add_externals(&seed);

    struct map_builder organization = map_begin(arena), b = map_begin(arena);
    add_targets(&seed, &organization);
    map_put_str(&organization, "id",
                topology->organization_id ? topology->organization_id : ORGANIZATION_ID);
    map_put_str(&organization, "partition",
                topology->account_len > 0 ? topology->accounts[0].partition : NULL);
    map_put_str(&organization, "management",
                topology->management_account_id ? topology->management_account_id
                                                : MANAGEMENT_ACCOUNT);
    map_put(&b, "organization", map_end(&organization));
    map_put_bool(&b, "cross_account_backup", topology->organization_id == NULL);
    map_put(&b, "accounts", list_end(&seed.accounts));
    map_put(&b, "roles", list_end(&seed.roles));
    map_put(&b, "principals", list_end(&seed.principals));
    map_put(&b, "keys", list_end(&seed.keys));
    map_put(&b, "databases", list_end(&seed.databases));
    map_put(&b, "opt_in_off", list_end(&seed.opt_in_off));
    map_put(&b, "vaults", list_end(&seed.vaults));
    map_put(&b, "buckets", state_buckets(&seed));
    map_put_bool(&b, "rds_single_hop", true);
    return map_end(&b);
}

const struct value *drill_seed_of_state(struct arena *arena, const struct topology *topology)
{
    struct seed seed = {.arena = arena, .topology = topology};
    struct map_builder b = map_begin(arena);
    map_put(&b, "buckets", state_buckets(&seed));
    return map_end(&b);
}

static bool in_topology(const struct topology *topology, const char *id)
{
    for (size_t i = 0; i < topology->account_len; i++)
        if (str_eq(topology->accounts[i].id, id))
            return true;
    return false;
}

const struct value *drill_units(struct arena *arena, const struct topology *topology)
{
    struct map_builder units = map_begin(arena);
    long long next = FIRST_MEMBER;
    for (size_t i = 0; i < topology->unit_len; i++) {
        struct list_builder ids = list_begin(arena);
        for (size_t n = 0; n < UNIT_MEMBERS; next++) {
            const char *id = arena_printf(arena, "%lld", next);
            if (in_topology(topology, id))
                continue;
            list_add_str(&ids, id);
            n++;
        }
        map_put(&units, topology->units[i].id, list_end(&ids));
    }
    return map_end(&units);
}
