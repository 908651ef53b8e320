/* Every line of eventual.inc, in AWS's own words, through a whole call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "providers/aws/faults.h"
#include "providers/fake_transport.h"

#define START_MS ((int64_t)1767225600000)
#define ACCOUNT "111122223333"
#define REFUSED_OFTEN 4

struct row {
    const struct aws_operation *operation;
    const char *code, *part;
    int64_t wait_ms;
};

static const struct row rows[] = {
#define EVENTUAL(operation, code, message, wait_ms) {&(operation), code, message, wait_ms},
#include "providers/aws/eventual.inc"
#undef EVENTUAL
};

#define ROLE "arn:aws:iam::111122223333:role/fresh"
#define BUSY                                                                                       \
    "The operation cannot be performed at this time. An update is in progress for resource: "      \
    "arn:aws:lambda:us-east-1:111122223333:function:relay"
#define PENDING                                                                                    \
    "The operation cannot be performed at this time. The function is currently in the following "  \
    "state: Pending"

/* What AWS says: one or more sentences for each line. */
static const struct {
    const struct aws_operation *operation;
    const char *code, *message;
} sentences[] = {
    {&backup_CreateBackupSelection, "InvalidParameterValueException",
     "IAM Role " ROLE " cannot be assumed by AWS Backup"},
    {&backup_CreateBackupSelection, "InvalidParameterValueException",
     "IAM Role " ROLE " is not authorized to call tag:GetResources"},
    {&backup_CreateRestoreTestingSelection, "InvalidParameterValueException",
     "IAM Role " ROLE " cannot be assumed by AWS Backup"},
    {&backup_PutBackupVaultAccessPolicy, "InvalidParameterValueException",
     "Provided principal is not valid"},
    {&kms_CreateKey, "MalformedPolicyDocumentException",
     "Policy contains a statement with one or more invalid principals."},
    {&kms_PutKeyPolicy, "MalformedPolicyDocumentException",
     "Policy contains a statement with one or more invalid principals."},
    {&iam_CreateRole, "MalformedPolicyDocument",
     "Invalid principal in policy: \"AWS\":\"" ROLE "\""},
    {&iam_UpdateAssumeRolePolicy, "MalformedPolicyDocument",
     "Invalid principal in policy: \"AWS\":\"" ROLE "\""},
    {&sns_CreateTopic, "InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound"},
    {&sns_SetTopicAttributes, "InvalidParameter",
     "Invalid parameter: Policy Error: PrincipalNotFound"},
    {&lambda_CreateFunction, "InvalidParameterValueException",
     "The role defined for the function cannot be assumed by Lambda."},
    {&lambda_CreateFunction, "InvalidParameterValueException",
     "The provided execution role does not have permissions to call SendMessage on SQS"},
    {&lambda_CreateFunction, "InvalidParameterValueException",
     "Lambda was unable to configure access to your environment variables because the KMS key is "
     "invalid for CreateGrant. Please check your KMS key settings. KMS Exception: "
     "InvalidArnException KMS Message: ARN does not refer to a valid principal"},
    {&lambda_UpdateFunctionConfiguration, "InvalidParameterValueException",
     "The role defined for the function cannot be assumed by Lambda."},
    {&lambda_UpdateFunctionConfiguration, "InvalidParameterValueException",
     "The provided execution role does not have permissions to call SendMessage on SQS"},
    {&lambda_UpdateFunctionConfiguration, "InvalidParameterValueException",
     "Lambda was unable to configure access to your environment variables because the KMS key is "
     "invalid for CreateGrant."},
    {&lambda_PutFunctionEventInvokeConfig, "InvalidParameterValueException",
     "The function's execution role does not have permissions to call SendMessage on "
     "arn:aws:sqs:us-east-1:111122223333:failed"},
    {&events_PutRule, "ValidationException",
     "Provided role '" ROLE "' cannot be assumed by principal 'events.amazonaws.com'."},
    {&events_PutTargets, "ValidationException",
     "Provided role '" ROLE "' cannot be assumed by principal 'events.amazonaws.com'."},
    {&s3_PutBucketPolicy, "MalformedPolicy", "Invalid principal in policy"},
    {&sqs_CreateQueue, "InvalidAttributeValue", "Invalid value for the parameter Policy."},
    {&sqs_SetQueueAttributes, "InvalidAttributeValue", "Invalid value for the parameter Policy."},
    {&backup_CreateBackupVault, "InvalidParameterValueException",
     "The specified KMS key arn:aws:kms:us-east-1:111122223333:key/1 does not exist, is not "
     "enabled or is in an invalid state"},
    {&kms_CreateAlias, "NotFoundException",
     "Key 'arn:aws:kms:us-east-1:111122223333:key/1' does not exist"},
    {&kms_UpdateAlias, "NotFoundException",
     "Key 'arn:aws:kms:us-east-1:111122223333:key/1' does not exist"},
    {&kms_EnableKeyRotation, "NotFoundException",
     "Key 'arn:aws:kms:us-east-1:111122223333:key/1' does not exist"},
    {&kms_DisableKeyRotation, "NotFoundException",
     "Key 'arn:aws:kms:us-east-1:111122223333:key/1' does not exist"},
    {&kms_DisableKey, "NotFoundException",
     "Key 'arn:aws:kms:us-east-1:111122223333:key/1' does not exist"},
    {&iam_PutRolePolicy, "NoSuchEntity", "The role with name fresh cannot be found."},
    {&iam_AttachRolePolicy, "NoSuchEntity", "The role with name fresh cannot be found."},
    {&lambda_AddPermission, "ResourceNotFoundException",
     "Function not found: arn:aws:lambda:us-east-1:111122223333:function:relay"},
    {&events_PutTargets, "ResourceNotFoundException",
     "Rule copies does not exist on EventBus default."},
    {&sqs_SetQueueAttributes, "QueueDoesNotExist", "The specified queue does not exist."},
    {&backup_DeleteBackupVault, "InvalidRequestException",
     "Backup vault cannot be deleted because it contains recovery points."},
    {&backup_DeleteBackupPlan, "InvalidRequestException",
     "Related backup plan selections must be deleted prior to backup plan deletion"},
    {&iam_DeleteRole, "DeleteConflict", "Cannot delete entity, must detach all policies first."},
    {&scheduler_CreateSchedule, "ValidationException",
     "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."},
    {&scheduler_UpdateSchedule, "ValidationException",
     "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."},
    {&organizations_DeletePolicy, "PolicyInUseException",
     "The policy is attached to one or more entities."},
    {&iam_DeletePolicy, "DeleteConflict", "Cannot delete a policy attached to entities."},
    {&events_DeleteRule, "ValidationException", "Rule can't be deleted since it has targets."},
    {&sqs_CreateQueue, "QueueDeletedRecently",
     "You must wait 60 seconds after deleting a queue before you can create another with the same "
     "name."},
    {&sqs_CreateQueue, "AWS.SimpleQueueService.QueueDeletedRecently",
     "You must wait 60 seconds after deleting a queue before you can create another with the same "
     "name."},
    {&lambda_UpdateFunctionCode, "ResourceConflictException", BUSY},
    {&lambda_UpdateFunctionCode, "ResourceConflictException", PENDING},
    {&lambda_UpdateFunctionConfiguration, "ResourceConflictException", BUSY},
    {&lambda_UpdateFunctionConfiguration, "ResourceConflictException", PENDING},
    {&lambda_PutFunctionConcurrency, "ResourceConflictException", BUSY},
    {&lambda_PutFunctionEventInvokeConfig, "ResourceConflictException", BUSY},
    {&lambda_DeleteFunction, "ResourceConflictException", BUSY},
    {&lambda_AddPermission, "ResourceConflictException", BUSY},
    {&lambda_RemovePermission, "ResourceConflictException", BUSY},
    {&backup_CreateLogicallyAirGappedBackupVault, "InvalidParameterValueException",
     "The specified KMS key does not exist or is not enabled"},
    {&backup_UpdateFramework, "ConflictException", "The framework is being created"},
    {&backup_DeleteFramework, "ConflictException", "The framework is being updated"},
    {&backup_UpdateReportPlan, "ConflictException", "The report plan is being created"},
    {&backup_DeleteReportPlan, "ConflictException", "The report plan is being updated"},
};

