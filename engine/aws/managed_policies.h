#pragma once
/* The AWS managed policies that the backup path meets, as IAM policy documents (JSON). They are
 * extracts (engine/aws/managed_policies/README.md): what backup, copy and restore of the types
 * in backup_types.h need, not what IAM returns byte for byte. An action that is missing here reads
 * as not allowed, never the other way round. Two are whole: all of AdministratorAccess and
 * AWSDenyAll is one statement. */

#include "engine/base/arena.h"

#define MANAGED_POLICY_BACKUP "AWSBackupServiceRolePolicyForBackup"
#define MANAGED_POLICY_S3_BACKUP "AWSBackupServiceRolePolicyForS3Backup"
#define MANAGED_POLICY_RESTORES "AWSBackupServiceRolePolicyForRestores"
#define MANAGED_POLICY_S3_RESTORE "AWSBackupServiceRolePolicyForS3Restore"
#define MANAGED_POLICY_BACKUP_LINKED "AWSBackupServiceLinkedRolePolicyForBackup"
#define MANAGED_POLICY_LAMBDA_BASIC "AWSLambdaBasicExecutionRole"
#define MANAGED_POLICY_ADMINISTRATOR "AdministratorAccess"
#define MANAGED_POLICY_DENY_ALL "AWSDenyAll"

struct managed_policy {
    const char *name;
    const char *path;    /* "/service-role/" */
    const char *version; /* of AWS's policy that the extract was made from: "v29" */
};

/* By bare name, or by ARN of any partition ("arn:aws:iam::aws:policy/service-role/..."); an ARN
 * with another path is unknown. NULL: unknown. */
const struct managed_policy *managed_policy_find(const char *policy_arn_or_name);

/* The document for the partition aws, and the same for another one. NULL: unknown. */
const char *managed_policy_document(const char *policy_arn_or_name);
const char *managed_policy_document_in(struct arena *arena, const char *policy_arn_or_name,
                                       const char *partition);

/* "arn:aws:iam::aws:policy/service-role/NAME" of a known policy; NULL: unknown. */
const char *managed_policy_arn(struct arena *arena, const char *name, const char *partition);
