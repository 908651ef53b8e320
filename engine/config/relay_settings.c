#include "engine/config/lower_relays.h"

#define DEFAULT_BUDGET 100

static void put_lock(struct map_builder *map, const struct target *target)
{
    const struct value *lock = target->instance ? value_get(target->instance->body, "lock") : NULL;
    map_put(map, "lock_min_days", value_get(lock, "min_retention_days"));
    map_put(map, "lock_max_days", value_get(lock, "max_retention_days"));
}

static const struct value *destination(struct lowering *lw, const struct relay_draft *relay,
                                       const struct relay_destination_draft *to)
{
    static const char *const days[] = {"delete_after_days", "move_to_cold_storage_after_days",
                                       NULL};
    struct map_builder map = map_begin(lw->arena);
    map_put_str(&map, "vault_arn", to->arn);
    map_put_str(&map, "vault_name", to->name);
    map_put_str(&map, "account_id", to->account_id);
    map_put_str(&map, "region", to->region);
    put_lock(&map, &to->target);
    copy_keys(&map, value_get(relay->in->body, "lifecycle"), days);
    if (to->reader)
        map_put_str(&map, "reader_role_arn",
                    literal_text(lw, value_ref(lw->arena, to->reader, "arn")));
    return map_end(&map);
}

/* Of a rule's tags those that name a destination; NULL: none does. */
static const struct value *naming_tags(struct lowering *lw, const struct relay_draft *relay,
                                       const struct value *rule)
{
    const struct value *keys = value_get(relay->in->body, "tag_keys");
    const struct value *tags = value_get(rule, "recovery_point_tags");
    struct map_builder map = map_begin(lw->arena);
    for (size_t i = 0; value_is(tags, VALUE_MAP) && i < value_len(keys); i++) {
        const char *key = value_str(value_item(keys, i));
        const struct value *tag = key ? value_get(tags, key) : NULL;
        map_put_str(&map, key, tag ? literal_text(lw, tag) : NULL);
    }
    return map.len ? map_end(&map) : NULL;
}

static bool copies_into_source(struct lowering *lw, const struct relay_draft *relay,
                               const struct value *rule)
{
    const struct value *actions = value_get(rule, "copy_actions");
    for (size_t i = 0; i < value_len(actions); i++) {
        const struct value *to = value_get(value_item(actions, i), "destination_backup_vault_arn");
        if (to && str_eq(literal_text(lw, to), relay->source_arn))
            return true;
    }
    return false;
}

/* Rules that declare the same tags: {plan: [rule]}. */
struct declaration {
    const struct value *tags, *rules;
};

struct declarations {
    struct declaration *items;
    size_t len, cap;
};

static struct declaration *declaration_of(struct lowering *lw, struct declarations *all,
                                          const struct value *tags)
{
    for (size_t i = 0; i < all->len; i++)
        if (value_equal(all->items[i].tags, tags))
            return &all->items[i];
    struct map_builder none = map_begin(lw->arena);
    all->items =
        arena_grow(lw->arena, all->items, all->len, &all->cap, all->len + 1, sizeof(*all->items));
    all->items[all->len] = (struct declaration){tags, map_end(&none)};
    return &all->items[all->len++];
}

static void declare_rule(struct lowering *lw, struct declaration *declaration, const char *plan,
                         const struct value *rule_name)
{
    const struct value *before = value_get(declaration->rules, plan);
    struct list_builder names = list_begin(lw->arena);
    for (size_t i = 0; i < value_len(before); i++)
        list_add(&names, value_item(before, i));
    list_add(&names, rule_name);
    declaration->rules = value_with(lw->arena, declaration->rules, plan, list_end(&names));
}

static void add_declared(struct lowering *lw, const struct relay_draft *relay,
                         const struct draft *plan, struct declarations *all)
{
    const struct value *rules = value_get(plan->properties, "rules");
    const struct value *name = value_get(plan->properties, "name");
    for (size_t i = 0; name && i < value_len(rules); i++) {
        const struct value *rule = value_item(rules, i);
        const struct value *tags =
            copies_into_source(lw, relay, rule) ? naming_tags(lw, relay, rule) : NULL;
        if (tags)
            declare_rule(lw, declaration_of(lw, all, tags), literal_text(lw, name),
                         value_get(rule, "rule_name"));
    }
}

