#include "engine/run/object.h"

#include "engine/config/normalize.h"
#include "engine/config/owner.h"
#include "engine/config/seal.h"
#include "engine/plan/diff.h"

static const char *partition_of(const struct run *run, const char *account_id)
{
    for (size_t i = 0; run->topology && i < run->topology->account_len; i++)
        if (str_eq(run->topology->accounts[i].id, account_id))
            return run->topology->accounts[i].partition;
    return "aws";
}

struct op_spec object_spec(const struct run *run, enum op_kind kind, const struct schema *schema,
                           const char *address, const char *account_id, const char *region)
{
    const struct resource *resource = run->topology ? topology_find(run->topology, address) : NULL;
    return (struct op_spec){
        .kind = kind,
        .ops = provider_ops(schema->type_name),
        .schema = schema,
        .address = address,
        .account_id = account_id,
        .region = region,
        .partition = partition_of(run, account_id),
        .pos = resource ? resource->pos : NO_POS,
    };
}

enum found object_owner(struct arena *arena, const struct schema *schema,
                        const struct value *desired, enum ownership said,
                        const struct value *attributes, const char **ret_owner)
{
    const struct value *tags = value_get(attributes, "tags"), *ours = value_get(desired, "tags");
    *ret_owner = NULL;
    /* The token of its creation says who made it: it may have been handed over since. */
    if (said == OWNER_OURS && !owner_other_topology(tags, owner_topology(ours)))
        return FOUND_OURS;
    if (said == OWNER_PARENT)
        return FOUND_PARENT;
    if (said == OWNER_BY_TAGS && owner_address(tags) && owner_is_same(ours, tags))
        return FOUND_OURS;
    if (schema->adopt)
        return FOUND_SHARED;
    *ret_owner = owner_topology(tags) && owner_address(tags) ? owner_text(arena, tags)
                                                             : "nobody that left owner tags";
    return FOUND_OTHER;
}

enum found object_owner_of_import(struct arena *arena, const struct value *desired,
                                  const struct value *attributes, const char **ret_owner)
{
    const struct value *tags = value_get(attributes, "tags");
    const char *topology = owner_topology(tags);
    bool nobodys = !topology && !owner_address(tags);
    if (nobodys || (topology && str_eq(topology, owner_topology(value_get(desired, "tags")))))
        return FOUND_OURS;
    *ret_owner = owner_text(arena, tags);
    return FOUND_OTHER;
}

bool object_lost_owner(const struct value *recorded, const struct value *attributes)
{
    const struct value *ours = value_get(recorded, "tags");
    return owner_topology(ours) && !owner_is_same(ours, value_get(attributes, "tags"));
}

/* The write-only properties of a value; NULL when there are none. */
static const struct value *write_only_of(struct arena *arena, const struct schema *schema,
                                         const struct value *properties)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < schema->root->property_len; i++) {
        const struct schema_property *property = &schema->root->properties[i];
        if (property->node->write_only && !property->node->local)
            map_put(&b, property->name, value_get(properties, property->name));
    }
    return b.len ? map_end(&b) : NULL;
}

/* The tags of an object that are ours: those that are wanted, and while it is uncertain what ran
 * also those that were recorded. */
static const struct value *managed_tags(struct arena *arena, const struct object_facts *facts)
{
    const struct value *tags = value_get(facts->attributes, "tags");
    const struct value *wanted = value_get(facts->desired, "tags");
    const struct value *recorded = facts->certainty == OBJECT_UNCERTAIN && facts->prior
                                       ? value_get(facts->prior->attributes, "tags")
                                       : NULL;
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < value_len(tags); i++) {
        const char *key = tags->map.entries[i].key;
        if (value_get(wanted, key) || value_get(recorded, key))
            map_put(&b, key, tags->map.entries[i].value);
    }
    return map_end(&b);
}

static struct seal_key key_of(const struct run *run)
{
    return (struct seal_key){.lineage = run->state ? state_lineage(run->state) : NULL};
}

const struct value *object_sealed(struct run *run, const struct schema *schema,
                                  const struct value *properties)
{
    const struct seal_key key = key_of(run);
    return seal(run->arena, schema, properties, &key);
}

static bool is_set(const struct value *v)
{
    return v && v->kind != VALUE_NULL;
}

/* What cannot be read back, but leaves a trace, has left it. */
static bool shows_what_was_told(const struct schema *schema, const struct value *desired,
                                const struct value *attributes)
{
    for (size_t i = 0; i < schema->root->property_len; i++) {
        const struct schema_property *property = &schema->root->properties[i];
        const char *const *name = property->node->shows;
        for (; name && *name; name++)
            if (is_set(value_get(desired, property->name)) != is_set(value_get(attributes, *name)))
                return false;
    }
    return true;
}

bool object_has_arrived(struct run *run, const struct schema *schema, const struct value *desired,
                        const struct value *attributes)
{
    struct arena *arena = run->arena;
    struct diff diff;
    const struct seal_key key = key_of(run);
    struct diff_input input = {.schema = schema,
                               .before = normalize(arena, schema, attributes),
                               .after = normalize(arena, schema, desired),
                               .key = &key};
    diff_desired(arena, &input, &diff);
    return diff.len == 0 && shows_what_was_told(schema, desired, attributes);
}

