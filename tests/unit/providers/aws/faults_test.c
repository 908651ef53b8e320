#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "providers/aws/faults.h"

static void each_code_is_classified_as_its_service_means_it(void **state)
{
    (void)state;
    static const struct {
        const char *service, *code;
        int status;
        enum fault fault;
    } cases[] = {
        {"backup", NULL, 200, FAULT_NONE},
        {"backup", "ResourceNotFoundException", 400, FAULT_NOT_FOUND},
        {"backup", "ResourceNotFoundException", 404, FAULT_NOT_FOUND},
        {"backup", "AlreadyExistsException", 400, FAULT_CONFLICT},
        {"backup", "InvalidParameterValueException", 400, FAULT_INVALID},
        {"backup", "InvalidRequestException", 400, FAULT_INVALID},
        {"backup", "AccessDeniedException", 403, FAULT_DENIED},
        {"backup", "ServiceUnavailableException", 500, FAULT_TRANSIENT},
        {"backup", "ThrottlingException", 400, FAULT_THROTTLED},
        /* a throttle for the SDKs, a quota for these services */
        {"backup", "LimitExceededException", 400, FAULT_QUOTA},
        {"kms", "LimitExceededException", 400, FAULT_QUOTA},
        {"iam", "LimitExceeded", 409, FAULT_QUOTA},
        {"kms", "NotFoundException", 400, FAULT_NOT_FOUND},
        {"kms", "KMSInternalException", 500, FAULT_TRANSIENT},
        {"kms", "MalformedPolicyDocumentException", 400, FAULT_INVALID},
        {"iam", "NoSuchEntity", 404, FAULT_NOT_FOUND},
        {"iam", "EntityAlreadyExists", 409, FAULT_CONFLICT},
        {"iam", "DeleteConflict", 409, FAULT_CONFLICT},
        {"iam", "ConcurrentModification", 409, FAULT_TRANSIENT},
        {"iam", "Throttling", 400, FAULT_THROTTLED},
        {"sts", "AccessDenied", 403, FAULT_DENIED},
        {"sts", "ExpiredToken", 403, FAULT_DENIED},
        {"lambda", "ResourceConflictException", 409, FAULT_CONFLICT},
        {"lambda", "TooManyRequestsException", 429, FAULT_THROTTLED},
        {"lambda", "ServiceException", 500, FAULT_TRANSIENT},
        {"lambda", "PreconditionFailedException", 412, FAULT_CONFLICT},
        {"events", "ConcurrentModificationException", 400, FAULT_TRANSIENT},
        {"events", "ManagedRuleException", 400, FAULT_DENIED},
        {"sqs", "QueueDoesNotExist", 400, FAULT_NOT_FOUND},
        {"sqs", "AWS.SimpleQueueService.NonExistentQueue", 400, FAULT_NOT_FOUND},
        {"logs", "ResourceAlreadyExistsException", 400, FAULT_CONFLICT},
        {"logs", "OperationAbortedException", 400, FAULT_TRANSIENT},
        {"organizations", "AWSOrganizationsNotInUseException", 400, FAULT_NOT_FOUND},
        {"rds", "DBInstanceNotFound", 404, FAULT_NOT_FOUND},
        /* codes that no table knows go by the status */
        {"backup", "Brand.New", 400, FAULT_INVALID},
        {"backup", "Brand.New", 403, FAULT_DENIED},
        {"backup", "Brand.New", 404, FAULT_NOT_FOUND},
        {"backup", "Brand.New", 409, FAULT_CONFLICT},
        {"backup", "Brand.New", 429, FAULT_THROTTLED},
        {"backup", "Brand.New", 502, FAULT_TRANSIENT},
        /* no code: a proxy may have said so, and its 404 says nothing about the object */
        {"backup", NULL, 404, FAULT_UNKNOWN},
        {"backup", NULL, 301, FAULT_UNKNOWN},
        {"backup", NULL, 503, FAULT_TRANSIENT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum fault fault = fault_of(cases[i].service, cases[i].code, cases[i].status);
        if (fault != cases[i].fault)
            fail_msg("%s %s %d: fault %d", cases[i].service,
                     cases[i].code ? cases[i].code : "(none)", cases[i].status, (int)fault);
    }
}

static void only_listed_refusals_are_waited_out(void **state)
{
    (void)state;
    static const char code[] = "InvalidParameterValueException";
    static const char cannot[] = "IAM Role x cannot be assumed by AWS Backup";
    assert_int_equal(eventual_wait_ms(&backup_CreateBackupSelection, code, cannot), 120000);
    assert_int_equal(eventual_wait_ms(&backup_CreateBackupSelection, code, "bad name"), 0);
    assert_int_equal(eventual_wait_ms(&backup_CreateBackupSelection, "Other", cannot), 0);
    assert_int_equal(eventual_wait_ms(&backup_CreateBackupPlan, code, cannot), 0);
    assert_int_equal(eventual_wait_ms(&backup_CreateBackupSelection, code, NULL), 0);
    assert_int_equal(eventual_wait_ms(&backup_CreateBackupSelection, NULL, NULL), 0);
    assert_int_equal(eventual_wait_ms(&iam_DeleteRole, "DeleteConflict", NULL), 30000);
}

static void no_wait_is_longer_than_five_minutes(void **state)
{
    (void)state;
#define EVENTUAL(operation, code, message, wait_ms)                                                \
    assert_in_range(eventual_wait_ms(&operation, code, message), 1000, 300000);
#include "providers/aws/eventual.inc"
#undef EVENTUAL
}

static void each_line_of_the_table_is_reached(void **state)
{
    (void)state;
    static const struct {
        const char *service, *code;
        enum fault fault;
    } rows[] = {
#define FAULT(service, code, fault) {service, code, fault},
#include "providers/aws/faults.inc"
#undef FAULT
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *service = rows[i].service[0] == '*' ? "any" : rows[i].service;
        if (fault_of(service, rows[i].code, 400) != rows[i].fault)
            fail_msg("%s %s: another line stands before it", rows[i].service, rows[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_is_classified_as_its_service_means_it),
        cmocka_unit_test(each_line_of_the_table_is_reached),
        cmocka_unit_test(only_listed_refusals_are_waited_out),
        cmocka_unit_test(no_wait_is_longer_than_five_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
