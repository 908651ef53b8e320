#include "engine/config/lower_relays.h"
#include "engine/aws/arn.h"
#include "engine/base/json.h"
#include "engine/config/iam_document.h"

#define RELAY_RUNTIME "provided.al2023"
#define RELAY_HANDLER "bootstrap"
#define RELAY_MEMORY_MB 128
#define RELAY_TIMEOUT_S 60
#define DEFAULT_RECONCILE "rate(1 hour)"

const char *relay_bus_arn(struct lowering *lw, const struct instance *in)
{
    return arena_printf(lw->arena, "arn:%s:events:%s:%s:event-bus/default", in->account->partition,
                        in->region, in->account->id);
}

static const char *part_address(struct lowering *lw, const struct instance *in, const char *part)
{
    return arena_printf(lw->arena, "%s%s", in->address, part);
}

static const struct value *part_arn(struct lowering *lw, const struct instance *in,
                                    const char *part)
{
    return value_ref(lw->arena, part_address(lw, in, part), "arn");
}

/* --- gathering --------------------------------------------------------------------------------
 */
static bool gather_destination(struct lowering *lw, const struct instance *in,
                               const struct target *target, struct relay_destination_draft *ret)
{
    struct arn arn;
    *ret = (struct relay_destination_draft){.target = *target};
    ret->arn = literal_text(lw, target_value(lw, target, "arn"));
    if (!ret->arn)
        return false;
    if (!arn_parse(slice_of(ret->arn), &arn) || !arn_is_backup_vault(&arn, NULL)) {
        lower_error(lw, E_RULE_ARN, target->pos, NULL, "`%s` is not the ARN of a backup vault",
                    ret->arn);
        return false;
    }
    if (!copy_may_go(lw, in, target, target->pos))
        return false;
    ret->name = arn_resource_name(lw->arena, &arn);
    ret->account_id = arena_strndup(lw->arena, arn.account.ptr, arn.account.len);
    ret->region = arena_strndup(lw->arena, arn.region.ptr, arn.region.len);
    ret->account = target->instance ? target->instance->account : NULL;
    return true;
}

static bool is_named_once(struct lowering *lw, const struct instance *in,
                          const struct relay_destination_draft *list, size_t last)
{
    for (size_t i = 0; i < last; i++)
        if (str_eq(list[i].arn, list[last].arn)) {
            lower_error(lw, E_RELAY_TWICE, list[last].target.pos, in->address,
                        "`%s` is a destination already", list[last].arn);
            return false;
        }
    return true;
}

static bool gather_destinations(struct lowering *lw, struct relay_draft *relay)
{
    struct targets targets;
    bool ok = true;
    if (!targets_of(lw, relay->in, "vaults", value_get(relay->in->body, "destination_vaults"),
                    &targets))
        return false;
    struct relay_destination_draft *list = arena_array(lw->arena, targets.len, sizeof(*list));
    for (size_t i = 0; i < targets.len; i++)
        ok = gather_destination(lw, relay->in, &targets.items[i], &list[i]) &&
             is_named_once(lw, relay->in, list, i) && ok;
    relay->destinations = list;
    relay->destination_len = targets.len;
    return ok;
}

static void add_region(const char **codes, size_t *len, const char *code, const char *own)
{
    for (size_t i = 0; i < *len; i++)
        if (str_eq(codes[i], code))
            return;
    if (!str_eq(code, own))
        codes[(*len)++] = code;
}

static void gather_regions(struct lowering *lw, struct relay_draft *relay)
{
    const struct value *names = as_list(lw, value_get(relay->in->body, "event_regions"));
    size_t total = 0;
    for (size_t i = 0; i < lw->region_entries.len; i++)
        total += ((const struct region_entry *)lw->region_entries.entries[i].value)->len;
    const char **codes = arena_array(lw->arena, total + 1, sizeof(*codes));
    for (size_t i = 0; i < value_len(names); i++) {
        const char *name = value_str(value_item(names, i));
        const struct region_entry *region = name ? map_get(&lw->region_entries, name) : NULL;
        if (name && !region)
            unknown_entry(lw, "regions", name, value_item(names, i)->pos);
        for (size_t j = 0; region && j < region->len; j++)
            add_region(codes, &relay->forward_len, region->codes[j], relay->in->region);
    }
    relay->forward_regions = codes;
}

