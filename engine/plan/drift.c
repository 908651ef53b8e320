/* Recorded against observed: what changed at AWS since we looked last, and how bad that is. */

#include "engine/config/normalize.h"
#include "engine/plan/items.h"

enum grade { LOW, MEDIUM, HIGH };
static const char *const grade_names[] = {"low", "medium", "high"};

/* The first row that fits. path: a prefix of the difference; "" fits all; NULL: the object is gone,
 * or new. High is what makes backups stop, or lets somebody destroy or read them. */
static const struct row {
    const char *type, *path;
    enum grade grade;
} rows[] = {
    {"aws_backup_vault", NULL, HIGH},
    {"aws_backup_vault", "", HIGH},
    {"aws_backup_vault_lock", NULL, HIGH},
    {"aws_backup_vault_lock", "", HIGH},
    {"aws_backup_vault_policy", NULL, HIGH},
    {"aws_backup_vault_policy", "", HIGH},
    {"aws_backup_vault_notifications", NULL, MEDIUM},
    {"aws_backup_global_settings", "", HIGH},
    {"aws_backup_region_settings", "", HIGH},
    {"aws_backup_logically_air_gapped_vault", NULL, HIGH},
    {"aws_backup_legal_hold", NULL, HIGH},
    {"aws_kms_key", NULL, HIGH},
    {"aws_kms_key", "/policy", HIGH},
    {"aws_kms_key", "/enabled", HIGH},
    {"aws_event_rule", NULL, HIGH},
    {"aws_event_rule", "/description", LOW},
    {"aws_event_rule", "", HIGH},
    {"aws_event_bus_policy", NULL, HIGH},
    {"aws_event_bus_policy", "", HIGH},
    {"aws_lambda_permission", NULL, HIGH},
    {"aws_lambda_permission", "", HIGH},
    {"aws_iam_role", NULL, HIGH},
    {"aws_iam_role", "/assume_role_policy_document", HIGH},
    {"aws_iam_role", "/managed_policy_arns", HIGH},
    {"aws_iam_role", "/inline_policies", HIGH},
    {"aws_backup_plan", NULL, HIGH},
    {"aws_backup_selection", NULL, HIGH},
    {"aws_lambda_function", NULL, HIGH},
    {"aws_lambda_function", "/policy_statements", HIGH},
    {"aws_lambda_function", "/reserved_concurrent_executions", HIGH},
};

static enum grade grade_of(const char *type, const struct difference *d)
{
    if (d && (str_eq(d->path, "/tags") || str_starts(d->path, "/tags/")))
        return d->before ? MEDIUM : LOW; /* added by others: left alone */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!str_eq(rows[i].type, type) || !rows[i].path != !d)
            continue;
        if (!d || str_starts(d->path, rows[i].path))
            return rows[i].grade;
    }
    return MEDIUM;
}

/* ---- settings that many share ---- */

/* Without the keys that only count where the file names them. */
static const struct value *named_keys(struct arena *arena, const struct schema_node *node,
                                      const struct value *v, const struct value *named)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        const struct schema_node *child = schema_property_of(node, entry->key);
        child = child ? child : node->additional;
        if (!child || !child->unmanaged_when_absent || value_get(named, entry->key))
            map_put(&b, entry->key, entry->value);
    }
    return map_end(&b);
}

static bool is_shared(const struct schema_node *node)
{
    bool shared = node->additional && node->additional->unmanaged_when_absent;
    for (size_t i = 0; i < node->property_len && !shared; i++)
        shared = node->properties[i].node->unmanaged_when_absent;
    return shared;
}

/* Of settings that a whole account or organization shares, those that the file names: what others
 * do with the rest is theirs to do. */
static const struct value *managed(struct arena *arena, const struct plan_input *input,
                                   const struct record *record, const struct schema *schema,
                                   const struct value *attributes)
{
    const struct resource *resource =
        input->topology ? topology_find(input->topology, record->address) : NULL;
    for (size_t i = 0; resource && i < schema->root->property_len; i++) {
        const struct schema_property *property = &schema->root->properties[i];
        const struct value *v = value_get(attributes, property->name);
        if (value_is(v, VALUE_MAP) && is_shared(property->node))
            attributes = value_with(arena, attributes, property->name,
                                    named_keys(arena, property->node, v,
                                               value_get(resource->properties, property->name)));
    }
    return attributes;
}

/* ---- entries that are objects of their own ---- */

static const char *place(struct arena *arena, const struct record *record)
{
    return object_key(arena, record->type, record->account_id, record->region, record->identifier);
}

struct sightings {
    const struct plan_input *input;
    struct map observations; /* address -> const struct observation * */
    struct map records;      /* place -> const struct record * */
};

/* The map without the entries that are recorded as objects of the entries' type. */
static const struct value *others_of(struct arena *arena, const struct sightings *sightings,
                                     const struct record *record, const char *type,
                                     const struct value *map)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; value_is(map, VALUE_MAP) && i < map->map.len; i++) {
        const struct value_entry *entry = &map->map.entries[i];
        struct record object = *record;
        object.type = type;
        object.identifier = arena_printf(arena, "%s|%s", record->identifier, entry->key);
        if (!map_get(&sightings->records, place(arena, &object)))
            map_put(&b, entry->key, entry->value);
    }
    return map_end(&b);
}

static const struct value *own(struct arena *arena, const struct sightings *sightings,
                               const struct schema *schema, const struct record *record,
                               const struct value *attributes)
{
    const struct value *v =
        normalize(arena, schema, managed(arena, sightings->input, record, schema, attributes));
    for (size_t i = 0; i < schema->root->property_len; i++) {
        const struct schema_property *property = &schema->root->properties[i];
        const struct value *map = value_get(v, property->name);
        if (!map || !property->node->entry_type)
            continue;
        map = others_of(arena, sightings, record, property->node->entry_type, map);
        v = value_len(map) ? value_with(arena, v, property->name, map)
                           : value_without(arena, v, property->name);
    }
    return v;
}

