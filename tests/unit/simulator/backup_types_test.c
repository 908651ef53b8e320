#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/backup_types.h"

static const struct value *resource(struct arena *arena, const char *arn, const char *type)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "arn", arn);
    map_put_str(&b, "type", type);
    return map_end(&b);
}

static void a_resource_has_the_type_of_its_arn_unless_it_says_more(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"arn:aws:rds:us-east-1:111122223333:db:orders", NULL, "RDS"},
        {"arn:aws:rds:us-east-1:111122223333:cluster:orders", NULL, "Aurora"},
        {"arn:aws:rds:us-east-1:111122223333:cluster:orders", "Neptune", "Neptune"},
        {"arn:aws:rds:us-east-1:111122223333:db:orders-1", "DocumentDB", NULL}, /* of a cluster */
        {"arn:aws:ec2:us-east-1:111122223333:volume/vol-1", NULL, "EBS"},
        {"arn:aws:dynamodb:us-east-1:111122223333:table/orders", NULL, "DynamoDB"},
        {"arn:aws:dynamodb:us-east-1:111122223333:table/orders/index/i", NULL, NULL},
        {"arn:aws:s3:::orders", NULL, "S3"},
        {"arn:aws:s3:::orders/object", NULL, NULL},
        {"arn:aws:sqs:us-east-1:111122223333:orders", NULL, NULL},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct sim_type *type = resource_type(resource(arena, rows[i][0], rows[i][1]));
        if (!str_eq(type ? type->name : NULL, rows[i][2]))
            fail_msg("%s as %s", rows[i][0], rows[i][1] ? rows[i][1] : "what it is");
    }
    arena_free(arena);
}

static void points_are_named_as_their_service_names_them(void **state)
{
    (void)state;
    static const char job[] = "01234567-89ab-4cde-8f01-23456789abcd";
    static const struct {
        const char *type;
        bool copy;
        const char *arn;
    } rows[] = {
        {"RDS", true, "arn:aws:rds:eu-west-1:111122223333:snapshot:awsbackup:copyjob-"},
        {"Neptune", false, "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:awsbackup:job-"},
        {"EBS", true, "arn:aws:ec2:eu-west-1::snapshot/snap-0123456789ab4cde8"},
        {"EC2", false, "arn:aws:ec2:eu-west-1::image/ami-0123456789ab4cde8"},
        {"FSx", false, "arn:aws:fsx:eu-west-1:111122223333:backup/backup-0123456789ab4cde8"},
        {"EFS", true, "arn:aws:backup:eu-west-1:111122223333:recovery-point:"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *arn = point_arn(arena, sim_type_find(rows[i].type), "eu-west-1", "111122223333",
                                    job, rows[i].copy);
        if (!str_starts(arn, rows[i].arn))
            fail_msg("%s: %s", rows[i].type, arn);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resource_has_the_type_of_its_arn_unless_it_says_more),
        cmocka_unit_test(points_are_named_as_their_service_names_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
