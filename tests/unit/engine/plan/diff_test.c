#include "engine/plan/diff.h"

#include "engine/config/seal.h"

#include "tests/unit/engine/plan/helper.h"

static struct diff_input input_of(struct fixture *f, const char *type, const char *before,
                                  const char *after)
{
    const struct schema *schema = schema_of(schemas(), type);
    return (struct diff_input){.schema = schema,
                               .before = normalize(f->arena, schema, json(f, before)),
                               .after = normalize(f->arena, schema, json(f, after))};
}

/* "/path before -> after; ..." */
static const char *show(struct fixture *f, const struct diff *diff)
{
    struct strbuf sb;
    strbuf_init(&sb, f->arena, 65536);
    for (size_t i = 0; i < diff->len; i++) {
        const struct difference *d = &diff->items[i];
        strbuf_addf(&sb, "%s%s %s -> %s", i ? "; " : "", d->path,
                    d->before ? json_print(f->arena, d->before, JSON_SORTED) : "absent",
                    d->after ? json_print(f->arena, d->after, JSON_SORTED) : "absent");
    }
    return strbuf_str(&sb);
}

static const char *desired(struct fixture *f, const struct diff_input *input, struct diff *diff)
{
    diff_desired(f->arena, input, diff);
    return show(f, diff);
}

static const char *compare(struct fixture *f, const char *type, const char *before,
                           const char *after)
{
    struct diff_input input = input_of(f, type, before, after);
    struct diff diff;
    return desired(f, &input, &diff);
}

static void equal_properties_do_not_differ(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(compare(f, "aws_sqs_queue",
                                "{\"name\":\"q\",\"message_retention_seconds\":60}",
                                "{\"name\":\"q\",\"message_retention_seconds\":60}"),
                        "");
}

static void a_changed_property_shows_both_sides(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(compare(f, "aws_log_group", "{\"name\":\"g\",\"retention_in_days\":7}",
                                "{\"name\":\"g\",\"retention_in_days\":30}"),
                        "/retention_in_days 7 -> 30");
}

static void read_only_properties_never_differ(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(compare(f, "aws_backup_vault",
                                "{\"name\":\"v\",\"number_of_recovery_points\":7,\"arn\":\"a\"}",
                                "{\"name\":\"v\"}"),
                        "");
}

static void what_the_file_leaves_out_is_not_managed(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(
        compare(f, "aws_log_group", "{\"name\":\"g\",\"retention_in_days\":7}", "{\"name\":\"g\"}"),
        "");
}

static void null_unsets_what_is_there(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(compare(f, "aws_log_group", "{\"name\":\"g\",\"retention_in_days\":7}",
                                "{\"name\":\"g\",\"retention_in_days\":null}"),
                        "/retention_in_days 7 -> absent");
    assert_string_equal(compare(f, "aws_log_group", "{\"name\":\"g\"}",
                                "{\"name\":\"g\",\"retention_in_days\":null}"),
                        "");
}

static void what_leaves_a_managed_property_is_gone(void **state)
{
    struct fixture *f = *state;
    const char *before =
        "{\"name\":\"p\",\"rules\":[{\"rule_name\":\"daily\",\"target_backup_vault_name\":"
        "\"v\",\"lifecycle\":{\"move_to_cold_storage_after_days\":30,"
        "\"delete_after_days\":120}}]}";
    const char *after =
        "{\"name\":\"p\",\"rules\":[{\"rule_name\":\"daily\",\"target_backup_vault_name\":"
        "\"v\",\"lifecycle\":{\"delete_after_days\":120}}]}";
    assert_string_equal(compare(f, "aws_backup_plan", before, after),
                        "/rules/0/lifecycle/move_to_cold_storage_after_days 30 -> absent");
}

static void what_aws_fills_into_an_item_of_a_set_is_not_managed(void **state)
{
    struct fixture *f = *state;
    const char *filled = "{\"name\":\"f\",\"controls\":["
                         "{\"control_name\":\"B\",\"control_scope\":{\"tags\":{\"a\":\"b\"}}},"
                         "{\"control_name\":\"A\"}]}";
    assert_string_equal(compare(f, "aws_backup_framework", filled,
                                "{\"name\":\"f\",\"controls\":[{\"control_name\":\"A\"},"
                                "{\"control_name\":\"B\"}]}"),
                        "");
}

