/* What AWS Backup tells EventBridge, with the gaps of its events, and the topics of vaults; what
 * the timeline keeps. */
#include "simulator/backup.h"

#include "simulator/events.h"
#include "simulator/metrics.h"
#include "simulator/sns.h"

#define METRICS "AWS/Backup"

static void put_date(struct map_builder *b, const char *key, const struct value *job,
                     const char *member)
{
    int64_t ms = value_get_int(job, member, 0);
    if (ms)
        map_put_str(b, key, time_iso_ms(b->arena, ms));
}

/* Only jobs of plans have it; the rule's id is called otherwise here than in the API. */
static void put_created_by(struct map_builder *b, const struct value *job)
{
    const struct value *by = value_get(job, "CreatedBy");
    if (!by)
        return;
    struct map_builder c = map_begin(b->arena);
    map_put(&c, "backupPlanId", value_get(by, "BackupPlanId"));
    map_put(&c, "backupPlanArn", value_get(by, "BackupPlanArn"));
    map_put(&c, "backupPlanVersion", value_get(by, "BackupPlanVersion"));
    map_put(&c, "backupPlanRuleId", value_get(by, "BackupRuleId"));
    map_put(b, "createdBy", map_end(&c));
}

static void emit(struct world *world, struct arena *arena, const struct value *job,
                 const char *detail_type, const char *resource, const struct value *detail)
{
    struct list_builder resources = list_begin(arena);
    if (resource)
        list_add_str(&resources, resource);
    event_emit(world, arena, value_get_str(job, "AccountId"), value_get_str(job, "Region"),
               "aws.backup", detail_type, list_end(&resources), detail);
}

/* ---- what a vault reports to its topic ---- */

enum { BACKUP, COPY, RESTORE };

/* Of a copy the vault of its source reports, where the job runs; of a restore that of its point. */
static const struct family {
    const char *word, *type, *id, *id_word, *vault, *state, *resource;
} families[] = {
    [BACKUP] = {"backup", "BACKUP_JOB", "BackupJobId", "BackupJob", "BackupVaultArn", "State",
                "ResourceArn"},
    [COPY] = {"copy", "COPY_JOB", "CopyJobId", "CopyJob", "SourceBackupVaultArn", "State",
              "ResourceArn"},
    [RESTORE] = {"restore", "RESTORE_JOB", "RestoreJobId", "RestoreJob", "BackupVaultArn", "Status",
                 "SourceResourceArn"},
};

/* Completed is not: successfully; but of copies. What ended PARTIAL is reported as nothing. */
static const struct {
    const char *state, *events[ARRAY_LEN(families)];
} vault_events[] = {
    {"RUNNING", {"BACKUP_JOB_STARTED", "COPY_JOB_STARTED", "RESTORE_JOB_STARTED"}},
    {"COMPLETED", {"BACKUP_JOB_COMPLETED", "COPY_JOB_SUCCESSFUL", "RESTORE_JOB_COMPLETED"}},
    {"FAILED", {"BACKUP_JOB_COMPLETED", "COPY_JOB_FAILED", "RESTORE_JOB_COMPLETED"}},
    {"EXPIRED", {"BACKUP_JOB_COMPLETED", "COPY_JOB_FAILED", NULL}},
    {"ABORTED", {"BACKUP_JOB_COMPLETED", "COPY_JOB_FAILED", "RESTORE_JOB_COMPLETED"}},
};

static bool is_wanted(const struct value *set, const char *event)
{
    const struct value *events = value_get(set, "BackupVaultEvents");
    for (size_t i = 0; i < value_len(events); i++)
        if (str_eq(value_str(value_item(events, i)), event))
            return true;
    return false;
}

static const struct value *attributes_of(struct arena *arena, const struct value *job,
                                         const struct family *family)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "EventType", family->type);
    map_put(&b, "State", value_get(job, family->state));
    map_put(&b, "AccountId", value_get(job, "AccountId"));
    map_put(&b, "Id", value_get(job, family->id));
    put_date(&b, "StartTime", job, "CreationDate");
    return map_end(&b);
}

