#include "search_room.h"

static struct profiles read_profiles(struct room *room)
{
    struct profiles p;
    assert_true(profiles_read(room->arena, &p, &room->diags));
    return p;
}

static void the_files_are_read_as_the_sdks_read_them(void **state)
{
    struct room *room = *state;
    write_file(room, ".aws/credentials",
               "# comment\r\n; too\r\n[other]\nkey = NO\n"
               "key = NO\n\n[ default ]\r\n"
               "id  =  AKIA2  \r\nsecret=a=b/c+d\r\nempty =\n"
               "s3 =\n  id = NESTED\n[last]\nid = NO\n[default]\nmore = 1\n");
    struct profiles p = read_profiles(room);
    const struct value *settings = profile_settings(room->arena, &p, "default");
    assert_string_equal(value_get_str(settings, "id"), "AKIA2");
    assert_string_equal(value_get_str(settings, "secret"), "a=b/c+d");
    assert_string_equal(value_get_str(settings, "empty"), "");
    assert_string_equal(value_get_str(settings, "more"), "1");
    assert_null(value_get(settings, "key"));
}

static void a_profile_of_the_config_file_is_found_by_its_prefix(void **state)
{
    struct room *room = *state;
    write_config(room, "[backup]\nid = NO\n[profile\t backup]\nid = AKIA3\nrole = r\n"
                       "[default]\nid = D1\n[sso-session s]\nregion = eu-west-1\n");
    write_file(room, ".aws/credentials", "[backup]\nid = AKIA4\n");
    struct profiles p = read_profiles(room);
    assert_string_equal(value_get_str(profile_config(room->arena, &p, "backup"), "id"), "AKIA3");
    const struct value *both = profile_settings(room->arena, &p, "backup");
    assert_string_equal(value_get_str(both, "id"), "AKIA4"); /* the credentials file goes first */
    assert_string_equal(value_get_str(both, "role"), "r");
    assert_string_equal(value_get_str(profile_settings(room->arena, &p, "default"), "id"), "D1");
    assert_non_null(profiles_section(room->arena, &p, "sso-session", "s"));
    assert_null(profile_settings(room->arena, &p, "s"));
}

static void the_files_can_be_elsewhere(void **state)
{
    struct room *room = *state;
    setenv("AWS_SHARED_CREDENTIALS_FILE", write_file(room, "mine", "[default]\nid = 4\n"), 1);
    struct profiles p = read_profiles(room);
    assert_non_null(profile_settings(room->arena, &p, "default"));
    setenv("AWS_SHARED_CREDENTIALS_FILE", "~/mine", 1);
    p = read_profiles(room);
    assert_non_null(profile_settings(room->arena, &p, "default"));
}

static void a_line_that_cannot_be_understood_is_named_but_not_quoted(void **state)
{
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"secret-canary = 1\n", "config:1: a setting stands before"},
        {"[default\nsecret-canary = 1\n", "config:1: a section needs"},
        {"[ ]\n", "config:1: a section needs"},
        {"[default]\n\nsecret-canary\n", "config:3: a setting is written"},
        {"[default]\n= secret-canary\n", "config:2: a setting is written"},
    };
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct profiles p;
        write_config(room, cases[i].text);
        diags_init(&room->diags, room->arena);
        assert_false(profiles_read(room->arena, &p, &room->diags));
        assert_int_equal(room->diags.items[0].code, E_PROFILE);
        assert_non_null(strstr(room->diags.items[0].message, cases[i].place));
        assert_null(strstr(room->diags.items[0].message, "canary"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(the_files_are_read_as_the_sdks_read_them),
        ROOM_TEST(a_profile_of_the_config_file_is_found_by_its_prefix),
        ROOM_TEST(the_files_can_be_elsewhere),
        ROOM_TEST(a_line_that_cannot_be_understood_is_named_but_not_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
