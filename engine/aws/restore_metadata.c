#include "engine/aws/restore_metadata.h"

#include <string.h>

#include "engine/aws/arn.h"

#define LOOK_VPC "the default VPC takes it, unless `metadata` names a subnet group and groups"
#define LOOK_VPC_COMMAND "ec2 describe-vpcs --filters Name=is-default,Values=true"

static const char *const instance_local[] = {"DBSubnetGroupName",    "VpcSecurityGroupIds",
                                             "DBParameterGroupName", "OptionGroupName",
                                             "AvailabilityZone",     NULL};
static const char *const cluster_local[] = {"DBSubnetGroupName",           "VpcSecurityGroupIds",
                                            "DBClusterParameterGroupName", "OptionGroupName",
                                            "AvailabilityZones",           NULL};
static const char *const volume_local[] = {"volumeId", NULL};
static const char *const machine_local[] = {
    "VpcId",   "SubnetId",  "SecurityGroupIds",       "NetworkInterfaces",
    "KeyName", "Placement", "IamInstanceProfileName", NULL};
static const char *const mount_local[] = {"SubnetIds", "SecurityGroupIds", "KmsKeyId", NULL};
static const char *const none[] = {NULL};

static const char *const nothing_fixed[][2] = {{NULL, NULL}};
static const char *const volume_fixed[][2] = {{"encrypted", "true"}, {NULL, NULL}};
static const char *const files_fixed[][2] = {
    {"newFileSystem", "true"}, {"Encrypted", "true"}, {NULL, NULL}};
static const char *const table_fixed[][2] = {{"encryptionType", "KMS"}, {NULL, NULL}};
static const char *const bucket_fixed[][2] = {
    {"NewBucket", "true"}, {"Encrypted", "true"}, {"EncryptionType", "SSE-KMS"}, {NULL, NULL}};

#define CLUSTER(type_name, service)                                                                \
    {                                                                                              \
        .type = type_name, .name = "DBClusterIdentifier", .local = cluster_local,                  \
        .fixed = nothing_fixed, .look = LOOK_VPC, .look_command = LOOK_VPC_COMMAND,                \
        .after = "AWS Backup restores a cluster without instances: `aws " service                  \
                 " create-db-instance --db-cluster-identifier` gives it one."                      \
    }

static const struct restore_type types[] = {
    {.type = "RDS",
     .name = "DBInstanceIdentifier",
     .local = instance_local,
     .fixed = nothing_fixed,
     .look = LOOK_VPC,
     .look_command = LOOK_VPC_COMMAND},
    CLUSTER("Aurora", "rds"),
    CLUSTER("Neptune", "neptune"),
    CLUSTER("DocumentDB", "docdb"),
    {.type = "EBS",
     .local = volume_local,
     .zone = "availabilityZone",
     .key = "kmsKeyId",
     .fixed = volume_fixed,
     .look = "the zone is one of the Region's for this account",
     .look_command = "ec2 describe-availability-zones"},
    {.type = "EC2",
     .local = machine_local,
     .fixed = nothing_fixed,
     .look = LOOK_VPC,
     .look_command = LOOK_VPC_COMMAND},
    {.type = "FSx",
     .local = mount_local,
     .wanted = "SubnetIds",
     .fixed = nothing_fixed,
     .look = "the subnets are of a VPC that reaches the file system",
     .look_command = "ec2 describe-subnets"},
    {.type = "EFS",
     .local = none,
     .key = "KmsKeyId",
     .token = "CreationToken",
     .fixed = files_fixed,
     .after = "A new file system has no mount targets: `aws efs create-mount-target` makes them."},
    {.type = "DynamoDB",
     .name = "targetTableName",
     .local = none,
     .key = "kmsMasterKeyArn",
     .fixed = table_fixed,
     .look = "no table has the name yet",
     .look_command = "dynamodb list-tables"},
    {.type = "S3",
     .name = "DestinationBucketName",
     .name_is_global = true,
     .local = none,
     .key = "KMSKey",
     .token = "CreationToken",
     .fixed = bucket_fixed,
     .look = "no bucket anywhere has the name yet, or `metadata` names one of this account and "
             "NewBucket as false",
     .look_command = "s3api list-buckets"},
};

const struct restore_type *restore_type_find(const char *type)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq(types[i].type, type))
            return &types[i];
    return NULL;
}

/* What stands under a key of AWS's own ("aws:backup:request-id"), names a thing of the old place,
 * or an ARN of the old account. */
static bool is_local(const struct restore_type *type, const struct restore_target *target,
                     const struct arn *resource, const struct value_entry *e)
{
    const char *text = value_str(e->value);
    if (!text || str_starts(e->key, "aws:") || str_is_one_of(e->key, type->local))
        return true;
    if (str_eq(e->key, type->zone))
        return !str_starts(text, target->region);
    if (slice_is(resource->account, target->account_id) || resource->account.len == 0)
        return false;
    for (const char *at = strchr(text, ':'); at; at = strchr(at + 1, ':'))
        if (strncmp(at + 1, resource->account.ptr, resource->account.len) == 0)
            return true;
    return false;
}

/* The old name, where nothing stands in its way. */
static const char *new_name(struct arena *arena, const struct restore_type *type,
                            const struct restore_target *target, const struct arn *resource)
{
    const char *name = arn_resource_name(arena, resource);
    bool taken = type->name_is_global || slice_is(resource->account, target->account_id);
    return taken ? arena_printf(arena, "%s-restored", name) : name;
}

const struct value *restore_metadata(struct arena *arena, const struct restore_type *type,
                                     const struct restore_target *target,
                                     const struct value *of_point, const struct value *declared,
                                     const char **ret_missing)
{
    struct arn resource = {0};
    struct map_builder b = map_begin(arena);
    bool known = arn_parse(slice_of(target->resource_arn), &resource);
    for (size_t i = 0; value_is(of_point, VALUE_MAP) && i < of_point->map.len; i++) {
        const struct value_entry *e = &of_point->map.entries[i];
        if (!is_local(type, target, &resource, e))
            map_put(&b, e->key, e->value);
    }
    for (size_t i = 0; type->fixed[i][0]; i++)
        map_put_str(&b, type->fixed[i][0], type->fixed[i][1]);
    if (type->name && known)
        map_put_str(&b, type->name, new_name(arena, type, target, &resource));
    if (type->key)
        map_put_str(&b, type->key, target->key_arn);
    if (type->token)
        map_put_str(&b, type->token, target->token);
    for (size_t i = 0; value_is(declared, VALUE_MAP) && i < declared->map.len; i++)
        map_put(&b, declared->map.entries[i].key, declared->map.entries[i].value);
    *ret_missing = type->zone && !map_so_far(&b, type->zone)       ? type->zone
                   : type->wanted && !map_so_far(&b, type->wanted) ? type->wanted
                                                                   : NULL;
    return map_end(&b);
}
