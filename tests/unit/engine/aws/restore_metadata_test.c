#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/backup_types.h"
#include "engine/aws/restore_metadata.h"
#include "engine/base/json.h"

#define KEY "arn:aws:kms:us-east-1:777788889999:key/k"

/* What a restore in account 777788889999 and us-east-1 is told. */
static const struct {
    const char *type, *resource, *of_point, *declared, *expected, *missing;
} rows[] = {
    {"RDS", "arn:aws:rds:us-east-1:111122223333:db:orders",
     "{\"DBInstanceIdentifier\":\"orders\",\"Engine\":\"postgres\",\"DBSubnetGroupName\":\"old\","
     "\"VpcSecurityGroupIds\":\"[]\",\"AvailabilityZone\":\"us-east-1a\","
     "\"aws:backup:request-id\":\"x\","
     "\"MonitoringRoleArn\":\"arn:aws:iam::111122223333:role/m\"}",
     "{\"DBSubnetGroupName\":\"new\"}",
     "{\"Engine\":\"postgres\",\"DBInstanceIdentifier\":\"orders\",\"DBSubnetGroupName\":\"new\"}",
     NULL},
    /* in its own account the old name is taken */
    {"RDS", "arn:aws:rds:us-east-1:777788889999:db:orders", "{}", NULL,
     "{\"DBInstanceIdentifier\":\"orders-restored\"}", NULL},
    {"Aurora", "arn:aws:rds:us-east-1:111122223333:cluster:ledger",
     "{\"Engine\":\"aurora-mysql\",\"DBClusterParameterGroupName\":\"old\"}", NULL,
     "{\"Engine\":\"aurora-mysql\",\"DBClusterIdentifier\":\"ledger\"}", NULL},
    {"DynamoDB", "arn:aws:dynamodb:us-east-1:111122223333:table/t", "{}", NULL,
     "{\"encryptionType\":\"KMS\",\"targetTableName\":\"t\",\"kmsMasterKeyArn\":\"" KEY "\"}",
     NULL},
    {"EBS", "arn:aws:ec2:us-east-1:111122223333:volume/vol-1",
     "{\"availabilityZone\":\"us-east-1b\",\"volumeId\":\"vol-1\",\"encrypted\":\"false\"}", NULL,
     "{\"availabilityZone\":\"us-east-1b\",\"encrypted\":\"true\",\"kmsKeyId\":\"" KEY "\"}", NULL},
    /* a zone of another Region means nothing here */
    {"EBS", "arn:aws:ec2:us-west-2:111122223333:volume/vol-1",
     "{\"availabilityZone\":\"us-west-2b\"}", NULL,
     "{\"encrypted\":\"true\",\"kmsKeyId\":\"" KEY "\"}", "availabilityZone"},
    {"EBS", "arn:aws:ec2:us-west-2:111122223333:volume/vol-1", "{}",
     "{\"availabilityZone\":\"us-east-1c\"}",
     "{\"encrypted\":\"true\",\"kmsKeyId\":\"" KEY "\",\"availabilityZone\":\"us-east-1c\"}", NULL},
    {"EC2", "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
     "{\"InstanceType\":\"t3.micro\",\"SubnetId\":\"subnet-1\",\"KeyName\":\"k\"}", NULL,
     "{\"InstanceType\":\"t3.micro\"}", NULL},
    {"EFS", "arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-1",
     "{\"file-system-id\":\"fs-1\",\"PerformanceMode\":\"generalPurpose\",\"KmsKeyId\":"
     "\"arn:aws:kms:us-east-1:111122223333:key/o\"}",
     NULL,
     "{\"file-system-id\":\"fs-1\",\"PerformanceMode\":\"generalPurpose\",\"newFileSystem\":"
     "\"true\",\"Encrypted\":\"true\",\"KmsKeyId\":\"" KEY "\",\"CreationToken\":\"token\"}",
     NULL},
    /* nobody in the world may have the bucket's name */
    {"S3", "arn:aws:s3:::ledger", "{}", NULL,
     "{\"NewBucket\":\"true\",\"Encrypted\":\"true\",\"EncryptionType\":\"SSE-KMS\","
     "\"DestinationBucketName\":\"ledger-restored\",\"KMSKey\":\"" KEY
     "\",\"CreationToken\":\"token\"}",
     NULL},
    {"FSx", "arn:aws:fsx:us-east-1:111122223333:file-system/fs-1", "{\"SubnetIds\":\"[]\"}", NULL,
     "{}", "SubnetIds"},
};

static const struct value *parsed(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (text)
        assert_true(json_parse(arena, slice_of(text), &v, &why));
    return v;
}

static void each_type_is_told_what_it_needs_and_nothing_of_the_old_place(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct restore_target target = {.resource_arn = rows[i].resource,
                                              .account_id = "777788889999",
                                              .region = "us-east-1",
                                              .key_arn = KEY,
                                              .token = "token"};
        const char *missing = NULL;
        const struct value *v = restore_metadata(arena, restore_type_find(rows[i].type), &target,
                                                 parsed(arena, rows[i].of_point),
                                                 parsed(arena, rows[i].declared), &missing);
        if (!value_equal(v, parsed(arena, rows[i].expected)))
            fail_msg("row %zu, %s: %s", i, rows[i].type, json_print(arena, v, JSON_COMPACT));
        assert_true(str_eq(missing, rows[i].missing));
    }
    arena_free(arena);
}

static void every_type_that_is_backed_up_can_be_restored(void **state)
{
    (void)state;
    size_t len;
    const struct backup_type *types = backup_types(&len);
    for (size_t i = 0; i < len; i++)
        if (!restore_type_find(types[i].type))
            fail_msg("%s", types[i].type);
    assert_null(restore_type_find("Timestream"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_is_told_what_it_needs_and_nothing_of_the_old_place),
        cmocka_unit_test(every_type_that_is_backed_up_can_be_restored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
