#include "engine/run/object.h"

static bool is_to_stay(const struct run *run, const struct map *changes, const char *address)
{
    const struct resource *resource = topology_find(run->topology, address);
    return resource && !resource->external && !map_get(changes, address);
}

static bool agree(struct run *run, const struct record *record, const struct value *observed)
{
    const struct resource *resource = topology_find(run->topology, record->address);
    struct record agreed;
    if (!str_eq(resource->schema->type_name, record->type) ||
        !object_agreed(run, resource, record, observed, &agreed))
        return true;
    return state_put(run->state, &agreed, loop_now_ms(run->loop), run->diags);
}

bool run_agree(struct run *run, const struct plan *plan, const struct run_world *world)
{
    struct map changes, observed;
    map_init(&changes, run->arena);
    map_init(&observed, run->arena);
    for (size_t i = 0; i < plan->len; i++)
        map_set(&changes, plan->changes[i].address, (void *)(uintptr_t)&plan->changes[i]);
    for (size_t i = 0; i < world->observation_len; i++) {
        const struct observation *seen = &world->observations[i];
        if (seen->attributes && !seen->gone && is_to_stay(run, &changes, seen->address))
            map_set(&observed, seen->address, (void *)(uintptr_t)seen->attributes);
    }
    for (size_t i = 0; i < world->record_len; i++) {
        const struct value *attributes = map_get(&observed, world->records[i].address);
        if (attributes && !agree(run, &world->records[i], attributes))
            return false;
    }
    return journal_commit(run->state, run->diags);
}
