#include "relay/decide/relay_config.h"

#define DEFAULT_BUDGET 100

static bool need(const struct value *map, const char *key, const char **ret, const char **ret_why)
{
    *ret = value_get_str(map, key);
    if (*ret)
        return true;
    *ret_why = key;
    return false;
}

static bool read_destination(const struct value *json, struct relay_destination *ret,
                             const char **ret_why)
{
    *ret = (struct relay_destination){
        .reader_role_arn = value_get_str(json, "reader_role_arn"),
        .lock_min_days = value_get_int(json, "lock_min_days", 0),
        .lock_max_days = value_get_int(json, "lock_max_days", 0),
        .delete_after_days = value_get_int(json, "delete_after_days", 0),
        .move_to_cold_storage_after_days =
            value_get_int(json, "move_to_cold_storage_after_days", 0),
    };
    return need(json, "vault_arn", &ret->vault_arn, ret_why) &&
           need(json, "vault_name", &ret->vault_name, ret_why) &&
           need(json, "account_id", &ret->account_id, ret_why) &&
           need(json, "region", &ret->region, ret_why);
}

static bool read_destinations(struct arena *arena, const struct value *list,
                              struct relay_config *ret, const char **ret_why)
{
    size_t len = value_len(list);
    if (!value_is(list, VALUE_LIST) || len == 0) {
        *ret_why = "destinations";
        return false;
    }
    struct relay_destination *destinations = arena_array(arena, len, sizeof(*destinations));
    for (size_t i = 0; i < len; i++)
        if (!read_destination(value_item(list, i), &destinations[i], ret_why))
            return false;
    ret->destinations = destinations;
    ret->destination_len = len;
    return true;
}

static bool read_texts(struct arena *arena, const struct value *map, const char *key,
                       const char *const **ret, const char **ret_why)
{
    const struct value *list = value_get(map, key);
    size_t len = value_len(list);
    const char **texts = arena_array(arena, len + 1, sizeof(*texts));
    for (size_t i = 0; i < len; i++) {
        texts[i] = value_str(value_item(list, i));
        if (!texts[i]) {
            *ret_why = key;
            return false;
        }
    }
    *ret = texts;
    return true;
}

struct reading {
    struct arena *arena;
    struct relay_declared *items;
    size_t len, cap;
};

static bool add_declared(struct reading *reading, const char *plan, const struct value *rules,
                         const struct value *tags)
{
    size_t len = value_len(rules);
    reading->items = arena_grow(reading->arena, reading->items, reading->len, &reading->cap,
                                reading->len + len, sizeof(*reading->items));
    for (size_t i = 0; i < len; i++) {
        const char *rule = value_str(value_item(rules, i));
        if (!rule)
            return false;
        reading->items[reading->len++] = (struct relay_declared){plan, rule, tags};
    }
    return len > 0;
}

static bool add_rules(struct reading *reading, const struct value *plans, const struct value *tags)
{
    bool good = value_is(tags, VALUE_MAP) && value_is(plans, VALUE_MAP);
    for (size_t i = 0; good && i < plans->map.len; i++)
        good = add_declared(reading, plans->map.entries[i].key, plans->map.entries[i].value, tags);
    return good;
}

/* As holdfast wrote it first, one rule an entry: a function that stands still has it so. */
static const struct value *rules_of(struct arena *arena, const struct value *item)
{
    const char *plan = value_get_str(item, "plan");
    const struct value *rule = value_get(item, "rule");
    struct map_builder map = map_begin(arena);
    if (!plan || !rule)
        return value_get(item, "rules");
    map_put(&map, plan, value_list(arena, &rule, 1));
    return map_end(&map);
}

static bool read_declared(struct arena *arena, const struct value *list, struct relay_config *ret,
                          const char **ret_why)
{
    struct reading reading = {.arena = arena};
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        if (!add_rules(&reading, rules_of(arena, item), value_get(item, "tags"))) {
            *ret_why = "declared";
            return false;
        }
    }
    ret->declared = reading.items;
    ret->declared_len = reading.len;
    return true;
}

bool relay_config_parse(struct arena *arena, const struct value *json, struct relay_config *ret,
                        const char **ret_why)
{
    if (value_get_int(json, "version", 0) != 1) {
        *ret_why = "version";
        return false;
    }
    *ret = (struct relay_config){
        .copy_untagged = value_get_bool(json, "copy_untagged", false),
        .budget = value_get_int(json, "budget", DEFAULT_BUDGET),
        .shorten_source_to_days = value_get_int(json, "shorten_source_to_days", 0),
    };
    return need(json, "topology", &ret->topology, ret_why) &&
           need(json, "relay", &ret->relay, ret_why) &&
           need(json, "partition", &ret->partition, ret_why) &&
           need(json, "account_id", &ret->account_id, ret_why) &&
           need(json, "region", &ret->region, ret_why) &&
           need(json, "source_vault_arn", &ret->source_vault_arn, ret_why) &&
           need(json, "source_vault_name", &ret->source_vault_name, ret_why) &&
           need(json, "copy_role_arn", &ret->copy_role_arn, ret_why) &&
           read_destinations(arena, value_get(json, "destinations"), ret, ret_why) &&
           read_texts(arena, json, "other_destinations", &ret->other_destinations, ret_why) &&
           read_texts(arena, json, "tag_keys", &ret->tag_keys, ret_why) &&
           read_declared(arena, value_get(json, "declared"), ret, ret_why);
}
