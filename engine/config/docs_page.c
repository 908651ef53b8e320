#include "engine/config/docs_page.h"

#include "engine/base/json.h"
#include "engine/base/strbuf.h"

#define PAGE_MAX ((size_t)1 << 20)
#define DEPTH_MAX 6

static const char *const scope_names[] = {
    [SCOPE_ACCOUNT_REGION] = "account and Region",
    [SCOPE_ACCOUNT] = "account",
    [SCOPE_ORGANIZATION] = "organization",
};

static void add_types(struct strbuf *sb, const struct schema_node *node)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{SCHEMA_STRING, "text"},   {SCHEMA_INTEGER, "whole number"},
                 {SCHEMA_NUMBER, "number"}, {SCHEMA_BOOLEAN, "true or false"},
                 {SCHEMA_ARRAY, "list"},    {SCHEMA_OBJECT, "map"}};
    const char *separator = "";
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!(node->types & names[i].bit))
            continue;
        strbuf_addf(sb, "%s%s", separator, names[i].name);
        separator = " or ";
    }
}

static void add_limits(struct strbuf *sb, const struct schema_node *node)
{
    if (node->enumeration)
        strbuf_addf(sb, "; one of `%s`", json_print(sb->arena, node->enumeration, JSON_COMPACT));
    if (node->has_minimum)
        strbuf_addf(sb, "; at least %g", node->minimum);
    if (node->has_maximum)
        strbuf_addf(sb, "; at most %g", node->maximum);
    if (node->pattern)
        strbuf_addf(sb, "; matches `%s`", node->pattern);
    if (node->otherwise)
        strbuf_addf(sb, "; default `%s`", json_print(sb->arena, node->otherwise, JSON_COMPACT));
    if (node->ref)
        strbuf_addf(sb, "; refers to `%s`", node->ref);
    if (node->read_only)
        strbuf_add(sb, "; set by AWS");
    else if (node->create_only)
        strbuf_add(sb, "; cannot be changed");
    if (node->write_only)
        strbuf_add(sb, "; cannot be read back");
    if (node->irreversible)
        strbuf_add(sb, "; irreversible");
}

static void add_properties(struct strbuf *sb, const struct schema_node *node, size_t depth)
{
    for (size_t i = 0; i < node->property_len; i++) {
        const struct schema_property *property = &node->properties[i];
        const struct schema_node *child = property->node;
        strbuf_add_repeat(sb, ' ', depth * 2);
        strbuf_addf(sb, "- `%s`%s (", property->name, property->required ? ", required" : "");
        add_types(sb, child);
        add_limits(sb, child);
        strbuf_addf(sb, ")%s%s\n", child->description ? ": " : "",
                    child->description ? child->description : "");
        if (depth < DEPTH_MAX) {
            add_properties(sb, child, depth + 1);
            if (child->items)
                add_properties(sb, child->items, depth + 1);
            if (child->additional)
                add_properties(sb, child->additional, depth + 1);
        }
    }
}

const char *docs_type_page(struct arena *arena, const struct schema *schema)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    strbuf_addf(&sb, "# %s\n\n%s\n\nOne for each %s.", schema->type_name, schema->description,
                scope_names[schema->scope]);
    if (schema->replacement == REPLACE_NEVER)
        strbuf_add(&sb, " Never replaced: a change that would need it is refused.");
    if (schema->holds_data)
        strbuf_add(&sb, " Holds data: deleting it needs `--allow-destroy ADDRESS`.");
    if (schema->adopt)
        strbuf_add(&sb, " Shared by nature: one that is there is adopted and never deleted.");
    strbuf_add(&sb, "\n\n## Properties\n\n");
    add_properties(&sb, schema->root, 0);
    return strbuf_str(&sb);
}

const char *docs_topology_page(struct arena *arena, const struct schema_set *schemas)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    strbuf_add(&sb,
               "# The topology file\n\nOne YAML file, or a folder of them read in byte order as "
               "one document.\n\n");
    for (size_t i = 0; i < schemas->topology->property_len; i++) {
        const struct schema_property *section = &schemas->topology->properties[i];
        const struct schema_node *node = section->node;
        strbuf_addf(&sb, "## %s\n\n%s\n\n", section->name,
                    node->description ? node->description : "");
        add_properties(&sb, node, 0);
        if (node->additional)
            add_properties(&sb, node->additional, 0);
        strbuf_add_char(&sb, '\n');
    }
    return strbuf_str(&sb);
}

const char *docs_errors_page(struct arena *arena)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    strbuf_add(&sb, "# Diagnostics\n\n`holdfast explain CODE` prints the same.\n\n"
                    "| code | exit status | what | what to do next |\n|---|---|---|---|\n");
    for (int code = 0; code < DIAG_CODE_COUNT; code++)
        strbuf_addf(&sb, "| %s | %d | %s | %s |\n", diag_code_id((enum diag_code)code),
                    diag_code_status((enum diag_code)code), diag_code_summary((enum diag_code)code),
                    diag_code_next((enum diag_code)code));
    return strbuf_str(&sb);
}
