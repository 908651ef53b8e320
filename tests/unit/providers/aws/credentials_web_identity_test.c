#include "search_room.h"

#define ROLE "arn:aws:iam::111122223333:role/job"
#define ASSUMED ASSUMED_BY("AssumeRoleWithWebIdentity", "ASIAW", "2026-01-01T01:00:00Z")

static void a_token_of_the_environment_is_exchanged_unsigned(void **state)
{
    struct room *room = *state;
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write_file(room, "token", "jwt.jwt.jwt\n"), 1);
    setenv("AWS_ROLE_ARN", ROLE, 1);
    setenv("AWS_ROLE_SESSION_NAME", "run-1", 1);
    fake_when_contains(room->fake, "Action=AssumeRoleWithWebIdentity",
                       (struct fake_answer){.status = 200, .body = ASSUMED});
    const struct credentials *c = found(room);
    assert_string_equal(c->source, "assume-role-with-web-identity");
    assert_string_equal(c->session_token, "token-ASIAW");
    const struct fake_call *call = fake_call(room->fake, 0);
    assert_null(fake_call_header(call, "authorization"));
    assert_non_null(strstr(call->body, "WebIdentityToken=jwt.jwt.jwt"));
    assert_null(strstr(call->body, "jwt.jwt.jwt%0A"));
    assert_non_null(strstr(call->body, "RoleSessionName=run-1"));
}

static void a_profile_can_name_token_and_role(void **state)
{
    struct room *room = *state;
    const char *token = write_file(room, "token", "jwt.jwt");
    write_config(room,
                 arena_printf(room->arena,
                              "[default]\nrole_arn = " ROLE "\nweb_identity_token_file = %s\n",
                              token));
    fake_when_contains(room->fake, "Action=AssumeRoleWithWebIdentity",
                       (struct fake_answer){.status = 200, .body = ASSUMED});
    assert_string_equal(found(room)->source, "assume-role-with-web-identity");
}

static void what_is_missing_is_named(void **state)
{
    struct room *room = *state;
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write_file(room, "token", "\n"), 1);
    refused_with(room, E_NO_CREDENTIALS, "no role: neither AWS_ROLE_ARN");
    setenv("AWS_ROLE_ARN", ROLE, 1);
    refused_with(room, E_NO_CREDENTIALS, "token is empty");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token", 1);
    refused_with(room, E_NO_CREDENTIALS, "/nonexistent/token");
}

static void a_refusal_does_not_quote_the_token(void **state)
{
    struct room *room = *state;
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write_file(room, "token", "canary.jwt"), 1);
    setenv("AWS_ROLE_ARN", ROLE, 1);
    fake_when(room->fake, "POST /",
              (struct fake_answer){.status = 400,
                                   .body = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code>"
                                           "<Message>canary.jwt is bad</Message></Error>"
                                           "</ErrorResponse>"});
    refused_with(room, E_ASSUME_ROLE, "InvalidIdentityToken: (redacted) is bad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_token_of_the_environment_is_exchanged_unsigned),
        ROOM_TEST(a_profile_can_name_token_and_role),
        ROOM_TEST(what_is_missing_is_named),
        ROOM_TEST(a_refusal_does_not_quote_the_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
