#include "providers/aws/vault_part.h"

struct request *vault_request(struct op *op, const struct aws_operation *operation,
                              const char *vault_name)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "backupVaultName", vault_name);
    return rq;
}

const char *desired_vault(const struct op *op)
{
    return value_get_str(op_desired(op), "backup_vault_name");
}

void vault_part_got(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        vault_gone_or_fail(op, op_identifier(op), rs, op_gone);
    else
        op_done(op, op_identifier(op),
                schema_from_wire(op_arena(op), op_schema(op)->root, rs->body));
}

void vault_part_put(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_done(op, desired_vault(op), NULL);
}

void vault_part_found(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        vault_gone_or_fail(op, desired_vault(op), rs, op_gone);
    else
        op_found(op, desired_vault(op), OWNER_PARENT);
}
