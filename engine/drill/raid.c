#include "engine/drill/raid.h"

#include "engine/aws/arn.h"
#include "engine/base/clock.h"
#include "engine/drill/deeds.h"
#include "engine/drill/stock.h"
#include "simulator/service.h"

/* Who acts, and on whose objects. */
struct raid {
    struct drill_scene *scene;
    struct arena *arena;
    const char *account;                   /* of the caller */
    const char *target;                    /* whose objects it goes for */
    const struct credentials *credentials; /* of a role there; NULL: the account's root */
    const char *as;                        /* that role */
    struct drill_stock stock;              /* as it was before the next call */
};

static struct intruder_call call_of(const struct raid *raid, const struct aws_operation *operation,
                                    const char *region, const char *on)
{
    bool somewhere = region && *region;
    return (struct intruder_call){.operation = operation,
                                  .account_id = raid->account,
                                  .region = somewhere ? region : raid->scene->topology->regions[0],
                                  .credentials = raid->credentials,
                                  .as = raid->as,
                                  .on = on};
}

/* ---- what there is in an account ---- */

struct loot {
    struct raid *raid;
    struct record *items;
    size_t len, cap;
};

static void add(struct loot *loot, const struct record *record)
{
    loot->items = arena_grow(loot->raid->arena, loot->items, loot->len, &loot->cap, loot->len + 1,
                             sizeof(*loot->items));
    loot->items[loot->len++] = *record;
}

static void add_part(struct loot *loot, const char *kind, const struct record *whole,
                     const char *name, const struct value *attributes)
{
    struct record part = *whole;
    part.type = kind;
    part.address =
        name ? arena_printf(loot->raid->arena, "%s in %s", name, whole->address) : whole->address;
    part.attributes = attributes;
    add(loot, &part);
}

/* Their ARNs are no secret: the copy jobs of the source account name them. */
static void add_points(struct loot *loot, const struct record *vault)
{
    struct arena *arena = loot->raid->arena;
    const char *name = value_get_str(vault->attributes, "name");
    struct objects points = store_list(loot->raid->scene->world, arena, "backup.point",
                                       vault->account_id, vault->region, NULL);
    for (size_t i = 0; i < points.len; i++) {
        const struct value *body = points.items[i].body;
        if (!str_eq(value_get_str(body, "BackupVaultName"), name))
            continue;
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "arn", points.items[i].id);
        map_put_str(&b, "vault", name);
        map_put(&b, "tags", value_get(body, "Tags"));
        add_part(loot, "point", vault, points.items[i].id, map_end(&b));
    }
}

static void add_grants(struct loot *loot, const struct record *key)
{
    struct raid *raid = loot->raid;
    const char *arn = value_get_str(key->attributes, "arn");
    struct intruder_call look = call_of(raid, &kms_ListGrants, key->region, key->address);
    look.body = value_map_text(raid->arena, "KeyId", arn);
    const struct value *grants = value_get(intruder_look(raid->scene->intruder, &look), "Grants");
    for (size_t i = 0; i < value_len(grants); i++) {
        struct map_builder b = map_begin(raid->arena);
        map_put_str(&b, "key_arn", arn);
        map_put(&b, "grant_id", value_get(value_item(grants, i), "GrantId"));
        add_part(loot, "grant", key, "a grant", map_end(&b));
    }
}

static void add_objects(struct loot *loot, const struct record *bucket)
{
    struct raid *raid = loot->raid;
    const char *name = value_get_str(bucket->attributes, "name");
    struct intruder_call look = call_of(raid, &s3_ListObjectsV2, bucket->region, bucket->address);
    look.labels = value_map_text(raid->arena, "Bucket", name);
    const struct value *list = value_get(intruder_look(raid->scene->intruder, &look), "Contents");
    for (size_t i = 0; i < value_len(list); i++) {
        struct map_builder b = map_begin(raid->arena);
        map_put_str(&b, "bucket", name);
        map_put(&b, "key", value_get(value_item(list, i), "Key"));
        add_part(loot, "object", bucket, value_get_str(value_item(list, i), "Key"), map_end(&b));
    }
}

static const struct value *tags_of(struct raid *raid, const char *region, const char *arn)
{
    struct intruder_call look = call_of(raid, &rds_ListTagsForResource, region, arn);
    look.body = value_map_text(raid->arena, "ResourceName", arn);
    const struct value *list = value_get(intruder_look(raid->scene->intruder, &look), "TagList");
    struct map_builder b = map_begin(raid->arena);
    for (size_t i = 0; i < value_len(list); i++)
        map_put(&b, value_get_str(value_item(list, i), "Key"),
                value_get(value_item(list, i), "Value"));
    return map_end(&b);
}

