#include "search_room.h"

static void keys_come_from_either_file(void **state)
{
    struct room *room = *state;
    write_config(room, "[default]\naws_access_key_id=AKIA2\naws_secret_access_key=s2\n");
    assert_string_equal(found(room)->source, "config-file");
    write_file(room, ".aws/credentials", "[default]\n" KEYS "aws_session_token=t1\n");
    room->aws.base = (struct base){0};
    const struct credentials *c = found(room);
    assert_string_equal(c->source, "shared-credentials-file");
    assert_string_equal(c->access_key_id, "AKIA1");
    assert_string_equal(c->session_token, "t1");
    assert_int_equal(c->renew_ms, 0);
}

static void half_a_profile_is_an_error(void **state)
{
    struct room *room = *state;
    write_file(room, ".aws/credentials", "[default]\naws_access_key_id = AKIA1\n");
    refused_with(room, E_PROFILE, "must hold both");
}

static void what_was_asked_for_and_is_not_there_is_named(void **state)
{
    struct room *room = *state;
    refused_with(room, E_NO_CREDENTIALS, "no source of credentials has any");
    setenv("AWS_PROFILE", "x", 1);
    refused_with(room, E_PROFILE, "stands neither");
    write_config(room, "[profile x]\nregion = eu-west-1\n");
    refused_with(room, E_PROFILE, "holds no credentials");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(keys_come_from_either_file),
        ROOM_TEST(half_a_profile_is_an_error),
        ROOM_TEST(what_was_asked_for_and_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
