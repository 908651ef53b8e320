/* CloudWatch: alarms on metrics and their tags. When they ring: alarms.h. */
#include <string.h>

#include "simulator/alarms.h"
#include "simulator/tags.h"

/* What an alarm is given; the tags are apart. */
static const char *const members[] = {
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
    "ThresholdMetricId",
};

/* Shapes of the model come with their namespace; clients of old look for a header. */
static bool refuse(struct sim_call *call, int status, const char *code, const char *message)
{
    call_header(call, "x-amzn-query-error", arena_printf(call->arena, "%s;Sender", code));
    return call_error(call, status, arena_printf(call->arena, "com.amazonaws.cloudwatch#%s", code),
                      "%s", message);
}

static bool bad_value(struct sim_call *call, const char *message)
{
    call_header(call, "x-amzn-query-error", "ValidationError;Sender");
    return call_error(call, 400, "ValidationError", "%s", message);
}

static const char *alarm_arn(struct sim_call *call, const char *name)
{
    return call_arn(call, "cloudwatch", "alarm:%s", name);
}

/* ---- PutMetricAlarm ---- */

static bool period_fits(int64_t period)
{
    return period == 10 || period == 20 || period == 30 || (period >= 60 && period % 60 == 0);
}

static bool one_metric_fits(struct sim_call *call)
{
    bool plain = call_get(call, "Statistic"), extended = call_get(call, "ExtendedStatistic");
    int64_t period = call_int(call, "Period", 0), periods = call_int(call, "EvaluationPeriods", 1);
    if (!call_get(call, "Namespace") || !call_get(call, "Period"))
        return bad_value(call, "MetricName, Namespace and Period are required for alarms on a "
                               "single metric");
    if (plain == extended)
        return bad_value(call, "Exactly one of Statistic and ExtendedStatistic must be specified");
    if (!period_fits(period))
        return bad_value(call, "Period must be 10, 20, 30 or a multiple of 60");
    if (period * periods > 7 * DAY_MS / 1000)
        return bad_value(call,
                         "Metrics cannot be checked across more than a week (EvaluationPeriods "
                         "* Period must be <= 604800)");
    return true;
}

static bool several_fit(struct sim_call *call)
{
    static const char *const excluded[] = {"MetricName",        "Namespace",  "Statistic",
                                           "ExtendedStatistic", "Dimensions", "Period"};
    const struct value *metrics = call_get(call, "Metrics");
    size_t watched = 0;
    for (size_t i = 0; i < ARRAY_LEN(excluded); i++)
        if (call_get(call, excluded[i]))
            return bad_value(
                call,
                arena_printf(call->arena, "%s cannot be used together with Metrics", excluded[i]));
    for (size_t i = 0; i < value_len(metrics); i++) {
        const struct value *metric = value_item(metrics, i);
        if (!value_get(metric, "MetricStat") == !value_get(metric, "Expression"))
            return bad_value(call, "Exactly one of MetricStat and Expression must be specified");
        watched += value_get_bool(metric, "ReturnData", true);
    }
    return watched == 1 || bad_value(call, "Exactly one element of the metrics list should return "
                                           "data.");
}

static bool alarm_fits(struct sim_call *call)
{
    int64_t periods = call_int(call, "EvaluationPeriods", 0);
    if (!call_get(call, "ComparisonOperator") || periods < 1)
        return bad_value(call, "ComparisonOperator and EvaluationPeriods are required");
    if (!call_get(call, "Threshold") == !call_get(call, "ThresholdMetricId"))
        return bad_value(call, "Exactly one of Threshold and ThresholdMetricId must be specified");
    if (call_int(call, "DatapointsToAlarm", 1) > periods)
        return bad_value(call, "DatapointsToAlarm must not be larger than EvaluationPeriods");
    if (call_get(call, "Metrics"))
        return several_fit(call);
    if (!call_get(call, "MetricName"))
        return bad_value(call, "One of MetricName and Metrics must be specified");
    return one_metric_fits(call);
}

