/* Log groups. Services make theirs on first use, so that "exists already" is no fault: the group is
 * then brought to what is desired. */
#include "providers/aws/calls.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

/* DescribeLogGroups matches prefixes: "/aws/lambda/relay" also brings "/aws/lambda/relay-2". */
static const struct value *group_of(const struct response *rs, const char *name)
{
    const struct value *groups = value_get(rs->body, "logGroups");
    for (size_t i = 0; i < value_len(groups); i++)
        if (str_eq(value_get_str(value_item(groups, i), "logGroupName"), name))
            return value_item(groups, i);
    return NULL;
}

static void describe(struct op *op, const char *name, op_step_fn *step)
{
    struct request *rq = aws_request(op, &logs_DescribeLogGroups);
    request_set_str(rq, "logGroupNamePrefix", name);
    op_send_all(op, rq, step);
}

static const char *arn_of(struct op *op, const char *name)
{
    return arena_printf(op_arena(op), "arn:%s:logs:%s:%s:log-group:%s", op_partition(op),
                        op_region(op), op_account_id(op), name);
}

/* ---- read ---- */

struct read {
    const struct value *group;
};

static void tags_read(struct op *op, const struct response *rs)
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
    const struct read *read = op_data(op, sizeof(*read));
    struct map_builder b =
        map_begin_from(arena, schema_from_wire(arena, op_schema(op)->root, read->group));
    if (!value_get(read->group, "retentionInDays"))
        map_put(&b, "retention_in_days", value_null()); /* for ever */
    map_put_str(&b, "arn", arn_of(op, op_identifier(op)));
    const struct value *tags = value_get(rs->body, "tags");
    struct map_builder none = map_begin(arena);
    map_put(&b, "tags", tags ? tags : map_end(&none));
    op_done(op, op_identifier(op), map_end(&b));
}

static void described(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct read *read = op_data(op, sizeof(*read));
    read->group = group_of(rs, op_identifier(op));
    if (!read->group) {
        op_gone(op);
        return;
    }
    struct request *rq = aws_request(op, &logs_ListTagsForResource);
    request_set_str(rq, "resourceArn", arn_of(op, op_identifier(op)));
    op_send(op, rq, tags_read);
}

static void read_group(struct op *op)
{
    describe(op, op_identifier(op), described);
}

/* ---- create, update ---- */

static const char *name_of(struct op *op)
{
    return value_get_str(op_desired(op), "name");
}

/* Null stands for "for ever"; without the property the retention is not managed. */
static void add_retention_call(struct op *op)
{
    const struct value *days = value_get(op_desired(op), "retention_in_days");
    if (!days)
        return;
    bool for_ever = value_is(days, VALUE_NULL);
    struct request *rq =
        calls_add(op, for_ever ? &logs_DeleteRetentionPolicy : &logs_PutRetentionPolicy, NULL);
    request_set_str(rq, "logGroupName", name_of(op));
    if (!for_ever)
        request_set(rq, "retentionInDays", days);
}

static void add_key_call(struct op *op, const struct value *key)
{
    if (!key)
        return;
    struct request *rq = calls_add(op, &logs_AssociateKmsKey, NULL);
    request_set_str(rq, "logGroupName", name_of(op));
    request_set(rq, "kmsKeyId", key);
}

static const struct tag_calls tag_calls = {
    &logs_TagResource, &logs_UntagResource, "resourceArn", "tags", "tagKeys", NULL, NULL};

static void settled(struct op *op, const struct response *rs)
{
    (void)rs;
    op_done(op, name_of(op), NULL);
}

static void created(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE && rs->fault != FAULT_CONFLICT) {
        op_fail(op, rs);
        return;
    }
    if (rs->fault == FAULT_NONE)
        op_made(op, name_of(op));
    if (rs->fault == FAULT_CONFLICT) { /* somebody was faster */
        add_key_call(op, desired_wire(op, "kms_key_id"));
        calls_add_tags(op, &tag_calls, arn_of(op, name_of(op)));
    }
    if (rs->fault == FAULT_CONFLICT || desired_wire(op, "retention_in_days"))
        add_retention_call(op); /* a new group keeps for ever */
    calls_in_order(op, settled);
}

static void create_group(struct op *op)
{
    const struct value *tags = value_get(op_desired(op), "tags");
    struct request *rq = aws_request(op, &logs_CreateLogGroup);
    request_set_str(rq, "logGroupName", name_of(op));
    request_set(rq, "kmsKeyId", desired_wire(op, "kms_key_id"));
    request_set(rq, "tags", value_len(tags) ? tags : NULL);
    op_send(op, rq, created);
}

static void update_group(struct op *op)
{
    if (op_changed(op, "/retention_in_days"))
        add_retention_call(op);
    add_key_call(op, changed_wire(op, "kms_key_id"));
    calls_add_tags(op, &tag_calls, arn_of(op, name_of(op)));
    calls_in_order(op, settled);
}

/* ---- remove, find ---- */

static void remove_group(struct op *op)
{
    struct request *rq = aws_request(op, &logs_DeleteLogGroup);
    request_set_str(rq, "logGroupName", op_identifier(op));
    op_send(op, rq, step_removed);
}

static void found(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else if (group_of(rs, name_of(op)))
        op_found(op, name_of(op), OWNER_BY_TAGS);
    else
        op_gone(op);
}

static void find_group(struct op *op)
{
    describe(op, name_of(op), found);
}

const struct resource_ops aws_log_group_ops = {
    .read = read_group,
    .create = create_group,
    .update = update_group,
    .remove = remove_group,
    .find = find_group,
};
