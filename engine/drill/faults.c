#include "engine/drill/faults.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/json.h"
#include "engine/drill/raid.h"
#include "simulator/service.h"

#define SHORTEST_WINDOW_DAYS 7 /* of ScheduleKeyDeletion */

/* ---- small words ---- */

static bool set(struct drill_scene *scene, const char *setting, const char *value)
{
    world_begin(scene->world);
    setting_put(scene->world, setting, value);
    if (world_commit(scene->world))
        return true;
    diag_error(scene->diags, E_WORLD, NO_POS, NULL, "the world cannot be written");
    return false;
}

const char *const *drill_last_vaults(struct arena *arena, const struct drill_routes *routes)
{
    size_t len = 0, most = 1;
    for (size_t i = 0; i < routes->len; i++)
        for (const char *const *vault = routes->items[i].finals; *vault; vault++)
            most++;
    const char **vaults = arena_array(arena, most, sizeof(*vaults));
    for (size_t i = 0; i < routes->len; i++)
        for (const char *const *vault = routes->items[i].finals; *vault; vault++)
            if (!str_is_one_of(*vault, vaults))
                vaults[len++] = *vault;
    return vaults;
}

/* Where an object is, by its ARN. */
struct spot {
    const char *account, *region, *name;
};

static bool spot_of(struct arena *arena, const char *text, struct spot *ret)
{
    struct arn arn;
    if (!text || !arn_parse(slice_of(text), &arn))
        return false;
    *ret = (struct spot){arena_strndup(arena, arn.account.ptr, arn.account.len),
                         arena_strndup(arena, arn.region.ptr, arn.region.len),
                         arn_resource_name(arena, &arn)};
    return true;
}

static const struct record *record_at(const struct drill_scene *scene, const char *address)
{
    return address ? map_get(&scene->names->by_address, address) : NULL;
}

static const struct record *part_of(const struct drill_scene *scene, const char *address,
                                    const char *part)
{
    return record_at(scene, address ? arena_printf(scene->arena, "%s/%s", address, part) : NULL);
}

static const char *named(const struct drill_scene *scene, const char *arn)
{
    const char *address = drill_address_of(scene->names, arn);
    return address ? address : arn;
}

static void try_vault(struct drill_scene *scene, const struct aws_operation *operation,
                      const char *vault_arn, const struct value *body)
{
    struct spot at;
    if (!spot_of(scene->arena, vault_arn, &at))
        return;
    intruder_try(
        scene->intruder,
        &(struct intruder_call){.operation = operation,
                                .account_id = at.account,
                                .region = at.region,
                                .on = named(scene, vault_arn),
                                .labels = value_map_text(scene->arena, "backupVaultName", at.name),
                                .body = body});
}

/* ---- order and number of events ---- */

static bool double_events(struct drill_scene *scene)
{
    return set(scene, "event_copies", "2");
}

static bool single_events(struct drill_scene *scene)
{
    return set(scene, "event_copies", "1");
}

/* ---- keys ---- */

static const char *key_of_vault(const struct drill_scene *scene, const char *vault_arn)
{
    const struct record *vault = record_at(scene, drill_address_of(scene->names, vault_arn));
    return vault ? value_get_str(vault->attributes, "encryption_key_arn") : NULL;
}

static void schedule_deletion(struct drill_scene *scene, const char *account, const char *key_arn)
{
    struct spot at;
    struct map_builder b = map_begin(scene->arena);
    if (!spot_of(scene->arena, key_arn, &at))
        return;
    map_put_str(&b, "KeyId", key_arn);
    map_put_int(&b, "PendingWindowInDays", SHORTEST_WINDOW_DAYS);
    intruder_try(scene->intruder, &(struct intruder_call){.operation = &kms_ScheduleKeyDeletion,
                                                          .account_id = account,
                                                          .region = at.region,
                                                          .on = named(scene, key_arn),
                                                          .body = map_end(&b)});
}

static bool delete_keys(struct drill_scene *scene)
{
    const char *const *vaults = drill_last_vaults(scene->arena, scene->routes);
    for (; *vaults; vaults++) {
        struct spot at;
        const char *key = key_of_vault(scene, *vaults);
        if (spot_of(scene->arena, key, &at))
            schedule_deletion(scene, at.account, key);
    }
    return true;
}

/* ---- roles ---- */

static const char *const expired =
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
    "[\"lambda.amazonaws.com\",\"backup.amazonaws.com\"]},\"Action\":\"sts:AssumeRole\","
    "\"Condition\":{\"DateLessThan\":{\"aws:CurrentTime\":\"2025-12-31T00:00:00Z\"}}}]}";

