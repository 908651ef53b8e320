#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/diag.h"
#include "providers/aws/aws.h"
#include "providers/aws/session.h"
#include "providers/fake_transport.h"

#define START_MS ((int64_t)1767225600000)
#define ACCOUNT "111122223333"

#define IDENTITY_OF(id)                                                                            \
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"              \
    "<GetCallerIdentityResult><Arn>arn:aws:iam::" id ":root</Arn><UserId>" id "</UserId>"          \
    "<Account>" id "</Account></GetCallerIdentityResult>"                                          \
    "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"

struct world {
    struct arena *arena;
    struct diags diags;
    struct fake_transport *fake;
    struct loop *loop;
};

static struct world *set_up_world(const struct aws_account *accounts, size_t len)
{
    struct arena *arena = arena_new();
    struct world *w = arena_new_of(arena, struct world);
    w->arena = arena;
    diags_init(&w->diags, arena);
    w->fake = fake_transport_new(arena, START_MS);
    w->loop = loop_new(fake_transport(w->fake), &w->diags);
    struct aws_options options = {
        .accounts = accounts, .account_len = len, .home_region = "us-east-2", .simulated = true};
    assert_true(aws_setup(arena, w->loop, &options, &w->diags));
    return w;
}

static int set_up(void **state)
{
    static const struct aws_account account = {
        .id = ACCOUNT, .name = "workload", .partition = "aws", .pos = {1, 4, 3}};
    struct world *w = set_up_world(&account, 1);
    fake_when_contains(w->fake, "GetCallerIdentity",
                       (struct fake_answer){.status = 200, .body = IDENTITY_OF(ACCOUNT)});
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    assert_null(fake_unmatched(w->fake));
    loop_free(w->loop);
    arena_free(w->arena);
    return 0;
}

static void run(struct world *w)
{
    for (int i = 0; i < 100000 && loop_turn(w->loop); i++) {
    }
}

struct got {
    struct arena *arena;
    int times;
    struct response rs;
    int64_t at_ms;
    struct loop *loop;
};

static void keep(void *ctx, const struct response *rs)
{
    struct got *got = ctx;
    got->times++;
    got->rs = *rs;
    got->rs.code = arena_strdup(got->arena, rs->code);
    got->rs.message = arena_strdup(got->arena, rs->message);
    got->rs.request_id = arena_strdup(got->arena, rs->request_id);
    got->rs.body = value_copy(got->arena, rs->body);
    got->at_ms = loop_now_ms(got->loop);
}

static struct got call(struct world *w, const struct aws_operation *operation, const char *label,
                       const char *value, bool all_pages)
{
    struct got got = {.arena = w->arena, .loop = w->loop};
    struct map_builder labels = map_begin(w->arena);
    if (label)
        map_put_str(&labels, label, value);
    struct aws_call_spec spec = {.operation = operation,
                                 .account_id = ACCOUNT,
                                 .region = "us-east-1",
                                 .labels = map_end(&labels),
                                 .all_pages = all_pages};
    aws_call(w->loop, &spec, keep, &got);
    assert_int_equal(got.times, 0); /* never before the caller has returned */
    run(w);
    assert_int_equal(got.times, 1);
    return got;
}

static struct got describe_vault(struct world *w)
{
    return call(w, &backup_DescribeBackupVault, "backupVaultName", "final", false);
}

static void a_call_is_signed_for_its_account_service_and_region(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 200, .body = "{\"BackupVaultName\":\"final\"}"});
    struct got got = describe_vault(w);
    assert_int_equal(got.rs.fault, FAULT_NONE);
    assert_string_equal(value_get_str(got.rs.body, "BackupVaultName"), "final");
    const struct fake_call *sent = fake_call(w->fake, 1);
    assert_string_equal(sent->base_url, "https://backup.us-east-1.amazonaws.com");
    const char *authorization = fake_call_header(sent, "authorization");
    assert_non_null(
        strstr(authorization, "Credential=" ACCOUNT "/20260101/us-east-1/backup/aws4_request"));
    assert_string_equal(fake_call_header(sent, "host"), "backup.us-east-1.amazonaws.com");
    assert_string_equal(fake_call_header(sent, "x-amz-date"), "20260101T000000Z");
}

static void labels_are_encoded_as_one_segment(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /tags/arn%3Aaws%3Ards%3Aus-east-1%3A1%3Asnapshot%2Fx/",
              (struct fake_answer){.status = 200, .body = "{\"Tags\":{}}"});
    struct got got =
        call(w, &backup_ListTags, "resourceArn", "arn:aws:rds:us-east-1:1:snapshot/x", false);
    assert_int_equal(got.rs.fault, FAULT_NONE);
}

static void transient_faults_are_repeated_with_backoff_and_then_given_up(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 503, .body = "{}", .times = 2});
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 200, .body = "{}", .times = 1});
    fake_when(w->fake, "GET /backup-vaults/final", (struct fake_answer){.status = 503});
    assert_int_equal(describe_vault(w).rs.fault, FAULT_NONE);
    assert_int_equal(fake_call_count(w->fake), 1 + 3);
    struct got got = describe_vault(w);
    assert_int_equal(got.rs.fault, FAULT_TRANSIENT);
    assert_string_equal(got.rs.code, "HTTP 503");
    assert_int_equal(fake_call_count(w->fake), 1 + 3 + 6);
    assert_true(got.at_ms < START_MS + MINUTE_MS);
}

