#include "search_room.h"

static void vend(struct room *room, const char *script)
{
    const char *path =
        write_file(room, "vend it", arena_printf(room->arena, "#!/bin/sh\n%s", script));
    write_config(
        room, arena_printf(room->arena, "[default]\ncredential_process = \"%s\" 'a b' $x\n", path));
}

static void what_a_program_prints_is_taken(void **state)
{
    struct room *room = *state;
    vend(room, "test \"$1\" = 'a b' && test \"$2\" = '$x' || exit 9\n"
               "echo for-the-person >&2\n"
               "echo '{\"Version\": 1, \"AccessKeyId\": \"ASIAP\", \"SecretAccessKey\": \"s\","
               " \"SessionToken\": \"t\", \"Expiration\": \"2026-01-01T01:00:00+00:00\"}'\n");
    const struct credentials *c = found(room);
    assert_string_equal(c->source, "custom-process");
    assert_string_equal(c->access_key_id, "ASIAP");
    assert_string_equal(c->session_token, "t");
    assert_int_equal(c->expires_ms, START_MS + HOUR_MS);
}

static void a_program_is_looked_for_in_the_path(void **state)
{
    struct room *room = *state;
    write_config(room, "[default]\ncredential_process = printf '{\"Version\":1,\"AccessKeyId\":"
                       "\"A\",\"SecretAccessKey\":\"s\"}'\n");
    const struct credentials *c = found(room);
    assert_string_equal(c->access_key_id, "A");
    assert_int_equal(c->expires_ms, 0);
}

static void what_cannot_be_taken_is_told_without_quoting_it(void **state)
{
    static const struct {
        const char *script, *words;
    } cases[] = {
        {"echo canary", "did not print a JSON object"},
        {"echo '[\"canary\"]'", "did not print a JSON object"},
        {"echo '{\"Version\": 2, \"AccessKeyId\": \"canary\", \"SecretAccessKey\": \"canary\"}'",
         "must be 1"},
        {"echo '{\"Version\": 1, \"AccessKeyId\": \"canary\"}'", "must print an AccessKeyId and"},
        {"echo '{\"Version\": 1, \"AccessKeyId\": \"canary\", \"SecretAccessKey\": \"canary\","
         "\"Expiration\": \"canary\"}'",
         "is no time"},
        {"echo canary; exit 3", "it ended with status 3"},
    };
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        vend(room, cases[i].script);
        refused_with(room, E_PROFILE, cases[i].words);
        assert_null(strstr(room->diags.items[0].message, "canary"));
    }
}

static void a_program_that_hangs_is_ended(void **state)
{
    struct room *room = *state;
    room->aws.process_timeout_ms = 100;
    vend(room, "sleep 1000");
    refused_with(room, E_PROFILE, "did not end within");
}

static void a_command_that_is_none_is_refused(void **state)
{
    struct room *room = *state;
    write_config(room, "[default]\ncredential_process = 'open\n");
    refused_with(room, E_PROFILE, "does not end");
    write_config(room, "[default]\ncredential_process =\n");
    refused_with(room, E_PROFILE, "is empty");
    write_config(room, "[default]\ncredential_process = no-such-program-here\n");
    refused_with(room, E_PROFILE, "there is no such program");
}

static void what_has_ended_already_is_refused(void **state)
{
    struct room *room = *state;
    vend(room, "echo '{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"s\","
               " \"Expiration\": \"2025-12-31T23:59:59Z\"}'\n");
    refused_with(room, E_NO_CREDENTIALS, "have expired (2025-12-31T23:59:59Z)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(what_a_program_prints_is_taken),
        ROOM_TEST(a_program_is_looked_for_in_the_path),
        ROOM_TEST(what_cannot_be_taken_is_told_without_quoting_it),
        ROOM_TEST(a_program_that_hangs_is_ended),
        ROOM_TEST(a_command_that_is_none_is_refused),
        ROOM_TEST(what_has_ended_already_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