/* ---- one call, refused ---- */

struct world {
    struct arena *arena;
    struct diags diags;
    struct fake_transport *fake;
    struct loop *loop;
    size_t calls_before;
};

static void open_world(struct world *w)
{
    static const struct aws_account account = {
        .id = ACCOUNT, .name = "workload", .partition = "aws"};
    w->arena = arena_new();
    diags_init(&w->diags, w->arena);
    w->fake = fake_transport_new(w->arena, START_MS);
    w->loop = loop_new(fake_transport(w->fake), &w->diags);
    struct aws_options options = {
        .accounts = &account, .account_len = 1, .home_region = "us-east-1", .simulated = true};
    assert_true(aws_setup(w->arena, w->loop, &options, &w->diags));
    fake_when_contains(w->fake, "GetCallerIdentity",
                       (struct fake_answer){
                           .status = 200,
                           .body =
                               "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn</Arn>"
                               "<Account>" ACCOUNT "</Account>"
                               "</GetCallerIdentityResult></GetCallerIdentityResponse>"});
    assert_true(aws_verify_identities(w->loop, &w->diags));
    w->calls_before = fake_call_count(w->fake);
}

static void close_world(struct world *w)
{
    loop_free(w->loop);
    arena_free(w->arena);
}

static const char *quoted(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, 2 * strlen(text) + 1), *to = out;
    for (; *text; text++) {
        if (*text == '"')
            *to++ = '\\';
        *to++ = *text;
    }
    return out;
}

static void refuse(struct world *w, const struct aws_operation *operation, const char *code,
                   const char *message, int times)
{
    enum wire wire = operation->api->wire;
    const char *body =
        wire == WIRE_QUERY
            ? arena_printf(w->arena,
                           "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s"
                           "</Message></Error><RequestId>r</RequestId></ErrorResponse>",
                           code, message)
        : wire == WIRE_REST_XML
            ? arena_printf(w->arena, "<Error><Code>%s</Code><Message>%s</Message></Error>", code,
                           message)
            : arena_printf(w->arena, "{\"__type\":\"%s\",\"message\":\"%s\"}", code,
                           quoted(w->arena, message));
    fake_when(w->fake, "", (struct fake_answer){.status = 400, .body = body, .times = times});
}

