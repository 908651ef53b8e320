#include "engine/verify/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"

/* One resource on its way from vault P over M to F; what AWS said is written down by hand. */

#define DB "arn:aws:rds:us-east-1:111122223333:db:orders"
#define VAULT_P "arn:aws:backup:us-east-1:111122223333:backup-vault:p"
#define VAULT_M "arn:aws:backup:us-east-2:111122223333:backup-vault:m"
#define VAULT_F "arn:aws:backup:us-east-2:444455556666:backup-vault:f"
#define KEY "arn:aws:kms:us-east-2:444455556666:key/k"
#define NOW (100 * DAY_MS)

struct scene {
    struct arena *arena;
    struct verify_input input;
    struct verify_facts facts;
    struct verify_vault vaults[3];
    struct verify_key key;
    struct verify_hop hops[3];
    struct verify_row row;
};

static void scene_open(struct scene *s)
{
    static const char *const arns[] = {VAULT_P, VAULT_M, VAULT_F};
    *s = (struct scene){.arena = arena_new()};
    s->facts = (struct verify_facts){.arena = s->arena, .input = &s->input, .now_ms = NOW};
    map_init(&s->facts.vaults, s->arena);
    map_init(&s->facts.keys, s->arena);
    map_init(&s->facts.names, s->arena);
    for (size_t i = 0; i < ARRAY_LEN(arns); i++) {
        s->vaults[i] = (struct verify_vault){.arn = arns[i], .name = arns[i]};
        map_init(&s->vaults[i].holdings, s->arena);
        map_init(&s->vaults[i].useless, s->arena);
        map_set(&s->facts.vaults, arns[i], &s->vaults[i]);
        s->hops[i] = (struct verify_hop){.vault_arn = arns[i], .vault = arns[i], .took_ms = -1};
    }
    s->key = (struct verify_key){.arn = KEY, .state = "Enabled"};
    map_set(&s->facts.keys, KEY, &s->key);
    s->row = (struct verify_row){.resource = DB,
                                 .hops = s->hops,
                                 .hop_len = 3,
                                 .routed = true,
                                 .objective_ms = 26 * HOUR_MS,
                                 .age_ms = -1};
}

static void scene_close(struct scene *s)
{
    arena_free(s->arena);
}

static struct verify_holding *holding_in(struct scene *s, struct map *holdings)
{
    struct verify_holding *holding = map_get(holdings, DB);
    if (!holding) {
        holding = arena_new_of(s->arena, struct verify_holding);
        map_set(holdings, DB, holding);
    }
    return holding;
}

/* Newest first, as they are sorted when they have been read. */
static void add(struct scene *s, size_t vault, int64_t age_ms, int64_t took_ms, int64_t expires_ms)
{
    struct verify_holding *holding = holding_in(s, &s->vaults[vault].holdings);
    holding->points = arena_grow(s->arena, holding->points, holding->len, &holding->cap,
                                 holding->len + 1, sizeof(*holding->points));
    holding->points[holding->len++] = (struct verify_point){.arn = "point",
                                                            .key_arn = KEY,
                                                            .created_ms = NOW - age_ms,
                                                            .completed_ms = NOW - age_ms + took_ms,
                                                            .expires_ms = expires_ms};
}

static void spoil(struct scene *s, size_t vault, int64_t age_ms, const char *status)
{
    struct verify_holding *useless = holding_in(s, &s->vaults[vault].useless);
    useless->points = arena_grow(s->arena, useless->points, useless->len, &useless->cap,
                                 useless->len + 1, sizeof(*useless->points));
    useless->points[useless->len++] =
        (struct verify_point){.arn = "spoilt", .created_ms = NOW - age_ms, .status = status};
}

static void arrive(struct scene *s, int64_t age_ms)
{
    add(s, 0, age_ms, 10 * MINUTE_MS, NOW + DAY_MS);
    add(s, 1, age_ms, 30 * MINUTE_MS, NOW + DAY_MS);
    add(s, 2, age_ms, 90 * MINUTE_MS, NOW + 30 * DAY_MS);
}