/* As AWS writes metrics back: the order is theirs, and ReturnData is always said. */
static const struct value *metrics_back(struct arena *arena, const struct value *metrics)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = value_len(metrics); i-- > 0;) {
        struct map_builder b = map_begin_from(arena, value_item(metrics, i));
        if (!value_get(map_end(&b), "ReturnData"))
            map_put_bool(&b, "ReturnData", true);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static bool put_alarm(struct sim_call *call)
{
    struct arena *arena = call->arena;
    const char *name = call_need(call, "AlarmName");
    if (!name || !alarm_fits(call))
        return false;
    const struct value *old =
        store_get(call->world, arena, ALARM, call->account, call->region, name);
    const struct value *tags = old ? value_get(old, "Tags")
                                   : tags_from_list(arena, call_get(call, "Tags"), "Key", "Value");
    const char *refused = tags_refused(arena, tags);
    if (refused)
        return bad_value(call, refused);
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        map_put(&b, members[i], call_get(call, members[i]));
    map_put(&b, "Tags", tags);
    map_put_int(&b, "Modified_ms", call->now);
    map_put_int(&b, "Created_ms", old ? value_get_int(old, "Created_ms", 0) : call->now);
    map_put(&b, "StateValue", value_get(old, "StateValue"));
    map_put(&b, "StateReason", value_get(old, "StateReason"));
    map_put(&b, "State_ms", value_get(old, "State_ms"));
    store_put(call->world, ALARM, call->account, call->region, name,
              alarm_begin(call->world, arena, call->account, call->region, name, map_end(&b)));
    return call_answer(call, NULL);
}

/* ---- DescribeAlarms, DeleteAlarms ---- */

static void put_list(struct map_builder *b, const char *member, const struct value *given)
{
    struct list_builder none = list_begin(b->arena);
    map_put(b, member, given ? given : list_end(&none));
}

static const char *state_of(const struct value *alarm)
{
    const char *state = value_get_str(alarm, "StateValue");
    return state ? state : "INSUFFICIENT_DATA";
}

static const struct value *alarm_shape(struct sim_call *call, const struct object *row)
{
    static const char *const lists[] = {"OKActions", "AlarmActions", "InsufficientDataActions"};
    struct map_builder b = map_begin(call->arena);
    int64_t created = value_get_int(row->body, "Created_ms", 0);
    const struct value *metrics = value_get(row->body, "Metrics");
    map_put_str(&b, "AlarmName", row->id);
    map_put_str(&b, "AlarmArn", alarm_arn(call, row->id));
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        map_put(&b, members[i], value_get(row->body, members[i]));
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        put_list(&b, lists[i], value_get(row->body, lists[i]));
    map_put_bool(&b, "ActionsEnabled", value_get_bool(row->body, "ActionsEnabled", true));
    if (metrics)
        map_put(&b, "Metrics", metrics_back(call->arena, metrics));
    else
        put_list(&b, "Dimensions", value_get(row->body, "Dimensions"));
    map_put(&b, "AlarmConfigurationUpdatedTimestamp",
            call_time(call, value_get_int(row->body, "Modified_ms", 0)));
    const char *reason = value_get_str(row->body, "StateReason");
    const struct value *since = call_time(call, value_get_int(row->body, "State_ms", created));
    map_put_str(&b, "StateValue", state_of(row->body));
    map_put_str(&b, "StateReason", reason ? reason : "Unchecked: Initial alarm creation");
    map_put(&b, "StateUpdatedTimestamp", since);
    map_put(&b, "StateTransitionedTimestamp", since);
    return map_end(&b);
}

static bool names_text(const struct value *list, const char *text)
{
    for (size_t i = 0; i < value_len(list); i++)
        if (str_eq(value_str(value_item(list, i)), text))
            return true;
    return false;
}

/* Only alarms on metrics exist here: who asks for composite ones alone finds none. */
static bool describe_alarms(struct sim_call *call)
{
    const struct value *names = call_get(call, "AlarmNames");
    const struct value *types = call_get(call, "AlarmTypes");
    const char *state = call_str(call, "StateValue"), *next;
    bool none = types && !names_text(types, "MetricAlarm");
    if (names && call_get(call, "AlarmNamePrefix"))
        return bad_value(call, "AlarmNames and AlarmNamePrefix cannot be used together");
    struct objects rows = store_list(call->world, call->arena, ALARM, call->account, call->region,
                                     call_str(call, "AlarmNamePrefix"));
    size_t kept = 0;
    for (size_t i = 0; i < rows.len; i++)
        if (!none && (!names || names_text(names, rows.items[i].id)) &&
            (!state || str_eq(state, state_of(rows.items[i].body))))
            rows.items[kept++] = rows.items[i];
    rows.len = kept;
    if (!call_page(call, &rows, "NextToken", "MaxRecords", 50, &next))
        return refuse(call, 400, "InvalidNextToken", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena), composite = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, alarm_shape(call, &rows.items[i]));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "MetricAlarms", list_end(&list));
    map_put(&b, "CompositeAlarms", list_end(&composite));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

