#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/copy_route.h"
#include "engine/base/slice.h"

/* Another account, and a first vault without a key, unless the row says otherwise. */
struct row {
    const char *name, *pattern; /* NULL: of any type */
    enum key_class key;
    bool stays, vault_has_key;
    enum copy_way way;
};

static const struct row rows[] = {
    {"an own key goes straight", "arn:aws:rds:*:*:db:*", KEY_CUSTOMER_MANAGED, 0, 0, COPY_DIRECT},
    {"aws/rds cannot be shared", "arn:aws:rds:*:*:db:*", KEY_AWS_MANAGED, 0, 0, COPY_RELAY},
    {"nothing to share", "arn:aws:rds:*:*:db:*", KEY_NONE, 0, 0, COPY_DIRECT},
    {"a key of RDS is not proved", "arn:aws:rds:*:*:cluster:*", KEY_SSE_RDS, 0, 0, COPY_RELAY},
    {"unknown is never direct", "arn:aws:rds:*:*:db:*", KEY_UNKNOWN, 0, 0, COPY_UNDECIDED},
    {"inside an account all may", "arn:aws:rds:*:*:db:*", KEY_AWS_MANAGED, 1, 0, COPY_DIRECT},
    {"aws/ebs cannot be shared", "arn:aws:ec2:*:*:volume/*", KEY_AWS_MANAGED, 0, 0, COPY_RELAY},
    {"any type with an own key", NULL, KEY_CUSTOMER_MANAGED, 0, 0, COPY_DIRECT},
    {"any type with any key", NULL, KEY_UNKNOWN, 0, 0, COPY_UNDECIDED},
    {"EFS does not mind", "arn:aws:elasticfilesystem:*:*:file-system/*", KEY_UNKNOWN, 0, 0,
     COPY_DIRECT},
    {"buckets lie under the vault's key", "arn:aws:s3:::*", KEY_AWS_MANAGED, 0, 1, COPY_DIRECT},
    {"and it must be an own one", "arn:aws:s3:::*", KEY_CUSTOMER_MANAGED, 0, 0, COPY_RELAY},
    {"a volume of FSx", "arn:aws:fsx:*:*:volume/*", KEY_CUSTOMER_MANAGED, 0, 0, COPY_NEVER},
    {"not even inside its account", "arn:aws:fsx:*:*:volume/*", KEY_NONE, 1, 0, COPY_NEVER},
};

static void each_row_goes_the_way_that_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct copy_case c = {.type = backup_type_of_pattern(rows[i].pattern),
                                    .source_key = rows[i].key,
                                    .crosses_account = !rows[i].stays,
                                    .first_vault_has_key = rows[i].vault_has_key};
        const char *why = NULL;
        enum copy_way way = copy_route(&c, &why);
        assert_non_null(why);
        if (way != rows[i].way)
            fail_msg("%s: %s, %s", rows[i].name, copy_way_name(way), why);
    }
}

static void classes_of_keys_have_names(void **state)
{
    (void)state;
    for (int i = KEY_NONE; i < KEY_CLASS_COUNT; i++) {
        enum key_class key = KEY_UNKNOWN;
        assert_true(key_class_parse(key_class_name((enum key_class)i), &key));
        assert_int_equal(key, i);
    }
    enum key_class key;
    assert_false(key_class_parse("unknown", &key)); /* nobody may declare it */
    assert_false(key_class_parse("databases", &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_goes_the_way_that_it_says),
        cmocka_unit_test(classes_of_keys_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
