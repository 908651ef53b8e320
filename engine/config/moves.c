/* `moved` and `forget`: what became of addresses that the file no longer makes. */

#include <string.h>

#include "engine/config/lower.h"

/* "vaults.wide[a" of "vaults.wide[a]", a member in all its Regions: what follows there is a comma.
 * 0: no member. */
static size_t member_len(const char *address)
{
    size_t len = strlen(address);
    return len > 0 && address[len - 1] == ']' ? len - 1 : 0;
}

bool address_is_within(const char *address, const char *whole)
{
    size_t len = strlen(whole), member = member_len(whole);
    if (member > 0 && strncmp(address, whole, member) == 0 && address[member] == ',')
        return true;
    return strncmp(address, whole, len) == 0 &&
           (address[len] == '\0' || address[len] == '/' || address[len] == '[');
}

const char *address_in_yaml(struct arena *arena, const char *address)
{
    return strchr(address, '[') ? arena_printf(arena, "\"%s\"", address) : address;
}

const char *address_moved(struct arena *arena, const char *address, const char *from,
                          const char *to)
{
    size_t len = strlen(from), into = member_len(to);
    const char *rest = address + len;
    bool regions = false; /* the rest names a Region: "us-east-1]", then the part */
    if (strncmp(address, from, len) != 0) {
        rest = address + member_len(from) + 1;
        regions = true;
    } else if (*rest == '[') {
        rest++;
        regions = true;
    }
    if (!regions)
        return arena_printf(arena, "%s%s", to, rest);
    return into > 0 ? arena_printf(arena, "%.*s,%s", (int)into, to, rest)
                    : arena_printf(arena, "%s[%s", to, rest);
}

/* Of those that `done` does not hold (NULL: of all); len: none. */
static size_t most_exact(const struct move *moves, size_t len, const char *address,
                         const bool *done)
{
    size_t best = len;
    for (size_t i = 0; i < len; i++)
        if (!(done && done[i]) && address_is_within(address, moves[i].from) &&
            (best == len || strlen(moves[i].from) > strlen(moves[best].from)))
            best = i;
    return best;
}

const struct move *move_of(const struct move *moves, size_t len, const char *address)
{
    size_t best = most_exact(moves, len, address, NULL);
    return best < len ? &moves[best] : NULL;
}

const char *address_after_moves(struct arena *arena, const struct move *moves, size_t len,
                                const char *address)
{
    size_t best = most_exact(moves, len, address, NULL);
    if (best == len)
        return address;
    bool *done = arena_array(arena, len, sizeof(*done));
    for (; best < len; best = most_exact(moves, len, address, done)) {
        done[best] = true;
        address = address_moved(arena, address, moves[best].from, moves[best].to);
    }
    return address;
}

/* "[a]", "[a,us-east-1]", without the bracket that opens it. */
static bool is_member(struct slice text)
{
    for (size_t i = 0; i + 1 < text.len; i++)
        if (strchr("[]", text.ptr[i]) || (unsigned char)text.ptr[i] < ' ')
            return false;
    return text.len > 1 && text.ptr[text.len - 1] == ']';
}

bool address_is_possible(struct arena *arena, const char *address)
{
    struct slice rest = slice_of(address);
    for (bool entry = true; rest.ptr; entry = false) {
        struct slice member = slice_cut(&rest, '/'), name = slice_cut(&member, '['),
                     word = slice_cut(&name, '.');
        if (!entry_name_is_valid(arena_strndup(arena, word.ptr, word.len)) ||
            (member.ptr && !is_member(member)) || (!name.ptr && entry) ||
            (name.ptr && !entry_name_is_valid(arena_strndup(arena, name.ptr, name.len))))
            return false;
    }
    return true;
}

static bool names(const struct topology *topology, const char *address, bool external_too)
{
    for (size_t i = 0; i < topology->resource_len; i++)
        if (address_is_within(topology->resources[i].address, address) &&
            (external_too || !topology->resources[i].external))
            return true;
    return false;
}

static bool is_made(const struct topology *topology, const char *address)
{
    return names(topology, address, /* external_too= */ true);
}

/* What is external is only looked up, so that what was recorded there is let go of in any case. */
static bool is_ours(const struct topology *topology, const char *address)
{
    return names(topology, address, /* external_too= */ false);
}

