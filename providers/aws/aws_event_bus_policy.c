/* aws_event_bus_policy: the whole policy of a bus. Every bus is there already, and its policy bears
 * no tags and no token: only a policy that says what we want is taken for our own. */
#include "engine/policy/compare.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

static const char *wanted_bus(const struct op *op)
{
    const char *bus = value_get_str(op_desired(op), "event_bus_name");
    return bus ? bus : "default";
}

static void describe(struct op *op, const char *bus, op_step_fn *step)
{
    struct request *rq = aws_request(op, &events_DescribeEventBus);
    request_set_str(rq, "Name", bus);
    op_send(op, rq, step);
}

/* The policy of the answer. NULL when the operation has ended: no bus, no policy, or a failure. */
static const struct value *policy_or_end(struct op *op, const struct response *rs)
{
    const char *text = value_get_str(rs->body, "Policy");
    if (rs->fault == FAULT_NOT_FOUND || (rs->fault == FAULT_NONE && (!text || !text[0]))) {
        op_gone(op);
        return NULL;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return NULL;
    }
    return observed(op, "policy", value_get(rs->body, "Policy"));
}

/* ---- read ---- */

static void bus_read(struct op *op, const struct response *rs)
{
    const struct value *policy = policy_or_end(op, rs);
    if (!policy)
        return;
    struct map_builder b = map_begin(op_arena(op));
    map_put_str(&b, "event_bus_name", op_identifier(op));
    map_put(&b, "policy", policy);
    op_done(op, op_identifier(op), map_end(&b));
}

static void policy_read(struct op *op)
{
    describe(op, op_identifier(op), bus_read);
}

/* ---- create and update: one put ---- */

static void policy_is_put(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        op_done(op, wanted_bus(op), NULL);
    else
        op_fail(op, rs);
}

static void policy_put(struct op *op)
{
    struct request *rq = aws_request(op, &events_PutPermission);
    request_set_str(rq, "EventBusName", wanted_bus(op));
    request_set(rq, "Policy", desired_wire(op, "policy"));
    op_send(op, rq, policy_is_put);
}

/* ---- remove ---- */

static void policy_remove(struct op *op)
{
    struct request *rq = aws_request(op, &events_RemovePermission);
    request_set_str(rq, "EventBusName", op_identifier(op));
    request_set(rq, "RemoveAllPermissions", value_bool(true));
    op_send(op, rq, step_removed);
}

/* ---- find ---- */

static void bus_found(struct op *op, const struct response *rs)
{
    const struct value *policy = policy_or_end(op, rs);
    if (policy)
        op_found(op, wanted_bus(op),
                 policy_same(policy, value_get(op_desired(op), "policy")) ? OWNER_OURS
                                                                          : OWNER_OTHER);
}

static void policy_find(struct op *op)
{
    describe(op, wanted_bus(op), bus_found);
}

const struct resource_ops aws_event_bus_policy_ops = {policy_read, policy_put, policy_put,
                                                      policy_remove, policy_find};
