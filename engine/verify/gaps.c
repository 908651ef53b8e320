/* Backups that are missing between older and newer ones. */
#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/base/strbuf.h"
#include "engine/verify/facts.h"

#define DUE_MAX 100000 /* hourly for eleven years */
#define TOLD_MAX 5
#define EARLY_MS MINUTE_MS /* a date may lie a little before the run */

/* One run of one rule: the backup that it makes has its date within these. */
struct run {
    int64_t due_ms, until_ms;
};

static const struct verify_holding *holding_in(const struct verify_facts *facts,
                                               const struct verify_row *row, size_t hop)
{
    const struct verify_vault *vault = map_get(&facts->vaults, row->hops[hop].vault_arn);
    return vault && !vault->error ? row->hops[hop].holding : NULL;
}

/* Where history begins: the oldest point in any vault on the way; a copy that never came shows by
 * what it would have been made of. */
static int64_t oldest(const struct verify_facts *facts, const struct verify_row *row)
{
    int64_t oldest_ms = facts->now_ms;
    for (size_t i = 0; i < row->hop_len; i++) {
        const struct verify_holding *holding = holding_in(facts, row, i);
        if (holding && holding->len && holding->points[holding->len - 1].created_ms < oldest_ms)
            oldest_ms = holding->points[holding->len - 1].created_ms;
    }
    return oldest_ms;
}

static size_t add_runs(const struct verify_facts *facts, const struct verify_schedule *schedule,
                       int64_t from_ms, int64_t to_ms, struct run *runs, size_t len)
{
    int64_t due_ms, next_ms;
    if (schedule->open)
        return len;
    if (schedule->keep_ms && facts->now_ms - schedule->keep_ms >= from_ms)
        from_ms = facts->now_ms - schedule->keep_ms + 1;
    if (!cron_next(&schedule->cron, schedule->tz, from_ms - 1, &due_ms))
        return len;
    for (; due_ms <= to_ms && len < DUE_MAX; due_ms = next_ms) {
        if (!cron_next(&schedule->cron, schedule->tz, due_ms, &next_ms))
            next_ms = INT64_MAX;
        int64_t until_ms = due_ms + schedule->window_ms;
        runs[len++] = (struct run){due_ms, next_ms < until_ms ? next_ms : until_ms};
    }
    return len;
}

static int by_time(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    return (x->due_ms > y->due_ms) - (x->due_ms < y->due_ms);
}

/* Each run takes the oldest point of its time that no run before it took. */
static void match(struct arena *arena, const struct verify_holding *holding, const struct run *runs,
                  size_t len, struct verify_row *row)
{
    int64_t *gaps = arena_array(arena, len + 1, sizeof(*gaps));
    size_t left = holding->len; /* points[0 .. left) are not taken, or older than any run */
    for (size_t i = 0; i < len; i++) {
        while (left > 0 && holding->points[left - 1].created_ms < runs[i].due_ms - EARLY_MS)
            left--;
        if (left > 0 && holding->points[left - 1].created_ms < runs[i].until_ms)
            left--;
        else
            gaps[row->gap_len++] = runs[i].due_ms;
    }
    row->due_len = len;
    row->gaps_ms = gaps;
}

void verify_find_gaps(const struct verify_facts *facts, struct verify_row *row)
{
    const struct verify_holding *last = holding_in(facts, row, row->hop_len - 1);
    size_t len = 0;
    if (!row->routed || !last || last->len == 0)
        return;
    struct arena *own = arena_new();
    struct run *runs = arena_array(own, DUE_MAX, sizeof(*runs));
    int64_t from_ms = oldest(facts, row) - EARLY_MS, to_ms = last->points[0].created_ms;
    for (size_t i = 0; i < row->schedule_len; i++)
        len = add_runs(facts, &row->schedules[i], from_ms, to_ms, runs, len);
    if (len)
        qsort(runs, len, sizeof(*runs), by_time);
    match(facts->arena, last, runs, len, row);
    arena_free(own);
}

const char *verify_gaps_text(struct arena *arena, const struct verify_row *row)
{
    struct strbuf sb;
    if (row->gap_len == 0)
        return NULL;
    strbuf_init(&sb, arena, 1024);
    strbuf_addf(&sb, "%zu of %zu backups are not there: ", row->gap_len, row->due_len);
    for (size_t i = 0; i < row->gap_len && i < TOLD_MAX; i++)
        strbuf_addf(&sb, "%s%.16sZ", i ? ", " : "", time_iso(arena, row->gaps_ms[i]));
    if (row->gap_len > TOLD_MAX)
        strbuf_addf(&sb, ", and %zu more", row->gap_len - TOLD_MAX);
    return strbuf_str(&sb);
}
