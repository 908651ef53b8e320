/* Loads every schema, which refuses what is not in the vocabulary, and looks for what the loader
 * cannot see: descriptions, defaults and enums that their own schema refuses, words of
 * meta.schema.json that are not those of the loader. Prints one line per fault; status 1 for any.
 */

#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/config/pattern.h"
#include "engine/config/schema_parse.h"
#include "engine/config/validate.h"

static struct arena *arena;
static int faults;

static void fault(const char *where, const char *what)
{
    fprintf(stderr, "%s: %s\n", where, what);
    faults++;
}

static void check_value(const char *where, const struct schema_node *node, const struct value *v,
                        const char *what)
{
    struct diags diags;
    diags_init(&diags, arena);
    if (!schema_validate(arena, node, v, where, &diags))
        fault(where, arena_printf(arena, "%s: %s", what, diags.items[0].message));
}

static void check_node(const char *where, const struct schema_node *node)
{
    if (node->otherwise)
        check_value(where, node, node->otherwise, "default");
    if (node->read_only && (node->create_only || node->write_only))
        fault(where, "read-only, and create-only or write-only as well");
    for (size_t i = 0; i < value_len(node->enumeration); i++)
        check_value(where, node, value_item(node->enumeration, i), "enum");
    if (node->regex) /* compiles it */
        (void)pattern_matches(node->regex, "");
    if (node->items)
        check_node(arena_printf(arena, "%s/*", where), node->items);
    if (node->additional)
        check_node(arena_printf(arena, "%s/*", where), node->additional);
    for (size_t i = 0; i < node->property_len; i++) {
        const struct schema_property *property = &node->properties[i];
        const char *below = arena_printf(arena, "%s/%s", where, property->name);
        if (!property->node->description)
            fault(below, "no description");
        if (property->required && property->node->read_only)
            fault(below, "required and read-only");
        check_node(below, property->node);
    }
}

static void check_words(const struct value *documented, const char *const *known, const char *where)
{
    size_t count = 0;
    for (; known[count]; count++)
        if (!value_get(documented, known[count]))
            fault(where, arena_printf(arena, "%s is missing", known[count]));
    if (value_len(documented) != count)
        fault(where, "has keywords that the loader does not know");
}

static void check_meta(void)
{
    struct diags diags;
    diags_init(&diags, arena);
    struct slice text;
    const struct value *meta = NULL;
    const char *why = NULL, *path = SOURCE_DIR "/schemas/meta.schema.json";
    if (!file_read(arena, path, 1 << 20, &text, &diags) || !json_parse(arena, text, &meta, &why)) {
        fault(path, why ? why : "cannot be read");
        return;
    }
    check_words(value_pointer(meta, "/definitions/resourceType/properties"),
                schema_keywords(arena, true), "meta.schema.json, resourceType");
    check_words(value_pointer(meta, "/definitions/property/properties"),
                schema_keywords(arena, false), "meta.schema.json, property");
}

int main(void)
{
    arena = arena_new();
    const struct schema_set *set = schema_load(arena);
    for (size_t i = 0; i < set->types.len; i++) {
        const struct schema *schema = set->types.entries[i].value;
        check_node(schema->type_name, schema->root);
    }
    if (set->topology)
        check_node("topology", set->topology);
    else
        fault("topology.schema.json", "is missing");
    check_meta();
    arena_free(arena);
    return faults ? 1 : 0;
}
