/* AWS Backup: its operations, its tasks, its errors, and how long its jobs take. */
#include "simulator/backup.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/aws/arn.h"
#include "simulator/authorize.h"
#include "simulator/iam.h"

const struct backup_durations backup_durations = {
    .backup_start_ms = MINUTE_MS,
    .backup_run_ms = 14 * MINUTE_MS,
    .copy_start_ms = MINUTE_MS,
    .copy_region_ms = 20 * MINUTE_MS,
    .copy_account_ms = 25 * MINUTE_MS,
    .restore_start_ms = MINUTE_MS,
    .restore_run_ms = 20 * MINUTE_MS,
    .copy_fail_ms = 5 * MINUTE_MS,
    .busy_retry_ms = 5 * MINUTE_MS,
    .expiry_spread_ms = 8 * HOUR_MS,
    .deploy_ms = 30 * 1000,
};

static const struct sim_operation operations[] = {
    {"CreateBackupVault", "PUT", "/backup-vaults/{BackupVaultName}", backup_create_vault, true, 0},
    {"DescribeBackupVault", "GET", "/backup-vaults/{BackupVaultName}", backup_describe_vault, false,
     0},
    {"DeleteBackupVault", "DELETE", "/backup-vaults/{BackupVaultName}", backup_delete_vault, true,
     0},
    {"ListBackupVaults", "GET", "/backup-vaults/", backup_list_vaults, false, 0},
    {"PutBackupVaultLockConfiguration", "PUT", "/backup-vaults/{BackupVaultName}/vault-lock",
     backup_put_lock, true, 0},
    {"DeleteBackupVaultLockConfiguration", "DELETE", "/backup-vaults/{BackupVaultName}/vault-lock",
     backup_delete_lock, true, 0},
    {"PutBackupVaultAccessPolicy", "PUT", "/backup-vaults/{BackupVaultName}/access-policy",
     backup_put_policy, true, 0},
    {"GetBackupVaultAccessPolicy", "GET", "/backup-vaults/{BackupVaultName}/access-policy",
     backup_get_policy, false, 0},
    {"DeleteBackupVaultAccessPolicy", "DELETE", "/backup-vaults/{BackupVaultName}/access-policy",
     backup_delete_policy, true, 0},
    {"PutBackupVaultNotifications", "PUT",
     "/backup-vaults/{BackupVaultName}/notification-configuration", backup_put_notifications, true,
     0},
    {"GetBackupVaultNotifications", "GET",
     "/backup-vaults/{BackupVaultName}/notification-configuration", backup_get_notifications, false,
     0},
    {"DeleteBackupVaultNotifications", "DELETE",
     "/backup-vaults/{BackupVaultName}/notification-configuration", backup_delete_notifications,
     true, 0},
    {"ListTags", "GET", "/tags/{ResourceArn}/", backup_list_tags, false, 0},
    {"TagResource", "POST", "/tags/{ResourceArn}", backup_tag, true, 0},
    {"UntagResource", "POST", "/untag/{ResourceArn}", backup_untag, true, 0},
    {"CreateBackupPlan", "PUT", "/backup/plans/", backup_create_plan, true, 0},
    {"GetBackupPlan", "GET", "/backup/plans/{BackupPlanId}/", backup_get_plan, false, 0},
    {"UpdateBackupPlan", "POST", "/backup/plans/{BackupPlanId}", backup_update_plan, true, 0},
    {"DeleteBackupPlan", "DELETE", "/backup/plans/{BackupPlanId}", backup_delete_plan, true, 0},
    {"ListBackupPlans", "GET", "/backup/plans/", backup_list_plans, false, 0},
    {"ListBackupPlanVersions", "GET", "/backup/plans/{BackupPlanId}/versions/",
     backup_list_plan_versions, false, 0},
    {"CreateBackupSelection", "PUT", "/backup/plans/{BackupPlanId}/selections/",
     backup_create_selection, true, 0},
    {"GetBackupSelection", "GET", "/backup/plans/{BackupPlanId}/selections/{SelectionId}",
     backup_get_selection, false, 0},
    {"DeleteBackupSelection", "DELETE", "/backup/plans/{BackupPlanId}/selections/{SelectionId}",
     backup_delete_selection, true, 0},
    {"ListBackupSelections", "GET", "/backup/plans/{BackupPlanId}/selections/",
     backup_list_selections, false, 0},
    {"StartBackupJob", "PUT", "/backup-jobs", backup_start_job, true, 0},
    {"DescribeBackupJob", "GET", "/backup-jobs/{BackupJobId}", backup_describe_job, false, 0},
    {"ListBackupJobs", "GET", "/backup-jobs/", backup_list_jobs, false, 0},
    {"StartCopyJob", "PUT", "/copy-jobs", backup_start_copy, true, 0},
    {"DescribeCopyJob", "GET", "/copy-jobs/{CopyJobId}", backup_describe_copy, false, 0},
    {"ListCopyJobs", "GET", "/copy-jobs/", backup_list_copies, false, 0},
    {"StartRestoreJob", "PUT", "/restore-jobs", backup_start_restore, true, 0},
    {"DescribeRestoreJob", "GET", "/restore-jobs/{RestoreJobId}", backup_describe_restore, false,
     0},
    {"ListRestoreJobs", "GET", "/restore-jobs/", backup_list_restores, false, 0},
    {"GetRecoveryPointRestoreMetadata", "GET",
     "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}/restore-metadata",
     backup_restore_metadata, false, 0},
    {"ListRecoveryPointsByBackupVault", "GET", "/backup-vaults/{BackupVaultName}/recovery-points/",
     backup_list_points, false, 0},
    {"ListProtectedResources", "GET", "/resources/", backup_list_protected, false, 0},
    {"DescribeRecoveryPoint", "GET",
     "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}", backup_describe_point,
     false, 0},
    {"DeleteRecoveryPoint", "DELETE",
     "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}", backup_delete_point,
     true, 0},
    {"UpdateRecoveryPointLifecycle", "POST",
     "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}", backup_update_point,
     true, 0},
    {"CreateLogicallyAirGappedBackupVault", "PUT",
     "/logically-air-gapped-backup-vaults/{BackupVaultName}", backup_create_air_gapped, true, 0},
    {"CreateFramework", "POST", "/audit/frameworks", backup_create_framework, true, 0},
    {"DescribeFramework", "GET", "/audit/frameworks/{FrameworkName}", backup_describe_framework,
     false, 0},
    {"UpdateFramework", "PUT", "/audit/frameworks/{FrameworkName}", backup_update_framework, true,
     0},
    {"DeleteFramework", "DELETE", "/audit/frameworks/{FrameworkName}", backup_delete_framework,
     true, 0},
    {"ListFrameworks", "GET", "/audit/frameworks", backup_list_frameworks, false, 0},
    {"CreateReportPlan", "POST", "/audit/report-plans", backup_create_report_plan, true, 0},
    {"DescribeReportPlan", "GET", "/audit/report-plans/{ReportPlanName}",
     backup_describe_report_plan, false, 0},
    {"UpdateReportPlan", "PUT", "/audit/report-plans/{ReportPlanName}", backup_update_report_plan,
     true, 0},
    {"DeleteReportPlan", "DELETE", "/audit/report-plans/{ReportPlanName}",
     backup_delete_report_plan, true, 0},
    {"ListReportPlans", "GET", "/audit/report-plans", backup_list_report_plans, false, 0},
    {"CreateRestoreTestingPlan", "PUT", "/restore-testing/plans", backup_create_restore_plan, true,
     201},
    {"GetRestoreTestingPlan", "GET", "/restore-testing/plans/{RestoreTestingPlanName}",
     backup_get_restore_plan, false, 0},
    {"UpdateRestoreTestingPlan", "PUT", "/restore-testing/plans/{RestoreTestingPlanName}",
     backup_update_restore_plan, true, 0},
    {"DeleteRestoreTestingPlan", "DELETE", "/restore-testing/plans/{RestoreTestingPlanName}",
     backup_delete_restore_plan, true, 204},
    {"ListRestoreTestingPlans", "GET", "/restore-testing/plans", backup_list_restore_plans, false,
     0},
    {"CreateRestoreTestingSelection", "PUT",
     "/restore-testing/plans/{RestoreTestingPlanName}/selections", backup_create_restore_selection,
     true, 201},
    {"GetRestoreTestingSelection", "GET",
     "/restore-testing/plans/{RestoreTestingPlanName}/selections/{RestoreTestingSelectionName}",
     backup_get_restore_selection, false, 0},
    {"UpdateRestoreTestingSelection", "PUT",
     "/restore-testing/plans/{RestoreTestingPlanName}/selections/{RestoreTestingSelectionName}",
     backup_update_restore_selection, true, 0},
    {"DeleteRestoreTestingSelection", "DELETE",
     "/restore-testing/plans/{RestoreTestingPlanName}/selections/{RestoreTestingSelectionName}",
     backup_delete_restore_selection, true, 204},
    {"ListRestoreTestingSelections", "GET",
     "/restore-testing/plans/{RestoreTestingPlanName}/selections", backup_list_restore_selections,
     false, 0},
    {"CreateLegalHold", "POST", "/legal-holds/", backup_create_hold, true, 0},
    {"GetLegalHold", "GET", "/legal-holds/{LegalHoldId}/", backup_get_hold, false, 0},
    {"CancelLegalHold", "DELETE", "/legal-holds/{LegalHoldId}", backup_cancel_hold, true, 201},
    {"ListLegalHolds", "GET", "/legal-holds/", backup_list_holds, false, 0},
    {"ListRecoveryPointsByLegalHold", "GET", "/legal-holds/{LegalHoldId}/recovery-points",
     backup_list_points_of_hold, false, 0},
    {"DescribeRegionSettings", "GET", "/account-settings", backup_describe_region_settings, false,
     0},
    {"UpdateRegionSettings", "PUT", "/account-settings", backup_update_region_settings, true, 0},
    {"DescribeGlobalSettings", "GET", "/global-settings", backup_describe_global_settings, false,
     0},
    {"UpdateGlobalSettings", "PUT", "/global-settings", backup_update_global_settings, true, 0},
};

