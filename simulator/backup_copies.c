/* Copy jobs: a rule's copy actions and StartCopyJob. */
#include "simulator/backup.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/lifecycle.h"
#include "engine/aws/partition.h"
#include "simulator/backup_types.h"
#include "simulator/tags.h"

#define JOB "~backup.copy"
#define PARTIAL "copy_partial"
enum { WHOLE, JOB_TELLS, POINT_TELLS }; /* its values */

static const struct value *described(struct sim_call *call, const struct value *job);

static const char *const filters[][2] = {
    {"resourceArn", "ResourceArn"},
    {"state", "State"},
    {"resourceType", "ResourceType"},
    {"destinationVaultArn", "DestinationBackupVaultArn"},
    {"sourceRecoveryPointArn", "SourceRecoveryPointArn"},
    {"accountId", "AccountId"},
    {"parentJobId", "ParentJobId"},
    {"messageCategory", "MessageCategory"},
};

static const struct backup_jobs jobs = {
    .kind = JOB,
    .id_member = "CopyJobId",
    .list_member = "CopyJobs",
    .filters = filters,
    .filter_len = ARRAY_LEN(filters),
    .described = described,
};

const struct value *copy_job_add(struct world *world, struct arena *arena,
                                 const struct copy_order *order)
{
    /* a copy that says nothing about its life inherits that of its source */
    const struct value *lifecycle =
        value_len(order->lifecycle) ? order->lifecycle : value_get(order->point, "Lifecycle");
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "CopyJobId", arena_printf(arena, "%s", id_uuid(world, arena)));
    map_put_str(&b, "AccountId", order->account);
    map_put_str(&b, "Region", order->region);
    map_put_str(&b, "SourceBackupVaultArn", order->source_vault_arn);
    map_put(&b, "SourceRecoveryPointArn", value_get(order->point, "RecoveryPointArn"));
    map_put_str(&b, "DestinationBackupVaultArn", order->destination_vault_arn);
    map_put(&b, "ResourceArn", value_get(order->point, "ResourceArn"));
    map_put(&b, "ResourceName", value_get(order->point, "ResourceName"));
    map_put(&b, "ResourceType", value_get(order->point, "ResourceType"));
    map_put(&b, "BackupSizeInBytes", value_get(order->point, "BackupSizeInBytes"));
    map_put_str(&b, "IamRoleArn", order->role);
    map_put_str(&b, "State", "CREATED");
    map_put_int(&b, "CreationDate", world_now_ms(world));
    map_put(&b, "CreatedBy", order->created_by);
    if (order->created_by)
        map_put(&b, "CreatedByBackupJobId", value_get(order->point, "BackupJobId"));
    map_put(&b, "DestinationRecoveryPointLifecycle", lifecycle);
    map_put_str(&b, "IdempotencyToken", order->token);
    const struct value *job = map_end(&b);
    backup_put(world, &jobs, job);
    copy_job_event(world, arena, job);
    backup_later(world, arena, &jobs, job, "backup.copy_start", backup_durations.copy_start_ms);
    return job;
}

static const struct value *source_of(struct world *world, struct arena *arena,
                                     const struct value *job)
{
    return point_get(world, arena, value_get_str(job, "AccountId"), value_get_str(job, "Region"),
                     value_get_str(job, "SourceRecoveryPointArn"));
}

/* The Region that a copy goes to stands still: the job waits for it. */
static bool waits_for_region(struct world *world, struct arena *arena, const struct value *job)
{
    struct vault_place to;
    return vault_place_of(arena, value_get_str(job, "DestinationBackupVaultArn"), &to) &&
           region_stands_still(world, to.region);
}

static const char *refused(struct world *world, struct arena *arena, const struct value *job,
                           const struct value *point)
{
    const struct hop hop = {
        .source_account = value_get_str(job, "AccountId"),
        .source_region = value_get_str(job, "Region"),
        .point = point,
        .destination_vault_arn = value_get_str(job, "DestinationBackupVaultArn"),
        .role = value_get_str(job, "IamRoleArn"),
        .lifecycle = value_get(job, "DestinationRecoveryPointLifecycle"),
    };
    const char *why = hop_refused(world, arena, &hop);
    return why || !setting_int(world, "copy_fails", 0) ? why : "An internal error occurred";
}

