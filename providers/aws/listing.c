#include "providers/aws/listing.h"

static const struct aws_listing listings[] = {
    {"aws_backup_vault", &backup_ListBackupVaults, NULL, false, "BackupVaultName", "VaultType",
     "BACKUP_VAULT", true},
    {"aws_backup_logically_air_gapped_vault", &backup_ListBackupVaults, NULL, false,
     "BackupVaultName", "VaultType", "LOGICALLY_AIR_GAPPED_BACKUP_VAULT", false},
    {"aws_backup_plan", &backup_ListBackupPlans, NULL, false, "BackupPlanId", NULL, NULL, false},
    {"aws_backup_selection", &backup_ListBackupSelections, "backupPlanId", true, "SelectionId",
     NULL, NULL, false},
    {"aws_backup_framework", &backup_ListFrameworks, NULL, false, "FrameworkName", NULL, NULL,
     false},
    {"aws_backup_report_plan", &backup_ListReportPlans, NULL, false, "ReportPlanName", NULL, NULL,
     false},
    {"aws_backup_restore_testing_plan", &backup_ListRestoreTestingPlans, NULL, false,
     "RestoreTestingPlanName", NULL, NULL, false},
    {"aws_backup_restore_testing_selection", &backup_ListRestoreTestingSelections,
     "RestoreTestingPlanName", true, "RestoreTestingSelectionName", NULL, NULL, false},
    {"aws_backup_legal_hold", &backup_ListLegalHolds, NULL, false, "LegalHoldId", NULL, NULL,
     false},
    {"aws_iam_role", &iam_ListRoles, NULL, false, "RoleName", NULL, NULL, false},
    {"aws_event_rule", &events_ListRules, "EventBusName", true, "Name", NULL, NULL, false},
    {"aws_kms_alias", &kms_ListAliases, NULL, false, "AliasName", NULL, NULL, false},
    {"aws_sns_subscription", &sns_ListSubscriptionsByTopic, "TopicArn", false, "SubscriptionArn",
     NULL, NULL, false},
    {"aws_cloudwatch_alarm", &cloudwatch_DescribeAlarms, NULL, false, "AlarmName", NULL, NULL,
     false},
};

const struct aws_listing *aws_listing_of(const char *type)
{
    for (size_t i = 0; i < ARRAY_LEN(listings); i++)
        if (str_eq(listings[i].type, type))
            return &listings[i];
    return NULL;
}

struct aws_call_spec aws_listing_call(struct arena *arena, const struct aws_listing *listing,
                                      const char *account_id, const char *region,
                                      const char *parent)
{
    struct aws_call_spec spec = {.operation = listing->operation,
                                 .account_id = account_id,
                                 .region = region,
                                 .all_pages = true};
    struct map_builder b = map_begin(arena);
    if (listing->parent)
        map_put_str(&b, listing->parent, parent);
    const struct value *map = map_end(&b);
    if (listing->operation->api->wire == WIRE_REST_JSON)
        spec.labels = map;
    else
        spec.body = map;
    return spec;
}

const char *aws_listing_identifier(struct arena *arena, const struct aws_listing *listing,
                                   const char *parent, const struct value *item)
{
    const char *name = value_get_str(item, listing->member);
    const char *told = listing->told_by ? value_get_str(item, listing->told_by) : NULL;
    if (!name || (listing->told_by && (told ? !str_eq(told, listing->told) : !listing->by_default)))
        return NULL;
    return listing->below ? arena_printf(arena, "%s|%s", parent, name) : name;
}
