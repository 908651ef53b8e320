#include "engine/config/seal.h"

#include "engine/base/crypto.h"
#include "engine/base/json.h"

#define SEAL "hmac_sha256"
#define FILE_SEAL "sealed"
#define WITHHELD "withheld" /* nothing to key a digest with */

struct sealer {
    const struct seal_key *key;
    bool unknowns; /* are sealed as well */
};

static const char *hmac_hex(struct arena *arena, const char *key, const char *text)
{
    uint8_t digest[SHA256_LEN];
    hmac_sha256(slice_of(key), slice_of(text), digest);
    return hex_encode(arena, digest, sizeof(digest));
}

static const char *digest_for_file(struct arena *arena, const struct seal_key *key,
                                   const char *digest)
{
    if (!key->lineage || !*key->lineage)
        return WITHHELD;
    return hmac_hex(arena, key->secret ? key->secret : key->lineage, digest);
}

static const struct value *sealed(struct arena *arena, const struct value *v, const void *ctx)
{
    const struct sealer *sealer = ctx;
    bool open = !sealer->unknowns && value_has_unknown(v);
    const char *digest = value_get_str(v, SEAL);
    if (v->kind == VALUE_NULL || open || value_get(v, FILE_SEAL) ||
        (digest && !sealer->key->for_file))
        return v;
    if (!digest)
        digest = hmac_hex(arena, sealer->key->lineage, json_print(arena, v, JSON_SORTED));
    struct map_builder b = map_begin(arena);
    if (sealer->key->for_file)
        map_put_str(&b, FILE_SEAL, digest_for_file(arena, sealer->key, digest));
    else
        map_put_str(&b, SEAL, digest);
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
                         const struct value *properties, const struct seal_key *key)
{
    const struct sealer sealer = {.key = key};
    return schema->has_sensitive
               ? replace_sensitive(arena, schema->root, properties, sealed, &sealer)
               : properties;
}

const struct value *seal_node(struct arena *arena, const struct schema_node *node,
                              const struct value *v, const struct seal_key *key)
{
    const struct sealer sealer = {.key = key, .unknowns = true};
    return replace_sensitive(arena, node, v, sealed, &sealer);
}