static void items_of_a_name_that_is_not_theirs_alone_are_compared_as_a_whole(void **state)
{
    struct fixture *f = *state;
    const char *twice = "{\"name\":\"f\",\"controls\":["
                        "{\"control_name\":\"A\",\"control_scope\":{\"tags\":{\"a\":\"1\"}}},"
                        "{\"control_name\":\"A\",\"control_scope\":{\"tags\":{\"a\":\"2\"}}}]}";
    const char *other = "{\"name\":\"f\",\"controls\":["
                        "{\"control_name\":\"A\",\"control_scope\":{\"tags\":{\"a\":\"1\"}}},"
                        "{\"control_name\":\"A\",\"control_scope\":{\"tags\":{\"a\":\"3\"}}}]}";
    assert_string_equal(compare(f, "aws_backup_framework", twice, twice), "");
    assert_true(str_starts(compare(f, "aws_backup_framework", twice, other), "/controls ["));
}

static void items_of_a_set_are_matched_by_their_name(void **state)
{
    struct fixture *f = *state;
    const char *before =
        "{\"name\":\"r\",\"targets\":[{\"id\":\"a\",\"arn\":\"arn:aws:sqs:us-east-1:1:x\"},"
        "{\"id\":\"b\",\"arn\":\"arn:aws:sqs:us-east-1:1:y\"}]}";
    const char *after =
        "{\"name\":\"r\",\"targets\":[{\"id\":\"b\",\"arn\":\"arn:aws:sqs:us-east-1:1:z\"}]}";
    assert_string_equal(compare(f, "aws_event_rule", before, after),
                        "/targets/0/arn \"arn:aws:sqs:us-east-1:1:y\" -> "
                        "\"arn:aws:sqs:us-east-1:1:z\"; /targets/0 "
                        "{\"arn\":\"arn:aws:sqs:us-east-1:1:x\",\"id\":\"a\"} -> absent");
}

static void create_only_properties_are_told(void **state)
{
    struct fixture *f = *state;
    struct diff_input input =
        input_of(f, "aws_backup_vault", "{\"name\":\"old\"}", "{\"name\":\"new\"}");
    struct diff diff;
    assert_string_equal(desired(f, &input, &diff), "/name \"old\" -> \"new\"");
    assert_true(diff.create_only);
    input = input_of(f, "aws_log_group", "{\"name\":\"g\",\"retention_in_days\":1}",
                     "{\"name\":\"g\",\"retention_in_days\":3}");
    desired(f, &input, &diff);
    assert_false(diff.create_only);
}

static void a_create_only_list_is_told_as_well(void **state)
{
    struct fixture *f = *state;
    struct diff_input input =
        input_of(f, "aws_backup_selection", "{\"name\":\"s\",\"resources\":[\"a\"]}",
                 "{\"name\":\"s\",\"resources\":[\"a\",\"b\"]}");
    struct diff diff;
    desired(f, &input, &diff);
    assert_int_equal(diff.len, 1);
    assert_true(diff.create_only);
}

static void write_only_properties_compare_with_what_was_written(void **state)
{
    struct fixture *f = *state;
    struct diff_input input = input_of(f, "aws_backup_vault_lock",
                                       "{\"backup_vault_name\":\"v\",\"changeable_for_days\":14}",
                                       "{\"backup_vault_name\":\"v\",\"changeable_for_days\":20}");
    struct diff diff;
    input.know_write_only = true;
    assert_string_equal(desired(f, &input, &diff), "/changeable_for_days 14 -> 20");
    input.know_write_only = false; /* imported: nobody knows what was asked for */
    assert_string_equal(desired(f, &input, &diff), "");
}

static void a_write_only_property_that_leaves_the_file_differs(void **state)
{
    struct fixture *f = *state;
    struct diff_input input = input_of(f, "aws_backup_vault_lock",
                                       "{\"backup_vault_name\":\"v\",\"changeable_for_days\":14}",
                                       "{\"backup_vault_name\":\"v\"}");
    struct diff diff;
    input.know_write_only = true;
    assert_string_equal(desired(f, &input, &diff), "/changeable_for_days 14 -> absent");
}

static void tags_of_others_are_left_alone_and_ours_are_removed(void **state)
{
    struct fixture *f = *state;
    struct diff_input input =
        input_of(f, "aws_backup_vault",
                 "{\"name\":\"v\",\"tags\":{\"same\":\"1\",\"changed\":\"1\",\"ours\":\"1\","
                 "\"theirs\":\"1\"}}",
                 "{\"name\":\"v\",\"tags\":{\"same\":\"1\",\"changed\":\"2\",\"new\":\"1\"}}");
    input.tags = json(f, "{\"same\":\"1\",\"changed\":\"1\",\"ours\":\"1\"}");
    struct diff diff;
    assert_string_equal(desired(f, &input, &diff),
                        "/tags/changed \"1\" -> \"2\"; /tags/new absent -> \"1\"; "
                        "/tags/ours \"1\" -> absent");
}

static bool all_settled(void *ctx, const struct value *unknown)
{
    (void)ctx;
    return str_eq(unknown->ref.address, "keys.same");
}

