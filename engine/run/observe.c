#include "engine/base/bug.h"
#include "engine/config/imports.h"
#include "engine/config/owner.h"
#include "engine/run/object.h"
#include "engine/run/pump.h"

/* One object that is looked at: a recorded one is read; a desired one that is not recorded is
 * searched for and, if found, read to learn whose it is.
 *
 * What names an object may only be known when another one has been found: an alias is ours when it
 * names our key, a selection is searched for in its plan. So the search goes in rounds; without a
 * state, too, everything is found that can be. A recorded object that is gone is searched for as if
 * it were not recorded: another one of ours may stand in its place, as after an undo of its
 * replacement. */
struct sight {
    struct observer *observer;
    const struct record *record;     /* that is read; NULL: searched for */
    const struct resource *resource; /* or NULL */
    const struct value *desired;     /* of `resource`, as far as it is known when it is asked for */
    struct observation *observation;
    enum ownership said;
    bool settled; /* looked for, or not to be found */
};

struct observer {
    struct run *run;
    struct pump pump;
    struct map records; /* address -> const struct record * */
    struct map sought;  /* address -> struct sight *, of what is not recorded, or gone */
    struct sight *sights;
    size_t *round; /* indexes of the sights that are looked at now */
    size_t round_len;
    struct observation *observations; /* of what is or was looked at */
    size_t observation_len;
    bool failed;
};

/* Of a record, or of what was found and may be ours: whether it is, the plan says. */
static const struct value *known_attribute(void *ctx, const char *address, const char *attribute)
{
    const struct observer *observer = ctx;
    const struct record *record = map_get(&observer->records, address);
    const struct sight *sight = map_get(&observer->sought, address);
    if (record && !sight)
        return value_get(record->attributes, attribute);
    if (!sight || !sight->observation ||
        (sight->observation->found == FOUND_OTHER && !sight->resource->external))
        return NULL;
    return value_get(sight->observation->attributes, attribute);
}

static void sight_failed(struct sight *sight)
{
    sight->observation->failed = true;
    sight->observer->failed = true;
    pump_ended(&sight->observer->pump);
}

/* What was asked for by its id must be there, and be called so. */
static bool is_what_was_named(struct sight *sight, const struct value *attributes)
{
    struct run *run = sight->observer->run;
    const struct resource *resource = sight->resource;
    const char *id = sight->observation->identifier;
    const char *called = schema_identifier(run->arena, resource->schema, attributes);
    if (attributes && (!called || str_eq(called, id)))
        return true;
    if (attributes)
        diag_error(run->diags, E_IMPORT, resource->pos, resource->address,
                   "the %s `%s` has the id `%s`: import it by that", resource->schema->title, id,
                   called);
    else
        diag_error(run->diags, E_IMPORT, resource->pos, resource->address,
                   "there is no %s `%s` in account %s%s%s", resource->schema->title, id,
                   resource->account->id, resource->region ? ", " : "",
                   resource->region ? resource->region : "");
    return false;
}

static void imported(struct sight *sight, const struct value *attributes)
{
    if (!is_what_was_named(sight, attributes)) {
        sight_failed(sight);
        return;
    }
    sight->observation->attributes = attributes;
    sight->observation->found = object_owner_of_import(sight->observer->run->arena, sight->desired,
                                                       attributes, &sight->observation->owner);
    pump_ended(&sight->observer->pump);
}

/* Goes into the next round, unless the file means something else by its address. */
static void seek_successor(struct sight *sight)
{
    const struct run *run = sight->observer->run;
    const struct record *record = sight->record;
    const struct resource *resource =
        run->topology ? topology_find(run->topology, record->address) : NULL;
    if (!resource || !str_eq(resource->schema->type_name, record->type) ||
        !str_eq(resource->account->id, record->account_id) ||
        !str_eq(resource->region, record->region) || import_id(run->topology, record->address))
        return;
    sight->record = NULL;
    sight->resource = resource;
    sight->settled = false;
    map_set(&sight->observer->sought, resource->address, sight);
}