static const struct move *move_from(const struct topology *topology, const char *address)
{
    for (size_t i = 0; i < topology->move_len; i++)
        if (str_eq(topology->moves[i].from, address))
            return &topology->moves[i];
    return NULL;
}

/* Where a chain of moves ends; NULL: nowhere. */
static const char *last_address(const struct topology *topology, const struct move *move)
{
    const struct move *next = move;
    for (size_t steps = 0; steps <= topology->move_len; steps++) {
        const char *to = next->to;
        next = move_from(topology, to);
        if (!next)
            return to;
    }
    return NULL;
}

static void check_move(struct lowering *lw, const struct topology *topology,
                       const struct move *move)
{
    const char *to = last_address(topology, move);
    if (move_from(topology, move->from) != move) {
        lower_error(lw, E_MOVE, move->pos, move->from, "`%s` is moved twice", move->from);
    } else if (!to) {
        lower_error(lw, E_MOVE, move->pos, move->from,
                    "the moves of `%s` lead back to where they "
                    "began",
                    move->from);
    } else if (is_made(topology, move->from)) {
        struct diag *diag = lower_error(lw, E_MOVE, move->pos, move->from,
                                        "`%s` is moved, and still in the file", move->from);
        diag_hint(lw->diags, diag, "Take one of the two out.");
    } else if (!is_made(topology, to)) {
        struct diag *diag =
            lower_error(lw, E_BAD_REFERENCE, move->pos, move->from,
                        "`%s` is moved to `%s`, which the file does not make", move->from, to);
        diag_hint(lw->diags, diag,
                  "Name an address that `holdfast plan` shows, or take the move "
                  "out when its entry is gone.");
    }
}

static void read_moved(struct lowering *lw, struct topology *topology)
{
    const struct value *list = value_get(lw->doc, "moved");
    struct move *moves = arena_array(lw->arena, value_len(list), sizeof(*moves));
    for (size_t i = 0; value_is(list, VALUE_LIST) && i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        struct move move = {value_get_str(item, "from"), value_get_str(item, "to"), item->pos};
        if (move.from && move.to)
            moves[topology->move_len++] = move;
    }
    topology->moves = moves;
    if (lw->diags->errors > lw->errors_before)
        return; /* what the file makes is not known */
    for (size_t i = 0; i < topology->move_len; i++)
        check_move(lw, topology, &moves[i]);
    for (size_t i = 0; lw->diags->errors == lw->errors_before && i < topology->move_len; i++)
        moves[i].to = last_address(topology, &moves[i]);
}

/* Moves come first, so that nothing is left at an address that one names. */
static bool check_not_moved(struct lowering *lw, const struct topology *topology,
                            const struct forgotten *forgotten)
{
    const char *to =
        address_after_moves(lw->arena, topology->moves, topology->move_len, forgotten->address);
    if (str_eq(to, forgotten->address))
        return true;
    struct diag *diag =
        lower_error(lw, E_MOVE, forgotten->pos, forgotten->address,
                    "`%s` is to be forgotten, and moved to `%s` before", forgotten->address, to);
    diag_hint(lw->diags, diag,
              is_ours(topology, to) ? "Take one of the two out."
                                    : "Name the address that it has then, or take the move out.");
    return false;
}

static void read_forget(struct lowering *lw, struct topology *topology)
{
    const struct value *list = value_get(lw->doc, "forget");
    struct forgotten *forgotten = arena_array(lw->arena, value_len(list), sizeof(*forgotten));
    bool sound = lw->diags->errors == lw->errors_before;
    for (size_t i = 0; value_is(list, VALUE_LIST) && i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        const char *address = value_str(item);
        if (!address)
            continue;
        forgotten[topology->forgotten_len] = (struct forgotten){address, item->pos};
        const struct forgotten *one = &forgotten[topology->forgotten_len++];
        if (!sound || !check_not_moved(lw, topology, one) || !is_ours(topology, address))
            continue;
        struct diag *diag = lower_error(lw, E_MOVE, item->pos, address,
                                        "`%s` is to be forgotten, and still in the file", address);
        diag_hint(lw->diags, diag,
                  "Take one of the two out: what the file makes is never "
                  "forgotten.");
    }
    topology->forgotten = forgotten;
}

void read_moves(struct lowering *lw, struct topology *topology)
{
    read_moved(lw, topology);
    read_forget(lw, topology);
}
