#include "providers/aws/recovery_points.h"

#include "engine/base/bug.h"
#include "providers/aws/aws.h"

#define NAP_MS 5000
#define NAPS 120       /* ten minutes in all */
#define EXPIRED_NAPS 3 /* a point that was EXPIRED before stays so for a moment */

static void no_such_operation(struct op *op)
{
    (void)op;
    BUG("recovery points have no such operation");
}

/* ---- the points of a vault, and what keeps them ---- */

struct look {
    bool locked;
    const struct value *points, *holds;
    size_t next_hold, held;
    const char *hold;
};

static void look_at_next_hold(struct op *op);

static void looked(struct op *op)
{
    const struct look *look = op_data(op, sizeof(*look));
    struct map_builder b = map_begin(op_arena(op));
    map_put_bool(&b, "locked", look->locked);
    map_put(&b, "points", look->points);
    map_put_int(&b, "held", (int64_t)look->held);
    map_put_str(&b, "hold", look->hold);
    op_done(op, op_identifier(op), map_end(&b));
}

static void points_of_hold_listed(struct op *op, const struct response *rs)
{
    struct look *look = op_data(op, sizeof(*look));
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    const struct value *points = value_get(rs->body, "RecoveryPoints");
    const struct value *hold = value_item(look->holds, look->next_hold - 1);
    for (size_t i = 0; i < value_len(points); i++) {
        if (!str_eq(value_get_str(value_item(points, i), "BackupVaultName"), op_identifier(op)))
            continue;
        look->held++;
        look->hold = value_get_str(hold, "LegalHoldId");
    }
    look_at_next_hold(op);
}

static bool is_over(const struct value *hold)
{
    return str_eq(value_get_str(hold, "Status"), "CANCELED");
}

static void look_at_next_hold(struct op *op)
{
    struct look *look = op_data(op, sizeof(*look));
    while (look->next_hold < value_len(look->holds)) {
        const struct value *hold = value_item(look->holds, look->next_hold++);
        const char *id = value_get_str(hold, "LegalHoldId");
        if (is_over(hold) || !id)
            continue;
        struct request *rq = aws_request(op, &backup_ListRecoveryPointsByLegalHold);
        request_label(rq, "legalHoldId", id);
        op_send_all(op, rq, points_of_hold_listed);
        return;
    }
    looked(op);
}

static void holds_listed(struct op *op, const struct response *rs)
{
    struct look *look = op_data(op, sizeof(*look));
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    look->holds = value_get(rs->body, "LegalHolds");
    look_at_next_hold(op);
}

static void points_listed(struct op *op, const struct response *rs)
{
    struct look *look = op_data(op, sizeof(*look));
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    look->points = value_get(rs->body, "RecoveryPoints");
    op_send_all(op, aws_request(op, &backup_ListLegalHolds), holds_listed);
}

static void vault_described(struct op *op, const struct response *rs)
{
    struct look *look = op_data(op, sizeof(*look));
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    look->locked = value_get_bool(rs->body, "Locked", false);
    struct request *rq = aws_request(op, &backup_ListRecoveryPointsByBackupVault);
    request_label(rq, "backupVaultName", op_identifier(op));
    op_send_all(op, rq, points_listed);
}

static void look_at_vault(struct op *op)
{
    struct request *rq = aws_request(op, &backup_DescribeBackupVault);
    request_label(rq, "backupVaultName", op_identifier(op));
    op_send(op, rq, vault_described);
}

/* ---- one point ---- */

struct deletion {
    unsigned naps;
};

static struct request *point_request(struct op *op, const struct aws_operation *operation)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "backupVaultName", op_identifier_part(op, 0));
    request_label(rq, "recoveryPointArn", op_identifier_part(op, 1));
    return rq;
}

static void read_again(struct op *op, const struct response *rs);

static void was_expired(struct op *op, const struct value *point)
{
    const char *role = value_get_str(point, "IamRoleArn"),
               *why = value_get_str(point, "StatusMessage");
    op_fail_with(op, E_RETAINED,
                 "AWS did not delete the recovery point %s, which is EXPIRED now: %s%s%s%s",
                 op_identifier_part(op, 1),
                 role ? "the role that made it is gone or may not delete it: " : "",
                 role ? role : "the rights for it are missing", why ? ": " : "", why ? why : "");
}

static void point_read(struct op *op, const struct response *rs)
{
    struct deletion *deletion = op_data(op, sizeof(*deletion));
    const char *status = value_get_str(rs->body, "Status");
    bool was = str_eq(value_get_str(op_prior(op), "Status"), "EXPIRED");
    if (rs->fault == FAULT_NOT_FOUND)
        op_done_removed(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else if (str_eq(status, "EXPIRED") && (!was || deletion->naps >= EXPIRED_NAPS))
        was_expired(op, rs->body);
    else if (deletion->naps++ == NAPS)
        op_fail_with(op, E_TIMEOUT, "the recovery point %s is still %s", op_identifier_part(op, 1),
                     status ? status : "there");
    else
        op_later(op, NAP_MS, read_again);
}

static void read_again(struct op *op, const struct response *rs)
{
    (void)rs;
    op_send(op, point_request(op, &backup_DescribeRecoveryPoint), point_read);
}

static void deletion_answered(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND)
        op_done_removed(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        read_again(op, NULL);
}

static void delete_point(struct op *op)
{
    op_send(op, point_request(op, &backup_DeleteRecoveryPoint), deletion_answered);
}

const struct resource_ops vault_points_ops = {
    .read = look_at_vault,
    .create = no_such_operation,
    .update = no_such_operation,
    .remove = no_such_operation,
    .find = no_such_operation,
};
const struct resource_ops recovery_point_ops = {
    .read = no_such_operation,
    .create = no_such_operation,
    .update = no_such_operation,
    .remove = delete_point,
    .find = no_such_operation,
};
