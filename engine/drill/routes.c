#include "engine/drill/routes.h"

#include "engine/aws/arn.h"

struct found {
    struct arena *arena;
    struct drill_route *items;
    size_t len, cap;
};

static void add(struct found *found, struct drill_route route)
{
    found->items = arena_grow(found->arena, found->items, found->len, &found->cap, found->len + 1,
                              sizeof(*found->items));
    found->items[found->len++] = route;
}

static const char *const *vaults_of_relay(struct arena *arena, const struct value *config)
{
    const struct value *list = value_get(config, "destinations");
    const char **finals = arena_array(arena, value_len(list) + 1, sizeof(*finals));
    size_t len = 0;
    for (size_t i = 0; i < value_len(list); i++) {
        const char *arn = value_get_str(value_item(list, i), "vault_arn");
        if (arn)
            finals[len++] = arn;
    }
    return finals;
}

static void add_action(struct found *found, const struct drill_names *names,
                       const struct drill_route *rule, const char *account_id, const char *vault)
{
    bool relayed = false;
    for (size_t i = 0; i < names->topology->relay_len; i++) {
        const struct relay_entry *relay = &names->topology->relays[i];
        const struct value *config = drill_resolve(names, relay->config);
        if (!str_eq(value_get_str(config, "source_vault_arn"), vault))
            continue;
        struct drill_route route = *rule;
        route.via = vault;
        route.relay = relay->address;
        route.finals = vaults_of_relay(names->arena, config);
        add(found, route);
        relayed = true;
    }
    if (relayed || arn_is_in_account(vault, account_id))
        return;
    const char **finals = arena_array(names->arena, 2, sizeof(*finals));
    finals[0] = vault;
    struct drill_route route = *rule;
    route.finals = finals;
    add(found, route);
}

static bool share_a_vault(const struct drill_route *a, const struct drill_route *b)
{
    for (size_t i = 0; a->finals[i]; i++)
        if (str_is_one_of(a->finals[i], b->finals))
            return true;
    return false;
}

static bool make_up(const struct drill_route *a, const struct drill_route *b)
{
    return str_eq(a->plan, b->plan) && str_eq(a->rule, b->rule) && share_a_vault(a, b);
}

static void join(struct found *found, size_t to, size_t from)
{
    for (size_t i = 0; i < found->len; i++)
        if (found->items[i].group == from)
            found->items[i].group = to;
}

static void group(struct found *found)
{
    for (size_t i = 0; i < found->len; i++)
        found->items[i].group = i;
    for (size_t i = 0; i < found->len; i++)
        for (size_t k = 0; k < i; k++)
            if (found->items[k].group != found->items[i].group &&
                make_up(&found->items[k], &found->items[i]))
                join(found, found->items[k].group, found->items[i].group);
}

struct drill_routes drill_routes_find(const struct drill_names *names)
{
    struct found found = {.arena = names->arena};
    for (size_t i = 0; i < names->topology->resource_len; i++) {
        const struct resource *plan = &names->topology->resources[i];
        const struct record *record = map_get(&names->by_address, plan->address);
        if (!str_eq(plan->schema->type_name, "aws_backup_plan") || !record)
            continue;
        const struct value *rules = value_get(drill_resolve(names, plan->properties), "rules");
        for (size_t k = 0; k < value_len(rules); k++) {
            const struct value *rule = value_item(rules, k);
            const struct drill_route common = {.plan = plan->address,
                                               .plan_id = value_get_str(record->attributes, "id"),
                                               .rule = value_get_str(rule, "rule_name")};
            const struct value *actions = value_get(rule, "copy_actions");
            for (size_t a = 0; a < value_len(actions); a++) {
                const char *vault =
                    value_get_str(value_item(actions, a), "destination_backup_vault_arn");
                if (vault)
                    add_action(&found, names, &common, plan->account->id, vault);
            }
        }
    }
    group(&found);
    return (struct drill_routes){found.items, found.len};
}
