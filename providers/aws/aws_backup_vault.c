/* aws_backup_vault: name|key at creation only; tags in place. The model for other types: see
 * docs/ADD_A_RESOURCE_TYPE.md. */

#include "providers/aws/backup_object.h"
#include "providers/aws/calls.h"
#include "providers/aws/steps.h"
#include "providers/aws/vault_gone.h"

static struct request *vault_request(struct op *op, const struct aws_operation *operation,
                                     const char *name)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "backupVaultName", name);
    return rq;
}

/* ---- read: DescribeBackupVault, then ListTags on its ARN ---- */

static void described(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        vault_gone_or_fail(op, op_identifier(op), rs, op_gone);
        return;
    }
    backup_done_with_tags(op, value_get_str(rs->body, "BackupVaultArn"),
                          schema_from_wire(op_arena(op), op_schema(op)->root, rs->body));
}

static void vault_read(struct op *op)
{
    op_send(op, vault_request(op, &backup_DescribeBackupVault, op_identifier(op)), described);
}

/* ---- create ---- */

/* AlreadyExists carries the token of whoever made the vault: ours means that an answer was lost. */
static void created(struct op *op, const struct response *rs)
{
    bool ours = rs->fault == FAULT_CONFLICT && backup_is_our_token(op, rs->body);
    if (rs->fault != FAULT_NONE && !ours)
        op_fail(op, rs);
    else
        op_done(op, value_get_str(op_desired(op), "name"), NULL);
}

static void vault_create(struct op *op)
{
    const struct value *desired = op_desired(op);
    struct request *rq =
        vault_request(op, &backup_CreateBackupVault, value_get_str(desired, "name"));
    request_set(rq, "EncryptionKeyArn", value_get(desired, "encryption_key_arn"));
    request_set(rq, "BackupVaultTags", value_get(desired, "tags"));
    request_set_str(rq, "CreatorRequestId", op_token(op));
    op_send(op, rq, created);
}

/* ---- update: tags ---- */

static void vault_update(struct op *op)
{
    backup_add_tag_calls(op, schema_arn(op_arena(op), op_schema(op), op_account_id(op),
                                        op_region(op), op_desired(op)));
    calls_in_order(op, step_updated);
}

/* ---- remove ---- */

static void vault_remove(struct op *op)
{
    op_send(op, vault_request(op, &backup_DeleteBackupVault, op_identifier(op)), vault_removed);
}

/* ---- find: by name; the token that AWS keeps tells whether we made it ---- */

static void looked_up(struct op *op, const struct response *rs)
{
    const char *name = value_get_str(op_desired(op), "name");
    if (rs->fault != FAULT_NONE)
        vault_gone_or_fail(op, name, rs, op_gone);
    else
        op_found(op, name, backup_is_our_token(op, rs->body) ? OWNER_OURS : OWNER_BY_TAGS);
}

static void vault_find(struct op *op)
{
    const char *name = value_get_str(op_desired(op), "name");
    op_send(op, vault_request(op, &backup_DescribeBackupVault, name), looked_up);
}

const struct resource_ops aws_backup_vault_ops = {vault_read, vault_create, vault_update,
                                                  vault_remove, vault_find};
