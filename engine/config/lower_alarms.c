#include "engine/config/lower.h"

void lower_alarms(struct lowering *lw, const struct entry *entry)
{
    static const char *const same[] = {
        "description",
        "namespace",
        "metric_name",
        "dimensions",
        "statistic",
        "extended_statistic",
        "period",
        "unit",
        "metrics",
        "evaluation_periods",
        "datapoints_to_alarm",
        "threshold",
        "threshold_metric_id",
        "comparison_operator",
        "treat_missing_data",
        "evaluate_low_sample_count_percentile",
        "actions_enabled",
        "alarm_actions",
        "ok_actions",
        "insufficient_data_actions",
        NULL,
    };
    for (size_t i = 0; i < entry->len; i++) {
        const struct instance *in = &entry->instances[i];
        struct map_builder map = map_begin(lw->arena);
        map_put(&map, "name", name_of(lw, in, NULL));
        copy_keys(&map, in->body, same);
        draft_add(lw, in, "", "aws_cloudwatch_alarm", map_end(&map));
    }
}
