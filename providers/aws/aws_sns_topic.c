/* aws_sns_topic. Calls take its ARN, which is made from its name. Attributes are texts, one a call
 * when they change; an empty text takes one away. */
#include "providers/aws/calls.h"
#include "providers/aws/entries.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

static const char *const attributes[] = {"display_name", "kms_master_key_id", "policy"};

static const char *arn_of(struct op *op, const char *name)
{
    return arena_printf(op_arena(op), "arn:%s:sns:%s:%s:%s", op_partition(op), op_region(op),
                        op_account_id(op), name);
}

static const char *wanted_name(const struct op *op)
{
    return value_get_str(op_desired(op), "name");
}

/* ---- read ---- */

struct reading {
    struct calls calls;
    struct map_builder attributes;
};

static void take_attributes(struct op *op, const struct response *rs)
{
    struct reading *reading = op_data(op, sizeof(*reading));
    struct arena *arena = op_arena(op);
    const struct value *wire = map_of_entries(arena, value_get(rs->body, "Attributes"));
    const struct value *found = schema_from_wire(arena, op_schema(op)->root, wire);
    for (size_t i = 0; i < value_len(found); i++) {
        const struct value_entry *entry = &found->map.entries[i];
        if (!str_eq(value_str(entry->value), ""))
            map_put(&reading->attributes, entry->key, entry->value);
    }
}

static void take_tags(struct op *op, const struct response *rs)
{
    struct reading *reading = op_data(op, sizeof(*reading));
    map_put(&reading->attributes, "tags",
            aws_tag_map(op_arena(op), value_get(rs->body, "Tags"), "Key", "Value"));
}

static void all_taken(struct op *op, const struct response *rs)
{
    (void)rs;
    struct reading *reading = op_data(op, sizeof(*reading));
    op_done(op, op_identifier(op), map_end(&reading->attributes));
}

static void read_topic(struct op *op)
{
    struct reading *reading = op_data(op, sizeof(*reading));
    const char *arn = arn_of(op, op_identifier(op));
    reading->attributes = map_begin(op_arena(op));
    map_put_str(&reading->attributes, "name", op_identifier(op));
    request_set_str(calls_add(op, &sns_GetTopicAttributes, take_attributes), "TopicArn", arn);
    request_set_str(calls_add(op, &sns_ListTagsForResource, take_tags), "ResourceArn", arn);
    calls_together(op, op_gone, all_taken);
}

/* ---- create ---- */

/* CreateTopic on a topic that is there gives its ARN when everything is as asked for, our tags
 * among it: a lost answer. Any difference is refused. */
static void created(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        op_done(op, wanted_name(op), NULL);
    else
        op_fail(op, rs);
}

static void create_topic(struct op *op)
{
    struct map_builder b = map_begin(op_arena(op));
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        map_put(&b, wire_name(op, attributes[i]), desired_wire(op, attributes[i]));
    struct request *rq = aws_request(op, &sns_CreateTopic);
    request_set_str(rq, "Name", wanted_name(op));
    if (b.len)
        request_set(rq, "Attributes", entries_of_map(op_arena(op), map_end(&b)));
    request_set(rq, "Tags", desired_tag_list(op, "Key", "Value"));
    op_send(op, rq, created);
}

/* ---- update ---- */

static void add_attribute_calls(struct op *op, const char *arn)
{
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        if (!must_change(op, attributes[i]))
            continue;
        const struct value *wire = desired_wire(op, attributes[i]);
        struct request *rq = calls_add(op, &sns_SetTopicAttributes, NULL);
        request_set_str(rq, "TopicArn", arn);
        request_set_str(rq, "AttributeName", wire_name(op, attributes[i]));
        request_set(rq, "AttributeValue", wire ? wire : value_string(op_arena(op), ""));
    }
}

static const struct tag_calls tag_calls = {
    &sns_TagResource, &sns_UntagResource, "ResourceArn", "Tags", "TagKeys", "Key", "Value"};

static void update_topic(struct op *op)
{
    const char *arn = arn_of(op, op_identifier(op));
    add_attribute_calls(op, arn);
    calls_add_tags(op, &tag_calls, arn);
    calls_in_order(op, step_updated);
}

/* ---- remove, find ---- */

static void remove_topic(struct op *op)
{
    struct request *rq = aws_request(op, &sns_DeleteTopic);
    request_set_str(rq, "TopicArn", arn_of(op, op_identifier(op)));
    op_send(op, rq, step_removed);
}

static void found(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        op_found(op, wanted_name(op), OWNER_BY_TAGS);
    else if (rs->fault == FAULT_NOT_FOUND)
        op_gone(op);
    else
        op_fail(op, rs);
}

static void find_topic(struct op *op)
{
    struct request *rq = aws_request(op, &sns_GetTopicAttributes);
    request_set_str(rq, "TopicArn", arn_of(op, wanted_name(op)));
    op_send(op, rq, found);
}

const struct resource_ops aws_sns_topic_ops = {
    .read = read_topic,
    .create = create_topic,
    .update = update_topic,
    .remove = remove_topic,
    .find = find_topic,
};
