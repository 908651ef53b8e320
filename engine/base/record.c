#include "engine/base/record.h"

#include <string.h>

#include "engine/base/crypto.h"

#define REPLACED "#replaced."

const char *record_replaced_address(struct arena *arena, const char *address,
                                    const char *identifier)
{
    return arena_printf(arena, "%s" REPLACED "%.8s", address,
                        sha256_hex(arena, slice_of(identifier)));
}

const char *record_replaced_base(struct arena *arena, const char *address)
{
    const char *mark = strstr(address, REPLACED);
    return mark ? arena_strndup(arena, address, (size_t)(mark - address)) : NULL;
}

static bool same_value(const struct value *a, const struct value *b)
{
    return a && b ? value_equal(a, b) : a == b;
}

static bool same_dependencies(const struct record *a, const struct record *b)
{
    if (a->depends_on_len != b->depends_on_len)
        return false;
    for (size_t i = 0; i < a->depends_on_len; i++)
        if (!str_eq(a->depends_on[i], b->depends_on[i]))
            return false;
    return true;
}

bool record_same(const struct record *a, const struct record *b)
{
    if (!a || !b)
        return a == b;
    return str_eq(a->address, b->address) && str_eq(a->type, b->type) &&
           str_eq(a->account_id, b->account_id) && str_eq(a->region, b->region) &&
           str_eq(a->identifier, b->identifier) && same_value(a->attributes, b->attributes) &&
           same_value(a->write_only, b->write_only) && same_dependencies(a, b) &&
           a->schema_version == b->schema_version && a->adopted == b->adopted &&
           a->prevent_destroy == b->prevent_destroy;
}

const struct record *record_find(const struct record *records, size_t len, const char *address)
{
    for (size_t i = 0; i < len; i++)
        if (str_eq(records[i].address, address))
            return &records[i];
    return NULL;
}
