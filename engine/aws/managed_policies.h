#pragma once
/* The AWS managed policies that the backup path meets, as IAM policy documents (JSON). They are
 * extracts: the statements that matter for backup and copy of the types in backup_types.h, in the
 * order of this program, not byte for byte what IAM returns. An action that is missing here reads
 * as not allowed, never the other way round. */

#include <stddef.h>

#define MANAGED_POLICY_BACKUP "AWSBackupServiceRolePolicyForBackup"
#define MANAGED_POLICY_RESTORES "AWSBackupServiceRolePolicyForRestores"
#define MANAGED_POLICY_BACKUP_LINKED "AWSBackupServiceLinkedRolePolicyForBackup"
#define MANAGED_POLICY_LAMBDA_BASIC "AWSLambdaBasicExecutionRole"

struct managed_policy {
    const char *name;
    const char *path;    /* "/service-role/" */
    const char *version; /* the version of AWS's policy that the extract was made from: "v29" */
    const char *file;    /* in engine/aws/managed_policies/ */
};

/* By bare name or by ARN of any partition ("arn:aws:iam::aws:policy/service-role/..."). An ARN
 * with the wrong path is unknown. NULL: unknown. */
const struct managed_policy *managed_policy_find(const char *policy_arn_or_name);
const char *managed_policy_document(const char *policy_arn_or_name);
