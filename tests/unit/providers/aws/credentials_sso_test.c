#include "search_room.h"

#define SESSION                                                                                    \
    "[default]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = backup\n"       \
    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
#define LEGACY                                                                                     \
    "[default]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"          \
    "sso_account_id = 111122223333\nsso_role_name = backup\n"
/* sha1 of "corp" and of the start URL, by coreutils */
#define OF_SESSION ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
#define OF_URL ".aws/sso/cache/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json"
#define TOKEN(expires) "{\"accessToken\":\"canary-token\",\"expiresAt\":\"" expires "\"}"

static void answer_with_role(struct room *room)
{
    fake_when(room->fake, "GET /federation/credentials",
              (struct fake_answer){
                  .status = 200,
                  .body = "{\"roleCredentials\":{\"accessKeyId\":\"ASIAS\",\"secretAccessKey\":"
                          "\"s\",\"sessionToken\":\"t\",\"expiration\":1767229200000}}"});
}

static void the_cached_token_of_a_session_buys_the_role(void **state)
{
    struct room *room = *state;
    write_config(room, SESSION);
    write_file(room, OF_SESSION, TOKEN("2026-01-01T08:00:00Z"));
    answer_with_role(room);
    const struct credentials *c = found(room);
    assert_string_equal(c->source, "sso");
    assert_string_equal(c->access_key_id, "ASIAS");
    assert_int_equal(c->expires_ms, START_MS + HOUR_MS);
    const struct fake_call *call = fake_call(room->fake, 0);
    assert_string_equal(call->base_url, "https://portal.sso.eu-west-1.amazonaws.com");
    assert_non_null(strstr(call->query, "role_name=backup"));
    assert_non_null(strstr(call->query, "account_id=111122223333"));
    assert_string_equal(fake_call_header(call, "x-amz-sso_bearer_token"), "canary-token");
    assert_null(fake_call_header(call, "authorization"));
}

static void the_older_form_is_cached_by_its_start_url(void **state)
{
    struct room *room = *state;
    write_config(room, LEGACY);
    write_file(room, OF_URL, TOKEN("2026-01-01T08:00:00Z"));
    answer_with_role(room);
    assert_string_equal(found(room)->source, "sso");
}

static void without_a_login_the_person_is_told_to_log_in(void **state)
{
    struct room *room = *state;
    write_config(room, SESSION);
    refused_with(room, E_NO_CREDENTIALS, "has not been made");
    assert_string_equal(room->diags.items[0].hint, "Run `aws sso login --profile default`.");
    write_file(room, OF_SESSION, TOKEN("2025-12-31T23:59:59Z"));
    refused_with(room, E_NO_CREDENTIALS, "has expired");
    assert_int_equal(fake_call_count(room->fake), 0);
    write_file(room, OF_SESSION, TOKEN("2026-01-01T08:00:00Z"));
    fake_when(room->fake, "GET /", (struct fake_answer){.status = 401, .body = "{}"});
    refused_with(room, E_NO_CREDENTIALS, "is not accepted any more");
    assert_null(strstr(room->diags.items[0].message, "canary"));
}

static void a_role_that_is_not_given_is_named(void **state)
{
    struct room *room = *state;
    write_config(room, SESSION);
    write_file(room, OF_SESSION, TOKEN("2026-01-01T08:00:00Z"));
    struct http_header type = {"x-amzn-ErrorType", "ForbiddenException"};
    fake_when(room->fake, "GET /",
              (struct fake_answer){.status = 403,
                                   .headers = &type,
                                   .header_len = 1,
                                   .body = "{\"message\":\"no access for canary-token\"}"});
    refused_with(room, E_ASSUME_ROLE, "the role backup of account 111122223333 is not given");
    assert_null(strstr(room->diags.items[0].message, "canary"));
}

static void half_a_setup_is_an_error(void **state)
{
    static const struct {
        const char *config, *words;
    } cases[] = {
        {"[default]\nsso_session = x\nsso_account_id = 1\nsso_role_name = r\n",
         "does not exist: x"},
        {"[default]\nsso_start_url = u\nsso_account_id = 1\nsso_role_name = r\n",
         "lacks sso_region"},
        {"[default]\nsso_region = r\nsso_account_id = 1\nsso_role_name = r\n",
         "lacks sso_start_url"},
        {"[default]\nsso_start_url = u\nsso_region = r\nsso_role_name = r\n",
         "lacks sso_account_id"},
        {"[default]\nsso_start_url = u\nsso_region = r\nsso_account_id = 1\n",
         "lacks sso_role_name"},
    };
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_config(room, cases[i].config);
        refused_with(room, E_PROFILE, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(the_cached_token_of_a_session_buys_the_role),
        ROOM_TEST(the_older_form_is_cached_by_its_start_url),
        ROOM_TEST(without_a_login_the_person_is_told_to_log_in),
        ROOM_TEST(a_role_that_is_not_given_is_named),
        ROOM_TEST(half_a_setup_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
