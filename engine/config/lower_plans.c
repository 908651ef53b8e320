#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/aws/managed_policies.h"
#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

/* The copy action as AWS gets it. */
static const struct value *copy_action(struct lowering *lw, const struct value *action,
                                       const struct route *route)
{
    const struct target *into = route->direct ? &route->to : &route->via;
    const struct value *lifecycle =
        value_get(action, route->direct ? "lifecycle" : "relay_lifecycle");
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "destination_backup_vault_arn", target_value(lw, into, "arn"));
    if (lifecycle)
        map_put(&map, "lifecycle", lifecycle);
    return value_at(lw->arena, map_end(&map), action->pos);
}

/* The relay finds the last vault by the first of its tags; a tag that the rule gives stays. */
static void add_relay_tag(struct lowering *lw, const struct route *route, struct map_builder *tags)
{
    const struct value *keys = value_get(route->relay->body, "tag_keys");
    const char *key = value_str(value_item(keys, 0));
    if (key && !map_so_far(tags, key))
        map_put(tags, key, target_value(lw, &route->to, "arn"));
}

static const struct value *copy_actions(struct lowering *lw, const struct instance *in,
                                        const struct value_entry *rule, const struct value *actions,
                                        struct map_builder *tags)
{
    struct list_builder list = list_begin(lw->arena);
    for (size_t i = 0; i < value_len(actions); i++) {
        const struct value *action = value_item(actions, i);
        struct route route;
        if (!route_of(lw, in, rule, action, &route))
            continue;
        if (value_get(action, "route"))
            route_note(lw, in, rule, &route);
        if (!route.direct)
            add_relay_tag(lw, &route, tags);
        list_add(&list, copy_action(lw, action, &route));
        const struct instance *last = route.to.instance;
        if (route.direct && last && last->account != in->account &&
            !value_get_bool(last->body, "external", false))
            lower_last_vault_account(lw, last);
    }
    return value_at(lw->arena, list_end(&list), actions->pos);
}

/* Backups are made where the plan is; only copies travel. */
static const struct value *target_vault(struct lowering *lw, const struct instance *in,
                                        const struct value *v)
{
    struct target target;
    if (!target_of(lw, in, "vaults", v, &target))
        return NULL;
    if (target.instance &&
        (target.instance->account != in->account || !str_eq(target.instance->region, in->region))) {
        struct diag *d = lower_error(
            lw, E_PLACEMENT, target.pos, in->address,
            "`%s` is in account `%s` and %s, but the plan makes its backups in account `%s` and %s",
            target.instance->address, target.instance->account->name, target.instance->region,
            in->account->name, in->region);
        diag_hint(lw->diags, d,
                  "Name a vault of the plan's account and Region here, and this one in a copy "
                  "action.");
    }
    return target_value(lw, &target, "name");
}

static const struct value *plan_rule(struct lowering *lw, const struct instance *in,
                                     const struct value_entry *e)
{
    static const char *const same[] = {
        "schedule_expression",
        "schedule_expression_timezone",
        "start_window_minutes",
        "completion_window_minutes",
        "lifecycle",
        "enable_continuous_backup",
        "index_actions",
        NULL,
    };
    struct map_builder map = map_begin(lw->arena);
    map_put_at(&map, "rule_name", e->key_pos,
               value_at(lw->arena, value_string(lw->arena, e->key), e->key_pos));
    map_put(&map, "target_backup_vault_name",
            target_vault(lw, in, value_get(e->value, "target_vault")));
    copy_keys(&map, e->value, same);
    map_put(&lw->objectives, arena_printf(lw->arena, "%s/rules.%s", in->address, e->key),
            value_get(e->value, "max_age_hours"));
    const struct value *actions = value_get(e->value, "copy_actions");
    const struct value_entry *own = value_entry_of(e->value, "recovery_point_tags");
    bool is_map = own && value_is(own->value, VALUE_MAP);
    struct map_builder tags = map_begin_from(lw->arena, is_map ? own->value : NULL);
    if (value_is(actions, VALUE_LIST))
        map_put(&map, "copy_actions", copy_actions(lw, in, e, actions, &tags));
    if (own && (!is_map || tags.len == value_len(own->value)))
        map_put_at(&map, own->key, own->key_pos, own->value);
    else if (tags.len > 0)
        map_put(&map, "recovery_point_tags",
                value_at(lw->arena, map_end(&tags), own ? own->value->pos : e->value->pos));
    return value_at(lw->arena, map_end(&map), e->value->pos);
}

