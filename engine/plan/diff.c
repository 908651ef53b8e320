#include "engine/plan/diff.h"

#include <string.h>

#include "engine/base/strbuf.h"
#include "engine/config/seal.h"

struct differ {
    struct arena *arena;
    const struct diff_input *input;
    struct diff *ret;
    bool symmetric; /* two observations: what is absent on one side differs */
};

/* "/a" and "b/c" give "/a/b~1c", as RFC 6901 writes it. */
static const char *path_to(struct arena *arena, const char *path, const char *key)
{
    if (!strpbrk(key, "~/"))
        return arena_printf(arena, "%s/%s", path, key);
    struct strbuf sb;
    strbuf_init(&sb, arena, strlen(path) + 2 * strlen(key) + 2);
    strbuf_add(&sb, path);
    strbuf_add_char(&sb, '/');
    for (; *key; key++) {
        if (*key == '~')
            strbuf_add(&sb, "~0");
        else if (*key == '/')
            strbuf_add(&sb, "~1");
        else
            strbuf_add_char(&sb, *key);
    }
    return strbuf_str(&sb);
}

static void add(struct differ *d, const char *path, const struct schema_node *node,
                const struct value *before, const struct value *after, bool create_only)
{
    struct diff *ret = d->ret;
    ret->items =
        arena_grow(d->arena, ret->items, ret->len, &ret->cap, ret->len + 1, sizeof(*ret->items));
    struct source_pos pos = after && after->pos.file ? after->pos : d->input->pos;
    ret->items[ret->len++] = (struct difference){
        .path = path, .before = before, .after = after, .node = node, .pos = pos};
    ret->create_only = ret->create_only || create_only;
}

static bool is_unset(const struct value *v)
{
    return !v || v->kind == VALUE_NULL;
}

static bool is_unknown(const struct value *v)
{
    return value_is(v, VALUE_REF) || value_is(v, VALUE_CONCAT);
}

/* Documents are compared and shown as a whole: engine/policy/diff.h takes them apart. So is what
 * is sealed. */
static bool is_one_piece(const struct schema_node *node)
{
    return node && (node->sensitive || node->canonical == CANONICAL_JSON_POLICY ||
                    node->canonical == CANONICAL_EVENT_PATTERN);
}

static void compare(struct differ *d, const char *path, const struct schema_node *node,
                    const struct value *before, const struct value *after, bool create_only);

static const struct schema_node *node_of(const struct schema_node *node, const char *key)
{
    const struct schema_node *found = schema_property_of(node, key);
    return found ? found : node ? node->additional : NULL;
}

static void compare_maps(struct differ *d, const char *path, const struct schema_node *node,
                         const struct value *before, const struct value *after, bool create_only)
{
    for (size_t i = 0; i < after->map.len; i++) {
        const struct value_entry *entry = &after->map.entries[i];
        const struct schema_node *child = node_of(node, entry->key);
        if (!child || !child->read_only)
            compare(d, path_to(d->arena, path, entry->key), child, value_get(before, entry->key),
                    entry->value, create_only);
    }
    for (size_t i = 0; i < before->map.len; i++) {
        const struct value_entry *entry = &before->map.entries[i];
        const struct schema_node *child = node_of(node, entry->key);
        bool skipped =
            child && (child->read_only || (child->unmanaged_when_absent && !d->symmetric));
        if (!value_get(after, entry->key) && !skipped)
            compare(d, path_to(d->arena, path, entry->key), child, entry->value, NULL, create_only);
    }
}

static void compare_aligned(struct differ *d, const char *path, const struct schema_node *node,
                            const struct value *before, const struct value *after, bool create_only)
{
    for (size_t i = 0; i < after->list.len; i++)
        compare(d, arena_printf(d->arena, "%s/%zu", path, i), node ? node->items : NULL,
                before->list.items[i], after->list.items[i], create_only);
}

/* What names an item inside a set of objects: the first of these that all items of both sides have.
 */
static const char *const item_names[] = {
    "id",  "rule_name",    "name",           "statement_id",
    "sid", "control_name", "parameter_name", "destination_backup_vault_arn"};

static const struct value *named_item(const struct value *list, const char *property,
                                      const char *name)
{
    for (size_t i = 0; i < value_len(list); i++)
        if (str_eq(value_get_str(value_item(list, i), property), name))
            return value_item(list, i);
    return NULL;
}

/* And each its own. */
static bool all_have(const struct value *list, const char *name)
{
    for (size_t i = 0; i < value_len(list); i++) {
        const char *text = value_get_str(value_item(list, i), name);
        if (!text || named_item(list, name, text) != value_item(list, i))
            return false;
    }
    return true;
}

static const char *naming_property(const struct value *before, const struct value *after)
{
    for (size_t i = 0; i < ARRAY_LEN(item_names); i++)
        if (all_have(before, item_names[i]) && all_have(after, item_names[i]))
            return item_names[i];
    return NULL;
}

/* Items of a set have no place of their own: those of one name belong together. */
static void compare_sets(struct differ *d, const char *path, const struct schema_node *node,
                         const struct value *before, const struct value *after, bool create_only)
{
    const char *property = naming_property(before, after);
    if (!property) {
        add(d, path, node, before, after, create_only);
        return;
    }
    for (size_t i = 0; i < after->list.len; i++) {
        const struct value *item = after->list.items[i];
        compare(d, arena_printf(d->arena, "%s/%zu", path, i), node ? node->items : NULL,
                named_item(before, property, value_get_str(item, property)), item, create_only);
    }
    for (size_t i = 0; i < before->list.len; i++) {
        const struct value *item = before->list.items[i];
        if (!named_item(after, property, value_get_str(item, property)))
            compare(d, arena_printf(d->arena, "%s/%zu", path, i), node ? node->items : NULL, item,
                    NULL, create_only);
    }
}

