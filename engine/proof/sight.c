#include "engine/proof/sight.h"

#include "engine/plan/lock.h"

void sights_init(struct sights *sights, struct arena *arena)
{
    *sights = (struct sights){.arena = arena, .unread = list_begin(arena)};
    map_init(&sights->by_address, arena);
    map_init(&sights->organizations, arena);
    map_init(&sights->grants, arena);
}

void sights_add(struct sights *sights, const struct sight *sight)
{
    sights->items = arena_grow(sights->arena, sights->items, sights->len, &sights->cap,
                               sights->len + 1, sizeof(*sights->items));
    sights->items[sights->len++] = *sight;
    map_set(&sights->by_address, sight->resource->address, (void *)(uintptr_t)sights->len);
}

void sights_add_controls(struct sights *sights, const struct sight_controls *controls)
{
    sights->controls =
        arena_grow(sights->arena, sights->controls, sights->control_len, &sights->control_cap,
                   sights->control_len + 1, sizeof(*sights->controls));
    sights->controls[sights->control_len++] = *controls;
}

void sights_add_grants(struct sights *sights, const char *key_arn, const struct value *grants)
{
    map_set(&sights->grants, key_arn, (void *)(uintptr_t)grants);
}

const struct value *sight_grants(const struct sights *sights, const char *key_arn)
{
    return sights && key_arn ? map_get(&sights->grants, key_arn) : NULL;
}

const struct sight *sight_of(const struct sights *sights, const char *address)
{
    uintptr_t index = sights && address ? (uintptr_t)map_get(&sights->by_address, address) : 0;
    return index ? &sights->items[index - 1] : NULL;
}

const struct sight_controls *sight_controls_of(const struct sights *sights, const char *account_id)
{
    for (size_t i = 0; sights && i < sights->control_len; i++)
        if (str_eq(sights->controls[i].account_id, account_id))
            return &sights->controls[i];
    return NULL;
}

static const struct value *placed(struct arena *arena, const struct value *seen,
                                  const struct value *said);

static const struct value *placed_map(struct arena *arena, const struct value *seen,
                                      const struct value *said)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < seen->map.len; i++) {
        const struct value_entry *entry = &seen->map.entries[i];
        const struct value_entry *same = value_entry_of(said, entry->key);
        map_put_at(&b, entry->key, same ? same->key_pos : said->pos,
                   placed(arena, entry->value, same ? same->value : NULL));
    }
    return value_at(arena, map_end(&b), said->pos);
}

static const struct value *placed_list(struct arena *arena, const struct value *seen,
                                       const struct value *said)
{
    struct list_builder b = list_begin(arena);
    for (size_t i = 0; i < value_len(seen); i++)
        list_add(&b, placed(arena, value_item(seen, i),
                            i < value_len(said) ? value_item(said, i) : NULL));
    return value_at(arena, list_end(&b), said->pos);
}

static const struct value *placed(struct arena *arena, const struct value *seen,
                                  const struct value *said)
{
    if (!said)
        return seen;
    if (value_equal(seen, said))
        return said;
    if (value_is(seen, VALUE_MAP) && value_is(said, VALUE_MAP))
        return placed_map(arena, seen, said);
    if (value_is(seen, VALUE_LIST) && value_is(said, VALUE_LIST))
        return placed_list(arena, seen, said);
    return value_at(arena, seen, said->pos);
}

/* AWS tells of a lock the date alone: where it has none the days that were asked for are not in
 * force. */
static bool holds(const struct schema *schema, const struct schema_node *node,
                  const struct value *seen)
{
    bool never_told = node->write_only || node->local;
    return never_told && (!lock_is(schema) || lock_date_observed(seen));
}

const struct value *sight_properties(struct arena *arena, const struct sight *sight,
                                     const struct value *desired)
{
    const struct schema_node *root = sight->resource->schema->root;
    if (!desired)
        return sight->attributes;
    const struct value *seen = placed(arena, sight->attributes, desired);
    struct map_builder b = map_begin_from(arena, seen);
    for (size_t i = 0; i < root->property_len; i++) {
        const struct schema_property *property = &root->properties[i];
        if (holds(sight->resource->schema, property->node, seen) &&
            !value_get(seen, property->name))
            map_put(&b, property->name, value_get(desired, property->name));
    }
    return value_at(arena, map_end(&b), seen->pos);
}
