#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/selection_sample.h"
#include "engine/base/json.h"

static const struct selection_place place = {"aws", "us-east-1", "111122223333"};

struct row {
    const char *pattern, *excluded, *sample; /* excluded: a list, as JSON */
};

static void check(const struct row *rows, size_t len, const char *suffix)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < len; i++) {
        const struct value *list = NULL;
        const char *why = NULL;
        assert_true(json_parse(arena, slice_of(rows[i].excluded), &list, &why));
        struct map_builder b = map_begin(arena);
        map_put(&b, "not_resources", list);
        const char *sample = selection_sample(arena, map_end(&b), rows[i].pattern, &place, suffix);
        assert_string_equal(sample, rows[i].sample);
    }
    arena_free(arena);
}

static void a_pattern_stands_for_a_resource_of_the_place(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {NULL, "[]", "arn:aws:rds:us-east-1:111122223333:db:orders"},
        {"*", "[]", "arn:aws:rds:us-east-1:111122223333:db:orders"},
        {"arn:aws:rds:*:*:db:*", "[]", "arn:aws:rds:us-east-1:111122223333:db:orders"},
        {"arn:aws:rds:*:*:db:x", "[]", "arn:aws:rds:us-east-1:111122223333:db:x"},
        {"arn:aws:rds:eu-west-1:*:db:*", "[]", "arn:aws:rds:eu-west-1:111122223333:db:orders"},
        {"arn:aws:s3:::*", "[]", "arn:aws:s3:::orders-111122223333-us-east-1"},
        {"arn:aws:dynamodb:*:*:table/a*", "[]",
         "arn:aws:dynamodb:us-east-1:111122223333:table/aorders"},
    };
    check(rows, ARRAY_LEN(rows), NULL);
}

static void what_is_excluded_stands_for_nothing_while_something_is_left(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"arn:aws:rds:*:*:db:*", "[\"arn:aws:rds:*:*:db:orders\"]",
         "arn:aws:rds:us-east-1:111122223333:db:invoices"},
        {"arn:aws:rds:*:*:db:*", "[\"arn:aws:rds:*:*:db:o*\", \"arn:aws:rds:*:*:db:i*\"]",
         "arn:aws:rds:us-east-1:111122223333:db:stock"},
        {"*", "[\"arn:aws:rds:*:*:db:*\"]", "arn:aws:rds:us-east-1:111122223333:cluster:orders"},
        {NULL, "[\"arn:aws:rds:*:*:*\"]", "arn:aws:ec2:us-east-1:111122223333:volume/orders"},
        {"arn:aws:rds:*:*:db:*", "[\"arn:aws:rds:*:*:db:*\"]",
         "arn:aws:rds:us-east-1:111122223333:db:orders"},
        {"arn:aws:rds:*:*:db:x", "[\"arn:aws:rds:*:*:db:x\"]",
         "arn:aws:rds:us-east-1:111122223333:db:x"},
    };
    check(rows, ARRAY_LEN(rows), NULL);
}

static void a_pattern_that_leaves_the_type_open_takes_one_that_aws_protects(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"arn:aws:rds:*:*:*", "[]", "arn:aws:rds:us-east-1:111122223333:db:orders"},
        {"arn:aws:ec2:*:*:*", "[]", "arn:aws:ec2:us-east-1:111122223333:volume/orders"},
        {"arn:aws:ec2:*:*:inst*", "[]", "arn:aws:ec2:us-east-1:111122223333:instance/orders"},
        {"arn:aws:ec2:*:*:*", "[\"arn:aws:ec2:*:*:volume/*\"]",
         "arn:aws:ec2:us-east-1:111122223333:instance/orders"},
        {"arn:aws:rds:*:*:snapshot:*", "[]", "arn:aws:rds:us-east-1:111122223333:snapshot:orders"},
        {"arn:aws:lambda:*:*:function:*", "[]",
         "arn:aws:lambda:us-east-1:111122223333:function:orders"},
    };
    check(rows, ARRAY_LEN(rows), NULL);
}

static void a_suffix_tells_samples_apart(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {NULL, "[]", "arn:aws:rds:us-east-1:111122223333:db:orders-nightly"},
    };
    check(rows, ARRAY_LEN(rows), "nightly");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_stands_for_a_resource_of_the_place),
        cmocka_unit_test(what_is_excluded_stands_for_nothing_while_something_is_left),
        cmocka_unit_test(a_pattern_that_leaves_the_type_open_takes_one_that_aws_protects),
        cmocka_unit_test(a_suffix_tells_samples_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
