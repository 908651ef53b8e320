#include <string.h>

#include "engine/config/pattern.h"
#include "engine/config/rules.h"
#include "engine/config/schema_loader.h"
#include "engine/config/schema_parse.h"

static struct schema_node *node_load(const struct scope *scope, const struct value *raw);

static struct scope scope_below(const struct scope *scope, const char *name)
{
    struct scope below = *scope;
    if (scope->path)
        below.path = arena_printf(scope->loader->arena, "%s/%s", scope->path, name);
    return below;
}

/* Keywords of a property, one function each. */

static unsigned type_bit(const struct scope *scope, const struct value *v)
{
    static const char *const words[] = {"string", "integer", "number", "boolean",
                                        "array",  "object",  "null",   NULL};
    return 1U << schema_word_of(scope, v, words, "type");
}

static void load_type(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    node->types = 0;
    if (value_is(v, VALUE_LIST))
        for (size_t i = 0; i < v->list.len; i++)
            node->types |= type_bit(scope, v->list.items[i]);
    else
        node->types = type_bit(scope, v);
}

static void load_description(const struct scope *scope, struct schema_node *node,
                             const struct value *v)
{
    node->description = schema_text_of(scope, v, "description");
}

static void load_default(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    (void)scope;
    node->otherwise = v;
}

static void load_enum(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    if (!value_is(v, VALUE_LIST) || v->list.len == 0)
        schema_refuse(scope, "enum wants a list");
    node->enumeration = v;
}

static void load_pattern(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    node->pattern = schema_text_of(scope, v, "pattern");
    node->regex = pattern_of(node->pattern);
}

static void load_minimum(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    node->has_minimum = true;
    node->minimum = schema_number_of(scope, v, "minimum");
}

static void load_maximum(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    node->has_maximum = true;
    node->maximum = schema_number_of(scope, v, "maximum");
}

static void load_min_length(const struct scope *scope, struct schema_node *node,
                            const struct value *v)
{
    node->min_length = schema_count_of(scope, v, "minLength");
}

static void load_max_length(const struct scope *scope, struct schema_node *node,
                            const struct value *v)
{
    node->max_length = schema_count_of(scope, v, "maxLength");
}

static void load_min_items(const struct scope *scope, struct schema_node *node,
                           const struct value *v)
{
    node->min_items = schema_count_of(scope, v, "minItems");
}

static void load_max_items(const struct scope *scope, struct schema_node *node,
                           const struct value *v)
{
    node->max_items = schema_count_of(scope, v, "maxItems");
}

static void load_unique_items(const struct scope *scope, struct schema_node *node,
                              const struct value *v)
{
    node->unique_items = schema_bool_of(scope, v, "uniqueItems");
}

static void load_insertion_order(const struct scope *scope, struct schema_node *node,
                                 const struct value *v)
{
    node->insertion_order = schema_bool_of(scope, v, "insertionOrder");
}

static void load_items(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    struct scope below = scope_below(scope, "*");
    node->items = node_load(&below, v);
}

static void load_additional(const struct scope *scope, struct schema_node *node,
                            const struct value *v)
{
    struct scope below = scope_below(scope, "*");
    node->additional = node_load(&below, v);
}

/* "schedule_expression" to "ScheduleExpression" or "scheduleExpression". */
static const char *wire_name(struct arena *arena, const char *name, bool lower_camel)
{
    char *wire = arena_strdup(arena, name);
    size_t len = 0;
    bool upper = !lower_camel;
    for (const char *c = name; *c; c++) {
        if (*c == '_') {
            upper = true;
            continue;
        }
        wire[len++] = upper && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        upper = false;
    }
    wire[len] = '\0';
    return wire;
}

/* Where the word stands; what a $ref brings along has its neighbours in the type it comes from. */
static void check_beside(const struct scope *scope, const struct value *properties,
                         const char *word)
{
    for (size_t i = 0; i < value_len(properties); i++) {
        const struct value *names = value_get(properties->map.entries[i].value, word);
        for (size_t k = 0; k < value_len(names); k++)
            if (!value_get(properties, value_str(value_item(names, k))))
                schema_refuse(scope, "%s: there is no %s beside it", word,
                              value_str(value_item(names, k)));
    }
}

