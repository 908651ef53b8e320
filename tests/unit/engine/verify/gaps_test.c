#include "engine/verify/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/verify/ledger.h"

/* One resource on its way from vault P to F, backed up daily at 05:00; NOW is 12:00 of day 100. */

#define DB "arn:aws:rds:us-east-1:111122223333:db:orders"
#define VAULT_P "arn:aws:backup:us-east-1:111122223333:backup-vault:p"
#define VAULT_F "arn:aws:backup:us-east-2:444455556666:backup-vault:f"
#define NOW (100 * DAY_MS + 12 * HOUR_MS)
#define RUN(day) ((int64_t)(day)*DAY_MS + 5 * HOUR_MS)

struct scene {
    struct arena *arena;
    struct verify_input input;
    struct verify_facts facts;
    struct verify_vault vaults[2];
    struct verify_holding holdings[2];
    struct verify_hop hops[2];
    struct verify_schedule schedules[2];
    struct verify_row row;
};

static void scene_open(struct scene *s)
{
    static const char *const arns[] = {VAULT_P, VAULT_F};
    const char *why = NULL;
    *s = (struct scene){.arena = arena_new()};
    s->facts = (struct verify_facts){.arena = s->arena, .input = &s->input, .now_ms = NOW};
    map_init(&s->facts.vaults, s->arena);
    for (size_t i = 0; i < ARRAY_LEN(arns); i++) {
        s->vaults[i] = (struct verify_vault){.arn = arns[i], .name = arns[i]};
        map_init(&s->vaults[i].holdings, s->arena);
        map_set(&s->vaults[i].holdings, DB, &s->holdings[i]);
        map_set(&s->facts.vaults, arns[i], &s->vaults[i]);
        s->hops[i] = (struct verify_hop){.vault_arn = arns[i], .vault = arns[i]};
    }
    for (size_t i = 0; i < ARRAY_LEN(s->schedules); i++) {
        assert_true(cron_parse(s->arena, CRON_DEFAULT, &s->schedules[i].cron, &why));
        s->schedules[i].window_ms = HOUR_MS;
    }
    s->row = (struct verify_row){.resource = DB,
                                 .hops = s->hops,
                                 .hop_len = ARRAY_LEN(s->hops),
                                 .routed = true,
                                 .schedules = s->schedules,
                                 .schedule_len = 1};
}

/* Newest first, as they are sorted when they have been read. */
static void hold(struct scene *s, size_t vault, int64_t created_ms)
{
    struct verify_holding *holding = &s->holdings[vault];
    holding->points = arena_grow(s->arena, holding->points, holding->len, &holding->cap,
                                 holding->len + 1, sizeof(*holding->points));
    holding->points[holding->len++] = (struct verify_point){.created_ms = created_ms};
}

/* The days of which the last vault has a copy; 0 ends them. */
static void copied(struct scene *s, const int *days)
{
    for (; *days; days++)
        hold(s, 1, RUN(*days) + MINUTE_MS);
}

/* gaps: the days, oldest first; 0 ends them. */
static void lacks(struct scene *s, size_t due, const int *gaps)
{
    size_t len = 0;
    verify_hold(&s->facts, &s->row, 1);
    verify_find_gaps(&s->facts, &s->row);
    for (; gaps[len]; len++) {
        assert_true(len < s->row.gap_len);
        assert_int_equal(s->row.gaps_ms[len], RUN(gaps[len]));
    }
    assert_int_equal(s->row.gap_len, len);
    assert_int_equal(s->row.due_len, due);
    arena_free(s->arena);
}

static void every_day_is_there(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    copied(&s, (const int[]){100, 99, 98, 97, 0});
    lacks(&s, 4, (const int[]){0});
}

static void a_day_between_is_missing(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    copied(&s, (const int[]){100, 97, 95, 0});
    lacks(&s, 6, (const int[]){96, 98, 99, 0});
}

static void a_point_that_was_never_copied_begins_the_history(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    hold(&s, 0, RUN(97) + MINUTE_MS);
    copied(&s, (const int[]){100, 99, 0});
    lacks(&s, 4, (const int[]){97, 98, 0});
}

static void what_is_due_after_the_newest_is_a_matter_of_its_age(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    copied(&s, (const int[]){98, 97, 0});
    lacks(&s, 2, (const int[]){0});
}

static void what_would_have_ended_by_now_is_not_missed(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    s.schedules[0].keep_ms = 3 * DAY_MS;
    copied(&s, (const int[]){100, 90, 0});
    lacks(&s, 3, (const int[]){98, 99, 0});
}

