/* aws_backup_vault_notifications: one configuration on a vault, put as a whole. */
#include "providers/aws/properties.h"
#include "providers/aws/vault_gone.h"

static struct request *notifications_request(struct op *op, const struct aws_operation *operation,
                                             const char *vault_name)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "backupVaultName", vault_name);
    return rq;
}

static const char *desired_vault(const struct op *op)
{
    return value_get_str(op_desired(op), "backup_vault_name");
}

static void got(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        vault_gone_or_fail(op, op_identifier(op), rs, op_gone);
    else
        op_done(op, op_identifier(op),
                schema_from_wire(op_arena(op), op_schema(op)->root, rs->body));
}

static void read_notifications(struct op *op)
{
    op_send(op, notifications_request(op, &backup_GetBackupVaultNotifications, op_identifier(op)),
            got);
}

static void put(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_done(op, desired_vault(op), NULL);
}

static void put_notifications(struct op *op)
{
    static const char *const members[] = {"sns_topic_arn", "backup_vault_events"};
    struct request *rq =
        notifications_request(op, &backup_PutBackupVaultNotifications, desired_vault(op));
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        request_set(rq, wire_name(op, members[i]), desired_wire(op, members[i]));
    op_send(op, rq, put);
}

static void remove_notifications(struct op *op)
{
    op_send(op,
            notifications_request(op, &backup_DeleteBackupVaultNotifications, op_identifier(op)),
            vault_removed);
}

static void looked_up(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        vault_gone_or_fail(op, desired_vault(op), rs, op_gone);
    else
        op_found(op, desired_vault(op), OWNER_PARENT);
}

static void find_notifications(struct op *op)
{
    op_send(op, notifications_request(op, &backup_GetBackupVaultNotifications, desired_vault(op)),
            looked_up);
}

const struct resource_ops aws_backup_vault_notifications_ops = {
    .read = read_notifications,
    .create = put_notifications,
    .update = put_notifications,
    .remove = remove_notifications,
    .find = find_notifications,
};
