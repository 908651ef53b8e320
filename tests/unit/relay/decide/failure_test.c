#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "relay/decide/failure.h"

/* As AWS writes them, with the names that people give to things. */
static const struct {
    const char *text;
    enum relay_failure failure;
} rows[] = {
    {"There are too many copy jobs running for resource arn:aws:rds:us-east-1:111122223333:db:x",
     RELAY_TRANSIENT},
    {"Copy job encountered a fatal error", RELAY_TRANSIENT},
    {"An internal error occurred", RELAY_TRANSIENT},
    {"Rate exceeded (Service: AmazonRDS; Status Code: 400; Error Code: Throttling; Request ID: 1)",
     RELAY_TRANSIENT},
    {"ThrottlingException: Rate exceeded", RELAY_TRANSIENT},
    {"The source snapshot KMS key [arn:aws:kms:us-east-2:111122223333:key/1] does not exist, is "
     "not "
     "enabled or you do not have permissions to access it.",
     RELAY_AMBIGUOUS},
    {"KMS key is either disabled or pending deletion or access to the KMS key is denied",
     RELAY_AMBIGUOUS},
    {"Given key ID is not accessible. You must have DescribeKey permissions on the default CMK.",
     RELAY_AMBIGUOUS},
    {"IAM Role arn:aws:iam::111122223333:role/copy cannot be assumed by AWS Backup",
     RELAY_AMBIGUOUS},
    {"Failed to unshare snapshot", RELAY_AMBIGUOUS},
    {"words that nobody has seen", RELAY_AMBIGUOUS},
    {"", RELAY_AMBIGUOUS},
    {NULL, RELAY_AMBIGUOUS},
    {"Access Denied trying to call AWS Backup service", RELAY_PERMANENT},
    {"Access denied exception while trying to list tags", RELAY_PERMANENT},
    {"Snapshots encrypted with the AWS managed key can't be shared", RELAY_PERMANENT},
    {"The destination Backup vault is encrypted with the default Backup service managed key. The "
     "KMS key must be a customer's",
     RELAY_PERMANENT},
    {"Both source and destination account must be a member of the same organization",
     RELAY_PERMANENT},
    {"Cross-account copy feature is not enabled for the current organization", RELAY_PERMANENT},
    {"Copy job failed. The retention specified in the job is not within the range specified for "
     "the target Backup Vault",
     RELAY_PERMANENT},
    {"Copy job from us-east-1 to us-west-2 cannot be initiated for Aurora resources. Feature is "
     "not supported for provided resource type.",
     RELAY_PERMANENT},
    {"The resultant tag set must not have more than 50 user tags", RELAY_PERMANENT},
    {"DBSnapshot not found (Service: AmazonRDS; Error Code: DBSnapshotNotFound)", RELAY_PERMANENT},
    /* names that hold the words of another row */
    {"User: arn:aws:sts::111122223333:assumed-role/internal/too-many is not authorized to perform: "
     "backup:CopyIntoBackupVault on resource: arn:aws:backup:us-east-2:1:backup-vault:throttled",
     RELAY_PERMANENT},
    {"Backup vault internal-fatal was not found", RELAY_PERMANENT},
    {"Access Denied by the policy of vault internal, which had an internal error", RELAY_PERMANENT},
    {"AccessDeniedException: internal", RELAY_PERMANENT},
    {"There are too many copy jobs running for resource notfound-unsupported", RELAY_TRANSIENT},
    {"An internal error occurred while copying accessdenied-assume", RELAY_TRANSIENT},
};

static void each_text_is_of_its_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (relay_failure_of(rows[i].text) != rows[i].failure)
            fail_msg("%s: %s", rows[i].text, relay_failure_name(relay_failure_of(rows[i].text)));
}

static void what_lasts_waits_longer_and_what_passes_not_at_all(void **state)
{
    (void)state;
    assert_int_equal(relay_failure_pause_ms(RELAY_TRANSIENT, 5), 0);
    assert_int_equal(relay_failure_pause_ms(RELAY_AMBIGUOUS, 1), HOUR_MS);
    assert_int_equal(relay_failure_pause_ms(RELAY_AMBIGUOUS, 3), 4 * HOUR_MS);
    assert_int_equal(relay_failure_pause_ms(RELAY_AMBIGUOUS, 100), DAY_MS);
    assert_int_equal(relay_failure_pause_ms(RELAY_PERMANENT, 1), DAY_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_of_its_class),
        cmocka_unit_test(what_lasts_waits_longer_and_what_passes_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
