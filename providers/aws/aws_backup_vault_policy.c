/* aws_backup_vault_policy: one whole document on a vault. */

#include "providers/aws/vault_gone.h"

static struct request *policy_request(struct op *op, const struct aws_operation *operation,
                                      const char *vault_name)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "backupVaultName", vault_name);
    return rq;
}

static const char *desired_vault(struct op *op)
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

static void policy_read(struct op *op)
{
    op_send(op, policy_request(op, &backup_GetBackupVaultAccessPolicy, op_identifier(op)), got);
}

static void put(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_done(op, desired_vault(op), NULL);
}

static void policy_put(struct op *op)
{
    struct request *rq = policy_request(op, &backup_PutBackupVaultAccessPolicy, desired_vault(op));
    const struct schema_node *root = op_schema(op)->root;
    const struct value *wire = schema_to_wire(op_arena(op), root, op_desired(op));
    request_set(rq, "Policy", value_get(wire, "Policy"));
    op_send(op, rq, put);
}

static void policy_remove(struct op *op)
{
    op_send(op, policy_request(op, &backup_DeleteBackupVaultAccessPolicy, op_identifier(op)),
            vault_removed);
}

static void looked_up(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        vault_gone_or_fail(op, desired_vault(op), rs, op_gone);
    else
        op_found(op, desired_vault(op), OWNER_PARENT);
}

static void policy_find(struct op *op)
{
    op_send(op, policy_request(op, &backup_GetBackupVaultAccessPolicy, desired_vault(op)),
            looked_up);
}

const struct resource_ops aws_backup_vault_policy_ops = {policy_read, policy_put, policy_put,
                                                         policy_remove, policy_find};
