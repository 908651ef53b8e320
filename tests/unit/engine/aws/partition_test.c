#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/partition.h"
#include "engine/base/cleanup.h"

static void partitions_follow_the_region(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"us-east-1", "aws", "amazonaws.com"},
        {"cn-north-1", "aws-cn", "amazonaws.com.cn"},
        {"us-gov-west-1", "aws-us-gov", "amazonaws.com"},
        {"us-iso-east-1", "aws-iso", "c2s.ic.gov"},
        {"us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"},
        {"xx-new-1", "aws", "amazonaws.com"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(partition_of_region(rows[i][0]), rows[i][1]);
        assert_string_equal(partition_dns_suffix(rows[i][1]), rows[i][2]);
    }
    assert_string_equal(partition_of_region(NULL), "aws");
    assert_string_equal(partition_dns_suffix("aws-unheard-of"), "amazonaws.com");
    assert_string_equal(partition_dual_stack_suffix("aws-us-gov"), "api.aws");
    assert_string_equal(partition_dual_stack_suffix("aws-cn"), "api.amazonwebservices.com.cn");
}

static void regions_are_known_by_their_shape(void **state)
{
    (void)state;
    static const char *const good[] = {"us-east-1",      "ap-southeast-12", "us-gov-west-1",
                                       "us-isob-east-1", "mx-central-1",    "eusc-de-east-1"};
    static const char *const bad[] = {"",           "us-east",    "us-east-",   "us-east-0",
                                      "US-EAST-1",  "us_east_1",  "us-east-1a", "us-east-123",
                                      "u-east-1",   "us--east-1", "us-1",       "-us-east-1",
                                      "us-east-1 ", "global"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!region_is_valid(good[i]))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (region_is_valid(bad[i]))
            fail_msg("%s", bad[i]);
    assert_false(region_is_valid(NULL));
}

static void accounts_have_twelve_digits(void **state)
{
    (void)state;
    assert_true(account_id_is_valid("000011112222"));
    assert_false(account_id_is_valid("00001111222"));
    assert_false(account_id_is_valid("0000111122223"));
    assert_false(account_id_is_valid("00001111222x"));
    assert_false(account_id_is_valid(""));
    assert_false(account_id_is_valid(NULL));
}

static void global_services_are_signed_at_home(void **state)
{
    (void)state;
    static const char *const rows[][4] = {
        {"iam", "eu-west-1", NULL, "us-east-1"},
        {"iam", "cn-northwest-1", NULL, "cn-north-1"},
        {"iam", "us-gov-east-1", "aws-us-gov", "us-gov-west-1"},
        {"organizations", "cn-north-1", NULL, "cn-northwest-1"},
        {"organizations", "eu-west-1", "aws", "us-east-1"},
        {"sts", "eu-west-1", NULL, "eu-west-1"},
        {"backup", "eu-west-1", "aws", "eu-west-1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(service_signing_region(rows[i][0], rows[i][1], rows[i][2]), rows[i][3]);
    assert_true(service_is_global("iam"));
    assert_false(service_is_global("sts"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partitions_follow_the_region),
        cmocka_unit_test(regions_are_known_by_their_shape),
        cmocka_unit_test(accounts_have_twelve_digits),
        cmocka_unit_test(global_services_are_signed_at_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
