#include "engine/verify/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"

/* One database and one plan, whose rules copy into the vault M, out of which relays copy into F. */

#define DB "arn:aws:rds:us-east-1:111122223333:db:orders"
#define VAULT_M "arn:aws:backup:us-east-2:111122223333:backup-vault:m"
#define VAULT_F "arn:aws:backup:us-east-2:444455556666:backup-vault:f"
#define RULE(name, schedule)                                                                       \
    "{\"rule_name\":\"" name "\",\"target_backup_vault_name\":\"p\","                              \
    "\"schedule_expression\":\"" schedule "\",\"lifecycle\":{\"delete_after_days\":7},"            \
    "\"recovery_point_tags\":{\"To\":\"" VAULT_F "\"},"                                            \
    "\"copy_actions\":[{\"destination_backup_vault_arn\":\"" VAULT_M "\"}]}"
#define RELAY(days)                                                                                \
    "{\"version\":1,\"topology\":\"t\",\"relay\":\"r\",\"partition\":\"aws\","                     \
    "\"account_id\":\"111122223333\",\"region\":\"us-east-2\",\"source_vault_arn\":\"" VAULT_M     \
    "\",\"source_vault_name\":\"m\",\"copy_role_arn\":\"arn:aws:iam::111122223333:role/r\","       \
    "\"destinations\":[{\"vault_arn\":\"" VAULT_F "\",\"vault_name\":\"f\",\"account_id\":"        \
    "\"444455556666\",\"region\":\"us-east-2\",\"delete_after_days\":" days "}],"                  \
    "\"tag_keys\":[\"To\"]}"

struct scene {
    struct arena *arena;
    struct account account;
    struct resource plan, selection;
    struct relay_entry relays[2];
    struct topology topology;
    struct verify_input input;
    struct verify_resource resource;
    struct verify_selected selected;
    struct verify_facts facts;
};

static const struct value *parsed(struct scene *s, const char *json)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(s->arena, slice_of(json), &v, &why));
    return v;
}

static const struct verify_row *rows_of(struct scene *s, const char *rules,
                                        const char *const *relays, size_t *ret_len)
{
    *s = (struct scene){.arena = arena_new()};
    s->account = (struct account){.name = "w", .id = "111122223333", .partition = "aws"};
    s->plan = (struct resource){.address = "plans.daily",
                                .account = &s->account,
                                .region = "us-east-1",
                                .properties = parsed(s, rules)};
    s->selection = (struct resource){.address = "plans.daily/selections.all"};
    for (; relays[s->topology.relay_len]; s->topology.relay_len++)
        s->relays[s->topology.relay_len] = (struct relay_entry){
            .address = "relays.r", .config = parsed(s, relays[s->topology.relay_len])};
    s->topology.relays = s->relays;
    s->input.topology = &s->topology;
    s->resource = (struct verify_resource){
        .arn = DB, .account_id = s->account.id, .region = "us-east-1", .told = true};
    s->selected = (struct verify_selected){&s->plan, &s->selection, &s->resource};
    s->facts = (struct verify_facts){.arena = s->arena,
                                     .input = &s->input,
                                     .now_ms = 20000 * DAY_MS,
                                     .selected = &s->selected,
                                     .selected_len = 1};
    map_init(&s->facts.names, s->arena);
    return verify_rows(&s->facts, ret_len);
}

static void test_rules_of_one_way_are_one_row_and_the_strictest_counts(void **state)
{
    (void)state;
    struct scene s;
    size_t len = 0;
    const struct verify_row *row =
        rows_of(&s,
                "{\"rules\":[" RULE("weekly", "cron(0 5 ? * 1 *)") "," RULE(
                    "daily", "cron(0 5 ? * * *)") "]}",
                (const char *const[]){RELAY("30"), NULL}, &len);
    assert_int_equal(len, 1);
    assert_string_equal(row->rules, "weekly, daily");
    assert_int_equal(row->schedule_len, 2);
    assert_int_equal(row->schedules[1].keep_ms, 30 * DAY_MS);
    assert_int_equal(row->objective_ms, 26 * HOUR_MS);
    arena_free(s.arena);
}

/* The first of two relays that comes to a point copies it, and then it is copied. */
static void test_two_relays_of_one_way_owe_one_copy(void **state)
{
    (void)state;
    static const char *const orders[][3] = {{RELAY("90"), RELAY("30"), NULL},
                                            {RELAY("30"), RELAY("90"), NULL},
                                            {RELAY("-1"), RELAY("30"), NULL}};
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        struct scene s;
        size_t len = 0;
        const struct verify_row *row =
            rows_of(&s, "{\"rules\":[" RULE("daily", "cron(0 5 ? * * *)") "]}", orders[i], &len);
        assert_int_equal(len, 1);
        assert_string_equal(row->rules, "daily");
        assert_int_equal(row->schedule_len, 1);
        assert_int_equal(row->schedules[0].keep_ms, 30 * DAY_MS);
        arena_free(s.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_of_one_way_are_one_row_and_the_strictest_counts),
        cmocka_unit_test(test_two_relays_of_one_way_owe_one_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
