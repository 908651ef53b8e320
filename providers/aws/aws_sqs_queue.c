/* SQS queues. Calls take a queue's URL, which GetQueueUrl knows; attributes are texts. */
#include "providers/aws/calls.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

static const char *const attributes[] = {
    "message_retention_seconds",
    "visibility_timeout_seconds",
    "sqs_managed_sse_enabled",
    "kms_master_key_id",
    "policy",
};

static void get_url(struct op *op, const char *name, op_step_fn *step)
{
    struct request *rq = aws_request(op, &sqs_GetQueueUrl);
    request_set_str(rq, "QueueName", name);
    op_send(op, rq, step);
}

/* ---- read ---- */

struct read {
    struct calls calls;
    struct map_builder attributes;
};

static void take_attributes(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    const struct value *observed_ones =
        schema_from_wire(op_arena(op), op_schema(op)->root, value_get(rs->body, "Attributes"));
    for (size_t i = 0; value_is(observed_ones, VALUE_MAP) && i < observed_ones->map.len; i++)
        map_put(&read->attributes, observed_ones->map.entries[i].key,
                observed_ones->map.entries[i].value);
}

static void take_tags(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    const struct value *tags = value_get(rs->body, "Tags");
    struct map_builder none = map_begin(op_arena(op));
    map_put(&read->attributes, "tags", tags ? tags : map_end(&none));
}

static void read_all(struct op *op, const struct response *rs)
{
    (void)rs;
    struct read *read = op_data(op, sizeof(*read));
    op_done(op, op_identifier(op), map_end(&read->attributes));
}

static void url_read(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct read *read = op_data(op, sizeof(*read));
    const struct value *url = value_get(rs->body, "QueueUrl");
    read->attributes = map_begin(op_arena(op));
    map_put_str(&read->attributes, "name", op_identifier(op));
    map_put(&read->attributes, "url", url);
    struct list_builder all = list_begin(op_arena(op));
    list_add_str(&all, "All");
    struct request *rq = calls_add(op, &sqs_GetQueueAttributes, take_attributes);
    request_set(rq, "QueueUrl", url);
    request_set(rq, "AttributeNames", list_end(&all));
    request_set(calls_add(op, &sqs_ListQueueTags, take_tags), "QueueUrl", url);
    calls_together(op, op_gone, read_all);
}

static void read_queue(struct op *op)
{
    get_url(op, op_identifier(op), url_read);
}

/* ---- create, update ---- */

static const struct value *as_text(struct arena *arena, const struct value *v)
{
    if (value_is(v, VALUE_BOOL))
        return value_string(arena, v->boolean ? "true" : "false");
    if (value_is(v, VALUE_INT))
        return value_stringf(arena, "%lld", (long long)v->integer);
    return v;
}

/* The desired attributes in AWS's names, all or only those that differ. */
static const struct value *attribute_map(struct op *op, bool only_changed)
{
    struct arena *arena = op_arena(op);
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        const struct value *v =
            only_changed ? changed_wire(op, attributes[i]) : desired_wire(op, attributes[i]);
        if (v)
            map_put(&b, wire_name(op, attributes[i]), as_text(arena, v));
    }
    return b.len ? map_end(&b) : NULL;
}

static void settled(struct op *op, const struct response *rs)
{
    (void)rs;
    op_done(op, value_get_str(op_desired(op), "name"), NULL);
}

static void look(struct op *op, const struct response *rs);

/* A new queue can be used a second later, as a rule. */
static void looked(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND && op_look_again(op, look))
        return;
    if (rs->fault == FAULT_NONE)
        settled(op, NULL);
    else
        op_fail(op, rs);
}

static void look(struct op *op, const struct response *rs)
{
    (void)rs;
    get_url(op, value_get_str(op_desired(op), "name"), looked);
}

static void created(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    op_made(op, value_get_str(op_desired(op), "name"));
    look(op, NULL);
}

static void create_queue(struct op *op)
{
    const struct value *tags = value_get(op_desired(op), "tags");
    struct request *rq = aws_request(op, &sqs_CreateQueue);
    request_set(rq, "QueueName", desired_wire(op, "name"));
    request_set(rq, "Attributes", attribute_map(op, false));
    request_set(rq, "tags", value_len(tags) ? tags : NULL); /* so spelled by AWS */
    op_send(op, rq, created);
}

static const struct tag_calls tag_calls = {
    &sqs_TagQueue, &sqs_UntagQueue, "QueueUrl", "Tags", "TagKeys", NULL, NULL};

static void url_for_update(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    const struct value *url = value_get(rs->body, "QueueUrl");
    const struct value *changed = attribute_map(op, true);
    if (changed) {
        struct request *rq = calls_add(op, &sqs_SetQueueAttributes, NULL);
        request_set(rq, "QueueUrl", url);
        request_set(rq, "Attributes", changed);
    }
    calls_add_tags(op, &tag_calls, value_str(url));
    calls_in_order(op, settled);
}

static void update_queue(struct op *op)
{
    get_url(op, op_identifier(op), url_for_update);
}

/* ---- remove, find ---- */

static void url_for_removal(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        step_removed(op, rs);
        return;
    }
    struct request *rq = aws_request(op, &sqs_DeleteQueue);
    request_set(rq, "QueueUrl", value_get(rs->body, "QueueUrl"));
    op_send(op, rq, step_removed);
}

static void remove_queue(struct op *op)
{
    get_url(op, op_identifier(op), url_for_removal);
}

static void find_queue(struct op *op)
{
    get_url(op, value_get_str(op_desired(op), "name"), step_found_by_name);
}

const struct resource_ops aws_sqs_queue_ops = {
    .read = read_queue,
    .create = create_queue,
    .update = update_queue,
    .remove = remove_queue,
    .find = find_queue,
};
