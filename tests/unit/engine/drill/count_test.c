#include "engine/drill/count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"

/* One plan in account 1 that copies into vault M, a relay from M to F, and no world: what happened
 * is written down by hand. */

#define DB "arn:aws:rds:us-east-1:111122223333:db:orders"
#define VAULT_P "arn:aws:backup:us-east-1:111122223333:backup-vault:p"
#define VAULT_M "arn:aws:backup:us-east-2:111122223333:backup-vault:m"
#define VAULT_F "arn:aws:backup:us-east-2:444455556666:backup-vault:f"
#define FUNCTION "arn:aws:lambda:us-east-2:111122223333:function:relay"

struct scene {
    struct arena *arena;
    struct topology topology;
    struct resource plan;
    struct schema schema;
    struct account account;
    struct relay_entry relay;
    struct record records[8];
    struct drill_facts facts;
    struct list_builder timeline, copies, logs;
    struct drill_report report;
};

static const struct value *json(struct scene *s, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(s->arena, slice_of(text), &v, &why))
        fail_msg("%s: %s", why, text);
    return json_restore_unknown(s->arena, v);
}

static struct record record(struct scene *s, const char *type, const char *address,
                            const char *attributes)
{
    return (struct record){.type = type,
                           .address = address,
                           .account_id = "111122223333",
                           .region = "us-east-2",
                           .attributes = json(s, attributes)};
}

/* action: the destination of the only copy action as JSON, or NULL for none. */
static void scene_open(struct scene *s, const char *action)
{
    *s = (struct scene){.arena = arena_new()};
    s->timeline = list_begin(s->arena);
    s->copies = list_begin(s->arena);
    s->logs = list_begin(s->arena);
    s->account = (struct account){.name = "workload", .id = "111122223333"};
    s->schema.type_name = "aws_backup_plan";
    s->plan = (struct resource){
        .address = "plans.daily",
        .schema = &s->schema,
        .account = &s->account,
        .region = "us-east-1",
        .properties = json(
            s, arena_printf(
                   s->arena, "{\"rules\":[{\"rule_name\":\"r\",\"copy_actions\":[%s]}]}",
                   action ? arena_printf(s->arena, "{\"destination_backup_vault_arn\":%s}", action)
                          : ""))};
    s->relay = (struct relay_entry){
        .address = "relays.x",
        .account = &s->account,
        .region = "us-east-2",
        .config = json(s, "{\"source_vault_arn\":\"" VAULT_M
                          "\",\"destinations\":[{\"vault_arn\":{\"$ref\":\"vaults.f.arn\"}}]}")};
    s->topology = (struct topology){.name = "t",
                                    .accounts = &s->account,
                                    .account_len = 1,
                                    .resources = &s->plan,
                                    .resource_len = 1,
                                    .relays = &s->relay,
                                    .relay_len = 1};
    size_t n = 0;
    s->records[n++] = record(s, "aws_backup_plan", "plans.daily", "{\"id\":\"P\"}");
    s->records[n++] = record(s, "aws_backup_vault", "vaults.m", "{\"arn\":\"" VAULT_M "\"}");
    s->records[n++] = record(s, "aws_backup_vault", "vaults.f", "{\"arn\":\"" VAULT_F "\"}");
    s->records[n++] = record(s, "aws_backup_vault_lock", "vaults.f/lock", "{}");
    s->records[n++] =
        record(s, "aws_lambda_function", "relays.x/function", "{\"arn\":\"" FUNCTION "\"}");
    s->records[n++] =
        record(s, "aws_log_group", "relays.x/log_group", "{\"name\":\"/aws/lambda/relay\"}");
    s->facts.record_len = n;
    s->facts.protected = json(s, "[{\"plan_id\":\"other\",\"resource_arn\":\"x\"},"
                                 "{\"plan_id\":\"P\",\"resource_arn\":\"" DB "\"}]");
}

static void scene_close(struct scene *s)
{
    arena_free(s->arena);
}