static void a_throttled_call_is_repeated_and_its_bucket_slows_down(void **state)
{
    struct world *w = *state;
    struct http_header type = {"X-Amzn-ErrorType", "ThrottlingException"};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){
                  .status = 400, .body = "{}", .headers = &type, .header_len = 1, .times = 3});
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 200, .body = "{}"});
    struct got got = describe_vault(w);
    assert_int_equal(got.rs.fault, FAULT_NONE);
    assert_true(got.at_ms >= START_MS + 1000); /* half a call a second */
    int64_t before_ms = got.at_ms;
    assert_true(describe_vault(w).at_ms > before_ms);
}

static void throttling_without_end_is_reported(void **state)
{
    struct world *w = *state;
    struct http_header type = {"X-Amzn-ErrorType", "ThrottlingException"};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 400, .headers = &type, .header_len = 1});
    struct got got = describe_vault(w);
    assert_int_equal(got.rs.fault, FAULT_THROTTLED);
    assert_int_equal(response_diag_code(&got.rs), E_THROTTLED);
    assert_int_equal(fake_call_count(w->fake), 1 + 12);
}

static void a_server_is_left_alone_as_long_as_it_asks(void **state)
{
    struct world *w = *state;
    struct http_header seconds[] = {{"X-Amzn-ErrorType", "ThrottlingException"},
                                    {"Retry-After", "90"}};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){
                  .status = 400, .body = "{}", .headers = seconds, .header_len = 2, .times = 1});
    struct http_header date = {"retry-after", "Thu, 01 Jan 2026 00:05:00 GMT"};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){
                  .status = 503, .body = "{}", .headers = &date, .header_len = 1, .times = 1});
    struct http_header nonsense = {"retry-after", "soon"};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){
                  .status = 503, .body = "{}", .headers = &nonsense, .header_len = 1, .times = 1});
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 200, .body = "{}"});
    struct got got = describe_vault(w);
    assert_int_equal(got.rs.fault, FAULT_NONE);
    assert_in_range(fake_call(w->fake, 2)->at_ms, START_MS + 90000, START_MS + 92000);
    assert_in_range(fake_call(w->fake, 3)->at_ms, START_MS + 5 * MINUTE_MS,
                    START_MS + 5 * MINUTE_MS + 2000);
    assert_in_range(got.at_ms, START_MS + 5 * MINUTE_MS, START_MS + 5 * MINUTE_MS + 4000);
}

static void nobody_waits_longer_than_ten_minutes_for_one_call(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *asked;
        size_t calls;
    } cases[] = {{"150", 5}, {"601", 1}, {"99999999999999999", 1}, {"-5", 6}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_header header = {"Retry-After", cases[i].asked};
        size_t before = i ? fake_call_count(w->fake) : 1;
        fake_when(w->fake, "GET /backup-vaults/final",
                  (struct fake_answer){.status = 503,
                                       .body = "{}",
                                       .headers = &header,
                                       .header_len = 1,
                                       .times = (int)cases[i].calls});
        int64_t began_ms = loop_now_ms(w->loop);
        struct got got = describe_vault(w);
        assert_int_equal(got.rs.fault, FAULT_TRANSIENT);
        assert_int_equal(fake_call_count(w->fake) - before, cases[i].calls);
        assert_true(got.at_ms - began_ms <= 10 * MINUTE_MS);
    }
}

static void lost_connections_and_refused_ones_are_told_apart(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.error = "reset", .maybe_sent = true, .times = 6});
    fake_when(w->fake, "GET /backup-vaults/final", (struct fake_answer){.error = "refused"});
    struct got got = describe_vault(w);
    assert_string_equal(got.rs.code, CODE_LOST);
    assert_int_equal(got.rs.fault, FAULT_TRANSIENT);
    got = describe_vault(w);
    assert_string_equal(got.rs.code, CODE_UNREACHABLE);
    assert_int_equal(response_diag_code(&got.rs), E_UNREACHABLE);
    assert_int_equal(fake_call_count(w->fake), 1 + 6 + 3);
}

static void what_takes_a_minute_is_asked_twice(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.error = "too slow", .maybe_sent = true, .timed_out = true});
    struct got got = describe_vault(w);
    assert_string_equal(got.rs.code, CODE_TIMEOUT);
    assert_int_equal(fake_call_count(w->fake), 1 + 2);
}

static void an_answer_without_end_is_final_and_named_by_its_request_id(void **state)
{
    struct world *w = *state;
    struct http_header id = {"x-amzn-RequestId", "r-7"};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.error = "the answer is longer than 64 MiB",
                                   .maybe_sent = true,
                                   .unusable = true,
                                   .headers = &id,
                                   .header_len = 1});
    struct got got = describe_vault(w);
    assert_int_equal(response_diag_code(&got.rs), E_BAD_ANSWER);
    assert_string_equal(got.rs.request_id, "r-7");
    assert_non_null(strstr(got.rs.message, "64 MiB"));
    assert_int_equal(fake_call_count(w->fake), 1 + 1);
}

