/* Backup jobs: from CREATED to a recovery point and its copies. */
#include "simulator/backup.h"

#include "engine/aws/arn.h"
#include "engine/aws/lifecycle.h"
#include "engine/aws/partition.h"
#include "simulator/backup_types.h"
#include "simulator/kms.h"

#define JOB "~backup.job"

static const struct value *described(struct sim_call *call, const struct value *job);

static const char *const filters[][2] = {{"resourceArn", "ResourceArn"},
                                         {"state", "State"},
                                         {"backupVaultName", "BackupVaultName"},
                                         {"resourceType", "ResourceType"},
                                         {"accountId", "AccountId"},
                                         {"parentJobId", "ParentJobId"},
                                         {"messageCategory", "MessageCategory"}};

static const struct backup_jobs jobs = {
    .kind = JOB,
    .id_member = "BackupJobId",
    .list_member = "BackupJobs",
    .filters = filters,
    .filter_len = ARRAY_LEN(filters),
    .described = described,
};
#define BUSY "~backup.busy"
#define SIZE_IN_BYTES ((int64_t)20 * 1024 * 1024 * 1024)

/* ---- one job at a time for a resource ---- */

bool backup_resource_take(struct world *world, const char *resource_arn, const char *job)
{
    if (store_any(world, BUSY, "", "", resource_arn)) {
        struct arena *arena = arena_new();
        const struct value *other = store_get(world, arena, BUSY, "", "", resource_arn);
        bool taken = other && !str_eq(value_get_str(other, "Job"), job);
        arena_free(arena);
        if (taken)
            return false;
    }
    struct arena *arena = arena_new();
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Job", job);
    store_put(world, BUSY, "", "", resource_arn, map_end(&b));
    arena_free(arena);
    return true;
}

void backup_resource_leave(struct world *world, const char *resource_arn)
{
    store_delete(world, BUSY, "", "", resource_arn);
}

/* ---- the life of a job ---- */

static const char *short_name(struct arena *arena, const char *resource_arn)
{
    struct arn arn;
    return arn_parse(slice_of(resource_arn), &arn) ? arn_resource_name(arena, &arn) : resource_arn;
}

const struct value *backup_job_add(struct world *world, struct arena *arena,
                                   const struct backup_order *order)
{
    int64_t now = world_now_ms(world);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "BackupJobId", id_uuid(world, arena));
    map_put_str(&b, "AccountId", order->account);
    map_put_str(&b, "Region", order->region);
    map_put_str(&b, "BackupVaultName", order->vault);
    map_put_str(&b, "BackupVaultArn",
                arena_printf(arena, "arn:%s:backup:%s:%s:backup-vault:%s",
                             partition_of_region(order->region), order->region, order->account,
                             order->vault));
    map_put_str(&b, "ResourceArn", order->resource_arn);
    map_put_str(&b, "ResourceName", short_name(arena, order->resource_arn));
    const struct sim_type *type = resource_type(
        resource_get(world, arena, order->account, order->region, order->resource_arn));
    map_put_str(&b, "ResourceType", type ? type->name : NULL);
    map_put_str(&b, "IamRoleArn", order->role);
    map_put_str(&b, "State", "CREATED");
    map_put_str(&b, "PercentDone", "0.0");
    map_put_int(&b, "CreationDate", now);
    map_put_int(&b, "StartBy", now + order->start_window_minutes * MINUTE_MS);
    map_put(&b, "CreatedBy", order->created_by);
    map_put(&b, "Lifecycle", order->lifecycle);
    map_put(&b, "RecoveryPointTags", order->tags);
    map_put(&b, "CopyActions", order->copy_actions);
    map_put_str(&b, "IdempotencyToken", order->token);
    const struct value *job = map_end(&b);
    backup_put(world, &jobs, job);
    backup_job_event(world, arena, job);
    backup_later(world, arena, &jobs, job, "backup.job_start", backup_durations.backup_start_ms);
    return job;
}

static void end_job(struct world *world, struct arena *arena, const struct value *job,
                    const char *state, const char *message, const struct value *point)
{
    struct map_builder b = map_begin_from(arena, job);
    map_put_str(&b, "State", state);
    map_put_str(&b, "StatusMessage", message);
    map_put_int(&b, "CompletionDate", world_now_ms(world));
    if (point) {
        map_put_str(&b, "PercentDone", "100.0");
        map_put(&b, "BackupSizeInBytes", value_get(point, "BackupSizeInBytes"));
    } else {
        map_drop(&b, "RecoveryPointArn");
    }
    job = map_end(&b);
    backup_put(world, &jobs, job);
    backup_timeline(world, arena, "backup", value_get_str(job, "AccountId"),
                    value_get_str(job, "Region"), job, point);
    backup_job_event(world, arena, job);
}

