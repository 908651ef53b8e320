/* What `restore plan` reads of the two accounts of a way back, and what its calls need. */
#include "engine/aws/arn.h"
#include "engine/permissions/rights.h"

static void on_points(struct rights *rights, const char *region, const char *const *actions)
{
    for (; *actions; actions++)
        rights_on_points(rights, region, NULL,
                         (struct right){.action = *actions, .kind = "recoveryPoint"});
}

static void see(struct rights *rights, const char *region, const char *role_arn)
{
    static const char *const keys[] = {"kms:DescribeKey", NULL};
    static const char *const roles[] = {"iam:GetRole", NULL};
    rights_allow(rights, keys, "key",
                 arena_printf(rights->arena, "arn:%s:kms:%s:%s:key/*", rights->account->partition,
                              region, rights->account->id));
    rights_allow(rights, roles, "role", role_arn);
}

/* Where the point lies: it is found, and a copy of it started. */
static void of_source(struct rights *rights, const struct restore_entry *way)
{
    static const char *const list[] = {"backup:ListRecoveryPointsByBackupVault", NULL};
    static const char *const points[] = {"backup:DescribeRecoveryPoint",
                                         "backup:GetRecoveryPointRestoreMetadata",
                                         "backup:StartCopyJob", NULL};
    static const char *const jobs[] = {"backup:DescribeCopyJob", NULL};
    rights_allow(rights, list, "backupVault", way->source_arn);
    on_points(rights, way->from_region, points);
    rights_allow(rights, jobs, "", "*");
    see(rights, way->from_region, way->copy_role_arn);
    rights_pass(rights, way->copy_role_arn);
}

static void of_destination(struct rights *rights, const struct restore_entry *way)
{
    static const char *const look[] = {"backup:DescribeBackupVault", NULL};
    static const char *const points[] = {"backup:StartRestoreJob", NULL};
    static const char *const jobs[] = {"backup:DescribeRestoreJob", "backup:DescribeRegionSettings",
                                       NULL};
    static const char *const roles[] = {"iam:GetRole", NULL};
    rights_allow(rights, look, "backupVault", way->destination_arn);
    on_points(rights, way->to_region, points);
    rights_allow(rights, jobs, "", "*");
    see(rights, way->to_region, way->role_arn);
    rights_allow(rights, roles, "role",
                 arn_role(rights->arena, way->to->partition, way->to->id,
                          "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"));
    rights_pass(rights, way->role_arn);
}

void rights_of_restore(struct rights *rights)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->restore_len; i++) {
        const struct restore_entry *way = &topology->restores[i];
        if (rights_are_of(rights, way->from->id))
            of_source(rights, way);
        if (rights_are_of(rights, way->to->id))
            of_destination(rights, way);
    }
}
