/* The page of one section of the topology file. */

#include <string.h>

#include "engine/base/embedded.h"
#include "engine/config/docs_page.h"
#include "engine/config/docs_property.h"

#define PAGE_MAX ((size_t)1 << 20)

extern const struct embedded_file example_files[];

/* ---- an example: the first entry of the section, or the whole of one that has no entries, in the
 * first file that has it ---- */

static bool opens(struct slice line, const char *section)
{
    size_t len = strlen(section);
    return line.len == len + 1 && slice_starts(line, section) && line.ptr[len] == ':';
}

/* "  name: ...", one step in. */
static bool is_entry(struct slice line)
{
    return line.len > 2 && slice_starts(line, "  ") && line.ptr[2] != ' ' && line.ptr[2] != '#';
}

static bool leaves(struct slice line)
{
    return line.len > 0 && line.ptr[0] != ' ';
}

/* The lines of the first entries, without blank ones. False: the text has no such section. */
static bool add_entries(struct strbuf *sb, struct slice text, const char *section, size_t most)
{
    bool inside = false;
    size_t entries = 0;
    while (text.len) {
        struct slice line = slice_cut(&text, '\n');
        if (!inside) {
            inside = opens(line, section);
            continue;
        }
        entries += is_entry(line) ? 1 : 0;
        if (leaves(line) || entries > most)
            break;
        if (entries == 0 || line.len == 0)
            continue;
        strbuf_add_slice(sb, line);
        strbuf_add_char(sb, '\n');
    }
    return entries > 0;
}

static void add_example(struct strbuf *sb, const struct schema_property *of)
{
    const char *section = of->name;
    size_t most = of->node->property_len ? of->node->property_len : 1;
    for (const struct embedded_file *file = example_files; file->name; file++) {
        struct strbuf lines;
        strbuf_init(&lines, sb->arena, PAGE_MAX);
        if (!add_entries(&lines, (struct slice){file->text, file->len}, section, most))
            continue;
        strbuf_addf(sb, "\n## Example\n\nFrom [%s](../../examples/%s):\n\n```yaml\n%s:\n%s```\n",
                    file->name, file->name, section, strbuf_str(&lines));
        return;
    }
}

/* ---- the page ---- */

static void add_resources(struct strbuf *sb, const struct value *becomes)
{
    if (!becomes)
        return;
    strbuf_add(sb, "\n## Resources\n\nWhat an entry becomes, as far as it asks for it; the members "
                   "of a group stand in brackets.\n\n| address | type |\n|---|---|\n");
    for (size_t i = 0; i < value_len(becomes); i++) {
        const struct value_entry *entry = &becomes->map.entries[i];
        const char *type = value_str(entry->value);
        strbuf_addf(sb, "| `%s` | [%s](%s.md) |\n", entry->key, type, type);
    }
}

static void add_properties(struct strbuf *sb, const struct schema_property *section)
{
    const struct schema_node *node = section->node;
    const struct schema_node *entry = node->additional ? docs_inside(node->additional)
                                      : node->items    ? docs_inside(node->items)
                                                       : NULL;
    strbuf_add(sb, "## Properties\n\n");
    if (node->property_len) {
        docs_add_properties(sb, node, false, 0);
    } else if (entry && entry->property_len) {
        strbuf_addf(sb, "%s; each takes\n\n", node->items ? "A list" : "Entries by name");
        docs_add_properties(sb, entry, false, 0);
    } else {
        strbuf_add(sb, "Takes ");
        docs_add_signature(sb, node, section->required);
        strbuf_add(sb, ".\n");
        if (node->items && node->items->description)
            strbuf_addf(sb, "\n%s\n", node->items->description);
    }
}

const char *docs_section_page(struct arena *arena, const struct schema_property *section)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    strbuf_addf(&sb, "<!-- Written by `holdfast schema docs`. -->\n\n# %s\n\n%s\n\n", section->name,
                section->node->description);
    const struct schema_node *entry = section->node->additional;
    if (entry && entry->description && entry->property_len)
        strbuf_addf(&sb, "%s\n\n", entry->description);
    add_properties(&sb, section);
    add_resources(&sb, section->node->becomes);
    add_example(&sb, section);
    return strbuf_str(&sb);
}
