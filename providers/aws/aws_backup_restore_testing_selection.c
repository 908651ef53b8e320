/* aws_backup_restore_testing_selection: which points of one resource type a restore testing plan
 * restores. */

#include "providers/aws/backup_object.h"
#include "providers/aws/steps.h"

static struct request *selection_request(struct op *op, const struct aws_operation *operation,
                                         const char *plan, const char *name)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "RestoreTestingPlanName", plan);
    if (name)
        request_label(rq, "RestoreTestingSelectionName", name);
    return rq;
}

static struct request *own_request(struct op *op, const struct aws_operation *operation)
{
    return selection_request(op, operation, op_identifier_part(op, 0), op_identifier_part(op, 1));
}

static const char *wanted_plan(struct op *op)
{
    return value_get_str(op_desired(op), "restore_testing_plan_name");
}

static const char *wanted_name(struct op *op)
{
    return value_get_str(op_desired(op), "name");
}

static const char *wanted_identifier(struct op *op)
{
    return arena_printf(op_arena(op), "%s|%s", wanted_plan(op), wanted_name(op));
}

/* ---- read ---- */

static void selection_got(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND)
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_done(op, op_identifier(op),
                schema_from_wire(op_arena(op), op_schema(op)->root,
                                 value_get(rs->body, "RestoreTestingSelection")));
}

static void selection_read(struct op *op)
{
    op_send(op, own_request(op, &backup_GetRestoreTestingSelection), selection_got);
}

/* ---- create ---- */

static void created(struct op *op, const struct response *rs)
{
    bool ours = rs->fault == FAULT_CONFLICT && backup_is_our_token(op, rs->body);
    if (rs->fault != FAULT_NONE && !ours)
        op_fail(op, rs);
    else
        op_done(op, wanted_identifier(op), NULL);
}

static void selection_create(struct op *op)
{
    static const char *const parts[] = {"name",
                                        "protected_resource_type",
                                        "iam_role_arn",
                                        "protected_resource_arns",
                                        "protected_resource_conditions",
                                        "restore_metadata_overrides",
                                        "validation_window_hours"};
    struct map_builder b = map_begin(op_arena(op));
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        map_put(&b, wire_name(op, parts[i]), desired_wire(op, parts[i]));
    struct request *rq =
        selection_request(op, &backup_CreateRestoreTestingSelection, wanted_plan(op), NULL);
    request_set(rq, "RestoreTestingSelection", map_end(&b));
    request_set_str(rq, "CreatorRequestId", op_token(op));
    op_send(op, rq, created);
}

/* ---- update ---- */

static void updated(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_done(op, op_identifier(op), NULL);
}

/* What is not sent stays. AWS refuses conditions for a selection that names ARNs, so that nothing
 * goes that has not changed. */
static void selection_update(struct op *op)
{
    static const char *const parts[] = {"iam_role_arn", "protected_resource_arns",
                                        "protected_resource_conditions",
                                        "restore_metadata_overrides", "validation_window_hours"};
    struct map_builder b = map_begin(op_arena(op));
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        map_put(&b, wire_name(op, parts[i]), changed_wire(op, parts[i]));
    struct request *rq = own_request(op, &backup_UpdateRestoreTestingSelection);
    request_set(rq, "RestoreTestingSelection", map_end(&b));
    op_send(op, rq, updated);
}

/* ---- remove ---- */

static void selection_remove(struct op *op)
{
    op_send(op, own_request(op, &backup_DeleteRestoreTestingSelection), step_removed);
}

/* ---- find: by name; without our token it is whose the plan is ---- */

static void found(struct op *op, const struct response *rs)
{
    const struct value *selection = value_get(rs->body, "RestoreTestingSelection");
    if (rs->fault == FAULT_NOT_FOUND)
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_found(op, wanted_identifier(op),
                 backup_is_our_token(op, selection) ? OWNER_OURS : OWNER_PARENT);
}

static void selection_find(struct op *op)
{
    op_send(
        op,
        selection_request(op, &backup_GetRestoreTestingSelection, wanted_plan(op), wanted_name(op)),
        found);
}

const struct resource_ops aws_backup_restore_testing_selection_ops = {
    selection_read, selection_create, selection_update, selection_remove, selection_find};