/* A topic that does not let AWS Backup in hears nothing, and nobody is told. */
static void report(struct world *world, struct arena *arena, const struct value *job, int which)
{
    const struct family *family = &families[which];
    const char *state = value_get_str(job, family->state), *event = NULL, *why = NULL;
    const char *arn = value_get_str(job, family->vault);
    struct vault_place place;
    for (size_t i = 0; i < ARRAY_LEN(vault_events); i++)
        if (str_eq(vault_events[i].state, state))
            event = vault_events[i].events[which];
    if (!event || !vault_place_of(arena, arn, &place))
        return;
    const struct value *set = value_get(
        vault_get(world, arena, place.account, place.region, place.name), "Notifications");
    if (!is_wanted(set, event))
        return;
    const char *message =
        arena_printf(arena, "An AWS Backup %s job is %s. Resource ARN : %s. %s ID : %s",
                     family->word, state, text_or(value_get_str(job, family->resource), ""),
                     family->id_word, text_or(value_get_str(job, family->id), ""));
    const struct sns_message sent = {"Notification from AWS Backup", message,
                                     attributes_of(arena, job, family)};
    sns_deliver(world, arena, value_get_str(set, "SNSTopicArn"), BACKUP_SERVICE, arn, &sent, &why);
}

/* ---- what the bus hears ---- */

void backup_job_event(struct world *world, struct arena *arena, const struct value *job)
{
    report(world, arena, job, BACKUP);
    struct map_builder b = map_begin(arena);
    map_put(&b, "backupJobId", value_get(job, "BackupJobId"));
    map_put(&b, "state", value_get(job, "State"));
    map_put(&b, "statusMessage", value_get(job, "StatusMessage"));
    map_put(&b, "backupVaultArn", value_get(job, "BackupVaultArn"));
    map_put(&b, "backupVaultName", value_get(job, "BackupVaultName"));
    map_put(&b, "resourceArn", value_get(job, "ResourceArn"));
    map_put(&b, "resourceType", value_get(job, "ResourceType"));
    map_put(&b, "iamRoleArn", value_get(job, "IamRoleArn"));
    map_put(&b, "percentDone", value_get(job, "PercentDone"));
    map_put(&b, "backupSizeInBytes", value_get(job, "BackupSizeInBytes"));
    put_date(&b, "creationDate", job, "CreationDate");
    put_date(&b, "startBy", job, "StartBy");
    put_date(&b, "completionDate", job, "CompletionDate");
    put_created_by(&b, job);
    const char *point = value_get_str(job, "RecoveryPointArn");
    emit(world, arena, job, "Backup Job State Change",
         point ? point : value_get_str(job, "ResourceArn"), map_end(&b));
}

/* CREATED has the two vaults and a date, nothing else; RUNNING and FAILED have an object where
 * COMPLETED has the ARN of the copy; the ARN of the source is in none of them but in resources. */
static const struct value *copy_detail(struct arena *arena, const struct value *job)
{
    const char *state = value_get_str(job, "State");
    struct map_builder b = map_begin(arena), nothing = map_begin(arena);
    map_put_str(&b, "state", state);
    map_put(&b, "sourceBackupVaultArn", value_get(job, "SourceBackupVaultArn"));
    map_put(&b, "destinationBackupVaultArn", value_get(job, "DestinationBackupVaultArn"));
    put_date(&b, "creationDate", job, "CreationDate");
    if (str_eq(state, "CREATED"))
        return map_end(&b);
    const struct value *copy = value_get(job, "DestinationRecoveryPointArn");
    map_put(&b, "copyJobId", value_get(job, "CopyJobId"));
    map_put(&b, "backupSizeInBytes", value_get(job, "BackupSizeInBytes"));
    map_put(&b, "iamRoleArn", value_get(job, "IamRoleArn"));
    map_put(&b, "resourceArn", value_get(job, "ResourceArn"));
    map_put(&b, "resourceType", value_get(job, "ResourceType"));
    map_put(&b, "destinationRecoveryPointArn", copy ? copy : map_end(&nothing));
    map_put(&b, "statusMessage", value_get(job, "StatusMessage"));
    put_date(&b, "completionDate", job, "CompletionDate");
    put_created_by(&b, job);
    return map_end(&b);
}

void copy_job_event(struct world *world, struct arena *arena, const struct value *job)
{
    report(world, arena, job, COPY);
    emit(world, arena, job, "Copy Job State Change", value_get_str(job, "SourceRecoveryPointArn"),
         copy_detail(arena, job));
}

