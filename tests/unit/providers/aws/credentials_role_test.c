#include "search_room.h"

#define ROLE "arn:aws:iam::111122223333:role/"
#define ASSUMED(id) ASSUMED_BY("AssumeRole", id, "2026-01-01T01:00:00Z")

static void a_role_is_assumed_with_the_keys_of_its_source(void **state)
{
    struct room *room = *state;
    setenv("AWS_PROFILE", "deploy", 1);
    write_file(room, ".aws/credentials", "[keys]\n" KEYS);
    write_config(room, "[profile deploy]\nrole_arn = " ROLE "deploy\nsource_profile = keys\n"
                       "external_id = ext\nduration_seconds = 1800\nrole_session_name = me\n");
    fake_when_contains(room->fake, "Action=AssumeRole",
                       (struct fake_answer){.status = 200, .body = ASSUMED("ASIA1")});
    const struct credentials *c = found(room);
    assert_string_equal(c->source, "assume-role");
    assert_string_equal(c->access_key_id, "ASIA1");
    assert_string_equal(c->session_token, "token-ASIA1");
    assert_int_equal(c->expires_ms, START_MS + HOUR_MS);
    assert_int_equal(c->renew_ms, START_MS + 55 * MINUTE_MS);
    const struct fake_call *call = fake_call(room->fake, 0);
    assert_string_equal(call->base_url, "https://sts.eu-central-1.amazonaws.com");
    assert_non_null(strstr(fake_call_header(call, "authorization"), "Credential=AKIA1/"));
    assert_non_null(strstr(call->body, "ExternalId=ext"));
    assert_non_null(strstr(call->body, "DurationSeconds=1800"));
    assert_non_null(strstr(call->body, "RoleSessionName=me"));
}

static void a_role_may_stand_on_another_role(void **state)
{
    struct room *room = *state;
    write_file(room, ".aws/credentials", "[keys]\n" KEYS);
    write_config(room, "[default]\nrole_arn = " ROLE "outer\nsource_profile = inner\n"
                       "[profile inner]\nrole_arn = " ROLE "inner\nsource_profile = keys\n");
    fake_when_contains(room->fake, "role%2Finner",
                       (struct fake_answer){.status = 200, .body = ASSUMED("ASIAINNER")});
    fake_when_contains(room->fake, "role%2Fouter",
                       (struct fake_answer){.status = 200, .body = ASSUMED("ASIAOUTER")});
    assert_string_equal(found(room)->access_key_id, "ASIAOUTER");
    assert_non_null(strstr(fake_call_header(fake_call(room->fake, 1), "authorization"),
                           "Credential=ASIAINNER/"));
}

static void a_profile_may_assume_its_role_with_its_own_keys(void **state)
{
    struct room *room = *state;
    write_config(room, "[default]\nrole_arn = " ROLE "x\nsource_profile = default\n" KEYS);
    fake_when_contains(room->fake, "Action=AssumeRole",
                       (struct fake_answer){.status = 200, .body = ASSUMED("ASIA1")});
    assert_string_equal(found(room)->source, "assume-role");
}

static void a_role_may_stand_on_one_source_by_name(void **state)
{
    struct room *room = *state;
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds", 1);
    write_config(room, "[default]\nrole_arn = " ROLE "x\ncredential_source = EcsContainer\n");
    fake_when(room->fake, "GET /creds",
              (struct fake_answer){
                  .status = 200,
                  .body = "{\"AccessKeyId\":\"ASIAC\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
                          "\"Expiration\":\"2026-01-01T06:00:00Z\"}"});
    fake_when_contains(room->fake, "Action=AssumeRole",
                       (struct fake_answer){.status = 200, .body = ASSUMED("ASIA1")});
    assert_string_equal(found(room)->source, "assume-role");
    assert_non_null(
        strstr(fake_call_header(fake_call(room->fake, 1), "authorization"), "Credential=ASIAC/"));
}

static void a_refusal_of_sts_is_told(void **state)
{
    struct room *room = *state;
    write_config(room, "[default]\nrole_arn = " ROLE "x\nsource_profile = default\n" KEYS);
    fake_when(room->fake, "POST /",
              (struct fake_answer){.status = 403,
                                   .body = "<ErrorResponse><Error><Code>AccessDenied</Code>"
                                           "<Message>not you</Message></Error></ErrorResponse>"});
    refused_with(room, E_ASSUME_ROLE,
                 "role/x cannot be assumed: sts:AssumeRole: AccessDenied: not");
}

static void what_cannot_be_followed_is_refused_before_any_call(void **state)
{
#define DEFAULT "[default]\nrole_arn = " ROLE "x\n"
    static const struct {
        const char *config, *words;
    } cases[] = {
        {DEFAULT, "neither a source_profile nor a credential_source"},
        {DEFAULT "source_profile = a\ncredential_source = Environment\n", "both"},
        {DEFAULT "source_profile = a\n", "does not exist: \"a\""},
        {DEFAULT "source_profile = default\n", "in a circle"},
        {DEFAULT "source_profile = a\n[profile a]\nrole_arn = r\nsource_profile = b\n"
                 "[profile b]\nrole_arn = r\nsource_profile = a\n",
         "in a circle through its source_profile \"a\""},
        {DEFAULT "source_profile = a\n[profile a]\nregion = eu-west-1\n",
         "profile \"a\" holds no credentials"},
        {DEFAULT "credential_source = Elsewhere\n", "none of Environment"},
        {DEFAULT "mfa_serial = arn:aws:iam::1:mfa/me\nsource_profile = a\n", "mfa_serial"},
        {DEFAULT "duration_seconds = 60\nsource_profile = a\n", "from 900 to 43200"},
        {DEFAULT "duration_seconds = long\nsource_profile = a\n", "from 900 to 43200"},
    };
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_config(room, cases[i].config);
        refused_with(room, E_PROFILE, cases[i].words);
    }
    assert_int_equal(fake_call_count(room->fake), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_role_is_assumed_with_the_keys_of_its_source),
        ROOM_TEST(a_role_may_stand_on_another_role),
        ROOM_TEST(a_profile_may_assume_its_role_with_its_own_keys),
        ROOM_TEST(a_role_may_stand_on_one_source_by_name),
        ROOM_TEST(a_refusal_of_sts_is_told),
        ROOM_TEST(what_cannot_be_followed_is_refused_before_any_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
