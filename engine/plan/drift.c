/* Recorded against observed: what changed at AWS since we looked last, and how bad that is. */

#include "engine/config/normalize.h"
#include "engine/plan/items.h"

enum grade { LOW, MEDIUM, HIGH };
static const char *const grade_names[] = {"low", "medium", "high"};

/* The first row that fits. path: a prefix of the difference; "" fits all; NULL: the object is gone.
 * High is what makes backups stop, or lets somebody destroy or read them. */
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
    {"aws_backup_global_settings", "", HIGH},
    {"aws_backup_region_settings", "", HIGH},
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
    {"aws_backup_plan", NULL, HIGH},
    {"aws_backup_selection", NULL, HIGH},
    {"aws_lambda_function", NULL, HIGH},
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

static const char *account_name(const struct plan_input *input, const char *id)
{
    for (size_t i = 0; input->topology && i < input->topology->account_len; i++)
        if (str_eq(input->topology->accounts[i].id, id))
            return input->topology->accounts[i].name;
    return id;
}

static bool drift_of(struct arena *arena, const struct plan_input *input,
                     const struct record *record, const struct observation *seen, struct drift *ret)
{
    const struct schema *schema = schema_of(input->schemas, record->type);
    if (!schema || !seen || seen->failed)
        return false;
    *ret = (struct drift){.address = record->address,
                          .type = record->type,
                          .account = account_name(input, record->account_id),
                          .account_id = record->account_id,
                          .region = record->region,
                          .schema = schema,
                          .action = seen->gone ? "deleted" : "changed"};
    ret->before =
        normalize(arena, schema, managed(arena, input, record, schema, record->attributes));
    if (seen->gone) {
        ret->severity = grade_names[grade_of(record->type, NULL)];
        return true;
    }
    ret->after = normalize(arena, schema, managed(arena, input, record, schema, seen->attributes));
    struct diff diff;
    diff_observed(arena, schema, ret->before, ret->after, &diff);
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

bool drift_build(struct arena *arena, const struct plan_input *input, struct drift **ret,
                 size_t *ret_len, struct diags *diags)
{
    (void)diags;
    struct map seen;
    map_init(&seen, arena);
    bool complete = true;
    for (size_t i = 0; i < input->observation_len; i++) {
        const struct observation *observation = &input->observations[i];
        map_set(&seen, observation->address, (void *)(uintptr_t)observation);
        complete = complete && !observation->failed;
    }
    struct drift *drifts = arena_array(arena, input->record_len + 1, sizeof(*drifts));
    size_t len = 0;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    for (size_t i = 0; i < input->record_len; i++) {
        const struct record *record = &input->records[i];
        const struct observation *now = map_get(&seen, record->address);
        /* most objects have not drifted: only what differs is worth memory */
        if (drift_of(scratch, input, record, now, &drifts[len]) &&
            drift_of(arena, input, record, now, &drifts[len]))
            len++;
        arena_reset(scratch);
    }
    *ret = drifts;
    *ret_len = len;
    return complete;
}
