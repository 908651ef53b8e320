#include "engine/config/docs_property.h"

#include <string.h>

#include "engine/base/json.h"

#define DEPTH_MAX 6

static void add_type(struct strbuf *sb, const struct schema_node *node);

static void add_count(struct strbuf *sb, size_t min, size_t max, const char *before,
                      const char *after)
{
    if (min == max && max)
        strbuf_addf(sb, "%sexactly %zu%s", before, max, after);
    else if (min && max)
        strbuf_addf(sb, "%s%zu to %zu%s", before, min, max, after);
    else if (max)
        strbuf_addf(sb, "%sat most %zu%s", before, max, after);
    else if (min)
        strbuf_addf(sb, "%sat least %zu%s", before, min, after);
}

static void add_value(struct strbuf *sb, const struct value *v)
{
    strbuf_addf(sb, "`%s`", json_print(sb->arena, v, JSON_COMPACT));
}

static void add_text(struct strbuf *sb, const struct schema_node *node)
{
    if (node->enumeration) {
        for (size_t i = 0; i < value_len(node->enumeration); i++) {
            const struct value *v = value_item(node->enumeration, i);
            strbuf_add(sb, i == 0 ? "" : i + 1 == value_len(node->enumeration) ? " or " : ", ");
            if (value_str(v))
                strbuf_addf(sb, "`%s`", value_str(v));
            else
                add_value(sb, v);
        }
        return;
    }
    switch (node->canonical) {
    case CANONICAL_JSON_POLICY: strbuf_add(sb, "an IAM policy document as text"); break;
    case CANONICAL_CRON: strbuf_add(sb, "a schedule"); break;
    case CANONICAL_ARN: strbuf_add(sb, "an ARN"); break;
    case CANONICAL_EVENT_PATTERN: strbuf_add(sb, "an event pattern as text"); break;
    case CANONICAL_NONE:
    case CANONICAL_LOWER: strbuf_add(sb, "text"); break;
    }
    add_count(sb, node->min_length, node->max_length, " of ", " characters");
    if (node->pattern)
        strbuf_addf(sb, " that matches `%s`", node->pattern);
}

static void add_number(struct strbuf *sb, const struct schema_node *node)
{
    strbuf_add(sb, node->types & SCHEMA_INTEGER ? "whole number" : "number");
    if (node->has_minimum && node->has_maximum)
        strbuf_addf(sb, " from %.15g to %.15g", node->minimum, node->maximum);
    else if (node->has_minimum)
        strbuf_addf(sb, ", at least %.15g", node->minimum);
    else if (node->has_maximum)
        strbuf_addf(sb, ", at most %.15g", node->maximum);
}

static void add_boolean(struct strbuf *sb, const struct schema_node *node)
{
    (void)node;
    strbuf_add(sb, "true or false");
}

/* " of maps", " of (text that matches ...)": brackets where there is more than a word to say. */
static void add_inner(struct strbuf *sb, const char *preposition, const struct schema_node *node)
{
    struct strbuf inner;
    strbuf_init(&inner, sb->arena, 4096);
    add_type(&inner, node);
    const char *text = strbuf_str(&inner);
    bool word = !strchr(text, ' ');
    strbuf_addf(sb, word ? " %s %s" : " %s (%s)", preposition, text);
}

static void add_array(struct strbuf *sb, const struct schema_node *node)
{
    strbuf_add(sb, node->insertion_order ? "list" : "set");
    if (node->items && node->items->types) {
        if (node->items->types == SCHEMA_OBJECT && node->items->property_len)
            strbuf_add(sb, " of maps");
        else
            add_inner(sb, "of", node->items);
    }
    add_count(sb, node->min_items, node->max_items, ", ", " of them");
    if (node->unique_items)
        strbuf_add(sb, ", each once");
}