/* The roles of plans that copy into the relay's source vault, each once. */
struct copy_roles {
    const struct value *role;
    const char *arn;
    const char *plan; /* where it was first seen */
    const char *other_plan;
};

/* The plans that copy into a vault. */
struct copiers {
    const struct instance **plans;
    size_t len, cap;
};

static void add_copier(struct lowering *lw, struct map *by_vault, const struct instance *vault,
                       const struct instance *plan)
{
    struct copiers *copiers = vault ? map_get(by_vault, vault->address) : NULL;
    if (!vault || (copiers && copiers->plans[copiers->len - 1] == plan))
        return;
    if (!copiers) {
        copiers = arena_new_of(lw->arena, struct copiers);
        map_set(by_vault, vault->address, copiers);
    }
    copiers->plans = arena_grow(lw->arena, copiers->plans, copiers->len, &copiers->cap,
                                copiers->len + 1, sizeof(*copiers->plans));
    copiers->plans[copiers->len++] = plan;
}

static void read_plan(struct lowering *lw, struct map *by_vault, const struct instance *plan)
{
    const struct value *rules = value_get(plan->body, "rules");
    for (size_t i = 0; value_is(rules, VALUE_MAP) && i < rules->map.len; i++) {
        const struct value_entry *rule = &rules->map.entries[i];
        const struct value *actions = as_list(lw, value_get(rule->value, "copy_actions"));
        struct route route;
        for (size_t j = 0; j < value_len(actions); j++) {
            if (!route_of(lw, plan, rule, value_item(actions, j), &route))
                continue;
            add_copier(lw, by_vault, route.to.instance, plan);
            /* also where today's copies go straight: those before them may still be on their way */
            add_copier(lw, by_vault, route.via.instance, plan);
        }
    }
}

/* By the address of the vault: read once for all relays. */
static struct map all_copiers(struct lowering *lw)
{
    struct map by_vault;
    map_init(&by_vault, lw->arena);
    for (size_t i = 0; i < lw->entries.len; i++) {
        const struct entry *entry = lw->entries.entries[i].value;
        for (size_t j = 0; str_eq(entry->section, "plans") && j < entry->len; j++)
            read_plan(lw, &by_vault, &entry->instances[j]);
    }
    return by_vault;
}

static const struct copiers *copiers_into(const struct map *by_vault, const struct instance *vault)
{
    static const struct copiers nobody;
    const struct copiers *copiers = vault ? map_get(by_vault, vault->address) : NULL;
    return copiers ? copiers : &nobody;
}

/* Where the points of the source vault come from: their tags are read there when they did not
 * travel, whether or not events are forwarded from there. */
static void gather_source_regions(struct lowering *lw, struct relay_draft *relay,
                                  const struct copiers *copiers)
{
    const struct instance *in = relay->in;
    size_t total = relay->forward_len + copiers->len;
    const char **codes = arena_array(lw->arena, total + 1, sizeof(*codes));
    for (size_t i = 0; i < relay->forward_len; i++)
        codes[relay->source_len++] = relay->forward_regions[i];
    for (size_t i = 0; i < copiers->len; i++)
        if (copiers->plans[i]->account == in->account)
            add_region(codes, &relay->source_len, copiers->plans[i]->region, in->region);
    relay->source_regions = codes;
}

static void add_plan_roles(struct lowering *lw, const struct instance *plan,
                           struct copy_roles *roles)
{
    const struct value *selections = value_get(plan->body, "selections");
    for (size_t i = 0; value_is(selections, VALUE_MAP) && i < selections->map.len; i++) {
        const struct value *role = plan_role(lw, plan, selections->map.entries[i].value);
        const char *arn = role ? literal_text(lw, role) : NULL;
        if (arn && !roles->arn)
            *roles = (struct copy_roles){role, arn, plan->address, NULL};
        else if (arn && !str_eq(arn, roles->arn))
            roles->other_plan = plan->address;
    }
}

