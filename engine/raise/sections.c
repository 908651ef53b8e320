/* What a person would write for an object in its section: the inverse of lower_*.c, a function for
 * each section. Whether it is right, trial.c finds out. */
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/tags.h"
#include "engine/raise/items.h"

/* One entry under construction. */
struct body {
    const struct raise *r;
    const struct item *item;
    struct map_builder map;
};

static const struct value *attribute(const struct item *item, const char *name)
{
    return value_get(item->found->attributes, name);
}

static const struct schema_node *node_of(const struct item *item, const char *name)
{
    return schema_property_of(item->found->schema->root, name);
}

/* The property as refer_value() writes it, under the section's word for it. */
static void put_as(struct body *b, const char *word, const char *property)
{
    map_put(&b->map, word,
            refer_value(b->r, b->item, node_of(b->item, property), attribute(b->item, property)));
}

static void put_all(struct body *b, const char *const *names)
{
    for (; *names; names++)
        put_as(b, *names, *names);
}

static bool is_whole(const struct item *item)
{
    return item_form(item) >= FORM_WHOLE;
}

/* The part of this type that the entry says; NULL: there is none. */
static const struct item *part_of(const struct item *item, const char *type)
{
    for (const struct item *part = item->first_part; part; part = part->next_part)
        if (str_eq(part->kind->type, type) && item_form(part) < FORM_BARE)
            return part;
    return NULL;
}

/* Tags that are neither ours nor AWS's. */
static void put_tags(struct body *b)
{
    const struct value *tags = attribute(b->item, "tags");
    struct map_builder map = map_begin(b->r->arena);
    for (size_t i = 0; value_is(tags, VALUE_MAP) && i < tags->map.len; i++)
        if (!str_starts(tags->map.entries[i].key, TAG_OWNER_PREFIX) &&
            !str_starts(tags->map.entries[i].key, "aws:"))
            map_put(&map, tags->map.entries[i].key, tags->map.entries[i].value);
    if (map.len)
        map_put(&b->map, "tags", map_end(&map));
}

static void put_place(struct body *b)
{
    const struct finding *found = b->item->found;
    map_put_str(&b->map, "account", map_get(&b->r->account_names, found->account->id));
    if (found->region)
        map_put_str(&b->map, "region", map_get(&b->r->region_names, found->region));
}

/* `name`, where it is not what the entry would be called by default. */
static void put_name(struct body *b)
{
    const char *name = value_get_str(b->item->found->attributes, "name");
    const char *usual =
        arena_printf(b->r->arena, "%s-%s", b->r->input->topology->name, b->item->name);
    if (!str_eq(name, usual))
        map_put_str(&b->map, "name", name);
}

/* ---- keys and vaults ---- */

/* Whether a statement has this effect on this action, among others. */
static bool does(const struct value *statement, const char *effect, const char *action)
{
    const struct value *actions = value_get(statement, "Action");
    bool named = str_eq(value_str(actions), action);
    for (size_t i = 0; value_is(actions, VALUE_LIST) && i < value_len(actions); i++)
        named = named || str_eq(value_str(value_item(actions, i)), action);
    return named && str_eq(value_get_str(statement, "Effect"), effect);
}

/* Of the statements that allow the action, the principals of AWS's kind: one, or a list. */
static void each_principal(const struct value *policy, const char *action,
                           void (*visit)(void *ctx, const struct value *statement,
                                         const char *principal),
                           void *ctx)
{
    const struct value *statements = value_get(policy, "Statement");
    for (size_t i = 0; i < value_len(statements); i++) {
        const struct value *statement = value_item(statements, i);
        const struct value *named = value_get(statement, "Principal");
        if (!does(statement, "Allow", action))
            continue;
        const struct value *aws = value_is(named, VALUE_MAP) ? value_get(named, "AWS") : named;
        if (value_str(aws))
            visit(ctx, statement, value_str(aws));
        for (size_t k = 0; value_is(aws, VALUE_LIST) && k < value_len(aws); k++)
            if (value_str(value_item(aws, k)))
                visit(ctx, statement, value_str(value_item(aws, k)));
    }
}

