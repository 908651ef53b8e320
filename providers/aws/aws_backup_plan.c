/* aws_backup_plan: one document with all its rules, put as a whole. Names are not unique at AWS:
 * the token tells our plan from others, and after it the owner tags. */
#include <string.h>

#include "providers/aws/backup_object.h"
#include "providers/aws/calls.h"
#include "providers/aws/steps.h"

static struct request *plan_request(struct op *op, const struct aws_operation *operation)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "backupPlanId", op_identifier(op));
    return rq;
}

static const char *plan_arn(struct op *op, const char *id)
{
    return arena_printf(op_arena(op), "arn:%s:backup:%s:%s:backup-plan:%s", op_partition(op),
                        op_region(op), op_account_id(op), id);
}

/* ---- read: GetBackupPlan, then ListTags ---- */

static void plan_got(struct op *op, const struct response *rs)
{
    /* deletion is soft: an old plan may still be shown, with the day on which it went */
    const struct value *deleted = value_get(rs->body, "DeletionDate");
    bool gone = rs->fault == FAULT_NOT_FOUND ||
                (rs->fault == FAULT_NONE && deleted && !value_is(deleted, VALUE_NULL));
    if (gone) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    static const char *const invented[] = {"RuleId", NULL};
    struct arena *arena = op_arena(op);
    const char *arn = plan_arn(op, op_identifier(op));
    struct map_builder b = map_begin_from(
        arena, schema_from_wire(arena, op_schema(op)->root, value_get(rs->body, "BackupPlan")));
    map_put_str(&b, "id", op_identifier(op));
    map_put_str(&b, "arn", arn);
    map_put(&b, "version_id", value_get(rs->body, "VersionId"));
    /* the update puts the whole document: what is not in ours would be gone */
    put_unsaid(op, &b, op_schema(op)->root, value_get(rs->body, "BackupPlan"), "", invented);
    backup_done_with_tags(op, arn, map_end(&b));
}

static void plan_read(struct op *op)
{
    op_send(op, plan_request(op, &backup_GetBackupPlan), plan_got);
}

/* ---- create ---- */

static const struct value *document(struct op *op)
{
    struct map_builder b = map_begin(op_arena(op));
    map_put(&b, "BackupPlanName", desired_wire(op, "name"));
    map_put(&b, "Rules", whole_wire(op, "rules"));
    map_put(&b, "AdvancedBackupSettings", whole_wire(op, "advanced_backup_settings"));
    return map_end(&b);
}

/* AlreadyExists carries the ARN and the token of whoever made the plan: our token means that an
 * answer was lost. NULL: not ours. */
static const char *id_of_our_own(struct op *op, const struct response *rs)
{
    const char *arn = value_get_str(rs->body, "Arn");
    const char *colon = arn ? strrchr(arn, ':') : NULL;
    bool ours = rs->fault == FAULT_CONFLICT && backup_is_our_token(op, rs->body);
    return ours && colon ? colon + 1 : NULL;
}

static void created(struct op *op, const struct response *rs)
{
    const char *id =
        rs->fault == FAULT_NONE ? value_get_str(rs->body, "BackupPlanId") : id_of_our_own(op, rs);
    if (id)
        op_done(op, id, NULL);
    else
        op_fail(op, rs);
}

static void plan_create(struct op *op)
{
    const struct value *tags = value_get(op_desired(op), "tags");
    struct request *rq = aws_request(op, &backup_CreateBackupPlan);
    request_set(rq, "BackupPlan", document(op));
    request_set(rq, "BackupPlanTags", value_len(tags) ? tags : NULL);
    request_set_str(rq, "CreatorRequestId", op_token(op));
    op_send(op, rq, created);
}

/* ---- update ---- */

static void plan_update(struct op *op)
{
    if (must_change(op, "rules") || must_change(op, "advanced_backup_settings")) {
        struct request *rq = calls_add(op, &backup_UpdateBackupPlan, NULL);
        request_label(rq, "backupPlanId", op_identifier(op));
        request_set(rq, "BackupPlan", document(op));
    }
    backup_add_tag_calls(op, plan_arn(op, op_identifier(op)));
    calls_in_order(op, step_updated);
}

/* ---- remove ---- */

static void plan_remove(struct op *op)
{
    op_send(op, plan_request(op, &backup_DeleteBackupPlan), step_removed);
}

/* ---- find: by token; else by name, and among several of one name by the owner tags ---- */

struct search {
    const char **ids; /* of the plans that bear the name */
    size_t len, cap, next;
};

static void look_at_next(struct op *op);

static void candidate_tags(struct op *op, const struct response *rs)
{
    struct search *search = op_data(op, sizeof(*search));
    if (rs->fault != FAULT_NONE && rs->fault != FAULT_NOT_FOUND)
        op_fail(op, rs);
    else if (has_our_tags(op, value_get(rs->body, "Tags")))
        op_found(op, search->ids[search->next - 1], OWNER_BY_TAGS);
    else
        look_at_next(op);
}

static void look_at_next(struct op *op)
{
    struct search *search = op_data(op, sizeof(*search));
    /* the last one is read by the engine, which tells whose it is */
    if (search->next + 1 >= search->len) {
        if (search->len > 0)
            op_found(op, search->ids[search->len - 1], OWNER_BY_TAGS);
        else
            op_gone(op);
        return;
    }
    struct request *rq = aws_request(op, &backup_ListTags);
    request_label(rq, "resourceArn", plan_arn(op, search->ids[search->next++]));
    op_send_all(op, rq, candidate_tags);
}

static void listed(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct search *search = op_data(op, sizeof(*search));
    const struct value *plans = value_get(rs->body, "BackupPlansList");
    const char *name = value_get_str(op_desired(op), "name");
    for (size_t i = 0; i < value_len(plans); i++) {
        const struct value *plan = value_item(plans, i);
        const char *id = value_get_str(plan, "BackupPlanId");
        const char *token = value_get_str(plan, "CreatorRequestId");
        if (id && token && str_eq(token, op_token(op))) {
            op_found(op, id, OWNER_OURS);
            return;
        }
        if (!id || !str_eq(value_get_str(plan, "BackupPlanName"), name))
            continue;
        search->ids = arena_grow(op_arena(op), search->ids, search->len, &search->cap,
                                 search->len + 1, sizeof(*search->ids));
        search->ids[search->len++] = id;
    }
    look_at_next(op);
}

static void plan_find(struct op *op)
{
    op_send_all(op, aws_request(op, &backup_ListBackupPlans), listed);
}

const struct resource_ops aws_backup_plan_ops = {plan_read, plan_create, plan_update, plan_remove,
                                                 plan_find};
