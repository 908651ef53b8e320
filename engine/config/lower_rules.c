#include "engine/config/lower.h"

/* What a target is given as; exactly one of them. */
static const struct {
    const char *key, *section;
} kinds[] = {{"function", "functions"}, {"queue", "queues"}, {"arn", NULL}};

static const struct value *target_arn(struct lowering *lw, const struct instance *in,
                                      const struct value_entry *e)
{
    const struct value *found = NULL;
    size_t given = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct value *v = value_get(e->value, kinds[i].key);
        if (!v)
            continue;
        given++;
        found = kinds[i].section ? ref_value(lw, in, kinds[i].section, v, "arn") : v;
    }
    if (given != 1)
        lower_error(lw, given ? E_AMBIGUOUS : E_MISSING_KEY, e->key_pos, in->address,
                    "target `%s` has %s of `function`, `queue` and `arn`; it needs exactly one",
                    e->key, given ? "several" : "none");
    return given == 1 ? found : NULL;
}

static const struct value *rule_target(struct lowering *lw, const struct instance *in,
                                       const struct value_entry *e)
{
    static const char *const same[] = {"retry_policy",      "input",          "input_path",
                                       "input_transformer", "sqs_parameters", NULL};
    struct map_builder map = map_begin(lw->arena);
    const struct value *arn = target_arn(lw, in, e);
    if (!arn)
        return NULL;
    map_put(&map, "id", value_at(lw->arena, value_string(lw->arena, e->key), e->key_pos));
    map_put(&map, "arn", arn);
    map_put(&map, "role_arn", ref_value(lw, in, "roles", value_get(e->value, "role"), "arn"));
    const struct value *dead_letter =
        ref_value(lw, in, "queues", value_get(e->value, "dead_letter"), "arn");
    if (dead_letter) {
        struct map_builder config = map_begin(lw->arena);
        map_put(&config, "arn", dead_letter);
        map_put(&map, "dead_letter_config", map_end(&config));
    }
    copy_keys(&map, e->value, same);
    return value_at(lw->arena, map_end(&map), e->key_pos);
}

void lower_invoke_permission(struct lowering *lw, const struct instance *in, const char *part,
                             const struct value *function_name, const struct value *statement,
                             const struct value *rule_arn)
{
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "function_name", function_name);
    map_put(&map, "statement_id", statement);
    map_put_str(&map, "action", "lambda:InvokeFunction");
    map_put_str(&map, "principal", "events.amazonaws.com");
    map_put(&map, "source_arn", rule_arn);
    draft_add(lw, in, part, "aws_lambda_permission", map_end(&map));
}

static size_t function_targets(const struct value *targets)
{
    size_t count = 0;
    for (size_t i = 0; value_is(targets, VALUE_MAP) && i < targets->map.len; i++)
        if (value_get(targets->map.entries[i].value, "function"))
            count++;
    return count;
}

static void lower_rule(struct lowering *lw, const struct instance *in)
{
    static const char *const same[] = {"event_bus_name", "event_pattern", "schedule_expression",
                                       "state",          "description",   NULL};
    const struct value *targets = value_get(in->body, "targets");
    struct list_builder list = list_begin(lw->arena);
    struct map_builder map = map_begin(lw->arena);
    bool only = function_targets(targets) == 1;
    for (size_t i = 0; value_is(targets, VALUE_MAP) && i < targets->map.len; i++) {
        const struct value_entry *e = &targets->map.entries[i];
        const struct value *target = rule_target(lw, in, e);
        const struct value *function = value_get(e->value, "function");
        if (target)
            list_add(&list, target);
        if (target && function)
            lower_invoke_permission(
                lw, in, only ? "/permission" : arena_printf(lw->arena, "/permissions.%s", e->key),
                ref_value(lw, in, "functions", function, "name"),
                only ? name_of(lw, in, NULL)
                     : value_stringf(lw->arena, "%s-%s-%s%s", lw->topology, in->entry->first_name,
                                     e->key, in->name_suffix),
                value_ref(lw->arena, in->address, "arn"));
    }
    map_put(&map, "name", name_of(lw, in, NULL));
    copy_keys(&map, in->body, same);
    if (value_is(targets, VALUE_MAP))
        map_put(&map, "targets", value_at(lw->arena, list_end(&list), targets->pos));
    draft_add(lw, in, "", "aws_event_rule", map_end(&map));
}

void lower_rules(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_rule(lw, &entry->instances[i]);
}