/* The source vault as the topology calls it. */
static const char *source_of(const struct relay_draft *relay)
{
    return relay->source.instance ? relay->source.instance->address : relay->source_name;
}

static const struct value *default_copy_role(struct lowering *lw, const struct relay_draft *relay,
                                             const struct copiers *copiers)
{
    struct copy_roles roles = {0};
    const struct instance *in = relay->in;
    for (size_t i = 0; i < copiers->len; i++)
        add_plan_roles(lw, copiers->plans[i], &roles);
    if (roles.other_plan)
        lower_error(lw, E_AMBIGUOUS, in->entry->pos, in->address,
                    "`%s` and `%s` copy into `%s` with different roles, so `copy_role` must say "
                    "which one the relay uses",
                    roles.plan, roles.other_plan, source_of(relay));
    if (roles.other_plan)
        return NULL;
    if (roles.role)
        return roles.role;
    /* Nothing of this file brings points here: the relay stands by, for what others bring. */
    diag_warning(lw->diags, E_AMBIGUOUS, in->entry->pos, in->address,
                 "no plan of the topology copies into `%s`; until `copy_role` says otherwise the "
                 "relay copies with AWS Backup's default role",
                 source_of(relay));
    return value_stringf(lw->arena, "arn:%s:iam::%s:role/service-role/AWSBackupDefaultServiceRole",
                         in->account->partition, in->account->id);
}

static bool gather_copy_role(struct lowering *lw, struct relay_draft *relay,
                             const struct copiers *copiers)
{
    const struct value *given = value_get(relay->in->body, "copy_role");
    relay->copy_role = given ? ref_value(lw, relay->in, "roles", given, "arn")
                             : default_copy_role(lw, relay, copiers);
    relay->copy_role_arn = relay->copy_role ? literal_text(lw, relay->copy_role) : NULL;
    return relay->copy_role_arn != NULL;
}

static void check_routing(struct lowering *lw, const struct relay_draft *relay)
{
    const struct instance *in = relay->in;
    bool untagged = value_get_bool(in->body, "copy_untagged", false);
    if (!untagged && value_len(value_get(in->body, "tag_keys")) == 0)
        lower_error(lw, E_MISSING_KEY, in->entry->pos, in->address,
                    "the relay would copy nothing: it has no `tag_keys` and does not "
                    "`copy_untagged`");
    if (untagged && relay->destination_len > 1)
        lower_error(lw, E_AMBIGUOUS, place_or(value_get(in->body, "copy_untagged"), in->entry->pos),
                    in->address,
                    "untagged points could go to any of %zu destination vaults; `copy_untagged` "
                    "needs exactly one",
                    relay->destination_len);
}

static bool gather(struct lowering *lw, const struct instance *in, const struct map *by_vault,
                   struct relay_draft *relay)
{
    *relay = (struct relay_draft){.in = in};
    if (!target_of(lw, in, "vaults", value_get(in->body, "source_vault"), &relay->source))
        return false;
    relay->source_arn = literal_text(lw, target_value(lw, &relay->source, "arn"));
    relay->source_name = literal_text(lw, target_value(lw, &relay->source, "name"));
    if (!relay->source_arn || !relay->source_name)
        return false;
    gather_regions(lw, relay);
    const struct copiers *copiers = copiers_into(by_vault, relay->source.instance);
    gather_source_regions(lw, relay, copiers);
    bool destinations = gather_destinations(lw, relay);
    bool role = gather_copy_role(lw, relay, copiers);
    if (destinations)
        check_routing(lw, relay);
    return destinations && role;
}

/* --- the pieces -------------------------------------------------------------------------------
 */
static const struct value *text_list(struct lowering *lw, const char *const *texts, size_t len)
{
    struct list_builder list = list_begin(lw->arena);
    for (size_t i = 0; i < len; i++)
        list_add_str(&list, texts[i]);
    return list_end(&list);
}

/* Copy events by account, state and vault: no plan id, which changes when a plan is replaced, and
 * no Region, since a forwarded event keeps that of its origin. */