static void create_key_is_never_sent_twice_once_it_may_have_run(void **state)
{
    struct world *w = *state;
    fake_when_contains(w->fake, "TrentService.CreateKey",
                       (struct fake_answer){.error = "refused", .times = 1});
    fake_when_contains(w->fake, "TrentService.CreateKey",
                       (struct fake_answer){.error = "reset", .maybe_sent = true});
    struct got got = call(w, &kms_CreateKey, NULL, NULL, false);
    assert_int_equal(got.rs.fault, FAULT_TRANSIENT);
    assert_int_equal(fake_call_count(w->fake), 1 + 2);
}

static void eventual_consistency_is_waited_out_but_not_for_ever(void **state)
{
    struct world *w = *state;
    static const char refused[] =
        "{\"__type\":\"MalformedPolicyDocumentException\",\"message\":\"Policy contains a "
        "statement with one or more invalid principals.\"}";
    fake_when_contains(w->fake, "TrentService.PutKeyPolicy",
                       (struct fake_answer){.status = 400, .body = refused, .times = 4});
    fake_when_contains(w->fake, "TrentService.PutKeyPolicy",
                       (struct fake_answer){.status = 200, .body = "{}", .times = 1});
    fake_when_contains(w->fake, "TrentService.PutKeyPolicy",
                       (struct fake_answer){.status = 400, .body = refused});
    struct got got = call(w, &kms_PutKeyPolicy, NULL, NULL, false);
    assert_int_equal(got.rs.fault, FAULT_NONE);
    assert_true(got.at_ms > START_MS + 3000);
    int64_t before_ms = got.at_ms;
    got = call(w, &kms_PutKeyPolicy, NULL, NULL, false);
    assert_int_equal(got.rs.fault, FAULT_INVALID);
    assert_true(got.at_ms - before_ms <= 120000);
    assert_true(got.at_ms - before_ms > 100000);
}

static void other_refusals_of_the_same_operation_are_final_at_once(void **state)
{
    struct world *w = *state;
    fake_when_contains(
        w->fake, "TrentService.PutKeyPolicy",
        (struct fake_answer){.status = 400,
                             .body = "{\"__type\":\"MalformedPolicyDocumentException\","
                                     "\"message\":\"This policy contains invalid Json\"}"});
    struct got got = call(w, &kms_PutKeyPolicy, NULL, NULL, false);
    assert_int_equal(got.rs.fault, FAULT_INVALID);
    assert_string_equal(got.rs.code, "MalformedPolicyDocumentException");
    assert_int_equal(fake_call_count(w->fake), 2);
}

static void pages_of_a_list_come_as_one(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/",
              (struct fake_answer){.status = 200,
                                   .body = "{\"BackupVaultList\":[{\"n\":1},{\"n\":2}],"
                                           "\"NextToken\":\"t/1\"}",
                                   .times = 1});
    fake_when(w->fake, "GET /backup-vaults/",
              (struct fake_answer){
                  .status = 200, .body = "{\"BackupVaultList\":[{\"n\":3}]}", .times = 1});
    struct got got = call(w, &backup_ListBackupVaults, NULL, NULL, true);
    assert_int_equal(value_len(value_get(got.rs.body, "BackupVaultList")), 3);
    assert_string_equal(fake_call(w->fake, 1)->query, "");
    assert_string_equal(fake_call(w->fake, 2)->query, "nextToken=t%2F1");
}

static void pages_of_the_query_protocol_send_their_marker_in_the_form(void **state)
{
    struct world *w = *state;
    fake_when_contains(w->fake, "Marker=m1",
                       (struct fake_answer){
                           .status = 200,
                           .body = "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames>"
                                   "<member>b</member></PolicyNames><IsTruncated>false"
                                   "</IsTruncated></ListRolePoliciesResult>"
                                   "</ListRolePoliciesResponse>"});
    fake_when_contains(w->fake, "ListRolePolicies",
                       (struct fake_answer){
                           .status = 200,
                           .body = "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames>"
                                   "<member>a</member></PolicyNames><IsTruncated>true"
                                   "</IsTruncated><Marker>m1</Marker></ListRolePoliciesResult>"
                                   "</ListRolePoliciesResponse>"});
    struct got got = call(w, &iam_ListRolePolicies, NULL, NULL, true);
    const struct value *names = value_get(got.rs.body, "PolicyNames");
    assert_int_equal(value_len(names), 2);
    assert_string_equal(value_str(value_item(names, 1)), "b");
    assert_string_equal(fake_call(w->fake, 1)->base_url, "https://iam.amazonaws.com");
}

static void maps_are_paged_too(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /tags/",
              (struct fake_answer){.status = 200,
                                   .body = "{\"Tags\":{\"a\":\"1\"},\"NextToken\":\"x\"}",
                                   .times = 1});
    fake_when(w->fake, "GET /tags/",
              (struct fake_answer){.status = 200, .body = "{\"Tags\":{\"b\":\"2\"}}"});
    struct got got = call(w, &backup_ListTags, "resourceArn", "arn", true);
    assert_int_equal(value_len(value_get(got.rs.body, "Tags")), 2);
}

static void a_list_that_repeats_its_token_is_refused(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/",
              (struct fake_answer){.status = 200,
                                   .body = "{\"BackupVaultList\":[],\"NextToken\":\"same\"}"});
    struct got got = call(w, &backup_ListBackupVaults, NULL, NULL, true);
    assert_string_equal(got.rs.code, CODE_BAD_ANSWER);
    assert_int_equal(fake_call_count(w->fake), 1 + 2);
}

