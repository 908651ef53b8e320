/* aws_backup_logically_air_gapped_vault: made by a call of its own, with the range of retention
 * that it keeps for ever; read, tagged and deleted as any vault. */

#include "providers/aws/backup_object.h"
#include "providers/aws/vault_gone.h"

#define READY_NAP_MS 5000
#define READY_NAPS 120 /* ten minutes in all */
#define VAULT "aws_backup_vault"

static const char *name_of(struct op *op)
{
    return value_get_str(op_desired(op), "name");
}

/* ---- create, then wait until the vault takes points ---- */

struct making {
    struct vault_doubt doubt; /* vault_gone.h */
    unsigned naps;
};

static void look(struct op *op, const struct response *rs);

/* Not there yet, or not ready. */
static void nap(struct op *op)
{
    struct making *making = op_data(op, sizeof(*making));
    if (making->naps++ == READY_NAPS)
        op_fail_with(op, E_TIMEOUT, "the vault %s is not ready after ten minutes", name_of(op));
    else
        op_later(op, READY_NAP_MS, look);
}

static void looked(struct op *op, const struct response *rs)
{
    const char *state = value_get_str(rs->body, "VaultState");
    (void)op_data(op, sizeof(struct making));
    if (rs->fault != FAULT_NONE)
        vault_gone_or_fail(op, name_of(op), rs, nap);
    else if (str_eq(state, "FAILED"))
        op_fail_with(op, E_AWS, "AWS could not make the vault %s: VaultState is FAILED",
                     name_of(op));
    else if (str_eq(state, "CREATING"))
        nap(op);
    else
        op_done(op, name_of(op), NULL);
}

static void look(struct op *op, const struct response *rs)
{
    (void)rs;
    struct request *rq = aws_request(op, &backup_DescribeBackupVault);
    request_label(rq, "backupVaultName", name_of(op));
    op_send(op, rq, looked);
}

static void created(struct op *op, const struct response *rs)
{
    bool ours = rs->fault == FAULT_CONFLICT && backup_is_our_token(op, rs->body);
    if (rs->fault != FAULT_NONE && !ours) {
        op_fail(op, rs);
        return;
    }
    op_made(op, name_of(op));
    look(op, NULL);
}

static void gap_create(struct op *op)
{
    const struct value *tags = value_get(op_desired(op), "tags");
    struct request *rq = aws_request(op, &backup_CreateLogicallyAirGappedBackupVault);
    request_label(rq, "backupVaultName", name_of(op));
    request_set(rq, "MinRetentionDays", desired_wire(op, "min_retention_days"));
    request_set(rq, "MaxRetentionDays", desired_wire(op, "max_retention_days"));
    request_set(rq, "EncryptionKeyArn", desired_wire(op, "encryption_key_arn"));
    request_set(rq, "BackupVaultTags", value_len(tags) ? tags : NULL);
    request_set_str(rq, "CreatorRequestId", op_token(op));
    op_send(op, rq, created);
}

/* ---- the rest is a vault's ---- */

static void gap_read(struct op *op)
{
    provider_ops(VAULT)->read(op);
}

static void gap_update(struct op *op)
{
    provider_ops(VAULT)->update(op);
}

static void gap_remove(struct op *op)
{
    provider_ops(VAULT)->remove(op);
}

static void gap_find(struct op *op)
{
    provider_ops(VAULT)->find(op);
}

const struct resource_ops aws_backup_logically_air_gapped_vault_ops = {
    gap_read, gap_create, gap_update, gap_remove, gap_find};