static void happened(struct scene *s, const char *at, const char *what, const char *address,
                     const char *detail)
{
    list_add(&s->timeline,
             json(s, arena_printf(s->arena,
                                  "{\"at\":\"2026-01-01T%s:00Z\",\"account_id\":\"111122223333\","
                                  "\"region\":\"us-east-2\",\"what\":\"%s\",\"address\":\"%s\","
                                  "\"detail\":%s}",
                                  at, what, address, detail)));
}

static void backed_up(struct scene *s, const char *point)
{
    happened(s, "14:45", "backup", "orders",
             arena_printf(s->arena,
                          "{\"state\":\"COMPLETED\",\"resource_arn\":\"" DB
                          "\",\"plan_id\":\"P\",\"rule\":\"r\",\"point_arn\":\"%s\","
                          "\"vault_arn\":\"" VAULT_P "\",\"key\":\"aws/rds\","
                          "\"creation_date\":\"2026-01-01T14:30:00Z\"}",
                          point));
}

static void copied(struct scene *s, const char *at, const char *from, const char *vault,
                   const char *to, const char *message)
{
    happened(s, at, "copy", "orders",
             arena_printf(s->arena,
                          "{\"state\":\"%s\",\"resource_arn\":\"" DB
                          "\",\"source_point_arn\":\"%s\",\"vault_arn\":\"%s\",%s\"locked\":%s}",
                          message ? "FAILED" : "COMPLETED", from, vault,
                          message ? arena_printf(s->arena, "\"message\":\"%s\",", message)
                                  : arena_printf(s->arena, "\"point_arn\":\"%s\",", to),
                          str_eq(vault, VAULT_F) ? "true" : "false"));
}

static int64_t ms_of(const char *iso)
{
    int64_t ms = 0;
    assert_true(time_parse_iso(slice_of(iso), &ms));
    return ms;
}

static void logged(struct scene *s, const char *message)
{
    struct map_builder b = map_begin(s->arena);
    map_put_int(&b, "at_ms", ms_of("2026-01-01T15:06:00Z"));
    map_put_str(&b, "account_id", "111122223333");
    map_put_str(&b, "region", "us-east-2");
    map_put_str(&b, "group", "/aws/lambda/relay");
    map_put_str(&b, "message", message);
    list_add(&s->logs, map_end(&b));
}

static void count(struct scene *s)
{
    s->facts.topology = &s->topology;
    s->facts.records = s->records;
    s->facts.timeline = list_end(&s->timeline);
    s->facts.copies = list_end(&s->copies);
    s->facts.logs = list_end(&s->logs);
    s->report.days = 1;
    drill_count(s->arena, &s->facts, &s->report);
}

static void reason_is(struct scene *s, const char *part)
{
    count(s);
    assert_int_equal(s->report.backups, 1);
    assert_int_equal(s->report.arrived, 0);
    assert_int_equal(s->report.missing, 1);
    assert_int_equal(s->report.miss_len, 1);
    assert_int_equal(s->report.exit_status, 2);
    if (!strstr(s->report.misses[0].reason, part))
        fail_msg("%s", s->report.misses[0].reason);
    assert_string_equal(s->report.misses[0].resource, "orders");
    assert_string_equal(s->report.misses[0].plan, "plans.daily");
}

#define INTO_M "\"" VAULT_M "\""