static void judge(struct scene *s)
{
    verify_hold(&s->facts, &s->row, 1);
    verify_judge(&s->facts, &s->row, 1);
}

static void assert_complains(const struct scene *s, const char *words)
{
    assert_false(s->row.good);
    assert_non_null(s->row.reason);
    if (!strstr(s->row.reason, words))
        fail_msg("\"%s\" does not say \"%s\"", s->row.reason, words);
}

static void test_a_fresh_copy_is_good_and_each_hop_tells_its_time(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    arrive(&s, 20 * HOUR_MS);
    judge(&s);
    assert_true(s.row.good);
    assert_null(s.row.reason);
    assert_null(s.row.stopped);
    assert_int_equal(s.row.age_ms, 20 * HOUR_MS);
    assert_int_equal(s.hops[0].took_ms, 10 * MINUTE_MS);
    assert_int_equal(s.hops[1].took_ms, 20 * MINUTE_MS);
    assert_int_equal(s.hops[2].took_ms, 60 * MINUTE_MS);
    scene_close(&s);
}

static void test_a_copy_of_a_clock_that_is_ahead_is_new(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    arrive(&s, -2 * HOUR_MS);
    judge(&s);
    assert_true(s.row.good);
    assert_int_equal(s.row.age_ms, 0);
    assert_int_equal(s.row.history_ms, 0);
    scene_close(&s);
}

static void test_the_objective_itself_is_still_good_and_more_is_not(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    arrive(&s, 26 * HOUR_MS);
    judge(&s);
    assert_true(s.row.good);
    scene_close(&s);
    scene_open(&s);
    arrive(&s, 26 * HOUR_MS + 1);
    judge(&s);
    assert_complains(&s, "26 h old, and may be 26 h");
    assert_ptr_equal(s.row.stopped, &s.hops[0]); /* nothing newer stands anywhere */
    scene_close(&s);
}

static void test_it_stops_before_the_first_vault_that_is_not_fresh(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    add(&s, 0, HOUR_MS, MINUTE_MS, 0);
    add(&s, 1, HOUR_MS, MINUTE_MS, 0);
    add(&s, 2, 50 * HOUR_MS, MINUTE_MS, 0);
    judge(&s);
    assert_complains(&s, "2 days 2 h old");
    assert_ptr_equal(s.row.stopped, &s.hops[2]);
    assert_int_equal(s.hops[0].took_ms, -1); /* of the point in F nothing stands there any more */
    scene_close(&s);
}

static void test_no_copy_is_told_from_no_backup(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    judge(&s);
    assert_complains(&s, "it has no backup");
    scene_close(&s);
    scene_open(&s);
    add(&s, 0, HOUR_MS, MINUTE_MS, 0);
    judge(&s);
    assert_complains(&s, "no copy of it is in");
    assert_ptr_equal(s.row.stopped, &s.hops[1]);
    scene_close(&s);
}

static void test_a_copy_that_is_there_and_of_no_use_is_told_of(void **state)
{
    static const char *const words[] = {"PARTIAL", "EXPIRED", "DELETING", "STOPPED", "CREATING"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct scene s;
        scene_open(&s);
        arrive(&s, 50 * HOUR_MS);
        spoil(&s, 2, HOUR_MS, words[i]);
        judge(&s);
        assert_complains(&s, "2 days 2 h old");
        assert_complains(&s, "a newer one is there, and is");
        assert_complains(&s, words[i]);
        scene_close(&s);
        scene_open(&s);
        spoil(&s, 2, HOUR_MS, words[i]);
        spoil(&s, 2, 2 * HOUR_MS, "of no matter");
        judge(&s);
        assert_complains(&s, "no copy of it in " VAULT_F " is available: the newest is");
        assert_complains(&s, words[i]);
        scene_close(&s);
    }
}