/* `protect`: who is spared by the statement that denies the action. */
static void put_protect(struct body *b, const struct value *policy, const char *action)
{
    const struct value *statements = value_get(policy, "Statement");
    for (size_t i = 0; i < value_len(statements); i++) {
        const struct value *statement = value_item(statements, i);
        const struct value *spared =
            value_pointer(statement, "/Condition/ArnNotEquals/aws:PrincipalArn");
        struct map_builder map = map_begin(b->r->arena);
        if (!spared || !does(statement, "Deny", action))
            continue;
        map_put(&map, "break_glass", spared);
        map_put(&b->map, "protect", map_end(&map));
    }
}

struct senders {
    const struct raise *r;
    const struct item *item;
    struct list_builder list;
    const char *section; /* that names of others than accounts come from, or NULL */
};

/* The account that "arn:aws:iam::ID:root" names, if it is one of the file's. */
static const char *account_of_root(const struct raise *r, const char *principal)
{
    for (size_t i = 0; i < r->input->topology->account_len; i++) {
        const struct account *account = &r->input->topology->accounts[i];
        if (str_eq(principal,
                   arena_printf(r->arena, "arn:%s:iam::%s:root", account->partition, account->id)))
            return account->id;
    }
    return NULL;
}

static void add_once(struct list_builder *list, const char *text)
{
    for (size_t i = 0; i < list->len; i++)
        if (str_eq(value_str(list_items(list)[i]), text))
            return;
    list_add_str(list, text);
}

/* Accounts other than the key's own. */
static void add_user(void *ctx, const struct value *statement, const char *principal)
{
    struct senders *senders = ctx;
    const char *id = account_of_root(senders->r, principal);
    (void)statement;
    if (id && !str_eq(id, senders->item->found->account->id))
        add_once(&senders->list, map_get(&senders->r->account_names, id));
}

static void add_administrator(void *ctx, const struct value *statement, const char *principal)
{
    struct senders *senders = ctx;
    (void)statement;
    if (!account_of_root(senders->r, principal))
        add_once(&senders->list, value_str(refer_entry(senders->r, "roles", principal)));
}

/* A reference, where the file makes what the ARN names. */
static const char *arn_text(const struct raise *r, const struct item *item, const char *arn)
{
    return value_str(refer_value(r, item, NULL, value_string(r->arena, arn)));
}

static void add_sender(void *ctx, const struct value *statement, const char *principal)
{
    struct senders *senders = ctx;
    const char *id = account_of_root(senders->r, principal);
    if (id)
        add_once(&senders->list, map_get(&senders->r->account_names, id));
    else if (str_eq(principal, "*") && value_get(statement, "Condition"))
        add_once(&senders->list, "organization");
    else
        add_once(&senders->list, arn_text(senders->r, senders->item, principal));
}

static void
put_principals(struct body *b, const char *word, const struct value *policy, const char *action,
               void (*add)(void *ctx, const struct value *statement, const char *principal))
{
    struct senders senders = {.r = b->r, .item = b->item, .list = list_begin(b->r->arena)};
    each_principal(policy, action, add, &senders);
    if (senders.list.len)
        map_put(&b->map, word, list_end(&senders.list));
}

static void raise_key(struct body *b)
{
    static const char *const same[] = {"description", "enabled", "key_rotation_enabled",
                                       "rotation_period_in_days", NULL};
    const struct item *alias = part_of(b->item, "aws_kms_alias");
    const char *name = alias ? value_get_str(alias->found->attributes, "name") : NULL;
    const char *usual =
        arena_printf(b->r->arena, "alias/%s-%s", b->r->input->topology->name, b->item->name);
    if (name && !str_eq(name, usual))
        map_put_str(&b->map, "alias", name);
    put_all(b, same);
    if (is_whole(b->item)) {
        put_as(b, "policy", "policy");
        return;
    }
    const struct value *policy = attribute(b->item, "policy");
    put_principals(b, "administrators", policy, "kms:ScheduleKeyDeletion", add_administrator);
    put_principals(b, "share_with", policy, "kms:Decrypt", add_user);
    put_protect(b, policy, "kms:ScheduleKeyDeletion");
}

