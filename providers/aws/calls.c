#include "providers/aws/calls.h"

#include "engine/base/bug.h"
#include "providers/aws/properties.h"

struct planned_call {
    const struct aws_operation *operation;
    struct request *rq;
    op_step_fn *take;
    enum fault forgiven;
};

static struct calls *calls_of(struct op *op)
{
    return op_data(op, sizeof(struct calls));
}

struct request *calls_add(struct op *op, const struct aws_operation *operation, op_step_fn *take)
{
    struct calls *calls = calls_of(op);
    calls->items = arena_grow(op_arena(op), calls->items, calls->len, &calls->cap, calls->len + 1,
                              sizeof(*calls->items));
    struct planned_call *call = &calls->items[calls->len++];
    *call = (struct planned_call){
        .operation = operation, .rq = aws_request(op, operation), .take = take};
    return call->rq;
}

void calls_forgive(struct op *op, enum fault fault)
{
    struct calls *calls = calls_of(op);
    BUG_ON(calls->len == 0);
    calls->items[calls->len - 1].forgiven = fault;
}

static void send(struct op *op, const struct planned_call *call, op_step_fn *step)
{
    if (call->operation->token_out)
        op_send_all(op, call->rq, step);
    else
        op_send(op, call->rq, step);
}

/* False when the operation has ended. */
static bool answered(struct op *op, const struct planned_call *call, const struct response *rs)
{
    if (rs->fault == FAULT_NONE) {
        if (call->take)
            call->take(op, rs);
    } else if (rs->fault == FAULT_NOT_FOUND && calls_of(op)->missing) {
        calls_of(op)->missing(op);
    } else if (rs->fault != call->forgiven) {
        op_fail(op, rs);
    }
    return !op_ended(op);
}

static void finish(struct op *op)
{
    struct calls *calls = calls_of(op);
    op_step_fn *then = calls->then;
    *calls = (struct calls){0};
    then(op, NULL);
}

/* ---- one after the other ---- */

static void next_answered(struct op *op, const struct response *rs);

static void send_next(struct op *op)
{
    struct calls *calls = calls_of(op);
    if (calls->next < calls->len)
        send(op, &calls->items[calls->next], next_answered);
    else
        finish(op);
}

static void next_answered(struct op *op, const struct response *rs)
{
    struct calls *calls = calls_of(op);
    const struct planned_call *call = &calls->items[calls->next++];
    if (answered(op, call, rs))
        send_next(op);
}

void calls_in_order(struct op *op, op_step_fn *then)
{
    calls_of(op)->then = then;
    send_next(op);
}

/* ---- all at once ---- */

static void one_answered(struct op *op, const struct response *rs)
{
    struct calls *calls = calls_of(op);
    const struct planned_call *call = NULL;
    for (size_t i = 0; i < calls->len && !call; i++) {
        const struct aws_operation *operation = calls->items[i].operation;
        if (str_eq(rs->operation,
                   arena_printf(op_arena(op), "%s:%s", operation->api->service, operation->name)))
            call = &calls->items[i];
    }
    BUG_ON(!call);
    calls->open--;
    if (answered(op, call, rs) && calls->open == 0)
        finish(op);
}

void calls_together(struct op *op, void (*missing)(struct op *op), op_step_fn *then)
{
    struct calls *calls = calls_of(op);
    calls->then = then;
    calls->missing = missing;
    calls->open = calls->len;
    if (calls->len == 0)
        finish(op);
    for (size_t i = 0; i < calls->len; i++)
        send(op, &calls->items[i], one_answered);
}

void calls_add_tags(struct op *op, const struct tag_calls *calls, const char *object)
{
    const struct value *set, *removed;
    tag_changes(op, &set, &removed);
    if (value_len(set)) {
        struct request *rq = calls_add(op, calls->set, NULL);
        request_set_str(rq, calls->object, object);
        request_set(rq, calls->tags,
                    calls->key_member
                        ? aws_tag_list(op_arena(op), set, calls->key_member, calls->value_member)
                        : set);
    }
    if (value_len(removed)) {
        struct request *rq = calls_add(op, calls->remove, NULL);
        request_set_str(rq, calls->object, object);
        request_set(rq, calls->keys, removed);
    }
}
