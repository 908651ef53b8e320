/* aws_backup_selection: what a plan protects. It is made and deleted, never changed. */
#include <string.h>

#include "providers/aws/properties.h"

#define VISIBLE_NAP_MS 4000
#define VISIBLE_NAPS 30 /* two minutes in all */

static struct request *selection_request(struct op *op, const struct aws_operation *operation,
                                         const char *plan_id, const char *id)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "backupPlanId", plan_id);
    if (id)
        request_label(rq, "selectionId", id);
    return rq;
}

static const char *wanted_plan(const struct op *op)
{
    return value_get_str(op_desired(op), "backup_plan_id");
}

static const char *identifier(struct op *op, const char *id)
{
    return arena_printf(op_arena(op), "%s|%s", wanted_plan(op), id);
}

/* A missing plan is a bad parameter here, not a missing resource. */
static bool is_missing(const struct response *rs)
{
    return rs->fault == FAULT_NOT_FOUND || (str_eq(rs->code, "InvalidParameterValueException") &&
                                            rs->message && strstr(rs->message, "Cannot find"));
}

/* ---- read ---- */

static void selection_got(struct op *op, const struct response *rs)
{
    if (is_missing(rs)) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct arena *arena = op_arena(op);
    struct map_builder b =
        map_begin_from(arena, schema_from_wire(arena, op_schema(op)->root,
                                               value_get(rs->body, "BackupSelection")));
    map_put_str(&b, "backup_plan_id", op_identifier_part(op, 0));
    map_put_str(&b, "id", op_identifier_part(op, 1));
    op_done(op, op_identifier(op), map_end(&b));
}

static void selection_read(struct op *op)
{
    op_send(op,
            selection_request(op, &backup_GetBackupSelection, op_identifier_part(op, 0),
                              op_identifier_part(op, 1)),
            selection_got);
}

/* ---- create: CreateBackupSelection, then look until AWS shows it ---- */

struct creation {
    const char *id;
    int naps;
};

static void look(struct op *op, const struct response *rs);

static void looked(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    if (rs->fault == FAULT_NONE)
        op_done(op, identifier(op, creation->id), NULL);
    else if (!is_missing(rs))
        op_fail(op, rs);
    else if (creation->naps++ < VISIBLE_NAPS)
        op_later(op, VISIBLE_NAP_MS, look);
    else
        op_fail_with(op, E_TIMEOUT,
                     "AWS Backup made the selection %s but does not show it after two minutes",
                     creation->id);
}

static void look_for_made(struct op *op)
{
    const struct creation *creation = op_data(op, sizeof(*creation));
    op_made(op, identifier(op, creation->id));
    look(op, NULL);
}

static void look(struct op *op, const struct response *rs)
{
    (void)rs;
    const struct creation *creation = op_data(op, sizeof(*creation));
    op_send(op, selection_request(op, &backup_GetBackupSelection, wanted_plan(op), creation->id),
            looked);
}

/* The id of the selection that bears our token, or NULL. */
static const char *id_by_token(struct op *op, const struct response *rs)
{
    const struct value *list = value_get(rs->body, "BackupSelectionsList");
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *selection = value_item(list, i);
        const char *token = value_get_str(selection, "CreatorRequestId");
        if (token && str_eq(token, op_token(op)))
            return value_get_str(selection, "SelectionId");
    }
    return NULL;
}

static void look_for_our_own(struct op *op, const struct response *rs);

static void looked_for_our_own(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    creation->id = rs->fault == FAULT_NONE ? id_by_token(op, rs) : NULL;
    if (creation->id)
        look_for_made(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else if (!op_look_again(op, look_for_our_own))
        op_fail_with(op, E_AWS, "AWS Backup says that the selection exists, but does not list it");
}

static void look_for_our_own(struct op *op, const struct response *rs)
{
    (void)rs;
    op_send_all(op, selection_request(op, &backup_ListBackupSelections, wanted_plan(op), NULL),
                looked_for_our_own);
}

static void created(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    creation->id = value_get_str(rs->body, "SelectionId");
    if (rs->fault == FAULT_NONE && creation->id)
        look_for_made(op);
    else if (rs->fault == FAULT_CONFLICT &&
             str_eq(value_get_str(rs->body, "CreatorRequestId"), op_token(op)))
        /* an answer was lost; the error names the plan, not the selection */
        look_for_our_own(op, NULL);
    else
        op_fail(op, rs);
}

static void selection_create(struct op *op)
{
    static const char *const properties[][2] = {
        {"name", "SelectionName"},      {"iam_role_arn", "IamRoleArn"},
        {"resources", "Resources"},     {"not_resources", "NotResources"},
        {"list_of_tags", "ListOfTags"}, {"conditions", "Conditions"},
    };
    struct map_builder b = map_begin(op_arena(op));
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        map_put(&b, properties[i][1], desired_wire(op, properties[i][0]));
    struct request *rq =
        selection_request(op, &backup_CreateBackupSelection, wanted_plan(op), NULL);
    request_set(rq, "BackupSelection", map_end(&b));
    request_set_str(rq, "CreatorRequestId", op_token(op));
    op_send(op, rq, created);
}

/* ---- update: there is nothing that can be changed ---- */

static void selection_update(struct op *op)
{
    op_done(op, op_identifier(op), NULL);
}

/* ---- remove ---- */

static void removed(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE || is_missing(rs))
        op_done(op, op_identifier(op), NULL);
    else
        op_fail(op, rs);
}

static void selection_remove(struct op *op)
{
    op_send(op,
            selection_request(op, &backup_DeleteBackupSelection, op_identifier_part(op, 0),
                              op_identifier_part(op, 1)),
            removed);
}

/* ---- find: by token; else by name, and then it is whose the plan is ---- */

static const char *id_by_name(struct op *op, const struct response *rs)
{
    const struct value *list = value_get(rs->body, "BackupSelectionsList");
    for (size_t i = 0; i < value_len(list); i++)
        if (str_eq(value_get_str(value_item(list, i), "SelectionName"),
                   value_get_str(op_desired(op), "name")))
            return value_get_str(value_item(list, i), "SelectionId");
    return NULL;
}

static void listed(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE && !is_missing(rs)) {
        op_fail(op, rs);
        return;
    }
    const char *ours = id_by_token(op, rs), *named = id_by_name(op, rs);
    if (ours)
        op_found(op, identifier(op, ours), OWNER_OURS);
    else if (named)
        op_found(op, identifier(op, named), OWNER_PARENT);
    else
        op_gone(op);
}

static void selection_find(struct op *op)
{
    if (wanted_plan(op))
        op_send_all(op, selection_request(op, &backup_ListBackupSelections, wanted_plan(op), NULL),
                    listed);
    else
        op_gone(op); /* the plan is not there yet */
}

const struct resource_ops aws_backup_selection_ops = {
    selection_read, selection_create, selection_update, selection_remove, selection_find};
