#include "engine/base/clock.h"
#include "engine/plan/text.h"

#define FORMAT_VERSION "1.0"

/* Pointers to what only AWS can say. */
static void add_unknown(struct arena *arena, struct list_builder *list, const char *path,
                        const struct value *v)
{
    if (!value_has_unknown(v))
        return;
    if (value_is(v, VALUE_REF) || value_is(v, VALUE_CONCAT)) {
        list_add_str(list, path);
        return;
    }
    for (size_t i = 0; i < value_len(v); i++) {
        if (value_is(v, VALUE_MAP))
            add_unknown(arena, list, arena_printf(arena, "%s/%s", path, v->map.entries[i].key),
                        v->map.entries[i].value);
        else
            add_unknown(arena, list, arena_printf(arena, "%s/%zu", path, i), value_item(v, i));
    }
}

static const struct value *or_null(const struct value *v)
{
    return v ? v : value_null();
}

static const struct value *text_or_null(struct arena *arena, const char *text)
{
    return text ? value_string(arena, text) : value_null();
}

static const struct value *differences_value(struct arena *arena, const struct difference *items,
                                             size_t len)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < len; i++) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "path", items[i].path);
        map_put(&b, "before", or_null(value_redacted(arena, items[i].node, items[i].before)));
        map_put(&b, "after", or_null(value_redacted(arena, items[i].node, items[i].after)));
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static const char *action_name(const struct change *change)
{
    if (change->replacement)
        return "replace";
    static const char *const names[] = {
        [ACTION_NONE] = "none",     [ACTION_CREATE] = "create", [ACTION_ADOPT] = "adopt",
        [ACTION_UPDATE] = "update", [ACTION_DELETE] = "delete", [ACTION_FORGET] = "forget"};
    return names[change->action];
}

/* What was there before a replacement, and what guards it, stands with the other half. */
static const struct change *deletion_of(const struct plan *plan, const struct change *change)
{
    for (size_t i = 0; change->replacement && i < plan->len; i++)
        if (plan->changes[i].action != ACTION_CREATE &&
            str_eq(plan->changes[i].address, change->address))
            return &plan->changes[i];
    return change;
}

static const struct value *change_value(struct arena *arena, const struct plan *plan,
                                        const struct change *change)
{
    const struct schema_node *root = change->schema->root;
    const struct change *deletion = deletion_of(plan, change);
    const char *blocked = change->blocked ? change->blocked : deletion->blocked;
    struct list_builder unknown = list_begin(arena);
    add_unknown(arena, &unknown, "", change->after);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "address", change->address);
    map_put_str(&b, "type", change->schema->type_name);
    map_put(&b, "account", text_or_null(arena, change->account ? change->account->name : NULL));
    map_put_str(&b, "account_id", change->account_id);
    map_put(&b, "region", text_or_null(arena, change->region));
    map_put_str(&b, "action", action_name(change));
    map_put(&b, "reason", text_or_null(arena, change->reason));
    map_put(&b, "before", or_null(value_redacted(arena, root, deletion->before)));
    map_put(&b, "after", or_null(value_redacted(arena, root, change->after)));
    map_put(&b, "unknown", list_end(&unknown));
    map_put_bool(&b, "irreversible", change->irreversible);
    if (change->permanent_from_ms)
        map_put_str(&b, "permanent_from", time_iso(arena, change->permanent_from_ms));
    map_put_bool(&b, "needs_allow_destroy",
                 change->needs_allow_destroy || deletion->needs_allow_destroy);
    map_put_str(&b, "turns_off", change->turns_off);
    if (blocked)
        map_put_str(&b, "refused", blocked);
    map_put(&b, "differences",
            differences_value(arena, change->differences, change->difference_len));
    return map_end(&b);
}

/* The counts that plan and drift both have, in their order. */
struct counts {
    size_t create, update, replace, remove, forget, move, adopt, irreversible, retained,
        relay_copies;
};

static void put_counts(struct map_builder *b, const struct counts *counts)
{
    const struct {
        const char *name;
        size_t count;
    } rows[] = {{"create", counts->create},     {"update", counts->update},
                {"replace", counts->replace},   {"delete", counts->remove},
                {"forget", counts->forget},     {"move", counts->move},
                {"adopt", counts->adopt},       {"irreversible", counts->irreversible},
                {"retained", counts->retained}, {"relay_copies", counts->relay_copies}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        map_put_int(b, rows[i].name, (int64_t)rows[i].count);
}

static const struct value *summary_value(struct arena *arena, const struct plan *plan,
                                         const struct render_options *options)
{
    const struct counts counts = {.create = plan->create,
                                  .update = plan->update,
                                  .replace = plan->replace,
                                  .remove = plan->remove,
                                  .forget = plan->forget,
                                  .move = plan->move_len,
                                  .adopt = plan->adopt,
                                  .irreversible = plan->irreversible,
                                  .retained = plan->retained_len,
                                  .relay_copies = options->relay_copies};
    struct map_builder b = map_begin(arena);
    put_counts(&b, &counts);
    return map_end(&b);
}

static const struct value *moves_value(struct arena *arena, const struct plan *plan)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < plan->move_len; i++) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "from", plan->moves[i].from);
        map_put_str(&b, "to", plan->moves[i].record->address);
        map_put_str(&b, "type", plan->moves[i].record->type);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static const struct value *retained_value(struct arena *arena, const struct plan *plan)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < plan->retained_len; i++) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "address", plan->retained[i].address);
        map_put_str(&b, "type", plan->retained[i].schema->type_name);
        map_put_str(&b, "reason", plan->retained[i].reason);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