static void a_list_whose_tokens_go_round_is_refused(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 100; i++) /* five pages that follow each other for ever */
        fake_when(w->fake, "GET /backup-vaults/",
                  (struct fake_answer){.status = 200,
                                       .body = arena_printf(w->arena,
                                                            "{\"BackupVaultList\":[],"
                                                            "\"NextToken\":\"t%d\"}",
                                                            i % 5),
                                       .times = 1});
    struct got got = call(w, &backup_ListBackupVaults, NULL, NULL, true);
    assert_string_equal(got.rs.code, CODE_BAD_ANSWER);
    assert_true(fake_call_count(w->fake) < 1 + 20);
}

static void a_list_of_ever_new_tokens_and_nothing_else_is_refused(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 200; i++)
        fake_when(w->fake, "GET /backup-vaults/",
                  (struct fake_answer){.status = 200,
                                       .body = arena_printf(w->arena,
                                                            "{\"BackupVaultList\":[],"
                                                            "\"NextToken\":\"t%d\"}",
                                                            i),
                                       .times = 1});
    struct got got = call(w, &backup_ListBackupVaults, NULL, NULL, true);
    assert_string_equal(got.rs.code, CODE_BAD_ANSWER);
    assert_true(fake_call_count(w->fake) < 1 + 110);
}

static void a_list_longer_than_is_taken_is_refused(void **state)
{
    struct world *w = *state;
    aws_of(w->loop)->list_bytes_max = 1000;
    for (int i = 0; i < 100; i++)
        fake_when(w->fake, "GET /backup-vaults/",
                  (struct fake_answer){.status = 200,
                                       .body = arena_printf(w->arena,
                                                            "{\"BackupVaultList\":[],\"a\":"
                                                            "\"%0100d\",\"NextToken\":\"t%d\"}",
                                                            0, i),
                                       .times = 1});
    struct got got = call(w, &backup_ListBackupVaults, NULL, NULL, true);
    assert_string_equal(got.rs.code, CODE_BAD_ANSWER);
    assert_true(fake_call_count(w->fake) < 1 + 10);
}

static void a_token_longer_than_is_taken_is_refused(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/",
              (struct fake_answer){.status = 200,
                                   .body = arena_printf(w->arena,
                                                        "{\"BackupVaultList\":[],"
                                                        "\"NextToken\":\"%0100000d\"}",
                                                        1)});
    struct got got = call(w, &backup_ListBackupVaults, NULL, NULL, true);
    assert_string_equal(got.rs.code, CODE_BAD_ANSWER);
    assert_int_equal(fake_call_count(w->fake), 1 + 1);
}

static void a_label_that_an_answer_did_not_give_ends_the_call(void **state)
{
    struct world *w = *state;
    const char *const labels[] = {NULL, "", arena_printf(w->arena, "%070000d", 1)};
    assert_true(aws_verify_identities(w->loop, &w->diags));
    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        struct got got = call(w, &backup_DescribeBackupVault, labels[i] ? "backupVaultName" : NULL,
                              labels[i], false);
        assert_int_equal(response_diag_code(&got.rs), E_BAD_ANSWER);
        assert_non_null(strstr(got.rs.message, "backupVaultName"));
    }
    assert_int_equal(fake_call_count(w->fake), 1);
}

static void each_kind_of_fault_has_its_own_attempts(void **state)
{
    struct world *w = *state;
    struct http_header type = {"X-Amzn-ErrorType", "ThrottlingException"};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){
                  .status = 400, .body = "{}", .headers = &type, .header_len = 1, .times = 7});
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 503, .body = "{}", .times = 5});
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){
                  .status = 400, .body = "{}", .headers = &type, .header_len = 1, .times = 4});
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 200, .body = "{}"});
    assert_int_equal(describe_vault(w).rs.fault, FAULT_NONE);
}

/* Two hours ahead of the test's clock. */
#define AWS_DATE "Thu, 01 Jan 2026 02:00:00 GMT"

static void refuse_the_time(struct world *w, const char *code, const char *message, int times)
{
    struct http_header *headers = arena_array(w->arena, 2, sizeof(*headers));
    headers[0] = (struct http_header){"x-amzn-ErrorType", code};
    headers[1] = (struct http_header){"Date", AWS_DATE};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 403,
                                   .body = arena_printf(w->arena, "{\"message\":\"%s\"}", message),
                                   .headers = headers,
                                   .header_len = 2,
                                   .times = times});
}