static void a_point_of_another_hour_is_no_run(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    copied(&s, (const int[]){100, 0});
    hold(&s, 1, RUN(99) + HOUR_MS); /* beyond the window */
    copied(&s, (const int[]){98, 0});
    lacks(&s, 3, (const int[]){99, 0});
}

static void two_rules_want_two_points(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    s.row.schedule_len = 2;
    hold(&s, 1, RUN(100) + 2 * MINUTE_MS);
    hold(&s, 1, RUN(100) + MINUTE_MS);
    hold(&s, 1, RUN(99) + MINUTE_MS);
    lacks(&s, 4, (const int[]){99, 0});
}

static void what_could_not_be_read_lacks_nothing(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    copied(&s, (const int[]){100, 97, 0});
    s.vaults[1].error = "AccessDenied";
    lacks(&s, 0, (const int[]){0});
}

static void the_text_names_the_first_five(void **state)
{
    (void)state;
    static const int64_t gaps[] = {RUN(1), RUN(2), RUN(3), RUN(4), RUN(5), RUN(6), RUN(7)};
    struct arena *arena = arena_new();
    struct verify_row row = {.gaps_ms = gaps, .gap_len = 1, .due_len = 9};
    assert_string_equal(verify_gaps_text(arena, &row),
                        "1 of 9 backups are not there: 1970-01-02T05:00Z");
    row.gap_len = 7;
    assert_string_equal(verify_gaps_text(arena, &row),
                        "7 of 9 backups are not there: 1970-01-02T05:00Z, 1970-01-03T05:00Z, "
                        "1970-01-04T05:00Z, 1970-01-05T05:00Z, 1970-01-06T05:00Z, and 2 more");
    row.gap_len = 0;
    assert_null(verify_gaps_text(arena, &row));
    arena_free(arena);
}

static void each_format_tells_of_them(void **state)
{
    (void)state;
    static const char *const words = "1 of 9 backups are not there: 1970-01-02T05:00Z";
    static const int64_t gaps[] = {RUN(1)};
    struct ledger ledger = {0};
    struct scene s;
    scene_open(&s);
    s.row.plan = "plans.daily";
    s.row.rules = "daily";
    s.row.good = true;
    s.row.gaps_ms = gaps;
    s.row.gap_len = 1;
    s.row.due_len = 9;
    const struct verify_report report = {
        .topology = "t", .rows = &s.row, .row_len = 1, .good = 1, .gaps = 1, .ledger = &ledger};
    assert_non_null(strstr(verify_text(s.arena, &report), words));
    assert_non_null(strstr(verify_text(s.arena, &report), "0 missing, 1 gap\n"));
    assert_non_null(strstr(verify_markdown(s.arena, &report), words));
    assert_non_null(strstr(verify_markdown(s.arena, &report), "0 missing, 1 gaps"));
    assert_non_null(strstr(verify_page(s.arena, &report), words));
    assert_non_null(strstr(verify_junit(s.arena, &report), words));
    s.row.good = false;
    s.row.reason = "old";
    assert_non_null(strstr(verify_junit(s.arena, &report), words));
    assert_non_null(strstr(verify_markdown(s.arena, &report), words));
    const struct value *json = verify_to_json(s.arena, &report);
    assert_int_equal(value_get_int(json, "gaps", 0), 1);
    assert_string_equal(value_str(value_pointer(json, "/resources/0/gaps/0")),
                        "1970-01-02T05:00:00Z");
    const char *metric = strstr(verify_prometheus(s.arena, &report), "holdfast_verify_gaps{");
    assert_non_null(metric);
    assert_int_equal(strncmp(strchr(metric, '}'), "} 1\n", 4), 0);
    arena_free(s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_is_there),
        cmocka_unit_test(a_day_between_is_missing),
        cmocka_unit_test(a_point_that_was_never_copied_begins_the_history),
        cmocka_unit_test(what_is_due_after_the_newest_is_a_matter_of_its_age),
        cmocka_unit_test(what_would_have_ended_by_now_is_not_missed),
        cmocka_unit_test(a_point_of_another_hour_is_no_run),
        cmocka_unit_test(two_rules_want_two_points),
        cmocka_unit_test(what_could_not_be_read_lacks_nothing),
        cmocka_unit_test(the_text_names_the_first_five),
        cmocka_unit_test(each_format_tells_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
