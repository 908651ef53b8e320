#include "simulator/backup_types.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/partition.h"

#define DATABASE "rds.database"
#define RESOURCE "backup.resource"
#define EC2_ID_LEN 17 /* hex digits of "snap-..." and "ami-..." */

#define SNAPSHOT "snapshot:awsbackup:job-", "snapshot:awsbackup:copyjob-", "aws/rds", "rds"
#define CLUSTER_SNAPSHOT                                                                           \
    "cluster-snapshot:awsbackup:job-", "cluster-snapshot:awsbackup:copyjob-", "aws/rds", "rds"
#define CLUSTER_RIGHTS                                                                             \
    .tags = "rds:ListTagsForResource", .backup = "rds:CreateDBClusterSnapshot",                    \
    .copying = "rds:CopyDBClusterSnapshot", .sharing = "rds:ModifyDBClusterSnapshotAttribute",     \
    .restoring = "rds:RestoreDBClusterFromSnapshot", .named = "DBClusterIdentifier"
#define FSX_RIGHTS                                                                                 \
    .tags = "fsx:ListTagsForResource", .backup = "fsx:CreateBackup", .copying = "fsx:CopyBackup",  \
    .sharing = "fsx:ManageBackupPrincipalAssociations",                                            \
    .restoring = "fsx:CreateFileSystemFromBackup", .named = "SubnetIds", .made = "fs-"

static const struct sim_type types[] = {
    {"RDS", "rds", "db:", SNAPSHOT, .one_way_at_once = true, .tags = "rds:ListTagsForResource",
     .backup = "rds:CreateDBSnapshot", .copying = "rds:CopyDBSnapshot",
     .sharing = "rds:ModifyDBSnapshotAttribute", .restoring = "rds:RestoreDBInstanceFromDBSnapshot",
     .named = "DBInstanceIdentifier"},
    {"Aurora", "rds", "cluster:", CLUSTER_SNAPSHOT, .one_way_at_once = true, CLUSTER_RIGHTS},
    {"DocumentDB", "rds", "cluster:", CLUSTER_SNAPSHOT, .one_way_at_once = true, CLUSTER_RIGHTS},
    {"Neptune", "rds", "cluster:", CLUSTER_SNAPSHOT, .one_way_at_once = true, CLUSTER_RIGHTS},
    {"EBS", "ec2", "volume/", "snapshot/snap-", "snapshot/snap-", "aws/ebs", "ec2",
     .backup = "ec2:CreateSnapshot", .copying = "ec2:CopySnapshot",
     .sharing = "ec2:ModifySnapshotAttribute", .restoring = "ec2:CreateVolume",
     .named = "availabilityZone", .made = "vol-"},
    {"EC2", "ec2", "instance/", "image/ami-", "image/ami-", "aws/ebs", "ec2",
     .backup = "ec2:CreateImage", .copying = "ec2:CopyImage", .sharing = "ec2:ModifyImageAttribute",
     .restoring = "ec2:RunInstances", .made = "i-"},
    {"FSx", "fsx", "file-system/", "backup/backup-", "backup/backup-", "aws/fsx", "fsx",
     FSX_RIGHTS},
    {"FSx", "fsx", "volume/", "backup/backup-", "backup/backup-", "aws/fsx", "fsx", .stays = true,
     FSX_RIGHTS},
    {"EFS", "elasticfilesystem", "file-system/", "", "", "aws/elasticfilesystem", "backup",
     .own_points = true, .any_key_crosses = true, .tags = "elasticfilesystem:DescribeTags",
     .backup = "elasticfilesystem:Backup", .restoring = "elasticfilesystem:Restore",
     .named = "file-system-id", .made = "fs-"},
    {"DynamoDB", "dynamodb", "table/", "", "", "aws/dynamodb", "backup", .own_points = true,
     .tags = "dynamodb:ListTagsOfResource", .backup = "dynamodb:StartAwsBackupJob",
     .restoring = "dynamodb:RestoreTableFromAwsBackup", .named = "targetTableName"},
    {"S3", "s3", "", "", "", "aws/s3", "backup", .own_points = true, .tags = "s3:GetBucketTagging",
     .backup = "s3:GetBucketVersioning", .restoring = "s3:CreateBucket",
     .named = "DestinationBucketName"},
};

const struct sim_type *sim_types(size_t *ret_len)
{
    *ret_len = ARRAY_LEN(types);
    return types;
}

const struct sim_type *sim_type_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq(types[i].name, name))
            return &types[i];
    return NULL;
}

