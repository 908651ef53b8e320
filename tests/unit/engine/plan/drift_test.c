#include "tests/unit/engine/plan/helper.h"

static const struct drift *only_drift(struct fixture *f)
{
    struct drift *drifts = NULL;
    size_t len = 0;
    assert_true(drift_build(f->arena, &f->input, &drifts, &len, &f->diags));
    assert_int_equal(len, 1);
    return drifts;
}

static void assert_none(struct fixture *f)
{
    struct drift *drifts = NULL;
    size_t len = 1;
    assert_true(drift_build(f->arena, &f->input, &drifts, &len, &f->diags));
    assert_int_equal(len, 0);
}

static void assert_severity(struct fixture *f, const char *type, const char *before,
                            const char *after, const char *severity)
{
    f->input.record_len = f->input.observation_len = 0;
    have(f, "x", type, before, "");
    seen(f, "x", FOUND_NOT_ASKED, after)->gone = !after;
    const struct drift *drift = only_drift(f);
    assert_string_equal(drift->severity, severity);
    assert_string_equal(drift->action, after ? "changed" : "deleted");
    assert_string_equal(drift->account, "workload");
}

static void what_is_as_recorded_does_not_drift(void **state)
{
    struct fixture *f = *state;
    have(f, "vaults.v", "aws_backup_vault", "{\"name\":\"v\",\"number_of_recovery_points\":1}", "");
    seen(f, "vaults.v", FOUND_NOT_ASKED, "{\"name\":\"v\",\"number_of_recovery_points\":2}");
    assert_none(f);
}

static void a_change_of_the_file_is_no_drift(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\",\"message_retention_seconds\":90}", "");
    have(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\",\"message_retention_seconds\":60}", "");
    seen(f, "queues.q", FOUND_NOT_ASKED, "{\"name\":\"q\",\"message_retention_seconds\":60}");
    assert_none(f);
}

static void severity_follows_what_is_at_stake(void **state)
{
    struct fixture *f = *state;
    assert_severity(f, "aws_backup_vault", "{\"name\":\"v\"}", NULL, "high");
    assert_severity(f, "aws_kms_key", "{\"enabled\":true}", "{\"enabled\":false}", "high");
    assert_severity(f, "aws_kms_key", "{\"description\":\"a\"}", "{\"description\":\"b\"}",
                    "medium");
    assert_severity(f, "aws_lambda_permission", "{\"statement_id\":\"s\"}", NULL, "high");
    assert_severity(f, "aws_event_rule", "{\"name\":\"r\",\"state\":\"ENABLED\"}",
                    "{\"name\":\"r\",\"state\":\"DISABLED\"}", "high");
    assert_severity(f, "aws_sqs_queue", "{\"name\":\"q\"}", NULL, "medium");
    assert_severity(f, "aws_log_group", "{\"retention_in_days\":1}", "{\"retention_in_days\":3}",
                    "medium");
}

static void tags_of_others_are_low_and_lost_tags_of_ours_are_more(void **state)
{
    struct fixture *f = *state;
    assert_severity(f, "aws_backup_vault", "{\"name\":\"v\",\"tags\":{\"a\":\"1\"}}",
                    "{\"name\":\"v\",\"tags\":{\"a\":\"1\",\"theirs\":\"1\"}}", "low");
    assert_severity(f, "aws_backup_vault", "{\"name\":\"v\"}",
                    "{\"name\":\"v\",\"tags\":{\"theirs\":\"1\"}}", "low");
    assert_severity(f, "aws_backup_vault", "{\"name\":\"v\",\"tags\":{\"a\":\"1\"}}",
                    "{\"name\":\"v\"}", "medium");
}

static void a_lock_that_somebody_put_again_drifts_by_its_date(void **state)
{
    struct fixture *f = *state;
    assert_severity(f, "aws_backup_vault_lock", "{\"backup_vault_name\":\"v\",\"lock_date\":1}",
                    "{\"backup_vault_name\":\"v\",\"lock_date\":2}", "high");
}

#define SETTINGS "aws_backup_region_settings"

