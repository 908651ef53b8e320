/* aws_setup() outside the simulator: what it takes from the environment, and what it refuses before
 * any call. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "providers/aws/aws.h"
#include "providers/fake_transport.h"

static const struct aws_account account = {
    .id = "111122223333", .name = "workload", .partition = "aws", .pos = {1, 4, 3}};

struct world {
    struct arena *arena;
    struct diags diags;
    struct fake_transport *fake;
    struct loop *loop;
    struct aws_options options;
};

static void clear_environment(void)
{
    static const char *const variables[] = {
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_PROFILE",       "AWS_ENDPOINT_URL",
    };
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", "/nonexistent", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
}

static int set_up(void **state)
{
    clear_environment();
    struct arena *arena = arena_new();
    struct world *w = arena_new_of(arena, struct world);
    w->arena = arena;
    diags_init(&w->diags, arena);
    w->fake = fake_transport_new(arena, 1767225600000);
    w->loop = loop_new(fake_transport(w->fake), &w->diags);
    w->options =
        (struct aws_options){.accounts = &account, .account_len = 1, .home_region = "eu-central-1"};
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    loop_free(w->loop);
    arena_free(w->arena);
    return 0;
}

static bool set_up_aws(struct world *w)
{
    return aws_setup(w->arena, w->loop, &w->options, &w->diags);
}

static void without_credentials_nothing_is_sent(void **state)
{
    struct world *w = *state;
    assert_false(set_up_aws(w));
    assert_int_equal(diags_status(&w->diags), 3);
    assert_int_equal(w->diags.items[0].code, E_NO_CREDENTIALS);
    assert_int_equal(fake_call_count(w->fake), 0);
}

static void the_environments_keys_sign_and_its_endpoint_is_called(void **state)
{
    struct world *w = *state;
    setenv("AWS_ACCESS_KEY_ID", "AKIAREAL", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_SESSION_TOKEN", "session", 1);
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566", 1);
    assert_true(set_up_aws(w));
    fake_when(w->fake, "POST /",
              (struct fake_answer){.status = 403,
                                   .body = "<ErrorResponse><Error><Code>InvalidClientTokenId</Code>"
                                           "<Message>The token session is invalid</Message></Error>"
                                           "</ErrorResponse>"});
    assert_false(aws_verify_identities(w->loop, &w->diags));
    const struct fake_call *call = fake_call(w->fake, 0);
    assert_string_equal(call->base_url, "http://127.0.0.1:4566");
    assert_string_equal(fake_call_header(call, "x-amz-security-token"), "session");
    assert_non_null(strstr(fake_call_header(call, "authorization"),
                           "Credential=AKIAREAL/20260101/eu-central-1/sts/aws4_request"));
    assert_int_equal(w->diags.len, 1);
    const struct diag *diag = &w->diags.items[0];
    assert_int_equal(diag->code, E_NO_CREDENTIALS);
    assert_int_equal(diag->pos.line, 4);
    assert_null(strstr(diag->message, "token session")); /* redacted */
    assert_non_null(strstr(diag->message, "environment"));
}

