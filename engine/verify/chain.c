/* Whose points the points of a vault are, where several ways lead into it. Pure. */
#include "engine/verify/facts.h"

/* What the ways of all rows are. */
struct crowd {
    const struct verify_facts *facts;
    struct map leads; /* "VAULT SOURCE": some way leads from SOURCE to VAULT */
    struct map makes; /* "RESOURCE VAULT RULE": a way that begins in VAULT has the rule */
};

static const char *lead(struct arena *arena, const char *vault, const char *source)
{
    return arena_printf(arena, "%s %s", vault, source);
}

static const char *make(struct arena *arena, const struct verify_row *row, struct slice rule)
{
    return arena_printf(arena, "%s %s %.*s", row->resource, row->hops[0].vault_arn, (int)rule.len,
                        rule.ptr);
}

/* Of "daily, weekly" the first, which is cut off. */
static struct slice next_rule(struct slice *rest)
{
    struct slice name = slice_cut(rest, ',');
    return name.len > 0 && name.ptr[0] == ' ' ? slice_from(name, 1) : name;
}

static void add_row(struct crowd *crowd, struct verify_row *row)
{
    struct arena *arena = crowd->facts->arena;
    struct slice rest = slice_of(row->rules);
    while (rest.len > 0)
        map_set(&crowd->makes, make(arena, row, next_rule(&rest)), row);
    for (size_t to = 1; to < row->hop_len; to++)
        for (size_t from = 0; from < to; from++)
            map_set(&crowd->leads, lead(arena, row->hops[to].vault_arn, row->hops[from].vault_arn),
                    row);
}

/* ---- the first vault: by the rule ---- */

static bool is_rule_of(const struct verify_row *row, const char *rule)
{
    struct slice rest = slice_of(row->rules);
    while (rest.len > 0) {
        if (slice_is(next_rule(&rest), rule))
            return true;
    }
    return false;
}

/* A point of a rule that leads no way of its resource out of this vault, as one that has another
 * name by now, is anybody's. */
static bool was_made_for(const struct crowd *crowd, const struct verify_row *row,
                         const struct verify_point *point)
{
    if (!point->rule || is_rule_of(row, point->rule))
        return true;
    return !map_get(&crowd->makes, make(crowd->facts->arena, row, slice_of(point->rule)));
}

/* ---- the others: by the vault before ---- */

/* A point of which AWS names no source, or one that is on no way (what was copied by hand, or
 * before the way was changed), is anybody's. */
static bool came_over(const struct crowd *crowd, const struct verify_row *row, size_t hop,
                      const struct verify_point *point)
{
    if (!point->source_arn)
        return true;
    for (size_t i = 0; i < hop; i++)
        if (str_eq(row->hops[i].vault_arn, point->source_arn))
            return true;
    return !map_get(&crowd->leads,
                    lead(crowd->facts->arena, row->hops[hop].vault_arn, point->source_arn));
}

static const struct verify_vault *vault_of(const struct crowd *crowd, const struct verify_row *row,
                                           size_t hop)
{
    return map_get(&crowd->facts->vaults, row->hops[hop].vault_arn);
}

/* False: the vault holds that backup, and it came there by another way. */
static bool may_have_passed(const struct crowd *crowd, const struct verify_row *row, size_t hop,
                            int64_t created_ms)
{
    const struct verify_vault *vault = vault_of(crowd, row, hop);
    const struct verify_holding *all = vault ? map_get(&vault->holdings, row->resource) : NULL;
    bool strange = false;
    for (size_t i = 0; all && i < all->len; i++) {
        if (all->points[i].created_ms != created_ms)
            continue;
        if (came_over(crowd, row, hop, &all->points[i]))
            return true;
        strange = true;
    }
    return !strange;
}

static bool is_of_way(const struct crowd *crowd, const struct verify_row *row, size_t hop,
                      const struct verify_point *point)
{
    if (hop == 0)
        return was_made_for(crowd, row, point);
    if (!came_over(crowd, row, hop, point))
        return false;
    for (size_t i = 1; i < hop; i++)
        if (!may_have_passed(crowd, row, i, point->created_ms))
            return false;
    return true;
}

/* Of all that a vault has of the resource what came by the row's way. */
static const struct verify_holding *own_of(const struct crowd *crowd, const struct verify_row *row,
                                           size_t hop, const struct verify_holding *all)
{
    if (!all)
        return NULL;
    struct verify_holding *own = arena_new_of(crowd->facts->arena, struct verify_holding);
    own->points = arena_array(crowd->facts->arena, all->len + 1, sizeof(*own->points));
    for (size_t i = 0; i < all->len; i++)
        if (is_of_way(crowd, row, hop, &all->points[i]))
            own->points[own->len++] = all->points[i];
    return own->len < all->len ? own : all;
}

static void fill_hop(const struct crowd *crowd, struct verify_row *row, size_t hop)
{
    const struct verify_vault *vault = vault_of(crowd, row, hop);
    if (!vault)
        return;
    row->hops[hop].holding = own_of(crowd, row, hop, map_get(&vault->holdings, row->resource));
    row->hops[hop].useless = own_of(crowd, row, hop, map_get(&vault->useless, row->resource));
}

void verify_hold(const struct verify_facts *facts, struct verify_row *rows, size_t len)
{
    struct crowd crowd = {.facts = facts};
    map_init(&crowd.leads, facts->arena);
    map_init(&crowd.makes, facts->arena);
    for (size_t i = 0; i < len; i++)
        add_row(&crowd, &rows[i]);
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < rows[i].hop_len; k++)
            fill_hop(&crowd, &rows[i], k);
}
