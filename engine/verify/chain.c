/* Whose points the points of a vault are, where several ways lead into it. Pure. */
#include "engine/verify/facts.h"

/* "VAULT SOURCE" for all that some way leads from SOURCE to VAULT. */
static const char *pair(struct arena *arena, const char *vault, const char *source)
{
    return arena_printf(arena, "%s %s", vault, source);
}

static struct map pairs_of(struct arena *arena, const struct verify_row *rows, size_t len)
{
    struct map pairs;
    map_init(&pairs, arena);
    for (size_t i = 0; i < len; i++)
        for (size_t to = 1; to < rows[i].hop_len; to++)
            for (size_t from = 0; from < to; from++)
                map_set(&pairs,
                        pair(arena, rows[i].hops[to].vault_arn, rows[i].hops[from].vault_arn),
                        (void *)(uintptr_t)&rows[i]);
    return pairs;
}

/* A point of which AWS names no source, or one that is on no way (what was copied by hand, or
 * before the way was changed), is anybody's. */
static bool came_over(struct arena *arena, const struct map *pairs, const struct verify_row *row,
                      size_t hop, const struct verify_point *point)
{
    if (!point->source_arn)
        return true;
    for (size_t i = 0; i < hop; i++)
        if (str_eq(row->hops[i].vault_arn, point->source_arn))
            return true;
    return !map_get(pairs, pair(arena, row->hops[hop].vault_arn, point->source_arn));
}

static const struct verify_holding *all_in(const struct verify_facts *facts,
                                           const struct verify_row *row, size_t hop)
{
    const struct verify_vault *vault = map_get(&facts->vaults, row->hops[hop].vault_arn);
    return vault ? map_get(&vault->holdings, row->resource) : NULL;
}

/* False: the vault holds that backup, and it came there by another way. */
static bool may_have_passed(const struct verify_facts *facts, const struct map *pairs,
                            const struct verify_row *row, size_t hop, int64_t created_ms)
{
    const struct verify_holding *all = all_in(facts, row, hop);
    bool strange = false;
    for (size_t i = 0; all && i < all->len; i++) {
        if (all->points[i].created_ms != created_ms)
            continue;
        if (came_over(facts->arena, pairs, row, hop, &all->points[i]))
            return true;
        strange = true;
    }
    return !strange;
}

static bool is_of_way(const struct verify_facts *facts, const struct map *pairs,
                      const struct verify_row *row, size_t hop, const struct verify_point *point)
{
    if (!came_over(facts->arena, pairs, row, hop, point))
        return false;
    for (size_t i = 1; i < hop; i++)
        if (!may_have_passed(facts, pairs, row, i, point->created_ms))
            return false;
    return true;
}

static const struct verify_holding *holding_of(const struct verify_facts *facts,
                                               const struct map *pairs,
                                               const struct verify_row *row, size_t hop)
{
    const struct verify_holding *all = all_in(facts, row, hop);
    if (!all || hop == 0)
        return all;
    struct verify_holding *own = arena_new_of(facts->arena, struct verify_holding);
    own->points = arena_array(facts->arena, all->len + 1, sizeof(*own->points));
    for (size_t i = 0; i < all->len; i++)
        if (is_of_way(facts, pairs, row, hop, &all->points[i]))
            own->points[own->len++] = all->points[i];
    return own->len < all->len ? own : all;
}

void verify_hold(const struct verify_facts *facts, struct verify_row *rows, size_t len)
{
    const struct map pairs = pairs_of(facts->arena, rows, len);
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < rows[i].hop_len; k++)
            rows[i].hops[k].holding = holding_of(facts, &pairs, &rows[i], k);
}
