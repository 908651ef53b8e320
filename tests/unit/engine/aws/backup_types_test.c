#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/backup_types.h"
#include "engine/base/slice.h"

static void resource_arns_tell_their_type(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"arn:aws:rds:us-east-1:111122223333:db:orders", "RDS"},
        {"arn:aws:rds:us-east-1:111122223333:cluster:orders", "Aurora"},
        {"arn:aws:rds:us-east-1:111122223333:snapshot:orders", NULL},
        {"arn:aws:ec2:us-east-1:111122223333:volume/vol-1", "EBS"},
        {"arn:aws:ec2:us-east-1:111122223333:instance/i-1", "EC2"},
        {"arn:aws:ec2:us-east-1:111122223333:subnet/s-1", NULL},
        {"arn:aws:fsx:us-east-1:111122223333:file-system/fs-1", "FSx"},
        {"arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-1", "EFS"},
        {"arn:aws:dynamodb:us-east-1:111122223333:table/t", "DynamoDB"},
        {"arn:aws:dynamodb:us-east-1:111122223333:table/t/index/i", NULL},
        {"arn:aws:s3:::bucket", "S3"},
        {"arn:aws:s3:::bucket/key", NULL},
        {"arn:aws:sqs:us-east-1:111122223333:queue", NULL},
        {"orders", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!str_eq(backup_type_of_arn(rows[i][0]), rows[i][1]))
            fail_msg("%s", rows[i][0]);
}

static void types_of_which_only_the_name_is_known_are_told_from_none(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"arn:aws:redshift:*:*:cluster:*", "Redshift"},
        {"arn:aws:redshift:*:*:*", "Redshift"},
        {"arn:aws:redshift:*:*:snapshot:*", NULL},
        {"arn:aws:storagegateway:*:*:gateway/*", "Storage Gateway"},
        {"arn:aws:cloudformation:*:*:stack/*", "CloudFormation"},
        {"arn:aws:ssm-sap:*:*:HANA/*", "SAP HANA on Amazon EC2"},
        {"arn:aws:backup-gateway:*:*:vm/*", "VirtualMachine"},
        {"arn:aws:timestream:*:*:database/*", "Timestream"},
        {"arn:aws:lambda:*:*:function:*", NULL},
        {"*", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!str_eq(backup_type_without_facts(rows[i][0]), rows[i][1]))
            fail_msg("%s", rows[i][0]);
}

static void points_have_the_arn_of_their_service(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool copy;
        const char *arn, *type_again;
    } rows[] = {
        {"RDS", false, "arn:aws:rds:us-east-1:111122223333:snapshot:awsbackup:job-X", "RDS"},
        {"RDS", true, "arn:aws:rds:us-east-1:111122223333:snapshot:awsbackup:copyjob-X", "RDS"},
        {"Aurora", true, "arn:aws:rds:us-east-1:111122223333:cluster-snapshot:awsbackup:copyjob-X",
         "Aurora"},
        {"EBS", false, "arn:aws:ec2:us-east-1::snapshot/X", "EBS"},
        {"EC2", false, "arn:aws:ec2:us-east-1::image/X", "EC2"},
        {"FSx", false, "arn:aws:fsx:us-east-1:111122223333:backup/X", "FSx"},
        {"EFS", true, "arn:aws:backup:us-east-1:111122223333:recovery-point:X", NULL},
        {"S3", false, "arn:aws:backup:us-east-1:111122223333:recovery-point:X", NULL},
        {"DynamoDB", false, "arn:aws:backup:us-east-1:111122223333:recovery-point:X", NULL},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct backup_type *type = backup_type_find(rows[i].type);
        assert_non_null(type);
        const char *arn =
            backup_point_arn(arena, type, "aws", "us-east-1", "111122223333", "X", rows[i].copy);
        assert_string_equal(arn, rows[i].arn);
        assert_true(str_eq(backup_type_of_point(arn), rows[i].type_again));
    }
    assert_null(backup_type_of_point("arn:aws:rds:us-east-1:111122223333:snapshot:by-hand"));
    assert_null(backup_type_find("Floppy"));
    arena_free(arena);
}

