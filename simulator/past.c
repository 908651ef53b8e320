/* What reads still see. AWS answers a read from a copy that may not have the last changes yet: with
 * the setting read_delay_ms no read and no list shows a change that is younger. What a change took
 * away is remembered in memory only: a world that was closed has settled. */
#include "simulator/internal.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_MAX 512 /* remembered changes; then those that have settled are dropped */

static bool is_young(struct world *world, const struct past_change *change)
{
    return change->at + world->hardships.read_delay_ms > world_now_ms(world);
}

/* Begins again with the changes that are young, so that the memory of the others is given back. */
static void forget_settled(struct world *world)
{
    struct past *past = &world->past;
    struct past kept = {.arena = arena_new()};
    kept.items = arena_array(kept.arena, past->len, sizeof(*kept.items));
    kept.cap = past->len;
    for (size_t i = 0; i < past->len; i++) {
        const struct past_change *c = &past->items[i];
        if (is_young(world, c))
            kept.items[kept.len++] =
                (struct past_change){.kind = arena_strdup(kept.arena, c->kind),
                                     .account = arena_strdup(kept.arena, c->account),
                                     .region = arena_strdup(kept.arena, c->region),
                                     .id = arena_strdup(kept.arena, c->id),
                                     .at = c->at,
                                     .body = value_copy(kept.arena, c->body)};
    }
    kept.len_saved = kept.len;
    arena_free(past->arena);
    *past = kept;
}

void past_keep(struct world *world, const char *kind, const char *account, const char *region,
               const char *id, const struct value *body)
{
    struct past *past = &world->past;
    if (!past->arena)
        past->arena = arena_new();
    if (past->len >= KEPT_MAX && past->len == past->len_saved)
        forget_settled(world);
    past->items = arena_grow(past->arena, past->items, past->len, &past->cap, past->len + 1,
                             sizeof(*past->items));
    past->items[past->len++] = (struct past_change){.kind = arena_strdup(past->arena, kind),
                                                    .account = arena_strdup(past->arena, account),
                                                    .region = arena_strdup(past->arena, region),
                                                    .id = arena_strdup(past->arena, id),
                                                    .at = world_now_ms(world),
                                                    .body = value_copy(past->arena, body)};
}

void past_free(struct past *past)
{
    arena_free(past->arena);
    *past = (struct past){0};
}

bool past_sees(const struct world *world)
{
    return world->reading && world->past.len > 0;
}

/* The first young change of an object took away what reads still see. */
bool past_get(struct world *world, const char *kind, const char *account, const char *region,
              const char *id, const struct value **ret)
{
    for (size_t i = 0; past_sees(world) && i < world->past.len; i++) {
        const struct past_change *c = &world->past.items[i];
        if (!is_young(world, c) || !str_eq(c->kind, kind) || !str_eq(c->account, account) ||
            !str_eq(c->region, region) || !str_eq(c->id, id))
            continue;
        *ret = c->body;
        return true;
    }
    return false;
}

static size_t index_of(const struct objects *rows, const struct past_change *c)
{
    for (size_t i = 0; i < rows->len; i++) {
        const struct object *row = &rows->items[i];
        if (str_eq(row->id, c->id) && str_eq(row->account, c->account) &&
            str_eq(row->region, c->region))
            return i;
    }
    return rows->len;
}

/* By id, then as the statements of store.c order what has one id. */
static int compare(const void *a, const void *b)
{
    const struct object *x = a, *y = b;
    int by_id = strcmp(x->id, y->id), by_account = strcmp(x->account, y->account);
    return by_id ? by_id : by_account ? by_account : strcmp(x->region, y->region);
}

void past_list(struct world *world, struct arena *arena, const char *kind, const char *account,
               const char *region, const char *prefix, struct objects *rows)
{
    size_t cap = rows->len;
    for (size_t i = world->past.len; i-- > 0;) { /* backwards: the first change has the last word */
        const struct past_change *c = &world->past.items[i];
        if (!is_young(world, c) || !str_eq(c->kind, kind) ||
            (account && !str_eq(c->account, account)) || (region && !str_eq(c->region, region)) ||
            !str_starts(c->id, prefix ? prefix : ""))
            continue;
        size_t at = index_of(rows, c);
        if (!c->body) {
            if (at < rows->len)
                rows->items[at] = rows->items[--rows->len];
            continue;
        }
        if (at == rows->len) {
            rows->items = arena_grow(arena, rows->items, rows->len, &cap, rows->len + 1,
                                     sizeof(*rows->items));
            rows->items[rows->len++] =
                (struct object){.account = c->account, .region = c->region, .id = c->id};
        }
        rows->items[at].body = c->body;
    }
    if (rows->len)
        qsort(rows->items, rows->len, sizeof(*rows->items), compare);
}
