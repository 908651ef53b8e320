#include "engine/config/owner.h"

#include "engine/aws/tags.h"

const char *owner_address(const struct value *tags)
{
    return value_get_str(tags, TAG_ADDRESS);
}

const char *owner_topology(const struct value *tags)
{
    return value_get_str(tags, TAG_TOPOLOGY);
}

bool owner_is_same(const struct value *a, const struct value *b)
{
    return str_eq(owner_topology(a), owner_topology(b)) &&
           str_eq(owner_address(a), owner_address(b));
}

const char *owner_other_topology(const struct value *tags, const char *ours)
{
    const char *named = owner_topology(tags);
    return named && ours && !str_eq(named, ours) ? named : NULL;
}

bool owner_has_moved(struct arena *arena, const struct topology *topology, const char *address,
                     const struct value *tags)
{
    const char *tag = owner_address(tags);
    if (!tag || !str_eq(owner_topology(tags), topology->name))
        return false;
    const char *old = tag_address_read(arena, tag);
    return !str_eq(old, address) &&
           str_eq(address_after_moves(arena, topology->moves, topology->move_len, old), address);
}

const char *owner_text(struct arena *arena, const struct value *tags)
{
    const char *topology = owner_topology(tags), *address = owner_address(tags);
    return arena_printf(arena, "%s of topology %s", address ? address : "something",
                        topology ? topology : "nobody knows");
}
