#include "providers/aws/properties.h"

#include "engine/base/bug.h"
#include "engine/config/owner.h"

void op_done_removed(struct op *op)
{
    op_done(op, NULL, NULL);
}

static const struct schema_node *node_of(struct op *op, const char *property)
{
    const struct schema_node *node = schema_property_of(op_schema(op)->root, property);
    BUG_ON(!node);
    return node;
}

const struct value *desired_wire(struct op *op, const char *property)
{
    const struct value *v = value_get(op_desired(op), property);
    if (!v || value_is(v, VALUE_NULL))
        return NULL;
    return schema_to_wire(op_arena(op), node_of(op, property), v);
}

const struct value *changed_wire(struct op *op, const char *property)
{
    if (!op_changed(op, arena_printf(op_arena(op), "/%s", property)))
        return NULL;
    return desired_wire(op, property);
}

bool must_change(struct op *op, const char *property)
{
    const struct value *v = value_get(op_desired(op), property);
    const struct value *prior = value_get(op_prior(op), property);
    if (value_is(v, VALUE_NULL))
        return prior && !value_is(prior, VALUE_NULL);
    return v && op_changed(op, arena_printf(op_arena(op), "/%s", property));
}

const struct value *whole_wire(struct op *op, const char *property)
{
    const struct value *v = value_get(op_desired(op), property);
    if (v)
        return desired_wire(op, property);
    v = value_get(op_prior(op), property);
    return value_is(v, VALUE_NULL) ? NULL : schema_to_wire(op_arena(op), node_of(op, property), v);
}

const struct value *observed(struct op *op, const char *property, const struct value *wire)
{
    return schema_from_wire(op_arena(op), node_of(op, property), wire);
}

void put_unsaid(struct op *op, struct map_builder *attributes, const struct schema_node *node,
                const struct value *wire, const char *path, const char *const *invented)
{
    struct list_builder unsaid = list_begin(op_arena(op));
    schema_unsaid(&unsaid, node, wire, path, invented);
    if (unsaid.len)
        map_put(attributes, "unsaid", list_end(&unsaid));
}

const char *wire_name(struct op *op, const char *property)
{
    const struct schema_node *root = op_schema(op)->root;
    for (size_t i = 0; i < root->property_len; i++)
        if (str_eq(root->properties[i].name, property))
            return root->properties[i].wire;
    BUG("no such property");
}

bool has_our_tags(struct op *op, const struct value *tags)
{
    const struct value *wanted = value_get(op_desired(op), "tags");
    return owner_address(wanted) && owner_is_same(wanted, tags);
}

void tag_changes(struct op *op, const struct value **ret_set, const struct value **ret_removed)
{
    const struct value *after = value_get(op_desired(op), "tags");
    const struct value *before = value_get(op_prior(op), "tags");
    aws_tag_changes(op_arena(op), after ? before : NULL, after, ret_set, ret_removed);
}

const struct value *desired_tag_list(struct op *op, const char *key_member,
                                     const char *value_member)
{
    const struct value *tags = value_get(op_desired(op), "tags");
    return value_len(tags) ? aws_tag_list(op_arena(op), tags, key_member, value_member) : NULL;
}
