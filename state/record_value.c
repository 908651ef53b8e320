#include "state/internal.h"

const struct value *record_value(struct arena *arena, const struct record *record)
{
    struct list_builder deps = list_begin(arena);
    for (size_t i = 0; i < record->depends_on_len; i++)
        list_add_str(&deps, record->depends_on[i]);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "type", record->type);
    map_put_str(&b, "account_id", record->account_id);
    map_put_str(&b, "region", record->region);
    map_put_str(&b, "identifier", record->identifier);
    map_put(&b, "attributes", record->attributes);
    map_put(&b, "write_only", record->write_only);
    map_put(&b, "depends_on", list_end(&deps));
    map_put_bool(&b, "adopted", record->adopted);
    map_put_bool(&b, "prevent_destroy", record->prevent_destroy);
    map_put_int(&b, "schema_version", record->schema_version);
    return map_end(&b);
}

bool record_from(struct arena *arena, const struct value *v, struct record *ret)
{
    *ret = (struct record){.type = value_get_str(v, "type"),
                           .account_id = value_get_str(v, "account_id"),
                           .region = value_get_str(v, "region"),
                           .identifier = value_get_str(v, "identifier"),
                           .attributes = value_get(v, "attributes"),
                           .write_only = value_get(v, "write_only"),
                           .schema_version = value_get_int(v, "schema_version", 1),
                           .adopted = value_get_bool(v, "adopted", false),
                           .prevent_destroy = value_get_bool(v, "prevent_destroy", false)};
    return ret->type && ret->account_id && read_deps(arena, value_get(v, "depends_on"), ret);
}
