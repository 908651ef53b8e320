/* Restore jobs: from a recovery point to a resource, in the account and Region where it lies. */
#include "simulator/backup.h"

#include "engine/aws/arn.h"
#include "engine/aws/partition.h"
#include "simulator/backup_types.h"
#include "simulator/kms.h"

#define JOB "~backup.restore"

static const struct value *described(struct sim_call *call, const struct value *job);

static const char *const filters[][2] = {{"status", "Status"},
                                         {"resourceType", "ResourceType"},
                                         {"accountId", "AccountId"},
                                         {"parentJobId", "ParentJobId"},
                                         {"restoreTestingPlanArn", "RestoreTestingPlanArn"}};

static const struct backup_jobs jobs = {
    .kind = JOB,
    .id_member = "RestoreJobId",
    .list_member = "RestoreJobs",
    .filters = filters,
    .filter_len = ARRAY_LEN(filters),
    .described = described,
};

/* ---- what a point says of its resource ---- */

/* The network of the account that the resource lived in, which means nothing in another one. */
static void put_network(struct map_builder *b, const char *name)
{
    map_put_str(b, "DBSubnetGroupName", arena_printf(b->arena, "%s-subnets", name));
    map_put_str(b, "VpcSecurityGroupIds", "[\"sg-0f3c9a1b2d4e5f607\"]");
}

static const struct value *metadata_of(struct arena *arena, const struct value *point)
{
    const char *type = value_get_str(point, "ResourceType");
    const char *resource = value_get_str(point, "ResourceArn");
    const char *name = arn_short_name(arena, resource);
    const struct sim_type *row = sim_type_find(type);
    struct arn arn;
    struct map_builder b = map_begin(arena);
    const char *zone = arn_parse(slice_of(resource), &arn)
                           ? arena_printf(arena, "%.*sa", (int)arn.region.len, arn.region.ptr)
                           : NULL;
    if (row && row->named && !row->made)
        map_put_str(&b, row->named, name);
    if (str_eq(type, "RDS")) {
        map_put_str(&b, "DBInstanceClass", "db.t4g.medium");
        map_put_str(&b, "Engine", "postgres");
        map_put_str(&b, "AvailabilityZone", zone);
        map_put_str(&b, "MultiAZ", "false");
        map_put_str(&b, "PubliclyAccessible", "false");
        map_put_str(&b, "OptionGroupName", "default:postgres-16");
        map_put_str(&b, "Port", "5432");
    } else if (str_eq(type, "EBS")) {
        map_put_str(&b, "availabilityZone", zone);
        map_put_str(&b, "volumeId", name);
        map_put_str(&b, "volumeType", "gp3");
        map_put_str(&b, "encrypted", "true");
    } else if (str_eq(type, "EFS")) {
        map_put_str(&b, "file-system-id", name);
        map_put_str(&b, "PerformanceMode", "generalPurpose");
    }
    if (row && str_eq(row->service, "rds"))
        put_network(&b, name);
    return map_end(&b);
}

bool backup_restore_metadata(struct sim_call *call)
{
    const char *arn = call_str(call, "RecoveryPointArn");
    const struct value *point =
        point_get(call->world, call->arena, call->account, call->region, arn);
    if (!point ||
        !str_eq(value_get_str(point, "BackupVaultName"), call_str(call, "BackupVaultName")))
        return backup_not_found(call, "Recovery point", arn);
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "BackupVaultArn", value_get(point, "BackupVaultArn"));
    map_put_str(&b, "RecoveryPointArn", arn);
    map_put(&b, "RestoreMetadata", metadata_of(call->arena, point));
    map_put(&b, "ResourceType", value_get(point, "ResourceType"));
    return call_answer(call, map_end(&b));
}

/* ---- the life of a job ---- */

static const char *made_arn(struct world *world, struct arena *arena, const struct sim_type *type,
                            const char *account, const char *region, const struct value *metadata)
{
    bool bucket = str_eq(type->service, "s3");
    const char *name = type->made
                           ? arena_printf(arena, "%s%s", type->made, id_hex(world, arena, 17))
                           : value_get_str(metadata, type->named);
    return arena_printf(arena, "arn:%s:%s:%s:%s:%s%s", partition_of_region(region), type->service,
                        bucket ? "" : region, bucket ? "" : account, type->prefix, name);
}

