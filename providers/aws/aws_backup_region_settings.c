/* What AWS Backup protects in an account and Region. The settings are always there: found and
 * adopted, never made, and never taken away. */
#include "providers/aws/properties.h"

static const char *const maps[] = {"resource_type_opt_in_preference",
                                   "resource_type_management_preference"};

static void describe(struct op *op, op_step_fn *step)
{
    op_send(op, aws_request(op, &backup_DescribeRegionSettings), step);
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
    for (size_t i = 0; i < ARRAY_LEN(maps); i++)
        map_put(&b, maps[i], value_get(rs->body, wire_name(op, maps[i])));
    op_done(op, op_account_id(op), map_end(&b));
}

static void read_settings(struct op *op)
{
    describe(op, described);
}

/* ---- create, update ---- */

static void updated(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        op_done(op, op_account_id(op), NULL);
    else
        op_fail(op, rs);
}

/* A map that the file names is sent whole, as it stands with ours on top: AWS does not say whether
 * it keeps the kinds that a call leaves out. */
static void described_before(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct request *rq = aws_request(op, &backup_UpdateRegionSettings);
    for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
        const struct value *ours = value_get(op_desired(op), maps[i]);
        if (value_len(ours) == 0)
            continue;
        struct map_builder b =
            map_begin_from(op_arena(op), value_get(rs->body, wire_name(op, maps[i])));
        for (size_t k = 0; k < value_len(ours); k++)
            map_put(&b, ours->map.entries[k].key, ours->map.entries[k].value);
        request_set(rq, wire_name(op, maps[i]), map_end(&b));
    }
    op_send(op, rq, updated);
}

static void write_settings(struct op *op)
{
    describe(op, described_before);
}

/* ---- remove, find ---- */

static void remove_settings(struct op *op)
{
    op_fail_with(op, E_RETAINED, "the backup settings of %s are shared by the whole account",
                 op_region(op));
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

const struct resource_ops aws_backup_region_settings_ops = {
    .read = read_settings,
    .create = write_settings,
    .update = write_settings,
    .remove = remove_settings,
    .find = find_settings,
};
