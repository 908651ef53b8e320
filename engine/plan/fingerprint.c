#include "engine/base/crypto.h"
#include "engine/base/strbuf.h"
#include "engine/plan/items.h"

#define FINGERPRINT_TEXT_MAX ((size_t)16 * 1024 * 1024)

/* What of a schema decides a plan. */
static void add_node(struct strbuf *sb, const char *name, const struct schema_node *node)
{
    strbuf_addf(sb, "%s:%u:%d%d%d%d%d%d:%d:%d(", name, node->types, node->read_only,
                node->create_only, node->write_only, node->irreversible, node->insertion_order,
                node->unmanaged_when_absent, (int)node->canonical, (int)node->off_guard);
    for (size_t i = 0; i < node->property_len; i++)
        add_node(sb, node->properties[i].name, node->properties[i].node);
    if (node->items)
        add_node(sb, "items", node->items);
    if (node->additional)
        add_node(sb, "additional", node->additional);
    strbuf_add_char(sb, ')');
}

const char *plan_fingerprint(struct arena *arena, const struct plan_input *input)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, FINGERPRINT_TEXT_MAX);
    strbuf_addf(&sb, "spec %s\nlineage %s\nserial %lld\nversion %s\n",
                input->topology && input->topology->spec_digest ? input->topology->spec_digest
                                                                : "-",
                input->lineage, (long long)input->serial, input->program_version);
    for (size_t i = 0; i < input->schemas->types.len; i++) {
        const struct schema *schema = input->schemas->types.entries[i].value;
        strbuf_addf(&sb, "schema %s %d %d ", schema->type_name, (int)schema->replacement,
                    schema->rank);
        add_node(&sb, "root", schema->root);
        strbuf_add_char(&sb, '\n');
    }
    return sha256_hex(arena, (struct slice){sb.data, sb.len});
}
