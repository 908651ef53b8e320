#include "simulator/tags.h"

#include <string.h>

#define TAGS_MAX 50
#define VALUE_MAX ((size_t)1024) /* 256 characters, of at most 4 bytes */

const struct value *tags_from_list(struct arena *arena, const struct value *list, const char *key,
                                   const char *value)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *tag = value_item(list, i);
        const char *name = value_get_str(tag, key), *text = value_get_str(tag, value);
        if (name)
            map_put_str(&b, name, text ? text : "");
    }
    return map_end(&b);
}

const struct value *tags_to_list(struct arena *arena, const struct value *map, const char *key,
                                 const char *value)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < value_len(map); i++) {
        struct map_builder tag = map_begin(arena);
        map_put_str(&tag, key, map->map.entries[i].key);
        map_put(&tag, value, map->map.entries[i].value);
        list_add(&list, map_end(&tag));
    }
    return list_end(&list);
}

const struct value *tags_merge(struct arena *arena, const struct value *map,
                               const struct value *more)
{
    struct map_builder b = map_begin_from(arena, map);
    for (size_t i = 0; i < value_len(more); i++)
        map_put(&b, more->map.entries[i].key, more->map.entries[i].value);
    return map_end(&b);
}

const struct value *tags_remove(struct arena *arena, const struct value *map,
                                const struct value *keys)
{
    struct map_builder b = map_begin_from(arena, map);
    for (size_t i = 0; i < value_len(keys); i++) {
        const char *key = value_str(value_item(keys, i));
        if (key)
            map_drop(&b, key);
    }
    return map_end(&b);
}

const char *tags_refused(struct arena *arena, const struct value *map)
{
    if (value_len(map) > TAGS_MAX)
        return "more than 50 tags";
    for (size_t i = 0; i < value_len(map); i++) {
        const char *key = map->map.entries[i].key;
        const char *text = value_str(map->map.entries[i].value);
        if (!*key || strlen(key) > 128)
            return arena_printf(arena, "the tag key '%s' is empty or too long", key);
        if (str_starts(key, "aws:"))
            return arena_printf(arena, "the tag key '%s' begins with the reserved 'aws:'", key);
        if (!text || strlen(text) > VALUE_MAX)
            return arena_printf(arena, "the value of the tag '%s' is no text or too long", key);
    }
    return NULL;
}
