#include "engine/config/editor_schema.h"

/* In the place of a value that is not text there may be a reference; text may hold one anywhere. */
#define REFERENCE "\\$\\{"

static const struct value *write_node(struct arena *arena, const struct schema_node *node);

/* ---- keywords ---- */

static const struct {
    unsigned bit;
    const char *name;
} type_names[] = {
    {SCHEMA_STRING, "string"},   {SCHEMA_INTEGER, "integer"}, {SCHEMA_NUMBER, "number"},
    {SCHEMA_BOOLEAN, "boolean"}, {SCHEMA_ARRAY, "array"},     {SCHEMA_OBJECT, "object"},
    {SCHEMA_NULL, "null"},
};

static void write_types(struct map_builder *b, unsigned types)
{
    struct list_builder names = list_begin(b->arena);
    const char *only = NULL;
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++) {
        if (!(types & type_names[i].bit))
            continue;
        only = type_names[i].name;
        list_add_str(&names, only);
        len++;
    }
    if (len == 1)
        map_put_str(b, "type", only);
    else if (len > 1)
        map_put(b, "type", list_end(&names));
}

static void put_count(struct map_builder *b, const char *keyword, size_t count)
{
    if (count > 0)
        map_put_int(b, keyword, (int64_t)count);
}

static void put_number(struct map_builder *b, const char *keyword, double number)
{
    if (number == (double)(int64_t)number)
        map_put_int(b, keyword, (int64_t)number);
    else
        map_put(b, keyword, value_double(b->arena, number));
}

static void write_scalar(struct map_builder *b, const struct schema_node *node)
{
    if (node->pattern)
        map_put_str(b, "pattern", arena_printf(b->arena, "(%s)|" REFERENCE, node->pattern));
    put_count(b, "minLength", node->min_length); /* not maxLength: a reference may be longer */
    if (node->has_minimum)
        put_number(b, "minimum", node->minimum);
    if (node->has_maximum)
        put_number(b, "maximum", node->maximum);
}

static void write_list(struct map_builder *b, const struct schema_node *node)
{
    if (node->items)
        map_put(b, "items", write_node(b->arena, node->items));
    put_count(b, "minItems", node->min_items);
    put_count(b, "maxItems", node->max_items);
    if (node->unique_items)
        map_put_bool(b, "uniqueItems", true);
}

static void write_map(struct map_builder *b, const struct schema_node *node)
{
    struct map_builder properties = map_begin(b->arena);
    struct list_builder required = list_begin(b->arena);
    size_t required_len = 0;
    for (size_t i = 0; i < node->property_len; i++) {
        const struct schema_property *property = &node->properties[i];
        if (property->node->read_only)
            continue;
        map_put(&properties, property->name, write_node(b->arena, property->node));
        if (property->required) {
            list_add_str(&required, property->name);
            required_len++;
        }
    }
    if (node->property_len > 0)
        map_put(b, "properties", map_end(&properties));
    if (required_len > 0)
        map_put(b, "required", list_end(&required));
    if (node->additional)
        map_put(b, "additionalProperties", write_node(b->arena, node->additional));
    else if (node->property_len > 0)
        map_put_bool(b, "additionalProperties", false);
}

/* An enumeration names texts only; other types and references stand beside it. */
static const struct value *write_enumeration(struct arena *arena, const struct schema_node *node)
{
    struct map_builder is_text = map_begin(arena), one_of = map_begin(arena),
                       reference = map_begin(arena), either = map_begin(arena),
                       when = map_begin(arena);
    struct list_builder choices = list_begin(arena), all = list_begin(arena);
    map_put_str(&is_text, "type", "string");
    map_put(&one_of, "enum", node->enumeration);
    map_put_str(&reference, "pattern", REFERENCE);
    list_add(&choices, map_end(&one_of));
    list_add(&choices, map_end(&reference));
    map_put(&either, "anyOf", list_end(&choices));
    map_put(&when, "if", map_end(&is_text));
    map_put(&when, "then", map_end(&either));
    list_add(&all, map_end(&when));
    return list_end(&all);
}

/* Entries of sections are named. */
static const struct value *entry_names(struct arena *arena)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "pattern", "^[A-Za-z][A-Za-z0-9_-]{0,31}$");
    return map_end(&b);
}

/* A number, a truth or a list may be a reference, which is text. */
static unsigned types_with_reference(const struct schema_node *node)
{
    unsigned may_refer = SCHEMA_INTEGER | SCHEMA_NUMBER | SCHEMA_BOOLEAN | SCHEMA_ARRAY;
    return node->types & may_refer ? node->types | SCHEMA_STRING : node->types;
}

