#include "engine/config/schema.h"

#include <string.h>

#include "engine/aws/partition.h"
#include "engine/base/bug.h"
#include "engine/base/strbuf.h"

#define NAME_MAX_LEN 4096 /* an ARN or identifier that is longer is none */

const struct schema *schema_of(const struct schema_set *set, const char *type_name)
{
    return map_get(&set->types, type_name);
}

const struct schema_node *schema_property_of(const struct schema_node *node, const char *name)
{
    if (!node)
        return NULL;
    for (size_t i = 0; i < node->property_len; i++)
        if (str_eq(node->properties[i].name, name))
            return node->properties[i].node;
    return node->additional;
}

/* The text of a property that is part of a name; its default where it is absent. */
static bool add_property(struct strbuf *sb, const struct schema *schema,
                         const struct value *properties, const char *name)
{
    const struct value *v = value_get(properties, name);
    if (!v) {
        const struct schema_node *node = schema_property_of(schema->root, name);
        v = node ? node->otherwise : NULL;
    }
    if (value_is(v, VALUE_INT))
        strbuf_addf(sb, "%lld", (long long)v->integer);
    else if (value_is(v, VALUE_STRING))
        strbuf_add_slice(sb, v->string);
    else
        return false;
    return true;
}

static bool add_part(struct strbuf *sb, const struct schema *schema, struct slice name,
                     const char *account_id, const char *region, const struct value *properties)
{
    const char *text = NULL;
    if (slice_is(name, "partition"))
        text = partition_of_region(region);
    else if (slice_is(name, "region"))
        text = region;
    else if (slice_is(name, "account"))
        text = account_id;
    else
        return add_property(sb, schema, properties, arena_strndup(sb->arena, name.ptr, name.len));
    if (!text)
        return false;
    strbuf_add(sb, text);
    return true;
}

const char *schema_arn(struct arena *arena, const struct schema *schema, const char *account_id,
                       const char *region, const struct value *properties)
{
    if (!schema->arn)
        return NULL;
    struct strbuf sb;
    strbuf_init(&sb, arena, NAME_MAX_LEN);
    for (const char *c = schema->arn; *c;) {
        if (c[0] != '$' || c[1] != '{') {
            strbuf_add_char(&sb, *c++);
            continue;
        }
        const char *end = strchr(c, '}');
        BUG_ON(!end); /* schema_load() has checked it */
        struct slice name = {c + 2, (size_t)(end - c) - 2};
        if (!add_part(&sb, schema, name, account_id, region, properties))
            return NULL;
        c = end + 1;
    }
    return sb.overflowed ? NULL : strbuf_str(&sb);
}

const char *schema_identifier_in_arn(struct arena *arena, const struct schema *schema,
                                     const struct arn *arn)
{
    struct arn form;
    if (!schema->arn || schema->identifier[1] || !arn_parse(slice_of(schema->arn), &form) ||
        !slice_is(form.service, arena_strndup(arena, arn->service.ptr, arn->service.len)))
        return NULL;
    const char *last = arena_printf(arena, "${%s}", schema->identifier[0]);
    const char *literal = arena_strndup(arena, form.resource.ptr, form.resource.len);
    const char *holes = strstr(literal, "${");
    if (!holes || !str_ends(holes, last))
        return NULL;
    const char *prefix = arena_strndup(arena, literal, (size_t)(holes - literal));
    struct slice rest = slice_from(arn->resource, strlen(prefix));
    if (!slice_starts(arn->resource, prefix) || rest.len == 0)
        return NULL;
    const char *named = arena_strndup(arena, rest.ptr, rest.len);
    if (str_eq(holes, last))
        return named;
    const char *slash = strrchr(named, '/'); /* a path goes before the name */
    return slash ? slash + 1 : NULL;
}

const char *schema_identifier(struct arena *arena, const struct schema *schema,
                              const struct value *properties)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, NAME_MAX_LEN);
    for (const char *const *name = schema->identifier; *name; name++) {
        if (name != schema->identifier)
            strbuf_add_char(&sb, '|');
        if (!add_property(&sb, schema, properties, *name))
            return NULL;
    }
    return sb.overflowed ? NULL : strbuf_str(&sb);
}

const struct value *schema_with_defaults(struct arena *arena, const struct schema_node *node,
                                         const struct value *v)
{
    if (!node || !v)
        return v;
    if (value_is(v, VALUE_LIST) && node->items) {
        struct list_builder list = list_begin(arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&list, schema_with_defaults(arena, node->items, v->list.items[i]));
        const struct value *full = list_end_like(&list, v);
        return full == v ? v : value_at(arena, full, v->pos);
    }
    if (!value_is(v, VALUE_MAP) || node->property_len == 0)
        return v;
    struct map_builder map = map_begin(arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *e = &v->map.entries[i];
        map_share_at(&map, e->key, e->key_pos,
                     schema_with_defaults(arena, schema_property_of(node, e->key), e->value));
    }
    for (size_t i = 0; i < node->property_len; i++) {
        const struct schema_property *p = &node->properties[i];
        if (p->node->otherwise && !value_get(v, p->name))
            map_share_at(&map, p->name, NO_POS, p->node->otherwise);
    }
    const struct value *full = map_end_like(&map, v);
    return full == v ? v : value_at(arena, full, v->pos);
}