static void a_backup_that_reaches_the_last_vault_has_arrived(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, "{\"$ref\":\"vaults.m.arn\"}");
    backed_up(&s, "p1");
    copied(&s, "15:05", "p1", VAULT_M, "m1", NULL);
    logged(&s, "{\"msg\":\"decision\",\"verdict\":\"start\",\"reason\":\"no copy\",\"point\":"
               "\"m1\",\"destination\":\"" VAULT_F "\",\"copy_job_id\":\"j\"}");
    copied(&s, "15:47", "m1", VAULT_F, "f1", NULL);
    happened(&s, "23:00", "expire", "orders",
             "{\"resource_arn\":\"" DB "\",\"point_arn\":\"m1\",\"vault_arn\":\"" VAULT_M "\"}");
    count(&s);
    assert_int_equal(s.report.backups, 1);
    assert_int_equal(s.report.arrived, 1);
    assert_int_equal(s.report.missing + s.report.duplicates + s.report.unrouted, 0);
    assert_int_equal(s.report.slowest_ms, 77 * MINUTE_MS);
    assert_int_equal(s.report.exit_status, 0);
    const char *text = drill_report_text(s.arena, &s.report);
    assert_non_null(strstr(text, "relay   started copy to vaults.f\n"));
    assert_non_null(strstr(text, "orders → vaults.f"));
    assert_non_null(strstr(text, "expire  orders ← vaults.m\n"));
    assert_non_null(strstr(text, "locked\n"));
    assert_non_null(strstr(text, "1 backup, 1 arrived, 0 missing, 0 twice; slowest 1 h 17 min\n"));
    scene_close(&s);
}

static void two_copies_of_one_backup_are_a_duplicate(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    backed_up(&s, "p1");
    copied(&s, "15:05", "p1", VAULT_M, "m1", NULL);
    copied(&s, "15:47", "m1", VAULT_F, "f1", NULL);
    copied(&s, "15:57", "m1", VAULT_F, "f2", NULL);
    count(&s);
    assert_int_equal(s.report.arrived, 1);
    assert_int_equal(s.report.duplicates, 1);
    assert_int_equal(s.report.exit_status, 2);
    scene_close(&s);
}

static void a_plan_without_a_copy_action_leaves_its_resource_unrouted(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, NULL);
    backed_up(&s, "p1");
    backed_up(&s, "p2");
    count(&s);
    assert_int_equal(s.report.backups, 0);
    assert_int_equal(s.report.unrouted, 1);
    assert_int_equal(s.report.exit_status, 2);
    assert_string_equal(s.report.misses[0].reason,
                        "no rule of plans.daily has a copy action into vaults.m, the source vault "
                        "of relays.x");
    scene_close(&s);
}

static void a_plan_without_route_shows_before_any_backup_falls_due(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, NULL);
    count(&s);
    assert_int_equal(s.report.unrouted, 1);
    assert_int_equal(s.report.exit_status, 2);
    assert_string_equal(s.report.misses[0].resource, "orders");
    assert_null(s.report.note);
    scene_close(&s);
}

static void a_plan_that_protects_nothing_is_idle(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    s.facts.protected = json(&s, "[{\"plan_id\":\"other\",\"resource_arn\":\"x\"}]");
    count(&s);
    assert_int_equal(s.report.idle_plans, 1);
    assert_int_equal(s.report.exit_status, 2);
    assert_string_equal(s.report.misses[0].plan, "plans.daily");
    assert_non_null(strstr(drill_report_text(s.arena, &s.report), "idle      plans.daily\n"));
    scene_close(&s);
}

static void no_backup_is_explained_where_nobody_is_at_fault(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    count(&s);
    assert_int_equal(s.report.exit_status, 0);
    assert_non_null(strstr(drill_report_text(s.arena, &s.report), "No backup fell due in 1 day:"));
    scene_close(&s);
    scene_open(&s, INTO_M);
    s.records[0].type = "aws_kms_key";
    count(&s);
    assert_int_equal(s.report.exit_status, 0);
    assert_non_null(strstr(drill_report_text(s.arena, &s.report), "has no plan"));
    scene_close(&s);
}

static void a_miss_names_the_vaults_that_lack_it(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, "\"" VAULT_F "\"");
    backed_up(&s, "p1");
    count(&s);
    assert_int_equal(s.report.miss_len, 1);
    assert_string_equal(s.report.misses[0].vaults[0], "vaults.f");
    assert_null(s.report.misses[0].vaults[1]);
    scene_close(&s);
}

static void a_direct_copy_into_another_account_is_a_route(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, "\"" VAULT_F "\"");
    backed_up(&s, "p1");
    copied(&s, "15:47", "p1", VAULT_F, "f1", NULL);
    count(&s);
    assert_int_equal(s.report.backups, 1);
    assert_int_equal(s.report.arrived, 1);
    scene_close(&s);
}