static const struct value *write_node(struct arena *arena, const struct schema_node *node)
{
    struct map_builder b = map_begin(arena);
    unsigned types = types_with_reference(node);
    write_types(&b, types);
    map_put_str(&b, "description", node->description);
    if (node->otherwise)
        map_put(&b, "default", node->otherwise);
    write_scalar(&b, node);
    write_list(&b, node);
    write_map(&b, node);
    if (types != node->types && !(node->types & SCHEMA_STRING) && !node->pattern)
        map_put_str(&b, "pattern", REFERENCE);
    if (node->enumeration)
        map_put(&b, "allOf", write_enumeration(arena, node));
    return map_end(&b);
}

/* ---- resources.X: the properties follow from the type ---- */

static const struct value *reference_to(struct arena *arena, const char *definition)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "$ref", arena_printf(arena, "#/definitions/%s", definition));
    return map_end(&b);
}

/* {"properties": {"NAME": schema}} */
static const struct value *property_is(struct arena *arena, const char *name,
                                       const struct value *schema)
{
    struct map_builder properties = map_begin(arena), b = map_begin(arena);
    map_put(&properties, name, schema);
    map_put(&b, "properties", map_end(&properties));
    return map_end(&b);
}

static const struct value *type_rule(struct arena *arena, const char *type_name)
{
    struct map_builder constant = map_begin(arena), rule = map_begin(arena);
    map_put_str(&constant, "const", type_name);
    map_put(&rule, "if", property_is(arena, "type", map_end(&constant)));
    map_put(&rule, "then", property_is(arena, "properties", reference_to(arena, type_name)));
    return map_end(&rule);
}

static const struct value *write_resource(struct arena *arena, const struct schema_set *schemas,
                                          const struct value *entry)
{
    struct list_builder names = list_begin(arena), rules = list_begin(arena);
    for (size_t i = 0; i < schemas->types.len; i++) {
        list_add_str(&names, schemas->types.entries[i].key);
        list_add(&rules, type_rule(arena, schemas->types.entries[i].key));
    }
    const struct value *properties = value_get(entry, "properties");
    const struct value *type =
        value_with(arena, value_get(properties, "type"), "enum", list_end(&names));
    entry = value_with(arena, entry, "properties", value_with(arena, properties, "type", type));
    return value_with(arena, entry, "allOf", list_end(&rules));
}

/* Below `resources` a name that is left out is made from the topology's and the entry's. */
static const struct value *without_required(struct arena *arena, const struct value *schema,
                                            const char *name)
{
    const struct value *required = value_get(schema, "required");
    struct list_builder kept = list_begin(arena);
    for (size_t i = 0; i < value_len(required); i++)
        if (!str_eq(value_str(value_item(required, i)), name))
            list_add(&kept, value_item(required, i));
    return required ? value_with(arena, schema, "required", list_end(&kept)) : schema;
}

static const struct value *write_sections(struct arena *arena, const struct schema_set *schemas,
                                          const struct value *sections)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < value_len(sections); i++) {
        const struct value_entry *section = &sections->map.entries[i];
        const struct value *entry = value_get(section->value, "additionalProperties");
        const struct value *written = section->value;
        if (str_eq(section->key, "resources"))
            written = value_with(arena, written, "additionalProperties",
                                 write_resource(arena, schemas, entry));
        if (value_get(entry, "properties"))
            written = value_with(arena, written, "propertyNames", entry_names(arena));
        map_put(&b, section->key, written);
    }
    return map_end(&b);
}

const struct value *editor_schema(struct arena *arena, const struct schema_set *schemas)
{
    const struct value *root = write_node(arena, schemas->topology);
    const struct value *sections = write_sections(arena, schemas, value_get(root, "properties"));
    struct map_builder definitions = map_begin(arena), b = map_begin(arena);
    for (size_t i = 0; i < schemas->types.len; i++) {
        const struct schema *schema = schemas->types.entries[i].value;
        const struct value *type = write_node(arena, schema->root);
        type = value_with(arena, type, "description", value_string(arena, schema->description));
        map_put(&definitions, schema->type_name, without_required(arena, type, "name"));
    }
    map_put_str(&b, "$schema", "http://json-schema.org/draft-07/schema#");
    map_put_str(&b, "title", "A holdfast topology");
    for (size_t i = 0; i < value_len(root); i++)
        map_put(&b, root->map.entries[i].key,
                str_eq(root->map.entries[i].key, "properties") ? sections
                                                               : root->map.entries[i].value);
    map_put(&b, "definitions", map_end(&definitions));
    return map_end(&b);
}
