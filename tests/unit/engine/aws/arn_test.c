#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/arn.h"

static void an_arn_has_exactly_six_parts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"arn:aws:rds:us-east-1:111122223333:snapshot:awsbackup:job-1", true},
        {"arn:aws:iam::111122223333:role/service-role/x", true},
        {"arn:aws:rds:*:*:db:*", true},
        {"arn:aws:s3:::bucket", true},
        {"arn:aws:s3:::", false},
        {"arn:aws:s3::bucket", false},
        {"arn::s3:::bucket", false},
        {"arn:aws::us-east-1:111122223333:x", false},
        {"ARN:aws:s3:::bucket", false},
        {"arn:aws:s3:::my bucket", false},
        {"arn:aws:s3:::bucket\n", false},
        {"", false},
        {"final", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arn arn = {.service = slice_of("untouched")};
        assert_int_equal(arn_parse(slice_of(rows[i].text), &arn), rows[i].ok);
        assert_int_equal(slice_is(arn.service, "untouched"), !rows[i].ok);
    }
    struct arn arn;
    assert_true(arn_parse(slice_of(rows[0].text), &arn));
    assert_true(slice_is(arn.partition, "aws"));
    assert_true(slice_is(arn.service, "rds"));
    assert_true(slice_is(arn.region, "us-east-1"));
    assert_true(slice_is(arn.account, "111122223333"));
    assert_true(slice_is(arn.resource, "snapshot:awsbackup:job-1"));
}

static void the_name_follows_the_type(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"arn:aws:iam::111122223333:role/service-role/x", "service-role/x"},
        {"arn:aws:backup:us-east-1:111122223333:backup-vault:final", "final"},
        {"arn:aws:events:us-east-1:111122223333:rule/bus/name", "bus/name"},
        {"arn:aws:sqs:us-east-1:111122223333:queue", "queue"},
        {"arn:aws:rds:us-east-1:111122223333:snapshot:awsbackup:job-1", "awsbackup:job-1"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arn arn;
        assert_true(arn_parse(slice_of(rows[i][0]), &arn));
        assert_string_equal(arn_resource_name(arena, &arn), rows[i][1]);
    }
    arena_free(arena);
}

static void only_a_whole_vault_arn_is_a_vault(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *name;
    } rows[] = {
        {"arn:aws:backup:us-east-2:444455556666:backup-vault:final", "final"},
        {"arn:aws-cn:backup:cn-north-1:444455556666:backup-vault:A_b-1", "A_b-1"},
        {"arn:aws:backup:us-east-2:444455556666:backup-vault:x", NULL},
        {"arn:aws:backup:us-east-2:444455556666:backup-vault:a/b", NULL},
        {"arn:aws:backup:us-east-2:444455556666:backup-vault:*", NULL},
        {"arn:aws:backup:us-east-2:444455556666:recovery-point:final", NULL},
        {"arn:aws:backup:us-east-2:4444:backup-vault:final", NULL},
        {"arn:aws:backup::444455556666:backup-vault:final", NULL},
        {"arn:aws:backup:*:444455556666:backup-vault:final", NULL},
        {"arn:aws:rds:us-east-2:444455556666:backup-vault:final", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arn arn;
        struct slice name = {0};
        assert_true(arn_parse(slice_of(rows[i].text), &arn));
        assert_int_equal(arn_is_backup_vault(&arn, &name), rows[i].name != NULL);
        if (rows[i].name != NULL)
            assert_true(slice_is(name, rows[i].name));
    }
}

static void a_role_arn_carries_the_path(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(arn_role(arena, "aws", "111122223333", "service-role/x"),
                        "arn:aws:iam::111122223333:role/service-role/x");
    assert_string_equal(arn_role(arena, "aws-cn", "111122223333", "/a/b"),
                        "arn:aws-cn:iam::111122223333:role/a/b");
    arena_free(arena);
}

static void stars_take_any_run_and_question_marks_one(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        {"*", "", true},
        {"", "", true},
        {"", "a", false},
        {"?", "", false},
        {"a*c", "abbbc", true},
        {"a*c", "abbbd", false},
        {"a**c", "ac", true},
        {"*ab*ab", "xababab", true},
        {"arn:aws:rds:*:*:db:*", "arn:aws:rds:us-east-1:111122223333:db:orders", true},
        {"arn:aws:rds:*:*:db:*", "arn:aws:rds:us-east-1:111122223333:cluster:orders", false},
        {"vault-?", "vault-a", true},
        {"vault-?", "vault-ab", false},
        {"Vault", "vault", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(arn_matches_pattern(slice_of(rows[i].pattern), slice_of(rows[i].text)),
                         rows[i].matches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arn_has_exactly_six_parts),
        cmocka_unit_test(the_name_follows_the_type),
        cmocka_unit_test(only_a_whole_vault_arn_is_a_vault),
        cmocka_unit_test(a_role_arn_carries_the_path),
        cmocka_unit_test(stars_take_any_run_and_question_marks_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
