/* aws_backup_vault_notifications: one configuration on a vault, put as a whole. */

#include "providers/aws/properties.h"
#include "providers/aws/vault_part.h"

static void read_notifications(struct op *op)
{
    op_send(op, vault_request(op, &backup_GetBackupVaultNotifications, op_identifier(op)),
            vault_part_got);
}

static void put_notifications(struct op *op)
{
    static const char *const members[] = {"sns_topic_arn", "backup_vault_events"};
    struct request *rq = vault_request(op, &backup_PutBackupVaultNotifications, desired_vault(op));
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        request_set(rq, wire_name(op, members[i]), desired_wire(op, members[i]));
    op_send(op, rq, vault_part_put);
}

static void remove_notifications(struct op *op)
{
    op_send(op, vault_request(op, &backup_DeleteBackupVaultNotifications, op_identifier(op)),
            vault_removed);
}

static void find_notifications(struct op *op)
{
    op_send(op, vault_request(op, &backup_GetBackupVaultNotifications, desired_vault(op)),
            vault_part_found);
}

const struct resource_ops aws_backup_vault_notifications_ops = {
    .read = read_notifications,
    .create = put_notifications,
    .update = put_notifications,
    .remove = remove_notifications,
    .find = find_notifications,
};