/* Of a restore the state is called otherwise than of a backup and a copy. */
void restore_job_event(struct world *world, struct arena *arena, const struct value *job)
{
    report(world, arena, job, RESTORE);
    struct map_builder b = map_begin(arena);
    map_put(&b, "restoreJobId", value_get(job, "RestoreJobId"));
    map_put(&b, "status", value_get(job, "Status"));
    map_put(&b, "statusMessage", value_get(job, "StatusMessage"));
    map_put(&b, "backupSizeInBytes", value_get(job, "BackupSizeInBytes"));
    map_put(&b, "percentDone", value_get(job, "PercentDone"));
    map_put(&b, "iamRoleArn", value_get(job, "IamRoleArn"));
    map_put(&b, "resourceType", value_get(job, "ResourceType"));
    map_put(&b, "sourceResourceArn", value_get(job, "SourceResourceArn"));
    map_put(&b, "createdResourceArn", value_get(job, "CreatedResourceArn"));
    put_date(&b, "creationDate", job, "CreationDate");
    put_date(&b, "completionDate", job, "CompletionDate");
    emit(world, arena, job, "Restore Job State Change", value_get_str(job, "RecoveryPointArn"),
         map_end(&b));
}

static const char *counted_as(const char *state)
{
    if (str_eq(state, "PARTIAL"))
        return NULL; /* no metric counts such jobs */
    return str_eq(state, "COMPLETED") ? "Completed" : "Failed";
}

/* Points count where they lie, jobs where they ran; both by their vault. */
static void count(struct world *world, struct arena *arena, bool copy, const struct value *job,
                  const struct value *point)
{
    const char *state = value_get_str(job, "State"), *account = value_get_str(job, "AccountId");
    const char *vault = value_get_str(job, copy ? "DestinationBackupVaultArn" : "BackupVaultArn");
    const char *ended = counted_as(state);
    struct vault_place place;
    if (vault_place_of(arena, value_get_str(point, "BackupVaultArn"), &place))
        metric_count(world, arena, place.account, place.region, METRICS,
                     str_eq(value_get_str(point, "Status"), "PARTIAL")
                         ? "NumberOfRecoveryPointsPartial"
                         : "NumberOfRecoveryPointsCompleted",
                     "BackupVaultName", place.name, 1);
    if (ended && account && vault_place_of(arena, vault, &place))
        metric_count(world, arena, account, value_get_str(job, "Region"), METRICS,
                     arena_printf(arena, "NumberOf%sJobs%s", copy ? "Copy" : "Backup", ended),
                     "BackupVaultName", place.name, 1);
}

void backup_timeline(struct world *world, struct arena *arena, const char *what,
                     const char *account, const char *region, const struct value *job,
                     const struct value *point)
{
    bool copy = str_eq(what, "copy");
    struct map_builder b = map_begin(arena);
    map_put(&b, "state", value_get(job, "State"));
    map_put(&b, "resource_arn", value_get(job, "ResourceArn"));
    map_put(&b, "job_id", value_get(job, copy ? "CopyJobId" : "BackupJobId"));
    map_put(&b, "plan_id", value_pointer(job, "/CreatedBy/BackupPlanId"));
    map_put(&b, "rule", value_pointer(job, "/CreatedBy/BackupRuleName"));
    map_put(&b, "point_arn", value_get(point, "RecoveryPointArn"));
    map_put(&b, "point_status", value_get(point, "Status"));
    map_put(&b, "vault_arn", value_get(job, copy ? "DestinationBackupVaultArn" : "BackupVaultArn"));
    map_put(&b, "source_point_arn", value_get(job, "SourceRecoveryPointArn"));
    map_put(&b, "source_vault_arn", value_get(job, "SourceBackupVaultArn"));
    map_put(&b, "key", value_get(point, "EncryptionKeyName"));
    if (!value_get(point, "EncryptionKeyName"))
        map_put(&b, "key", value_get(point, "EncryptionKeyArn"));
    put_date(&b, "creation_date", point, "CreationDate");
    struct vault_place place;
    if (point && vault_place_of(arena, value_get_str(point, "BackupVaultArn"), &place)) {
        const struct value *vault =
            vault_get(world, arena, place.account, place.region, place.name);
        map_put_bool(&b, "locked", value_get_bool(vault, "Locked", false));
    }
    map_put(&b, "message", value_get(job, "StatusMessage"));
    timeline_add(world, account, region, what, value_get_str(job, "ResourceName"), map_end(&b));
    count(world, arena, copy, job, point);
}