/* What is backed up, as far as its own service takes a tag from it. */
static void add_resources(struct loot *loot)
{
    struct raid *raid = loot->raid;
    const struct value *list = world_protected(raid->scene->world, raid->arena);
    for (size_t i = 0; i < value_len(list); i++) {
        const char *text = value_get_str(value_item(list, i), "resource_arn");
        struct arn arn;
        if (!arn_parse(slice_of(text), &arn) || !slice_is(arn.service, "rds") ||
            !slice_is(arn.account, raid->target))
            continue;
        const char *region = arena_strndup(raid->arena, arn.region.ptr, arn.region.len);
        struct map_builder b = map_begin(raid->arena);
        map_put_str(&b, "arn", text);
        map_put(&b, "tags", tags_of(raid, region, text));
        add(loot, &(struct record){.type = "resource",
                                   .address = text,
                                   .account_id = raid->target,
                                   .region = region,
                                   .attributes = map_end(&b)});
    }
}

static void add_account(struct loot *loot)
{
    struct raid *raid = loot->raid;
    const struct topology *topology = raid->scene->topology;
    struct record account = {.type = "account",
                             .address = "the account",
                             .account_id = raid->target,
                             .region = topology->regions[0],
                             .attributes = value_map_text(raid->arena, "id", raid->target)};
    add(loot, &account);
    account.type = "place";
    for (size_t i = 0; i < topology->region_len; i++) {
        account.region = account.address = topology->regions[i];
        add(loot, &account);
    }
}

static const struct {
    const char *type;
    void (*add)(struct loot *loot, const struct record *record);
} parts[] = {
    {"aws_backup_vault", add_points},
    {"aws_backup_logically_air_gapped_vault", add_points},
    {"aws_kms_key", add_grants},
    {"aws_s3_bucket", add_objects},
};

static struct loot loot_of(struct raid *raid)
{
    struct loot loot = {.raid = raid};
    const struct drill_scene *scene = raid->scene;
    for (size_t i = 0; i < scene->record_len; i++) {
        const struct record *record = &scene->records[i];
        if (!str_eq(record->account_id, raid->target))
            continue;
        add(&loot, record);
        for (size_t k = 0; k < ARRAY_LEN(parts); k++)
            if (str_eq(record->type, parts[k].type))
                parts[k].add(&loot, record);
    }
    add_resources(&loot);
    add_account(&loot);
    return loot;
}

/* ---- what is tried on it ---- */

static void try(struct raid *raid, const struct intruder_call *call)
{
    if (!intruder_try(raid->scene->intruder, call))
        return;
    struct drill_stock now = drill_stock_take(raid->scene);
    intruder_tell(raid->scene->intruder, drill_stock_loss(raid->arena, &raid->stock, &now));
    raid->stock = now;
}

static void do_deed(struct raid *raid, const struct drill_deed *deed, const struct record *object)
{
    const struct aws_operation *operation = deed_operation(raid->arena, deed);
    const struct deed_input *inputs;
    size_t len = deed_inputs(raid->arena, deed, operation, object, raid->account, &inputs);
    for (size_t i = 0; i < len; i++) {
        struct intruder_call call = call_of(raid, operation, object->region, object->address);
        call.labels = inputs[i].labels;
        call.query = inputs[i].query;
        call.body = inputs[i].body;
        try(raid, &call);
    }
}

/* Only what is named by something unique can be meant from another account. */
static void raid_account(struct raid *raid)
{
    size_t len;
    const struct drill_deed *deeds = drill_deeds(&len);
    struct loot loot = loot_of(raid);
    bool from_afar = !str_eq(raid->account, raid->target);
    raid->stock = drill_stock_take(raid->scene);
    for (size_t d = 0; d < len; d++)
        for (size_t i = 0; i < loot.len; i++)
            if (str_eq(loot.items[i].type, deeds[d].kind) &&
                (!from_afar || deed_reaches_over(&deeds[d])))
                do_deed(raid, &deeds[d], &loot.items[i]);
}

/* ---- into other accounts ---- */

static void trust(struct raid *raid, const struct record *role, const char *document)
{
    struct map_builder b = map_begin(raid->arena);
    struct intruder_call call = call_of(raid, &iam_UpdateAssumeRolePolicy, NULL, role->address);
    map_put_str(&b, "RoleName", value_get_str(role->attributes, "name"));
    map_put_str(&b, "PolicyDocument", document);
    call.body = map_end(&b);
    intruder_try(raid->scene->intruder, &call);
}

/* Every role of its own account lets it in, once it has rewritten who may. It puts back what was:
 * AWS Backup deletes a point only with the role that made it. */
static const struct credentials *become(struct raid *raid, const struct record *role)
{
    const struct value *before = value_get(role->attributes, "assume_role_policy_document");
    const char *only_me = arena_printf(
        raid->arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        "{\"AWS\":\"%s\"},\"Action\":\"sts:AssumeRole\"}]}",
        raid->account);
    trust(raid, role, only_me);
    struct intruder_call call = call_of(raid, &sts_AssumeRole, NULL, role->address);
    const struct credentials *credentials =
        intruder_assume(raid->scene->intruder, &call, value_get_str(role->attributes, "arn"));
    if (before)
        trust(raid, role, drill_document_text(raid->arena, before));
    return credentials;
}

