/* aws_backup_restore_testing_plan: when points are restored as a test, and which. Its selections
 * are objects of their own. */

#include "providers/aws/backup_object.h"
#include "providers/aws/calls.h"
#include "providers/aws/steps.h"

static struct request *plan_request(struct op *op, const struct aws_operation *operation,
                                    const char *name)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "RestoreTestingPlanName", name);
    return rq;
}

static const char *name_of(struct op *op)
{
    return value_get_str(op_desired(op), "name");
}

/* ---- read ---- */

static void plan_got(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    const struct value *plan = value_get(rs->body, "RestoreTestingPlan");
    backup_done_with_tags(op, value_get_str(plan, "RestoreTestingPlanArn"),
                          schema_from_wire(op_arena(op), op_schema(op)->root, plan));
}

static void plan_read(struct op *op)
{
    op_send(op, plan_request(op, &backup_GetRestoreTestingPlan, op_identifier(op)), plan_got);
}

/* ---- create ---- */

/* All but the name, which an update does not take. */
static struct map_builder document(struct op *op)
{
    struct map_builder b = map_begin(op_arena(op));
    map_put(&b, "RecoveryPointSelection", whole_wire(op, "recovery_point_selection"));
    map_put(&b, "ScheduleExpression", whole_wire(op, "schedule_expression"));
    map_put(&b, "ScheduleExpressionTimezone", whole_wire(op, "schedule_expression_timezone"));
    map_put(&b, "StartWindowHours", whole_wire(op, "start_window_hours"));
    return b;
}

static void created(struct op *op, const struct response *rs)
{
    bool ours = rs->fault == FAULT_CONFLICT && backup_is_our_token(op, rs->body);
    if (rs->fault != FAULT_NONE && !ours)
        op_fail(op, rs);
    else
        op_done(op, name_of(op), NULL);
}

static void plan_create(struct op *op)
{
    const struct value *tags = value_get(op_desired(op), "tags");
    struct map_builder plan = document(op);
    map_put_str(&plan, "RestoreTestingPlanName", name_of(op));
    struct request *rq = aws_request(op, &backup_CreateRestoreTestingPlan);
    request_set(rq, "RestoreTestingPlan", map_end(&plan));
    request_set(rq, "Tags", value_len(tags) ? tags : NULL);
    request_set_str(rq, "CreatorRequestId", op_token(op));
    op_send(op, rq, created);
}

/* ---- update ---- */

static void plan_update(struct op *op)
{
    static const char *const parts[] = {"recovery_point_selection", "schedule_expression",
                                        "schedule_expression_timezone", "start_window_hours"};
    bool differs = false;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        differs = differs || must_change(op, parts[i]);
    if (differs) {
        struct map_builder plan = document(op);
        struct request *rq = calls_add(op, &backup_UpdateRestoreTestingPlan, NULL);
        request_label(rq, "RestoreTestingPlanName", op_identifier(op));
        request_set(rq, "RestoreTestingPlan", map_end(&plan));
    }
    backup_add_tag_calls(op, value_get_str(op_prior(op), "arn"));
    calls_in_order(op, step_updated);
}

/* ---- remove ---- */

static void plan_remove(struct op *op)
{
    op_send(op, plan_request(op, &backup_DeleteRestoreTestingPlan, op_identifier(op)),
            step_removed);
}

/* ---- find: by name; the token tells whether we made it ---- */

static void found(struct op *op, const struct response *rs)
{
    const struct value *plan = value_get(rs->body, "RestoreTestingPlan");
    if (rs->fault == FAULT_NOT_FOUND)
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_found(op, name_of(op), backup_is_our_token(op, plan) ? OWNER_OURS : OWNER_BY_TAGS);
}

static void plan_find(struct op *op)
{
    op_send(op, plan_request(op, &backup_GetRestoreTestingPlan, name_of(op)), found);
}

const struct resource_ops aws_backup_restore_testing_plan_ops = {
    plan_read, plan_create, plan_update, plan_remove, plan_find};