static void a_skewed_clock_is_corrected_from_the_answers_date(void **state)
{
    static const struct {
        const char *code, *message;
        bool skewed;
    } refusals[] = {
        {"InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier", true},
        {"InvalidSignatureException", "Signature not yet current: 20260101T000000Z", true},
        {"SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier", true},
        {"RequestTimeTooSkewed", "The difference between the times is too large.", true},
        {"RequestExpired", "Request has expired.", true},
        {"RequestInTheFuture", "The request is dated in the future.", true},
        {"InvalidSignatureException", "The signature does not match.", false},
        {"SignatureDoesNotMatch", "The signature does not match.", false},
        {"AccessDeniedException", "Signature expired: of another kind", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        void *fresh = NULL;
        set_up(&fresh);
        struct world *w = fresh;
        refuse_the_time(w, refusals[i].code, refusals[i].message, 1);
        fake_when(w->fake, "GET /backup-vaults/final",
                  (struct fake_answer){.status = 200, .body = "{}"});
        assert_int_equal(describe_vault(w).rs.fault,
                         refusals[i].skewed ? FAULT_NONE : FAULT_DENIED);
        assert_int_equal(fake_call_count(w->fake), refusals[i].skewed ? 3 : 2);
        if (refusals[i].skewed) {
            assert_string_equal(fake_call_header(fake_call(w->fake, 1), "x-amz-date"),
                                "20260101T000000Z");
            assert_string_equal(fake_call_header(fake_call(w->fake, 2), "x-amz-date"),
                                "20260101T020000Z");
        }
        tear_down(&fresh);
    }
}

static void a_clock_is_corrected_once_in_a_call_and_stays_corrected(void **state)
{
    struct world *w = *state;
    refuse_the_time(w, "RequestTimeTooSkewed", "too far", 2);
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 200, .body = "{}"});
    assert_int_equal(describe_vault(w).rs.fault, FAULT_DENIED);
    assert_int_equal(fake_call_count(w->fake), 3);
    assert_int_equal(describe_vault(w).rs.fault, FAULT_NONE);
    assert_int_equal(fake_call_count(w->fake), 4);
    assert_string_equal(fake_call_header(fake_call(w->fake, 3), "x-amz-date"), "20260101T020000Z");
}

static void a_refused_time_without_a_date_is_final(void **state)
{
    struct world *w = *state;
    struct http_header type = {"x-amzn-ErrorType", "RequestTimeTooSkewed"};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 403, .body = "{}", .headers = &type, .header_len = 1});
    assert_int_equal(describe_vault(w).rs.fault, FAULT_DENIED);
    assert_int_equal(fake_call_count(w->fake), 2);
}

static void an_answer_in_other_words_than_awss_is_a_bad_answer(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 404, .body = "<html>not here</html>"});
    struct got got = describe_vault(w);
    assert_int_equal(got.rs.fault, FAULT_UNKNOWN); /* never NOT_FOUND: nobody said so */
    assert_int_equal(response_diag_code(&got.rs), E_BAD_ANSWER);
}

static void secrets_in_messages_of_aws_are_redacted(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 403,
                                   .body = "{\"message\":\"signed with simulated, not so\"}"});
    assert_string_equal(describe_vault(w).rs.message, "signed with (redacted), not so");
}

static void permissions_of_one_function_are_added_one_at_a_time(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "POST /2015-03-31/functions/",
              (struct fake_answer){.status = 500, .body = "{}", .after_ms = 50, .times = 1});
    fake_when(w->fake, "POST /2015-03-31/functions/",
              (struct fake_answer){.status = 201, .body = "{}", .after_ms = 50});
    assert_true(aws_verify_identities(w->loop, &w->diags));
    static const char *const names[] = {"relay", "relay", "relay", "other"};
    struct got got[4];
    for (size_t i = 0; i < 4; i++) {
        got[i] = (struct got){.arena = w->arena, .loop = w->loop};
        struct map_builder labels = map_begin(w->arena);
        map_put_str(&labels, "FunctionName", names[i]);
        struct aws_call_spec spec = {.operation = &lambda_AddPermission,
                                     .account_id = ACCOUNT,
                                     .region = "us-east-1",
                                     .labels = map_end(&labels)};
        aws_call(w->loop, &spec, keep, &got[i]);
    }
    run(w);
    assert_int_equal(fake_most_in_flight(w->fake), 2); /* one for each function */
    assert_int_equal(fake_call_count(w->fake), 1 + 5);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(got[i].times, 1);
    assert_true(got[0].at_ms < got[1].at_ms && got[1].at_ms < got[2].at_ms);
}

/* ---- through operations ---- */

static void vault_read(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        op_done(op, "final", rs->body);
    else
        op_fail(op, rs);
}

static void begin(struct op *op)
{
    struct request *rq = aws_request(op, &backup_DescribeBackupVault);
    request_label(rq, "backupVaultName", "final");
    op_send(op, rq, vault_read);
}

static void count_end(void *ctx, const struct op_outcome *outcome)
{
    enum op_result *result = ctx;
    *result = outcome->result;
}

static void a_failed_operation_says_where_what_and_the_request_id(void **state)
{
    struct world *w = *state;
    struct http_header headers[] = {{"x-amzn-ErrorType", "AccessDeniedException"},
                                    {"x-amzn-RequestId", "req-42"}};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 403,
                                   .body = "{\"Message\":\"not yours\"}",
                                   .headers = headers,
                                   .header_len = 2});
    static const struct resource_ops ops = {begin, begin, begin, begin, begin};
    struct op_spec spec = {.kind = OP_READ,
                           .ops = &ops,
                           .address = "vaults.final",
                           .account_id = ACCOUNT,
                           .region = "us-east-1",
                           .pos = {1, 7, 3}};
    enum op_result result = OP_RESULT_DONE;
    loop_start(w->loop, &spec, count_end, &result);
    run(w);
    assert_int_equal(result, OP_RESULT_FAILED);
    assert_int_equal(w->diags.len, 1);
    const struct diag *diag = &w->diags.items[0];
    assert_int_equal(diag->code, E_DENIED);
    assert_int_equal(diag->pos.line, 7);
    assert_string_equal(diag->address, "vaults.final");
    assert_string_equal(diag->message, "backup:DescribeBackupVault: AccessDeniedException: not "
                                       "yours (request id req-42)");
}