/* A rule that copies into the relay's source vault and into its last vault as well. */
static void open_both(struct scene *s)
{
    scene_open(s, INTO_M "},{\"destination_backup_vault_arn\":\"" VAULT_F "\"");
    backed_up(s, "p1");
    copied(s, "15:05", "p1", VAULT_M, "m1", NULL);
}

static void what_comes_by_either_of_two_routes_has_arrived(void **state)
{
    (void)state;
    struct scene s;
    open_both(&s);
    copied(&s, "15:11", "p1", VAULT_F, NULL, "cannot be shared");
    copied(&s, "15:37", "m1", VAULT_F, "f1", NULL);
    count(&s);
    assert_int_equal(s.report.arrived, 1);
    assert_int_equal(s.report.missing + s.report.miss_len + s.report.duplicates, 0);
    assert_int_equal(s.report.slowest_ms, 67 * MINUTE_MS);
    assert_int_equal(s.report.exit_status, 0);
    scene_close(&s);
}

static void what_comes_by_two_routes_comes_twice(void **state)
{
    (void)state;
    struct scene s;
    open_both(&s);
    copied(&s, "15:11", "p1", VAULT_F, "f1", NULL);
    copied(&s, "15:37", "m1", VAULT_F, "f2", NULL);
    count(&s);
    assert_int_equal(s.report.arrived, 1);
    assert_int_equal(s.report.missing, 0);
    assert_int_equal(s.report.duplicates, 1);
    assert_int_equal(s.report.slowest_ms, 41 * MINUTE_MS);
    scene_close(&s);
}

static void what_comes_by_neither_of_two_routes_is_missing_once(void **state)
{
    (void)state;
    struct scene s;
    open_both(&s);
    copied(&s, "15:11", "p1", VAULT_F, NULL, "cannot be shared");
    count(&s);
    assert_int_equal(s.report.missing, 1);
    assert_int_equal(s.report.miss_len, 1);
    scene_close(&s);
}

static void a_vault_of_the_same_account_is_no_route(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, "\"" VAULT_P "\"");
    backed_up(&s, "p1");
    count(&s);
    assert_int_equal(s.report.unrouted, 1);
    scene_close(&s);
}

/* A second rule of the plan, whose backups stay where they are. */
static void add_local_rule(struct scene *s, const char *destination)
{
    s->plan.properties =
        json(s, arena_printf(s->arena,
                             "{\"rules\":[{\"rule_name\":\"local\"},{\"rule_name\":\"r\","
                             "\"copy_actions\":[{\"destination_backup_vault_arn\":%s}]}]}",
                             destination));
}

static void backed_up_locally(struct scene *s, const char *result)
{
    happened(s, "14:45", "backup", "orders",
             arena_printf(s->arena,
                          "{\"resource_arn\":\"" DB "\",\"plan_id\":\"P\",\"rule\":\"local\",%s,"
                          "\"creation_date\":\"2026-01-01T14:30:00Z\"}",
                          result));
}

static void a_backup_of_a_rule_without_route_is_missing(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    add_local_rule(&s, INTO_M);
    backed_up_locally(&s, "\"point_arn\":\"p1\"");
    reason_is(&s, "rule local has no copy action into vaults.m, the source vault of relays.x");
    assert_string_equal(s.report.misses[0].rule, "local");
    scene_close(&s);
    scene_open(&s, INTO_M);
    add_local_rule(&s, "\"" VAULT_F "\"");
    backed_up_locally(&s, "\"point_arn\":\"p1\"");
    reason_is(&s, "rule local has no copy action into vaults.f");
    scene_close(&s);
    scene_open(&s, INTO_M);
    add_local_rule(&s, INTO_M);
    backed_up_locally(&s, "\"message\":\"no right to snapshot\"");
    reason_is(&s, "no right to snapshot");
    scene_close(&s);
}

