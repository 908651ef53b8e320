#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/config/rules.h"
#include "engine/config/yaml.h"

/* The id of the diagnostic that a rule gives for a YAML text and its column, or "ok". */
static const char *verdict(struct arena *arena, const char *rule, const char *yaml)
{
    const char *const names[] = {rule, NULL};
    const struct schema_node node = {.rules = names};
    struct diags diags;
    diags_init(&diags, arena);
    const struct value *v = NULL;
    assert_true(yaml_parse(arena, "t.yaml", slice_of(yaml), &v, &diags));
    bool ok = rules_check(arena, &node, v, v->pos, "vaults.v", &diags);
    assert_int_equal(ok, diags.errors == 0);
    if (ok)
        return "ok";
    return arena_printf(arena, "%s %u", diag_code_id(diags.items[0].code), diags.items[0].pos.col);
}

static void every_rule_refuses_with_its_own_code_at_the_property(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *yaml, *verdict;
    } cases[] = {
        {"lifecycle", "{delete_after_days: 120, move_to_cold_storage_after_days: 30}", "ok"},
        {"lifecycle", "{move_to_cold_storage_after_days: 30, delete_after_days: 119}", "HF0401 58"},
        {"schedule", "cron(0 5 ? * * *)", "ok"},
        {"schedule", "cron(0 5 * * * *)", "HF0402 1"},
        {"timezone", "Asia/Kolkata", "ok"},
        {"timezone", "Asia/Atlantis", "HF0403 1"},
        {"vault_lock", "{min_retention_days: 7, max_retention_days: 7}", "ok"},
        {"vault_lock", "{min_retention_days: 8, max_retention_days: 7}", "HF0404 45"},
        {"vault_lock", "{changeable_for_days: 0}", "HF0404 1"},
        {"vault_lock", "{mode: compliance}", "HF0404 8"},
        {"vault_lock", "{mode: compliance, changeable_for_days: 3}", "ok"},
        {"vault_lock", "{mode: governance, changeable_for_days: 3}", "HF0404 41"},
        {"selection", "{list_of_tags: []}", "HF0405 1"},
        {"selection", "{resources: ['${x.y.arn}']}", "ok"},
        {"restore_selection", "{protected_resource_arns: ['${x.y.arn}']}", "ok"},
        {"restore_selection", "{name: t}", "HF0412 1"},
        {"restore_selection", "{protected_resource_arns: ['*', 'arn:a']}", "HF0412 27"},
        {"date_range", "{from_date: 2026-01-01T00:00:00Z, to_date: 2026-01-01T00:00:00Z}", "ok"},
        {"date_range", "{from_date: 2026-01-02T00:00:00Z, to_date: 2026-01-01T00:00:00Z}",
         "HF0413 44"},
        {"date_range", "{from_date: 2026-13-01T00:00:00Z, to_date: 2026-01-01T00:00:00Z}",
         "HF0413 13"},
        {"arn", "arn:aws:iam::111122223333:role/x", "ok"},
        {"arn", "arn:aws:iam", "HF0406 1"},
        {"latin1", "für Äpfel §5, ½ ÿ ¡ ~", "ok"},
        {"latin1", "für 日本", "HF0204 1"},
        {"latin1", "Škoda", "HF0204 1"},
        {"latin1", "\"a\\x7F\"", "HF0204 1"},
        {"latin1", "\"a\\u00A0b\"", "HF0204 1"},
        {"latin1", "\"a\\tb\\nc\"", "ok"},
        {"policy_names", "{read+tags=1@x: {}, b: {}}", "ok"},
        {"policy_names", "{b: {}, read tags: {}}", "HF0204 9"},
        {"policy_names", "{'': {}}", "HF0204 2"},
        {"tags", "{a: b, '${x}': 1}", "HF0407 8"},
        {"tags", "{a: '${vaults.v.arn}'}", "ok"},
        {"policy", "{Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}", "ok"},
        {"policy", "{Statement: [{Effect: Perhaps, Action: '*', Resource: '*'}]}", "HF0408 23"},
        {"policy_trust", "{Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Resource: '*'}]}",
         "HF0408 14"},
        {"backup_window", "{start_window_minutes: 60, completion_window_minutes: 61}", "ok"},
        {"backup_window", "{start_window_minutes: 59}", "HF0409 24"},
        {"backup_window", "{start_window_minutes: 60, completion_window_minutes: 60}", "HF0409 55"},
        {"event_pattern", "{source: [aws.backup], detail: {arn: ['${vaults.v.arn}']}}", "ok"},
        {"event_pattern", "{source: aws.backup}", "HF0410 1"},
        {"event_pattern", "'{\"source\": [\"aws.backup\"]}'", "ok"},
        {"event_pattern", "'{'", "HF0410 1"},
        {"state_key", "team/locked/k.locks.db", "ok"},
        {"state_key", "k.lock", "HF0204 1"},
        {"state_key", "k.journal/000000000001", "HF0204 1"},
        {"state_key", "a/k.documents/k", "HF0204 1"},
        {"state_key", "k.snapshots", "HF0204 1"},
        {"region", "us-east-1", "ok"},
        {"region", "virginia", "HF0411 1"},
        {"account_id", "'111122223333'", "ok"},
        {"account_id", "'1111'", "HF0411 1"},
        {"account_id", "${variables.id}", "ok"},
        {"resource_kinds", "{RDS: true, Brandnew: true}", "ok"},
        {"resource_kinds", "{EBS: true, rds: true}", "HF0204 13"},
        {"arn", "null", "ok"},
    };
    struct arena *arena = arena_new();
    int wrong = 0;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = verdict(arena, cases[i].rule, cases[i].yaml);
        if (strcmp(got, cases[i].verdict) != 0) {
            print_error("%s of %s: %s\n", cases[i].rule, cases[i].yaml, got);
            wrong++;
        }
    }
    arena_free(arena);
    assert_int_equal(wrong, 0);
}

