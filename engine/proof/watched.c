#include "engine/proof/watched.h"

bool alarm_wants_few(const struct value *alarm)
{
    const char *op = value_get_str(alarm, "comparison_operator");
    const char *metric = value_get_str(alarm, "metric_name");
    return str_eq(value_get_str(alarm, "namespace"), "AWS/Backup") && op &&
           str_starts(op, "LessThan") && metric && str_ends(metric, "Completed");
}

bool alarm_heeds_silence(const struct value *alarm)
{
    return str_eq(value_get_str(alarm, "treat_missing_data"), "breaching");
}

static bool is_about(const struct value *alarm, const struct model_object *vault)
{
    const char *name = value_get_str(value_get(alarm, "dimensions"), "BackupVaultName");
    return !name || str_eq(name, value_get_str(vault->properties, "name"));
}

bool vault_is_watched(const struct model *model, const struct model_object *vault)
{
    const struct resource *r = vault->resource;
    const struct model_list *alarms =
        model_in(model, "aws_cloudwatch_alarm", r->account->id, r->region);
    for (size_t i = 0; i < alarms->len; i++) {
        const struct value *alarm = alarms->items[i]->properties;
        if (alarm_wants_few(alarm) && alarm_heeds_silence(alarm) && is_about(alarm, vault) &&
            value_get_bool(alarm, "actions_enabled", true) &&
            value_len(value_get(alarm, "alarm_actions")) > 0)
            return true;
    }
    return false;
}
