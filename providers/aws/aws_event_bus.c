/* aws_event_bus: a bus of its own. Its policy is a type by itself (aws_event_bus_policy), since the
 * default bus, which nobody makes, has one too. */
#include "providers/aws/calls.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

static const char *const settings[] = {"description", "kms_key_identifier", "dead_letter_config"};

static const char *name_of(struct op *op)
{
    return op_identifier(op) ? op_identifier(op) : value_get_str(op_desired(op), "name");
}

static const char *arn_of(struct op *op)
{
    return arena_printf(op_arena(op), "arn:%s:events:%s:%s:event-bus/%s", op_partition(op),
                        op_region(op), op_account_id(op), name_of(op));
}

/* ---- read ---- */

struct read {
    struct calls calls;
    struct map_builder attributes;
};

static void take_bus(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    const struct value *bus = schema_from_wire(op_arena(op), op_schema(op)->root, rs->body);
    for (size_t i = 0; i < value_len(bus); i++)
        map_put(&read->attributes, bus->map.entries[i].key, bus->map.entries[i].value);
    if (str_eq(value_get_str(bus, "kms_key_identifier"), ""))
        map_drop(&read->attributes, "kms_key_identifier");
}

static void take_tags(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    map_put(&read->attributes, "tags",
            aws_tag_map(op_arena(op), value_get(rs->body, "Tags"), "Key", "Value"));
}

static void bus_read(struct op *op, const struct response *rs)
{
    (void)rs;
    struct read *read = op_data(op, sizeof(*read));
    op_done(op, op_identifier(op), map_end(&read->attributes));
}

static void read_bus(struct op *op)
{
    struct read *read = op_data(op, sizeof(*read));
    read->attributes = map_begin(op_arena(op));
    request_set_str(calls_add(op, &events_DescribeEventBus, take_bus), "Name", name_of(op));
    request_set_str(calls_add(op, &events_ListTagsForResource, take_tags), "ResourceARN",
                    arn_of(op));
    calls_together(op, op_gone, bus_read);
}

/* ---- create, update ---- */

static void settled(struct op *op, const struct response *rs)
{
    if (!rs || rs->fault == FAULT_NONE)
        op_done(op, name_of(op), NULL);
    else
        op_fail(op, rs);
}

struct creation {
    const struct response *refusal;
};

/* Our own bus means that the answer to an earlier attempt was lost. */
static void existing_read(struct op *op, const struct response *rs)
{
    const struct creation *creation = op_data(op, sizeof(*creation));
    if (rs->fault == FAULT_NONE &&
        has_our_tags(op, aws_tag_map(op_arena(op), value_get(rs->body, "Tags"), "Key", "Value")))
        op_done(op, name_of(op), NULL);
    else
        op_fail(op, creation->refusal);
}

static void created(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    if (rs->fault != FAULT_CONFLICT) {
        settled(op, rs);
        return;
    }
    creation->refusal = rs;
    struct request *rq = aws_request(op, &events_ListTagsForResource);
    request_set_str(rq, "ResourceARN", arn_of(op));
    op_send(op, rq, existing_read);
}

static void create_bus(struct op *op)
{
    struct request *rq = aws_request(op, &events_CreateEventBus);
    request_set_str(rq, "Name", name_of(op));
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        request_set(rq, wire_name(op, settings[i]), desired_wire(op, settings[i]));
    request_set(rq, "Tags", desired_tag_list(op, "Key", "Value"));
    op_send(op, rq, created);
}

/* AWS takes the settings as a whole: what is left out goes, but for the description. */
static void add_settings_call(struct op *op)
{
    bool needed = false;
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        needed = needed || must_change(op, settings[i]);
    if (!needed)
        return;
    struct request *rq = calls_add(op, &events_UpdateEventBus, NULL);
    request_set_str(rq, "Name", name_of(op));
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        request_set(rq, wire_name(op, settings[i]), whole_wire(op, settings[i]));
}

static const struct tag_calls tag_calls = {
    &events_TagResource, &events_UntagResource, "ResourceARN", "Tags", "TagKeys", "Key", "Value"};

static void update_bus(struct op *op)
{
    add_settings_call(op);
    calls_add_tags(op, &tag_calls, arn_of(op));
    calls_in_order(op, settled);
}

/* ---- remove, find ---- */

static void remove_bus(struct op *op)
{
    struct request *rq = aws_request(op, &events_DeleteEventBus);
    request_set_str(rq, "Name", name_of(op));
    op_send(op, rq, step_removed);
}

static void find_bus(struct op *op)
{
    struct request *rq = aws_request(op, &events_DescribeEventBus);
    request_set_str(rq, "Name", name_of(op));
    op_send(op, rq, step_found_by_name);
}

const struct resource_ops aws_event_bus_ops = {
    .read = read_bus,
    .create = create_bus,
    .update = update_bus,
    .remove = remove_bus,
    .find = find_bus,
};