static void rds_keeps_its_own_key_and_efs_does_not(void **state)
{
    (void)state;
    static const char *const own_key[] = {"RDS", "Aurora", "Neptune", "DocumentDB",
                                          "EBS", "EC2",    "FSx"};
    static const char *const vault_key[] = {"EFS", "DynamoDB", "S3"};
    for (size_t i = 0; i < ARRAY_LEN(own_key); i++)
        assert_false(backup_type_find(own_key[i])->fully_managed);
    for (size_t i = 0; i < ARRAY_LEN(vault_key); i++)
        assert_true(backup_type_find(vault_key[i])->fully_managed);
}

static void patterns_of_one_type_tell_it(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"arn:aws:rds:*:*:db:*", "RDS"},
        {"arn:aws:rds:*:*:cluster:*", "Aurora"},
        {"arn:aws:ec2:*:*:volume/*", "EBS"},
        {"arn:aws:fsx:*:*:volume/*", "FSx"},
        {"arn:aws:s3:::*", "S3"},
        {"arn:aws:rds:*:*:*", NULL},
        {"*", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct backup_type *type = backup_type_of_pattern(rows[i][0]);
        if (!str_eq(type ? type->type : NULL, rows[i][1]))
            fail_msg("%s", rows[i][0]);
    }
    assert_false(backup_type_of_pattern("arn:aws:fsx:*:*:volume/*")->copies);
    assert_true(backup_type_of_pattern("arn:aws:fsx:*:*:file-system/*")->copies);
    assert_true(backup_type_find("EFS")->any_key);
    assert_false(backup_type_find("S3")->any_key);
}

static void patterns_of_many_types_meet_each(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *type;
        bool meets, within;
    } rows[] = {
        {"*", "EFS", true, true},
        {"arn:aws:rds:*", "Aurora", true, false}, /* no ARN, and may mean any */
        {"arn:aws:rds:*:*:*", "Aurora", true, true},
        {"arn:aws:rds:*:*:db:*", "RDS", true, true},
        {"arn:aws:rds:*:*:db:*", "Aurora", true, false}, /* its instances */
        {"arn:aws:rds:*:*:db:orders", "Aurora", false, false},
        {"arn:aws:rds:*:*:cluster:*", "Aurora", true, true},
        {"arn:aws:rds:us-east-1:*:cluster:*", "Aurora", true, false},
        {"arn:aws:rds:*:*:cluster:main-*", "Aurora", true, false},
        {"arn:aws:rds:*:*:cl*", "Aurora", true, true},
        {"arn:aws:rds:*:*:clx*", "Aurora", false, false},
        {"arn:aws:ec2:*:*:volume/*", "EBS", true, true},
        {"arn:aws:ec2:*:*:volume/*", "FSx", false, false},
        {"arn:aws:ec2:*:*:volume/vol-1", "EBS", true, false},
        {"arn:aws:s3:::*", "S3", true, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct backup_type *type = backup_type_find(rows[i].type);
        if (backup_type_meets(type, rows[i].pattern) != rows[i].meets ||
            backup_type_is_within(type, rows[i].pattern) != rows[i].within)
            fail_msg("%s of %s", rows[i].pattern, rows[i].type);
    }
    assert_false(backup_type_meets(backup_type_find("S3"), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resource_arns_tell_their_type),
        cmocka_unit_test(types_of_which_only_the_name_is_known_are_told_from_none),
        cmocka_unit_test(points_have_the_arn_of_their_service),
        cmocka_unit_test(patterns_of_one_type_tell_it),
        cmocka_unit_test(patterns_of_many_types_meet_each),
        cmocka_unit_test(rds_keeps_its_own_key_and_efs_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