static void load_properties(const struct scope *scope, struct schema_node *node,
                            const struct value *v)
{
    if (!value_is(v, VALUE_MAP))
        schema_refuse(scope, "properties wants a map");
    struct arena *arena = scope->loader->arena;
    struct schema_property *properties = arena_array(arena, v->map.len, sizeof(*properties));
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        struct scope below = scope_below(scope, entry->key);
        const struct value *wire = value_get(entry->value, "x-wire");
        properties[i] = (struct schema_property){
            .name = entry->key,
            .wire = wire ? schema_text_of(&below, wire, "x-wire")
                         : wire_name(arena, entry->key, scope->file->lower_camel),
            .node = node_load(&below, entry->value),
        };
    }
    node->properties = properties;
    node->property_len = v->map.len;
    check_beside(scope, v, "x-displaces");
    check_beside(scope, v, "x-shows");
    check_beside(scope, v, "x-lost-with");
}

static void load_canonical(const struct scope *scope, struct schema_node *node,
                           const struct value *v)
{
    static const char *const words[] = {"json-policy", "cron",          "arn",
                                        "lower",       "event-pattern", NULL};
    node->canonical =
        (enum canonical)(CANONICAL_JSON_POLICY + schema_word_of(scope, v, words, "x-canonical"));
}

/* Addresses of the resources that a section becomes, with their types, which must exist. */
static void load_becomes(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    if (!value_is(v, VALUE_MAP))
        schema_refuse(scope, "x-becomes is a map from addresses to types");
    for (size_t i = 0; i < value_len(v); i++)
        schema_type_name_of(scope, v->map.entries[i].value, "x-becomes");
    node->becomes = v;
}

/* A section of the topology, or TYPE/attribute; both must exist. */
static void load_ref_target(const struct scope *scope, struct schema_node *node,
                            const struct value *v)
{
    node->ref = schema_text_of(scope, v, "x-ref");
    struct slice attribute = slice_of(node->ref);
    struct slice first = slice_cut(&attribute, '/');
    struct arena *arena = scope->loader->arena;
    const char *name = attribute.ptr ? arena_strndup(arena, first.ptr, first.len) : TOPOLOGY_SCHEMA;
    const char *property =
        attribute.ptr ? attribute.ptr : arena_strndup(arena, first.ptr, first.len);
    const struct file *file = map_get(&scope->loader->files, name);
    if (!file && str_eq(name, TOPOLOGY_SCHEMA))
        return; /* a set of types only, in tests */
    if (!file || !value_get(value_get(file->json, "properties"), property))
        schema_refuse(scope, "x-ref %s names nothing", node->ref);
}

static void load_rules(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    node->rules = schema_names_of(scope, v, "x-rules");
    for (const char *const *name = node->rules; *name; name++)
        if (!rule_exists(*name))
            schema_refuse(scope, "x-rules: there is no rule %s", *name);
}

static void load_displaces(const struct scope *scope, struct schema_node *node,
                           const struct value *v)
{
    node->displaces = schema_names_of(scope, v, "x-displaces");
}

static void load_shows(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    node->shows = schema_names_of(scope, v, "x-shows");
}

static void load_lost_with(const struct scope *scope, struct schema_node *node,
                           const struct value *v)
{
    node->lost_with = schema_names_of(scope, v, "x-lost-with");
}

static void load_sensitive(const struct scope *scope, struct schema_node *node,
                           const struct value *v)
{
    node->sensitive = schema_bool_of(scope, v, "x-sensitive");
}

static void load_local(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    node->local = schema_bool_of(scope, v, "x-local");
}

static void load_unmanaged(const struct scope *scope, struct schema_node *node,
                           const struct value *v)
{
    node->unmanaged_when_absent = schema_bool_of(scope, v, "x-unmanaged-when-absent");
}

