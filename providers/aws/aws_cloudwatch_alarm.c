/* aws_cloudwatch_alarm: PutMetricAlarm makes an alarm and replaces all of it but the tags, which it
 * takes only for new ones. */
#include "providers/aws/calls.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

/* What an alarm on one metric has, and one on several has not, and the other way round. */
static const char *const of_one_metric[] = {
    "namespace", "metric_name", "dimensions", "statistic", "extended_statistic", "period", "unit"};
static const char *const of_several[] = {"metrics", "threshold_metric_id"};
static const char *const of_all[] = {
    "name",
    "description",
    "evaluation_periods",
    "datapoints_to_alarm",
    "threshold",
    "comparison_operator",
    "treat_missing_data",
    "evaluate_low_sample_count_percentile",
    "actions_enabled",
    "alarm_actions",
    "ok_actions",
    "insufficient_data_actions",
};

static const char *name_of(struct op *op)
{
    return op_identifier(op) ? op_identifier(op) : value_get_str(op_desired(op), "name");
}

static const char *arn_of(struct op *op)
{
    return arena_printf(op_arena(op), "arn:%s:cloudwatch:%s:%s:alarm:%s", op_partition(op),
                        op_region(op), op_account_id(op), name_of(op));
}

/* Dimensions are a map here and a list of {Name, Value} there, at whatever depth they stand. */
static const struct value *with_dimensions(struct arena *arena, const struct value *v, bool to_wire)
{
    if (value_is(v, VALUE_LIST)) {
        struct list_builder list = list_begin(arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&list, with_dimensions(arena, v->list.items[i], to_wire));
        return list_end(&list);
    }
    if (!value_is(v, VALUE_MAP))
        return v;
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const char *key = v->map.entries[i].key;
        const struct value *inner = v->map.entries[i].value;
        if (!str_eq(key, "Dimensions"))
            map_put(&b, key, with_dimensions(arena, inner, to_wire));
        else if (to_wire)
            map_put(&b, key, aws_tag_list(arena, inner, "Name", "Value"));
        else
            map_put(&b, key, aws_tag_map(arena, inner, "Name", "Value"));
    }
    return map_end(&b);
}

/* ---- read ---- */

static void describe(struct op *op, struct request *rq)
{
    struct list_builder names = list_begin(op_arena(op));
    struct list_builder types = list_begin(op_arena(op));
    list_add_str(&names, name_of(op));
    list_add_str(&types, "MetricAlarm");
    request_set(rq, "AlarmNames", list_end(&names));
    request_set(rq, "AlarmTypes", list_end(&types));
}

struct read {
    struct calls calls;
    const struct value *alarm, *tags;
};

static void take_alarm(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    read->alarm = value_item(value_get(rs->body, "MetricAlarms"), 0);
    if (!read->alarm)
        op_gone(op);
}

static void take_tags(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    read->tags = aws_tag_map(op_arena(op), value_get(rs->body, "Tags"), "Key", "Value");
}

/* PutMetricAlarm replaces all: what is not in ours would be gone. Of `alarm`. */
static void tell_unsaid(struct op *op, struct map_builder *attributes, const struct value *alarm)
{
    static const char *const invented[] = {"AlarmConfigurationUpdatedTimestamp",
                                           "EvaluationInterval", /* of EvaluationCriteria only */
                                           "EvaluationState",
                                           "StateReason",
                                           "StateReasonData",
                                           "StateTransitionedTimestamp",
                                           "StateUpdatedTimestamp",
                                           "StateValue",
                                           NULL};
    struct map_builder wire = map_begin_from(op_arena(op), alarm);
    if (value_pointer(alarm, "/EvaluationWindow/SlidingWindow"))
        map_drop(&wire, "EvaluationWindow"); /* what an alarm has that is given none */
    put_unsaid(op, attributes, op_schema(op)->root, map_end(&wire), "", invented);
}

static void alarm_read(struct op *op, const struct response *rs)
{
    (void)rs;
    struct arena *arena = op_arena(op);
    const struct read *read = op_data(op, sizeof(*read));
    const struct value *alarm = with_dimensions(arena, read->alarm, /* to_wire= */ false);
    struct map_builder b =
        map_begin_from(arena, schema_from_wire(arena, op_schema(op)->root, alarm));
    map_put(&b, "tags", read->tags);
    tell_unsaid(op, &b, alarm);
    op_done(op, op_identifier(op), map_end(&b));
}