static void put_vault_policy(struct body *b)
{
    const struct item *part = part_of(b->item, "aws_backup_vault_policy");
    const struct value *policy = part ? attribute(part, "policy") : NULL;
    if (!part)
        return;
    if (is_whole(part)) {
        map_put(&b->map, "policy", refer_value(b->r, part, node_of(part, "policy"), policy));
        return;
    }
    put_principals(b, "accept_copies_from", policy, "backup:CopyIntoBackupVault", add_sender);
    put_protect(b, policy, "backup:DeleteRecoveryPoint");
}

/* AWS does not tell the days of grace: a lock that stands is never put again for them. */
static void put_lock(struct body *b)
{
    const struct item *part = part_of(b->item, "aws_backup_vault_lock");
    struct map_builder map = map_begin(b->r->arena);
    if (!part)
        return;
    bool compliance = attribute(part, "lock_date") != NULL;
    map_put_str(&map, "mode", compliance ? "compliance" : "governance");
    map_put(&map, "min_retention_days", attribute(part, "min_retention_days"));
    map_put(&map, "max_retention_days", attribute(part, "max_retention_days"));
    if (compliance)
        map_put_int(&map, "changeable_for_days", GRACE_DAYS_UNKNOWN);
    map_put(&b->map, "lock", map_end(&map));
}

static void put_notifications(struct body *b)
{
    const struct item *part = part_of(b->item, "aws_backup_vault_notifications");
    struct map_builder map = map_begin(b->r->arena);
    if (!part)
        return;
    map_put(&map, "topic",
            refer_entry(b->r, "topics", value_get_str(part->found->attributes, "sns_topic_arn")));
    map_put(&map, "events", attribute(part, "backup_vault_events"));
    map_put(&b->map, "notifications", map_end(&map));
}

/* A key of the file or of another account. What is left are keys that AWS manages, which nobody
 * names. */
static bool names_a_key(const struct body *b, const char *text)
{
    struct arn arn;
    return map_get(&b->r->by_arn, text) ||
           (arn_parse(slice_of(text), &arn) && !slice_is(arn.account, b->item->found->account->id));
}

static void raise_vault(struct body *b)
{
    const char *key = value_get_str(b->item->found->attributes, "encryption_key_arn");
    put_name(b);
    if (b->item->external) {
        map_put_bool(&b->map, "external", true);
        return;
    }
    if (key && names_a_key(b, key))
        map_put(&b->map, "key", refer_entry(b->r, "keys", key));
    put_lock(b);
    put_vault_policy(b);
    put_notifications(b);
}

/* ---- plans ---- */

static const struct value *vault_ref(const struct raise *r, const struct item *plan,
                                     const char *name)
{
    const struct finding *found = plan->found;
    const struct item *vault = item_of(r, "aws_backup_vault", found->account, found->region, name);
    if (vault && item_form(vault) < FORM_BARE)
        return value_string(r->arena, vault->name);
    return value_stringf(r->arena, "arn:%s:backup:%s:%s:backup-vault:%s", found->account->partition,
                         found->region, found->account->id, name);
}

static const struct value *copy_actions(const struct raise *r, const struct item *plan,
                                        const struct schema_node *node, const struct value *list)
{
    struct list_builder actions = list_begin(r->arena);
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *action = value_item(list, i);
        struct map_builder map = map_begin(r->arena);
        map_put(&map, "destination_vault",
                refer_entry(r, "vaults", value_get_str(action, "destination_backup_vault_arn")));
        map_put(&map, "lifecycle",
                refer_value(r, plan, schema_property_of(node->items, "lifecycle"),
                            value_get(action, "lifecycle")));
        list_add(&actions, map_end(&map));
    }
    return actions.len ? list_end(&actions) : NULL;
}

