#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "providers/aws/endpoint.h"

#define ACCOUNT "111122223333"

static struct endpoint of(struct arena *arena, const struct endpoint_config *config,
                          const struct aws_operation *operation, const char *region)
{
    struct endpoint e;
    endpoint_of(arena, config, operation->api, ACCOUNT, region, NULL, &e);
    return e;
}

static void each_partition_has_its_names_and_signing_regions(void **state)
{
    (void)state;
    static const struct {
        const struct aws_operation *operation;
        const char *region, *partition, *base_url, *signing_region;
    } cases[] = {
        {&backup_ListBackupVaults, "us-east-2", "aws", "https://backup.us-east-2.amazonaws.com",
         "us-east-2"},
        {&backup_ListBackupVaults, "cn-north-1", "aws-cn",
         "https://backup.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {&sts_AssumeRole, "eu-west-1", "aws", "https://sts.eu-west-1.amazonaws.com", "eu-west-1"},
        {&iam_GetRole, NULL, "aws", "https://iam.amazonaws.com", "us-east-1"},
        {&iam_GetRole, "eu-west-1", "aws", "https://iam.amazonaws.com", "us-east-1"},
        {&iam_GetRole, NULL, "aws-cn", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {&iam_GetRole, NULL, "aws-us-gov", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"},
        {&organizations_ListAccountsForParent, NULL, "aws",
         "https://organizations.us-east-1.amazonaws.com", "us-east-1"},
        {&organizations_ListAccountsForParent, NULL, "aws-cn",
         "https://organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"},
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct endpoint_config config = {0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct endpoint e;
        endpoint_of(arena, &config, cases[i].operation->api, ACCOUNT, cases[i].region,
                    cases[i].partition, &e);
        assert_string_equal(e.base_url, cases[i].base_url);
        assert_string_equal(e.signing_region, cases[i].signing_region);
        assert_string_equal(e.path_prefix, "");
        assert_string_equal(e.host, cases[i].base_url + 8);
    }
}

static void the_option_wins_over_the_list_and_the_list_over_the_environment(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct value *list = NULL;
    const char *why = NULL;
    assert_true(json_parse(
        arena,
        slice_of("[{\"url\":\"http://all\"},{\"service\":\"kms\",\"url\":\"http://kms\"},"
                 "{\"service\":\"kms\",\"region\":\"us-east-1\",\"url\":\"http://kms-east\"},"
                 "{\"account\":\"999999999999\",\"service\":\"kms\",\"region\":\"us-east-1\","
                 "\"url\":\"http://other\"}]"),
        &list, &why));
    setenv("AWS_ENDPOINT_URL", "http://environment", 1);
    setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://environment-logs", 1);
    struct endpoint_config all = {.url = "http://option:4566", .list = list, .environment = true};
    struct endpoint_config listed = {.list = list, .environment = true};
    struct endpoint_config env = {.environment = true}, none = {0};
    assert_string_equal(of(arena, &all, &kms_ListKeys, "us-east-1").base_url, "http://option:4566");
    assert_string_equal(of(arena, &listed, &kms_ListKeys, "us-east-1").base_url, "http://kms-east");
    assert_string_equal(of(arena, &listed, &kms_ListKeys, "us-east-2").base_url, "http://kms");
    assert_string_equal(of(arena, &listed, &iam_GetRole, NULL).base_url, "http://all");
    assert_string_equal(of(arena, &env, &kms_ListKeys, "us-east-2").base_url, "http://environment");
    assert_string_equal(of(arena, &env, &logs_CreateLogGroup, "us-east-2").base_url,
                        "http://environment-logs");
    assert_string_equal(of(arena, &none, &kms_ListKeys, "us-east-2").base_url,
                        "https://kms.us-east-2.amazonaws.com");
    assert_string_equal(of(arena, &all, &kms_ListKeys, "us-east-1").signing_region, "us-east-1");
    unsetenv("AWS_ENDPOINT_URL");
    unsetenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS");
}

static void urls_are_split_as_they_are_signed_and_sent(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct endpoint_config config = {.url = "https://proxy.example:443/aws/"};
    struct endpoint e = of(arena, &config, &kms_ListKeys, "us-east-1");
    assert_string_equal(e.base_url, "https://proxy.example:443");
    assert_string_equal(e.host, "proxy.example");
    assert_string_equal(e.path_prefix, "/aws");
    config.url = "http://127.0.0.1:4566/";
    e = of(arena, &config, &kms_ListKeys, "us-east-1");
    assert_string_equal(e.host, "127.0.0.1:4566");
    assert_string_equal(e.path_prefix, "");
}

static void urls_that_cannot_be_used_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "127.0.0.1:4566",          "ftp://x",    "http://", "http:///path",
        "http://user:secret@host", "http://a b", ""};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct diags diags;
        diags_init(&diags, arena);
        struct endpoint_config config = {.url = cases[i]};
        assert_false(endpoint_check(&config, &diags));
        assert_int_equal(diags.items[0].code, E_BAD_VALUE);
    }
    struct diags diags;
    diags_init(&diags, arena);
    setenv("AWS_ENDPOINT_URL_KMS", "kms.example", 1);
    struct endpoint_config env = {.environment = true}, no_env = {.environment = false};
    assert_false(endpoint_check(&env, &diags));
    assert_true(endpoint_check(&no_env, &diags));
    unsetenv("AWS_ENDPOINT_URL_KMS");
}

static void every_override_is_part_of_the_text_that_names_the_world(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_null(aws_endpoint_overrides(arena, NULL));
    setenv("AWS_ENDPOINT_URL_KMS", "http://k", 1);
    setenv("AWS_ENDPOINT_URL_BACKUP", "http://b", 1);
    assert_string_equal(aws_endpoint_overrides(arena, NULL), "BACKUP=http://b\nKMS=http://k");
    setenv("AWS_ENDPOINT_URL", "http://b", 1);
    assert_string_equal(aws_endpoint_overrides(arena, NULL), "http://b\nKMS=http://k");
    assert_string_equal(aws_endpoint_overrides(arena, "http://o"), "http://o");
    unsetenv("AWS_ENDPOINT_URL_KMS");
    unsetenv("AWS_ENDPOINT_URL_BACKUP");
    unsetenv("AWS_ENDPOINT_URL");
}

/* Which names that makes is judged by tests/models/endpoints.py. */
static void the_kind_of_endpoint_comes_from_the_environment_or_the_profile(void **state)
{
    (void)state;
    static const struct {
        const char *fips, *dual_stack, *profile; /* NULL: not set */
        bool read, is_fips, is_dual_stack;
    } cases[] = {
        {NULL, NULL, "", true, false, false},
        {"true", NULL, "", true, true, false},
        {NULL, "TRUE", "", true, false, true},
        {NULL, NULL, "use_fips_endpoint = true\nuse_dualstack_endpoint = true\n", true, true, true},
        {"false", NULL, "use_fips_endpoint = true\n", true, false, false},
        {"yes", NULL, "", false, false, false},
        {NULL, NULL, "use_fips_endpoint = 1\n", false, false, false},
        {NULL, NULL, "not understood\n", false, false, false},
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *folder = path_temp_dir(arena), *path = path_join(arena, folder, "config");
    setenv("AWS_CONFIG_FILE", path, 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct diags diags;
        struct endpoint_config config = {0};
        diags_init(&diags, arena);
        const char *text = arena_printf(arena, "[default]\n%s", cases[i].profile);
        assert_true(file_write_atomic(path, slice_of(text), 0600, &diags));
        unsetenv("AWS_USE_FIPS_ENDPOINT");
        unsetenv("AWS_USE_DUALSTACK_ENDPOINT");
        if (cases[i].fips)
            setenv("AWS_USE_FIPS_ENDPOINT", cases[i].fips, 1);
        if (cases[i].dual_stack)
            setenv("AWS_USE_DUALSTACK_ENDPOINT", cases[i].dual_stack, 1);
        assert_int_equal(endpoint_kind_read(arena, &config, &diags), cases[i].read);
        assert_int_equal(diags.errors, cases[i].read ? 0 : 1);
        if (cases[i].read) {
            assert_int_equal(config.fips, cases[i].is_fips);
            assert_int_equal(config.dual_stack, cases[i].is_dual_stack);
        }
    }
    unsetenv("AWS_CONFIG_FILE");
    unsetenv("AWS_USE_FIPS_ENDPOINT");
    dir_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_partition_has_its_names_and_signing_regions),
        cmocka_unit_test(the_kind_of_endpoint_comes_from_the_environment_or_the_profile),
        cmocka_unit_test(every_override_is_part_of_the_text_that_names_the_world),
        cmocka_unit_test(the_option_wins_over_the_list_and_the_list_over_the_environment),
        cmocka_unit_test(urls_are_split_as_they_are_signed_and_sent),
        cmocka_unit_test(urls_that_cannot_be_used_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
