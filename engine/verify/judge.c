/* From what AWS said to what it means for a row. Pure. */
#include "engine/base/clock.h"
#include "engine/verify/facts.h"

static const char *key_name(const struct verify_facts *facts, const char *arn)
{
    const struct verify_key *key = arn ? map_get(&facts->keys, arn) : NULL;
    return key && key->aws_managed ? "AWS managed" : facts_name(facts, arn);
}

static void fill_hop(const struct verify_facts *facts, struct verify_hop *hop)
{
    const struct verify_holding *holding = hop->holding, *useless = hop->useless;
    if (useless && useless->len &&
        (!holding || !holding->len ||
         holding->points[0].created_ms < useless->points[0].created_ms))
        hop->worse = useless->points[0].status;
    if (!holding || holding->len == 0)
        return;
    const struct verify_point *newest = &holding->points[0];
    const struct verify_key *key = newest->key_arn ? map_get(&facts->keys, newest->key_arn) : NULL;
    hop->point = newest->arn;
    hop->created_ms = newest->created_ms;
    hop->arrived_ms = newest->completed_ms;
    hop->expires_ms = newest->expires_ms;
    hop->key_arn = newest->key_arn;
    hop->key = key_name(facts, newest->key_arn);
    hop->key_state = key ? key->state : NULL;
    hop->points = holding->len;
}

/* The point of the same backup: copies keep its date. */
static const struct verify_point *point_of(const struct verify_holding *holding, int64_t created_ms)
{
    for (size_t i = 0; holding && i < holding->len; i++)
        if (holding->points[i].created_ms == created_ms)
            return &holding->points[i];
    return NULL;
}

static void fill_times(struct verify_row *row)
{
    int64_t created_ms = row->hops[row->hop_len - 1].created_ms, before_ms = created_ms;
    for (size_t i = 0; created_ms && i < row->hop_len; i++) {
        const struct verify_point *point = point_of(row->hops[i].holding, created_ms);
        if (point && point->completed_ms && before_ms)
            row->hops[i].took_ms = point->completed_ms - before_ms;
        before_ms = point ? point->completed_ms : 0;
    }
}

static enum verify_lock lock_of(const struct verify_vault *vault, int64_t now_ms)
{
    if (!vault || !vault->locked)
        return VERIFY_UNLOCKED;
    if (!vault->lock_date_ms)
        return VERIFY_GOVERNANCE;
    return vault->lock_date_ms > now_ms ? VERIFY_GRACE : VERIFY_COMPLIANCE;
}

/* AWS's clock may be ahead of ours: what it dates later than now is as new as can be. */
static int64_t age_of(const struct verify_facts *facts, int64_t created_ms)
{
    return created_ms < facts->now_ms ? facts->now_ms - created_ms : 0;
}

/* How long the last vault's history reaches back, and how long it will last. */
static void fill_history(const struct verify_facts *facts, const struct verify_vault *vault,
                         struct verify_row *row)
{
    const struct verify_hop *last = &row->hops[row->hop_len - 1];
    const struct verify_holding *holding = last->holding;
    row->lock = lock_of(vault, facts->now_ms);
    row->lock_date_ms = vault ? vault->lock_date_ms : 0;
    if (!holding || holding->len == 0)
        return;
    row->age_ms = age_of(facts, last->created_ms);
    row->history_ms = age_of(facts, holding->points[holding->len - 1].created_ms);
    if (row->lock == VERIFY_COMPLIANCE) {
        row->immutable_ms = row->history_ms;
        row->locked_until_ms = last->expires_ms ? last->expires_ms : VERIFY_FOR_EVER;
    }
    for (size_t i = 0; i < holding->len; i++) {
        int64_t expires_ms = holding->points[i].expires_ms;
        if (!expires_ms) {
            row->empty_ms = 0;
            return;
        }
        row->empty_ms = expires_ms > row->empty_ms ? expires_ms : row->empty_ms;
    }
}

/* Of a key whose state nobody could read that cannot be said. */
static bool is_usable(const struct verify_hop *hop)
{
    return !hop->key_arn || str_eq(hop->key_state, "Enabled");
}

