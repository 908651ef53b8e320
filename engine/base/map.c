#include "engine/base/map.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/bug.h"

static size_t hash_text(const char *text) /* FNV-1a */
{
    uint64_t hash = 1469598103934665603ULL;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
    return (size_t)(hash ^ (hash >> 32));
}

void map_init(struct map *map, struct arena *arena)
{
    *map = (struct map){.arena = arena};
}

/* The slot that holds `key`, or the free one where it belongs. */
static size_t find_slot(const struct map *map, const char *key)
{
    size_t slot = hash_text(key) & (map->slot_count - 1);
    while (map->slots[slot] && strcmp(map->entries[map->slots[slot] - 1].key, key) != 0)
        slot = (slot + 1) & (map->slot_count - 1);
    return slot;
}

static void rehash(struct map *map)
{
    map->slot_count = map->slot_count ? map->slot_count * 2 : 16;
    map->slots = arena_array(map->arena, map->slot_count, sizeof(*map->slots));
    for (size_t i = 0; i < map->len; i++)
        map->slots[find_slot(map, map->entries[i].key)] = (unsigned)i + 1;
}

void *map_get(const struct map *map, const char *key)
{
    if (!map->slot_count)
        return NULL;
    unsigned index = map->slots[find_slot(map, key)];
    return index ? map->entries[index - 1].value : NULL;
}

void map_set(struct map *map, const char *key, void *value)
{
    BUG_ON(!key);
    if ((map->len + 1) * 4 > map->slot_count * 3)
        rehash(map);
    size_t slot = find_slot(map, key);
    if (map->slots[slot]) {
        map->entries[map->slots[slot] - 1].value = value;
        return;
    }
    map->entries = arena_grow(map->arena, map->entries, map->len, &map->cap, map->len + 1,
                              sizeof(*map->entries));
    map->entries[map->len++] = (struct map_entry){key, value};
    map->slots[slot] = (unsigned)map->len;
}