static enum found found_as(struct sight *sight, const struct value *attributes)
{
    struct run *run = sight->observer->run;
    enum found found = object_owner(run->arena, sight->resource->schema, sight->desired,
                                    sight->said, attributes, &sight->observation->owner);
    bool moved =
        found == FOUND_OTHER && owner_has_moved(run->arena, run->topology, sight->resource->address,
                                                value_get(attributes, "tags"));
    return moved ? FOUND_OURS : found;
}

static void read_ended(void *ctx, const struct op_outcome *outcome)
{
    struct sight *sight = ctx;
    struct run *run = sight->observer->run;
    if (outcome->result == OP_RESULT_FAILED) {
        sight_failed(sight);
        return;
    }
    if (sight->observation->imported) {
        imported(sight, outcome->result == OP_RESULT_GONE
                            ? NULL
                            : value_copy(run->arena, outcome->attributes));
        return;
    }
    if (outcome->result == OP_RESULT_GONE) {
        sight->observation->gone = true;
        sight->observation->found = sight->record ? FOUND_NOT_ASKED : FOUND_NOTHING;
        if (sight->record)
            seek_successor(sight);
        pump_ended(&sight->observer->pump);
        return;
    }
    const struct value *attributes = value_copy(run->arena, outcome->attributes);
    sight->observation->attributes = attributes;
    if (!sight->record)
        sight->observation->found = found_as(sight, attributes);
    pump_ended(&sight->observer->pump);
}

static void read_found(struct sight *sight)
{
    struct run *run = sight->observer->run;
    const struct resource *resource = sight->resource;
    struct op_spec spec = object_spec(run, OP_READ, resource->schema, resource->address,
                                      resource->account->id, resource->region);
    spec.identifier = sight->observation->identifier;
    loop_start(run->loop, &spec, read_ended, sight);
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
    read_found(sight);
}

static void start_sight(void *ctx, size_t i)
{
    struct observer *observer = ctx;
    struct run *run = observer->run;
    struct sight *sight = &observer->sights[observer->round[i]];
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
    sight->observation->identifier = import_id(run->topology, resource->address);
    if (sight->observation->identifier) {
        sight->observation->imported = true;
        read_found(sight);
        return;
    }
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
    for (const char *const *name = resource->schema->identifier; *name; name++) {
        const struct schema_node *node = schema_property_of(resource->schema->root, *name);
        const struct value *part = value_get(desired, *name);
        if (node && !node->read_only && (!part || value_has_unknown(part)))
            return false;
    }
    return true;
}

static void add_to_round(struct observer *observer, size_t i, const char *address)
{
    struct sight *sight = &observer->sights[i];
    if (!sight->observation) {
        sight->observation = &observer->observations[observer->observation_len++];
        *sight->observation = (struct observation){.address = address};
    }
    observer->round[observer->round_len++] = i;
}

static bool add_records(struct observer *observer, const struct record *records, size_t len)
{
    struct run *run = observer->run;
    for (size_t i = 0; i < len; i++) {
        if (!schema_of(run->schemas, records[i].type)) {
            diag_error(run->diags, E_STATE_NEWER, NO_POS, records[i].address,
                       "the state holds a resource of type %s, which this holdfast does not know",
                       records[i].type);
            return false;
        }
        map_set(&observer->records, records[i].address, (void *)(uintptr_t)&records[i]);
        observer->sights[i] =
            (struct sight){.observer = observer, .record = &records[i], .settled = true};
        add_to_round(observer, i, records[i].address);
    }
    return true;
}

/* Those that are desired and not recorded. Gives the number of all sights. */
static size_t add_sought(struct observer *observer, size_t len)
{
    const struct topology *topology = observer->run->topology;
    for (size_t i = 0; topology && i < topology->resource_len; i++) {
        const struct resource *resource = &topology->resources[i];
        if (map_get(&observer->records, resource->address))
            continue;
        observer->sights[len] = (struct sight){.observer = observer, .resource = resource};
        map_set(&observer->sought, resource->address, &observer->sights[len]);
        len++;
    }
    return len;
}