static const struct value *pattern(struct lowering *lw, const struct instance *in,
                                   const struct value *states, const struct value *vaults)
{
    struct map_builder map = map_begin(lw->arena), detail = map_begin_from(lw->arena, vaults);
    const char *const source[] = {"aws.backup"}, *const type[] = {"Copy Job State Change"};
    map_put(&detail, "state", states);
    map_put(&map, "source", text_list(lw, source, 1));
    map_put(&map, "detail-type", text_list(lw, type, 1));
    map_put(&map, "account", text_list(lw, &in->account->id, 1));
    map_put(&map, "detail", map_end(&detail));
    return map_end(&map);
}

static const struct value *into_source(struct lowering *lw, const struct relay_draft *relay)
{
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "destinationBackupVaultArn", text_list(lw, &relay->source_arn, 1));
    return map_end(&map);
}

/* The first hop into the source vault, or the second from it into a last vault. */
static const struct value *either_hop(struct lowering *lw, const struct relay_draft *relay)
{
    struct map_builder second = map_begin(lw->arena), map = map_begin(lw->arena);
    struct list_builder last = list_begin(lw->arena), either = list_begin(lw->arena);
    for (size_t i = 0; i < relay->destination_len; i++)
        list_add_str(&last, relay->destinations[i].arn);
    map_put(&second, "sourceBackupVaultArn", text_list(lw, &relay->source_arn, 1));
    map_put(&second, "destinationBackupVaultArn", list_end(&last));
    list_add(&either, into_source(lw, relay));
    list_add(&either, map_end(&second));
    map_put(&map, "$or", list_end(&either));
    return map_end(&map);
}

struct relay_rule {
    const char *part, *region, *description;
    const struct value *name, *pattern, *schedule, *target_arn, *role_arn, *dead_letter_arn;
    const char *target_id;
};

static void make_rule(struct lowering *lw, const struct relay_draft *relay,
                      const struct relay_rule *rule)
{
    struct map_builder target = map_begin(lw->arena), letter = map_begin(lw->arena),
                       map = map_begin(lw->arena);
    struct list_builder targets = list_begin(lw->arena);
    map_put(&letter, "arn", rule->dead_letter_arn);
    map_put_str(&target, "id", rule->target_id);
    map_put(&target, "arn", rule->target_arn);
    map_put(&target, "role_arn", rule->role_arn);
    map_put(&target, "dead_letter_config", map_end(&letter));
    list_add(&targets, map_end(&target));
    map_put(&map, "name", rule->name);
    map_put_str(&map, "description", rule->description);
    map_put(&map, "event_pattern", rule->pattern);
    map_put(&map, "schedule_expression", rule->schedule);
    map_put(&map, "targets", list_end(&targets));
    draft_add_at(lw, relay->in, part_address(lw, relay->in, rule->part), relay->in->account,
                 rule->region, "aws_event_rule", map_end(&map));
}

static void make_dead_letter(struct lowering *lw, const struct relay_draft *relay, const char *part,
                             const char *region, const struct value *name,
                             const struct value *rule_arns)
{
    struct map_builder map = map_begin(lw->arena);
    const char *address = part_address(lw, relay->in, part);
    map_put(&map, "name", name);
    map_put_int(&map, "message_retention_seconds", DEAD_LETTER_SECONDS);
    map_put_bool(&map, "sqs_managed_sse_enabled", true);
    map_put(&map, "policy", queue_policy(lw, mention(lw, address, "arn"), rule_arns));
    draft_add_at(lw, relay->in, address, relay->in->account, region, "aws_sqs_queue",
                 map_end(&map));
}