static void add_object(struct strbuf *sb, const struct schema_node *node)
{
    if (node->canonical == CANONICAL_JSON_POLICY)
        strbuf_add(sb, "an IAM policy document");
    else if (node->canonical == CANONICAL_EVENT_PATTERN)
        strbuf_add(sb, "an event pattern");
    else
        strbuf_add(sb, "map");
    if (node->additional && node->additional->types && !node->property_len) {
        add_inner(sb, "from names to", node->additional);
    }
}

static void add_null(struct strbuf *sb, const struct schema_node *node)
{
    (void)node;
    strbuf_add(sb, "null");
}

static void add_type(struct strbuf *sb, const struct schema_node *node)
{
    static const struct {
        unsigned bits;
        void (*add)(struct strbuf *sb, const struct schema_node *node);
    } types[] = {{SCHEMA_BOOLEAN, add_boolean}, {SCHEMA_INTEGER | SCHEMA_NUMBER, add_number},
                 {SCHEMA_STRING, add_text},     {SCHEMA_ARRAY, add_array},
                 {SCHEMA_OBJECT, add_object},   {SCHEMA_NULL, add_null}};
    const char *separator = "";
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (node->types & types[i].bits) {
            strbuf_add(sb, separator);
            types[i].add(sb, node);
            separator = ", or ";
        }
    if (node->types == 0)
        strbuf_add(sb, "any value");
}

/* x-ref: a section of the topology, or TYPE/attribute. */
static void add_reference(struct strbuf *sb, const char *ref)
{
    const char *slash = strchr(ref, '/');
    if (slash)
        strbuf_addf(sb, "; the `%s` of an [%.*s](%.*s.md)", slash + 1, (int)(slash - ref), ref,
                    (int)(slash - ref), ref);
    else
        strbuf_addf(sb, "; names an entry of [%s](%s.md)", ref, ref);
}

void docs_add_signature(struct strbuf *sb, const struct schema_node *node, bool required)
{
    add_type(sb, node);
    if (required)
        strbuf_add(sb, ", required");
    if (node->otherwise) {
        strbuf_add(sb, ", default ");
        add_value(sb, node->otherwise);
    }
    if (node->ref)
        add_reference(sb, node->ref);
    if (node->create_only)
        strbuf_add(sb, "; cannot be changed");
    if (node->write_only)
        strbuf_add(sb, "; cannot be read back");
    if (node->irreversible)
        strbuf_add(sb, "; irreversible, needs `--allow-irreversible ADDRESS`");
    if (node->off_guard)
        strbuf_addf(sb, "; turning it off needs `--%s ADDRESS`",
                    node->off_guard == OFF_NEEDS_ALLOW_DESTROY ? "allow-destroy"
                                                               : "allow-irreversible");
    if (node->sensitive)
        strbuf_add(sb, "; never stored or printed");
    if (node->unmanaged_when_absent)
        strbuf_add(sb, "; left alone when absent");
}

const struct schema_node *docs_inside(const struct schema_node *node)
{
    if (node->property_len)
        return node;
    if (node->items)
        return docs_inside(node->items);
    return node->additional ? docs_inside(node->additional) : node;
}

void docs_add_properties(struct strbuf *sb, const struct schema_node *node, bool read_only,
                         size_t depth)
{
    for (size_t i = 0; i < node->property_len; i++) {
        const struct schema_property *property = &node->properties[i];
        const struct schema_node *child = property->node;
        if (child->read_only != read_only)
            continue;
        strbuf_add_repeat(sb, ' ', depth * 2);
        strbuf_addf(sb, "- `%s`: ", property->name);
        docs_add_signature(sb, child, property->required);
        strbuf_add(sb, ".\n");
        if (child->description) {
            strbuf_add_repeat(sb, ' ', depth * 2 + 2);
            strbuf_addf(sb, "%s\n", child->description);
        }
        const struct schema_node *inside = docs_inside(child);
        if (depth < DEPTH_MAX)
            docs_add_properties(sb, inside, false, depth + 1);
    }
}