static bool waits(const struct observer *observer, const struct resource *resource)
{
    for (size_t i = 0; i < resource->depends_on_len; i++) {
        const struct sight *needed = map_get(&observer->sought, resource->depends_on[i]);
        if (needed && !needed->settled)
            return true;
    }
    return false;
}

/* Adds to the round what can be looked for now: what is wholly known waits for nothing, all else
 * until what it depends on has been looked for. False: another look at the rest may yield more. */
static bool choose(struct observer *observer, size_t len)
{
    struct run *run = observer->run;
    size_t first = observer->round_len;
    bool complete = true;
    for (size_t i = 0; i < len; i++) {
        struct sight *sight = &observer->sights[i];
        if (sight->settled)
            continue;
        sight->desired =
            value_resolve(run->arena, sight->resource->properties, known_attribute, observer);
        if (value_has_unknown(sight->desired) && waits(observer, sight->resource))
            continue;
        if (import_id(run->topology, sight->resource->address) ||
            can_be_found(sight->resource, sight->desired)) {
            add_to_round(observer, i, sight->resource->address);
        } else {
            sight->settled = true;
            complete = false;
        }
    }
    for (size_t i = first; i < observer->round_len; i++)
        observer->sights[observer->round[i]].settled = true;
    return complete;
}

/* More objects than calls may fly: an object of which several calls follow each other leaves no gap
 * in the window, and none is left alone at the end. */
static void look_at_round(struct observer *observer)
{
    const struct run *run = observer->run;
    observer->pump = (struct pump){.loop = run->loop,
                                   .len = observer->round_len,
                                   .limit = 4 * (run->parallelism ? run->parallelism : 256),
                                   .start = start_sight,
                                   .ctx = observer};
    pump_run(&observer->pump);
    observer->round_len = 0;
}

/* What is recorded stays: the file may have said so when it was imported. */
static void look_at_imports(const struct observer *observer)
{
    const struct run *run = observer->run;
    const struct topology *topology = run->topology;
    for (size_t i = 0; topology && i < topology->import_len; i++) {
        const struct import *import = &topology->imports[i];
        const struct record *record = map_get(&observer->records, import->address);
        if (!record || str_eq(record->identifier, import->id))
            continue;
        struct diag *diag = diag_warning(run->diags, E_IMPORT, import->pos, import->address,
                                         "%s is not imported: `%s` is recorded as %s already",
                                         import->id, import->address, record->identifier);
        diag_hint(run->diags, diag,
                  "Take the entry out of `imports`, or forget what is recorded first: `holdfast "
                  "state rm %s`.",
                  import->address);
    }
}

bool run_observe(struct run *run, const struct record *records, size_t record_len,
                 struct observation **ret, size_t *ret_len)
{
    size_t most = record_len + (run->topology ? run->topology->resource_len : 0);
    struct observer observer = {.run = run};
    observer.observations = arena_array(run->arena, most, sizeof(*observer.observations));
    observer.sights = arena_array(run->arena, most, sizeof(*observer.sights));
    observer.round = arena_array(run->arena, most, sizeof(*observer.round));
    map_init(&observer.records, run->arena);
    map_init(&observer.sought, run->arena);
    if (!add_records(&observer, records, record_len))
        return false;
    look_at_imports(&observer);
    size_t len = add_sought(&observer, record_len);
    while (!loop_is_cut(run->loop)) {
        bool complete = choose(&observer, len);
        if (observer.round_len > 0)
            look_at_round(&observer);
        else if (complete)
            break;
    }
    *ret = observer.observations;
    *ret_len = observer.observation_len;
    return !observer.failed && !loop_is_cut(run->loop);
}
