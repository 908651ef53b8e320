#include "providers/aws/vault_gone.h"

static void vaults_listed(struct op *op, const struct response *rs)
{
    const struct vault_doubt *doubt = op_data(op, sizeof(*doubt));
    const struct value *vaults = value_get(rs->body, "BackupVaultList");
    bool there = rs->fault != FAULT_NONE;
    for (size_t i = 0; i < value_len(vaults) && !there; i++)
        there = str_eq(value_get_str(value_item(vaults, i), "BackupVaultName"), doubt->vault_name);
    if (there)
        op_fail(op, doubt->denied);
    else
        doubt->gone(op);
}

void vault_gone_or_fail(struct op *op, const char *vault_name, const struct response *rs,
                        vault_gone_fn *gone)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        gone(op);
    } else if (rs->fault == FAULT_DENIED && !str_eq(rs->code, CODE_NO_SESSION)) {
        struct vault_doubt *doubt = op_data(op, sizeof(*doubt));
        *doubt = (struct vault_doubt){vault_name, rs, gone};
        op_send_all(op, aws_request(op, &backup_ListBackupVaults), vaults_listed);
    } else {
        op_fail(op, rs);
    }
}

void vault_removed(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        vault_gone_or_fail(op, op_identifier(op), rs, op_done_removed);
    else
        op_done_removed(op);
}