static void make_function(struct lowering *lw, const struct relay_draft *relay)
{
    const struct instance *in = relay->in;
    struct map_builder map = map_begin(lw->arena), variables = map_begin(lw->arena),
                       environment = map_begin(lw->arena);
    const struct value *settings = relay_settings(lw, relay);
    const char *given = value_get_str(in->body, "architecture");
    const char *architecture[] = {given ? given : RELAY_ARCHITECTURE};
    const struct asset *package = assets_relay(
        lw->assets, architecture[0], place_or(value_get(in->body, "architecture"), in->entry->pos),
        in->address, lw->diags);
    map_put(&map, "name", name_of(lw, in, NULL));
    map_put(&map, "description",
            value_stringf(lw->arena, "Copies recovery points of %s on into last vaults",
                          relay->source_name));
    map_put(&map, "role",
            value_ref(lw->arena, arena_printf(lw->arena, "%s/role", in->global_address), "arn"));
    map_put_str(&map, "runtime", RELAY_RUNTIME);
    map_put_str(&map, "handler", RELAY_HANDLER);
    map_put(&map, "architectures", text_list(lw, architecture, 1));
    map_put_int(&map, "memory_size", RELAY_MEMORY_MB);
    map_put_int(&map, "timeout", RELAY_TIMEOUT_S);
    map_put(&map, "reserved_concurrent_executions",
            value_get(lw->options->paused, in->address)
                ? value_int(lw->arena, 0)
                : value_get(in->body, "reserved_concurrent_executions"));
    map_put_str(&variables, "HOLDFAST_RELAY", json_print(lw->arena, settings, JSON_COMPACT));
    map_put(&environment, "variables", map_end(&variables));
    map_put(&map, "environment", map_end(&environment));
    function_dead_letter(lw, &map, part_arn(lw, in, "/dead_letter"));
    map_put_str(&map, "code_sha256", package ? package->sha256 : NULL);
    map_put_str(&map, "filename", package ? package->path : NULL);
    lw->broken = lw->broken || !package;
    struct draft *draft = draft_add(lw, in, "/function", "aws_lambda_function", map_end(&map));
    if (draft)
        draft_depend(lw, draft, part_address(lw, in, "/log_group"));
    lower_relay_add(lw, in, settings);
}

/* When the relay looks at all points by itself: AWS emits its events on a best-effort basis. NULL:
 * never. */
static const struct value *reconcile_of(struct lowering *lw, const struct instance *in)
{
    const struct value *given = value_get(in->body, "reconcile");
    if (!given)
        return value_string(lw->arena, DEFAULT_RECONCILE);
    return str_eq(value_str(given), "never") ? NULL : given;
}

static void make_schedule(struct lowering *lw, const struct relay_draft *relay,
                          const struct value *expression)
{
    const struct instance *in = relay->in;
    const struct relay_rule rule = {
        .part = "/schedule",
        .region = in->region,
        .description = "Looks for points of the source vault whose event was lost",
        .name = name_of(lw, in, "schedule"),
        .schedule = expression,
        .target_arn = part_arn(lw, in, "/function"),
        .dead_letter_arn = part_arn(lw, in, "/dead_letter"),
        .target_id = "function",
    };
    make_rule(lw, relay, &rule);
    lower_invoke_permission(lw, in, "/schedule_permission",
                            value_ref(lw->arena, part_address(lw, in, "/function"), "name"),
                            rule.name, part_arn(lw, in, "/schedule"));
}

static void make_rules(struct lowering *lw, const struct relay_draft *relay)
{
    static const char *const done[] = {"COMPLETED"}, *const failed[] = {"FAILED", "PARTIAL"};
    const struct instance *in = relay->in;
    const struct value *function = part_arn(lw, in, "/function");
    const struct value *schedule = reconcile_of(lw, in);
    struct relay_rule rule = {
        .part = "/rule",
        .region = in->region,
        .description = "Copies that arrived in the source vault",
        .name = name_of(lw, in, "rule"),
        .pattern = pattern(lw, in, text_list(lw, done, 1), into_source(lw, relay)),
        .target_arn = function,
        .dead_letter_arn = part_arn(lw, in, "/dead_letter"),
        .target_id = "function",
    };
    make_rule(lw, relay, &rule);
    rule.part = "/watch";
    rule.description = "Copies that failed, into the source vault or from it";
    rule.name = name_of(lw, in, "watch");
    rule.pattern = pattern(lw, in, text_list(lw, failed, 2), either_hop(lw, relay));
    make_rule(lw, relay, &rule);

    const struct value *function_name =
        value_ref(lw->arena, part_address(lw, in, "/function"), "name");
    lower_invoke_permission(lw, in, "/permission", function_name, name_of(lw, in, "rule"),
                            part_arn(lw, in, "/rule"));
    lower_invoke_permission(lw, in, "/watch_permission", function_name, name_of(lw, in, "watch"),
                            part_arn(lw, in, "/watch"));
    struct list_builder arns = list_begin(lw->arena);
    list_add(&arns, part_arn(lw, in, "/rule"));
    list_add(&arns, part_arn(lw, in, "/watch"));
    if (schedule) {
        make_schedule(lw, relay, schedule);
        list_add(&arns, part_arn(lw, in, "/schedule"));
    }
    make_dead_letter(lw, relay, "/dead_letter", in->region, name_of(lw, in, "dead_letter"),
                     list_end(&arns));
}

