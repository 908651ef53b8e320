#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/json.h"
#include "engine/config/schema.h"

static bool is_text_on_wire(const struct schema_node *node)
{
    return node->canonical == CANONICAL_JSON_POLICY || node->canonical == CANONICAL_EVENT_PATTERN;
}

static const struct schema_property *property_by_name(const struct schema_node *node,
                                                      const char *name)
{
    for (size_t i = 0; i < node->property_len; i++)
        if (str_eq(node->properties[i].name, name))
            return &node->properties[i];
    return NULL;
}

static bool is_free_map(const struct schema_node *node)
{
    return node->property_len == 0 && !node->additional;
}

static const struct value *map_to_wire(struct arena *arena, const struct schema_node *node,
                                       const struct value *v)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        const struct schema_property *property = property_by_name(node, entry->key);
        if (property)
            map_put(&b, property->wire, schema_to_wire(arena, property->node, entry->value));
        else if (node->additional)
            map_put(&b, entry->key, schema_to_wire(arena, node->additional, entry->value));
    }
    return map_end(&b);
}

const struct value *schema_to_wire(struct arena *arena, const struct schema_node *node,
                                   const struct value *v)
{
    if (!v || !node)
        return v;
    if (is_text_on_wire(node) && value_is(v, VALUE_MAP))
        return value_string(arena, json_print(arena, v, JSON_COMPACT));
    if (value_is(v, VALUE_MAP))
        return is_free_map(node) ? v : map_to_wire(arena, node, v);
    if (!value_is(v, VALUE_LIST) || !node->items)
        return v;
    struct list_builder b = list_begin(arena);
    for (size_t i = 0; i < v->list.len; i++)
        list_add(&b, schema_to_wire(arena, node->items, v->list.items[i]));
    return list_end(&b);
}

static const struct schema_property *property_by_wire(const struct schema_node *node,
                                                      const char *wire)
{
    for (size_t i = 0; i < node->property_len; i++)
        if (str_eq(node->properties[i].wire, wire))
            return &node->properties[i];
    return NULL;
}

static const struct value *map_from_wire(struct arena *arena, const struct schema_node *node,
                                         const struct value *v)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        if (value_is(entry->value, VALUE_NULL))
            continue;
        const struct schema_property *property = property_by_wire(node, entry->key);
        if (property)
            map_put(&b, property->name, schema_from_wire(arena, property->node, entry->value));
        else if (node->additional)
            map_put(&b, entry->key, schema_from_wire(arena, node->additional, entry->value));
    }
    return map_end(&b);
}

static const struct value *number_from_text(struct arena *arena, const struct schema_node *node,
                                            const struct value *v)
{
    long long integer = 0;
    if (parse_int64(v->string, &integer))
        return value_int(arena, integer);
    if (!(node->types & SCHEMA_NUMBER) || v->string.len == 0)
        return v;
    char *end = NULL;
    double number = strtod(v->string.ptr, &end);
    return *end == '\0' && isfinite(number) ? value_double(arena, number) : v;
}

static const struct value *text_from_wire(struct arena *arena, const struct schema_node *node,
                                          const struct value *v)
{
    if (is_text_on_wire(node)) {
        const struct value *parsed = NULL;
        const char *why = NULL;
        return json_parse(arena, v->string, &parsed, &why) && value_is(parsed, VALUE_MAP) ? parsed
                                                                                          : v;
    }
    if (node->types == 0 || node->types & SCHEMA_STRING)
        return v;
    if (node->types & SCHEMA_BOOLEAN && slice_is(v->string, "true"))
        return value_bool(true);
    if (node->types & SCHEMA_BOOLEAN && slice_is(v->string, "false"))
        return value_bool(false);
    if (node->types & (SCHEMA_INTEGER | SCHEMA_NUMBER))
        return number_from_text(arena, node, v);
    return v;
}

static const struct value *number_from_wire(struct arena *arena, const struct schema_node *node,
                                            const struct value *v)
{
    bool whole = v->number == floor(v->number) && fabs(v->number) < 9e15;
    return whole && node->types & SCHEMA_INTEGER ? value_int(arena, (int64_t)v->number) : v;
}

const struct value *schema_from_wire(struct arena *arena, const struct schema_node *node,
                                     const struct value *v)
{
    if (!v || !node)
        return v;
    switch (v->kind) {
    case VALUE_MAP: return is_free_map(node) ? v : map_from_wire(arena, node, v);
    case VALUE_LIST: {
        struct list_builder b = list_begin(arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&b, schema_from_wire(arena, node->items, v->list.items[i]));
        return list_end(&b);
    }
    case VALUE_STRING: return text_from_wire(arena, node, v);
    case VALUE_DOUBLE: return number_from_wire(arena, node, v);
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_REF:
    case VALUE_CONCAT: return v;
    }
    return v;
}

/* ---- what the schema has no word for ---- */

static bool says_nothing(const struct value *v)
{
    return value_is(v, VALUE_NULL) || str_eq(value_str(v), "") ||
           ((value_is(v, VALUE_LIST) || value_is(v, VALUE_MAP)) && value_len(v) == 0);
}

static const char *item_place(struct arena *arena, const struct schema_node *node,
                              const struct value *item, const char *path, size_t i)
{
    const char *name = node->property_len ? value_get_str(item, node->properties[0].wire) : NULL;
    return name ? arena_printf(arena, "%s/%s", path, name) : arena_printf(arena, "%s/%zu", path, i);
}

static void unsaid_of_map(struct list_builder *ret, const struct schema_node *node,
                          const struct value *v, const char *path, const char *const *invented)
{
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        const struct schema_property *property = property_by_wire(node, entry->key);
        const char *name = property ? property->name : entry->key;
        const char *place = *path ? arena_printf(ret->arena, "%s/%s", path, name) : name;
        const struct schema_node *child = property ? property->node : node->additional;
        if (child)
            schema_unsaid(ret, child, entry->value, place, invented);
        else if (!says_nothing(entry->value) && !str_is_one_of(entry->key, invented))
            list_add_str(ret, place);
    }
}

void schema_unsaid(struct list_builder *ret, const struct schema_node *node, const struct value *v,
                   const char *path, const char *const *invented)
{
    if (value_is(v, VALUE_MAP) && !is_free_map(node))
        unsaid_of_map(ret, node, v, path, invented);
    for (size_t i = 0; value_is(v, VALUE_LIST) && node->items && i < value_len(v); i++) {
        const struct value *item = value_item(v, i);
        schema_unsaid(ret, node->items, item, item_place(ret->arena, node->items, item, path, i),
                      invented);
    }
}
