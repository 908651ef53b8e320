/* From verdicts to changes, and which of them wait for which. */

#include <string.h>

#include "engine/plan/items.h"

/* Makes come first, by rank; then what leaves, by falling rank; compliance locks last. */
#define RANKS 10000
#define RANK_LAST (3 * RANKS)

struct draft {
    struct change change;
    size_t *needs;
    size_t needs_len, needs_cap;
};

struct drafts {
    struct builder *b;
    struct draft *items;
    size_t len;
    struct map replaced; /* "vaults.x" -> an item that "vaults.x" once was */
};

/* ---- the changes ---- */

static const struct account *account_of(const struct builder *b, const char *id)
{
    const struct topology *topology = b->input->topology;
    for (size_t i = 0; topology && i < topology->account_len; i++)
        if (str_eq(topology->accounts[i].id, id))
            return &topology->accounts[i];
    return NULL;
}

static struct change *draft(struct drafts *drafts, size_t *index)
{
    *index = drafts->len;
    return &drafts->items[drafts->len++].change;
}

static void draft_make(struct drafts *drafts, struct item *item, enum action action)
{
    const struct resource *resource = item->resource;
    bool creates = action == ACTION_CREATE;
    *draft(drafts, &item->make) = (struct change){
        .action = action,
        .replacement = item->verdict == VERDICT_REPLACE,
        .address = item->address,
        .schema = item->schema,
        .account = resource->account,
        .account_id = resource->account->id,
        .region = resource->region,
        .reason = item->reason,
        .resource = resource,
        .record = item->record,
        .gone = item->record && item->observation && item->observation->gone,
        .identifier = creates ? NULL : item->identifier,
        .before = creates ? NULL : item->before,
        .after = item->after,
        .differences = item->diff.items,
        .difference_len = item->diff.len,
        .irreversible = item->irreversible,
        /* of a replacement its deletion asks */
        .needs_allow_destroy = item->verdict != VERDICT_REPLACE && item->needs_allow_destroy,
        .turns_off = item->turns_off,
        .permanent_from_ms = item->permanent_from_ms,
        .blocked = item->blocked,
        .rank = item->schema->rank,
        .last = resource->last,
    };
}

static void draft_unmake(struct drafts *drafts, struct item *item, enum action action)
{
    const struct record *record = item->record;
    const char *account_id = record ? record->account_id : item->resource->account->id;
    const struct schema *schema = item_standing_schema(item);
    *draft(drafts, &item->unmake) = (struct change){
        .action = action,
        .replacement = item->verdict == VERDICT_REPLACE,
        .address = item->address,
        .schema = schema,
        .account = account_of(drafts->b, account_id),
        .account_id = account_id,
        .region = record ? record->region : item->resource->region,
        .reason = item->reason,
        .record = record,
        .gone = record && item->observation && item->observation->gone,
        .identifier = item->identifier ? item->identifier
                      : record         ? record->identifier
                                       : NULL,
        .before = item->before,
        .needs_allow_destroy = item->needs_allow_destroy,
        .blocked = item->blocked,
        .rank = schema->rank,
    };
}

static void draft_item(struct drafts *drafts, struct item *item)
{
    switch (item->verdict) {
    case VERDICT_NONE:
    case VERDICT_REFUSE: return;
    case VERDICT_CREATE: draft_make(drafts, item, ACTION_CREATE); return;
    case VERDICT_ADOPT: draft_make(drafts, item, ACTION_ADOPT); return;
    case VERDICT_UPDATE: draft_make(drafts, item, ACTION_UPDATE); return;
    case VERDICT_DELETE: draft_unmake(drafts, item, ACTION_DELETE); return;
    case VERDICT_FORGET: draft_unmake(drafts, item, ACTION_FORGET); return;
    case VERDICT_REPLACE:
        draft_make(drafts, item, ACTION_CREATE);
        draft_unmake(drafts, item, item_is_kept(item) ? ACTION_FORGET : ACTION_DELETE);
        return;
    }
}

/* ---- who waits ---- */

static void wait_for(struct drafts *drafts, size_t waiting, size_t needed)
{
    if (waiting == NO_CHANGE || needed == NO_CHANGE || waiting == needed)
        return;
    struct draft *d = &drafts->items[waiting];
    d->needs = arena_grow(drafts->b->arena, d->needs, d->needs_len, &d->needs_cap, d->needs_len + 1,
                          sizeof(*d->needs));
    d->needs[d->needs_len++] = needed;
}

