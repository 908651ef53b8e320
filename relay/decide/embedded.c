#include "relay/decide/embedded.h"

#include "engine/base/clock.h"
#include "engine/base/json.h"

static void define(struct list_builder *metrics, const char *name, const char *unit)
{
    struct map_builder b = map_begin(metrics->arena);
    map_put_str(&b, "Name", name);
    map_put_str(&b, "Unit", unit);
    list_add(metrics, map_end(&b));
}

static const struct value *metadata(struct arena *arena, int64_t now_ms,
                                    const struct value *metrics)
{
    struct map_builder directive = map_begin(arena), b = map_begin(arena);
    struct list_builder set = list_begin(arena), sets = list_begin(arena), list = list_begin(arena);
    list_add_str(&set, "Topology");
    list_add_str(&set, "Relay");
    list_add(&sets, list_end(&set));
    map_put_str(&directive, "Namespace", RELAY_NAMESPACE);
    map_put(&directive, "Dimensions", list_end(&sets));
    map_put(&directive, "Metrics", metrics);
    list_add(&list, map_end(&directive));
    map_put_int(&b, "Timestamp", now_ms);
    map_put(&b, "CloudWatchMetrics", list_end(&list));
    return map_end(&b);
}

const char *relay_embedded_text(struct arena *arena, const struct relay_config *config,
                                int64_t now_ms, const struct relay_counts *counts)
{
    const struct {
        const char *name;
        int64_t count;
    } sums[] = {
        {RELAY_METRIC_STARTED, counts->started},
        {RELAY_METRIC_COPIES_FAILED, counts->copies_failed},
        {RELAY_METRIC_REFUSED, counts->refused},
        {RELAY_METRIC_WAITING, counts->waiting},
        {RELAY_METRIC_WORRYING, counts->worrying},
        {RELAY_METRIC_UNTAGGED, counts->untagged},
        {RELAY_METRIC_FAILED, counts->failed},
    };
    int64_t waits_ms = counts->oldest_waiting_ms ? now_ms - counts->oldest_waiting_ms : 0;
    struct list_builder metrics = list_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(sums); i++)
        define(&metrics, sums[i].name, "Count");
    define(&metrics, RELAY_METRIC_OLDEST, "None");
    struct map_builder b = map_begin(arena);
    map_put(&b, "_aws", metadata(arena, now_ms, list_end(&metrics)));
    map_put_str(&b, "Topology", config->topology);
    map_put_str(&b, "Relay", config->relay);
    for (size_t i = 0; i < ARRAY_LEN(sums); i++)
        map_put_int(&b, sums[i].name, sums[i].count);
    map_put_int(&b, RELAY_METRIC_OLDEST, waits_ms > 0 ? waits_ms / HOUR_MS : 0);
    return json_print(arena, map_end(&b), JSON_COMPACT);
}
