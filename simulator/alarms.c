#include "simulator/alarms.h"

#include "engine/aws/partition.h"
#include "engine/base/json.h"
#include "simulator/sns.h"
#include "simulator/sqs.h"
#include "simulator/tags.h"

#define CLOUDWATCH "cloudwatch.amazonaws.com"

/* What an alarm was set to, as far as it is judged here. */
struct alarm {
    struct world *world;
    struct arena *arena;
    const char *account, *region, *name, *arn;
    const struct value *body;
    struct metric metric;
    int64_t period_ms, periods, needed;
    double threshold;
};

static double number_of(const struct value *v)
{
    return value_is(v, VALUE_INT) ? (double)v->integer : value_is(v, VALUE_DOUBLE) ? v->number : 0;
}

/* False: it is on an expression, on a percentile, or on a band. */
static bool read_alarm(struct alarm *alarm)
{
    const struct value *body = alarm->body;
    alarm->metric = (struct metric){
        .account = alarm->account,
        .region = alarm->region,
        .namespace = value_get_str(body, "Namespace"),
        .name = value_get_str(body, "MetricName"),
        .dimensions = tags_from_list(alarm->arena, value_get(body, "Dimensions"), "Name", "Value"),
    };
    alarm->period_ms = value_get_int(body, "Period", 0) * 1000;
    alarm->periods = value_get_int(body, "EvaluationPeriods", 1);
    alarm->needed = value_get_int(body, "DatapointsToAlarm", alarm->periods);
    alarm->threshold = number_of(value_get(body, "Threshold"));
    alarm->arn = arena_printf(alarm->arena, "arn:%s:cloudwatch:%s:%s:alarm:%s",
                              partition_of_region(alarm->region), alarm->region, alarm->account,
                              alarm->name);
    return alarm->metric.name && alarm->metric.namespace && alarm->period_ms >= MINUTE_MS &&
           value_get_str(body, "Statistic") && value_get(body, "Threshold");
}

/* ---- when to look ---- */

static const struct value *with_look(const struct alarm *alarm, const struct value *body)
{
    struct map_builder b = map_begin(alarm->arena);
    int64_t due = (world_now_ms(alarm->world) / alarm->period_ms + 1) * alarm->period_ms;
    map_put_str(&b, "account", alarm->account);
    map_put_str(&b, "region", alarm->region);
    map_put_str(&b, "name", alarm->name);
    map_put_int(&b, "due", due);
    task_add(alarm->world, due, ALARM_LOOK, map_end(&b));
    return value_with(alarm->arena, body, "Look_ms", value_int(alarm->arena, due));
}

const struct value *alarm_begin(struct world *world, struct arena *arena, const char *account,
                                const char *region, const char *name, const struct value *body)
{
    struct alarm alarm = {world, arena, account, region, name, .body = body};
    return read_alarm(&alarm) ? with_look(&alarm, body) : body;
}

static bool is_on(const struct alarm *alarm, const struct metric *metric)
{
    return str_eq(alarm->metric.name, metric->name) &&
           str_eq(alarm->metric.namespace, metric->namespace) &&
           value_equal(alarm->metric.dimensions, metric->dimensions);
}

void alarms_wake(struct world *world, struct arena *arena, const struct metric *metric)
{
    struct objects rows =
        store_holding(world, arena, ALARM, metric->account, metric->region, metric->name);
    for (size_t i = 0; i < rows.len; i++) {
        struct alarm alarm = {world,
                              arena,
                              metric->account,
                              metric->region,
                              rows.items[i].id,
                              .body = rows.items[i].body};
        bool waits = value_get_int(alarm.body, "Look_ms", 0) > world_now_ms(world);
        if (!waits && read_alarm(&alarm) && is_on(&alarm, metric))
            store_put(world, ALARM, alarm.account, alarm.region, alarm.name,
                      with_look(&alarm, alarm.body));
    }
}

/* ---- judging ---- */