static const struct value *point_of(struct world *world, struct arena *arena,
                                    const struct value *job)
{
    return point_get(world, arena, value_get_str(job, "AccountId"), value_get_str(job, "Region"),
                     value_get_str(job, "RecoveryPointArn"));
}

/* What only the service of the resource finds out: names of another account's network. */
static const char *network_refused(struct arena *arena, const struct value *job)
{
    const char *group = value_str(value_pointer(job, "/Metadata/DBSubnetGroupName"));
    const char *source = value_get_str(job, "SourceResourceArn");
    const char *theirs = arena_printf(arena, "%s-subnets", arn_short_name(arena, source));
    bool elsewhere = !arn_is_in_account(source, value_get_str(job, "AccountId"));
    return group && elsewhere && str_eq(group, theirs)
               ? arena_printf(arena, "DB subnet group '%s' does not exist.", group)
               : NULL;
}

static const char *refused(struct world *world, struct arena *arena, const struct value *job)
{
    const char *why = restore_refused(world, arena, job, point_of(world, arena, job));
    return why ? why : network_refused(arena, job);
}

void backup_task_restore_start(struct world *world, struct arena *arena,
                               const struct value *payload)
{
    const struct value *job = backup_of_task(world, arena, &jobs, payload);
    if (!job)
        return;
    job = value_with(arena, job, "Status", value_string(arena, "RUNNING"));
    backup_put(world, &jobs, job);
    restore_job_event(world, arena, job);
    backup_later(world, arena, &jobs, job, "backup.restore_end",
                 refused(world, arena, job) ? backup_durations.copy_fail_ms
                                            : backup_durations.restore_run_ms);
}

/* Under the key of the point, where the restore could name no other. */
static void make_resource(struct world *world, struct arena *arena, const struct value *job)
{
    const struct value *point = point_of(world, arena, job), *metadata = value_get(job, "Metadata");
    static const char *const key_names[] = {"kmsKeyId", "KmsKeyId", "kmsMasterKeyArn", "KMSKey"};
    struct map_builder b = map_begin(arena);
    const char *text = value_get_str(job, "Wanted");
    map_put(&b, "account_id", value_get(job, "AccountId"));
    map_put(&b, "region", value_get(job, "Region"));
    map_put_str(&b, "arn", text);
    map_put_str(&b, "name", arn_short_name(arena, text));
    map_put(&b, "type", value_get(job, "ResourceType"));
    map_put(&b, "key", value_get(point, "EncryptionKeyArn"));
    for (size_t i = 0; i < ARRAY_LEN(key_names); i++)
        map_put(&b, "key", value_get(metadata, key_names[i]));
    map_put(&b, "restored_from", value_get(job, "RecoveryPointArn"));
    resource_seed(world, map_end(&b));
}

void backup_task_restore_end(struct world *world, struct arena *arena, const struct value *payload)
{
    const struct value *job = backup_of_task(world, arena, &jobs, payload);
    if (!job)
        return;
    const char *message = refused(world, arena, job);
    struct map_builder b = map_begin_from(arena, job);
    map_put_str(&b, "Status", message ? "FAILED" : "COMPLETED");
    map_put_str(&b, "StatusMessage", message);
    map_put_int(&b, "CompletionDate", world_now_ms(world));
    if (!message) {
        make_resource(world, arena, job);
        map_put_str(&b, "PercentDone", "100.00%");
        map_put(&b, "CreatedResourceArn", value_get(job, "Wanted"));
    }
    job = map_end(&b);
    backup_put(world, &jobs, job);
    restore_job_event(world, arena, job);
}

/* ---- operations ---- */

static bool metadata_is_whole(struct sim_call *call, const struct sim_type *type)
{
    const struct value *metadata = call_get(call, "Metadata");
    return !type->named || value_get_str(metadata, type->named) ||
           backup_invalid(call, "Invalid restore metadata. Missing required key: %s", type->named);
}