bool object_is_as_recorded(struct run *run, const struct schema *schema,
                           const struct record *record, const struct value *attributes)
{
    struct arena *arena = run->arena;
    struct diff diff;
    const struct seal_key key = key_of(run);
    diff_observed(arena, schema, normalize(arena, schema, record->attributes),
                  normalize(arena, schema, attributes), &key, &diff);
    return diff.len == 0;
}

static const struct value *surely_written(struct run *run, const struct object_facts *facts)
{
    struct arena *arena = run->arena;
    const struct value *asked = write_only_of(arena, facts->schema, facts->desired);
    const struct value *before = facts->prior ? facts->prior->write_only : NULL;
    if (facts->certainty == OBJECT_FOUND)
        return NULL;
    if (facts->certainty == OBJECT_WRITTEN)
        return asked;
    bool arrived = object_has_arrived(run, facts->schema, facts->desired, facts->attributes);
    if (!facts->prior) /* a create: what stands there with our values is our call's doing */
        return arrived ? asked : NULL;
    bool moved = !object_is_as_recorded(run, facts->schema, facts->prior, facts->attributes);
    return arrived && moved ? asked : before;
}

static bool is_displaced(const struct schema *schema, const struct value *desired, const char *name)
{
    for (size_t i = 0; i < schema->root->property_len; i++) {
        const struct schema_property *property = &schema->root->properties[i];
        const struct value *v = value_get(desired, property->name);
        if (is_set(v) && property->node->displaces &&
            str_is_one_of(name, property->node->displaces))
            return true;
    }
    return false;
}

/* What an update records: of what it wrote and of what AWS sets, what was read; of all else, which
 * is other people's doing, what was recorded before. An apply that is about something else never
 * takes a change from outside into the record. */
static const struct value *known_attributes(struct arena *arena, const struct object_facts *facts)
{
    if (!facts->prior || !facts->desired)
        return facts->attributes;
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < facts->schema->root->property_len; i++) {
        const struct schema_property *property = &facts->schema->root->properties[i];
        bool set_by_aws = property->node->read_only && !property->node->entry_type;
        bool ours = set_by_aws || value_get(facts->desired, property->name) ||
                    is_displaced(facts->schema, facts->desired, property->name);
        map_put(&b, property->name,
                value_get(ours ? facts->attributes : facts->prior->attributes, property->name));
    }
    return map_end(&b);
}

/* Shared by nature, and there before us: it is never ours to delete. */
static bool is_adopted(const struct schema *schema, const struct object_facts *facts)
{
    if (schema->keep_made || (facts->prior && facts->prior->adopted))
        return true;
    return schema->adopt && facts->found &&
           !owner_is_same(value_get(facts->desired, "tags"), value_get(facts->found, "tags"));
}

struct record object_record(struct run *run, const struct object_facts *facts)
{
    const struct schema *schema = facts->schema;
    const struct resource *resource =
        run->topology ? topology_find(run->topology, facts->address) : NULL;
    const struct value *attributes = known_attributes(run->arena, facts);
    if (value_is(value_get(attributes, "tags"), VALUE_MAP) && facts->desired)
        attributes = value_with(run->arena, attributes, "tags", managed_tags(run->arena, facts));
    return (struct record){
        .address = facts->address,
        .type = schema->type_name,
        .account_id = facts->account_id,
        .region = facts->region,
        .identifier = facts->identifier,
        .attributes = object_sealed(run, schema, attributes),
        .write_only = object_sealed(run, schema, surely_written(run, facts)),
        .depends_on = resource ? resource->depends_on : NULL,
        .depends_on_len = resource ? resource->depends_on_len : 0,
        .generation = state_generation(run->state, facts->address),
        .schema_version = 1,
        .adopted = is_adopted(resource ? resource->schema : schema, facts),
        .prevent_destroy = resource && resource->prevent_destroy,
    };
}

const struct value *object_prior(struct arena *arena, const struct record *record)
{
    struct map_builder b = map_begin_from(arena, record->attributes);
    for (size_t i = 0; i < value_len(record->write_only); i++)
        map_put(&b, record->write_only->map.entries[i].key,
                record->write_only->map.entries[i].value);
    return map_end(&b);
}

/* Sensitive, or such that only what the file names of it counts: anywhere inside. */
static bool is_loose(const struct schema_node *node)
{
    if (!node || node->sensitive || node->unmanaged_when_absent)
        return node != NULL;
    for (size_t i = 0; i < node->property_len; i++)
        if (is_loose(node->properties[i].node))
            return true;
    return is_loose(node->additional) || is_loose(node->items);
}

bool object_agreed(struct arena *arena, struct run *run, const struct resource *resource,
                   const struct record *record, const struct value *observed, struct record *ret)
{
    const struct object_facts facts = {.desired = resource->properties, .attributes = observed};
    const struct schema_node *root = resource->schema->root;
    const struct value *agreed = record->attributes;
    for (size_t i = 0; i < root->property_len; i++) {
        const struct schema_node *node = root->properties[i].node;
        const char *name = root->properties[i].name;
        if (!value_get(resource->properties, name) || node->read_only || node->write_only)
            continue;
        const struct value *now =
            str_eq(name, "tags") ? managed_tags(arena, &facts) : value_get(observed, name);
        if (!value_equal(now, value_get(record->attributes, name)) && !is_loose(node))
            agreed =
                now ? value_with(arena, agreed, name, now) : value_without(arena, agreed, name);
    }
    *ret = *record;
    ret->attributes = agreed;
    return agreed != record->attributes &&
           !object_is_as_recorded(run, resource->schema, record, agreed);
}
