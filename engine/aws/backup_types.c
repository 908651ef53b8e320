#include "engine/aws/backup_types.h"

#include <string.h>

#include "engine/aws/arn.h"

/* Clusters of Aurora, Neptune and DocumentDB have one ARN shape, and so have their recovery points;
 * the first row that fits wins, so that Aurora stands for the three. */
static const struct backup_type types[] = {
    {"RDS", "rds", "db:*", NULL, false, false, true, false, "snapshot:awsbackup:", NULL},
    {"Aurora", "rds", "cluster:*", NULL, false, false, true, false,
     "cluster-snapshot:awsbackup:", "db:*"},
    {"Neptune", "rds", "cluster:*", NULL, false, false, true, false,
     "cluster-snapshot:awsbackup:", "db:*"},
    {"DocumentDB", "rds", "cluster:*", NULL, false, false, true, false,
     "cluster-snapshot:awsbackup:", "db:*"},
    {"EBS", "ec2", "volume/*", NULL, false, true, true, false, "snapshot/", NULL},
    {"EC2", "ec2", "instance/*", NULL, false, false, true, false, "image/", NULL},
    {"FSx", "fsx", "file-system/*", NULL, false, false, true, false, "backup/", NULL},
    {"FSx", "fsx", "volume/*", NULL, false, false, false, false, "backup/", NULL},
    {"EFS", "elasticfilesystem", "file-system/*", NULL, true, true, true, true,
     "recovery-point:", NULL},
    {"DynamoDB", "dynamodb", "table/*", "table/*/*", true, true, true, false,
     "recovery-point:", NULL},
    {"S3", "s3", "*", "*/*", true, false, true, false, "recovery-point:", NULL},
};

const struct backup_type *backup_types(size_t *ret_len)
{
    *ret_len = ARRAY_LEN(types);
    return types;
}

const struct backup_type *backup_type_find(const char *type)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq(types[i].type, type))
            return &types[i];
    return NULL;
}

/* By the service of their ARNs and what the resource part begins with. */
static const char *const without_facts[][3] = {
    {"backup-gateway", "vm/", "VirtualMachine"},
    {"cloudformation", "stack/", "CloudFormation"},
    {"dsql", "cluster/", "Aurora DSQL"},
    {"eks", "cluster/", "EKS"},
    {"redshift", "cluster:", "Redshift"},
    {"redshift-serverless", "namespace/", "Redshift Serverless"},
    {"ssm-sap", "HANA/", "SAP HANA on Amazon EC2"},
    {"storagegateway", "gateway/", "Storage Gateway"},
    {"timestream", "database/", "Timestream"},
};

/* One begins as the other, up to the pattern's star. */
static bool may_begin(struct slice pattern, struct slice begin)
{
    for (size_t i = 0; i < pattern.len && i < begin.len; i++)
        if (pattern.ptr[i] == '*')
            return true;
        else if (pattern.ptr[i] != begin.ptr[i])
            return false;
    return pattern.len >= begin.len;
}

const char *backup_type_without_facts(const char *pattern)
{
    struct arn parts;
    if (!pattern || !arn_parse(slice_of(pattern), &parts))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(without_facts); i++)
        if (slice_is(parts.service, without_facts[i][0]) &&
            may_begin(parts.resource, slice_of(without_facts[i][1])))
            return without_facts[i][2];
    return NULL;
}

/* A star at the end of a pattern is a character as any other here: it stands for some name. */
const struct backup_type *backup_type_of_pattern(const char *pattern)
{
    struct arn parts;
    if (!pattern || !arn_parse(slice_of(pattern), &parts))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (slice_is(parts.service, types[i].service) &&
            arn_matches_pattern(slice_of(types[i].resource), parts.resource) &&
            (types[i].not_resource == NULL ||
             !arn_matches_pattern(slice_of(types[i].not_resource), parts.resource)))
            return &types[i];
    return NULL;
}

/* Every shape ends with its star. */
static bool may_be_of(struct slice pattern, const char *shape)
{
    return may_begin(pattern, (struct slice){shape, strlen(shape) - 1});
}

/* One instance that is named may be asked what it is; behind a star are those of clusters too. */
static bool takes_members(const struct backup_type *type, struct slice pattern)
{
    return type->member && memchr(pattern.ptr, '*', pattern.len) &&
           may_be_of(pattern, type->member);
}

bool backup_type_meets(const struct backup_type *type, const char *pattern)
{
    struct arn parts;
    if (!pattern || !arn_parse(slice_of(pattern), &parts))
        return pattern && str_ends(pattern, "*");
    return arn_matches_pattern(parts.service, slice_of(type->service)) &&
           (may_be_of(parts.resource, type->resource) || takes_members(type, parts.resource)) &&
           !(type->not_resource &&
             arn_matches_pattern(slice_of(type->not_resource), parts.resource));
}

static bool is_any(struct slice part)
{
    return part.len == 0 || slice_is(part, "*");
}

bool backup_type_is_within(const struct backup_type *type, const char *pattern)
{
    struct arn parts;
    if (!pattern || !arn_parse(slice_of(pattern), &parts))
        return str_eq(pattern, "*");
    return arn_matches_pattern(parts.service, slice_of(type->service)) && is_any(parts.region) &&
           is_any(parts.account) && parts.resource.ptr[parts.resource.len - 1] == '*' &&
           arn_matches_pattern(parts.resource, slice_of(type->resource));
}

const char *backup_type_of_arn(const char *arn)
{
    const struct backup_type *type = backup_type_of_pattern(arn);
    return type ? type->type : NULL;
}

const char *backup_point_arn(struct arena *arena, const struct backup_type *type,
                             const char *partition, const char *region, const char *account,
                             const char *id, bool is_copy)
{
    if (type->fully_managed)
        return arena_printf(arena, "arn:%s:backup:%s:%s:recovery-point:%s", partition, region,
                            account, id);
    if (str_eq(type->service, "rds"))
        return arena_printf(arena, "arn:%s:rds:%s:%s:%s%s-%s", partition, region, account,
                            type->point, is_copy ? "copyjob" : "job", id);
    /* EC2 leaves the account out of the ARNs of snapshots and images. */
    return arena_printf(arena, "arn:%s:%s:%s:%s:%s%s", partition, type->service, region,
                        str_eq(type->service, "ec2") ? "" : account, type->point, id);
}

const char *backup_type_of_point(const char *point_arn)
{
    struct arn parts;
    if (!arn_parse(slice_of(point_arn), &parts))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (!types[i].fully_managed && slice_is(parts.service, types[i].service) &&
            slice_starts(parts.resource, types[i].point))
            return types[i].type;
    return NULL;
}

bool backup_point_is_available(const char *status)
{
    static const char *const good[] = {"COMPLETED", "AVAILABLE", NULL};
    return str_is_one_of(status, good);
}
