#include "engine/policy/text.h"

#include "quoted.h"

static void patterns_match_as_aws_documents_them(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool fold, matches;
    } rows[] = {
        {"backup:*", "backup:StartCopyJob", false, true},
        {"backup:start*", "backup:StartCopyJob", false, false},
        {"backup:start*", "backup:StartCopyJob", true, true},
        {"*Job", "backup:StartCopyJob", false, true},
        {"*Job", "backup:StartCopyJobs", false, false},
        {"a?c", "abc", false, true},
        {"a?c", "ac", false, false},
        {"a?c",
         "a\xc3\xa9"
         "c",
         false, true},
        {"", "", false, true},
        {"*", "", false, true},
        {"?", "", false, false},
        {"a*b*c", "a-b-b-c", false, true},
        {"a*b*c", "a-b-b-", false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (text_glob(slice_of(rows[i].pattern), slice_of(rows[i].text), WILDCARDS_WRITTEN,
                      rows[i].fold) != rows[i].matches)
            fail_msg("row %zu: %s and %s", i, rows[i].pattern, rows[i].text);
}

static void actions_match_without_regard_to_case(void **state)
{
    static const struct {
        const char *pattern, *action;
        bool matches;
    } rows[] = {
        {"backup:StartCopyJob", "backup:StartCopyJob", true},
        {"Backup:startcopyjob", "backup:StartCopyJob", true},
        {"backup:StartCopyJobs", "backup:StartCopyJob", false},
        {"backup:StartCopy", "backup:StartCopyJob", false},
        {"backup:start*", "backup:StartCopyJob", true},
        {"backup:StartCopyJob*", "backup:StartCopyJob", true},
        {"backup:StartCopyJ?b", "backup:StartCopyJob", true},
        {"backup:StartCopyJob?", "backup:StartCopyJob", false},
        {"*", "backup:StartCopyJob", true},
        {"*:startcopyjob", "backup:StartCopyJob", true},
        {"", "backup:StartCopyJob", false},
        {"", "", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (text_action_matches(rows[i].pattern, slice_of(rows[i].action)) != rows[i].matches)
            fail_msg("row %zu: %s and %s", i, rows[i].pattern, rows[i].action);
}

static void resources_match_part_by_part(void **state)
{
    static const struct {
        const char *pattern, *resource;
        bool matches;
    } rows[] = {
        {"*", "arn:aws:s3:::bucket", true},
        {"*", "*", true},
        {"arn:aws:rds:*:*:db:*", "arn:aws:rds:us-east-1:111122223333:db:orders", true},
        {"arn:aws:rds:*:*:db:*", "arn:aws:rds:us-east-1:111122223333:snapshot:x", false},
        {"arn:aws:rds:*:111122223333:db:*", "arn:aws:rds:us-east-1:444455556666:db:a", false},
        /* a wildcard does not reach over the colons into another part */
        {"arn:aws:sqs:*:queue", "arn:aws:sqs:us-east-1:111122223333:queue", false},
        {"arn:aws:x:*:1:name", "arn:aws:x:us-east-1:2:a:1:name", false},
        {"arn:aws:*s", "arn:aws:sqs:us-east-1:111122223333:tasks", false},
        /* at the end it stands for all the rest */
        {"arn:aws:backup:*", "arn:aws:backup:us-east-1:111122223333:backup-vault:v", true},
        {"arn:aws:backup:*", "arn:aws:kms:us-east-1:111122223333:key/x", false},
        {"arn:aws:lambda:us-east-1:111122223333:function:f*",
         "arn:aws:lambda:us-east-1:111122223333:function:f:alias", true},
        {"arn:aws:s3:::b/*", "arn:aws:s3:::b/a/c:d", true},
        {"arn:aws:s3:::b", "*", false},
        {"arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (text_resource_matches(slice_of(rows[i].pattern), slice_of(rows[i].resource),
                                  WILDCARDS_WRITTEN) != rows[i].matches)
            fail_msg("row %zu: %s and %s", i, rows[i].pattern, rows[i].resource);
}

static void addresses_lie_within_their_ranges(void **state)
{
    static const struct {
        const char *range, *address;
        bool within;
    } rows[] = {
        {"203.0.113.0/24", "203.0.113.255", true},
        {"203.0.113.0/24", "203.0.114.0", false},
        {"203.0.113.7", "203.0.113.7", true},
        {"203.0.113.7", "203.0.113.8", false},
        {"10.0.0.0/9", "10.127.1.1", true},
        {"10.0.0.0/9", "10.128.1.1", false},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"2001:db8::/32", "2001:db8:1::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"::/0", "1.2.3.4", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ip_range range, address;
        assert_true(literal_ip(slice_of(rows[i].range), &range));
        assert_true(literal_ip(slice_of(rows[i].address), &address));
        if (ip_within(&range, &address) != rows[i].within)
            fail_msg("row %zu: %s in %s", i, rows[i].address, rows[i].range);
    }
}

static void literals_of_another_shape_are_refused(void **state)
{
    (void)state;
    double number = 0;
    int64_t ms = 0;
    struct ip_range range;
    static const char *const no_numbers[] = {"", "x", "1x", "--1", "0x10", "1 ", "nan", ".", NULL};
    static const char *const no_addresses[] = {"",           "1.2.3",   "1.2.3.4/33", "1.2.3.4/",
                                               "1.2.3.4/-1", "::1/129", "host",       NULL};
    for (size_t i = 0; no_numbers[i]; i++)
        if (literal_number(slice_of(no_numbers[i]), &number))
            fail_msg("\"%s\" is no number", no_numbers[i]);
    for (size_t i = 0; no_addresses[i]; i++)
        if (literal_ip(slice_of(no_addresses[i]), &range))
            fail_msg("\"%s\" is no address", no_addresses[i]);
    assert_false(literal_date(slice_of("yesterday"), &ms));
    assert_true(literal_date(slice_of("1767225600"), &ms));
    int64_t same = 0;
    assert_true(literal_date(slice_of("2026-01-01T00:00:00Z"), &same));
    assert_int_equal(ms, same);
}

static void dates_come_in_the_forms_of_the_w3c(void **state)
{
    static const struct {
        const char *text, *same; /* NULL: no date */
    } rows[] = {
        {"2026", "2026-01-01T00:00:00Z"},
        {"2026-03", "2026-03-01T00:00:00Z"},
        {"2026-03-04", "2026-03-04T00:00:00Z"},
        {"2026-03-04T05:06Z", "2026-03-04T05:06:00Z"},
        {"2026-03-04T05:06+02:00", "2026-03-04T03:06:00Z"},
        {"2026-03-04T05:06:07Z", "2026-03-04T05:06:07Z"},
        {"2026-03-04T05:06:07.5Z", "2026-03-04T05:06:07.5Z"},
        {"1767225600", "2026-01-01T00:00:00Z"},
        {"202", NULL},
        {"2026-13", NULL},
        {"2026-03-04T05Z", NULL},
        {"2026-03-04T05:06", NULL},
        {"20260304T050607Z", NULL},
        {"2026-03-04T05:06:07Z and then some more than any date has to say about itself", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms = 0, same = 0;
        if (rows[i].same)
            assert_true(literal_date(slice_of(rows[i].same), &same));
        if (literal_date(slice_of(rows[i].text), &ms) != (rows[i].same != NULL) || ms != same)
            fail_msg("%s", rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_aws_documents_them),
        cmocka_unit_test(actions_match_without_regard_to_case),
        cmocka_unit_test(resources_match_part_by_part),
        cmocka_unit_test(addresses_lie_within_their_ranges),
        cmocka_unit_test(literals_of_another_shape_are_refused),
        cmocka_unit_test(dates_come_in_the_forms_of_the_w3c),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