bool plan_takes_buckets(const struct instance *plan)
{
    const struct value *selections = value_get(plan->body, "selections");
    for (size_t i = 0; value_is(selections, VALUE_MAP) && i < selections->map.len; i++) {
        const struct value *resources = value_get(selections->map.entries[i].value, "resources");
        for (size_t k = 0; value_is(resources, VALUE_LIST) && k < resources->list.len; k++) {
            const char *pattern = value_str(resources->list.items[k]);
            if (str_eq(backup_type_of_arn(pattern ? pattern : ""), "S3"))
                return true;
        }
    }
    return false;
}

/* One role for all selections of the plan that name none. AWS's operator policies let people pass
 * only roles whose name contains AWSBackup. */
static const struct value *made_role(struct lowering *lw, const struct instance *in)
{
    struct arena *arena = lw->arena;
    struct map_builder map = map_begin(arena);
    struct list_builder managed = list_begin(arena);
    list_add_str(&managed,
                 managed_policy_arn(arena, MANAGED_POLICY_BACKUP, in->account->partition));
    if (plan_takes_buckets(in))
        list_add_str(&managed,
                     managed_policy_arn(arena, MANAGED_POLICY_S3_BACKUP, in->account->partition));
    map_put(&map, "name", global_name_of(lw, in, "AWSBackup"));
    map_put(&map, "description",
            value_stringf(arena, "AWS Backup works with this role for %s", in->global_address));
    map_put(&map, "assume_role_policy_document",
            iam_service_trust(arena, "backup.amazonaws.com", NULL));
    map_put(&map, "managed_policy_arns", list_end(&managed));
    draft_add(lw, in, "/role", "aws_iam_role", map_end(&map));
    return value_ref(arena, arena_printf(arena, "%s/role", in->global_address), "arn");
}

const struct value *plan_role(struct lowering *lw, const struct instance *plan,
                              const struct value *selection)
{
    const struct value *role = value_get(selection, "role");
    const struct value *ref;
    if (!role)
        ref = made_role(lw, plan);
    else if (str_eq(value_str(role), "service_default"))
        ref = lower_default_role(lw, plan);
    else
        return ref_value(lw, plan, "roles", role, "arn");
    return value_at(lw->arena, ref, place_or(role, plan->entry->pos));
}

/* {key: value} as AWS's list; a list is AWS's own already. */
static const struct value *tag_list(struct lowering *lw, const struct value *v, bool typed)
{
    if (!value_is(v, VALUE_MAP))
        return v;
    struct list_builder list = list_begin(lw->arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *e = &v->map.entries[i];
        struct map_builder map = map_begin(lw->arena);
        if (typed)
            map_put_str(&map, "condition_type", "STRINGEQUALS");
        map_put(&map, "condition_key",
                value_at(lw->arena, value_string(lw->arena, e->key), e->key_pos));
        map_put(&map, "condition_value", e->value);
        list_add(&list, value_at(lw->arena, map_end(&map), e->key_pos));
    }
    return value_at(lw->arena, list_end(&list), v->pos);
}

static const struct value *conditions(struct lowering *lw, const struct value *v)
{
    if (!value_is(v, VALUE_MAP))
        return v;
    struct map_builder map = map_begin(lw->arena);
    for (size_t i = 0; i < v->map.len; i++)
        map_put_at(&map, v->map.entries[i].key, v->map.entries[i].key_pos,
                   tag_list(lw, v->map.entries[i].value, false));
    return value_at(lw->arena, map_end(&map), v->pos);
}

/* Under which key a simulated world puts the resources of the selection. */
static void note_source_key(struct lowering *lw, const struct instance *in,
                            const struct value_entry *e)
{
    const struct value *declared = value_get(e->value, "source_key");
    const char *text = value_str(declared);
    enum key_class key;
    struct target target;
    if (!text)
        return;
    if (!key_class_parse(text, &key)) {
        if (!target_of(lw, in, "keys", declared, &target))
            return;
        text = target.arn;
        if (target.instance)
            text = literal_text(
                lw,
                value_ref(lw->arena, arena_printf(lw->arena, "%s/alias", target.instance->address),
                          "name"));
    }
    map_put_str(&lw->source_keys, arena_printf(lw->arena, "%s/selections.%s", in->address, e->key),
                text);
}

