/* The switches of AWS Backup for a whole organization. They are always there: found and adopted,
 * never made, and never taken away. AWS writes their values as text. */
#include "providers/aws/properties.h"

static void describe(struct op *op, op_step_fn *step)
{
    op_send(op, aws_request(op, &backup_DescribeGlobalSettings), step);
}

/* ---- read ---- */

static void described(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct map_builder b = map_begin(op_arena(op));
    map_put_str(&b, "account_id", op_account_id(op));
    map_put(&b, "global_settings",
            observed(op, "global_settings", value_get(rs->body, "GlobalSettings")));
    op_done(op, op_account_id(op), map_end(&b));
}

static void read_settings(struct op *op)
{
    describe(op, described);
}

/* ---- create, update ---- */

/* All switches as they stand, with ours on top: AWS does not say whether it keeps those that a call
 * leaves out. */
static const struct value *merged(struct op *op, const struct value *standing)
{
    const struct value *ours = desired_wire(op, "global_settings");
    struct map_builder b = map_begin_from(op_arena(op), standing);
    for (size_t i = 0; i < value_len(ours); i++)
        map_put_str(&b, ours->map.entries[i].key,
                    ours->map.entries[i].value->boolean ? "true" : "false");
    return map_end(&b);
}

static void updated(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        op_done(op, op_account_id(op), NULL);
    else
        op_fail(op, rs);
}

static void described_before(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct request *rq = aws_request(op, &backup_UpdateGlobalSettings);
    request_set(rq, "GlobalSettings", merged(op, value_get(rs->body, "GlobalSettings")));
    op_send(op, rq, updated);
}

static void write_settings(struct op *op)
{
    describe(op, described_before);
}

/* ---- remove, find ---- */

static void remove_settings(struct op *op)
{
    op_fail_with(op, E_RETAINED, "the backup settings of the organization are shared by everybody");
}

static void found(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        op_found(op, op_account_id(op), OWNER_BY_TAGS);
    else
        op_fail(op, rs);
}

static void find_settings(struct op *op)
{
    describe(op, found);
}

const struct resource_ops aws_backup_global_settings_ops = {
    .read = read_settings,
    .create = write_settings,
    .update = write_settings,
    .remove = remove_settings,
    .find = find_settings,
};
