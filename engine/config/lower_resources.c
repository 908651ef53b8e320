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

void lower_resources(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++) {
        const struct instance *in = &entry->instances[i];
        const struct schema *schema = schema_of(lw->schemas, value_get_str(in->body, "type"));
        const struct value_entry *given = value_entry_of(in->body, "properties");
        if (!schema || !given || !value_is(given->value, VALUE_MAP))
            continue;
        const struct value *properties = given->value;
        bool regional = schema->scope == SCOPE_ACCOUNT_REGION;
        if (wants_name(schema, properties))
            properties =
                value_with(lw->arena, properties, "name",
                           regional ? name_of(lw, in, NULL) : global_name_of(lw, in, NULL));
        /* people look for what is missing at the key, not on the first line below it */
        properties = value_at(lw->arena, properties, given->key_pos);
        struct draft *draft = draft_add(lw, in, "", schema->type_name, properties);
        if (!draft)
            continue;
        draft->tags = value_get(properties, "tags");
        draft->resource.last = value_get(properties, "changeable_for_days") != NULL;
    }
}