static const struct sim_task tasks[] = {
    {"backup.schedule", backup_task_schedule, false, true},
    {"backup.job_start", backup_task_job_start, false, false},
    {"backup.job_end", backup_task_job_end, false, false},
    {"backup.copy_start", backup_task_copy_start, false, false},
    {"backup.copy_end", backup_task_copy_end, false, false},
    {"backup.restore_start", backup_task_restore_start, false, false},
    {"backup.restore_end", backup_task_restore_end, false, false},
    {"backup.expire", backup_task_expire, false, true},
    {"backup.vault_ready", backup_task_vault_ready, false, false},
    {"backup.deployed", backup_task_deployed, false, false},
    {"backup.hold_ready", backup_task_hold_ready, false, false},
};

const struct sim_api sim_backup = {
    .service = "backup",
    .wire = SIM_REST_JSON,
    .missing = "MissingParameterValueException",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
    .tasks = tasks,
    .task_len = ARRAY_LEN(tasks),
};

/* ---- errors ---- */

bool backup_not_found(struct sim_call *call, const char *what, const char *name)
{
    return call_error(call, 400, "ResourceNotFoundException", "%s %s was not found", what, name);
}

static bool error_of(struct sim_call *call, const char *code, const char *fmt, va_list args)
{
    char text[4096];
    vsnprintf(text, sizeof(text), fmt, args);
    return call_error(call, 400, code, "%s", text);
}