static bool is_role_of(const struct record *record, const char *account)
{
    return str_eq(record->type, "aws_iam_role") && str_eq(record->account_id, account);
}

/* First as itself, then as each role of its own. */
static void enter(struct raid *raid, const struct record *role)
{
    struct drill_scene *scene = raid->scene;
    struct raid inside = {.scene = scene,
                          .arena = raid->arena,
                          .account = role->account_id,
                          .target = role->account_id,
                          .as = value_get_str(role->attributes, "arn")};
    struct intruder_call call = call_of(raid, &sts_AssumeRole, NULL, role->address);
    inside.credentials = intruder_assume(scene->intruder, &call, inside.as);
    for (size_t i = 0; !inside.credentials && i < scene->record_len; i++) {
        if (!is_role_of(&scene->records[i], raid->account))
            continue;
        call.credentials = become(raid, &scene->records[i]);
        call.as = value_get_str(scene->records[i].attributes, "arn");
        if (call.credentials)
            inside.credentials = intruder_assume(scene->intruder, &call, inside.as);
    }
    if (inside.credentials)
        raid_account(&inside);
}

static void raid_others(struct raid *raid)
{
    struct drill_scene *scene = raid->scene;
    for (size_t a = 0; a < scene->topology->account_len; a++) {
        const char *other = scene->topology->accounts[a].id;
        if (str_eq(other, raid->account))
            continue;
        struct raid afar = *raid;
        afar.target = other;
        raid_account(&afar);
        for (size_t i = 0; i < scene->record_len; i++)
            if (is_role_of(&scene->records[i], other))
                enter(raid, &scene->records[i]);
    }
}

/* ---- the two raids ---- */

bool drill_raid_sources(struct drill_scene *scene)
{
    struct map seen;
    map_init(&seen, scene->arena);
    for (size_t i = 0; i < scene->routes->len; i++) {
        const struct record *plan =
            map_get(&scene->names->by_address, scene->routes->items[i].plan);
        if (!plan || map_get(&seen, plan->account_id))
            continue;
        map_set(&seen, plan->account_id, scene);
        struct raid raid = {.scene = scene,
                            .arena = scene->arena,
                            .account = plan->account_id,
                            .target = plan->account_id};
        raid_others(&raid);
        raid_account(&raid);
    }
    return true;
}

static int64_t longest_grace_days(const struct drill_scene *scene)
{
    int64_t days = 0;
    for (size_t i = 0; i < scene->topology->resource_len; i++) {
        const struct resource *lock = &scene->topology->resources[i];
        int64_t grace = value_get_int(lock->properties, "changeable_for_days", 0);
        if (str_eq(lock->schema->type_name, "aws_backup_vault_lock") && grace > days)
            days = grace;
    }
    return days;
}

bool drill_outlast_grace(struct drill_scene *scene)
{
    int64_t days = longest_grace_days(scene);
    int64_t until = world_now_ms(scene->world) + (days + 1) * DAY_MS;
    return days == 0 || world_sleep(scene->world, until, scene->diags);
}

/* Keys are another matter (deleted-key): this is about what the locks keep. */
static void empty(struct drill_scene *scene, const struct record *vault)
{
    static const char *const kinds[] = {"aws_backup_legal_hold", "aws_backup_vault_lock", "point",
                                        NULL};
    size_t len;
    const struct drill_deed *deeds = drill_deeds(&len);
    const char *name = value_get_str(vault->attributes, "name");
    struct raid raid = {.scene = scene,
                        .arena = scene->arena,
                        .account = vault->account_id,
                        .target = vault->account_id,
                        .stock = drill_stock_take(scene)};
    struct loot loot = loot_of(&raid);
    for (size_t d = 0; d < len; d++)
        for (size_t i = 0; i < loot.len; i++) {
            const struct value *of = loot.items[i].attributes;
            bool here = str_eq(value_get_str(of, "vault"), name) ||
                        str_eq(value_get_str(of, "backup_vault_name"), name) ||
                        str_eq(loot.items[i].type, "aws_backup_legal_hold");
            if (here && str_is_one_of(deeds[d].kind, kinds) &&
                str_eq(loot.items[i].type, deeds[d].kind))
                do_deed(&raid, &deeds[d], &loot.items[i]);
        }
}

bool drill_raid_last_vaults(struct drill_scene *scene)
{
    const char *const *vaults = drill_last_vaults(scene->arena, scene->routes);
    for (; *vaults; vaults++) {
        const char *address = drill_address_of(scene->names, *vaults);
        const struct record *vault = address ? map_get(&scene->names->by_address, address) : NULL;
        if (vault)
            empty(scene, vault);
    }
    return true;
}