static void words_of_any_length_in_an_error_are_shortened(void **state)
{
    struct world *w = *state;
    struct http_header headers[] = {{"x-amzn-ErrorType", arena_printf(w->arena, "%020000d", 1)},
                                    {"x-amzn-RequestId", arena_printf(w->arena, "%020000d", 1)}};
    fake_when(w->fake, "GET /backup-vaults/final",
              (struct fake_answer){.status = 400,
                                   .body = arena_printf(w->arena, "{\"Message\":\"%020000d\"}", 1),
                                   .headers = headers,
                                   .header_len = 2});
    static const struct resource_ops ops = {begin, begin, begin, begin, begin};
    struct op_spec spec = {.kind = OP_READ,
                           .ops = &ops,
                           .address = "vaults.final",
                           .account_id = ACCOUNT,
                           .region = "us-east-1"};
    enum op_result result = OP_RESULT_DONE;
    loop_start(w->loop, &spec, count_end, &result);
    run(w);
    assert_int_equal(result, OP_RESULT_FAILED);
    assert_true(strlen(w->diags.items[0].message) < 16384);
}

/* ---- sessions ---- */

static void the_wrong_account_is_found_before_any_other_call(void **state)
{
    struct world *w = *state;
    (void)w;
    static const struct aws_account account = {
        .id = "444455556666", .name = "backup", .partition = "aws", .pos = {1, 5, 3}};
    struct world *other = set_up_world(&account, 1);
    fake_when_contains(other->fake, "GetCallerIdentity",
                       (struct fake_answer){.status = 200, .body = IDENTITY_OF(ACCOUNT)});
    struct got got = {.arena = other->arena, .loop = other->loop};
    struct aws_call_spec spec = {
        .operation = &backup_ListBackupVaults, .account_id = "444455556666", .region = "us-east-1"};
    aws_call(other->loop, &spec, keep, &got);
    assert_false(aws_verify_identities(other->loop, &other->diags));
    run(other);
    assert_int_equal(got.times, 1);
    assert_string_equal(got.rs.code, CODE_NO_SESSION);
    assert_int_equal(fake_call_count(other->fake), 1);
    assert_int_equal(diags_status(&other->diags), 3);
    assert_int_equal(other->diags.len, 1);
    assert_int_equal(other->diags.items[0].code, E_WRONG_ACCOUNT);
    assert_int_equal(other->diags.items[0].pos.line, 5);
    loop_free(other->loop);
    arena_free(other->arena);
}

#define ASSUMED(id, expires)                                                                       \
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" id "</AccessKeyId>"         \
    "<SecretAccessKey>hidden</SecretAccessKey><SessionToken>token-" id "</SessionToken>"           \
    "<Expiration>" expires "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"

static const struct aws_account assuming = {.id = ACCOUNT,
                                            .name = "workload",
                                            .partition = "aws",
                                            .assume_role = "arn:aws:iam::" ACCOUNT ":role/deploy",
                                            .external_id = "ext",
                                            .pos = {1, 4, 3}};

static void a_role_is_assumed_once_and_renewed_five_minutes_before_its_end(void **state)
{
    (void)state;
    struct world *w = set_up_world(&assuming, 1);
    fake_when_contains(w->fake, "Action=AssumeRole",
                       (struct fake_answer){.status = 200,
                                            .body = ASSUMED("ASIA1", "2026-01-01T01:00:00Z"),
                                            .times = 1});
    fake_when_contains(
        w->fake, "Action=AssumeRole",
        (struct fake_answer){.status = 200, .body = ASSUMED("ASIA2", "2026-01-01T02:00:00Z")});
    fake_when_contains(w->fake, "GetCallerIdentity",
                       (struct fake_answer){.status = 200, .body = IDENTITY_OF(ACCOUNT)});
    fake_when(w->fake, "GET /backup-vaults/", (struct fake_answer){.status = 200, .body = "{}"});
    describe_vault(w);
    describe_vault(w);
    assert_int_equal(fake_call_count(w->fake), 4); /* assume, identity, two calls */
    assert_non_null(strstr(fake_call(w->fake, 0)->body, "ExternalId=ext"));
    assert_string_equal(fake_call_header(fake_call(w->fake, 2), "x-amz-security-token"),
                        "token-ASIA1");
    fake_set_now(w->fake, START_MS + 54 * MINUTE_MS);
    run(w);
    describe_vault(w);
    assert_int_equal(fake_call_count(w->fake), 5);
    fake_set_now(w->fake, START_MS + 56 * MINUTE_MS);
    run(w);
    describe_vault(w);
    assert_int_equal(fake_call_count(w->fake), 7); /* a new role session, no second identity */
    assert_string_equal(fake_call_header(fake_call(w->fake, 6), "x-amz-security-token"),
                        "token-ASIA2");
    loop_free(w->loop);
    arena_free(w->arena);
}