static bool fits(const struct sim_type *type, const struct arn *arn)
{
    if (!slice_is(arn->service, type->service) || !slice_starts(arn->resource, type->prefix))
        return false;
    const char *rest = arn->resource.ptr + strlen(type->prefix);
    size_t len = arn->resource.len - strlen(type->prefix);
    return len > 0 && !memchr(rest, '/', len) && !memchr(rest, ':', len); /* no part of it */
}

const struct sim_type *sim_type_of_arn(const char *arn)
{
    struct arn parts;
    if (!arn || !arn_parse(slice_of(arn), &parts))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (fits(&types[i], &parts))
            return &types[i];
    return NULL;
}

const struct sim_type *resource_type(const struct value *resource)
{
    struct arn parts;
    const char *arn = value_get_str(resource, "arn"), *said = value_get_str(resource, "type");
    const struct sim_type *type = said ? sim_type_find(said) : NULL;
    if (!type)
        return sim_type_of_arn(arn);
    return arn && arn_parse(slice_of(arn), &parts) && fits(type, &parts) ? type : NULL;
}

/* ---- what there is ---- */

static bool is_instance(const char *arn)
{
    struct arn parts;
    return arn_parse(slice_of(arn), &parts) && slice_is(parts.service, "rds") &&
           slice_starts(parts.resource, "db:");
}

void resource_seed(struct world *world, const struct value *resource)
{
    const char *account = value_get_str(resource, "account_id");
    const char *region = value_get_str(resource, "region");
    const char *name = value_get_str(resource, "name"), *arn = value_get_str(resource, "arn");
    if (!account || !region || !name)
        return;
    if (!arn || is_instance(arn))
        store_put(world, DATABASE, account, region, name, resource);
    else
        store_put(world, RESOURCE, account, region, arn, resource);
}

struct objects resources_of(struct world *world, struct arena *arena, const char *account,
                            const char *region)
{
    struct objects databases = store_list(world, arena, DATABASE, account, region, NULL);
    struct objects others = store_list(world, arena, RESOURCE, account, region, NULL);
    struct object *items = arena_array(arena, databases.len + others.len + 1, sizeof(*items));
    size_t len = 0;
    for (size_t i = 0; i < databases.len; i++)
        items[len++] = databases.items[i];
    for (size_t i = 0; i < others.len; i++)
        items[len++] = others.items[i];
    return (struct objects){items, len};
}

const struct value *resource_get(struct world *world, struct arena *arena, const char *account,
                                 const char *region, const char *arn)
{
    struct objects rows = resources_of(world, arena, account, region);
    for (size_t i = 0; i < rows.len; i++)
        if (str_eq(value_get_str(rows.items[i].body, "arn"), arn))
            return rows.items[i].body;
    return NULL;
}

const struct value *resource_backed_up(struct world *world, struct arena *arena,
                                       const char *account, const char *region,
                                       const struct value *resource)
{
    const char *cluster = value_get_str(resource, "cluster");
    return cluster ? resource_get(world, arena, account, region, cluster) : resource;
}

struct objects resource_clusters(struct world *world, struct arena *arena, const char *account,
                                 const char *region)
{
    struct objects rows = store_list(world, arena, RESOURCE, account, region, NULL);
    size_t len = 0;
    for (size_t i = 0; i < rows.len; i++) {
        struct arn parts;
        if (arn_parse(slice_of(rows.items[i].id), &parts) && slice_is(parts.service, "rds") &&
            slice_starts(parts.resource, "cluster:"))
            rows.items[len++] = rows.items[i];
    }
    rows.len = len;
    return rows;
}

/* ---- points ---- */

static const char *ec2_id(struct arena *arena, const char *job)
{
    char digits[EC2_ID_LEN + 1];
    size_t len = 0;
    for (; *job && len < EC2_ID_LEN; job++)
        if (*job != '-')
            digits[len++] = *job;
    digits[len] = '\0';
    return arena_strdup(arena, digits);
}

const char *point_arn(struct arena *arena, const struct sim_type *type, const char *region,
                      const char *account, const char *job, bool is_copy)
{
    const char *partition = partition_of_region(region);
    if (type->own_points)
        return arena_printf(arena, "arn:%s:backup:%s:%s:recovery-point:%s", partition, region,
                            account, job);
    bool short_id = !str_eq(type->service, "rds");
    /* snapshots and images of EC2 name no account */
    return arena_printf(arena, "arn:%s:%s:%s:%s:%s%s", partition, type->service, region,
                        str_eq(type->service, "ec2") ? "" : account,
                        is_copy ? type->copy : type->point, short_id ? ec2_id(arena, job) : job);
}
