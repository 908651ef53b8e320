/* Recovery points: AWS Backup and the services give them ARNs of many shapes. */
#include "engine/aws/backup_types.h"
#include "engine/aws/partition.h"
#include "engine/permissions/rights.h"

void rights_on_points(struct rights *rights, const char *region, const char *service,
                      struct right right)
{
    const struct account *account = rights->account;
    size_t len;
    const struct backup_type *types = backup_types(&len);
    for (size_t i = 0; i < len; i++)
        for (int copy = 0; copy < 2; copy++) {
            if (service && !str_eq(types[i].service, service))
                continue;
            right.resource = backup_point_arn(rights->arena, &types[i], account->partition, region,
                                              account->id, "*", copy);
            rights_add(rights, right);
        }
}

/* ---- `destroy --empty-vaults` ---- */

/* AWS Backup deletes a service's points with the rights of whoever asks for it. */
static const struct deletion {
    const char *service, *action, *kind;
} deletions[] = {
    {"rds", "rds:DeleteDBSnapshot", "snapshot"},
    {"rds", "rds:DeleteDBClusterSnapshot", "cluster-snapshot"},
    {"ec2", "ec2:DeleteSnapshot", "snapshot"},
    {"ec2", "ec2:DeregisterImage", "image"},
    {"fsx", "fsx:DeleteBackup", "backup"},
};

static void empty(struct rights *rights, const struct resource *vault)
{
    static const char *const look[] = {"backup:DescribeBackupVault",
                                       "backup:ListRecoveryPointsByBackupVault", NULL};
    static const char *const holds[] = {"backup:ListLegalHolds", NULL};
    static const char *const held[] = {"backup:ListRecoveryPointsByLegalHold", NULL};
    struct arena *arena = rights->arena;
    const struct value *by_backup = condition_with(
        arena, NULL, "ForAnyValue:StringEquals", "aws:CalledVia",
        value_stringf(arena, "backup.%s", partition_dns_suffix(vault->account->partition)));
    rights_allow(
        rights, look, "backupVault",
        schema_arn(arena, vault->schema, vault->account->id, vault->region, vault->properties));
    rights_allow(rights, holds, "", "*");
    rights_allow(rights, held, "legalHold",
                 arena_printf(arena, "arn:%s:backup:%s:%s:legal-hold:*", vault->account->partition,
                              vault->region, vault->account->id));
    rights_on_points(
        rights, vault->region, NULL,
        (struct right){.action = "backup:DescribeRecoveryPoint", .kind = "recoveryPoint"});
    rights_on_points(
        rights, vault->region, NULL,
        (struct right){.action = "backup:DeleteRecoveryPoint", .kind = "recoveryPoint"});
    for (size_t i = 0; i < ARRAY_LEN(deletions); i++)
        rights_on_points(rights, vault->region, deletions[i].service,
                         (struct right){.action = deletions[i].action,
                                        .kind = deletions[i].kind,
                                        .condition = by_backup});
}

void rights_of_emptying(struct rights *rights, const char *const *addresses)
{
    for (size_t i = 0; addresses && addresses[i]; i++) {
        const struct resource *vault = topology_find(rights->topology, addresses[i]);
        if (vault && str_eq(vault->account->id, rights->account->id))
            empty(rights, vault);
    }
}
