#include "engine/plan/items.h"

#include <stdlib.h>
#include <string.h>

struct item *item_find(const struct builder *b, const char *address)
{
    return map_get(&b->by_address, address);
}

const struct schema *item_standing_schema(const struct item *item)
{
    return item->record_schema ? item->record_schema : item->schema;
}

bool item_is_kept(const struct item *item)
{
    const struct schema *schema = item_standing_schema(item);
    return schema->keep_made || (item->record ? item->record->adopted : schema->adopt);
}

bool item_creates_first(const struct builder *b, const struct item *item)
{
    return item->schema->replacement == REPLACE_CREATE_THEN_DELETE &&
           !str_eq(schema_identifier(b->arena, item->schema, item->after), item->identifier);
}

struct source_pos item_pos(const struct item *item)
{
    return item->resource ? item->resource->pos : NO_POS;
}

bool flag_names(const char *const *flags, const char *address)
{
    return flags && str_is_one_of(address, flags);
}

/* The item of an address, made at first use. */
static struct item *item_at(struct builder *b, const char *address)
{
    struct item *item = item_find(b, address);
    if (item)
        return item;
    item = &b->items[b->len++];
    *item =
        (struct item){.address = address, .targeted = true, .make = NO_CHANGE, .unmake = NO_CHANGE};
    map_set(&b->by_address, address, item);
    return item;
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(((const struct item *)a)->address, ((const struct item *)b)->address);
}

static void sort_items(struct builder *b)
{
    if (b->len > 1)
        qsort(b->items, b->len, sizeof(*b->items), compare_items);
    map_init(&b->by_address, b->arena);
    for (size_t i = 0; i < b->len; i++)
        map_set(&b->by_address, b->items[i].address, &b->items[i]);
}

static bool add_record(struct builder *b, const struct record *record)
{
    const struct schema *schema = schema_of(b->input->schemas, record->type);
    if (!schema) {
        diag_error(b->diags, E_STATE_NEWER, NO_POS, record->address,
                   "the state holds a resource of type %s, which this holdfast does not know",
                   record->type);
        return false;
    }
    struct item *item = item_at(b, record->address);
    item->record = record;
    item->record_schema = schema;
    if (!item->schema)
        item->schema = schema;
    return true;
}

/* What is recorded is gone, and another object stands in its place, one of ours as after an undo of
 * a replacement, or somebody else's: that is found, as if nothing were recorded. */
static void prefer_successor(struct builder *b, struct item *item)
{
    const struct observation *seen = item->observation;
    bool found =
        seen && seen->gone && seen->found != FOUND_NOTHING && seen->found != FOUND_NOT_ASKED;
    if (!found || !item->desired || item->resource->external || !item->record ||
        item_recorded_at_all(b, item))
        return;
    item->record = NULL;
    item->record_schema = NULL;
}

bool items_collect(struct builder *b)
{
    const struct plan_input *input = b->input;
    const struct topology *topology = input->topology;
    size_t resource_len = topology ? topology->resource_len : 0;
    b->items = arena_array(b->arena, resource_len + input->record_len + 1, sizeof(*b->items));
    map_init(&b->by_address, b->arena);
    for (size_t i = 0; i < resource_len; i++) {
        struct item *item = item_at(b, topology->resources[i].address);
        item->resource = &topology->resources[i];
        item->schema = item->resource->schema;
        item->desired = !input->destroy;
    }
    bool known = true;
    for (size_t i = 0; i < input->record_len; i++)
        known = add_record(b, &input->records[i]) && known;
    sort_items(b);
    for (size_t i = 0; i < input->observation_len; i++) {
        struct item *item = item_find(b, input->observations[i].address);
        if (item)
            item->observation = &input->observations[i];
    }
    for (size_t i = 0; i < b->len; i++)
        prefer_successor(b, &b->items[i]);
    return known;
}

/* Indexes of those addresses that are items. */
static void set_needs(struct builder *b, struct graph_node *node, const char *const *addresses,
                      size_t len)
{
    size_t *needs = arena_array(b->arena, len + 1, sizeof(*needs));
    for (size_t i = 0; i < len; i++) {
        const struct item *item = item_find(b, addresses[i]);
        if (item)
            needs[node->needs_len++] = (size_t)(item - b->items);
    }
    node->needs = needs;
}

bool items_order(struct builder *b)
{
    struct graph_node *nodes = arena_array(b->arena, b->len + 1, sizeof(*nodes));
    for (size_t i = 0; i < b->len; i++) {
        const struct item *item = &b->items[i];
        nodes[i] = (struct graph_node){
            .address = item->address, .pos = item_pos(item), .rank = item->schema->rank};
        if (item->desired)
            set_needs(b, &nodes[i], item->resource->depends_on, item->resource->depends_on_len);
        else if (item->record)
            set_needs(b, &nodes[i], item->record->depends_on, item->record->depends_on_len);
    }
    b->order = arena_array(b->arena, b->len + 1, sizeof(*b->order));
    return graph_order(b->arena, nodes, b->len, b->order, b->input->destroy ? NULL : b->diags);
}

/* ---- targets ---- */

static bool mark_target(struct builder *b, const char *target)
{
    bool found = false;
    for (size_t i = 0; i < b->len; i++)
        if (address_is_within(b->items[i].address, target))
            found = b->items[i].targeted = true;
    if (found)
        return true;
    struct diag *diag = diag_error(b->diags, E_TARGET, NO_POS, NULL,
                                   "%s names nothing in the topology or the state", target);
    if (str_ends(target, ".json"))
        diag_hint(b->diags, diag,
                  "If a plan to apply is meant: `holdfast plan --out %s` writes it, and `holdfast "
                  "apply %s` takes that file and nothing else.",
                  target, target);
    return false;
}

static void mark_needs(struct builder *b, const char *const *addresses, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct item *item = item_find(b, addresses[i]);
        if (item)
            item->targeted = true;
    }
}

static bool needs_targeted(const struct builder *b, const struct record *record)
{
    for (size_t i = 0; i < record->depends_on_len; i++) {
        const struct item *item = item_find(b, record->depends_on[i]);
        if (item && item->targeted && !item->desired)
            return true;
    }
    return false;
}

bool items_target(struct builder *b)
{
    if (!b->input->targets)
        return true;
    for (size_t i = 0; i < b->len; i++)
        b->items[i].targeted = false;
    bool found = true;
    for (const char *const *target = b->input->targets; *target; target++)
        found = mark_target(b, *target) && found;
    for (size_t i = b->len; i-- > 0;) { /* what needs something stands behind it */
        const struct item *item = &b->items[b->order[i]];
        if (item->targeted && item->desired)
            mark_needs(b, item->resource->depends_on, item->resource->depends_on_len);
    }
    for (size_t i = 0; i < b->len; i++) {
        struct item *item = &b->items[b->order[i]];
        if (!item->targeted && !item->desired && item->record && needs_targeted(b, item->record))
            item->targeted = true;
    }
    return found;
}