static void an_unknown_equals_anything_only_while_its_target_stays(void **state)
{
    struct fixture *f = *state;
    struct diff_input input =
        input_of(f, "aws_kms_alias", "{\"name\":\"alias/a\",\"target_key_id\":\"k\"}",
                 "{\"name\":\"alias/a\",\"target_key_id\":{\"$ref\":\"keys.same.id\"}}");
    input.settled = all_settled;
    struct diff diff;
    assert_string_equal(desired(f, &input, &diff), "");
    input = input_of(f, "aws_kms_alias", "{\"name\":\"alias/a\",\"target_key_id\":\"k\"}",
                     "{\"name\":\"alias/a\",\"target_key_id\":{\"$ref\":\"keys.new.id\"}}");
    input.settled = all_settled;
    assert_string_equal(desired(f, &input, &diff),
                        "/target_key_id \"k\" -> {\"$ref\":\"keys.new.id\"}");
}

static void policies_differ_as_a_whole(void **state)
{
    struct fixture *f = *state;
    struct diff_input input = input_of(
        f, "aws_backup_vault_policy",
        "{\"backup_vault_name\":\"v\",\"policy\":{\"Version\":\"2012-10-17\",\"Statement\":[]}}",
        "{\"backup_vault_name\":\"v\",\"policy\":{\"Version\":\"2012-10-17\",\"Statement\":[{"
        "\"Effect\":"
        "\"Allow\",\"Principal\":\"*\",\"Action\":\"backup:CopyIntoBackupVault\",\"Resource\":\"*"
        "\"}]}}");
    struct diff diff;
    desired(f, &input, &diff);
    assert_int_equal(diff.len, 1);
    assert_string_equal(diff.items[0].path, "/policy");
}

static void two_observations_differ_both_ways_but_for_read_only_properties(void **state)
{
    struct fixture *f = *state;
    const struct schema *schema = schema_of(schemas(), "aws_sqs_queue");
    struct diff diff;
    diff_observed(
        f->arena, schema, json(f, "{\"name\":\"q\",\"url\":\"a\",\"kms_master_key_id\":\"k\"}"),
        json(f, "{\"name\":\"q\",\"url\":\"b\",\"message_retention_seconds\":9}"), NULL, &diff);
    assert_string_equal(show(f, &diff), "/message_retention_seconds absent -> 9; "
                                        "/kms_master_key_id \"k\" -> absent");
}

static void what_is_sensitive_differs_without_being_shown(void **state)
{
    struct fixture *f = *state;
    const struct schema *schema = schema_of(schemas(), "aws_lambda_function");
    const struct value *one = json(f, "{\"environment\":{\"variables\":{\"A\":\"hunter2\"}}}");
    const struct value *two = json(f, "{\"environment\":{\"variables\":{\"A\":\"hunter3\"}}}");
    const struct seal_key key = {.lineage = "lineage"}, other = {.lineage = "other"};
    struct diff diff;
    diff_observed(f->arena, schema, one, two, &key, &diff);
    assert_int_equal(diff.len, 1);
    assert_string_equal(diff.items[0].path, "/environment/variables/A");
    assert_null(strstr(show(f, &diff), "hunter"));
    /* a record holds it sealed, an observation in clear */
    diff_observed(f->arena, schema, seal(f->arena, schema, one, &key), one, &key, &diff);
    assert_int_equal(diff.len, 0);
    diff_observed(f->arena, schema, seal(f->arena, schema, one, &other), one, &key, &diff);
    assert_int_equal(diff.len, 1);
    /* before there is a state */
    diff_observed(f->arena, schema, one, one, NULL, &diff);
    assert_int_equal(diff.len, 0);
    diff_observed(f->arena, schema, one, two, NULL, &diff);
    assert_int_equal(diff.len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(equal_properties_do_not_differ),
        TEST(a_changed_property_shows_both_sides),
        TEST(read_only_properties_never_differ),
        TEST(what_the_file_leaves_out_is_not_managed),
        TEST(null_unsets_what_is_there),
        TEST(what_leaves_a_managed_property_is_gone),
        TEST(what_aws_fills_into_an_item_of_a_set_is_not_managed),
        TEST(items_of_a_name_that_is_not_theirs_alone_are_compared_as_a_whole),
        TEST(items_of_a_set_are_matched_by_their_name),
        TEST(create_only_properties_are_told),
        TEST(a_create_only_list_is_told_as_well),
        TEST(write_only_properties_compare_with_what_was_written),
        TEST(a_write_only_property_that_leaves_the_file_differs),
        TEST(tags_of_others_are_left_alone_and_ours_are_removed),
        TEST(an_unknown_equals_anything_only_while_its_target_stays),
        TEST(policies_differ_as_a_whole),
        TEST(what_is_sensitive_differs_without_being_shown),
        TEST(two_observations_differ_both_ways_but_for_read_only_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