static bool is_replaced(const struct item *item)
{
    return item->verdict == VERDICT_REPLACE;
}

/* `item` needed `needed` when it was made: what of it goes may only go when `item` let go of it. */
static void let_go_first(struct drafts *drafts, const struct item *item, const struct item *needed)
{
    const struct builder *b = drafts->b;
    if (item == needed || needed->unmake == NO_CHANGE)
        return;
    if (!is_replaced(needed) || item_creates_first(b, needed)) {
        wait_for(drafts, needed->unmake, item->make);
        wait_for(drafts, needed->unmake, item->unmake);
    } else if (item->unmake != NO_CHANGE && !(is_replaced(item) && item_creates_first(b, item))) {
        /* deleted, then created anew: what stays is updated after that */
        wait_for(drafts, needed->unmake, item->unmake);
    }
}

static void link_item(struct drafts *drafts, struct item *item)
{
    const struct builder *b = drafts->b;
    if (is_replaced(item) && item_creates_first(b, item))
        wait_for(drafts, item->unmake, item->make);
    else if (is_replaced(item))
        wait_for(drafts, item->make, item->unmake);
    for (size_t i = 0; item->desired && i < item->resource->depends_on_len; i++) {
        const struct item *needed = item_find(b, item->resource->depends_on[i]);
        if (needed)
            wait_for(drafts, item->make, needed->make);
    }
    for (size_t i = 0; item->record && i < item->record->depends_on_len; i++) {
        const char *address = item->record->depends_on[i];
        const struct item *needed = item_find(b, address),
                          *old = map_get(&drafts->replaced, address);
        if (needed)
            let_go_first(drafts, item, needed);
        if (old)
            let_go_first(drafts, item, old);
    }
}

static int order_rank(const struct change *change)
{
    if (change->last)
        return RANK_LAST;
    bool leaves = change->action == ACTION_DELETE || change->action == ACTION_FORGET;
    return leaves && !change->replacement ? 2 * RANKS - change->rank : change->rank;
}

static void name_needs(const struct drafts *drafts, struct draft *d)
{
    const char **addresses = arena_array(drafts->b->arena, d->needs_len + 1, sizeof(*addresses));
    size_t len = 0;
    for (size_t i = 0; i < d->needs_len; i++) {
        const char *address = drafts->items[d->needs[i]].change.address;
        bool twin = str_eq(address, d->change.address);
        if (!twin && !(len && str_eq(addresses[len - 1], address)))
            addresses[len++] = address;
    }
    d->change.depends_on = addresses;
    d->change.depends_on_len = len;
}

/* What an interrupted replacement left behind has a row of its own (record.h). */
static void find_replaced(struct drafts *drafts)
{
    const struct builder *b = drafts->b;
    map_init(&drafts->replaced, b->arena);
    for (size_t i = 0; i < b->len; i++) {
        const char *address = b->items[i].address;
        const char *base = record_replaced_base(b->arena, address);
        if (base)
            map_set(&drafts->replaced, base, &b->items[i]);
    }
}

bool items_to_changes(struct builder *b, struct plan *plan)
{
    struct drafts drafts = {.b = b};
    drafts.items = arena_array(b->arena, 2 * b->len + 1, sizeof(*drafts.items));
    find_replaced(&drafts);
    for (size_t i = 0; i < b->len; i++)
        draft_item(&drafts, &b->items[i]);
    for (size_t i = 0; i < b->len; i++)
        link_item(&drafts, &b->items[i]);
    struct graph_node *nodes = arena_array(b->arena, drafts.len + 1, sizeof(*nodes));
    for (size_t i = 0; i < drafts.len; i++) {
        struct draft *d = &drafts.items[i];
        nodes[i] = (struct graph_node){.address = d->change.address,
                                       .pos = d->change.resource ? d->change.resource->pos : NO_POS,
                                       .rank = order_rank(&d->change),
                                       .needs = d->needs,
                                       .needs_len = d->needs_len};
        name_needs(&drafts, d);
    }
    size_t *order = arena_array(b->arena, drafts.len + 1, sizeof(*order));
    if (!graph_order(b->arena, nodes, drafts.len, order, b->input->destroy ? NULL : b->diags))
        return false;
    struct change *changes = arena_array(b->arena, drafts.len + 1, sizeof(*changes));
    for (size_t i = 0; i < drafts.len; i++)
        changes[i] = drafts.items[order[i]].change;
    plan->changes = changes;
    plan->len = drafts.len;
    return true;
}