static double statistic(const struct alarm *alarm, struct metric_stat stat)
{
    const char *name = value_get_str(alarm->body, "Statistic");
    if (str_eq(name, "Sum"))
        return stat.sum;
    if (str_eq(name, "Minimum"))
        return stat.min;
    if (str_eq(name, "Maximum"))
        return stat.max;
    return str_eq(name, "SampleCount") ? (double)stat.count : stat.sum / (double)stat.count;
}

static bool breaches(const struct alarm *alarm, double value)
{
    const char *operator= value_get_str(alarm->body, "ComparisonOperator");
    double threshold = alarm->threshold;
    if (str_eq(operator, "GreaterThanThreshold"))
        return value > threshold;
    if (str_eq(operator, "GreaterThanOrEqualToThreshold"))
        return value >= threshold;
    return str_eq(operator, "LessThanThreshold") ? value < threshold : value <= threshold;
}

struct judgement {
    const char *state, *reason;
    bool has_data;
};

static void judge(const struct alarm *alarm, struct judgement *ret)
{
    const char *missing = value_get_str(alarm->body, "TreatMissingData");
    const char *before = value_get_str(alarm->body, "StateValue");
    int64_t end = world_now_ms(alarm->world) / alarm->period_ms * alarm->period_ms;
    int64_t bad = 0, there = 0;
    for (int64_t i = 0; i < alarm->periods; i++) {
        int64_t to = end - i * alarm->period_ms;
        struct metric_stat stat =
            metric_read(alarm->world, alarm->arena, &alarm->metric, to - alarm->period_ms, to);
        there += stat.count > 0;
        bad +=
            stat.count > 0 ? breaches(alarm, statistic(alarm, stat)) : str_eq(missing, "breaching");
    }
    bool judged = there > 0 || str_eq(missing, "breaching") || str_eq(missing, "notBreaching");
    ret->has_data = there > 0;
    ret->state = judged                                ? (bad >= alarm->needed ? "ALARM" : "OK")
                 : str_eq(missing, "ignore") && before ? before
                                                       : "INSUFFICIENT_DATA";
    ret->reason =
        arena_printf(alarm->arena,
                     "Threshold Crossed: %lld of the last %lld datapoints breach the threshold "
                     "(%.15g); %lld are missing [%s].",
                     (long long)bad, (long long)alarm->periods, alarm->threshold,
                     (long long)(alarm->periods - there), missing ? missing : "missing");
}

/* ---- ringing ---- */

static const char *message_of(const struct alarm *alarm, const char *old,
                              const struct judgement *now)
{
    struct map_builder trigger = map_begin(alarm->arena), b = map_begin(alarm->arena);
    map_put_str(&trigger, "MetricName", alarm->metric.name);
    map_put_str(&trigger, "Namespace", alarm->metric.namespace);
    map_put(&trigger, "Dimensions",
            tags_to_list(alarm->arena, alarm->metric.dimensions, "name", "value"));
    map_put_str(&b, "AlarmName", alarm->name);
    map_put(&b, "AlarmDescription", value_get(alarm->body, "AlarmDescription"));
    map_put_str(&b, "AWSAccountId", alarm->account);
    map_put_str(&b, "NewStateValue", now->state);
    map_put_str(&b, "NewStateReason", now->reason);
    map_put_str(&b, "StateChangeTime", time_iso_ms(alarm->arena, world_now_ms(alarm->world)));
    map_put_str(&b, "Region", alarm->region);
    map_put_str(&b, "AlarmArn", alarm->arn);
    map_put_str(&b, "OldStateValue", old);
    map_put(&b, "Trigger", map_end(&trigger));
    return json_print(alarm->arena, map_end(&b), JSON_COMPACT);
}

static const char *actions_of(const char *state)
{
    if (str_eq(state, "ALARM"))
        return "AlarmActions";
    return str_eq(state, "OK") ? "OKActions" : "InsufficientDataActions";
}