/* Our clock is four hours ahead: by it, the role's session would have ended before it began. */
static void a_session_lasts_by_the_clock_of_aws(void **state)
{
    (void)state;
    struct world *w = set_up_world(&assuming, 1);
    struct http_header date = {"Date", "Wed, 31 Dec 2025 20:00:00 GMT"};
    fake_when_contains(
        w->fake, "Action=AssumeRole",
        (struct fake_answer){.status = 403,
                             .body = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code>"
                                     "<Message>Signature not yet current: 20260101T000000Z is "
                                     "still later</Message></Error></ErrorResponse>",
                             .headers = &date,
                             .header_len = 1,
                             .times = 1});
    fake_when_contains(
        w->fake, "Action=AssumeRole",
        (struct fake_answer){.status = 200, .body = ASSUMED("ASIA1", "2025-12-31T21:00:00Z")});
    fake_when_contains(w->fake, "GetCallerIdentity",
                       (struct fake_answer){.status = 200, .body = IDENTITY_OF(ACCOUNT)});
    fake_when(w->fake, "GET /backup-vaults/", (struct fake_answer){.status = 200, .body = "{}"});
    assert_int_equal(describe_vault(w).rs.fault, FAULT_NONE);
    assert_int_equal(describe_vault(w).rs.fault, FAULT_NONE);
    assert_int_equal(fake_call_count(w->fake), 5); /* assume twice, identity, two calls */
    fake_set_now(w->fake, START_MS + 56 * MINUTE_MS);
    run(w);
    describe_vault(w);
    assert_int_equal(fake_call_count(w->fake), 7);
    loop_free(w->loop);
    arena_free(w->arena);
}

static void an_expired_token_is_renewed_once(void **state)
{
    (void)state;
    struct world *w = set_up_world(&assuming, 1);
    struct http_header type = {"x-amzn-ErrorType", "ExpiredTokenException"};
    fake_when_contains(
        w->fake, "Action=AssumeRole",
        (struct fake_answer){.status = 200, .body = ASSUMED("ASIA1", "2026-01-01T01:00:00Z")});
    fake_when_contains(w->fake, "GetCallerIdentity",
                       (struct fake_answer){.status = 200, .body = IDENTITY_OF(ACCOUNT)});
    fake_when(w->fake, "GET /backup-vaults/",
              (struct fake_answer){.status = 403, .headers = &type, .header_len = 1});
    struct got got = describe_vault(w);
    assert_int_equal(got.rs.fault, FAULT_DENIED);
    assert_int_equal(fake_call_count(w->fake), 2 + 1 + 1 + 1);
    loop_free(w->loop);
    arena_free(w->arena);
}

static void a_role_that_cannot_be_assumed_is_reported_once(void **state)
{
    (void)state;
    struct world *w = set_up_world(&assuming, 1);
    fake_when_contains(w->fake, "Action=AssumeRole",
                       (struct fake_answer){.status = 403,
                                            .body = "<ErrorResponse><Error><Type>Sender</Type>"
                                                    "<Code>AccessDenied</Code><Message>no</Message>"
                                                    "</Error><RequestId>r</RequestId>"
                                                    "</ErrorResponse>"});
    describe_vault(w);
    struct got got = describe_vault(w);
    assert_string_equal(got.rs.code, CODE_NO_SESSION);
    assert_int_equal(fake_call_count(w->fake), 1);
    assert_int_equal(w->diags.len, 1);
    assert_int_equal(w->diags.items[0].code, E_ASSUME_ROLE);
    loop_free(w->loop);
    arena_free(w->arena);
}

static void a_session_that_got_no_answer_is_opened_by_the_next_call(void **state)
{
    (void)state;
    struct world *w = set_up_world(&assuming, 1);
    fake_when_contains(w->fake, "Action=AssumeRole",
                       (struct fake_answer){.status = 503, .times = 6});
    fake_when_contains(
        w->fake, "Action=AssumeRole",
        (struct fake_answer){.status = 200, .body = ASSUMED("ASIA1", "2026-01-01T01:00:00Z")});
    fake_when_contains(w->fake, "GetCallerIdentity",
                       (struct fake_answer){.status = 200, .body = IDENTITY_OF(ACCOUNT)});
    fake_when(w->fake, "GET /backup-vaults/", (struct fake_answer){.status = 200, .body = "{}"});
    assert_string_equal(describe_vault(w).rs.code, CODE_NO_SESSION);
    assert_int_equal(w->diags.len, 1);
    assert_int_equal(describe_vault(w).rs.fault, FAULT_NONE);
    loop_free(w->loop);
    arena_free(w->arena);
}

static void credentials_that_are_still_valid_outlive_a_renewal_that_fails(void **state)
{
    (void)state;
    struct world *w = set_up_world(&assuming, 1);
    fake_when_contains(w->fake, "Action=AssumeRole",
                       (struct fake_answer){.status = 200,
                                            .body = ASSUMED("ASIA1", "2026-01-01T01:00:00Z"),
                                            .times = 1});
    fake_when_contains(w->fake, "Action=AssumeRole",
                       (struct fake_answer){.status = 503, .times = 6});
    fake_when_contains(
        w->fake, "Action=AssumeRole",
        (struct fake_answer){.status = 200, .body = ASSUMED("ASIA2", "2026-01-01T02:00:00Z")});
    fake_when_contains(w->fake, "GetCallerIdentity",
                       (struct fake_answer){.status = 200, .body = IDENTITY_OF(ACCOUNT)});
    fake_when(w->fake, "GET /backup-vaults/", (struct fake_answer){.status = 200, .body = "{}"});
    describe_vault(w);
    fake_set_now(w->fake, START_MS + 56 * MINUTE_MS);
    run(w);
    assert_int_equal(describe_vault(w).rs.fault, FAULT_NONE); /* with the old ones */
    assert_int_equal(fake_call_count(w->fake), 3 + 6 + 1);
    assert_int_equal(describe_vault(w).rs.fault, FAULT_NONE); /* too soon to try again */
    assert_int_equal(fake_call_count(w->fake), 3 + 6 + 2);
    assert_int_equal(w->diags.len, 0);
    fake_set_now(w->fake, START_MS + 58 * MINUTE_MS);
    run(w);
    describe_vault(w);
    const struct fake_call *last = fake_call(w->fake, fake_call_count(w->fake) - 1);
    assert_string_equal(fake_call_header(last, "x-amz-security-token"), "token-ASIA2");
    loop_free(w->loop);
    arena_free(w->arena);
}