static const struct value *declarations_to_value(struct lowering *lw,
                                                 const struct declarations *all)
{
    struct list_builder list = list_begin(lw->arena);
    for (size_t i = 0; i < all->len; i++) {
        struct map_builder map = map_begin(lw->arena);
        map_put(&map, "tags", all->items[i].tags);
        map_put(&map, "rules", all->items[i].rules);
        list_add(&list, map_end(&map));
    }
    return list_end(&list);
}

/* What the rules of the plans that copy into the source vault say of its points: a tag may fail to
 * travel. Plans and rules go by name: their ids are AWS's, and a plan that is replaced gets new
 * ones. By tags, since a function's environment is small and most rules declare the same. NULL:
 * nothing. */
static const struct value *declared(struct lowering *lw, const struct relay_draft *relay)
{
    struct declarations all = {0};
    for (size_t i = 0; i < relay->plan_len; i++)
        add_declared(lw, relay, relay->plans[i], &all);
    return all.len ? declarations_to_value(lw, &all) : NULL;
}

static void add_vaults(struct lowering *lw, const struct relay_draft *relay,
                       const struct instance *sibling, struct list_builder *list)
{
    struct targets targets;
    if (!targets_of(lw, sibling, "vaults", value_get(sibling->body, "destination_vaults"),
                    &targets))
        return;
    for (size_t i = 0; i < targets.len; i++) {
        const char *arn = literal_text(lw, target_value(lw, &targets.items[i], "arn"));
        bool own = false;
        for (size_t k = 0; k < relay->destination_len; k++)
            own = own || str_eq(relay->destinations[k].arn, arn);
        if (arn && !own)
            relay_add_once_str(list, arn);
    }
}

static bool is_sibling(struct lowering *lw, const struct relay_draft *relay,
                       const struct instance *other)
{
    struct target source;
    return other->account == relay->in->account && str_eq(other->region, relay->in->region) &&
           target_of(lw, other, "vaults", value_get(other->body, "source_vault"), &source) &&
           str_eq(literal_text(lw, target_value(lw, &source, "arn")), relay->source_arn);
}

/* Where other relays of the source vault lead: what names one of these is theirs to copy. NULL:
 * nowhere. */
static const struct value *other_destinations(struct lowering *lw, const struct relay_draft *relay)
{
    struct list_builder list = list_begin(lw->arena);
    for (size_t i = 0; i < lw->entries.len; i++) {
        const struct entry *entry = lw->entries.entries[i].value;
        bool other = str_eq(entry->section, "relays") && entry != relay->in->entry;
        for (size_t k = 0; other && k < entry->len; k++)
            if (is_sibling(lw, relay, &entry->instances[k]))
                add_vaults(lw, relay, &entry->instances[k], &list);
    }
    return list.len ? list_end(&list) : NULL;
}

const struct value *relay_settings(struct lowering *lw, const struct relay_draft *relay)
{
    const struct instance *in = relay->in;
    struct map_builder map = map_begin(lw->arena);
    struct list_builder destinations = list_begin(lw->arena);
    const struct value *keys = value_get(in->body, "tag_keys");
    for (size_t i = 0; i < relay->destination_len; i++)
        list_add(&destinations, destination(lw, relay, &relay->destinations[i]));
    map_put_int(&map, "version", 1);
    map_put_str(&map, "topology", lw->topology);
    map_put_str(&map, "relay", in->address);
    map_put_str(&map, "partition", in->account->partition);
    map_put_str(&map, "account_id", in->account->id);
    map_put_str(&map, "region", in->region);
    map_put_str(&map, "source_vault_arn", relay->source_arn);
    map_put_str(&map, "source_vault_name", relay->source_name);
    map_put(&map, "destinations", list_end(&destinations));
    map_put(&map, "other_destinations", other_destinations(lw, relay));
    map_put(&map, "tag_keys", keys ? keys : value_list(lw->arena, NULL, 0));
    map_put_bool(&map, "copy_untagged", value_get_bool(in->body, "copy_untagged", false));
    map_put_str(&map, "copy_role_arn", relay->copy_role_arn);
    map_put(&map, "shorten_source_to_days", value_get(in->body, "shorten_source_to_days"));
    map_put(&map, "declared", declared(lw, relay));
    map_put_int(&map, "budget", value_get_int(in->body, "budget", DEFAULT_BUDGET));
    return map_end(&map);
}
