/* The way of a copy action that says `route`: straight into its vault, or through a relay. */
#include "engine/aws/arn.h"
#include "engine/config/lower_relays.h"

#define ROUTE_DIRECT "direct"
#define ROUTE_RELAY "relay"

/* One selection's say. */
struct opinion {
    enum copy_way way;
    const char *why;
};

/* --- the key ----------------------------------------------------------------------------------
 */
static bool is_shared_with(struct lowering *lw, const struct instance *key,
                           const struct account *account)
{
    const struct value *names = as_list(lw, value_get(key->body, "share_with"));
    struct account_list list = {0};
    if (key->account == account || value_get(key->body, "policy"))
        return true; /* a policy by hand is its writer's to judge */
    for (size_t i = 0; i < value_len(names); i++)
        accounts_add(lw, &list, value_item(names, i));
    for (size_t i = 0; i < list.len; i++)
        if (list.items[i] == account)
            return true;
    return false;
}

static const char *selection_address(struct lowering *lw, const struct instance *plan,
                                     const char *name)
{
    return arena_printf(lw->arena, "%s/selections.%s", plan->address, name);
}

/* What the selection's resources are encrypted with. *ret_why: a reason of its own, or NULL. */
static enum key_class source_key(struct lowering *lw, const struct instance *plan,
                                 const struct value_entry *selection, const struct target *to,
                                 const char **ret_why)
{
    const struct value *declared = value_get(selection->value, "source_key");
    enum key_class key = KEY_UNKNOWN;
    struct target target;
    *ret_why = NULL;
    if (!declared) {
        const struct value *read =
            value_get(lw->options->source_keys, selection_address(lw, plan, selection->key));
        const char *name = value_get_str(read, "class");
        *ret_why = value_get_str(read, "why");
        return name && key_class_parse(name, &key) ? key : KEY_UNKNOWN;
    }
    if (value_str(declared) && key_class_parse(value_str(declared), &key))
        return key;
    if (!target_of(lw, plan, "keys", declared, &target))
        return KEY_UNKNOWN;
    if (target.instance && to->instance &&
        !is_shared_with(lw, target.instance, to->instance->account)) {
        *ret_why = arena_printf(lw->arena, "`%s` is not shared with account `%s`",
                                target.instance->address, to->instance->account->name);
        return KEY_AWS_MANAGED; /* no better than one that cannot be shared */
    }
    return KEY_CUSTOMER_MANAGED;
}

/* --- what the selections say --------------------------------------------------------------------
 */
/* Never, then unknown, then the relay: one backup that cannot go straight settles it for all. */
static bool is_graver(enum copy_way a, enum copy_way b)
{
    static const int gravity[] = {
        [COPY_DIRECT] = 0, [COPY_RELAY] = 1, [COPY_UNDECIDED] = 2, [COPY_NEVER] = 3};
    return gravity[a] > gravity[b];
}

struct asking {
    struct lowering *lw;
    const struct instance *plan;
    const struct target *to;
    bool crosses_account, first_vault_has_key;
    struct opinion opinion;
    bool any;
};

static void ask_type(struct asking *asking, const struct value_entry *selection,
                     const struct backup_type *type, enum key_class key, const char *why_key)
{
    const struct copy_case c = {.type = type,
                                .source_key = key,
                                .crosses_account = asking->crosses_account,
                                .first_vault_has_key = asking->first_vault_has_key};
    const char *why;
    enum copy_way way = copy_route(&c, &why);
    bool by_key = way != COPY_NEVER && (!type || !type->fully_managed) && asking->crosses_account;
    if (by_key && why_key)
        why = why_key;
    if (asking->any && !is_graver(way, asking->opinion.way))
        return;
    asking->any = true;
    asking->opinion = (struct opinion){
        way, arena_printf(asking->lw->arena, "selection `%s`: %s", selection->key, why)};
}

static void ask_selection(struct asking *asking, const struct value_entry *selection)
{
    const struct value *patterns = value_get(selection->value, "resources");
    const char *why;
    enum key_class key = source_key(asking->lw, asking->plan, selection, asking->to, &why);
    for (size_t i = 0; value_is(patterns, VALUE_LIST) && i < patterns->list.len; i++)
        ask_type(asking, selection, backup_type_of_pattern(value_str(patterns->list.items[i])), key,
                 why);
    if (value_len(value_get(selection->value, "list_of_tags")) > 0)
        ask_type(asking, selection, NULL, key, why);
}

