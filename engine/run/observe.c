#include "engine/base/bug.h"
#include "engine/run/object.h"
#include "engine/run/pump.h"

/* One object that is looked at: a recorded one is read; a desired one that is not recorded is
 * searched for and, if found, read to learn whose it is. */
struct sight {
    struct observer *observer;
    const struct record *record;     /* or NULL */
    const struct resource *resource; /* or NULL */
    const struct value *desired;     /* of `resource`, as far as it is known */
    struct observation *observation;
    enum ownership said;
};

struct observer {
    struct run *run;
    struct pump pump;
    struct map records; /* address -> const struct record * */
    struct sight *sights;
    bool failed;
};

static const struct value *recorded_attribute(void *ctx, const char *address, const char *attribute)
{
    const struct observer *observer = ctx;
    const struct record *record = map_get(&observer->records, address);
    return record ? value_get(record->attributes, attribute) : NULL;
}

static void sight_failed(struct sight *sight)
{
    sight->observation->failed = true;
    sight->observer->failed = true;
    pump_ended(&sight->observer->pump);
}

static void read_ended(void *ctx, const struct op_outcome *outcome)
{
    struct sight *sight = ctx;
    struct run *run = sight->observer->run;
    if (outcome->result == OP_RESULT_FAILED) {
        sight_failed(sight);
        return;
    }
    if (outcome->result == OP_RESULT_GONE) {
        sight->observation->gone = true;
        sight->observation->found = sight->record ? FOUND_NOT_ASKED : FOUND_NOTHING;
        pump_ended(&sight->observer->pump);
        return;
    }
    const struct value *attributes = value_copy(run->arena, outcome->attributes);
    sight->observation->attributes = attributes;
    if (!sight->record)
        sight->observation->found =
            object_owner(run->arena, sight->resource->schema, sight->desired, sight->said,
                         attributes, &sight->observation->owner);
    pump_ended(&sight->observer->pump);
}

static void find_ended(void *ctx, const struct op_outcome *outcome)
{
    struct sight *sight = ctx;
    struct run *run = sight->observer->run;
    if (outcome->result == OP_RESULT_FAILED) {
        sight_failed(sight);
        return;
    }
    if (outcome->result == OP_RESULT_GONE) {
        sight->observation->found = FOUND_NOTHING;
        pump_ended(&sight->observer->pump);
        return;
    }
    sight->said = outcome->ownership;
    sight->observation->identifier = arena_strdup(run->arena, outcome->identifier);
    const struct resource *resource = sight->resource;
    struct op_spec spec = object_spec(run, OP_READ, resource->schema, resource->address,
                                      resource->account->id, resource->region);
    spec.identifier = sight->observation->identifier;
    loop_start(run->loop, &spec, read_ended, sight);
}

static void start_sight(void *ctx, size_t i)
{
    struct observer *observer = ctx;
    struct run *run = observer->run;
    struct sight *sight = &observer->sights[i];
    if (sight->record) {
        const struct record *record = sight->record;
        struct op_spec spec = object_spec(run, OP_READ, schema_of(run->schemas, record->type),
                                          record->address, record->account_id, record->region);
        spec.identifier = record->identifier;
        spec.prior = object_prior(run->arena, record);
        loop_start(run->loop, &spec, read_ended, sight);
        return;
    }
    const struct resource *resource = sight->resource;
    struct op_spec spec = object_spec(run, OP_FIND, resource->schema, resource->address,
                                      resource->account->id, resource->region);
    spec.desired = sight->desired;
    if (run->state)
        spec.token = state_token(run->state, run->arena, resource->address);
    loop_start(run->loop, &spec, find_ended, sight);
}

/* Find is asked when everything that names the object is known: a selection of a plan that does not
 * exist yet cannot exist either. */
static bool can_be_found(const struct resource *resource, const struct value *desired)
{
    if (resource->schema->find_only_for_recovery && !resource->external)
        return false;
    for (const char *const *name = resource->schema->identifier; *name; name++) {
        const struct schema_node *node = schema_property_of(resource->schema->root, *name);
        const struct value *part = value_get(desired, *name);
        if (node && !node->read_only && (!part || value_has_unknown(part)))
            return false;
    }
    return true;
}

bool run_observe(struct run *run, const struct record *records, size_t record_len,
                 struct observation **ret, size_t *ret_len)
{
    size_t most = record_len + (run->topology ? run->topology->resource_len : 0);
    struct observation *observations = arena_array(run->arena, most, sizeof(*observations));
    struct observer observer = {.run = run};
    observer.sights = arena_array(run->arena, most, sizeof(*observer.sights));
    map_init(&observer.records, run->arena);
    size_t len = 0;
    for (size_t i = 0; i < record_len; i++) {
        if (!schema_of(run->schemas, records[i].type)) {
            diag_error(run->diags, E_STATE_NEWER, NO_POS, records[i].address,
                       "the state holds a resource of type %s, which this holdfast does not know",
                       records[i].type);
            return false;
        }
        map_set(&observer.records, records[i].address, (void *)(uintptr_t)&records[i]);
        observations[len] = (struct observation){.address = records[i].address};
        observer.sights[len] = (struct sight){
            .observer = &observer, .record = &records[i], .observation = &observations[len]};
        len++;
    }
    for (size_t i = 0; run->topology && i < run->topology->resource_len; i++) {
        const struct resource *resource = &run->topology->resources[i];
        if (map_get(&observer.records, resource->address))
            continue;
        const struct value *desired =
            value_resolve(run->arena, resource->properties, recorded_attribute, &observer);
        if (!can_be_found(resource, desired))
            continue;
        observations[len] = (struct observation){.address = resource->address};
        observer.sights[len] = (struct sight){.observer = &observer,
                                              .resource = resource,
                                              .desired = desired,
                                              .observation = &observations[len]};
        len++;
    }
    /* More objects than calls may fly: an object of which several calls follow each other leaves
     * no gap in the window, and none is left alone at the end. */
    observer.pump = (struct pump){.loop = run->loop,
                                  .len = len,
                                  .limit = 4 * (run->parallelism ? run->parallelism : 256),
                                  .start = start_sight,
                                  .ctx = &observer};
    pump_run(&observer.pump);
    *ret = observations;
    *ret_len = len;
    return !observer.failed;
}