/* AWS takes a star after `db:` for the instances of clusters as well, and backs up the clusters. */
static bool takes_instances_of_clusters(const char *pattern)
{
    struct arn arn;
    return pattern && arn_parse(slice_of(pattern), &arn) && slice_is(arn.service, "rds") &&
           slice_starts(arn.resource, "db:") && arn.resource.ptr[arn.resource.len - 1] == '*';
}

/* A key that could be shared is said of the databases, and the clusters may have another. */
static void check_source_key(struct lowering *lw, const struct instance *in,
                             const struct value_entry *e)
{
    const char *declared = value_str(value_get(e->value, "source_key"));
    const struct value *patterns = value_get(e->value, "resources");
    enum key_class key;
    if (!declared ||
        (key_class_parse(declared, &key) && (key == KEY_AWS_MANAGED || key == KEY_SSE_RDS)))
        return;
    for (size_t i = 0; value_is(patterns, VALUE_LIST) && i < patterns->list.len; i++) {
        const struct value *item = patterns->list.items[i];
        if (takes_instances_of_clusters(value_str(item)))
            diag_warning(lw->diags, E_SELECTION_WIDER, item->pos, in->address,
                         "`%s` also takes the instances of Aurora, Neptune and DocumentDB, and "
                         "their clusters may lie under another key than `%s`",
                         value_str(item), declared);
    }
}

static void check_partitions(struct lowering *lw, const struct instance *in,
                             const struct value *patterns)
{
    for (size_t i = 0; value_is(patterns, VALUE_LIST) && i < patterns->list.len; i++) {
        const struct value *item = patterns->list.items[i];
        struct arn arn;
        if (value_str(item) && arn_parse(slice_of(value_str(item)), &arn) &&
            !slice_is(arn.partition, in->account->partition))
            lower_error(lw, E_PARTITION, item->pos, in->address,
                        "`%s` selects nothing: account `%s` is of the partition %s",
                        value_str(item), in->account->name, in->account->partition);
    }
}

static void lower_selection(struct lowering *lw, const struct instance *in,
                            const struct value_entry *e)
{
    static const char *const same[] = {"resources", "not_resources", NULL};
    struct map_builder map = map_begin(lw->arena);
    if (!entry_name_is_valid(e->key))
        lower_error(lw, E_BAD_VALUE, e->key_pos, in->address,
                    "`%s` cannot name a selection: a letter, then letters, digits, `_` or `-`, 32 "
                    "in all",
                    e->key);
    note_source_key(lw, in, e);
    check_source_key(lw, in, e);
    check_partitions(lw, in, value_get(e->value, "resources"));
    check_partitions(lw, in, value_get(e->value, "not_resources"));
    map_put(&map, "backup_plan_id", value_ref(lw->arena, in->address, "id"));
    map_put(&map, "name", value_at(lw->arena, value_string(lw->arena, e->key), e->key_pos));
    map_put(&map, "iam_role_arn", plan_role(lw, in, e->value));
    copy_keys(&map, e->value, same);
    map_put(&map, "list_of_tags", tag_list(lw, value_get(e->value, "list_of_tags"), true));
    map_put(&map, "conditions", conditions(lw, value_get(e->value, "conditions")));
    struct draft *draft =
        draft_add(lw, in, arena_printf(lw->arena, "/selections.%s", e->key), "aws_backup_selection",
                  value_at(lw->arena, map_end(&map), e->key_pos));
    if (draft)
        draft->resource.pos = e->key_pos;
}

static void lower_plan(struct lowering *lw, const struct instance *in)
{
    static const char *const same[] = {"advanced_backup_settings", NULL};
    const struct value *rules = value_get(in->body, "rules");
    const struct value *selections = value_get(in->body, "selections");
    struct list_builder list = list_begin(lw->arena);
    struct map_builder map = map_begin(lw->arena);
    if (value_is(rules, VALUE_MAP)) {
        for (size_t i = 0; i < rules->map.len; i++)
            list_add(&list, plan_rule(lw, in, &rules->map.entries[i]));
        map_put(&map, "rules", value_at(lw->arena, list_end(&list), rules->pos));
    }
    map_put(&map, "name", name_of(lw, in, NULL));
    copy_keys(&map, in->body, same);
    draft_add(lw, in, "", "aws_backup_plan", map_end(&map));
    if (value_is(selections, VALUE_MAP))
        for (size_t i = 0; i < selections->map.len; i++)
            lower_selection(lw, in, &selections->map.entries[i]);
}

void lower_plans(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_plan(lw, &entry->instances[i]);
}