static const struct value *plan_rule(const struct raise *r, const struct item *plan,
                                     const struct schema_node *node, const struct value *rule)
{
    static const char *const same[] = {"schedule_expression",
                                       "schedule_expression_timezone",
                                       "start_window_minutes",
                                       "completion_window_minutes",
                                       "lifecycle",
                                       "recovery_point_tags",
                                       "enable_continuous_backup",
                                       "index_actions"};
    const char *vault = value_get_str(rule, "target_backup_vault_name");
    struct map_builder map = map_begin(r->arena);
    map_put(&map, "target_vault", vault_ref(r, plan, vault ? vault : ""));
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        /* what AWS filled in is what a reader wants to see of a schedule */
        const struct value *v = value_get(rule, same[i]);
        bool is_schedule = i == 0 && v;
        map_put(&map, same[i],
                is_schedule ? v : refer_value(r, plan, schema_property_of(node, same[i]), v));
    }
    map_put(&map, "copy_actions",
            copy_actions(r, plan, schema_property_of(node, "copy_actions"),
                         value_get(rule, "copy_actions")));
    return map_end(&map);
}

static const struct value *role_ref(const struct raise *r, const struct item *selection)
{
    const char *arn = value_get_str(selection->found->attributes, "iam_role_arn");
    const struct item *role = arn ? map_get(&r->by_arn, arn) : NULL;
    if (role && role->shared && !is_whole(selection))
        return value_string(r->arena, "service_default");
    return refer_entry(r, "roles", arn);
}

/* AWS's list of tags as a map, where that says the same. */
static const struct value *tag_map(const struct raise *r, const struct value *list)
{
    struct map_builder map = map_begin(r->arena);
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        const char *key = value_get_str(item, "condition_key");
        if (!key || map_so_far(&map, key))
            return list;
        map_put(&map, key, value_get(item, "condition_value"));
    }
    return map.len ? map_end(&map) : NULL;
}

static const struct value *conditions(const struct raise *r, const struct value *given)
{
    struct map_builder map = map_begin(r->arena);
    for (size_t i = 0; value_is(given, VALUE_MAP) && i < given->map.len; i++)
        map_put(&map, given->map.entries[i].key, tag_map(r, given->map.entries[i].value));
    return map.len ? map_end(&map) : NULL;
}

static const struct value *selection(const struct raise *r, const struct item *item)
{
    struct body b = {.r = r, .item = item, .map = map_begin(r->arena)};
    map_put(&b.map, "role", role_ref(r, item));
    put_as(&b, "resources", "resources");
    put_as(&b, "not_resources", "not_resources");
    map_put(&b.map, "list_of_tags", tag_map(r, attribute(item, "list_of_tags")));
    map_put(&b.map, "conditions", conditions(r, attribute(item, "conditions")));
    map_put_str(&b.map, "source_key", item->found->source_key);
    return map_end(&b.map);
}

static void raise_plan(struct body *b)
{
    const struct value *rules = attribute(b->item, "rules");
    const struct schema_node *node = node_of(b->item, "rules");
    struct map_builder map = map_begin(b->r->arena), selections = map_begin(b->r->arena);
    put_name(b);
    for (size_t i = 0; i < value_len(rules); i++) {
        const struct value *rule = value_item(rules, i);
        const char *name = value_get_str(rule, "rule_name");
        map_put(&map, name ? name : "", plan_rule(b->r, b->item, node->items, rule));
    }
    map_put(&b->map, "rules", map_end(&map));
    put_as(b, "advanced_backup_settings", "advanced_backup_settings");
    for (const struct item *part = b->item->first_part; part; part = part->next_part)
        if (item_form(part) < FORM_BARE)
            map_put(&selections, part->name, selection(b->r, part));
    if (selections.len)
        map_put(&b->map, "selections", map_end(&selections));
}

/* ---- events ---- */

static const struct item *item_at(const struct raise *r, const char *arn, const char *section)
{
    const struct item *item = arn ? map_get(&r->by_arn, arn) : NULL;
    bool has_entry = item && !item->shared && item_form(item) < FORM_BARE;
    return has_entry && str_eq(item->kind->section, section) ? item : NULL;
}

static size_t function_targets(const struct body *b)
{
    const struct value *targets = attribute(b->item, "targets");
    size_t count = 0;
    for (size_t i = 0; i < value_len(targets); i++)
        count += item_at(b->r, value_get_str(value_item(targets, i), "arn"), "functions") != NULL;
    return count;
}