static void load_off_needs(const struct scope *scope, struct schema_node *node,
                           const struct value *v)
{
    static const char *const words[] = {"allow-destroy", "allow-irreversible", NULL};
    node->off_guard =
        (enum off_guard)(OFF_NEEDS_ALLOW_DESTROY + schema_word_of(scope, v, words, "x-off-needs"));
}

static void load_drift(const struct scope *scope, struct schema_node *node, const struct value *v)
{
    node->drifts = true;
    if (!value_is(v, VALUE_BOOL))
        node->entry_type = schema_type_name_of(scope, v, "x-drift");
}

static void load_elsewhere(const struct scope *scope, struct schema_node *node,
                           const struct value *v)
{
    (void)scope, (void)node, (void)v;
}

typedef void keyword_fn(const struct scope *scope, struct schema_node *node, const struct value *v);

static const struct keyword {
    const char *name;
    keyword_fn *load;
    bool at_root; /* also a keyword of a whole type */
} keywords[] = {
    {"type", load_type, true},
    {"description", load_description, true},
    {"default", load_default, false},
    {"enum", load_enum, false},
    {"pattern", load_pattern, false},
    {"minimum", load_minimum, false},
    {"maximum", load_maximum, false},
    {"minLength", load_min_length, false},
    {"maxLength", load_max_length, false},
    {"minItems", load_min_items, false},
    {"maxItems", load_max_items, false},
    {"uniqueItems", load_unique_items, false},
    {"insertionOrder", load_insertion_order, false},
    {"items", load_items, false},
    {"properties", load_properties, true},
    {"additionalProperties", load_additional, false},
    {"x-canonical", load_canonical, false},
    {"x-ref", load_ref_target, false},
    {"x-becomes", load_becomes, false},
    {"x-rules", load_rules, true},
    {"x-displaces", load_displaces, false},
    {"x-shows", load_shows, false},
    {"x-lost-with", load_lost_with, false},
    {"x-local", load_local, false},
    {"x-sensitive", load_sensitive, false},
    {"x-unmanaged-when-absent", load_unmanaged, false},
    {"x-off-needs", load_off_needs, false},
    {"x-drift", load_drift, false},
    {"$ref", load_elsewhere, false},    /* first of all */
    {"oneOf", load_elsewhere, false},   /* after the others */
    {"required", load_elsewhere, true}, /* after properties */
    {"x-wire", load_elsewhere, false},  /* belongs to the property's name */
    {"definitions", load_elsewhere, true},
};

static const struct keyword *keyword_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        if (str_eq(keywords[i].name, name))
            return &keywords[i];
    return NULL;
}

static void mark_required(const struct scope *scope, struct schema_node *node,
                          const struct value *list)
{
    const char *const *names = schema_names_of(scope, list, "required");
    struct schema_property *properties =
        arena_array(scope->loader->arena, node->property_len, sizeof(*properties));
    for (size_t i = 0; i < node->property_len; i++) {
        properties[i] = node->properties[i]; /* those of a $ref belong to its target */
        properties[i].required = str_is_one_of(properties[i].name, names);
    }
    node->properties = properties;
    for (; *names; names++) {
        bool found = false;
        for (size_t i = 0; i < node->property_len && !found; i++)
            found = str_eq(properties[i].name, *names);
        if (!found)
            schema_refuse(scope, "required names %s, which is no property", *names);
    }
}

/* Two alternatives of text: either pattern will do, and no pattern allows all. */
static void merge_text(const struct scope *scope, struct schema_node *node,
                       const struct schema_node *other)
{
    if (other->enumeration || node->enumeration || other->min_length || other->max_length ||
        node->min_length || node->max_length)
        schema_refuse(scope, "oneOf: alternatives of text may differ by pattern only");
    if (!node->pattern || !other->pattern) {
        node->pattern = NULL;
        node->regex = NULL;
        return;
    }
    node->pattern = arena_printf(scope->loader->arena, "(%s)|(%s)", node->pattern, other->pattern);
    node->regex = pattern_of(node->pattern);
}

