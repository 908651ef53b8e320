#include "engine/config/seal.h"

#include "engine/base/crypto.h"
#include "engine/base/json.h"

#define SEAL "hmac_sha256"

static const struct value *sealed(struct arena *arena, const struct value *v, const char *salt)
{
    if (v->kind == VALUE_NULL || value_has_unknown(v) || value_get(v, SEAL))
        return v;
    uint8_t digest[SHA256_LEN];
    hmac_sha256(slice_of(salt), slice_of(json_print(arena, v, JSON_SORTED)), digest);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, SEAL, hex_encode(arena, digest, sizeof(digest)));
    return v->pos.file ? value_at(arena, map_end(&b), v->pos) : map_end(&b);
}

static const struct value *walk(struct arena *arena, const struct schema_node *node,
                                const struct value *v, const char *salt);

static const struct value *walk_map(struct arena *arena, const struct schema_node *node,
                                    const struct value *map, const char *salt)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < map->map.len; i++) {
        const struct value_entry *entry = &map->map.entries[i];
        const struct schema_node *child = schema_property_of(node, entry->key);
        map_put_at(&b, entry->key, entry->key_pos,
                   walk(arena, child ? child : node->additional, entry->value, salt));
    }
    return map_end(&b);
}

static const struct value *walk(struct arena *arena, const struct schema_node *node,
                                const struct value *v, const char *salt)
{
    if (!node)
        return v;
    if (node->sensitive)
        return sealed(arena, v, salt);
    if (value_is(v, VALUE_MAP))
        return walk_map(arena, node, v, salt);
    if (!value_is(v, VALUE_LIST))
        return v;
    struct list_builder b = list_begin(arena);
    for (size_t i = 0; i < v->list.len; i++)
        list_add(&b, walk(arena, node->items, v->list.items[i], salt));
    return list_end(&b);
}

const struct value *seal(struct arena *arena, const struct schema *schema,
                         const struct value *properties, const char *salt)
{
    return properties && schema->has_sensitive ? walk(arena, schema->root, properties, salt)
                                               : properties;
}