void backup_task_job_start(struct world *world, struct arena *arena, const struct value *payload)
{
    const struct value *job = backup_of_task(world, arena, &jobs, payload);
    if (!job)
        return;
    const char *account = value_get_str(job, "AccountId"), *region = value_get_str(job, "Region");
    const char *resource = value_get_str(job, "ResourceArn");
    const char *id = value_get_str(job, "BackupJobId");
    int64_t now = world_now_ms(world);
    if (now > value_get_int(job, "StartBy", 0)) {
        end_job(world, arena, job, "EXPIRED", "Backup job failed to start within its start window",
                NULL);
        return;
    }
    if (!backup_resource_take(world, resource, id)) {
        backup_later(world, arena, &jobs, job, "backup.job_start", backup_durations.busy_retry_ms);
        return;
    }
    const char *why = resource_get(world, arena, account, region, resource)
                          ? backup_job_refused(world, arena, account, region, job)
                          : arena_printf(arena, "Resource %s does not exist", resource);
    if (why) {
        backup_resource_leave(world, resource);
        end_job(world, arena, job, "FAILED", why, NULL);
        return;
    }
    const struct sim_type *type = sim_type_find(value_get_str(job, "ResourceType"));
    struct map_builder b = map_begin_from(arena, job);
    map_put_str(&b, "State", "RUNNING");
    map_put_str(&b, "RecoveryPointArn", point_arn(arena, type, region, account, id, false));
    job = map_end(&b);
    backup_put(world, &jobs, job);
    backup_job_event(world, arena, job);
    backup_later(world, arena, &jobs, job, "backup.job_end", backup_durations.backup_run_ms);
}

/* The first point of a type that AWS Backup does not manage itself stays under the resource's own
 * key, whatever the vault's key is. */
static void put_key(struct map_builder *b, struct world *world, const struct value *job,
                    const struct value *database)
{
    const char *account = value_get_str(job, "AccountId"), *region = value_get_str(job, "Region");
    const struct sim_type *type = sim_type_find(value_get_str(job, "ResourceType"));
    const char *key = value_get_str(database, "key");
    if (type->own_points) {
        const struct value *vault =
            vault_get(world, b->arena, account, region, value_get_str(job, "BackupVaultName"));
        map_put(b, "EncryptionKeyArn", value_get(vault, "EncryptionKeyArn"));
        map_put_bool(b, "IsEncrypted", true);
        return;
    }
    bool encrypted = key && !str_eq(key, "none") && !str_eq(key, "sse-rds");
    bool managed = key && str_starts(key, "aws/");
    map_put_bool(b, "IsEncrypted", encrypted || str_eq(key, "sse-rds"));
    if (!encrypted) {
        map_put_str(b, "EncryptionKeyName", text_or(key, "none"));
        return;
    }
    const struct value *found = kms_key_find(
        world, b->arena, account, region, managed ? arena_printf(b->arena, "alias/%s", key) : key);
    map_put_str(b, "EncryptionKeyArn", found ? value_get_str(found, "Arn") : key);
    if (managed)
        map_put_str(b, "EncryptionKeyName", key);
}

static const struct value *make_point(struct world *world, struct arena *arena,
                                      const struct value *job, const struct value *database)
{
    static const char *const same[] = {"RecoveryPointArn",
                                       "BackupVaultName",
                                       "BackupVaultArn",
                                       "ResourceArn",
                                       "ResourceType",
                                       "ResourceName",
                                       "IamRoleArn",
                                       "CreatedBy",
                                       "Lifecycle",
                                       "CreationDate",
                                       NULL};
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; same[i]; i++)
        map_put(&b, same[i], value_get(job, same[i]));
    map_put_str(&b, "Status", "COMPLETED");
    map_put_int(&b, "CompletionDate", world_now_ms(world));
    map_put_int(&b, "BackupSizeInBytes", SIZE_IN_BYTES);
    map_put(&b, "BackupJobId", value_get(job, "BackupJobId"));
    map_put(&b, "Tags",
            point_tags(arena, value_get(database, "tags"), value_get(job, "RecoveryPointTags")));
    put_key(&b, world, job, database);
    const struct value *point = map_end(&b);
    point_put(world, arena, value_get_str(job, "AccountId"), value_get_str(job, "Region"), point);
    return point;
}

