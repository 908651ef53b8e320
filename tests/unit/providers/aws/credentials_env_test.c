#include "search_room.h"

static void keys_of_the_environment_go_before_all_files(void **state)
{
    struct room *room = *state;
    setenv("AWS_ACCESS_KEY_ID", "AKIA9", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s9", 1);
    setenv("AWS_SESSION_TOKEN", "t9", 1);
    setenv("AWS_PROFILE", "somebody", 1);
    write_file(room, ".aws/credentials", "[default]\n" KEYS "[somebody]\n" KEYS);
    const struct credentials *c = found(room);
    assert_string_equal(c->access_key_id, "AKIA9");
    assert_string_equal(c->session_token, "t9");
    assert_string_equal(c->source, "env");
}

static void a_profile_that_is_named_and_missing_is_an_error_all_the_same(void **state)
{
    struct room *room = *state;
    setenv("AWS_ACCESS_KEY_ID", "AKIA9", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s9", 1);
    setenv("AWS_PROFILE", "nobody", 1);
    write_file(room, ".aws/credentials", "[default]\n" KEYS);
    refused_with(room, E_PROFILE, "profile \"nobody\"");
}

static void half_of_a_pair_is_an_error(void **state)
{
    struct room *room = *state;
    setenv("AWS_ACCESS_KEY_ID", "AKIA1", 1);
    refused_with(room, E_NO_CREDENTIALS, "AWS_SECRET_ACCESS_KEY is not");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(keys_of_the_environment_go_before_all_files),
        ROOM_TEST(a_profile_that_is_named_and_missing_is_an_error_all_the_same),
        ROOM_TEST(half_of_a_pair_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
