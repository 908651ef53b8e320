#include "engine/base/cleanup.h"
#include "engine/run/object.h"

/* Most objects are as they are recorded: what shows that need not be kept. */
static bool agree(struct run *run, const struct record *record, const struct value *observed)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const struct resource *resource = topology_find(run->topology, record->address);
    struct record agreed;
    return !resource || resource->external || !str_eq(resource->schema->type_name, record->type) ||
           !object_agreed(scratch, run, resource, record, observed, &agreed) ||
           state_put(run->state, &agreed, loop_now_ms(run->loop), run->diags);
}

bool run_agree(struct run *run, const struct plan *plan, const struct run_world *world)
{
    struct map observed;
    map_init(&observed, run->arena);
    for (size_t i = 0; i < world->observation_len; i++) {
        const struct observation *seen = &world->observations[i];
        if (seen->attributes && !seen->gone)
            map_set(&observed, seen->address, (void *)(uintptr_t)seen->attributes);
    }
    for (size_t i = 0; i < plan->len; i++)
        map_set(&observed, plan->changes[i].address, NULL); /* is about to be recorded anyway */
    for (size_t i = 0; i < world->record_len; i++) {
        const struct value *attributes = map_get(&observed, world->records[i].address);
        if (attributes && !agree(run, &world->records[i], attributes))
            return false;
    }
    return journal_commit(run->state, run->diags);
}