void backup_task_job_end(struct world *world, struct arena *arena, const struct value *payload)
{
    const struct value *job = backup_of_task(world, arena, &jobs, payload);
    if (!job)
        return;
    const char *account = value_get_str(job, "AccountId"), *region = value_get_str(job, "Region");
    const char *resource = value_get_str(job, "ResourceArn");
    backup_resource_leave(world, resource);
    const struct value *database = resource_get(world, arena, account, region, resource);
    /* what it needs may have gone while it ran */
    const char *why = database ? backup_job_refused(world, arena, account, region, job)
                               : arena_printf(arena, "Resource %s does not exist", resource);
    if (why) {
        end_job(world, arena, job, "FAILED", why, NULL);
        return;
    }
    const struct value *point = make_point(world, arena, job, database);
    end_job(world, arena, job, "COMPLETED", NULL, point);
    const struct value *actions = value_get(job, "CopyActions");
    for (size_t i = 0; i < value_len(actions); i++) {
        const struct value *action = value_item(actions, i);
        const struct copy_order order = {
            .point = point,
            .account = account,
            .region = region,
            .source_vault_arn = value_get_str(job, "BackupVaultArn"),
            .destination_vault_arn = value_get_str(action, "DestinationBackupVaultArn"),
            .role = value_get_str(job, "IamRoleArn"),
            .lifecycle = value_get(action, "Lifecycle"),
            .created_by = value_get(job, "CreatedBy"),
        };
        copy_job_add(world, arena, &order);
    }
}

/* ---- operations ---- */

static const struct value *started(struct sim_call *call, const struct value *job)
{
    static const char *const members[] = {"BackupJobId", "CreationDate", NULL};
    return value_with(call->arena, backup_public(call, job, members), "IsParent",
                      value_bool(false));
}

bool backup_start_job(struct sim_call *call)
{
    const char *vault = call_need(call, "BackupVaultName");
    const char *resource = vault ? call_need(call, "ResourceArn") : NULL;
    const char *role = resource ? call_need(call, "IamRoleArn") : NULL;
    const char *token = call_str(call, "IdempotencyToken"), *why = NULL, *property = NULL;
    if (!role)
        return false;
    if (!vault_get(call->world, call->arena, call->account, call->region, vault))
        return backup_not_found(call, "Backup vault", vault);
    if (!sim_type_of_arn(resource))
        return backup_invalid(call, "Unsupported resource type: %s", resource);
    if (!resource_get(call->world, call->arena, call->account, call->region, resource))
        return backup_not_found(call, "Resource", resource);
    const struct value *lifecycle = call_get(call, "Lifecycle");
    if (!lifecycle_check(call->arena, backup_snake(call->arena, lifecycle), &why, &property))
        return backup_invalid(call, "Invalid lifecycle: %s", why);
    int64_t window = call_int(call, "StartWindowMinutes", 480);
    if (window < 60)
        return backup_invalid(call, "Start window must be at least 60 minutes");
    const struct value *earlier = backup_earlier(call, &jobs);
    if (earlier)
        return call_answer(call, started(call, earlier));
    if (!backup_role_usable(call, role))
        return false;
    const struct backup_order order = {
        .account = call->account,
        .region = call->region,
        .resource_arn = resource,
        .vault = vault,
        .role = role,
        .lifecycle = lifecycle,
        .tags = call_get(call, "RecoveryPointTags"),
        .token = token,
        .start_window_minutes = window,
    };
    return call_answer(call, started(call, backup_job_add(call->world, call->arena, &order)));
}

static const struct value *described(struct sim_call *call, const struct value *job)
{
    static const char *const members[] = {
        "AccountId",         "BackupJobId",      "BackupVaultName",
        "BackupVaultArn",    "ResourceArn",      "ResourceType",
        "ResourceName",      "IamRoleArn",       "State",
        "StatusMessage",     "PercentDone",      "CreationDate",
        "CompletionDate",    "StartBy",          "CreatedBy",
        "BackupSizeInBytes", "RecoveryPointArn", NULL};
    return value_with(call->arena, backup_public(call, job, members), "IsParent",
                      value_bool(false));
}

bool backup_describe_job(struct sim_call *call)
{
    const char *id = call_str(call, "BackupJobId");
    const struct value *job =
        store_get(call->world, call->arena, JOB, call->account, call->region, id);
    if (!job)
        return backup_not_found(call, "Backup job", id);
    return call_answer(call, described(call, job));
}

bool backup_list_jobs(struct sim_call *call)
{
    return backup_list(call, &jobs);
}
