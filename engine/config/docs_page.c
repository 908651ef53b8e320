#include "engine/config/docs_page.h"

#include <string.h>

#include "engine/base/bug.h"
#include "engine/config/docs_property.h"

#define PAGE_MAX ((size_t)1 << 20)
#define GENERATED "<!-- Written by `holdfast schema docs`. -->\n\n"

/* ---- one resource type ---- */

static const char *scope_of(const struct schema *schema)
{
    switch (schema->scope) {
    case SCOPE_ACCOUNT_REGION: return "one account and Region";
    case SCOPE_ACCOUNT: return "one account";
    case SCOPE_ORGANIZATION: return "the organization";
    }
    BUG("not a scope");
}

static const char *replacement_of(const struct schema *schema)
{
    switch (schema->replacement) {
    case REPLACE_NEVER: return "is refused";
    case REPLACE_CREATE_THEN_DELETE: return "makes a new one and then deletes the old one";
    case REPLACE_DELETE_THEN_CREATE: return "deletes the old one and then makes a new one";
    }
    BUG("not a way to replace");
}

static bool has_read_only(const struct schema_node *node)
{
    for (size_t i = 0; i < node->property_len; i++)
        if (node->properties[i].node->read_only)
            return true;
    return false;
}

static bool has_create_only(const struct schema_node *node)
{
    for (size_t i = 0; i < node->property_len; i++)
        if (node->properties[i].node->create_only)
            return true;
    return false;
}

static void add_facts(struct strbuf *sb, const struct schema *schema)
{
    strbuf_addf(sb, "- Belongs to %s.\n", scope_of(schema));
    if (has_create_only(schema->root))
        strbuf_addf(sb, "- A change of what cannot be changed %s.\n", replacement_of(schema));
    if (schema->holds_data)
        strbuf_add(sb, "- Holds data: deleting it needs `--allow-destroy ADDRESS`.\n");
    if (schema->adopt)
        strbuf_addf(sb, "- Shared by nature: one that exists is adopted and never deleted%s.\n",
                    schema->keep_made ? ", nor is one that holdfast made" : "");
    if (schema->taggable)
        strbuf_add(sb, "- Carries the owner's tags, by which holdfast knows it again.\n");
    strbuf_add(sb, "- Identifier: ");
    for (const char *const *name = schema->identifier; *name; name++)
        strbuf_addf(sb, "%s`%s`", name == schema->identifier ? "" : " and ", *name);
    strbuf_add(sb, ".\n");
    if (schema->arn)
        strbuf_addf(sb, "- ARN: `%s`.\n", schema->arn);
}

static void add_permissions(struct strbuf *sb, const struct value *handlers)
{
    strbuf_add(sb, "\n## IAM actions\n\n| to | needs |\n|---|---|\n");
    for (size_t i = 0; i < value_len(handlers); i++) {
        const struct value_entry *handler = &handlers->map.entries[i];
        const struct value *actions = value_get(handler->value, "permissions");
        strbuf_addf(sb, "| %s |", handler->key);
        for (size_t k = 0; k < value_len(actions); k++)
            strbuf_addf(sb, " `%s`", value_str(value_item(actions, k)));
        strbuf_add(sb, " |\n");
    }
}

const char *docs_type_page(struct arena *arena, const struct schema *schema)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    strbuf_addf(&sb, GENERATED "# %s\n\n%s\n\n", schema->type_name, schema->description);
    add_facts(&sb, schema);
    strbuf_add(&sb, "\n## Properties\n\n");
    docs_add_properties(&sb, schema->root, false, 0);
    if (has_read_only(schema->root)) {
        strbuf_add(&sb, "\n## Set by AWS\n\n");
        docs_add_properties(&sb, schema->root, true, 0);
    }
    add_permissions(&sb, schema->handlers);
    return strbuf_str(&sb);
}

/* ---- the topology ---- */

bool docs_has_page(const struct schema_property *section)
{
    return section->node->types == SCHEMA_OBJECT || section->node->types == SCHEMA_ARRAY;
}

static void add_section(struct strbuf *sb, const struct schema_property *section)
{
    if (docs_has_page(section)) {
        strbuf_addf(sb, "- [`%s`](%s.md): %s", section->name, section->name,
                    section->node->types == SCHEMA_OBJECT ? "map" : "list");
    } else {
        strbuf_addf(sb, "- `%s`: ", section->name);
        docs_add_signature(sb, section->node, section->required);
    }
    strbuf_addf(sb, ".\n  %s\n", section->node->description);
}

const char *docs_topology_page(struct arena *arena, const struct schema_set *schemas)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    strbuf_add(&sb, GENERATED
               "# The topology file\n\nOne YAML file, or a folder of them, which are read in byte "
               "order of their names as one document.\n\n"
               "A value that holds `${...}` is a reference: `${keys.final.arn}`, `${account.id}`, "
               "`${region.name}`,\n`${variables.x}`.\n\n## Sections\n\n");
    for (size_t i = 0; i < schemas->topology->property_len; i++)
        add_section(&sb, &schemas->topology->properties[i]);
    return strbuf_str(&sb);
}

/* ---- diagnostics ---- */

/* By the first two digits of the code. */
static const char *const groups[] = {
    NULL,
    "Text of the topology",
    "Schema",
    "References and placement",
    "Rules of AWS",
    "Graph and plan",
    "State",
    "Credentials and identity",
    "Network and AWS",
    "Guards and run",
    "Simulator",
    "Relay",
    "Command line",
    "Drill",
    "The path proof",
};

static size_t group_of(const char *id)
{
    size_t group = (size_t)(id[2] - '0') * 10 + (size_t)(id[3] - '0');
    BUG_ON(group == 0 || group >= ARRAY_LEN(groups));
    return group;
}

const char *docs_errors_page(struct arena *arena)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    strbuf_add(&sb, GENERATED
               "# Diagnostics\n\n`holdfast explain CODE` prints the same. The number behind each "
               "code is the exit status that it leads to.\n");
    size_t last = 0;
    for (int i = 0; i < DIAG_CODE_COUNT; i++) {
        enum diag_code code = (enum diag_code)i;
        size_t group = group_of(diag_code_id(code));
        if (group != last)
            strbuf_addf(&sb, "\n## %s\n\n", groups[group]);
        last = group;
        strbuf_addf(&sb, "- **%s** (%d): %s.\n  %s\n", diag_code_id(code), diag_code_status(code),
                    diag_code_summary(code), diag_code_next(code));
    }
    return strbuf_str(&sb);
}

/* ---- the list of pages ---- */

const char *docs_index_page(struct arena *arena, const struct schema_set *schemas)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    strbuf_add(&sb, GENERATED
               "# Reference\n\n- [The topology file](topology.md), which leads to a page for each "
               "section\n- [Diagnostics](errors.md)\n"
               "- The command line: [`man docs/man/holdfast.1`](../man/holdfast.1)\n\n"
               "A set is a list whose order does not count. A value may hold references, as in "
               "`${keys.final.arn}`.\n\n"
               "Resource types, which the section `resources` takes by their own properties:\n\n");
    for (size_t i = 0; i < schemas->types.len; i++) {
        const struct schema *schema = schemas->types.entries[i].value;
        strbuf_addf(&sb, "- [%s](%s.md): %s\n", schema->type_name, schema->type_name,
                    schema->title);
    }
    return strbuf_str(&sb);
}