static void accept(struct world *w, const struct aws_operation *operation)
{
    const char *name = operation->name;
    enum wire wire = operation->api->wire;
    const char *body =
        wire == WIRE_QUERY
            ? arena_printf(w->arena, "<%sResponse><%sResult></%sResult></%sResponse>", name, name,
                           name, name)
        : wire == WIRE_REST_XML ? ""
                                : "{}";
    fake_when(w->fake, "", (struct fake_answer){.status = 200, .body = body});
}

struct outcome {
    enum fault fault;
    size_t calls;
    int64_t took_ms;
    bool ended;
    struct world *world;
};

static void keep(void *ctx, const struct response *rs)
{
    struct outcome *outcome = ctx;
    outcome->fault = rs->fault;
    outcome->took_ms = loop_now_ms(outcome->world->loop) - START_MS;
    outcome->ended = true;
}

/* A value for each {label} of the URI. */
static const struct value *labels_of(struct arena *arena, const char *uri)
{
    struct map_builder labels = map_begin(arena);
    for (const char *open; (open = strchr(uri, '{')); uri = strchr(open, '}') + 1)
        map_put_str(&labels, arena_strndup(arena, open + 1, strcspn(open + 1, "}")), "x");
    return map_end(&labels);
}

static struct outcome outcome_of(struct world *w, const struct aws_operation *operation)
{
    struct outcome outcome = {.world = w};
    struct aws_call_spec spec = {.operation = operation,
                                 .account_id = ACCOUNT,
                                 .region = "us-east-1",
                                 .labels = labels_of(w->arena, operation->uri)};
    aws_call(w->loop, &spec, keep, &outcome);
    while (loop_turn(w->loop)) {
    }
    assert_true(outcome.ended);
    outcome.calls = fake_call_count(w->fake) - w->calls_before;
    return outcome;
}

/* ---- the lines ---- */

static bool says(size_t sentence, const struct row *row)
{
    return sentences[sentence].operation == row->operation &&
           str_eq(sentences[sentence].code, row->code) &&
           strstr(sentences[sentence].message, row->part);
}

static const char *sentence_of(const struct row *row)
{
    for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
        if (says(i, row))
            return sentences[i].message;
    fail_msg("%s %s \"%s\" has no sentence of AWS's in this test", row->operation->name, row->code,
             row->part);
    return NULL;
}

static void every_sentence_belongs_to_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sentences); i++) {
        bool found = false;
        for (size_t k = 0; k < ARRAY_LEN(rows); k++)
            found = found || says(i, &rows[k]);
        if (!found)
            fail_msg("%s: no line takes \"%s\"", sentences[i].operation->name,
                     sentences[i].message);
    }
}

static void every_line_is_waited_out_in_awss_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        open_world(&w);
        refuse(&w, rows[i].operation, rows[i].code, sentence_of(&rows[i]), REFUSED_OFTEN);
        accept(&w, rows[i].operation);
        struct outcome outcome = outcome_of(&w, rows[i].operation);
        if (outcome.fault != FAULT_NONE || outcome.calls != REFUSED_OFTEN + 1)
            fail_msg("%s %s: fault %d after %zu calls", rows[i].operation->name, rows[i].code,
                     (int)outcome.fault, outcome.calls);
        assert_true(outcome.took_ms > 2000); /* it waited between them */
        close_world(&w);
    }
}

static void every_line_is_given_up_at_its_bound(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        open_world(&w);
        refuse(&w, rows[i].operation, rows[i].code, sentence_of(&rows[i]), 0);
        struct outcome outcome = outcome_of(&w, rows[i].operation);
        if (outcome.fault == FAULT_NONE || outcome.took_ms > rows[i].wait_ms ||
            outcome.took_ms < rows[i].wait_ms - 10000)
            fail_msg("%s %s: fault %d after %lld of %lld ms", rows[i].operation->name, rows[i].code,
                     (int)outcome.fault, (long long)outcome.took_ms, (long long)rows[i].wait_ms);
        close_world(&w);
    }
}

static void other_words_are_final_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool any_words = !rows[i].part[0];
        struct world w;
        open_world(&w);
        refuse(&w, rows[i].operation, any_words ? "SomethingElse" : rows[i].code,
               "1 validation error detected", 0);
        struct outcome outcome = outcome_of(&w, rows[i].operation);
        if (outcome.fault == FAULT_NONE || outcome.calls != 1)
            fail_msg("%s %s: fault %d after %zu calls", rows[i].operation->name, rows[i].code,
                     (int)outcome.fault, outcome.calls);
        close_world(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sentence_belongs_to_a_line),
        cmocka_unit_test(every_line_is_waited_out_in_awss_words),
        cmocka_unit_test(every_line_is_given_up_at_its_bound),
        cmocka_unit_test(other_words_are_final_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