static void act(const struct alarm *alarm, const char *old, const struct judgement *now)
{
    const struct value *actions = value_get(alarm->body, actions_of(now->state));
    const struct sns_message message = {
        arena_printf(alarm->arena, "%s: \"%s\" in %s", now->state, alarm->name, alarm->region),
        message_of(alarm, old, now), NULL};
    if (!value_get_bool(alarm->body, "ActionsEnabled", true))
        return;
    for (size_t i = 0; i < value_len(actions); i++) {
        const char *why = "", *topic = value_str(value_item(actions, i));
        if (topic)
            (void)sns_deliver(alarm->world, alarm->arena, topic, CLOUDWATCH, alarm->arn, &message,
                              &why);
    }
}

static bool is_heard(const struct alarm *alarm, const char *state)
{
    const struct value *actions = value_get(alarm->body, actions_of(state));
    bool heard = false;
    for (size_t i = 0; i < value_len(actions); i++)
        heard = heard || sns_reaches(alarm->world, alarm->arena, value_str(value_item(actions, i)),
                                     CLOUDWATCH, alarm->arn);
    return heard && value_get_bool(alarm->body, "ActionsEnabled", true);
}

/* In the timeline: "alarm" where one begins to ring, "alarm over" where it ends. `unheard`: it has
 * rung since it was made, for want of any data at all. `heard`: somebody is told. */
static void tell(const struct alarm *alarm, const char *old, const struct judgement *now)
{
    struct map_builder b = map_begin(alarm->arena);
    bool rings = str_eq(now->state, "ALARM");
    if (!rings && !str_eq(old, "ALARM"))
        return;
    map_put_str(&b, "message", now->reason);
    map_put_str(&b, "name", alarm->name);
    map_put_bool(&b, "unheard", rings && str_eq(old, "INSUFFICIENT_DATA") && !now->has_data);
    map_put_bool(&b, "heard", is_heard(alarm, now->state));
    map_put_int(&b, "window_ms", alarm->period_ms * alarm->periods);
    timeline_add(alarm->world, alarm->account, alarm->region, rings ? "alarm" : "alarm over",
                 alarm->arn, map_end(&b));
}

static void settle(struct alarm *alarm, const struct judgement *now)
{
    const char *old = value_get_str(alarm->body, "StateValue");
    struct map_builder b = map_begin_from(alarm->arena, alarm->body);
    old = old ? old : "INSUFFICIENT_DATA";
    map_drop(&b, "Look_ms");
    if (!str_eq(old, now->state)) {
        map_put_str(&b, "StateValue", now->state);
        map_put_str(&b, "StateReason", now->reason);
        map_put_int(&b, "State_ms", world_now_ms(alarm->world));
        tell(alarm, old, now);
        act(alarm, old, now);
    }
    alarm->body = map_end(&b);
}

/* A queue tells how much lies in it, whether anything happens to it or not. */
static void sample(const struct alarm *alarm)
{
    const char *queue = value_get_str(alarm->metric.dimensions, "QueueName");
    if (queue && str_eq(alarm->metric.namespace, "AWS/SQS"))
        sqs_tell(alarm->world, alarm->arena, alarm->account, alarm->region, queue);
}

void alarm_look_task(struct world *world, struct arena *arena, const struct value *payload)
{
    struct judgement now;
    struct alarm alarm = {.world = world,
                          .arena = arena,
                          .account = value_get_str(payload, "account"),
                          .region = value_get_str(payload, "region"),
                          .name = value_get_str(payload, "name")};
    alarm.body = store_get(world, arena, ALARM, alarm.account, alarm.region, alarm.name);
    /* of an alarm that is gone, or that was changed and looks at another time */
    if (value_get_int(alarm.body, "Look_ms", 0) != value_get_int(payload, "due", -1) ||
        !read_alarm(&alarm))
        return;
    judge(&alarm, &now);
    settle(&alarm, &now);
    sample(&alarm);
    store_put(world, ALARM, alarm.account, alarm.region, alarm.name,
              now.has_data ? with_look(&alarm, alarm.body) : alarm.body);
}