const struct value *units_to_json(struct arena *arena, const struct topology *topology)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; topology && i < topology->unit_len; i++) {
        const struct organizational_unit *unit = &topology->units[i];
        struct list_builder ids = list_begin(arena);
        for (size_t n = 0; n < unit->account_len; n++)
            list_add_str(&ids, unit->accounts[n]->id);
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "id", unit->id);
        map_put_str(&b, "group", unit->group);
        map_put(&b, "account_ids", list_end(&ids));
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

const struct value *routes_to_json(struct arena *arena, const struct topology *topology)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; topology && i < topology->route_len; i++) {
        const struct planned_route *route = &topology->routes[i];
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "plan", route->plan);
        map_put_str(&b, "rule", route->rule);
        map_put_str(&b, "destination", route->destination);
        map_put(&b, "relay", text_or_null(arena, route->relay));
        map_put_str(&b, "route", copy_way_name(route->way));
        map_put_str(&b, "why", route->why);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

const struct value *plan_locks_to_json(struct arena *arena, const struct render_options *options)
{
    if (options->locks || !options->countdowns)
        return options->locks;
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < options->countdown_len; i++)
        list_add(&list, countdown_to_json(arena, &options->countdowns[i]));
    return list_end(&list);
}

const struct value *plan_to_json(struct arena *arena, const struct plan *plan,
                                 const struct render_options *options)
{
    struct list_builder changes = list_begin(arena);
    for (size_t i = 0; i < plan->len; i++) {
        const struct change *change = &plan->changes[i];
        if (!change->replacement || change->action == ACTION_CREATE)
            list_add(&changes, change_value(arena, plan, change));
    }
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", FORMAT_VERSION);
    map_put_str(&b, "fingerprint", plan->fingerprint);
    map_put_str(&b, "lineage", plan->lineage);
    map_put_int(&b, "serial", plan->serial);
    map_put_str(&b, "created", time_iso(arena, plan->created_ms));
    map_put(&b, "summary", summary_value(arena, plan, options));
    map_put(&b, "changes", list_end(&changes));
    map_put(&b, "moves", moves_value(arena, plan));
    map_put(&b, "retained", retained_value(arena, plan));
    map_put(&b, "locks", plan_locks_to_json(arena, options));
    map_put(&b, "organizational_units", units_to_json(arena, plan->topology));
    map_put(&b, "routes", routes_to_json(arena, plan->topology));
    return map_end(&b);
}

static const struct value *drift_value(struct arena *arena, const struct drift *drift)
{
    const struct schema_node *root = drift->schema->root;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "address", drift->address);
    map_put_str(&b, "type", drift->type);
    map_put_str(&b, "account", drift->account);
    map_put_str(&b, "account_id", drift->account_id);
    map_put(&b, "region", text_or_null(arena, drift->region));
    map_put_str(&b, "action", drift->action);
    map_put_str(&b, "reason",
                str_eq(drift->action, "changed")
                    ? "differs"
                    : arena_printf(arena, "%s outside", drift->action));
    map_put_str(&b, "severity", drift->severity);
    map_put(&b, "before", or_null(value_redacted(arena, root, drift->before)));
    map_put(&b, "after", or_null(value_redacted(arena, root, drift->after)));
    struct list_builder none = list_begin(arena);
    map_put(&b, "unknown", list_end(&none));
    map_put_bool(&b, "irreversible", false);
    map_put(&b, "differences", differences_value(arena, drift->differences, drift->difference_len));
    return map_end(&b);
}

const struct value *drift_to_json(struct arena *arena, const struct drift *drifts, size_t len)
{
    static const char *const names[] = {"changed", "deleted", "added", "high", "medium", "low"};
    size_t counts[ARRAY_LEN(names)] = {0};
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < len; i++) {
        for (size_t n = 0; n < ARRAY_LEN(names); n++)
            if (str_eq(names[n], drifts[i].action) || str_eq(names[n], drifts[i].severity))
                counts[n]++;
        list_add(&list, drift_value(arena, &drifts[i]));
    }
    struct map_builder summary = map_begin(arena);
    /* as plan would count what was done outside */
    const struct counts done = {.update = counts[0], .remove = counts[1]};
    put_counts(&summary, &done);
    for (size_t n = 0; n < ARRAY_LEN(names); n++)
        map_put_int(&summary, names[n], (int64_t)counts[n]);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", FORMAT_VERSION);
    map_put(&b, "summary", map_end(&summary));
    map_put(&b, "drift", list_end(&list));
    return map_end(&b);
}