static const struct value *add(struct sim_call *call, const struct value *point,
                               const struct sim_type *type)
{
    const struct value *metadata = call_get(call, "Metadata");
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "RestoreJobId", id_uuid(call->world, call->arena));
    map_put_str(&b, "AccountId", call->account);
    map_put_str(&b, "Region", call->region);
    map_put(&b, "RecoveryPointArn", value_get(point, "RecoveryPointArn"));
    map_put(&b, "RecoveryPointCreationDate", value_get(point, "CreationDate"));
    map_put(&b, "SourceResourceArn", value_get(point, "ResourceArn"));
    map_put(&b, "BackupVaultArn", value_get(point, "BackupVaultArn"));
    map_put(&b, "BackupSizeInBytes", value_get(point, "BackupSizeInBytes"));
    map_put_str(&b, "ResourceType", type->name);
    map_put_str(&b, "IamRoleArn", call_str(call, "IamRoleArn"));
    map_put_str(&b, "Status", "PENDING");
    map_put_str(&b, "PercentDone", "0.00%");
    map_put_int(&b, "CreationDate", call->now);
    map_put(&b, "Metadata", metadata);
    map_put_str(&b, "Wanted",
                made_arn(call->world, call->arena, type, call->account, call->region, metadata));
    map_put_str(&b, "IdempotencyToken", call_str(call, "IdempotencyToken"));
    const struct value *job = map_end(&b);
    backup_put(call->world, &jobs, job);
    restore_job_event(call->world, call->arena, job);
    backup_later(call->world, call->arena, &jobs, job, "backup.restore_start",
                 backup_durations.restore_start_ms);
    return job;
}

bool backup_start_restore(struct sim_call *call)
{
    static const char *const started[] = {"RestoreJobId", NULL};
    const char *arn = call_need(call, "RecoveryPointArn");
    const char *role = call_str(call, "IamRoleArn");
    if (!arn)
        return false;
    if (!call_get(call, "Metadata"))
        return call_error(call, 400, "MissingParameterValueException", "Metadata is required");
    const struct value *point =
        point_get(call->world, call->arena, call->account, call->region, arn);
    if (!point)
        return backup_not_found(call, "Recovery point", arn);
    const char *asked = call_str(call, "ResourceType");
    const struct sim_type *type = sim_type_find(value_get_str(point, "ResourceType"));
    if (asked && !str_eq(asked, type->name))
        return backup_invalid(call, "Recovery point %s is not of type %s", arn, asked);
    if (!role)
        return backup_invalid(call, "An IAM role is needed to restore %s", type->name);
    if (!metadata_is_whole(call, type) || !backup_role_usable(call, role))
        return false;
    const struct value *job = backup_earlier(call, &jobs);
    return call_answer(call, backup_public(call, job ? job : add(call, point, type), started));
}

static const struct value *described(struct sim_call *call, const struct value *job)
{
    static const char *const members[] = {"AccountId",
                                          "RestoreJobId",
                                          "RecoveryPointArn",
                                          "SourceResourceArn",
                                          "BackupVaultArn",
                                          "CreationDate",
                                          "CompletionDate",
                                          "Status",
                                          "StatusMessage",
                                          "PercentDone",
                                          "BackupSizeInBytes",
                                          "IamRoleArn",
                                          "CreatedResourceArn",
                                          "ResourceType",
                                          "RecoveryPointCreationDate",
                                          NULL};
    return value_with(call->arena, backup_public(call, job, members), "IsParent",
                      value_bool(false));
}

bool backup_describe_restore(struct sim_call *call)
{
    const char *id = call_str(call, "RestoreJobId");
    const struct value *job =
        store_get(call->world, call->arena, JOB, call->account, call->region, id);
    return job ? call_answer(call, described(call, job))
               : backup_not_found(call, "Restore job", id);
}

bool backup_list_restores(struct sim_call *call)
{
    return backup_list(call, &jobs);
}