void backup_task_copy_start(struct world *world, struct arena *arena, const struct value *payload)
{
    const struct value *job = backup_of_task(world, arena, &jobs, payload);
    if (!job)
        return;
    if (!backup_resource_take(world, value_get_str(job, "ResourceArn"),
                              value_get_str(job, "CopyJobId"))) {
        backup_later(world, arena, &jobs, job, "backup.copy_start", backup_durations.busy_retry_ms);
        return;
    }
    job = value_with(arena, job, "State", value_string(arena, "RUNNING"));
    backup_put(world, &jobs, job);
    copy_job_event(world, arena, job);
    struct vault_place place;
    bool crosses = vault_place_of(arena, value_get_str(job, "DestinationBackupVaultArn"), &place) &&
                   !str_eq(place.account, value_get_str(job, "AccountId"));
    int64_t ms = crosses ? backup_durations.copy_account_ms : backup_durations.copy_region_ms;
    if (refused(world, arena, job, source_of(world, arena, job)))
        ms = backup_durations.copy_fail_ms;
    backup_later(world, arena, &jobs, job, "backup.copy_end", ms);
}

/* The copy keeps the day of its source, carries its tags and lies under the vault's key. */
static const struct value *make_copy(struct world *world, struct arena *arena,
                                     const struct value *job, const struct value *source,
                                     const struct vault_place *place)
{
    static const char *const same[] = {
        "ResourceArn", "ResourceType", "ResourceName",      "CreationDate",
        "CreatedBy",   "IamRoleArn",   "BackupSizeInBytes", NULL};
    const struct value *vault = vault_get(world, arena, place->account, place->region, place->name);
    struct map_builder b = map_begin(arena), none = map_begin(arena);
    const struct sim_type *type = sim_type_find(value_get_str(job, "ResourceType"));
    map_put_str(&b, "RecoveryPointArn",
                point_arn(arena, type, place->region, place->account,
                          value_get_str(job, "CopyJobId"), true));
    for (size_t i = 0; same[i]; i++)
        map_put(&b, same[i], value_get(source, same[i]));
    map_put_str(&b, "IamRoleArn", value_get_str(job, "IamRoleArn"));
    map_put_str(&b, "BackupVaultName", place->name);
    map_put(&b, "BackupVaultArn", value_get(vault, "BackupVaultArn"));
    map_put(&b, "SourceBackupVaultArn", value_get(job, "SourceBackupVaultArn"));
    map_put_str(&b, "Status", setting_int(world, PARTIAL, WHOLE) ? "PARTIAL" : "COMPLETED");
    map_put_int(&b, "CompletionDate", world_now_ms(world));
    map_put(&b, "EncryptionKeyArn", value_get(vault, "EncryptionKeyArn"));
    map_put_bool(&b, "IsEncrypted", true);
    map_put(&b, "Lifecycle", value_get(job, "DestinationRecoveryPointLifecycle"));
    bool lost = setting_int(world, "copy_tags_fail", 0) != 0;
    map_put(&b, "Tags", lost ? map_end(&none) : value_get(source, "Tags"));
    const struct value *point = map_end(&b);
    point_put(world, arena, place->account, place->region, point);
    return point;
}

void backup_task_copy_end(struct world *world, struct arena *arena, const struct value *payload)
{
    const struct value *job = backup_of_task(world, arena, &jobs, payload);
    if (!job)
        return;
    if (waits_for_region(world, arena, job)) {
        backup_later(world, arena, &jobs, job, "backup.copy_end", backup_durations.busy_retry_ms);
        return;
    }
    backup_resource_leave(world, value_get_str(job, "ResourceArn"));
    const struct value *source = source_of(world, arena, job), *point = NULL;
    const char *message = refused(world, arena, job, source);
    struct vault_place place = {value_get_str(job, "AccountId"), value_get_str(job, "Region"), ""};
    bool placed = vault_place_of(arena, value_get_str(job, "DestinationBackupVaultArn"), &place);
    struct map_builder b = map_begin_from(arena, job);
    map_put_str(&b, "State", message ? "FAILED" : "COMPLETED");
    map_put_int(&b, "CompletionDate", world_now_ms(world));
    if (!message && placed) {
        point = make_copy(world, arena, job, source, &place);
        map_put(&b, "DestinationRecoveryPointArn", value_get(point, "RecoveryPointArn"));
        if (setting_int(world, PARTIAL, WHOLE) == JOB_TELLS)
            map_put_str(&b, "State", "PARTIAL");
        if (setting_int(world, "copy_tags_fail", 0))
            message = "Copy job completed, but AWS Backup was unable to copy resource tags";
    }
    map_put_str(&b, "StatusMessage", message);
    job = map_end(&b);
    backup_put(world, &jobs, job);
    backup_timeline(world, arena, "copy", place.account, place.region, job, point);
    copy_job_event(world, arena, job);
}

