#pragma once
/* A hash map from text to a pointer, in an arena. Keys are not copied and must outlive the map.
 * Iteration is in order of insertion, so that every output is stable. There is no deletion. */

#include <stddef.h>

#include "engine/base/arena.h"

struct map_entry {
    const char *key;
    void *value;
};

struct map {
    struct arena *arena;
    struct map_entry *entries; /* len of them, in insertion order: iterate freely */
    size_t len, cap;
    unsigned *slots; /* index + 1 into entries; 0 = free */
    size_t slot_count;
};

void map_init(struct map *map, struct arena *arena);
void *map_get(const struct map *map, const char *key);       /* NULL when absent */
void map_set(struct map *map, const char *key, void *value); /* replaces */