static void put_trust(struct drill_scene *scene, const struct record *role, const char *trust)
{
    struct map_builder b = map_begin(scene->arena);
    map_put_str(&b, "RoleName", value_get_str(role->attributes, "name"));
    map_put_str(&b, "PolicyDocument", trust);
    intruder_try(scene->intruder, &(struct intruder_call){.operation = &iam_UpdateAssumeRolePolicy,
                                                          .account_id = role->account_id,
                                                          .region = scene->topology->regions[0],
                                                          .on = role->address,
                                                          .body = map_end(&b)});
}

const char *drill_document_text(struct arena *arena, const struct value *document)
{
    return value_is(document, VALUE_STRING) ? value_str(document)
                                            : json_print(arena, document, JSON_COMPACT);
}

/* Each relay's role once; of a direct copy the role of the plan, where the topology makes it. */
static void put_trusts(struct drill_scene *scene, bool renewed)
{
    struct map seen;
    map_init(&seen, scene->arena);
    for (size_t i = 0; i < scene->routes->len; i++) {
        const struct drill_route *route = &scene->routes->items[i];
        const struct record *role =
            part_of(scene, route->relay ? route->relay : route->plan, "role");
        if (!role || map_get(&seen, role->address))
            continue;
        map_set(&seen, role->address, scene);
        const struct value *document = value_get(role->attributes, "assume_role_policy_document");
        put_trust(scene, role, renewed ? drill_document_text(scene->arena, document) : expired);
    }
}

static bool expire_roles(struct drill_scene *scene)
{
    put_trusts(scene, /* renewed= */ false);
    return true;
}

static bool renew_roles(struct drill_scene *scene)
{
    put_trusts(scene, /* renewed= */ true);
    return true;
}

/* ---- the permission to copy in ---- */

static bool revoke_permission(struct drill_scene *scene)
{
    const char *const *vaults = drill_last_vaults(scene->arena, scene->routes);
    for (; *vaults; vaults++)
        try_vault(scene, &backup_DeleteBackupVaultAccessPolicy, *vaults, NULL);
    return true;
}

static bool grant_permission(struct drill_scene *scene)
{
    const char *const *vaults = drill_last_vaults(scene->arena, scene->routes);
    for (; *vaults; vaults++) {
        const struct record *policy =
            part_of(scene, drill_address_of(scene->names, *vaults), "policy");
        const struct value *document = policy ? value_get(policy->attributes, "policy") : NULL;
        if (document)
            try_vault(scene, &backup_PutBackupVaultAccessPolicy, *vaults,
                      value_map_text(scene->arena, "Policy",
                                     drill_document_text(scene->arena, document)));
    }
    return true;
}

/* ---- a Region that stands still ---- */

static bool stop_region(struct drill_scene *scene)
{
    struct spot at;
    const char *vault = *drill_last_vaults(scene->arena, scene->routes);
    return !spot_of(scene->arena, vault, &at) || set(scene, "outage_region", at.region);
}

static bool start_region(struct drill_scene *scene)
{
    return set(scene, "outage_region", "");
}

/* ---- the table ---- */

static const struct drill_fault faults[] = {
#define FAULT(name_, what_, setting_, value_, off_, before_, strike_, mend_)                       \
    {.name = (name_),                                                                              \
     .what = (what_),                                                                              \
     .setting = (setting_),                                                                        \
     .value = (value_),                                                                            \
     .off = (off_),                                                                                \
     .before = (before_),                                                                          \
     .strike = (strike_),                                                                          \
     .mend = (mend_)},
#include "engine/drill/faults.inc"
#undef FAULT
};

const struct drill_fault *drill_faults(size_t *ret_len)
{
    *ret_len = ARRAY_LEN(faults);
    return faults;
}

bool drill_fault_passes(const struct drill_fault *fault)
{
    return fault->mend || !fault->strike;
}

struct drill_fault drill_fault_left_out(const struct drill_fault *fault)
{
    return (struct drill_fault){.name = "", .what = "nothing", .before = fault->before};
}

bool drill_fault_is_left_out(const struct drill_fault *fault)
{
    return !*fault->name;
}

bool drill_fault_wait(const struct drill_fault *fault, struct drill_scene *scene)
{
    return !fault->before || fault->before(scene);
}

bool drill_fault_strike(const struct drill_fault *fault, struct drill_scene *scene)
{
    return (!fault->setting || set(scene, fault->setting, fault->value)) &&
           (!fault->strike || fault->strike(scene));
}

bool drill_fault_mend(const struct drill_fault *fault, struct drill_scene *scene)
{
    return (!fault->setting || set(scene, fault->setting, fault->off)) &&
           (!fault->mend || fault->mend(scene));
}
