#include "engine/verify/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/clock.h"

/* Two ways of one resource into one last vault: P over M to F, and Q or P over N to F. */

#define DB "arn:aws:rds:us-east-1:111122223333:db:orders"

struct scene {
    struct arena *arena;
    struct verify_facts facts;
    struct verify_vault vaults[5];
    struct verify_hop hops[2][3];
    struct verify_row rows[2];
};

static const char *const names[] = {"P", "Q", "M", "N", "F"};
static const char *const rules[] = {"daily, weekly", "monthly"}; /* of the two ways */
enum { P, Q, M, N, F };

static void scene_open(struct scene *s, const int (*ways)[3])
{
    *s = (struct scene){.arena = arena_new()};
    s->facts.arena = s->arena;
    map_init(&s->facts.vaults, s->arena);
    for (size_t i = 0; i < ARRAY_LEN(s->vaults); i++) {
        s->vaults[i] = (struct verify_vault){.arn = names[i]};
        map_init(&s->vaults[i].holdings, s->arena);
        map_set(&s->facts.vaults, names[i], &s->vaults[i]);
    }
    for (size_t w = 0; w < 2; w++) {
        for (size_t k = 0; k < 3; k++)
            s->hops[w][k].vault_arn = names[ways[w][k]];
        s->rows[w] = (struct verify_row){
            .resource = DB, .rules = rules[w], .hops = s->hops[w], .hop_len = 3};
    }
}

/* Newest first, as they are sorted when they have been read. */
static void add(struct scene *s, int vault, const char *source, int64_t created_ms)
{
    struct verify_holding *holding = map_get(&s->vaults[vault].holdings, DB);
    if (!holding) {
        holding = arena_new_of(s->arena, struct verify_holding);
        map_set(&s->vaults[vault].holdings, DB, holding);
    }
    holding->points = arena_grow(s->arena, holding->points, holding->len, &holding->cap,
                                 holding->len + 1, sizeof(*holding->points));
    holding->points[holding->len++] =
        (struct verify_point){.source_arn = source, .created_ms = created_ms};
}

static void holds(struct scene *s, size_t way, size_t hop, const int64_t *created_ms)
{
    const struct verify_holding *holding = s->hops[way][hop].holding;
    size_t len = 0;
    for (; created_ms[len]; len++) {
        assert_true(len < holding->len);
        assert_int_equal(holding->points[len].created_ms, created_ms[len]);
    }
    assert_int_equal(holding->len, len);
}

static const int over_m_and_n[][3] = {{P, M, F}, {P, N, F}};

static void a_copy_is_of_the_way_whose_vault_it_came_out_of(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, over_m_and_n);
    add(&s, F, "M", 30);
    add(&s, F, "N", 20);
    add(&s, F, "M", 10);
    verify_hold(&s.facts, s.rows, 2);
    holds(&s, 0, 2, (const int64_t[]){30, 10, 0});
    holds(&s, 1, 2, (const int64_t[]){20, 0});
    arena_free(s.arena);
}

static void one_of_no_way_is_of_all(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, over_m_and_n);
    add(&s, F, NULL, 30);
    add(&s, F, "a vault of last year", 20);
    add(&s, F, "P", 10);
    verify_hold(&s.facts, s.rows, 2);
    holds(&s, 0, 2, (const int64_t[]){30, 20, 10, 0});
    holds(&s, 1, 2, (const int64_t[]){30, 20, 10, 0});
    arena_free(s.arena);
}

static void ways_that_join_are_told_apart_by_the_date_of_the_backup(void **state)
{
    (void)state;
    static const int joining[][3] = {{P, M, F}, {Q, M, F}};
    struct scene s;
    scene_open(&s, joining);
    add(&s, M, "P", 30);
    add(&s, M, "Q", 20);
    add(&s, F, "M", 30);
    add(&s, F, "M", 20);
    add(&s, F, "M", 10); /* M holds it no longer */
    verify_hold(&s.facts, s.rows, 2);
    holds(&s, 0, 2, (const int64_t[]){30, 10, 0});
    holds(&s, 1, 2, (const int64_t[]){20, 10, 0});
    arena_free(s.arena);
}

static void made(struct scene *s, const char *rule, int64_t created_ms)
{
    add(s, P, NULL, created_ms);
    struct verify_holding *holding = map_get(&s->vaults[P].holdings, DB);
    holding->points[holding->len - 1].rule = rule;
}

static void in_the_first_vault_the_rule_tells_whose_it_is(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, over_m_and_n);
    made(&s, "weekly", 50);
    made(&s, "monthly", 40);
    made(&s, "daily", 30);
    made(&s, "the name of last year", 20);
    made(&s, NULL, 10); /* on demand */
    verify_hold(&s.facts, s.rows, 2);
    holds(&s, 0, 0, (const int64_t[]){50, 30, 20, 10, 0});
    holds(&s, 1, 0, (const int64_t[]){40, 20, 10, 0});
    arena_free(s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_of_the_way_whose_vault_it_came_out_of),
        cmocka_unit_test(one_of_no_way_is_of_all),
        cmocka_unit_test(in_the_first_vault_the_rule_tells_whose_it_is),
        cmocka_unit_test(ways_that_join_are_told_apart_by_the_date_of_the_backup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