/* ---- operations ---- */

static const struct value *started(struct sim_call *call, const struct value *job)
{
    static const char *const members[] = {"CopyJobId", "CreationDate", NULL};
    return value_with(call->arena, backup_public(call, job, members), "IsParent",
                      value_bool(false));
}

static bool asked_well(struct sim_call *call)
{
    static const char *const needed[] = {"RecoveryPointArn", "SourceBackupVaultName",
                                         "DestinationBackupVaultArn", "IamRoleArn"};
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        if (!call_need(call, needed[i]))
            return false;
    }
    const char *why = NULL, *property = NULL;
    struct vault_place place;
    if (!vault_place_of(call->arena, call_str(call, "DestinationBackupVaultArn"), &place))
        return backup_invalid(call, "Invalid destination backup vault ARN");
    return lifecycle_check(call->arena, backup_snake(call->arena, call_get(call, "Lifecycle")),
                           &why, &property) ||
           backup_invalid(call, "Invalid lifecycle: %s", why);
}

bool backup_start_copy(struct sim_call *call)
{
    if (!asked_well(call))
        return false;
    const char *source_vault = call_str(call, "SourceBackupVaultName");
    const struct value *vault =
        vault_get(call->world, call->arena, call->account, call->region, source_vault);
    if (!vault)
        return backup_not_found(call, "Backup vault", source_vault);
    const char *arn = call_str(call, "RecoveryPointArn");
    const struct value *point =
        point_get(call->world, call->arena, call->account, call->region, arn);
    if (!point || !str_eq(value_get_str(point, "BackupVaultName"), source_vault))
        return backup_not_found(call, "Recovery point", arn);
    if (!str_eq(value_get_str(point, "Status"), "COMPLETED"))
        return backup_refused(call, "Recovery point %s is not available for copy", arn);
    const char *role = call_str(call, "IamRoleArn");
    if (!backup_role_usable(call, role))
        return false;
    const struct value *job = backup_earlier(call, &jobs);
    if (job)
        return call_answer(call, started(call, job));
    const struct copy_order order = {
        .point = point,
        .account = call->account,
        .region = call->region,
        .source_vault_arn = value_get_str(vault, "BackupVaultArn"),
        .destination_vault_arn = call_str(call, "DestinationBackupVaultArn"),
        .role = role,
        .lifecycle = call_get(call, "Lifecycle"),
        .token = call_str(call, "IdempotencyToken"),
    };
    return call_answer(call, started(call, copy_job_add(call->world, call->arena, &order)));
}

static const struct value *described(struct sim_call *call, const struct value *job)
{
    static const char *const members[] = {"AccountId",
                                          "CopyJobId",
                                          "SourceBackupVaultArn",
                                          "SourceRecoveryPointArn",
                                          "DestinationBackupVaultArn",
                                          "DestinationRecoveryPointArn",
                                          "DestinationRecoveryPointLifecycle",
                                          "ResourceArn",
                                          "ResourceType",
                                          "ResourceName",
                                          "CreationDate",
                                          "CompletionDate",
                                          "State",
                                          "StatusMessage",
                                          "BackupSizeInBytes",
                                          "IamRoleArn",
                                          "CreatedBy",
                                          "CreatedByBackupJobId",
                                          NULL};
    struct map_builder b = map_begin_from(call->arena, backup_public(call, job, members));
    struct vault_place to;
    const struct value *vault =
        vault_place_of(call->arena, value_get_str(job, "DestinationBackupVaultArn"), &to)
            ? vault_get(call->world, call->arena, to.account, to.region, to.name)
            : NULL;
    map_put_str(&b, "DestinationVaultType",
                vault_is_air_gapped(vault) ? VAULT_AIR_GAPPED : "BACKUP_VAULT");
    map_put_bool(&b, "IsParent", false);
    return map_end(&b);
}

bool backup_describe_copy(struct sim_call *call)
{
    const char *id = call_str(call, "CopyJobId");
    const struct value *job =
        store_get(call->world, call->arena, JOB, call->account, call->region, id);
    if (!job)
        return backup_not_found(call, "Copy job", id);
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "CopyJob", described(call, job));
    return call_answer(call, map_end(&b));
}

bool backup_list_copies(struct sim_call *call)
{
    return backup_list(call, &jobs);
}