bool backup_invalid(struct sim_call *call, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    error_of(call, "InvalidParameterValueException", fmt, args);
    va_end(args);
    return false;
}

bool backup_refused(struct sim_call *call, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    error_of(call, "InvalidRequestException", fmt, args);
    va_end(args);
    return false;
}

bool backup_exists(struct sim_call *call, const char *arn, const char *token, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    error_of(call, "AlreadyExistsException", fmt, args);
    va_end(args);
    call_error_put(call, "Arn", arn);
    if (token)
        call_error_put(call, "CreatorRequestId", token);
    return false;
}

bool backup_page(struct sim_call *call, struct objects *rows, const char **ret_next)
{
    return call_page(call, rows, "nextToken", "maxResults", 1000, ret_next) ||
           backup_invalid(call, "Invalid value for nextToken");
}

bool backup_fits(const struct sim_call *call, const struct value *body,
                 const char *const (*filters)[2], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char *asked = call_str(call, filters[i][0]);
        if (asked && !str_eq(asked, value_get_str(body, filters[i][1])))
            return false;
    }
    return true;
}

bool backup_in_time(const struct sim_call *call, const struct value *body, const char *member,
                    const char *before, const char *after)
{
    int64_t at = value_get_int(body, member, 0), limit;
    if (input_time(call_get(call, before), &limit) && (!at || at >= limit))
        return false;
    return !input_time(call_get(call, after), &limit) || at > limit;
}

/* ---- small things ---- */

const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

const struct value *backup_public(struct sim_call *call, const struct value *body,
                                  const char *const *members)
{
    struct map_builder b = map_begin(call->arena);
    for (; *members; members++) {
        const struct value *v = value_get(body, *members);
        if (v && (str_ends(*members, "Date") || str_ends(*members, "Time") ||
                  str_eq(*members, "StartBy")))
            v = call_time(call, v->integer);
        map_put(&b, *members, v);
    }
    return map_end(&b);
}

static const char *snake_key(struct arena *arena, const char *key)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 256);
    for (const char *p = key; *p; p++) {
        if (isupper((unsigned char)*p) && p != key)
            strbuf_add_char(&sb, '_');
        strbuf_add_char(&sb, (char)tolower((unsigned char)*p));
    }
    return strbuf_str(&sb);
}

const struct value *backup_snake(struct arena *arena, const struct value *v)
{
    if (value_is(v, VALUE_LIST)) {
        struct list_builder list = list_begin(arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&list, backup_snake(arena, v->list.items[i]));
        return list_end(&list);
    }
    if (!value_is(v, VALUE_MAP))
        return v;
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < v->map.len; i++)
        map_put(&b, snake_key(arena, v->map.entries[i].key),
                backup_snake(arena, v->map.entries[i].value));
    return map_end(&b);
}

bool backup_role_usable(struct sim_call *call, const char *role_arn)
{
    struct arn arn;
    if (!arn_parse(slice_of(role_arn), &arn) || !slice_is(arn.service, "iam") ||
        !slice_starts(arn.resource, "role/"))
        return backup_invalid(call, "Invalid IAM role ARN: %s", role_arn);
    if (!slice_is(arn.account, call->account))
        return call_error(call, 403, "AccessDeniedException",
                          "Cross-account pass role is not allowed.");
    return role_trusts_service(call->world, call->arena, role_arn, BACKUP_SERVICE, NULL) ||
           backup_invalid(call, "IAM Role %s cannot be assumed by AWS Backup", role_arn);
}