static struct opinion ask(struct lowering *lw, const struct instance *plan,
                          const struct value_entry *rule, const struct target *to)
{
    struct arn arn;
    struct target first;
    struct asking asking = {
        .lw = lw, .plan = plan, .to = to, .opinion = {COPY_UNDECIDED, "nothing is selected yet"}};
    const struct value *selections = value_get(plan->body, "selections");
    const char *account = to->instance ? to->instance->account->id : NULL;
    if (!account && arn_parse(slice_of(to->arn), &arn))
        account = arena_strndup(lw->arena, arn.account.ptr, arn.account.len);
    asking.crosses_account = !str_eq(account, plan->account->id) ||
                             (to->instance && to->instance->account != plan->account);
    if (target_of(lw, plan, "vaults", value_get(rule->value, "target_vault"), &first))
        asking.first_vault_has_key =
            first.instance && value_get(first.instance->body, "key") != NULL;
    for (size_t i = 0; value_is(selections, VALUE_MAP) && i < selections->map.len; i++)
        ask_selection(&asking, &selections->map.entries[i]);
    return asking.opinion;
}

/* --- the relay --------------------------------------------------------------------------------
 */
static bool brings_into(struct lowering *lw, const struct instance *relay, const struct target *to)
{
    struct targets vaults;
    if (!targets_of(lw, relay, "vaults", value_get(relay->body, "destination_vaults"), &vaults))
        return false;
    for (size_t i = 0; i < vaults.len; i++)
        if (to->instance ? vaults.items[i].instance == to->instance
                         : str_eq(vaults.items[i].arn, to->arn))
            return true;
    return false;
}

/* The relay of the plan's account that leads there: the one that is named, or the only one. */
static const struct instance *relay_to(struct lowering *lw, const struct instance *plan,
                                       const struct value *action, const struct target *to,
                                       bool *ret_several)
{
    const struct instance *found = NULL;
    const struct value *named = value_get(action, "relay");
    struct target target;
    *ret_several = false;
    if (named)
        return target_of(lw, plan, "relays", named, &target) ? target.instance : NULL;
    for (size_t i = 0; i < lw->entries.len; i++) {
        const struct entry *entry = lw->entries.entries[i].value;
        for (size_t j = 0; str_eq(entry->section, "relays") && j < entry->len; j++) {
            if (entry->instances[j].account != plan->account ||
                !brings_into(lw, &entry->instances[j], to))
                continue;
            *ret_several = found != NULL;
            found = &entry->instances[j];
        }
    }
    return found;
}

static bool find_relay(struct lowering *lw, const struct instance *plan, const struct value *action,
                       struct route *route)
{
    bool several;
    route->relay = relay_to(lw, plan, action, &route->to, &several);
    struct source_pos pos = place_or(value_get(action, "relay"), action->pos);
    if (several) {
        lower_error(lw, E_AMBIGUOUS, pos, plan->address,
                    "more than one relay brings copies into `%s`: name one with `relay`",
                    route->destination);
        return false;
    }
    if (route->relay && !brings_into(lw, route->relay, &route->to)) {
        lower_error(lw, E_ROUTE, pos, plan->address, "`%s` does not bring copies into `%s`",
                    route->relay->address, route->destination);
        return false;
    }
    return !route->relay || target_of(lw, route->relay, "vaults",
                                      value_get(route->relay->body, "source_vault"), &route->via);
}

/* Nothing goes through it any more, but what went before may still be on its way. */
static void note_relay(struct lowering *lw, const struct instance *plan, const struct value *action,
                       struct route *route)
{
    bool several;
    route->relay = relay_to(lw, plan, action, &route->to, &several);
    if (route->relay && !target_of(lw, route->relay, "vaults",
                                   value_get(route->relay->body, "source_vault"), &route->via))
        route->via = (struct target){0};
}

/* --- the decision -----------------------------------------------------------------------------
 */
static bool refuse(struct lowering *lw, const struct instance *plan, const struct value *action,
                   const char *text)
{
    lower_error(lw, E_ROUTE, place_or(value_get(action, "route"), action->pos), plan->address, "%s",
                text);
    return false;
}

