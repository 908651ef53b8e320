/* aws_backup_vault_policy: one whole document on a vault. */

#include "providers/aws/vault_part.h"

static void policy_read(struct op *op)
{
    op_send(op, vault_request(op, &backup_GetBackupVaultAccessPolicy, op_identifier(op)),
            vault_part_got);
}

static void policy_put(struct op *op)
{
    struct request *rq = vault_request(op, &backup_PutBackupVaultAccessPolicy, desired_vault(op));
    const struct schema_node *root = op_schema(op)->root;
    const struct value *wire = schema_to_wire(op_arena(op), root, op_desired(op));
    request_set(rq, "Policy", value_get(wire, "Policy"));
    op_send(op, rq, vault_part_put);
}

static void policy_remove(struct op *op)
{
    op_send(op, vault_request(op, &backup_DeleteBackupVaultAccessPolicy, op_identifier(op)),
            vault_removed);
}

static void policy_find(struct op *op)
{
    op_send(op, vault_request(op, &backup_GetBackupVaultAccessPolicy, desired_vault(op)),
            vault_part_found);
}

const struct resource_ops aws_backup_vault_policy_ops = {policy_read, policy_put, policy_put,
                                                         policy_remove, policy_find};