static void make_forward(struct lowering *lw, const struct relay_draft *relay, const char *region)
{
    static const char *const states[] = {"COMPLETED", "FAILED", "PARTIAL"};
    const struct instance *in = relay->in;
    const char *part = arena_printf(lw->arena, "/forward[%s]", region);
    const char *letter = arena_printf(lw->arena, "/forward_dead_letter[%s]", region);
    const char *role = arena_printf(lw->arena, "%s/forward_role", in->global_address);
    struct relay_rule rule = {
        .part = part,
        .region = region,
        .description = "Copies into the source vault, forwarded to the relay's Region",
        .name = name_of(lw, in, "forward"),
        .pattern = pattern(lw, in, text_list(lw, states, 3), into_source(lw, relay)),
        .target_arn = value_string(lw->arena, relay_bus_arn(lw, in)),
        .role_arn = value_ref(lw->arena, role, "arn"),
        .dead_letter_arn = part_arn(lw, in, letter),
        .target_id = "bus",
    };
    make_rule(lw, relay, &rule);
    make_dead_letter(lw, relay, letter, region, name_of(lw, in, "forward_dead_letter"),
                     part_arn(lw, in, part));
}

static void make_pieces(struct lowering *lw, const struct relay_draft *relay)
{
    lower_log_group(lw, relay->in, name_of(lw, relay->in, NULL));
    make_function(lw, relay);
    make_rules(lw, relay);
    relay_alarms(lw, relay);
    for (size_t i = 0; i < relay->forward_len; i++)
        make_forward(lw, relay, relay->forward_regions[i]);
    for (size_t i = 0; i < relay->destination_len; i++) {
        const struct instance *vault = relay->destinations[i].target.instance;
        if (vault)
            lower_last_vault_account(lw, vault);
    }
}

struct plan_list {
    const struct draft **items;
    size_t len, cap;
};

/* By the id of their account. */
static struct map all_plans(struct lowering *lw)
{
    struct map plans;
    map_init(&plans, lw->arena);
    for (size_t i = 0; i < lw->drafts.len; i++) {
        const struct draft *draft = lw->drafts.entries[i].value;
        const char *id = draft->resource.account->id;
        if (!str_eq(draft->resource.schema->type_name, "aws_backup_plan"))
            continue;
        struct plan_list *list = map_get(&plans, id);
        if (!list) {
            list = arena_new_of(lw->arena, struct plan_list);
            map_set(&plans, id, list);
        }
        list->items = arena_grow(lw->arena, list->items, list->len, &list->cap, list->len + 1,
                                 sizeof(*list->items));
        list->items[list->len++] = draft;
    }
    return plans;
}

void lower_relays(struct lowering *lw, const struct entry *entry)
{
    struct relay_draft *relays = arena_array(lw->arena, entry->len, sizeof(*relays));
    struct relay_group group = {entry, relays, 0};
    const struct map copiers = all_copiers(lw);
    for (size_t i = 0; i < entry->len; i++)
        if (gather(lw, &entry->instances[i], &copiers, &relays[group.len]))
            group.len++;
        else
            lw->broken = true;
    relay_roles(lw, &group);
    const struct map plans = all_plans(lw);
    for (size_t i = 0; i < group.len; i++) {
        const struct plan_list *of_account = map_get(&plans, relays[i].in->account->id);
        if (of_account) {
            relays[i].plans = of_account->items;
            relays[i].plan_len = of_account->len;
        }
        make_pieces(lw, &relays[i]);
    }
}