/* `function: F` brings the permission with it; without one that is so called the ARN has to do. */
static void put_target(struct body *b, struct map_builder *map, const char *arn)
{
    const struct item *function = item_at(b->r, arn, "functions");
    const struct item *queue = item_at(b->r, arn, "queues");
    if (function && function_targets(b) == 1 && part_of(b->item, "aws_lambda_permission"))
        map_put_str(map, "function", function->name);
    else if (queue)
        map_put_str(map, "queue", queue->name);
    else
        map_put(map, "arn", refer_value(b->r, b->item, NULL, value_string(b->r->arena, arn)));
}

static const struct value *target(struct body *b, const struct schema_node *node,
                                  const struct value *v)
{
    static const char *const same[] = {"retry_policy", "input", "input_path", "input_transformer",
                                       "sqs_parameters"};
    struct map_builder map = map_begin(b->r->arena);
    put_target(b, &map, value_get_str(v, "arn"));
    map_put(&map, "role", refer_entry(b->r, "roles", value_get_str(v, "role_arn")));
    map_put(&map, "dead_letter",
            refer_entry(b->r, "queues", value_get_str(value_get(v, "dead_letter_config"), "arn")));
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        map_put(
            &map, same[i],
            refer_value(b->r, b->item, schema_property_of(node, same[i]), value_get(v, same[i])));
    return map_end(&map);
}

static void raise_rule(struct body *b)
{
    static const char *const same[] = {"description",         "event_bus_name", "event_pattern",
                                       "schedule_expression", "state",          NULL};
    const struct value *targets = attribute(b->item, "targets");
    const struct schema_node *node = node_of(b->item, "targets");
    struct map_builder map = map_begin(b->r->arena);
    put_name(b);
    put_all(b, same);
    for (size_t i = 0; i < value_len(targets); i++) {
        const struct value *v = value_item(targets, i);
        const char *id = value_get_str(v, "id");
        map_put(&map, id ? id : "", target(b, node->items, v));
    }
    if (map.len)
        map_put(&b->map, "targets", map_end(&map));
}

static void raise_function(struct body *b)
{
    static const char *const first[] = {"runtime", "handler", NULL};
    static const char *const others[] = {
        "description", "architectures", "memory_size", "timeout", "reserved_concurrent_executions",
        NULL};
    const struct item *log = part_of(b->item, "aws_log_group");
    const struct value *attributes = b->item->found->attributes;
    put_name(b);
    map_put_str(&b->map, "code", b->item->found->code);
    put_all(b, first);
    map_put(&b->map, "role", refer_entry(b->r, "roles", value_get_str(attributes, "role")));
    put_all(b, others);
    map_put(&b->map, "environment",
            refer_value(b->r, b->item, NULL, value_pointer(attributes, "/environment/variables")));
    map_put(&b->map, "dead_letter",
            refer_entry(b->r, "queues",
                        value_get_str(value_get(attributes, "dead_letter_config"), "target_arn")));
    const struct value *days = log ? attribute(log, "retention_in_days") : NULL;
    if (log)
        map_put(&b->map, "log_retention_in_days", days ? days : value_null());
}

/* A queue names its key by its id, its ARN or an alias. */
static const struct value *key_ref(const struct raise *r, const struct item *item, const char *key)
{
    const struct item *by_id =
        item_of(r, "aws_kms_key", item->found->account, item->found->region, key);
    return refer_entry(r, "keys", by_id ? item_arn(r, by_id) : key);
}

static void raise_queue(struct body *b)
{
    static const char *const same[] = {"message_retention_seconds", "visibility_timeout_seconds",
                                       NULL};
    const char *key = value_get_str(b->item->found->attributes, "kms_master_key_id");
    put_name(b);
    put_all(b, same);
    if (key)
        map_put(&b->map, "key", key_ref(b->r, b->item, key));
    else
        map_put(&b->map, "sqs_managed_sse_enabled", attribute(b->item, "sqs_managed_sse_enabled"));
    if (is_whole(b->item))
        put_as(b, "policy", "policy");
}

