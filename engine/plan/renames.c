/* Entries that were renamed without a word: what would be deleted stands again, under another
 * address. */

#include <string.h>

#include "engine/plan/items.h"
#include "engine/plan/moves.h"

static bool is_whole(const struct item *item)
{
    return !strchr(item->address, '/') && !strchr(item->address, '#');
}

static bool is_of_one_place(const struct item *leaves, const struct item *comes)
{
    return is_whole(comes) && str_eq(leaves->record->type, comes->schema->type_name) &&
           str_eq(leaves->record->account_id, comes->resource->account->id) &&
           str_eq(leaves->record->region, comes->resource->region);
}

static bool are_alike(const struct item *leaves, const struct item *comes)
{
    return comes->verdict == VERDICT_CREATE && !comes->record && is_of_one_place(leaves, comes);
}

/* The one entry that a part could become; NULL: there is none, or more than one. */
static const struct item *entry_for(const struct builder *b, const struct item *part)
{
    const struct item *found = NULL;
    for (size_t i = 0; i < b->len; i++) {
        const struct item *item = &b->items[i];
        if (!item->desired || item->record || !is_of_one_place(part, item))
            continue;
        if (found)
            return NULL;
        found = item;
    }
    return found;
}

const char *item_move_hint(const struct builder *b, const struct item *leaves,
                           const struct item *comes)
{
    struct arena *arena = b->arena;
    const char *lines = move_in_yaml(arena, leaves->address, comes->address), *without = "";
    bool parts_stay =
        str_eq(address_kind(arena, leaves->address), address_kind(arena, comes->address));
    for (size_t i = 0; i < b->len && !parts_stay; i++) {
        const struct item *part = &b->items[i];
        if (!part->record || part == leaves || is_whole(part) ||
            !address_is_within(part->address, leaves->address))
            continue;
        const struct item *entry = entry_for(b, part);
        if (entry)
            lines = arena_printf(arena, "%s, %s", lines,
                                 move_in_yaml(arena, part->address, entry->address));
        else
            without = arena_printf(arena, "%s%s%s", without, *without ? ", " : "", part->address);
    }
    return *without ? arena_printf(arena,
                                   "`moved: [%s]`, and for each part that it leaves behind (%s) an "
                                   "entry and a line of its own",
                                   lines, without)
                    : arena_printf(arena, "`moved: [%s]`", lines);
}

static void warn(struct builder *b, const struct item *leaves, const struct item *comes)
{
    struct diag *diag = diag_warning(b->diags, E_RENAMED, item_pos(comes), comes->address,
                                     "`%s` would be deleted, and `%s`, which is alike, created",
                                     leaves->address, comes->address);
    diag_hint(b->diags, diag, "If it is the same one by another name, keep it: %s.",
              item_move_hint(b, leaves, comes));
}

void items_renamed(struct builder *b)
{
    for (size_t i = 0; i < b->len; i++) {
        const struct item *leaves = &b->items[i];
        if (leaves->verdict != VERDICT_DELETE || !leaves->record || !is_whole(leaves))
            continue;
        for (size_t n = 0; n < b->len; n++)
            if (b->items[n].desired && are_alike(leaves, &b->items[n])) {
                warn(b, leaves, &b->items[n]);
                break;
            }
    }
}

bool item_has_moved(const struct builder *b, const struct item *item)
{
    for (size_t i = 0; i < b->input->move_len; i++)
        if (b->input->moves[i].record == item->record)
            return !str_eq(b->input->moves[i].from, item->address);
    return false;
}

static bool is_record_of(const struct item *item, const struct item *found)
{
    const struct record *record = item->record;
    return record && str_eq(record->type, found->schema->type_name) &&
           str_eq(record->account_id, found->resource->account->id) &&
           str_eq(record->region, found->resource->region) &&
           str_eq(record->identifier, found->observation->identifier);
}

const struct item *item_recorded_as(const struct builder *b, const struct item *found)
{
    for (size_t i = 0; i < b->len; i++)
        if (!b->items[i].desired && is_record_of(&b->items[i], found))
            return &b->items[i];
    return NULL;
}

const struct item *item_recorded_at_all(const struct builder *b, const struct item *found)
{
    for (size_t i = 0; i < b->len; i++)
        if (is_record_of(&b->items[i], found))
            return &b->items[i];
    return NULL;
}
