#include "engine/drill/names.h"

void drill_names_init(struct drill_names *names, struct arena *arena,
                      const struct topology *topology, const struct record *records, size_t len)
{
    *names = (struct drill_names){.arena = arena, .topology = topology};
    map_init(&names->by_arn, arena);
    map_init(&names->by_address, arena);
    for (size_t i = 0; i < len; i++) {
        const char *arn = value_get_str(records[i].attributes, "arn");
        map_set(&names->by_address, records[i].address, (void *)(uintptr_t)&records[i]);
        /* a part (a lock, a policy) may carry the ARN of its parent: the parent's name is meant */
        const char *known = arn ? map_get(&names->by_arn, arn) : NULL;
        if (arn && (!known || str_starts(known, records[i].address)))
            map_set(&names->by_arn, arn, (void *)(uintptr_t)records[i].address);
    }
}

const char *drill_address_of(const struct drill_names *names, const char *arn)
{
    return arn ? map_get(&names->by_arn, arn) : NULL;
}

const char *drill_account_name(const struct drill_names *names, const char *account_id)
{
    for (size_t i = 0; i < names->topology->account_len; i++) {
        if (str_eq(names->topology->accounts[i].id, account_id))
            return names->topology->accounts[i].name;
    }
    return account_id;
}

static const struct value *lookup(void *ctx, const char *address, const char *attribute)
{
    const struct drill_names *names = ctx;
    const struct record *record = map_get(&names->by_address, address);
    return record ? value_get(record->attributes, attribute) : NULL;
}

const struct value *drill_resolve(const struct drill_names *names, const struct value *v)
{
    return value_resolve(names->arena, v, lookup, (void *)(uintptr_t)names);
}
