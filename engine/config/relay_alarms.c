#include "engine/config/lower_relays.h"
#include "relay/decide/embedded.h"

#define HOUR_S 3600
#define STUCK_HOURS 24
#define RECENT_HOURS 26 /* a day, and the time that two copies take */
#define STOPPED_HOURS 3 /* of a relay that the clock wakes every hour */
#define STOPPED_HOURS_OTHERWISE                                                                    \
    26 /* of one that wakes with events, or by a schedule of its own                               \
        */

/* What a metric is about, as its dimensions say. */
enum subject { OF_RELAY, OF_FUNCTION, OF_DEAD_LETTER };

/* The first are the relay's own metrics (relay/decide/embedded.h). The others AWS publishes by
 * itself: a function that does not run cannot tell of it. */
static const struct alarm {
    const char *part, *description;
    enum subject subject;
    const char *metric, *statistic, *comparison;
    int64_t threshold, period_s;
    const char *missing;
} alarms[] = {
    {"failed", "A copy into the relay's source vault, or out of it, FAILED or is PARTIAL.",
     OF_RELAY, RELAY_METRIC_COPIES_FAILED, "Sum", "GreaterThanThreshold", 0, HOUR_S,
     "notBreaching"},
    {"refused",
     "The relay refuses a point: its tags, its age or the lock of its vault forbid the "
     "copy. The relay's log names it.",
     OF_RELAY, RELAY_METRIC_REFUSED, "Sum", "GreaterThanThreshold", 0, HOUR_S, "notBreaching"},
    {"worrying",
     "Points that somebody should look at: their copy is stuck, they expire before it "
     "can end, their tag failed to travel, or they wait for `relay once --backfill`.",
     OF_RELAY, RELAY_METRIC_WORRYING, "Sum", "GreaterThanThreshold", 0, HOUR_S, "notBreaching"},
    {"dead_letters",
     "Events that the relay could not handle lie among its dead letters. "
     "`holdfast relay replay` hands them over again.",
     OF_DEAD_LETTER, "ApproximateNumberOfMessagesVisible", "Maximum", "GreaterThanThreshold", 0,
     300, "notBreaching"},
    {"errors", "The relay's function fails again and again.", OF_FUNCTION, "Errors", "Sum",
     "GreaterThanThreshold", 2, HOUR_S, "notBreaching"},
    {"throttles", "The relay's function is throttled, or stopped by a reserved concurrency of 0.",
     OF_FUNCTION, "Throttles", "Sum", "GreaterThanThreshold", 0, 300, "notBreaching"},
    {"delayed",
     "Events wait for a quarter of an hour and more before the relay's function sees "
     "them.",
     OF_FUNCTION, "AsyncEventAge", "Maximum", "GreaterThanThreshold", 900000, 300, "notBreaching"},
};
static const struct alarm stuck = {"stuck",
                                   "A point has waited too long in the relay's source vault.",
                                   OF_RELAY,
                                   RELAY_METRIC_OLDEST,
                                   "Maximum",
                                   "GreaterThanOrEqualToThreshold",
                                   0,
                                   HOUR_S,
                                   "notBreaching"},
                          stopped = {"stopped",
                                     "The relay's function was not invoked, not even by the clock.",
                                     OF_FUNCTION,
                                     "Invocations",
                                     "Sum",
                                     "LessThanThreshold",
                                     1,
                                     HOUR_S,
                                     "breaching"};

static const struct value *one(struct lowering *lw, const char *key, const struct value *v)
{
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, key, v);
    return map_end(&map);
}

static const char *namespace_of(enum subject subject)
{
    static const char *const names[] = {RELAY_NAMESPACE, "AWS/Lambda", "AWS/SQS"};
    return names[subject];
}

static const struct value *dimensions_of(struct lowering *lw, const struct instance *in,
                                         enum subject subject)
{
    struct map_builder map = map_begin(lw->arena);
    if (subject == OF_FUNCTION)
        return one(lw, "FunctionName", name_of(lw, in, NULL));
    if (subject == OF_DEAD_LETTER)
        return one(lw, "QueueName", name_of(lw, in, "dead_letter"));
    map_put_str(&map, "Topology", lw->topology);
    map_put_str(&map, "Relay", in->address);
    return map_end(&map);
}

