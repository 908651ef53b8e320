#include "engine/config/seal.h"

#include "engine/base/crypto.h"
#include "engine/base/json.h"

#define SEAL "hmac_sha256"

struct sealer {
    const char *salt;
    bool unknowns; /* are sealed as well */
};

static const struct value *sealed(struct arena *arena, const struct value *v, const void *ctx)
{
    const struct sealer *sealer = ctx;
    bool open = !sealer->unknowns && value_has_unknown(v);
    if (v->kind == VALUE_NULL || open || value_get(v, SEAL))
        return v;
    uint8_t digest[SHA256_LEN];
    hmac_sha256(slice_of(sealer->salt), slice_of(json_print(arena, v, JSON_SORTED)), digest);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, SEAL, hex_encode(arena, digest, sizeof(digest)));
    return v->pos.file ? value_at(arena, map_end(&b), v->pos) : map_end(&b);
}

static const struct value *replace_in_map(struct arena *arena, const struct schema_node *node,
                                          const struct value *map, replace_fn *replace,
                                          const void *ctx)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < map->map.len; i++) {
        const struct value_entry *entry = &map->map.entries[i];
        const struct schema_node *child = schema_property_of(node, entry->key);
        map_put_at(
            &b, entry->key, entry->key_pos,
            replace_sensitive(arena, child ? child : node->additional, entry->value, replace, ctx));
    }
    return map_end(&b);
}

const struct value *replace_sensitive(struct arena *arena, const struct schema_node *node,
                                      const struct value *v, replace_fn *replace, const void *ctx)
{
    if (!v || !node)
        return v;
    if (node->sensitive)
        return replace(arena, v, ctx);
    if (value_is(v, VALUE_MAP))
        return replace_in_map(arena, node, v, replace, ctx);
    if (!value_is(v, VALUE_LIST))
        return v;
    struct list_builder b = list_begin(arena);
    for (size_t i = 0; i < v->list.len; i++)
        list_add(&b, replace_sensitive(arena, node->items, v->list.items[i], replace, ctx));
    return list_end(&b);
}

const struct value *seal(struct arena *arena, const struct schema *schema,
                         const struct value *properties, const char *salt)
{
    const struct sealer sealer = {.salt = salt};
    return schema->has_sensitive
               ? replace_sensitive(arena, schema->root, properties, sealed, &sealer)
               : properties;
}

const struct value *seal_node(struct arena *arena, const struct schema_node *node,
                              const struct value *v, const char *salt)
{
    const struct sealer sealer = {.salt = salt, .unknowns = true};
    return replace_sensitive(arena, node, v, sealed, &sealer);
}