static void a_failed_copy_gives_awss_words(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    backed_up(&s, "p1");
    copied(&s, "15:05", "p1", VAULT_M, NULL, "first hop refused");
    reason_is(&s, "first hop refused");
    scene_close(&s);
    scene_open(&s, INTO_M);
    backed_up(&s, "p1");
    copied(&s, "15:05", "p1", VAULT_M, "m1", NULL);
    copied(&s, "15:47", "m1", VAULT_F, NULL, "second hop refused");
    reason_is(&s, "second hop refused");
    scene_close(&s);
}

static void a_partial_copy_has_not_arrived(void **state)
{
    (void)state;
    static const char *const vaults[] = {VAULT_M, VAULT_F}, *const names[] = {"vaults.m",
                                                                              "vaults.f"};
    for (size_t i = 0; i < ARRAY_LEN(vaults); i++) {
        struct scene s;
        scene_open(&s, "\"" VAULT_M "\"");
        backed_up(&s, "p1");
        if (i > 0)
            copied(&s, "15:00", "p1", VAULT_M, "m1", NULL);
        happened(&s, "16:00", "copy", "orders",
                 arena_printf(s.arena,
                              "{\"state\":\"COMPLETED\",\"resource_arn\":\"" DB
                              "\",\"source_point_arn\":\"%s\",\"vault_arn\":\"%s\",\"point_arn\":"
                              "\"x\",\"point_status\":\"PARTIAL\"}",
                              i > 0 ? "m1" : "p1", vaults[i]));
        count(&s);
        assert_int_equal(s.report.arrived, 0);
        reason_is(&s, arena_printf(s.arena, "the copy in %s is PARTIAL", names[i]));
        scene_close(&s);
    }
}

static void a_refusal_of_the_relay_gives_the_relays_words(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    backed_up(&s, "p1");
    copied(&s, "15:05", "p1", VAULT_M, "m1", NULL);
    logged(&s,
           "{\"msg\":\"decision\",\"verdict\":\"refuse\",\"reason\":\"other\",\"point\":\"m9\"}");
    logged(&s, "not JSON");
    logged(&s, "{\"msg\":\"decision\",\"verdict\":\"refuse\",\"reason\":\"the point carries no tag "
               "FinalVault\",\"point\":\"m1\"}");
    reason_is(&s, "relays.x: the point carries no tag FinalVault");
    assert_int_equal(s.report.alarms, 2);
    scene_close(&s);
}

static void a_failed_function_is_named(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    happened(&s, "10:00", "invoke failed", FUNCTION, "{\"error\":\"TooEarly\"}");
    backed_up(&s, "p1");
    copied(&s, "15:05", "p1", VAULT_M, "m1", NULL);
    happened(&s, "15:06", "invoke failed", FUNCTION,
             "{\"error\":\"Runtime.ExitError\",\"message\":\"exit status 1\"}");
    reason_is(&s, "relays.x/function failed: Runtime.ExitError: exit status 1");
    scene_close(&s);
}

static void a_lost_event_and_silence_are_told_apart(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    backed_up(&s, "p1");
    copied(&s, "15:05", "p1", VAULT_M, "m1", NULL);
    reason_is(&s, "no event of the first copy reached relays.x/function");
    scene_close(&s);
    scene_open(&s, INTO_M);
    backed_up(&s, "p1");
    copied(&s, "15:05", "p1", VAULT_M, "m1", NULL);
    happened(&s, "15:05", "event lost", "aws.backup",
             "{\"detail\":{\"destinationRecoveryPointArn\":\"m1\"}}");
    reason_is(&s, "the event of the first copy was lost");
    scene_close(&s);
}

static void a_copy_that_still_waits_is_missing_with_its_state(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    backed_up(&s, "p1");
    list_add(&s.copies, json(&s, "{\"SourceRecoveryPointArn\":\"p1\",\"State\":\"CREATED\","
                                 "\"DestinationBackupVaultArn\":\"" VAULT_M "\"}"));
    reason_is(&s, "the copy into vaults.m is still CREATED");
    scene_close(&s);
}