static void merge_alternative(const struct scope *scope, struct schema_node *node,
                              const struct schema_node *other)
{
    if (other->types == 0)
        schema_refuse(scope, "oneOf: an alternative needs a type");
    if (node->types & other->types & ~(unsigned)SCHEMA_STRING)
        schema_refuse(scope, "oneOf: two alternatives of one type");
    if (node->types & other->types & SCHEMA_STRING) {
        merge_text(scope, node, other);
    } else if (other->types & SCHEMA_STRING) {
        node->pattern = other->pattern;
        node->regex = other->regex;
        node->min_length = other->min_length;
        node->max_length = other->max_length;
    }
    if (other->enumeration && !node->enumeration)
        node->enumeration = other->enumeration;
    if (other->has_minimum || other->has_maximum) {
        node->has_minimum = other->has_minimum;
        node->has_maximum = other->has_maximum;
        node->minimum = other->minimum;
        node->maximum = other->maximum;
    }
    if (other->items) {
        node->items = other->items;
        node->min_items = other->min_items;
        node->max_items = other->max_items;
        node->unique_items = other->unique_items;
        node->insertion_order = other->insertion_order;
    }
    if (other->types & SCHEMA_OBJECT) {
        node->properties = other->properties;
        node->property_len = other->property_len;
        node->additional = other->additional;
    }
    if (other->rules)
        schema_refuse(scope, "oneOf: x-rules belong beside it");
    if (other->ref && node->ref && !str_eq(other->ref, node->ref))
        schema_refuse(scope, "oneOf: two x-ref");
    if (other->ref)
        node->ref = other->ref;
    if (other->canonical)
        node->canonical = other->canonical;
    node->types |= other->types;
}

static void merge_alternatives(const struct scope *scope, struct schema_node *node,
                               const struct value *list)
{
    if (!value_is(list, VALUE_LIST) || list->list.len == 0)
        schema_refuse(scope, "oneOf wants a list");
    for (size_t i = 0; i < list->list.len; i++)
        merge_alternative(scope, node, node_load(scope, list->list.items[i]));
}

/* Whether a pointer list of the file reaches below this place. */
static bool is_pointed_into(const struct scope *scope)
{
    const char *prefix =
        scope->path ? arena_printf(scope->loader->arena, "%s/", scope->path) : NULL;
    for (size_t i = 0; prefix && i < scope->file->pointers.len; i++)
        if (str_starts(scope->file->pointers.entries[i].key, prefix))
            return true;
    return false;
}

static const struct schema_node *target_of_ref(const struct scope *scope, const char *ref)
{
    struct loader *loader = scope->loader;
    struct slice rest = slice_of(ref);
    struct slice name = slice_cut(&rest, '#');
    struct file *file =
        name.len ? map_get(&loader->files, arena_strndup(loader->arena, name.ptr, name.len))
                 : scope->file;
    if (!file || !rest.ptr)
        schema_refuse(scope, "$ref %s names no schema", ref);
    const struct value *raw = value_pointer(file->json, rest.ptr);
    if (!raw)
        schema_refuse(scope, "$ref %s leads nowhere", ref);
    if (is_pointed_into(scope)) {
        if (file != scope->file)
            schema_refuse(scope, "a pointer list leads into $ref %s", ref);
        return node_load(scope, raw);
    }
    const char *key = arena_printf(loader->arena, "%s#%s", file->name, rest.ptr);
    struct schema_node *node = map_get(&loader->shared, key);
    if (!node) {
        struct scope target = {loader, file, NULL};
        node = node_load(&target, raw);
        map_set(&loader->shared, key, node);
    }
    return node;
}

static void apply_flags(const struct scope *scope, struct schema_node *node)
{
    struct pointer *pointer = scope->path ? map_get(&scope->file->pointers, scope->path) : NULL;
    if (!pointer)
        return;
    pointer->used = true;
    node->read_only = pointer->flags & FLAG_READ_ONLY;
    node->create_only = pointer->flags & FLAG_CREATE_ONLY;
    node->write_only = pointer->flags & FLAG_WRITE_ONLY;
    node->irreversible = pointer->flags & FLAG_IRREVERSIBLE;
    node->needed_to_delete = pointer->flags & FLAG_NEEDED_TO_DELETE;
}