static void calls_of_one_account_share_one_session(void **state)
{
    struct world *w = *state;
    fake_when(w->fake, "GET /backup-vaults/",
              (struct fake_answer){.status = 200, .body = "{}", .after_ms = 5});
    struct got got[10];
    for (int i = 0; i < 10; i++) {
        got[i] = (struct got){.arena = w->arena, .loop = w->loop};
        struct aws_call_spec spec = {
            .operation = &backup_ListBackupVaults, .account_id = ACCOUNT, .region = "us-east-1"};
        aws_call(w->loop, &spec, keep, &got[i]);
    }
    run(w);
    assert_int_equal(fake_call_count(w->fake), 11);
    for (int i = 0; i < 10; i++)
        assert_int_equal(got[i].times, 1);
}

static void identities_are_told_by_account(void **state)
{
    struct world *w = *state;
    assert_true(aws_verify_identities(w->loop, &w->diags));
    size_t len = 0;
    const struct aws_identity *identity = aws_identities(w->loop, &len);
    assert_int_equal(len, 1);
    assert_string_equal(identity->account_name, "workload");
    assert_string_equal(identity->arn, "arn:aws:iam::" ACCOUNT ":root");
}

int main(void)
{
#define CALL_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CALL_TEST(a_call_is_signed_for_its_account_service_and_region),
        CALL_TEST(labels_are_encoded_as_one_segment),
        CALL_TEST(transient_faults_are_repeated_with_backoff_and_then_given_up),
        CALL_TEST(a_throttled_call_is_repeated_and_its_bucket_slows_down),
        CALL_TEST(throttling_without_end_is_reported),
        CALL_TEST(a_server_is_left_alone_as_long_as_it_asks),
        CALL_TEST(nobody_waits_longer_than_ten_minutes_for_one_call),
        CALL_TEST(lost_connections_and_refused_ones_are_told_apart),
        CALL_TEST(what_takes_a_minute_is_asked_twice),
        CALL_TEST(an_answer_without_end_is_final_and_named_by_its_request_id),
        CALL_TEST(create_key_is_never_sent_twice_once_it_may_have_run),
        CALL_TEST(eventual_consistency_is_waited_out_but_not_for_ever),
        CALL_TEST(other_refusals_of_the_same_operation_are_final_at_once),
        CALL_TEST(pages_of_a_list_come_as_one),
        CALL_TEST(pages_of_the_query_protocol_send_their_marker_in_the_form),
        CALL_TEST(maps_are_paged_too),
        CALL_TEST(a_list_that_repeats_its_token_is_refused),
        CALL_TEST(a_list_whose_tokens_go_round_is_refused),
        CALL_TEST(a_list_of_ever_new_tokens_and_nothing_else_is_refused),
        CALL_TEST(a_list_longer_than_is_taken_is_refused),
        CALL_TEST(a_token_longer_than_is_taken_is_refused),
        CALL_TEST(a_label_that_an_answer_did_not_give_ends_the_call),
        CALL_TEST(each_kind_of_fault_has_its_own_attempts),
        CALL_TEST(a_skewed_clock_is_corrected_from_the_answers_date),
        CALL_TEST(a_clock_is_corrected_once_in_a_call_and_stays_corrected),
        CALL_TEST(a_refused_time_without_a_date_is_final),
        CALL_TEST(an_answer_in_other_words_than_awss_is_a_bad_answer),
        CALL_TEST(secrets_in_messages_of_aws_are_redacted),
        CALL_TEST(permissions_of_one_function_are_added_one_at_a_time),
        CALL_TEST(a_failed_operation_says_where_what_and_the_request_id),
        CALL_TEST(words_of_any_length_in_an_error_are_shortened),
        CALL_TEST(the_wrong_account_is_found_before_any_other_call),
        CALL_TEST(a_role_is_assumed_once_and_renewed_five_minutes_before_its_end),
        CALL_TEST(a_session_lasts_by_the_clock_of_aws),
        CALL_TEST(an_expired_token_is_renewed_once),
        CALL_TEST(a_role_that_cannot_be_assumed_is_reported_once),
        CALL_TEST(a_session_that_got_no_answer_is_opened_by_the_next_call),
        CALL_TEST(credentials_that_are_still_valid_outlive_a_renewal_that_fails),
        CALL_TEST(calls_of_one_account_share_one_session),
        CALL_TEST(identities_are_told_by_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
