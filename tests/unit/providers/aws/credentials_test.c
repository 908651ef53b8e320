#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "providers/aws/credentials.h"

static const char *const variables[] = {
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",       "AWS_SESSION_TOKEN",
    "AWS_PROFILE",       "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",
};

struct home {
    struct arena *arena;
    struct diags diags;
    const char *dir;
    struct credentials found;
};

static int set_up(void **state)
{
    struct arena *arena = arena_new();
    struct home *home = arena_new_of(arena, struct home);
    home->arena = arena;
    diags_init(&home->diags, arena);
    home->dir = path_temp_dir(arena);
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", home->dir, 1);
    assert_true(dir_make(path_join(arena, home->dir, ".aws"), 0700, &home->diags));
    *state = home;
    return 0;
}

static int tear_down(void **state)
{
    struct home *home = *state;
    dir_remove(home->dir);
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    arena_free(home->arena);
    return 0;
}

static void write_file(struct home *home, const char *name, const char *text)
{
    assert_true(file_write_atomic(path_join(home->arena, home->dir, name), slice_of(text), 0600,
                                  &home->diags));
}

static bool find(struct home *home)
{
    return credentials_find(home->arena, &home->found, &home->diags);
}

static void the_environment_wins(void **state)
{
    struct home *home = *state;
    setenv("AWS_ACCESS_KEY_ID", "AKIA1", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s1", 1);
    setenv("AWS_SESSION_TOKEN", "t1", 1);
    write_file(home, ".aws/credentials",
               "[default]\naws_access_key_id=AKIA2\naws_secret_access_key=s2\n");
    assert_true(find(home));
    assert_string_equal(home->found.access_key_id, "AKIA1");
    assert_string_equal(home->found.session_token, "t1");
    assert_string_equal(home->found.source, "environment");
}

static void half_of_a_pair_is_an_error(void **state)
{
    struct home *home = *state;
    setenv("AWS_ACCESS_KEY_ID", "AKIA1", 1);
    assert_false(find(home));
    assert_int_equal(home->diags.items[0].code, E_NO_CREDENTIALS);
    assert_non_null(strstr(home->diags.items[0].message, "AWS_SECRET_ACCESS_KEY is not"));
}

static void the_credentials_file_is_read_as_the_sdks_read_it(void **state)
{
    struct home *home = *state;
    write_file(home, ".aws/credentials",
               "# comment\r\n; too\r\n[other]\naws_access_key_id = NO\n"
               "aws_secret_access_key = NO\n\n[ default ]\r\n"
               "aws_access_key_id  =  AKIA2  \r\naws_secret_access_key=a=b/c+d\r\n"
               "s3 =\n  aws_access_key_id = NESTED\n[last]\naws_access_key_id = NO\n");
    assert_true(find(home));
    assert_string_equal(home->found.access_key_id, "AKIA2");
    assert_string_equal(home->found.secret_access_key, "a=b/c+d");
    assert_null(home->found.session_token);
    assert_non_null(strstr(home->found.source, "profile default of "));
}

static void a_profile_of_the_config_file_is_found_by_its_prefix(void **state)
{
    struct home *home = *state;
    setenv("AWS_PROFILE", "backup", 1);
    write_file(home, ".aws/credentials", "[default]\naws_access_key_id=NO\n");
    write_file(home, ".aws/config",
               "[backup]\naws_access_key_id=NO\naws_secret_access_key=NO\n"
               "[profile\t backup]\naws_access_key_id=AKIA3\naws_secret_access_key=s3\n"
               "aws_session_token=t3\n");
    assert_true(find(home));
    assert_string_equal(home->found.access_key_id, "AKIA3");
    assert_string_equal(home->found.session_token, "t3");
}

static void the_files_can_be_elsewhere(void **state)
{
    struct home *home = *state;
    write_file(home, "mine", "[default]\naws_access_key_id=AKIA4\naws_secret_access_key=s4\n");
    setenv("AWS_SHARED_CREDENTIALS_FILE", path_join(home->arena, home->dir, "mine"), 1);
    assert_true(find(home));
    assert_string_equal(home->found.access_key_id, "AKIA4");
    setenv("AWS_SHARED_CREDENTIALS_FILE", "~/mine", 1);
    assert_true(find(home));
}

static void what_cannot_be_used_is_named(void **state)
{
    static const struct {
        const char *profile, *credentials, *config;
        enum diag_code code;
        const char *message;
    } cases[] = {
        {NULL, "", "", E_NO_CREDENTIALS, "neither the environment"},
        {NULL, "[other]\naws_access_key_id=a\n", "", E_NO_CREDENTIALS, "neither"},
        {"x", "[default]\n", "", E_PROFILE, "stands neither"},
        {"x", "[x]\n", "", E_PROFILE, "holds no credentials"},
        {"x", "[x]\naws_access_key_id=a\n", "", E_PROFILE, "must hold both"},
        {"x", "", "[profile x]\nsso_session = s\n", E_PROFILE, "sso_session"},
        {"x", "", "[profile x]\ncredential_process = /bin/p\n", E_PROFILE, "credential_process"},
        {NULL, "", "[default]\nrole_arn = r\n", E_PROFILE, "role_arn"},
    };
    struct home *home = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (cases[i].profile)
            setenv("AWS_PROFILE", cases[i].profile, 1);
        else
            unsetenv("AWS_PROFILE");
        write_file(home, ".aws/credentials", cases[i].credentials);
        write_file(home, ".aws/config", cases[i].config);
        diags_init(&home->diags, home->arena);
        assert_false(find(home));
        assert_int_equal(diags_status(&home->diags), 3);
        assert_int_equal(home->diags.items[0].code, cases[i].code);
        if (!strstr(home->diags.items[0].message, cases[i].message))
            fail_msg("case %zu: %s", i, home->diags.items[0].message);
    }
}

static void secrets_are_taken_out_of_text(void **state)
{
    struct home *home = *state;
    struct credentials c = {.secret_access_key = "hush", .session_token = "tok"};
    assert_string_equal(credentials_redact(home->arena, &c, "a hush b tok c hush"),
                        "a (redacted) b (redacted) c (redacted)");
    assert_string_equal(credentials_redact(home->arena, &c, "nothing"), "nothing");
    assert_null(credentials_redact(home->arena, &c, NULL));
}

int main(void)
{
#define FILES_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FILES_TEST(the_environment_wins),
        FILES_TEST(half_of_a_pair_is_an_error),
        FILES_TEST(the_credentials_file_is_read_as_the_sdks_read_it),
        FILES_TEST(a_profile_of_the_config_file_is_found_by_its_prefix),
        FILES_TEST(the_files_can_be_elsewhere),
        FILES_TEST(what_cannot_be_used_is_named),
        FILES_TEST(secrets_are_taken_out_of_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
