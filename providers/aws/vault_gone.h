#pragma once
/* AWS Backup answers a call on a vault that does not exist with ResourceNotFoundException or with
 * AccessDeniedException, so "denied" alone proves nothing. Shared by the types that live on a
 * vault. What is in doubt lives in op_data(): a type that has data of its own begins it with a
 * `struct vault_doubt`, and asks for it before it asks here. */

#include "providers/aws/aws.h"

/* After a call on `vault_name` that failed: when AWS says "not found", or says "denied" and
 * ListBackupVaults does not name the vault, `gone` runs; otherwise the operation fails with rs. */
typedef void vault_gone_fn(struct op *op);
struct vault_doubt {
    const char *vault_name;
    const struct response *denied; /* in the operation's arena, as every answer is */
    vault_gone_fn *gone;
};
void vault_gone_or_fail(struct op *op, const char *vault_name, const struct response *rs,
                        vault_gone_fn *gone);
/* The last step of the deletion of a vault, or of what lives on one: gone already is success. */
void vault_removed(struct op *op, const struct response *rs);
