/* aws_sns_subscription. AWS gives each an ARN, at once when asked to, although one that waits for
 * its confirmation has none in any list. It carries no tags: whose it is, its topic says. */
#include <string.h>

#include "providers/aws/calls.h"
#include "providers/aws/entries.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

static const char *const attributes[] = {"raw_message_delivery", "filter_policy"};

static const struct value *as_text(struct arena *arena, const struct value *v)
{
    if (value_is(v, VALUE_BOOL))
        return value_string(arena, v->boolean ? "true" : "false");
    return v;
}

/* A filter that asks for nothing: AWS takes it for none, and this is how one is taken away. */
#define NO_FILTER "{}"

/* ---- read ---- */

static const struct value *without_empty_filter(struct arena *arena, const struct value *wire)
{
    struct map_builder b = map_begin_from(arena, wire);
    if (str_eq(value_get_str(wire, "FilterPolicy"), NO_FILTER))
        map_drop(&b, "FilterPolicy");
    return map_end(&b);
}

static void got(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct arena *arena = op_arena(op);
    const struct value *wire =
        without_empty_filter(arena, map_of_entries(arena, value_get(rs->body, "Attributes")));
    op_done(op, op_identifier(op), schema_from_wire(arena, op_schema(op)->root, wire));
}

static void read_subscription(struct op *op)
{
    struct request *rq = aws_request(op, &sns_GetSubscriptionAttributes);
    request_set_str(rq, "SubscriptionArn", op_identifier(op));
    op_send(op, rq, got);
}

/* ---- create: asking again for what is there gives the same subscription ---- */

static void subscribed(struct op *op, const struct response *rs)
{
    const char *arn = value_get_str(rs->body, "SubscriptionArn");
    if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else if (!arn)
        op_fail_with(op, E_BAD_ANSWER, "Subscribe gave no SubscriptionArn");
    else
        op_done(op, arn, NULL);
}

static void create_subscription(struct op *op)
{
    struct map_builder b = map_begin(op_arena(op));
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        map_put(&b, wire_name(op, attributes[i]),
                as_text(op_arena(op), desired_wire(op, attributes[i])));
    struct request *rq = aws_request(op, &sns_Subscribe);
    request_set(rq, "TopicArn", desired_wire(op, "topic_arn"));
    request_set(rq, "Protocol", desired_wire(op, "protocol"));
    request_set(rq, "Endpoint", desired_wire(op, "endpoint"));
    if (b.len)
        request_set(rq, "Attributes", entries_of_map(op_arena(op), map_end(&b)));
    request_set(rq, "ReturnSubscriptionArn", value_bool(true));
    op_send(op, rq, subscribed);
}

/* ---- update ---- */

static void update_subscription(struct op *op)
{
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        if (!must_change(op, attributes[i]))
            continue;
        const struct value *wire = as_text(op_arena(op), desired_wire(op, attributes[i]));
        struct request *rq = calls_add(op, &sns_SetSubscriptionAttributes, NULL);
        request_set_str(rq, "SubscriptionArn", op_identifier(op));
        request_set_str(rq, "AttributeName", wire_name(op, attributes[i]));
        request_set(rq, "AttributeValue", wire ? wire : value_string(op_arena(op), NO_FILTER));
    }
    calls_in_order(op, step_updated);
}

/* ---- remove ---- */

/* One that nobody has confirmed cannot be taken away; AWS forgets it by itself. */
static bool is_pending(const struct response *rs)
{
    return rs->fault == FAULT_INVALID && rs->message && strstr(rs->message, "pending confirmation");
}

static void unsubscribed(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE || rs->fault == FAULT_NOT_FOUND || is_pending(rs))
        op_done_removed(op);
    else
        op_fail(op, rs);
}

static void remove_subscription(struct op *op)
{
    struct request *rq = aws_request(op, &sns_Unsubscribe);
    request_set_str(rq, "SubscriptionArn", op_identifier(op));
    op_send(op, rq, unsubscribed);
}

/* ---- find ---- */

static bool is_ours(struct op *op, const struct value *subscription)
{
    return str_eq(value_get_str(subscription, "Protocol"),
                  value_get_str(op_desired(op), "protocol")) &&
           str_eq(value_get_str(subscription, "Endpoint"),
                  value_get_str(op_desired(op), "endpoint"));
}

/* A pending one is listed without its ARN: as good as none, since Subscribe gives it back. */
static void listed(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    const struct value *list = value_get(rs->body, "Subscriptions");
    for (size_t i = 0; i < value_len(list); i++) {
        const char *arn = value_get_str(value_item(list, i), "SubscriptionArn");
        if (is_ours(op, value_item(list, i)) && arn && str_starts(arn, "arn:")) {
            op_found(op, arn, OWNER_PARENT);
            return;
        }
    }
    op_gone(op);
}

static void find_subscription(struct op *op)
{
    struct request *rq = aws_request(op, &sns_ListSubscriptionsByTopic);
    request_set(rq, "TopicArn", desired_wire(op, "topic_arn"));
    op_send_all(op, rq, listed);
}

const struct resource_ops aws_sns_subscription_ops = {
    .read = read_subscription,
    .create = create_subscription,
    .update = update_subscription,
    .remove = remove_subscription,
    .find = find_subscription,
};
