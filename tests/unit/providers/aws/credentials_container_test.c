#include "search_room.h"

#define ANSWER(id)                                                                                 \
    "{\"AccessKeyId\":\"" id "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","                       \
    "\"Expiration\":\"2026-01-01T06:00:00Z\",\"RoleArn\":\"r\"}"

static void a_relative_uri_is_of_the_agent_of_ecs(void **state)
{
    struct room *room = *state;
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/creds?id=1", 1);
    fake_when(room->fake, "GET /v2/creds", (struct fake_answer){.status = 500, .times = 2});
    fake_when(room->fake, "GET /v2/creds",
              (struct fake_answer){.status = 200, .body = ANSWER("A")});
    const struct credentials *c = found(room);
    assert_string_equal(c->source, "container-role");
    assert_string_equal(c->session_token, "t");
    const struct fake_call *call = fake_call(room->fake, 2);
    assert_string_equal(call->base_url, "http://169.254.170.2");
    assert_string_equal(call->query, "id=1");
    assert_null(fake_call_header(call, "authorization"));
    assert_true(call->direct); /* past every proxy */
}

static void the_file_of_the_token_is_read_each_time(void **state)
{
    struct room *room = *state;
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials", 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-the-environment", 1);
    fake_when(room->fake, "GET /v1/credentials",
              (struct fake_answer){.status = 200, .body = ANSWER("A")});
    found(room);
    assert_string_equal(fake_call_header(fake_call(room->fake, 0), "authorization"),
                        "of-the-environment");
    const char *path = write_file(room, "token", "first");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, 1);
    for (size_t i = 1; i <= 2; i++) {
        room->aws.base = (struct base){0};
        found(room);
        assert_string_equal(fake_call_header(fake_call(room->fake, i), "authorization"),
                            i == 1 ? "first" : "second");
        write_file(room, "token", "second");
    }
}

static void only_allowed_hosts_are_asked_in_the_clear(void **state)
{
    static const char *const fine[] = {
        "https://anywhere.example/x", "http://localhost:80/x",   "http://127.0.0.1/x",
        "http://127.1.2.3:8080/x",    "http://[::1]:8080/x",     "http://169.254.170.2/x",
        "http://169.254.170.23/x",    "http://[fd00:ec2::23]/x",
    };
    static const char *const bad[] = {
        "http://anywhere.example/x",
        "http://169.254.169.254/x",
        "http://10.0.0.1/x",
        "http://127.0.0.1.evil/x",
        "http://127.evil/x",
        "http://127.0.0.1.9/x",
        "http://localhost.evil/x",
        "http://127.0.0.1@evil/x",
        "http://evil/169.254.170.2",
        "ftp://127.0.0.1/x",
        "http:///x",
        "http://[::1].evil/x",
        "http://evil#@127.0.0.1/x",
        "http://evil\\@127.0.0.1/x",
        "http://[fd00:ec2::254]/x",
        "127.0.0.1/x",
        "http://169.254.170.2.evil/x",
        "http://[::1/x",
    };
    struct room *room = *state;
    fake_when(room->fake, "GET /x", (struct fake_answer){.status = 200, .body = ANSWER("A")});
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", bad[i], 1);
        refused_with(room, E_NO_CREDENTIALS, "must be https");
    }
    assert_int_equal(fake_call_count(room->fake), 0);
    for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", fine[i], 1);
        room->aws.base = (struct base){0};
        found(room);
    }
}

static void what_is_no_answer_is_told(void **state)
{
    struct room *room = *state;
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x", 1);
    fake_when(room->fake, "GET /x", (struct fake_answer){.status = 404, .times = 1});
    refused_with(room, E_NO_CREDENTIALS, "status 404");
    fake_when(room->fake, "GET /x", (struct fake_answer){.error = "refused", .times = 3});
    refused_with(room, E_NO_CREDENTIALS, "refused");
    fake_when(room->fake, "GET /x", (struct fake_answer){.status = 200, .body = "canary"});
    refused_with(room, E_NO_CREDENTIALS, "are no credentials");
    assert_int_equal(fake_call_count(room->fake), 1 + 3 + 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\nx-evil: 1", 1);
    refused_with(room, E_NO_CREDENTIALS, "more than one line");
    assert_int_equal(fake_call_count(room->fake), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_relative_uri_is_of_the_agent_of_ecs),
        ROOM_TEST(the_file_of_the_token_is_read_each_time),
        ROOM_TEST(only_allowed_hosts_are_asked_in_the_clear),
        ROOM_TEST(what_is_no_answer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