static const struct value *subscription(const struct raise *r, const struct item *item)
{
    const char *endpoint = value_get_str(item->found->attributes, "endpoint");
    const struct item *queue = item_at(r, endpoint, "queues");
    struct body b = {.r = r, .item = item, .map = map_begin(r->arena)};
    if (queue) {
        map_put_str(&b.map, "queue", queue->name);
    } else {
        put_as(&b, "protocol", "protocol");
        put_as(&b, "endpoint", "endpoint");
    }
    put_as(&b, "raw_message_delivery", "raw_message_delivery");
    put_as(&b, "filter_policy", "filter_policy");
    return map_end(&b.map);
}

static void raise_topic(struct body *b)
{
    struct map_builder subscriptions = map_begin(b->r->arena);
    put_name(b);
    put_as(b, "display_name", "display_name");
    if (is_whole(b->item))
        put_as(b, "policy", "policy");
    for (const struct item *part = b->item->first_part; part; part = part->next_part)
        if (item_form(part) < FORM_BARE)
            map_put(&subscriptions, part->name, subscription(b->r, part));
    if (subscriptions.len)
        map_put(&b->map, "subscriptions", map_end(&subscriptions));
}

static void raise_bus(struct body *b)
{
    const struct value *attributes = b->item->found->attributes;
    const struct item *policy = part_of(b->item, "aws_event_bus_policy");
    put_name(b);
    put_as(b, "description", "description");
    map_put(&b->map, "key",
            refer_entry(b->r, "keys", value_get_str(attributes, "kms_key_identifier")));
    map_put(&b->map, "dead_letter",
            refer_entry(b->r, "queues",
                        value_get_str(value_get(attributes, "dead_letter_config"), "arn")));
    if (policy)
        map_put(&b->map, "policy",
                refer_value(b->r, policy, node_of(policy, "policy"), attribute(policy, "policy")));
}

static void raise_region_settings(struct body *b)
{
    put_as(b, "resource_type_opt_in", "resource_type_opt_in_preference");
    put_as(b, "resource_type_management", "resource_type_management_preference");
}

/* Every property under its own name. */
static void raise_same(struct body *b)
{
    const struct schema_node *root = b->item->found->schema->root;
    put_name(b);
    for (size_t i = 0; i < root->property_len; i++)
        if (!str_eq(root->properties[i].name, "name") && !str_eq(root->properties[i].name, "tags"))
            put_as(b, root->properties[i].name, root->properties[i].name);
}

static const struct {
    const char *section;
    void (*raise)(struct body *b);
} sections[] = {
    {"keys", raise_key},
    {"vaults", raise_vault},
    {"topics", raise_topic},
    {"queues", raise_queue},
    {"plans", raise_plan},
    {"functions", raise_function},
    {"rules", raise_rule},
    {"roles", raise_same},
    {"alarms", raise_same},
    {"buses", raise_bus},
    {"region_settings", raise_region_settings},
};

const struct value *section_entry(const struct raise *r, const struct item *item)
{
    struct body b = {.r = r, .item = item, .map = map_begin(r->arena)};
    put_place(&b);
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        if (str_eq(sections[i].section, item->kind->section))
            sections[i].raise(&b);
    if (!item->external)
        put_tags(&b);
    return map_end(&b.map);
}

/* ---- resources ---- */

const struct value *bare_entry(const struct raise *r, const struct item *item)
{
    const struct schema_node *root = item->found->schema->root;
    struct body b = {.r = r, .item = item, .map = map_begin(r->arena)};
    map_put_str(&b.map, "type", item->kind->type);
    put_place(&b);
    struct body properties = {.r = r, .item = item, .map = map_begin(r->arena)};
    for (size_t i = 0; i < root->property_len; i++) {
        const char *name = root->properties[i].name;
        const struct value *v = attribute(item, name);
        if (str_eq(name, "tags") || str_eq(name, "filename") || root->properties[i].node->read_only)
            continue;
        if (str_is_one_of(name, item->found->schema->identifier))
            map_put(&properties.map, name, refer_value(r, item, root->properties[i].node, v));
        else
            put_as(&properties, name, name);
        if (str_eq(name, "name"))
            map_put(&properties.map, name, v);
    }
    map_put_str(&properties.map, "filename", item->found->code);
    if (item->found->schema->taggable)
        put_tags(&properties);
    map_put(&b.map, "properties", map_end(&properties.map));
    return map_end(&b.map);
}