static const struct value *actions_of(struct lowering *lw, const struct instance *in,
                                      const struct value *topic)
{
    struct list_builder list = list_begin(lw->arena);
    const struct value *arn = ref_value(lw, in, "topics", topic, "arn");
    if (!arn)
        return NULL;
    list_add(&list, arn);
    return list_end(&list);
}

static void put_notices(struct map_builder *map, const struct value *actions)
{
    map_put(map, "alarm_actions", actions);
    map_put(map, "ok_actions", actions);
}

/* How often in a row the last one says so. */
static void make_alarm(struct lowering *lw, const struct instance *in, const struct alarm *alarm,
                       int64_t threshold, int64_t periods, const struct value *actions)
{
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "name", name_of(lw, in, arena_printf(lw->arena, "alarms.%s", alarm->part)));
    map_put_str(&map, "description", alarm->description);
    map_put_str(&map, "namespace", namespace_of(alarm->subject));
    map_put_str(&map, "metric_name", alarm->metric);
    map_put(&map, "dimensions", dimensions_of(lw, in, alarm->subject));
    map_put_str(&map, "statistic", alarm->statistic);
    map_put_int(&map, "period", alarm->period_s);
    map_put_int(&map, "evaluation_periods", periods);
    map_put_int(&map, "threshold", threshold);
    map_put_str(&map, "comparison_operator", alarm->comparison);
    map_put_str(&map, "treat_missing_data", alarm->missing);
    put_notices(&map, actions);
    draft_add(lw, in, arena_printf(lw->arena, "/alarms.%s", alarm->part), "aws_cloudwatch_alarm",
              map_end(&map));
}

/* In the account of a last vault, out of reach of whoever holds the relay's. It rests on the number
 * of points that AWS Backup itself counts there: what the relay says of itself is worth nothing
 * against somebody who has taken its account over. */
static void make_no_recent_point(struct lowering *lw, const struct relay_draft *relay,
                                 const struct relay_destination_draft *to,
                                 const struct value *given)
{
    const struct instance *vault = to->target.instance;
    const char *address = arena_printf(lw->arena, "%s/alarms.no_recent_point[%s]",
                                       relay->in->entry->address, to->name);
    const struct value *actions = actions_of(lw, vault, value_get(given, "topic"));
    struct map_builder map = map_begin(lw->arena);
    if (!actions)
        return;
    map_put(&map, "name",
            value_stringf(lw->arena, "%s-%s-no_recent_point-%s", lw->topology,
                          relay->in->entry->first_name, to->name));
    map_put_str(&map, "description",
                "No recovery point has arrived in the last vault for too long.");
    map_put_str(&map, "namespace", "AWS/Backup");
    map_put_str(&map, "metric_name", "NumberOfRecoveryPointsCompleted");
    map_put(&map, "dimensions", one(lw, "BackupVaultName", value_string(lw->arena, to->name)));
    map_put_str(&map, "statistic", "Sum");
    map_put_int(&map, "period", HOUR_S);
    map_put_int(&map, "evaluation_periods", value_get_int(given, "hours", RECENT_HOURS));
    map_put_int(&map, "threshold", 1);
    map_put_str(&map, "comparison_operator", "LessThanThreshold");
    map_put_str(&map, "treat_missing_data", "breaching");
    put_notices(&map, actions);
    draft_add_at(lw, relay->in, address, to->account, to->region, "aws_cloudwatch_alarm",
                 map_end(&map));
}

void relay_alarms(struct lowering *lw, const struct relay_draft *relay)
{
    const struct instance *in = relay->in;
    const struct value *given = value_get(in->body, "alarms");
    const struct value *recent = value_get(given, "no_recent_point");
    const struct value *actions = given ? actions_of(lw, in, value_get(given, "topic")) : NULL;
    if (!actions)
        return;
    for (size_t i = 0; i < ARRAY_LEN(alarms); i++)
        make_alarm(lw, in, &alarms[i], alarms[i].threshold, 1, actions);
    make_alarm(lw, in, &stuck, value_get_int(given, "stuck_hours", STUCK_HOURS), 1, actions);
    make_alarm(
        lw, in, &stopped, stopped.threshold,
        value_get_int(given, "stopped_hours",
                      value_get(in->body, "reconcile") ? STOPPED_HOURS_OTHERWISE : STOPPED_HOURS),
        actions);
    for (size_t i = 0; recent && i < relay->destination_len; i++)
        if (relay->destinations[i].account)
            make_no_recent_point(lw, relay, &relay->destinations[i], recent);
}