static void a_backup_that_fails_is_missing(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    happened(&s, "14:31", "backup", "orders",
             "{\"state\":\"FAILED\",\"resource_arn\":\"" DB
             "\",\"plan_id\":\"P\",\"rule\":\"r\",\"message\":\"no right to snapshot\"}");
    reason_is(&s, "no right to snapshot");
    scene_close(&s);
}

static void what_others_back_up_and_what_was_before_does_not_count(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    backed_up(&s, "p1");
    happened(&s, "14:31", "backup", "orders",
             "{\"state\":\"COMPLETED\",\"resource_arn\":\"" DB "\",\"plan_id\":\"other\","
             "\"rule\":\"r\",\"point_arn\":\"p9\"}");
    s.facts.start_ms = ms_of("2026-01-02T00:00:00Z");
    count(&s);
    assert_int_equal(s.report.backups, 0);
    assert_int_equal(s.report.line_len, 0);
    assert_int_equal(s.report.exit_status, 0);
    scene_close(&s);
}

static void the_json_carries_what_the_command_line_promises(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, INTO_M);
    backed_up(&s, "p1");
    copied(&s, "15:05", "p1", VAULT_M, NULL, "refused");
    count(&s);
    const struct value *v = drill_report_to_json(s.arena, &s.report);
    static const char *const numbers[] = {"days",       "backups",  "arrived", "missing",
                                          "duplicates", "unrouted", "alarms",  NULL};
    for (size_t i = 0; numbers[i]; i++)
        assert_true(value_is(value_get(v, numbers[i]), VALUE_INT));
    assert_string_equal(value_str(value_pointer(v, "/misses/0/reason")), "refused");
    const struct value *line = value_pointer(v, "/timeline/0");
    assert_string_equal(value_get_str(line, "at"), "2026-01-01T14:45:00Z");
    assert_string_equal(value_get_str(line, "account"), "workload");
    assert_string_equal(value_get_str(line, "what"), "backup");
    assert_string_equal(value_get_str(line, "address"), "orders");
    assert_string_equal(value_get_str(line, "key"), "aws/rds");
    assert_non_null(value_get_str(line, "detail"));
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_that_reaches_the_last_vault_has_arrived),
        cmocka_unit_test(two_copies_of_one_backup_are_a_duplicate),
        cmocka_unit_test(a_plan_without_a_copy_action_leaves_its_resource_unrouted),
        cmocka_unit_test(a_plan_without_route_shows_before_any_backup_falls_due),
        cmocka_unit_test(a_plan_that_protects_nothing_is_idle),
        cmocka_unit_test(no_backup_is_explained_where_nobody_is_at_fault),
        cmocka_unit_test(a_miss_names_the_vaults_that_lack_it),
        cmocka_unit_test(a_direct_copy_into_another_account_is_a_route),
        cmocka_unit_test(what_comes_by_either_of_two_routes_has_arrived),
        cmocka_unit_test(what_comes_by_two_routes_comes_twice),
        cmocka_unit_test(what_comes_by_neither_of_two_routes_is_missing_once),
        cmocka_unit_test(a_vault_of_the_same_account_is_no_route),
        cmocka_unit_test(a_backup_of_a_rule_without_route_is_missing),
        cmocka_unit_test(a_failed_copy_gives_awss_words),
        cmocka_unit_test(a_partial_copy_has_not_arrived),
        cmocka_unit_test(a_refusal_of_the_relay_gives_the_relays_words),
        cmocka_unit_test(a_failed_function_is_named),
        cmocka_unit_test(a_lost_event_and_silence_are_told_apart),
        cmocka_unit_test(a_copy_that_still_waits_is_missing_with_its_state),
        cmocka_unit_test(a_backup_that_fails_is_missing),
        cmocka_unit_test(what_others_back_up_and_what_was_before_does_not_count),
        cmocka_unit_test(the_json_carries_what_the_command_line_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
