#include "engine/config/lower.h"

static bool wants_name(const struct schema *schema, const struct value *properties)
{
    if (value_get(properties, "name"))
        return false;
    for (size_t i = 0; i < schema->root->property_len; i++)
        if (str_eq(schema->root->properties[i].name, "name"))
            return schema->root->properties[i].required;
    return false;
}

/* Where people look for what is missing: the key, not the first line below it. */
static struct source_pos place_of_properties(const struct instance *in)
{
    for (size_t i = 0; i < value_len(in->body); i++)
        if (str_eq(in->body->map.entries[i].key, "properties"))
            return in->body->map.entries[i].key_pos;
    return NO_POS;
}

void lower_resources(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++) {
        const struct instance *in = &entry->instances[i];
        const struct schema *schema = schema_of(lw->schemas, value_get_str(in->body, "type"));
        const struct value *properties = value_get(in->body, "properties");
        if (!schema || !value_is(properties, VALUE_MAP))
            continue;
        bool regional = schema->scope == SCOPE_ACCOUNT_REGION;
        if (wants_name(schema, properties))
            properties =
                value_with(lw->arena, properties, "name",
                           regional ? name_of(lw, in, NULL) : global_name_of(lw, in, NULL));
        properties = value_at(lw->arena, properties, place_of_properties(in));
        struct draft *draft = draft_add(lw, in, "", schema->type_name, properties);
        if (!draft)
            continue;
        draft->tags = value_get(properties, "tags");
        draft->resource.last = value_get(properties, "changeable_for_days") != NULL;
    }
}