static void what_others_do_with_shared_settings_is_no_drift(void **state)
{
    struct fixture *f = *state;
    const char *recorded =
        "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"RDS\":true,"
        "\"EBS\":true}}";
    want(f, "region_settings.s", SETTINGS,
         "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"RDS\":true}}", "");
    have(f, "region_settings.s", SETTINGS, recorded, "");
    seen(f, "region_settings.s", FOUND_NOT_ASKED,
         "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"RDS\":true,\"EBS\":false,"
         "\"S3\":true}}");
    assert_none(f);
    f->observations[0].attributes =
        json(f, "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"RDS\":false}}");
    const struct drift *drift = only_drift(f);
    assert_int_equal(drift->difference_len, 1);
    assert_string_equal(drift->differences[0].path, "/resource_type_opt_in_preference/RDS");
    assert_string_equal(drift->severity, "high");
}

#define STATEMENT "{\"Effect\":\"Allow\"}"

static void a_statement_of_a_function_is_its_permission_s_or_somebody_else_s(void **state)
{
    struct fixture *f = *state;
    have(f, "functions.f", "aws_lambda_function", "{\"name\":\"f\"}", "")->identifier = "f";
    have(f, "rules.r/permission", "aws_lambda_permission", "{}", "")->identifier = "f|ours";
    seen(f, "functions.f", FOUND_NOT_ASKED,
         "{\"name\":\"f\",\"policy_statements\":{\"ours\":" STATEMENT "}}");
    seen(f, "rules.r/permission", FOUND_NOT_ASKED, "{}");
    assert_none(f);
    f->observations[0].attributes =
        json(f, "{\"name\":\"f\",\"policy_statements\":{\"ours\":" STATEMENT
                ",\"theirs\":" STATEMENT "}}");
    const struct drift *drift = only_drift(f);
    assert_string_equal(drift->address, "functions.f");
    assert_string_equal(drift->severity, "high");
    assert_string_equal(drift->differences[0].path, "/policy_statements");
}

static void what_others_add_to_a_recorded_object_is_looked_for(void **state)
{
    struct fixture *f = *state;
    struct record *parts = NULL;
    struct observation there = {.address = "vaults.v/policy"}, not_there = {.gone = true};
    size_t len = 0;
    have(f, "vaults.v", "aws_backup_vault", "{\"name\":\"v\"}", "")->identifier = "v";
    seen(f, "vaults.v", FOUND_NOT_ASKED, "{\"name\":\"v\"}");
    have(f, "vaults.v/lock", "aws_backup_vault_lock", "{}", "")->identifier = "v";
    seen(f, "vaults.v/lock", FOUND_NOT_ASKED, "{}");
    drift_parts(f->arena, &f->input, &parts, &len);
    struct observation *observations = arena_array(f->arena, len, sizeof(*observations));
    size_t policies = 0;
    for (size_t i = 0; i < len; i++) {
        bool policy = str_eq(parts[i].address, "vaults.v/policy");
        assert_string_not_equal(parts[i].address, "vaults.v/lock"); /* recorded */
        assert_string_equal(parts[i].identifier, "v");
        policies += policy ? 1 : 0;
        observations[i] = policy ? there : not_there;
    }
    assert_int_equal(policies, 1);
    f->input.parts = parts;
    f->input.part_observations = observations;
    f->input.part_len = len;
    there.attributes = json(f, "{\"backup_vault_name\":\"v\"}");
    const struct drift *drift = only_drift(f);
    assert_string_equal(drift->address, "vaults.v/policy");
    assert_string_equal(drift->action, "added");
    assert_string_equal(drift->severity, "high");
}

static void what_the_file_declares_is_not_added_by_others(void **state)
{
    struct fixture *f = *state;
    struct record *parts = NULL;
    size_t len = 0;
    have(f, "vaults.v", "aws_backup_vault", "{\"name\":\"v\"}", "")->identifier = "v";
    want(f, "vaults.v/lock", "aws_backup_vault_lock", "{\"backup_vault_name\":\"v\"}", "");
    drift_parts(f->arena, &f->input, &parts, &len);
    for (size_t i = 0; i < len; i++)
        assert_string_not_equal(parts[i].address, "vaults.v/lock");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_as_recorded_does_not_drift),
        TEST(a_change_of_the_file_is_no_drift),
        TEST(severity_follows_what_is_at_stake),
        TEST(tags_of_others_are_low_and_lost_tags_of_ours_are_more),
        TEST(a_lock_that_somebody_put_again_drifts_by_its_date),
        TEST(what_others_do_with_shared_settings_is_no_drift),
        TEST(a_statement_of_a_function_is_its_permission_s_or_somebody_else_s),
        TEST(what_others_add_to_a_recorded_object_is_looked_for),
        TEST(what_the_file_declares_is_not_added_by_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
