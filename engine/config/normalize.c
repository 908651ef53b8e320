#include "engine/config/normalize.h"

#include "engine/aws/arn.h"
#include "engine/aws/cron.h"
#include "engine/base/json.h"
#include "engine/policy/compare.h"

static bool is_empty(const struct value *v)
{
    return (value_is(v, VALUE_LIST) || value_is(v, VALUE_MAP)) && value_len(v) == 0;
}

/* A log group's ARN ends with ":*" in some answers of AWS and not in others. */
static const struct value *canonical_arn(struct arena *arena, const struct value *v)
{
    struct arn arn;
    if (!str_ends(v->string.ptr, ":*") || !arn_parse(v->string, &arn) ||
        !slice_is(arn.service, "logs") || !slice_starts(arn.resource, "log-group:"))
        return v;
    return value_string_n(arena, v->string.ptr, v->string.len - 2);
}

static const struct value *canonical_lower(struct arena *arena, const struct value *v)
{
    char *text = arena_strndup(arena, v->string.ptr, v->string.len);
    for (char *c = text; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return value_string(arena, text);
}

static const struct value *canonical_pattern(struct arena *arena, const struct value *v)
{
    const struct value *parsed = NULL;
    const char *why = NULL;
    return json_parse(arena, v->string, &parsed, &why) ? parsed : v;
}

/* In scratch: most documents are canonical already, and the way to find out takes memory. */
static const struct value *canonical_policy(struct arena *arena, const struct value *v)
{
    if (!value_is(v, VALUE_STRING) && !value_is(v, VALUE_MAP))
        return v;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const struct value *policy = policy_canonical(scratch, v);
    return value_equal(policy, v) ? v : value_copy(arena, policy);
}

static const struct value *canonical(struct arena *arena, const struct schema_node *node,
                                     const struct value *v)
{
    if (node->canonical == CANONICAL_JSON_POLICY)
        return canonical_policy(arena, v);
    if (!value_is(v, VALUE_STRING))
        return v;
    switch (node->canonical) {
    case CANONICAL_CRON: return value_string(arena, cron_canonical(arena, v->string.ptr));
    case CANONICAL_ARN: return canonical_arn(arena, v);
    case CANONICAL_LOWER: return canonical_lower(arena, v);
    case CANONICAL_EVENT_PATTERN: return canonical_pattern(arena, v);
    case CANONICAL_JSON_POLICY:
    case CANONICAL_NONE: break;
    }
    return v;
}

static const struct value *as_set(struct arena *arena, const struct value *list)
{
    const struct value *sorted = value_sorted(arena, list);
    struct list_builder set = list_begin(arena);
    for (size_t i = 0; i < sorted->list.len; i++)
        if (i == 0 || !value_equal(sorted->list.items[i - 1], sorted->list.items[i]))
            list_add(&set, sorted->list.items[i]);
    return list_end_like(&set, list);
}

static const struct value *normal_list(struct arena *arena, const struct schema_node *node,
                                       const struct value *v)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < v->list.len; i++)
        list_add(&list, normalize_value(arena, node->items, v->list.items[i]));
    const struct value *normal = list_end_like(&list, v);
    return node->insertion_order ? normal : as_set(arena, normal);
}

static void put(struct map_builder *map, const struct schema_property *property,
                const struct value_entry *entry)
{
    const struct schema_node *node = property->node;
    const struct value *v = entry ? entry->value : NULL;
    if (!v && !node->unmanaged_when_absent)
        v = node->otherwise;
    if (!v)
        return;
    v = normalize_value(map->arena, node, v);
    if (!is_empty(v) || node->unmanaged_when_absent)
        map_share_at(map, property->name, entry ? entry->key_pos : NO_POS, v);
}

/* Properties in order of the schema, then the keys of a string map in order of the map. */
static const struct value *normal_map(struct arena *arena, const struct schema_node *node,
                                      const struct value *v)
{
    if (node->property_len == 0 && !node->additional)
        return v;
    struct map_builder map = map_begin(arena);
    for (size_t i = 0; i < node->property_len; i++)
        put(&map, &node->properties[i], value_entry_of(v, node->properties[i].name));
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        bool known = false;
        for (size_t j = 0; j < node->property_len && !known; j++)
            known = str_eq(node->properties[j].name, entry->key);
        if (!known)
            map_share_at(&map, entry->key, entry->key_pos,
                         normalize_value(arena, node->additional, entry->value));
    }
    return map_end_like(&map, v);
}

const struct value *normalize_value(struct arena *arena, const struct schema_node *node,
                                    const struct value *v)
{
    if (!node || !v)
        return v;
    const struct value *normal = node->canonical ? canonical(arena, node, v) : v;
    if (!node->canonical && value_is(v, VALUE_LIST))
        normal = normal_list(arena, node, v);
    else if (!node->canonical && value_is(v, VALUE_MAP))
        normal = normal_map(arena, node, v);
    return normal == v || !v->pos.file ? normal : value_at(arena, normal, v->pos);
}

const struct value *normalize(struct arena *arena, const struct schema *schema,
                              const struct value *properties)
{
    return normalize_value(arena, schema->root,
                           properties ? properties
                                      : map_end(&(struct map_builder){.arena = arena}));
}
