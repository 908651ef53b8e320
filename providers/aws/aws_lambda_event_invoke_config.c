/* aws_lambda_event_invoke_config: what happens to asynchronous events of a function. It bears no
 * tags: it belongs to the function. One put takes the whole. */
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

static const char *const settings[] = {"maximum_retry_attempts", "maximum_event_age_in_seconds",
                                       "destination_config"};

static const char *function_of(struct op *op)
{
    return op_identifier(op) ? op_identifier(op) : value_get_str(op_desired(op), "function_name");
}

static struct request *config_request(struct op *op, const struct aws_operation *operation)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "FunctionName", function_of(op));
    return rq;
}

/* True when the answer is good; else the operation has ended. */
static bool good_or_end(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) /* no function, or no configuration of its own */
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    return rs->fault == FAULT_NONE;
}

/* ---- read ---- */

/* A destination that nobody set is an empty map in some answers, and absent in others. */
static const struct value *without_empty(struct arena *arena, const struct value *destinations)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; value_is(destinations, VALUE_MAP) && i < destinations->map.len; i++)
        if (value_len(destinations->map.entries[i].value))
            map_put(&b, destinations->map.entries[i].key, destinations->map.entries[i].value);
    return b.len ? map_end(&b) : NULL;
}

static void config_read(struct op *op, const struct response *rs)
{
    if (!good_or_end(op, rs))
        return;
    struct arena *arena = op_arena(op);
    struct map_builder b =
        map_begin_from(arena, schema_from_wire(arena, op_schema(op)->root, rs->body));
    const struct value *destinations =
        without_empty(arena, value_get(map_end(&b), "destination_config"));
    map_drop(&b, "destination_config");
    map_put(&b, "destination_config", destinations);
    map_put_str(&b, "function_name", op_identifier(op));
    op_done(op, op_identifier(op), map_end(&b));
}

static void read_config(struct op *op)
{
    op_send(op, config_request(op, &lambda_GetFunctionEventInvokeConfig), config_read);
}

/* ---- create and update: one put ---- */

static void config_is_put(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        op_done(op, function_of(op), NULL);
    else
        op_fail(op, rs);
}

static void put_config(struct op *op)
{
    struct request *rq = config_request(op, &lambda_PutFunctionEventInvokeConfig);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        request_set(rq, wire_name(op, settings[i]), whole_wire(op, settings[i]));
    op_send(op, rq, config_is_put);
}

/* ---- remove, find ---- */

static void remove_config(struct op *op)
{
    op_send(op, config_request(op, &lambda_DeleteFunctionEventInvokeConfig), step_removed);
}

static void found(struct op *op, const struct response *rs)
{
    if (good_or_end(op, rs))
        op_found(op, function_of(op), OWNER_PARENT);
}

static void find_config(struct op *op)
{
    op_send(op, config_request(op, &lambda_GetFunctionEventInvokeConfig), found);
}

const struct resource_ops aws_lambda_event_invoke_config_ops = {
    .read = read_config,
    .create = put_config,
    .update = put_config,
    .remove = remove_config,
    .find = find_config,
};
