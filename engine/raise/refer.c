/* Values as people write them: names of entries for ARNs, and nothing that goes without saying. */
#include <string.h>

#include "engine/raise/items.h"

const struct value *refer_entry(const struct raise *r, const char *section, const char *arn)
{
    const struct item *item = arn ? map_get(&r->by_arn, arn) : NULL;
    bool has_entry = item && !item->shared && item_form(item) < FORM_BARE &&
                     str_eq(item->kind->section, section);
    return arn ? value_string(r->arena, has_entry ? item->name : arn) : NULL;
}

static const struct item *whole_of(const struct item *item)
{
    return item->parent && item_form(item) < FORM_BARE ? whole_of(item->parent) : item;
}

/* "${queues.letters.arn}" for the ARN of another object of the file; NULL: it is none. Documents
 * may name each other, and those of one rank would wait for each other. */
static const struct value *expression(const struct raise *r, const struct item *item,
                                      bool in_document, const char *text)
{
    const struct item *other = str_starts(text, "arn:") ? map_get(&r->by_arn, text) : NULL;
    if (!other || whole_of(other) == whole_of(item))
        return NULL;
    if (in_document && (r->literal || other->found->schema->rank == item->found->schema->rank))
        return NULL;
    const char *address = item_address(r, other);
    return address ? value_stringf(r->arena, "${%s.arn}", address) : NULL;
}

/* A reference by what the schema says that the property holds: "TYPE/attribute". */
static const struct value *by_schema(const struct raise *r, const struct item *item,
                                     const struct schema_node *node, const char *text)
{
    const char *slash = node && node->ref ? strchr(node->ref, '/') : NULL;
    if (!slash)
        return NULL;
    const char *type = arena_strndup(r->arena, node->ref, (size_t)(slash - node->ref));
    const struct item *other = item_of(r, type, item->found->account, item->found->region, text);
    const char *address = other && other != item ? item_address(r, other) : NULL;
    return address ? value_stringf(r->arena, "${%s.%s}", address, slash + 1) : NULL;
}

/* A policy as people write it; AWS gives its keys in any order. */
static const struct value *in_order(struct arena *arena, const struct value *map,
                                    const char *const *keys)
{
    struct map_builder b = map_begin(arena);
    for (; *keys; keys++)
        map_put(&b, *keys, value_get(map, *keys));
    for (size_t i = 0; i < map->map.len; i++)
        map_put(&b, map->map.entries[i].key, map->map.entries[i].value);
    return map_end(&b);
}

static const struct value *policy_in_order(struct arena *arena, const struct value *policy)
{
    static const char *const whole[] = {"Version", "Id", "Statement", NULL};
    static const char *const parts[] = {"Sid",       "Effect",    "Principal", "NotPrincipal",
                                        "Action",    "NotAction", "Resource",  "NotResource",
                                        "Condition", NULL};
    const struct value *statements = value_get(policy, "Statement");
    struct list_builder list = list_begin(arena);
    if (!value_is(policy, VALUE_MAP))
        return policy;
    for (size_t i = 0; value_is(statements, VALUE_LIST) && i < value_len(statements); i++) {
        const struct value *one = value_item(statements, i);
        list_add(&list, value_is(one, VALUE_MAP) ? in_order(arena, one, parts) : one);
    }
    policy = in_order(arena, policy, whole);
    return list.len ? value_with(arena, policy, "Statement", list_end(&list)) : policy;
}

static const struct schema_node *node_below(const struct schema_node *node, const char *key)
{
    if (!node)
        return NULL;
    const struct schema_node *property = schema_property_of(node, key);
    return property ? property : node->additional;
}

static bool goes_without_saying(const struct schema_node *node, const struct value *v)
{
    bool empty = (v->kind == VALUE_LIST || v->kind == VALUE_MAP) && value_len(v) == 0;
    if (!node)
        return false;
    if (node->read_only)
        return true;
    if (node->unmanaged_when_absent)
        return false;
    return empty || (node->otherwise && value_equal(node->otherwise, v));
}

const struct value *refer_value(const struct raise *r, const struct item *item,
                                const struct schema_node *node, const struct value *v)
{
    if (!v || (node && v->kind == VALUE_NULL) || goes_without_saying(node, v))
        return NULL;
    if (v->kind == VALUE_STRING) {
        const struct value *ref = by_schema(r, item, node, v->string.ptr);
        if (!ref)
            ref = expression(r, item, !node, v->string.ptr);
        return ref ? ref : v;
    }
    if (v->kind == VALUE_LIST) {
        struct list_builder list = list_begin(r->arena);
        for (size_t i = 0; i < v->list.len; i++) {
            const struct value *one =
                refer_value(r, item, node ? node->items : NULL, v->list.items[i]);
            list_add(&list, one ? one : v->list.items[i]);
        }
        return list_end(&list);
    }
    if (v->kind != VALUE_MAP)
        return v;
    if (node && node->canonical == CANONICAL_JSON_POLICY)
        v = policy_in_order(r->arena, v);
    struct map_builder map = map_begin(r->arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *e = &v->map.entries[i];
        map_put(&map, e->key, refer_value(r, item, node_below(node, e->key), e->value));
    }
    bool said = map.len > 0 || v->map.len == 0 || !node;
    return said ? map_end(&map) : NULL; /* nothing but what goes without saying */
}