static void test_a_point_of_no_use_on_the_way_is_told_of_where_it_stops(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    arrive(&s, 50 * HOUR_MS);
    s.vaults[0].holdings.entries[0].value = arena_new_of(s.arena, struct verify_holding);
    add(&s, 0, HOUR_MS, MINUTE_MS, 0);
    spoil(&s, 1, HOUR_MS, "PARTIAL");
    judge(&s);
    assert_ptr_equal(s.row.stopped, &s.hops[1]);
    assert_complains(&s, "the newest point in " VAULT_M " is PARTIAL");
    scene_close(&s);
}

static void test_a_job_that_went_well_is_not_why_it_stops(void **state)
{
    static const struct {
        const char *state, *message, *worse, *text;
    } cases[] = {
        {"FAILED", "no", NULL, "the last job is FAILED: no"},
        {"RUNNING", NULL, NULL, "the last job is RUNNING"},
        {"COMPLETED", NULL, NULL, "the last job is COMPLETED, and what it made is not there"},
        {"COMPLETED", "but", "PARTIAL",
         "the last job is COMPLETED, and what it made cannot be used: but"},
        {NULL, NULL, NULL, "no copy of what is newer was begun"},
    };
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct verify_hop hops[2] = {{0}, {.worse = cases[i].worse}};
        struct verify_row row = {.hops = hops,
                                 .hop_len = 2,
                                 .stopped = &hops[1],
                                 .job_state = cases[i].state,
                                 .job_message = cases[i].message};
        assert_string_equal(verify_job_text(arena, &row), cases[i].text);
    }
    arena_free(arena);
}

static void test_one_that_is_older_is_of_no_matter(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    arrive(&s, 50 * HOUR_MS);
    spoil(&s, 2, 60 * HOUR_MS, "PARTIAL");
    judge(&s);
    assert_complains(&s, "2 days 2 h old, and may be 26 h");
    assert_null(strstr(s.row.reason, "PARTIAL"));
    assert_null(s.hops[2].worse);
    scene_close(&s);
}

static void test_a_copy_under_a_key_that_cannot_be_used_is_none(void **state)
{
    static const char *const states[] = {"Disabled", "PendingDeletion", "deleted", "Unavailable"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct scene s;
        scene_open(&s);
        arrive(&s, HOUR_MS);
        s.key.state = states[i];
        judge(&s);
        assert_complains(&s, states[i]);
        scene_close(&s);
    }
}

static void test_what_leads_nowhere_or_cannot_be_read_is_not_good(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    arrive(&s, HOUR_MS);
    s.row.routed = false;
    judge(&s);
    assert_complains(&s, "no rule of its plan leads");
    scene_close(&s);
    scene_open(&s);
    s.vaults[2].error = "AccessDeniedException: no";
    judge(&s);
    assert_complains(&s, "cannot be read: AccessDeniedException: no");
    assert_false(s.row.known);
    scene_close(&s);
}

static void test_a_copy_whose_key_nobody_could_read_is_none(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    arrive(&s, HOUR_MS);
    s.key.state = NULL;
    judge(&s);
    assert_complains(&s, "the state of the key " KEY " could not be read");
    assert_false(s.row.known);
    scene_close(&s);
    scene_open(&s);
    arrive(&s, HOUR_MS); /* AWS does not say with what it is encrypted */
    struct verify_holding *holding = map_get(&s.vaults[2].holdings, DB);
    holding->points[0].key_arn = NULL;
    judge(&s);
    assert_true(s.row.good && s.row.known);
    scene_close(&s);
}

static void test_a_resource_that_is_there_no_more_misses_nothing(void **state)
{
    (void)state;
    for (int by_point = 0; by_point < 2; by_point++) { /* else by what somebody told of it */
        struct scene s;
        scene_open(&s);
        s.row.absent = true;
        s.row.was = !by_point;
        if (by_point)
            add(&s, 1, 50 * HOUR_MS, MINUTE_MS, 0);
        judge(&s);
        assert_true(s.row.gone);
        assert_complains(&s, "there no more");
        assert_null(s.row.stopped);
        scene_close(&s);
    }
}