/* Names that do not exist are passed over, as long as there is one that does. */
static bool delete_alarms(struct sim_call *call)
{
    const struct value *names = call_get(call, "AlarmNames");
    size_t deleted = 0;
    for (size_t i = 0; i < value_len(names); i++) {
        const char *name = value_str(value_item(names, i));
        deleted +=
            name && store_delete(call->world, ALARM, call->account, call->region, name) ? 1 : 0;
    }
    if (!deleted)
        return refuse(call, 404, "ResourceNotFound", "None of the alarms to be deleted exists.");
    return call_answer(call, NULL);
}

/* ---- tags ---- */

static const struct value *need_tagged(struct sim_call *call, const char **ret_name)
{
    const char *text = call_need(call, "ResourceARN");
    const struct value *alarm = NULL;
    if (!text)
        return NULL;
    const char *name = strstr(text, ":alarm:"); /* which may hold blanks */
    if (name) {
        *ret_name = name + strlen(":alarm:");
        alarm = store_get(call->world, call->arena, ALARM, call->account, call->region, *ret_name);
    }
    if (!alarm)
        refuse(call, 404, "ResourceNotFoundException",
               arena_printf(call->arena, "%s does not exist", text));
    return alarm;
}

static bool save_tags(struct sim_call *call, const char *name, const struct value *alarm,
                      const struct value *tags)
{
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return bad_value(call, refused);
    store_put(call->world, ALARM, call->account, call->region, name,
              value_with(call->arena, alarm, "Tags", tags));
    struct map_builder none = map_begin(call->arena);
    return call_answer(call, map_end(&none));
}

static bool tag_resource(struct sim_call *call)
{
    const char *name;
    const struct value *alarm = need_tagged(call, &name);
    if (!alarm)
        return false;
    const struct value *more = tags_from_list(call->arena, call_get(call, "Tags"), "Key", "Value");
    return save_tags(call, name, alarm, tags_merge(call->arena, value_get(alarm, "Tags"), more));
}

static bool untag_resource(struct sim_call *call)
{
    const char *name;
    const struct value *alarm = need_tagged(call, &name);
    return alarm &&
           save_tags(call, name, alarm,
                     tags_remove(call->arena, value_get(alarm, "Tags"), call_get(call, "TagKeys")));
}

static bool list_tags(struct sim_call *call)
{
    const char *name;
    const struct value *alarm = need_tagged(call, &name);
    if (!alarm)
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Tags", tags_to_list(call->arena, value_get(alarm, "Tags"), "Key", "Value"));
    return call_answer(call, map_end(&b));
}

static const struct sim_operation operations[] = {
    {.name = "PutMetricAlarm", .run = put_alarm, .writes = true},
    {.name = "DescribeAlarms", .run = describe_alarms},
    {.name = "DeleteAlarms", .run = delete_alarms, .writes = true},
    {.name = "TagResource", .run = tag_resource, .writes = true},
    {.name = "UntagResource", .run = untag_resource, .writes = true},
    {.name = "ListTagsForResource", .run = list_tags},
};

static const struct sim_task tasks[] = {
    {.kind = ALARM_LOOK, .run = alarm_look_task, .background = true},
};

const struct sim_api sim_cloudwatch = {
    .service = "monitoring",
    .wire = SIM_JSON,
    .target = "GraniteServiceVersion20100801",
    .version = "1.0",
    .missing = "ValidationError",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
    .tasks = tasks,
    .task_len = ARRAY_LEN(tasks),
};