/* A policy of so many characters, as YAML. */
static const char *policy_of_size(struct arena *arena, size_t size, const char *more)
{
    const char *empty = arena_printf(
        arena, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"\",\"Effect\":\"Deny\"%s}]}",
        more);
    return arena_printf(
        arena, "{Version: '2012-10-17', Statement: [{\"Sid\":\"%0*d\",\"Effect\":\"Deny\"%s}]}",
        (int)(size - strlen(empty)), 0, more);
}

static void policies_fit_in_their_places(void **state)
{
#define IDENTITY ",\"Action\":\"*\",\"Resource\":\"*\""
#define RESOURCE ",\"Action\":\"s3:*\",\"Resource\":\"*\",\"Principal\":\"*\""
#define TRUST ",\"Action\":\"sts:*\",\"Principal\":\"*\""
    static const struct {
        const char *rule, *format, *statement;
        size_t max;
    } rows[] = {
        {"policy_managed", "%s", IDENTITY, 6144},
        {"policy_identity", "%s", IDENTITY, 10240},
        {"policy_names", "{a: %s}", IDENTITY, 10240},
        {"policy_trust", "%s", TRUST, 8192},
        {"policy_scp", "%s", IDENTITY, 10240},
        {"policy_key", "%s", RESOURCE, 32768},
        {"organization_policy", "{type: SERVICE_CONTROL_POLICY, content: %s}", IDENTITY, 10240},
        {"organization_policy", "{type: RESOURCE_CONTROL_POLICY, content: %s}", RESOURCE, 5120},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t more = 0; more <= 1; more++) {
            struct arena *arena = arena_new();
            const char *policy = policy_of_size(arena, rows[i].max + more, rows[i].statement);
            const char *at = strchr(rows[i].format, '%');
            const char *yaml = arena_printf(arena, "%.*s%s%s", (int)(at - rows[i].format),
                                            rows[i].format, policy, at + 2);
            const char *got = verdict(arena, rows[i].rule, yaml);
            if (str_eq(got, "ok") != !more)
                fail_msg("%s of %zu: %s", rows[i].rule, rows[i].max + more, got);
            arena_free(arena);
        }
}

static void only_named_rules_exist(void **state)
{
    (void)state;
    assert_true(rule_exists("lifecycle"));
    assert_false(rule_exists("lifecycles"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_refuses_with_its_own_code_at_the_property),
        cmocka_unit_test(policies_fit_in_their_places),
        cmocka_unit_test(only_named_rules_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
