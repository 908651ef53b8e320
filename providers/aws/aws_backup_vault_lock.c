/* aws_backup_vault_lock: the lock of a vault, which AWS shows as part of the vault.
 *
 * Every put with ChangeableForDays starts the clock again: the lock date becomes today plus those
 * days. A lock that is put at each apply would never become permanent. So nothing is ever put that
 * is there already: what AWS shows (Locked, Min, Max, and whether there is a LockDate) is compared
 * first, also in create. ChangeableForDays itself is never shown. */

#include "providers/aws/vault_part.h"

static bool is_locked(const struct response *rs)
{
    return value_get_bool(rs->body, "Locked", false);
}

/* ---- read ---- */

static void described(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE && !is_locked(rs))
        op_gone(op);
    else
        vault_part_got(op, rs);
}

static void lock_read(struct op *op)
{
    op_send(op, vault_request(op, &backup_DescribeBackupVault, op_identifier(op)), described);
}

/* ---- put ---- */

static void put(struct op *op)
{
    const struct value *desired = op_desired(op);
    struct request *rq =
        vault_request(op, &backup_PutBackupVaultLockConfiguration, desired_vault(op));
    request_set(rq, "MinRetentionDays", value_get(desired, "min_retention_days"));
    request_set(rq, "MaxRetentionDays", value_get(desired, "max_retention_days"));
    request_set(rq, "ChangeableForDays", value_get(desired, "changeable_for_days"));
    op_send(op, rq, vault_part_put);
}

static bool same_days(const struct value *observed, const char *member, const struct value *desired,
                      const char *name)
{
    return value_get_int(observed, member, 0) == value_get_int(desired, name, 0);
}

/* A compliance lock has a date, a governance lock has none. */
static bool is_as_desired(struct op *op, const struct response *rs)
{
    const struct value *desired = op_desired(op);
    bool has_date =
        value_get(rs->body, "LockDate") && !value_is(value_get(rs->body, "LockDate"), VALUE_NULL);
    return is_locked(rs) && has_date == (value_get(desired, "changeable_for_days") != NULL) &&
           same_days(rs->body, "MinRetentionDays", desired, "min_retention_days") &&
           same_days(rs->body, "MaxRetentionDays", desired, "max_retention_days");
}

static void looked_before_create(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else if (is_as_desired(op, rs))
        op_done(op, desired_vault(op), NULL);
    else
        put(op);
}

static void lock_create(struct op *op)
{
    op_send(op, vault_request(op, &backup_DescribeBackupVault, desired_vault(op)),
            looked_before_create);
}

/* The days are compared only where both are known: an imported lock has none on record. */
static bool wants_put(struct op *op)
{
    const struct value *before = value_get(op_prior(op), "changeable_for_days");
    const struct value *after = value_get(op_desired(op), "changeable_for_days");
    bool had_date = value_get(op_prior(op), "lock_date") != NULL;
    return op_changed(op, "/min_retention_days") || op_changed(op, "/max_retention_days") ||
           had_date != (after != NULL) || (before && after && !value_equal(before, after));
}

static void lock_update(struct op *op)
{
    if (wants_put(op))
        put(op);
    else
        op_done(op, op_identifier(op), NULL);
}

/* ---- remove ---- */

static void lock_remove(struct op *op)
{
    op_send(op, vault_request(op, &backup_DeleteBackupVaultLockConfiguration, op_identifier(op)),
            vault_removed);
}

/* ---- find ---- */

static void looked_up(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE && !is_locked(rs))
        op_gone(op);
    else
        vault_part_found(op, rs);
}

static void lock_find(struct op *op)
{
    op_send(op, vault_request(op, &backup_DescribeBackupVault, desired_vault(op)), looked_up);
}

const struct resource_ops aws_backup_vault_lock_ops = {lock_read, lock_create, lock_update,
                                                       lock_remove, lock_find};
