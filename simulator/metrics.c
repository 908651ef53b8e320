#include "simulator/metrics.h"

#include "engine/base/json.h"
#include "simulator/alarms.h"

#define HOURLY "~cloudwatch.metric" /* a row an hour, in it a member a minute */
#define KEPT_HOURS (15 * 24)
#define TEXT_MAX 8192

/* By name and sorted dimensions; the hour stands behind it. */
static const char *row_id(struct arena *arena, const struct metric *metric, int64_t hour)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    strbuf_addf(&sb, "%s|%s|", metric->namespace, metric->name);
    json_write(&sb, metric->dimensions, JSON_COMPACT | JSON_SORTED);
    strbuf_addf(&sb, "|%lld", (long long)hour);
    return strbuf_str(&sb);
}

static double number(const struct value *map, const char *member)
{
    const struct value *v = value_get(map, member);
    return value_is(v, VALUE_INT) ? (double)v->integer : value_is(v, VALUE_DOUBLE) ? v->number : 0;
}

static struct metric_stat stat_of(const struct value *minute)
{
    return (struct metric_stat){.count = value_get_int(minute, "Count", 0),
                                .sum = number(minute, "Sum"),
                                .min = number(minute, "Min"),
                                .max = number(minute, "Max")};
}

static struct metric_stat together(struct metric_stat a, struct metric_stat b)
{
    if (a.count == 0 || b.count == 0)
        return a.count ? a : b;
    return (struct metric_stat){.count = a.count + b.count,
                                .sum = a.sum + b.sum,
                                .min = a.min < b.min ? a.min : b.min,
                                .max = a.max > b.max ? a.max : b.max};
}

static const struct value *minute_of(struct arena *arena, struct metric_stat stat)
{
    struct map_builder b = map_begin(arena);
    map_put_int(&b, "Count", stat.count);
    map_put(&b, "Sum", value_double(arena, stat.sum));
    map_put(&b, "Min", value_double(arena, stat.min));
    map_put(&b, "Max", value_double(arena, stat.max));
    return map_end(&b);
}

static const char *minute_name(struct arena *arena, int64_t ms)
{
    return arena_printf(arena, "%02d", (int)(ms / MINUTE_MS % 60));
}

bool metrics_matter(struct world *world, const char *account, const char *region)
{
    return store_any(world, ALARM, account, region, NULL);
}

static void metric_add(struct world *world, struct arena *arena, const struct metric *metric,
                       double value)
{
    int64_t now = world_now_ms(world), hour = now / HOUR_MS;
    if (!metrics_matter(world, metric->account, metric->region))
        return;
    const char *id = row_id(arena, metric, hour), *name = minute_name(arena, now);
    const struct value *row = store_get(world, arena, HOURLY, metric->account, metric->region, id);
    const struct metric_stat one = {1, value, value, value};
    struct map_builder b = map_begin_from(arena, row);
    map_put(&b, name, minute_of(arena, together(stat_of(value_get(row, name)), one)));
    store_put(world, HOURLY, metric->account, metric->region, id, map_end(&b));
    if (!row)
        store_delete(world, HOURLY, metric->account, metric->region,
                     row_id(arena, metric, hour - KEPT_HOURS));
    alarms_wake(world, arena, metric);
}

void metric_count(struct world *world, struct arena *arena, const char *account, const char *region,
                  const char *namespace, const char *name, const char *dimension, const char *of,
                  double value)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, dimension, of);
    const struct metric metric = {account, region, namespace, name, map_end(&b)};
    metric_add(world, arena, &metric, value);
}

struct metric_stat metric_read(struct world *world, struct arena *arena,
                               const struct metric *metric, int64_t from_ms, int64_t to_ms)
{
    struct metric_stat stat = {0};
    const struct value *row = NULL;
    int64_t read = -1;
    for (int64_t at = from_ms / MINUTE_MS * MINUTE_MS; at < to_ms; at += MINUTE_MS) {
        if (at / HOUR_MS != read) {
            read = at / HOUR_MS;
            row = store_get(world, arena, HOURLY, metric->account, metric->region,
                            row_id(arena, metric, read));
        }
        if (!row)
            at = (read + 1) * HOUR_MS - MINUTE_MS;
        else
            stat = together(stat, stat_of(value_get(row, minute_name(arena, at))));
    }
    return stat;
}

/* ---- the embedded metric format ---- */

static void add_directive(struct world *world, struct arena *arena, const struct metric *place,
                          const struct value *line, const struct value *directive)
{
    const struct value *sets = value_get(directive, "Dimensions");
    const struct value *metrics = value_get(directive, "Metrics");
    for (size_t i = 0; i < value_len(sets); i++) {
        const struct value *set = value_item(sets, i);
        struct map_builder b = map_begin(arena);
        for (size_t j = 0; j < value_len(set); j++) {
            const char *key = value_str(value_item(set, j));
            if (key)
                map_put(&b, key, value_get(line, key));
        }
        struct metric metric = *place;
        metric.namespace = value_get_str(directive, "Namespace");
        metric.dimensions = map_end(&b);
        for (size_t j = 0; metric.namespace && j < value_len(metrics); j++) {
            metric.name = value_get_str(value_item(metrics, j), "Name");
            if (metric.name && value_get(line, metric.name))
                metric_add(world, arena, &metric, number(line, metric.name));
        }
    }
}

void metrics_embedded(struct world *world, struct arena *arena, const char *account,
                      const char *region, const char *line)
{
    const struct value *json = NULL;
    const char *why = NULL;
    const struct metric place = {.account = account, .region = region};
    if (!str_starts(line, "{\"_aws\":") || !json_parse(arena, slice_of(line), &json, &why))
        return;
    const struct value *directives = value_pointer(json, "/_aws/CloudWatchMetrics");
    for (size_t i = 0; i < value_len(directives); i++)
        add_directive(world, arena, &place, json, value_item(directives, i));
}