/* What would fail for every backup is refused at once. */
static bool check_direct(struct lowering *lw, const struct instance *plan,
                         const struct value *action, const struct route *route)
{
    if (route->way == COPY_RELAY)
        return refuse(lw, plan, action,
                      arena_printf(lw->arena, "no copy can go straight into `%s`: %s",
                                   route->destination, route->why));
    return true;
}

static bool decide(struct lowering *lw, const struct instance *plan, const struct value *action,
                   const char *wish, struct route *route)
{
    if (route->way == COPY_NEVER)
        return refuse(lw, plan, action, route->why);
    bool known = route->way != COPY_UNDECIDED;
    route->unread = !known && !lw->options->source_keys && !str_eq(wish, ROUTE_RELAY);
    if (str_eq(wish, ROUTE_DIRECT)) {
        route->direct = true;
        note_relay(lw, plan, action, route);
        if (!check_direct(lw, plan, action, route))
            return false;
        route->way = COPY_DIRECT;
        if (!known)
            route->why = arena_printf(lw->arena, "asked for, although %s", route->why);
        return true;
    }
    if (str_eq(wish, ROUTE_RELAY)) {
        route->way = COPY_RELAY;
        route->why = "asked for";
    }
    route->direct = route->way == COPY_DIRECT;
    if (!known && !route->unread)
        route->way = COPY_RELAY; /* everything was asked that could be */
    if (!find_relay(lw, plan, action, route))
        return false;
    if (!route->direct && !route->relay)
        return refuse(lw, plan, action,
                      arena_printf(lw->arena,
                                   "no relay of account `%s` brings copies into `%s`, and without "
                                   "one they cannot get there: %s",
                                   plan->account->name, route->destination, route->why));
    return true;
}

/* AWS: copies stay in their partition, and in China in their account. */
bool copy_may_go(struct lowering *lw, const struct instance *from, const struct target *to,
                 struct source_pos pos)
{
    struct arn arn;
    const char *partition = from->account->partition;
    const char *there = to->instance ? to->instance->account->partition : NULL;
    const char *account = to->instance ? to->instance->account->id : NULL;
    if (!to->instance && arn_parse(slice_of(to->arn), &arn)) {
        there = arena_strndup(lw->arena, arn.partition.ptr, arn.partition.len);
        account = arena_strndup(lw->arena, arn.account.ptr, arn.account.len);
    }
    if (there && !str_eq(there, partition))
        lower_error(lw, E_PARTITION, pos, from->address,
                    "copies of account `%s` stay in the partition %s, and `%s` is in %s",
                    from->account->name, partition, to->instance ? to->instance->address : to->arn,
                    there);
    else if (account && str_eq(partition, "aws-cn") && !str_eq(account, from->account->id))
        lower_error(lw, E_PARTITION, pos, from->address,
                    "in China no copy leaves its account, and `%s` is in another one",
                    to->instance ? to->instance->address : to->arn);
    else
        return true;
    return false;
}

bool route_of(struct lowering *lw, const struct instance *plan, const struct value_entry *rule,
              const struct value *action, struct route *ret)
{
    const char *wish = value_get_str(action, "route");
    struct route route = {0};
    if (!target_of(lw, plan, "vaults", value_get(action, "destination_vault"), &route.to))
        return false;
    route.destination = route.to.instance ? route.to.instance->address : route.to.arn;
    if (!copy_may_go(lw, plan, &route.to,
                     place_or(value_get(action, "destination_vault"), action->pos)))
        return false;
    if (wish) {
        struct opinion opinion = ask(lw, plan, rule, &route.to);
        route.way = opinion.way;
        route.why = opinion.why;
        if (!decide(lw, plan, action, wish, &route))
            return false;
    } else {
        route.direct = true;
    }
    *ret = route;
    return true;
}

void route_note(struct lowering *lw, const struct instance *plan, const struct value_entry *rule,
                const struct route *route)
{
    lw->routes = arena_grow(lw->arena, lw->routes, lw->route_len, &lw->route_cap, lw->route_len + 1,
                            sizeof(*lw->routes));
    lw->routes[lw->route_len++] =
        (struct planned_route){.plan = plan->address,
                               .rule = rule->key,
                               .destination = route->destination,
                               .relay = route->relay ? route->relay->address : NULL,
                               .way = route->way,
                               .why = route->why,
                               .unread = route->unread};
}