/* Equality in which an unknown that stays as it is equals anything. */
static bool equal(struct differ *d, const struct value *before, const struct value *after)
{
    if (is_unknown(after))
        return d->input->settled && d->input->settled(d->input->ctx, after);
    if (value_equal(before, after))
        return true;
    if (!after || !value_has_unknown(after) || !before || before->kind != after->kind ||
        value_len(before) != value_len(after))
        return false;
    for (size_t i = 0; i < value_len(after); i++) {
        bool map = after->kind == VALUE_MAP;
        const struct value *b =
            map ? value_get(before, after->map.entries[i].key) : before->list.items[i];
        if (!equal(d, b, map ? after->map.entries[i].value : after->list.items[i]))
            return false;
    }
    return true;
}

static void compare_any_lists(struct differ *d, const char *path, const struct schema_node *node,
                              const struct value *before, const struct value *after,
                              bool create_only)
{
    if (node && !node->insertion_order)
        compare_sets(d, path, node, before, after, create_only);
    else if (before->list.len == after->list.len)
        compare_aligned(d, path, node, before, after, create_only);
    else
        add(d, path, node, before, after, create_only);
}

static void compare(struct differ *d, const char *path, const struct schema_node *node,
                    const struct value *before, const struct value *after, bool create_only)
{
    if ((is_unset(before) && is_unset(after)) || equal(d, before, after))
        return;
    create_only = create_only || (node && node->create_only);
    if (value_is(before, VALUE_MAP) && value_is(after, VALUE_MAP) && !is_one_piece(node))
        compare_maps(d, path, node, before, after, create_only);
    else if (value_is(before, VALUE_LIST) && value_is(after, VALUE_LIST))
        compare_any_lists(d, path, node, before, after, create_only);
    else
        add(d, path, node, is_unset(before) ? NULL : before, is_unset(after) ? NULL : after,
            create_only);
}

/* Of the tags on an object those are ours that the file names and those that we set before. */
static void compare_tags(struct differ *d, const struct schema_node *node,
                         const struct value *before, const struct value *after)
{
    for (size_t i = 0; i < value_len(after); i++) {
        const struct value_entry *entry = &after->map.entries[i];
        compare(d, path_to(d->arena, "/tags", entry->key), node->additional,
                value_get(before, entry->key), entry->value, false);
    }
    for (size_t i = 0; i < value_len(before); i++) {
        const struct value_entry *entry = &before->map.entries[i];
        if (!value_get(after, entry->key) && value_get(d->input->tags, entry->key))
            add(d, path_to(d->arena, "/tags", entry->key), node->additional, entry->value, NULL,
                false);
    }
}

static const struct value *sealed(struct arena *arena, const struct schema *schema,
                                  const struct value *properties, const struct seal_key *key)
{
    static const struct seal_key of_no_state = {0};
    return seal(arena, schema, properties, key ? key : &of_no_state);
}

void diff_desired(struct arena *arena, const struct diff_input *input, struct diff *ret)
{
    *ret = (struct diff){0};
    struct differ d = {.arena = arena, .input = input, .ret = ret};
    const struct schema_node *root = input->schema->root;
    const struct value *observed = sealed(arena, input->schema, input->before, input->key);
    const struct value *desired = sealed(arena, input->schema, input->after, input->key);
    for (size_t i = 0; i < root->property_len; i++) {
        const struct schema_property *property = &root->properties[i];
        const struct value *before = value_get(observed, property->name);
        const struct value *after = value_get(desired, property->name);
        const struct schema_node *node = property->node;
        if (input->schema->taggable && str_eq(property->name, "tags")) {
            compare_tags(&d, node, before, after);
            continue;
        }
        /* what a deletion will need is worth an update that only records it */
        bool known = !node->write_only || input->know_write_only || node->needed_to_delete;
        bool managed = after || (node->write_only && before);
        if (!node->read_only && !node->local && known && managed)
            compare(&d, path_to(arena, "", property->name), node, before, after, false);
    }
}

void diff_observed(struct arena *arena, const struct schema *schema, const struct value *before,
                   const struct value *after, const struct seal_key *key, struct diff *ret)
{
    *ret = (struct diff){0};
    before = sealed(arena, schema, before, key);
    after = sealed(arena, schema, after, key);
    struct diff_input input = {.schema = schema};
    struct differ d = {.arena = arena, .input = &input, .ret = ret, .symmetric = true};
    for (size_t i = 0; i < schema->root->property_len; i++) {
        const struct schema_property *property = &schema->root->properties[i];
        if (property->node->write_only || (property->node->read_only && !property->node->drifts))
            continue;
        compare(&d, path_to(arena, "", property->name), property->node,
                value_get(before, property->name), value_get(after, property->name), false);
    }
}

const struct difference *diff_find(const struct diff *diff, const char *path)
{
    for (size_t i = 0; i < diff->len; i++)
        if (str_eq(diff->items[i].path, path))
            return &diff->items[i];
    return NULL;
}
