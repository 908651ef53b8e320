#include "providers/aws/entries.h"

const struct value *entries_of_map(struct arena *arena, const struct value *map)
{
    struct map_builder numbered = map_begin(arena), b = map_begin(arena);
    for (size_t i = 0; i < value_len(map); i++) {
        struct map_builder entry = map_begin(arena);
        map_put_str(&entry, "key", map->map.entries[i].key);
        map_put(&entry, "value", map->map.entries[i].value);
        map_put(&numbered, arena_printf(arena, "%zu", i + 1), map_end(&entry));
    }
    map_put(&b, "entry", map_end(&numbered));
    return map_end(&b);
}

static void take(struct map_builder *b, const struct value *entry)
{
    const char *key = value_get_str(entry, "key");
    if (key)
        map_put(b, key, value_get(entry, "value"));
}

const struct value *map_of_entries(struct arena *arena, const struct value *member)
{
    const struct value *entries = value_get(member, "entry");
    struct map_builder b = map_begin(arena);
    if (value_is(entries, VALUE_LIST))
        for (size_t i = 0; i < entries->list.len; i++)
            take(&b, entries->list.items[i]);
    else
        take(&b, entries); /* the only one */
    return map_end(&b);
}