static void test_a_resource_that_never_was_is_missing(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    s.row.absent = true;
    judge(&s);
    assert_false(s.row.gone);
    assert_complains(&s, "is its name written right?");
    scene_close(&s);
}

static void test_history_is_immutable_once_the_lock_is_final(void **state)
{
    static const struct {
        bool locked;
        int64_t date_ms;
        enum verify_lock lock;
    } cases[] = {{false, 0, VERIFY_UNLOCKED},
                 {true, 0, VERIFY_GOVERNANCE},
                 {true, NOW + 1, VERIFY_GRACE},
                 {true, NOW, VERIFY_COMPLIANCE}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scene s;
        scene_open(&s);
        arrive(&s, HOUR_MS);
        add(&s, 2, 9 * DAY_MS, MINUTE_MS, NOW + 21 * DAY_MS);
        s.vaults[2].locked = cases[i].locked;
        s.vaults[2].lock_date_ms = cases[i].date_ms;
        judge(&s);
        bool final = cases[i].lock == VERIFY_COMPLIANCE;
        assert_int_equal(s.row.lock, cases[i].lock);
        assert_int_equal(s.row.history_ms, 9 * DAY_MS);
        assert_int_equal(s.row.immutable_ms, final ? 9 * DAY_MS : 0);
        assert_int_equal(s.row.locked_until_ms, final ? NOW + 30 * DAY_MS : 0);
        assert_int_equal(s.row.empty_ms, NOW + 30 * DAY_MS);
        scene_close(&s);
    }
}

static void test_a_point_that_never_goes_is_locked_for_ever(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    add(&s, 2, HOUR_MS, MINUTE_MS, 0);
    s.vaults[2].locked = true;
    s.vaults[2].lock_date_ms = NOW - 1;
    judge(&s);
    assert_true(s.row.locked_until_ms == VERIFY_FOR_EVER);
    assert_int_equal(s.row.empty_ms, 0);
    scene_close(&s);
}

static void test_spans_are_written_as_people_say_them(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0 min"},           {59 * MINUTE_MS, "59 min"},
                 {26 * HOUR_MS, "26 h"}, {9 * HOUR_MS + 30 * MINUTE_MS, "9 h 30 min"},
                 {2 * DAY_MS, "2 days"}, {50 * HOUR_MS, "2 days 2 h"}};
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(verify_span(arena, cases[i].ms), cases[i].text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fresh_copy_is_good_and_each_hop_tells_its_time),
        cmocka_unit_test(test_a_copy_of_a_clock_that_is_ahead_is_new),
        cmocka_unit_test(test_the_objective_itself_is_still_good_and_more_is_not),
        cmocka_unit_test(test_it_stops_before_the_first_vault_that_is_not_fresh),
        cmocka_unit_test(test_no_copy_is_told_from_no_backup),
        cmocka_unit_test(test_a_copy_that_is_there_and_of_no_use_is_told_of),
        cmocka_unit_test(test_a_point_of_no_use_on_the_way_is_told_of_where_it_stops),
        cmocka_unit_test(test_a_job_that_went_well_is_not_why_it_stops),
        cmocka_unit_test(test_one_that_is_older_is_of_no_matter),
        cmocka_unit_test(test_a_copy_under_a_key_that_cannot_be_used_is_none),
        cmocka_unit_test(test_what_leads_nowhere_or_cannot_be_read_is_not_good),
        cmocka_unit_test(test_a_copy_whose_key_nobody_could_read_is_none),
        cmocka_unit_test(test_a_resource_that_is_there_no_more_misses_nothing),
        cmocka_unit_test(test_a_resource_that_never_was_is_missing),
        cmocka_unit_test(test_history_is_immutable_once_the_lock_is_final),
        cmocka_unit_test(test_a_point_that_never_goes_is_locked_for_ever),
        cmocka_unit_test(test_spans_are_written_as_people_say_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
