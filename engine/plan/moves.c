#include "engine/plan/moves.h"

#include <stdlib.h>
#include <string.h>

static bool move_edges(struct arena *arena, const struct move *moves, size_t len,
                       struct record *record)
{
    const char **edges = arena_array(arena, record->depends_on_len + 1, sizeof(*edges));
    bool moved = false;
    for (size_t i = 0; i < record->depends_on_len; i++) {
        edges[i] = address_after_moves(arena, moves, len, record->depends_on[i]);
        moved = moved || !str_eq(edges[i], record->depends_on[i]);
    }
    if (moved)
        record->depends_on = edges;
    return moved;
}

static int compare_records(const void *a, const void *b)
{
    return strcmp(((const struct record *)a)->address, ((const struct record *)b)->address);
}

/* Of a move that a person asks for on the command line there is no place in a file. */
static struct source_pos place_of(const struct move *moves, size_t len, const char *from)
{
    const struct move *move = move_of(moves, len, from);
    return move ? move->pos : NO_POS;
}

const char *move_in_yaml(struct arena *arena, const char *from, const char *to)
{
    return arena_printf(arena, "{from: %s, to: %s}", address_in_yaml(arena, from),
                        address_in_yaml(arena, to));
}

const char *address_kind(struct arena *arena, const char *address)
{
    const char *kind = "";
    struct slice rest = slice_of(address);
    while (rest.len > 0) {
        struct slice part = slice_cut(&rest, '/'), word = part;
        struct slice section = slice_cut(&word, '.');
        kind = arena_printf(arena, "%s/%.*s", kind, (int)section.len, section.ptr);
    }
    return kind + 1;
}

static bool may_stand(struct arena *arena, const struct topology *topology, struct source_pos pos,
                      const char *from, const struct record *record, struct diags *diags)
{
    const struct resource *resource = topology ? topology_find(topology, record->address) : NULL;
    if (resource ? str_eq(resource->schema->type_name, record->type)
                 : str_eq(address_kind(arena, from), address_kind(arena, record->address)))
        return true;
    if (!resource) {
        struct diag *diag = diag_error(diags, E_MOVE, pos, from,
                                       "`%s` is recorded as %s, and `%s` is of another kind", from,
                                       record->type, record->address);
        if (strchr(from, '/'))
            diag_hint(diags, diag,
                      "A part goes where its entry goes, unless it has a line of its own: write an "
                      "entry for it into the file, and `%s` beside the other line.",
                      move_in_yaml(arena, from, "resources.NAME"));
        else
            diag_hint(diags, diag,
                      "Where the two are one after all, write `%s` into the file first.",
                      record->address);
        return false;
    }
    diag_error(diags, E_MOVE, pos, from, "`%s` is recorded as %s, and `%s` is %s", from,
               record->type, record->address, resource->schema->type_name);
    return false;
}

bool moves_apply(struct arena *arena, const struct move *moves, size_t move_len,
                 const struct topology *topology, struct record *records, size_t record_len,
                 struct relocations *ret, struct diags *diags)
{
    *ret = (struct relocations){0};
    if (move_len == 0)
        return true;
    const char **from = arena_array(arena, record_len + 1, sizeof(*from));
    struct map by_address, before;
    bool good = true;
    map_init(&by_address, arena);
    map_init(&before, arena);
    for (size_t i = 0; i < record_len; i++) {
        from[i] = records[i].address;
        records[i].address = address_after_moves(arena, moves, move_len, from[i]);
        bool moved = !str_eq(records[i].address, from[i]);
        const struct source_pos pos = place_of(moves, move_len, from[i]);
        const char *there = map_get(&by_address, records[i].address);
        if (there) {
            diag_error(diags, E_MOVE, moved ? pos : place_of(moves, move_len, there), from[i],
                       "`%s` and `%s` are both recorded, and would both be `%s`", there, from[i],
                       records[i].address);
            good = false;
        }
        map_set(&by_address, records[i].address, (void *)(uintptr_t)from[i]);
        if (moved)
            good = may_stand(arena, topology, pos, from[i], &records[i], diags) && good;
        if (move_edges(arena, moves, move_len, &records[i]) || moved)
            map_set(&before, records[i].address, (void *)(uintptr_t)from[i]);
    }
    if (!good)
        return false;
    if (record_len > 1)
        qsort(records, record_len, sizeof(*records), compare_records);
    ret->items = arena_array(arena, before.len + 1, sizeof(*ret->items));
    for (size_t i = 0; i < record_len; i++) {
        const char *was = map_get(&before, records[i].address);
        if (was)
            ret->items[ret->len++] = (struct relocation){.from = was, .record = &records[i]};
    }
    return true;
}

/* ---- names ---- */

/* The name in an entry's address; NULL for that of a member or a part. */
static const char *entry_name(const char *address)
{
    const char *dot = strchr(address, '.');
    return dot && !strpbrk(address, "/[") ? dot + 1 : NULL;
}

/* "vaults.wide" of "vaults.wide[a]"; NULL for a part. */
static const char *entry_of(struct arena *arena, const char *address)
{
    return strchr(address, '/') ? NULL : arena_strndup(arena, address, strcspn(address, "["));
}

static bool anything_moved(const struct relocations *relocations, const struct move *move)
{
    for (size_t i = 0; i < relocations->len; i++)
        if (address_is_within(relocations->items[i].from, move->from))
            return true;
    return false;
}

static bool anything_recorded(const struct record *records, size_t len, const char *entry)
{
    for (size_t i = 0; i < len; i++)
        if (address_is_within(records[i].address, entry))
            return true;
    return false;
}

const struct value *moves_first_names(struct arena *arena, const struct value *known,
                                      const struct move *moves, size_t move_len,
                                      const struct relocations *relocations,
                                      const struct record *records, size_t record_len)
{
    struct map_builder all = map_begin_from(arena, known), names = map_begin(arena);
    for (size_t i = 0; i < move_len; i++) {
        /* a member may become an entry of its own; one that joins a group has its names */
        const char *from = entry_of(arena, moves[i].from), *to = entry_name(moves[i].to);
        const char *first = from ? value_get_str(known, from) : NULL;
        if (from && to && anything_moved(relocations, &moves[i]))
            map_put_str(&all, moves[i].to, first ? first : entry_name(from));
    }
    const struct value *map = map_end(&all);
    for (size_t i = 0; i < value_len(map); i++) {
        const char *entry = map->map.entries[i].key, *name = value_str(map->map.entries[i].value);
        if (!str_eq(name, entry_name(entry)) && anything_recorded(records, record_len, entry))
            map_put_str(&names, entry, name);
    }
    return map_end(&names);
}