static bool is_key_unread(const struct verify_hop *hop)
{
    return hop->key_arn && !hop->key_state;
}

static bool is_fresh(const struct verify_facts *facts, const struct verify_row *row,
                     const struct verify_hop *hop)
{
    return hop->point && facts->now_ms - hop->created_ms <= row->objective_ms;
}

/* What could not be read along the way; NULL: nothing that matters. */
static const struct verify_vault *unread(const struct verify_facts *facts,
                                         const struct verify_row *row)
{
    const struct verify_vault *last =
        map_get(&facts->vaults, row->hops[row->hop_len - 1].vault_arn);
    return last && last->error ? last : NULL;
}

static const char *complaint(const struct verify_facts *facts, const struct verify_row *row)
{
    struct arena *arena = facts->arena;
    const struct verify_hop *last = &row->hops[row->hop_len - 1];
    const struct verify_vault *vault = unread(facts, row);
    if (!row->routed)
        return "no rule of its plan leads to a vault of another account";
    if (vault)
        return arena_printf(arena, "%s cannot be read: %s", last->vault, vault->error);
    if (row->absent)
        return "there is no such resource, and no backup of it: is its name written right?";
    if (!last->point && last->worse)
        return arena_printf(arena, "no copy of it in %s is available: the newest is %s",
                            last->vault, last->worse);
    if (!last->point)
        return arena_printf(arena,
                            row->hops[0].point ? "no copy of it is in %s"
                                               : "it has no backup, and no copy is in %s",
                            last->vault);
    if (is_key_unread(last))
        return arena_printf(arena,
                            "whether its newest copy can be used is not known: the state of the "
                            "key %s could not be read",
                            last->key);
    if (!is_usable(last))
        return arena_printf(arena, "its newest copy cannot be read: the key %s is %s", last->key,
                            last->key_state);
    if (is_fresh(facts, row, last))
        return NULL;
    return arena_printf(arena, "its newest copy is %s old, and may be %s%s%s",
                        verify_span(arena, row->age_ms), verify_span(arena, row->objective_ms),
                        last->worse ? "; a newer one is there, and is " : "",
                        last->worse ? last->worse : "");
}

static bool has_point(const struct verify_row *row)
{
    for (size_t i = 0; i < row->hop_len; i++)
        if (row->hops[i].point)
            return true;
    return false;
}

static const struct verify_hop *stop_of(const struct verify_facts *facts,
                                        const struct verify_row *row)
{
    for (size_t i = 0; i < row->hop_len; i++) {
        const struct verify_vault *vault = map_get(&facts->vaults, row->hops[i].vault_arn);
        if (vault && !vault->error && !is_fresh(facts, row, &row->hops[i]))
            return &row->hops[i];
    }
    return NULL;
}

/* What a vault before the last holds of no use, where nothing comes out of it. */
static const char *cause(struct arena *arena, const struct verify_row *row)
{
    const struct verify_hop *stopped = row->stopped;
    if (!stopped || !stopped->worse || stopped == &row->hops[row->hop_len - 1])
        return row->reason;
    return arena_printf(arena, "%s; the newest point in %s is %s", row->reason, stopped->vault,
                        stopped->worse);
}

static void judge(const struct verify_facts *facts, struct verify_row *row)
{
    const struct verify_vault *last =
        map_get(&facts->vaults, row->hops[row->hop_len - 1].vault_arn);
    for (size_t i = 0; i < row->hop_len; i++)
        fill_hop(facts, &row->hops[i]);
    fill_times(row);
    fill_history(facts, last, row);
    verify_find_gaps(facts, row);
    row->known = !unread(facts, row) && !is_key_unread(&row->hops[row->hop_len - 1]);
    row->gone = row->absent && (row->was || has_point(row));
    row->reason = row->gone ? "the resource is there no more" : complaint(facts, row);
    row->good = !row->reason;
    if (!row->good && !row->gone)
        row->stopped = stop_of(facts, row);
    row->reason = cause(facts->arena, row);
}

void verify_judge(const struct verify_facts *facts, struct verify_row *rows, size_t len)
{
    for (size_t i = 0; i < len; i++)
        judge(facts, &rows[i]);
}