static void an_unreachable_endpoint_is_not_blamed_on_the_credentials(void **state)
{
    struct world *w = *state;
    setenv("AWS_ACCESS_KEY_ID", "AKIAREAL", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    w->options.endpoint_url = "http://127.0.0.1:1";
    assert_true(set_up_aws(w));
    fake_when(w->fake, "POST /", (struct fake_answer){.error = "connection refused"});
    assert_false(aws_verify_identities(w->loop, &w->diags));
    assert_int_equal(w->diags.items[0].code, E_UNREACHABLE);
    assert_int_equal(diags_status(&w->diags), 1);
    assert_non_null(strstr(w->diags.items[0].message, "http://127.0.0.1:1: connection refused"));
    assert_int_equal(fake_call_count(w->fake), 3);
}

static void a_bad_endpoint_is_refused_before_any_call(void **state)
{
    struct world *w = *state;
    setenv("AWS_ACCESS_KEY_ID", "AKIAREAL", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    w->options.endpoint_url = "localhost:4566";
    assert_false(set_up_aws(w));
    assert_int_equal(w->diags.items[0].code, E_BAD_VALUE);
}

static void a_simulated_world_reads_no_environment(void **state)
{
    struct world *w = *state;
    setenv("AWS_ACCESS_KEY_ID", "AKIAREAL", 1);
    setenv("AWS_ENDPOINT_URL", "http://elsewhere", 1);
    w->options.simulated = true;
    assert_true(set_up_aws(w));
    fake_when(w->fake, "POST /",
              (struct fake_answer){
                  .status = 200,
                  .body = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn>"
                          "<Account>111122223333</Account></GetCallerIdentityResult>"
                          "</GetCallerIdentityResponse>"});
    assert_true(aws_verify_identities(w->loop, &w->diags));
    const struct fake_call *call = fake_call(w->fake, 0);
    assert_string_equal(call->base_url, "https://sts.eu-central-1.amazonaws.com");
    assert_non_null(strstr(fake_call_header(call, "authorization"), "Credential=111122223333/"));
}

static void count_answer(void *ctx, const struct response *rs)
{
    int *ended = ctx;
    (*ended)++;
    assert_int_equal(rs->fault, FAULT_TRANSIENT);
    assert_string_equal(rs->code, CODE_NOT_SENT);
    assert_int_equal(response_diag_code(rs), E_TIMEOUT);
}

static void draining_ends_waiting_retries_as_not_sent(void **state)
{
    struct world *w = *state;
    w->options.simulated = true;
    assert_true(set_up_aws(w));
    fake_when(w->fake, "POST /",
              (struct fake_answer){
                  .status = 200,
                  .body = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn>"
                          "<Account>111122223333</Account></GetCallerIdentityResult>"
                          "</GetCallerIdentityResponse>"});
    assert_true(aws_verify_identities(w->loop, &w->diags));
    fake_when(w->fake, "GET /backup-vaults/", (struct fake_answer){.status = 503});
    int ended = 0;
    struct aws_call_spec spec = {
        .operation = &backup_ListBackupVaults, .account_id = "111122223333", .region = "us-east-1"};
    aws_call(w->loop, &spec, count_answer, &ended);
    while (fake_call_count(w->fake) < 2)
        assert_true(loop_turn(w->loop)); /* the first attempt has failed, the next is timed */
    loop_drain(w->loop);
    while (loop_turn(w->loop)) {
    }
    assert_int_equal(ended, 1);
    assert_int_equal(fake_call_count(w->fake), 2);
}

static void take_code(void *ctx, const struct response *rs)
{
    *(const char **)ctx = str_eq(rs->code, CODE_NO_SESSION) ? CODE_NO_SESSION : "another";
}

static void an_account_that_no_session_serves_is_named(void **state)
{
    struct world *w = *state;
    const char *code = NULL;
    w->options.simulated = true;
    assert_true(set_up_aws(w));
    struct aws_call_spec spec = {
        .operation = &backup_ListBackupVaults, .account_id = "999999999999", .region = "us-east-1"};
    aws_call(w->loop, &spec, take_code, &code);
    assert_null(code); /* never before the caller has returned */
    while (loop_turn(w->loop)) {
    }
    assert_string_equal(code, CODE_NO_SESSION);
    assert_int_equal(fake_call_count(w->fake), 0);
    assert_non_null(strstr(w->diags.items[0].message, "999999999999"));
}

static void base_credentials_that_expired_are_read_again_for_a_role(void **state)
{
    struct world *w = *state;
    static const struct aws_account assuming = {.id = "111122223333",
                                                .name = "workload",
                                                .partition = "aws",
                                                .assume_role = "arn:aws:iam::111122223333:role/d"};
    w->options.accounts = &assuming;
    setenv("AWS_ACCESS_KEY_ID", "AKIAOLD", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    assert_true(set_up_aws(w));
    setenv("AWS_ACCESS_KEY_ID", "AKIANEW", 1); /* somebody has renewed them meanwhile */
    fake_when_contains(w->fake, "AKIAOLD",
                       (struct fake_answer){.status = 403,
                                            .body = "<ErrorResponse><Error><Code>ExpiredToken"
                                                    "</Code></Error></ErrorResponse>"});
    fake_when_contains(
        w->fake, "Action=AssumeRole",
        (struct fake_answer){.status = 200,
                             .body = "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
                                     "<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s"
                                     "</SecretAccessKey><SessionToken>t</SessionToken>"
                                     "</Credentials></AssumeRoleResult></AssumeRoleResponse>"});
    fake_when_contains(
        w->fake, "GetCallerIdentity",
        (struct fake_answer){.status = 200,
                             .body = "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                                     "<Arn>arn</Arn><Account>111122223333</Account>"
                                     "</GetCallerIdentityResult></GetCallerIdentityResponse>"});
    assert_true(aws_verify_identities(w->loop, &w->diags));
    assert_int_equal(fake_call_count(w->fake), 3);
    assert_non_null(strstr(fake_call_header(fake_call(w->fake, 1), "authorization"), "AKIANEW"));
}

static void base_credentials_that_stay_expired_are_tried_once(void **state)
{
    struct world *w = *state;
    static const struct aws_account assuming = {.id = "111122223333",
                                                .name = "workload",
                                                .partition = "aws",
                                                .assume_role = "arn:aws:iam::111122223333:role/d"};
    w->options.accounts = &assuming;
    setenv("AWS_ACCESS_KEY_ID", "AKIAOLD", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    assert_true(set_up_aws(w));
    fake_when_contains(w->fake, "AKIA",
                       (struct fake_answer){.status = 403,
                                            .body = "<ErrorResponse><Error><Code>ExpiredToken"
                                                    "</Code></Error></ErrorResponse>"});
    assert_false(aws_verify_identities(w->loop, &w->diags));
    assert_int_equal(fake_call_count(w->fake), 1);
    assert_int_equal(w->diags.items[0].code, E_NO_CREDENTIALS);
    assert_non_null(strstr(w->diags.items[0].message, "from the environment have expired: their"));
}

#define IDENTITY(account)                                                                          \
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn</Arn><Account>" account          \
    "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"

/* The source of somebody's own keys gives others in the middle of a run: the first ones have
 * expired. */
static struct fake_call call_with_others(struct world *w, const char *account_answer)
{
    static const struct aws_account own = {
        .id = "111122223333", .name = "workload", .partition = "aws"};
    w->options.accounts = &own;
    setenv("AWS_ACCESS_KEY_ID", "AKIAOLD", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    assert_true(set_up_aws(w));
    fake_when_contains(
        w->fake, "GetCallerIdentity",
        (struct fake_answer){.status = 200, .body = IDENTITY("111122223333"), .times = 1});
    assert_true(aws_verify_identities(w->loop, &w->diags));
    setenv("AWS_ACCESS_KEY_ID", "AKIANEW", 1);
    struct http_header expired = {"x-amzn-ErrorType", "ExpiredTokenException"};
    fake_when(
        w->fake, "GET /backup-vaults/",
        (struct fake_answer){.status = 403, .headers = &expired, .header_len = 1, .times = 1});
    fake_when_contains(w->fake, "GetCallerIdentity",
                       (struct fake_answer){.status = 200, .body = account_answer});
    fake_when(w->fake, "GET /backup-vaults/", (struct fake_answer){.status = 200, .body = "{}"});
    const char *code = NULL;
    struct aws_call_spec spec = {
        .operation = &backup_ListBackupVaults, .account_id = "111122223333", .region = "us-east-1"};
    aws_call(w->loop, &spec, take_code, &code);
    while (loop_turn(w->loop)) {
    }
    return *fake_call(w->fake, fake_call_count(w->fake) - 1);
}

static void others_of_the_same_account_are_taken_when_it_is_known_whose_they_are(void **state)
{
    struct world *w = *state;
    struct fake_call last = call_with_others(w, IDENTITY("111122223333"));
    assert_int_equal(fake_call_count(w->fake), 4); /* identity, refused, identity, vaults */
    assert_non_null(strstr(fake_call_header(&last, "authorization"), "AKIANEW"));
    assert_string_equal(last.method, "GET");
}

static void others_of_another_account_send_nothing(void **state)
{
    struct world *w = *state;
    struct fake_call last = call_with_others(w, IDENTITY("444455556666"));
    assert_int_equal(fake_call_count(w->fake), 3);
    assert_non_null(strstr(last.body, "GetCallerIdentity"));
    assert_int_equal(w->diags.items[0].code, E_WRONG_ACCOUNT);
    assert_non_null(strstr(w->diags.items[0].message, "now belong to 444455556666"));
}

int main(void)
{
#define SETUP_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SETUP_TEST(without_credentials_nothing_is_sent),
        SETUP_TEST(the_environments_keys_sign_and_its_endpoint_is_called),
        SETUP_TEST(an_unreachable_endpoint_is_not_blamed_on_the_credentials),
        SETUP_TEST(a_bad_endpoint_is_refused_before_any_call),
        SETUP_TEST(a_simulated_world_reads_no_environment),
        SETUP_TEST(draining_ends_waiting_retries_as_not_sent),
        SETUP_TEST(an_account_that_no_session_serves_is_named),
        SETUP_TEST(base_credentials_that_expired_are_read_again_for_a_role),
        SETUP_TEST(base_credentials_that_stay_expired_are_tried_once),
        SETUP_TEST(others_of_the_same_account_are_taken_when_it_is_known_whose_they_are),
        SETUP_TEST(others_of_another_account_send_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