/* ---- one object ---- */

static const char *account_name(const struct plan_input *input, const char *id)
{
    for (size_t i = 0; input->topology && i < input->topology->account_len; i++)
        if (str_eq(input->topology->accounts[i].id, id))
            return input->topology->accounts[i].name;
    return id;
}

static struct drift drift_at(const struct plan_input *input, const struct record *record,
                             const char *action)
{
    return (struct drift){.address = record->address,
                          .type = record->type,
                          .account = account_name(input, record->account_id),
                          .account_id = record->account_id,
                          .region = record->region,
                          .schema = schema_of(input->schemas, record->type),
                          .severity = grade_names[grade_of(record->type, NULL)],
                          .action = action};
}

static bool drift_of(struct arena *arena, const struct sightings *sightings,
                     const struct record *record, struct drift *ret)
{
    const struct plan_input *input = sightings->input;
    const struct observation *seen = map_get(&sightings->observations, record->address);
    *ret = drift_at(input, record, seen && seen->gone ? "deleted" : "changed");
    const struct schema *schema = ret->schema;
    if (!schema || !seen || seen->failed)
        return false;
    ret->before = own(arena, sightings, schema, record, record->attributes);
    if (seen->gone)
        return true;
    ret->after = own(arena, sightings, schema, record, seen->attributes);
    struct diff diff;
    const struct seal_key key = plan_seal_key(input, /* for_file= */ false);
    diff_observed(arena, schema, ret->before, ret->after, &key, &diff);
    enum grade worst = LOW;
    for (size_t i = 0; i < diff.len; i++) {
        enum grade grade = grade_of(record->type, &diff.items[i]);
        worst = grade > worst ? grade : worst;
    }
    ret->severity = grade_names[worst];
    ret->differences = diff.items;
    ret->difference_len = diff.len;
    return diff.len > 0;
}

static void look_up_all(struct arena *arena, const struct plan_input *input, struct sightings *ret)
{
    *ret = (struct sightings){.input = input};
    map_init(&ret->observations, arena);
    map_init(&ret->records, arena);
    for (size_t i = 0; i < input->observation_len; i++)
        map_set(&ret->observations, input->observations[i].address,
                (void *)(uintptr_t)&input->observations[i]);
    for (size_t i = 0; i < input->record_len; i++)
        map_set(&ret->records, place(arena, &input->records[i]),
                (void *)(uintptr_t)&input->records[i]);
}

static bool any_failed(const struct observation *observations, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (observations[i].failed)
            return true;
    return false;
}

/* ---- what others added ---- */

/* "policy" of "aws_backup_vault_policy", a part of an "aws_backup_vault": all but what their names
 * share. */
static const char *part_name(const struct schema *part)
{
    const char *name = part->type_name;
    for (const char *c = part->type_name, *whole = part->part_of; *c == *whole; c++, whole++) {
        if (*c == '_')
            name = c + 1;
        else if (!whole[1] && c[1] == '_')
            return c + 2;
    }
    return name;
}

void drift_parts(struct arena *arena, const struct plan_input *input, struct record **ret,
                 size_t *ret_len)
{
    struct sightings sightings;
    look_up_all(arena, input, &sightings);
    const struct map *types = &input->schemas->types;
    struct record *parts = NULL;
    size_t len = 0, cap = 0;
    for (size_t i = 0; i < input->record_len; i++) {
        const struct record *whole = &input->records[i];
        for (size_t t = 0; t < types->len; t++) {
            const struct schema *schema = types->entries[t].value;
            if (!str_eq(schema->part_of, whole->type))
                continue;
            struct record part = {
                .address = arena_printf(arena, "%s/%s", whole->address, part_name(schema)),
                .type = schema->type_name,
                .account_id = whole->account_id,
                .region = whole->region,
                .identifier = whole->identifier};
            bool planned = input->topology && topology_find(input->topology, part.address);
            if (planned || map_get(&sightings.records, place(arena, &part)))
                continue;
            parts = arena_grow(arena, parts, len, &cap, len + 1, sizeof(*parts));
            parts[len++] = part;
        }
    }
    *ret = parts;
    *ret_len = len;
}

static void add_parts(struct arena *arena, const struct plan_input *input, struct drift *drifts,
                      size_t *len)
{
    for (size_t i = 0; i < input->part_len; i++) {
        const struct observation *seen = &input->part_observations[i];
        if (seen->gone || seen->failed)
            continue;
        struct drift *drift = &drifts[(*len)++];
        *drift = drift_at(input, &input->parts[i], "added");
        drift->after = normalize(arena, drift->schema, seen->attributes);
    }
}

bool drift_build(struct arena *arena, const struct plan_input *input, struct drift **ret,
                 size_t *ret_len, struct diags *diags)
{
    (void)diags;
    struct sightings sightings;
    look_up_all(arena, input, &sightings);
    struct drift *drifts =
        arena_array(arena, input->record_len + input->part_len + 1, sizeof(*drifts));
    size_t len = 0;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    for (size_t i = 0; i < input->record_len; i++) {
        const struct record *record = &input->records[i];
        /* most objects have not drifted: only what differs is worth memory */
        if (drift_of(scratch, &sightings, record, &drifts[len]) &&
            drift_of(arena, &sightings, record, &drifts[len]))
            len++;
        arena_reset(scratch);
    }
    add_parts(arena, input, drifts, &len);
    *ret = drifts;
    *ret_len = len;
    return !any_failed(input->observations, input->observation_len) &&
           !any_failed(input->part_observations, input->part_len);
}