static void read_alarm(struct op *op)
{
    (void)op_data(op, sizeof(struct read)); /* the calls live in it */
    describe(op, calls_add(op, &cloudwatch_DescribeAlarms, take_alarm));
    request_set_str(calls_add(op, &cloudwatch_ListTagsForResource, take_tags), "ResourceARN",
                    arn_of(op));
    calls_together(op, op_gone, alarm_read);
}

/* ---- create, update ---- */

static void put_properties(struct op *op, struct map_builder *b, const char *const *properties,
                           size_t len)
{
    for (size_t i = 0; i < len; i++)
        map_put(b, wire_name(op, properties[i]), whole_wire(op, properties[i]));
}

/* A statistic and an extended one exclude each other; one that is wanted drives out the other. */
static void drop_other_statistic(struct op *op, struct map_builder *b)
{
    if (desired_wire(op, "extended_statistic"))
        map_drop(b, "Statistic");
    else if (desired_wire(op, "statistic"))
        map_drop(b, "ExtendedStatistic");
    if (desired_wire(op, "threshold_metric_id"))
        map_drop(b, "Threshold");
    else if (desired_wire(op, "threshold"))
        map_drop(b, "ThresholdMetricId");
}

static const struct value *document(struct op *op)
{
    struct map_builder b = map_begin(op_arena(op));
    bool several = value_len(value_get(op_desired(op), "metrics")) > 0 ||
                   (!value_get(op_desired(op), "metric_name") &&
                    value_len(value_get(op_prior(op), "metrics")) > 0);
    put_properties(op, &b, of_all, ARRAY_LEN(of_all));
    if (several)
        put_properties(op, &b, of_several, ARRAY_LEN(of_several));
    else
        put_properties(op, &b, of_one_metric, ARRAY_LEN(of_one_metric));
    drop_other_statistic(op, &b);
    return with_dimensions(op_arena(op), map_end(&b), /* to_wire= */ true);
}

static void settled(struct op *op, const struct response *rs)
{
    if (!rs || rs->fault == FAULT_NONE)
        op_done(op, name_of(op), NULL);
    else
        op_fail(op, rs);
}

static void create_alarm(struct op *op)
{
    struct request *rq = aws_request(op, &cloudwatch_PutMetricAlarm);
    request_body(rq, document(op));
    request_set(rq, "Tags", desired_tag_list(op, "Key", "Value"));
    op_send(op, rq, settled);
}

static bool differs(struct op *op, const char *const *properties, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (must_change(op, properties[i]))
            return true;
    return false;
}

static const struct tag_calls tag_calls = {&cloudwatch_TagResource,
                                           &cloudwatch_UntagResource,
                                           "ResourceARN",
                                           "Tags",
                                           "TagKeys",
                                           "Key",
                                           "Value"};

static void update_alarm(struct op *op)
{
    if (differs(op, of_all, ARRAY_LEN(of_all)) ||
        differs(op, of_one_metric, ARRAY_LEN(of_one_metric)) ||
        differs(op, of_several, ARRAY_LEN(of_several)))
        request_body(calls_add(op, &cloudwatch_PutMetricAlarm, NULL), document(op));
    calls_add_tags(op, &tag_calls, arn_of(op));
    calls_in_order(op, settled);
}

/* ---- remove, find ---- */

static void remove_alarm(struct op *op)
{
    struct list_builder names = list_begin(op_arena(op));
    list_add_str(&names, name_of(op));
    struct request *rq = aws_request(op, &cloudwatch_DeleteAlarms);
    request_set(rq, "AlarmNames", list_end(&names));
    op_send(op, rq, step_removed);
}

static void found(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else if (value_len(value_get(rs->body, "MetricAlarms")))
        op_found(op, name_of(op), OWNER_BY_TAGS);
    else
        op_gone(op);
}

static void find_alarm(struct op *op)
{
    struct request *rq = aws_request(op, &cloudwatch_DescribeAlarms);
    describe(op, rq);
    op_send(op, rq, found);
}

const struct resource_ops aws_cloudwatch_alarm_ops = {
    .read = read_alarm,
    .create = create_alarm,
    .update = update_alarm,
    .remove = remove_alarm,
    .find = find_alarm,
};