static void finish_node(const struct scope *scope, struct schema_node *node,
                        const struct value *raw)
{
    const struct value *alternatives = value_get(raw, "oneOf");
    if (alternatives)
        merge_alternatives(scope, node, alternatives);
    if (node->types == 0 && (node->property_len > 0 || node->additional))
        node->types = SCHEMA_OBJECT;
    if (node->types == 0 && node->items)
        node->types = SCHEMA_ARRAY;
    const struct value *required = value_get(raw, "required");
    if (required)
        mark_required(scope, node, required);
    apply_flags(scope, node);
}

static struct schema_node *node_load(const struct scope *scope, const struct value *raw)
{
    if (!value_is(raw, VALUE_MAP))
        schema_refuse(scope, "a schema is a map");
    if (++scope->loader->depth > SCHEMA_DEPTH_MAX)
        schema_refuse(scope, "too deep: a $ref goes in circles");
    struct schema_node *node = arena_new_of(scope->loader->arena, struct schema_node);
    node->insertion_order = true;
    const struct value *ref = value_get(raw, "$ref");
    if (ref)
        *node = *target_of_ref(scope, schema_text_of(scope, ref, "$ref"));
    for (size_t i = 0; i < raw->map.len; i++) {
        const struct keyword *keyword = keyword_of(raw->map.entries[i].key);
        if (!keyword || str_eq(keyword->name, "definitions"))
            schema_refuse(scope, "unknown keyword %s", raw->map.entries[i].key);
        keyword->load(scope, node, raw->map.entries[i].value);
    }
    finish_node(scope, node, raw);
    scope->loader->depth--;
    return node;
}

/* Keywords of a whole type that are not those of a property. */
static const char *const type_keywords[] = {"typeName",
                                            "x-title",
                                            "service",
                                            "scope",
                                            "replacementStrategy",
                                            "primaryIdentifier",
                                            "createOnlyProperties",
                                            "readOnlyProperties",
                                            "writeOnlyProperties",
                                            "handlers",
                                            "x-arn",
                                            "x-holds-data",
                                            "x-adopt",
                                            "x-part-of",
                                            "x-rank",
                                            "x-irreversible",
                                            "x-needed-to-delete",
                                            "x-taggable",
                                            "x-wire-case",
                                            NULL};

struct schema_node *schema_root_load(const struct scope *scope, bool is_type)
{
    struct schema_node *root = arena_new_of(scope->loader->arena, struct schema_node);
    root->insertion_order = true;
    root->types = SCHEMA_OBJECT;
    const struct value *json = scope->file->json;
    for (size_t i = 0; i < json->map.len; i++) {
        const char *name = json->map.entries[i].key;
        if (is_type && str_is_one_of(name, type_keywords))
            continue;
        const struct keyword *keyword = keyword_of(name);
        if (!keyword || !keyword->at_root)
            schema_refuse(scope, "unknown keyword %s", name);
        keyword->load(scope, root, json->map.entries[i].value);
    }
    if (root->types != SCHEMA_OBJECT)
        schema_refuse(scope, "the root is an object");
    if (value_get(json, "required"))
        mark_required(scope, root, value_get(json, "required"));
    return root;
}

const char *const *schema_keywords(struct arena *arena, bool of_type)
{
    const char **names =
        arena_array(arena, ARRAY_LEN(keywords) + ARRAY_LEN(type_keywords) + 1, sizeof(*names));
    size_t len = 0;
    for (size_t i = 0; of_type && type_keywords[i]; i++)
        names[len++] = type_keywords[i];
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        if (of_type ? keywords[i].at_root : !str_eq(keywords[i].name, "definitions"))
            names[len++] = keywords[i].name;
    return names;
}
