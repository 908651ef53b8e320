/* The opt-ins of an account and Region, and the switches of the organization. */
#include "simulator/backup.h"
#include "simulator/backup_types.h"

#define SETTINGS "backup.settings"
#define SWITCH_CROSS_ACCOUNT "isCrossAccountBackupEnabled"

static const char *const switches[] = {SWITCH_CROSS_ACCOUNT, "isMpaEnabled",
                                       "isDelegatedAdministratorEnabled", NULL};

/* A world may begin with all types of an account and Region off ("backup.opt_in_off"). */
static const struct value *preferences(struct world *world, struct arena *arena,
                                       const char *account, const char *region)
{
    const struct value *set = store_get(world, arena, SETTINGS, account, region, "");
    bool on = !store_get(world, arena, "backup.opt_in_off", account, region, "");
    size_t len = 0;
    const struct sim_type *types = sim_types(&len);
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < len; i++)
        map_put_bool(&b, types[i].name, on);
    const struct value *declared = value_get(set, "ResourceTypeOptInPreference");
    for (size_t i = 0; i < value_len(declared); i++)
        map_put(&b, declared->map.entries[i].key, declared->map.entries[i].value);
    return map_end(&b);
}

bool backup_opted_in(struct world *world, struct arena *arena, const char *account,
                     const char *region, const char *type)
{
    return value_get_bool(preferences(world, arena, account, region), type, false);
}

bool backup_cross_account(struct world *world, struct arena *arena)
{
    return str_eq(setting_get(world, arena, "cross_account_backup"), "true");
}

static const struct value *management_preferences(struct sim_call *call)
{
    const struct value *set =
        store_get(call->world, call->arena, SETTINGS, call->account, call->region, "");
    struct map_builder b = map_begin(call->arena);
    map_put_bool(&b, "DynamoDB", false);
    map_put_bool(&b, "EFS", false);
    const struct value *declared = value_get(set, "ResourceTypeManagementPreference");
    for (size_t i = 0; i < value_len(declared); i++)
        map_put(&b, declared->map.entries[i].key, declared->map.entries[i].value);
    return map_end(&b);
}

bool backup_describe_region_settings(struct sim_call *call)
{
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "ResourceTypeOptInPreference",
            preferences(call->world, call->arena, call->account, call->region));
    map_put(&b, "ResourceTypeManagementPreference", management_preferences(call));
    return call_answer(call, map_end(&b));
}

bool backup_update_region_settings(struct sim_call *call)
{
    const struct value *opt_in = call_get(call, "ResourceTypeOptInPreference");
    const struct value *management = call_get(call, "ResourceTypeManagementPreference");
    for (size_t i = 0; i < value_len(opt_in); i++) {
        if (!sim_type_find(opt_in->map.entries[i].key))
            return backup_invalid(call, "Unknown resource type %s in this Region",
                                  opt_in->map.entries[i].key);
    }
    struct map_builder all = map_begin_from(
        call->arena, preferences(call->world, call->arena, call->account, call->region));
    for (size_t i = 0; i < value_len(opt_in); i++)
        map_put(&all, opt_in->map.entries[i].key, opt_in->map.entries[i].value);
    struct map_builder managed = map_begin_from(call->arena, management_preferences(call));
    for (size_t i = 0; i < value_len(management); i++)
        map_put(&managed, management->map.entries[i].key, management->map.entries[i].value);
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "ResourceTypeOptInPreference", map_end(&all));
    map_put(&b, "ResourceTypeManagementPreference", map_end(&managed));
    store_put(call->world, SETTINGS, call->account, call->region, "", map_end(&b));
    return call_answer(call, NULL);
}

/* Only the organization's management account has these settings. */
static bool in_management_account(struct sim_call *call)
{
    const char *management = organization_management(call->world, call->arena);
    if (!account_organization(call->world, call->arena, call->account))
        return backup_refused(call, "Current account is not a member of an organization.");
    return str_eq(management, call->account) ||
           backup_refused(call, "Insufficient privileges to perform this action: the settings "
                                "belong to the management account.");
}

bool backup_describe_global_settings(struct sim_call *call)
{
    if (!in_management_account(call))
        return false;
    const struct value *set =
        store_get(call->world, call->arena, "backup.global", call->account, "", "");
    const struct value *stored = value_get(set, "GlobalSettings");
    struct map_builder all = map_begin(call->arena);
    for (size_t i = 0; switches[i]; i++)
        map_put_str(&all, switches[i], text_or(value_get_str(stored, switches[i]), "false"));
    map_put_str(&all, SWITCH_CROSS_ACCOUNT,
                backup_cross_account(call->world, call->arena) ? "true" : "false");
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "GlobalSettings", map_end(&all));
    map_put(&b, "LastUpdateTime", call_time(call, value_get_int(set, "UpdateTime", call->now)));
    return call_answer(call, map_end(&b));
}

bool backup_update_global_settings(struct sim_call *call)
{
    if (!in_management_account(call))
        return false;
    const struct value *asked = call_get(call, "GlobalSettings");
    const struct value *set =
        store_get(call->world, call->arena, "backup.global", call->account, "", "");
    struct map_builder all = map_begin_from(call->arena, value_get(set, "GlobalSettings"));
    for (size_t i = 0; i < value_len(asked); i++) {
        const char *key = asked->map.entries[i].key;
        const char *text = value_str(asked->map.entries[i].value);
        if (!str_is_one_of(key, switches))
            return backup_invalid(call, "%s is no global setting", key);
        if (!str_eq(text, "true") && !str_eq(text, "false"))
            return backup_invalid(call, "The value of %s must be \"true\" or \"false\"", key);
        map_put_str(&all, key, text);
        if (str_eq(key, SWITCH_CROSS_ACCOUNT))
            setting_put(call->world, "cross_account_backup", text);
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "GlobalSettings", map_end(&all));
    map_put_int(&b, "UpdateTime", call->now);
    store_put(call->world, "backup.global", call->account, "", "", map_end(&b));
    return call_answer(call, NULL);
}
