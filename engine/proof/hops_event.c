/* The event of the first copy, from the default bus of its source Region to the relay's function;
 * and the schedule that wakes the function without one. */
#include "engine/aws/arn.h"
#include "engine/aws/event_pattern.h"
#include "engine/aws/lifecycle.h"
#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/proof/mending.h"
#include "engine/proof/pace.h"

#define SOURCE_BUS "default"
#define EVENTS "events.amazonaws.com"

const struct value *copy_event(const struct walk *walk, const struct leg *leg)
{
    struct arena *arena = walk->arena;
    const char *plan = model_id(walk->plan);
    struct map_builder by = map_begin(arena), detail = map_begin(arena), event = map_begin(arena);
    struct list_builder resources = list_begin(arena);
    map_put_str(&by, "backupPlanId", plan);
    map_put_str(&by, "backupPlanArn", plan);
    map_put_str(&by, "backupPlanVersion", plan);
    map_put_str(&by, "backupPlanRuleId", value_get_str(walk->rule, "rule_name"));
    map_put_str(&detail, "copyJobId", "00000000-0000-4000-8000-000000000000");
    map_put_int(&detail, "backupSizeInBytes", 1);
    map_put_str(&detail, "creationDate", "2026-01-01T00:00:00.000Z");
    map_put_str(&detail, "completionDate", "2026-01-01T01:00:00.000Z");
    map_put_str(&detail, "iamRoleArn", leg->role);
    map_put_str(&detail, "resourceArn", walk->resource);
    map_put_str(&detail, "resourceType", walk->type->type);
    map_put_str(&detail, "sourceBackupVaultArn", leg->from_vault);
    map_put_str(&detail, "destinationBackupVaultArn", leg->to.arn);
    map_put_str(&detail, "destinationRecoveryPointArn", leg->point);
    map_put_str(&detail, "state", "COMPLETED");
    map_put(&detail, "createdBy", map_end(&by));
    list_add_str(&resources, leg->point);
    map_put_str(&event, "version", "0");
    map_put_str(&event, "id", "00000000-0000-4000-8000-000000000000");
    map_put_str(&event, "detail-type", "Copy Job State Change");
    map_put_str(&event, "source", "aws.backup");
    map_put_str(&event, "account", leg->from_account);
    map_put_str(&event, "time", "2026-01-01T01:00:00Z");
    map_put_str(&event, "region", leg->from_region);
    map_put(&event, "resources", list_end(&resources));
    map_put(&event, "detail", map_end(&detail));
    return map_end(&event);
}

/* ---- rules ---- */

static const struct value *pattern_of(struct arena *arena, const struct model_object *rule)
{
    const struct value *pattern = value_get(rule->properties, "event_pattern"), *parsed = NULL;
    const char *why = NULL;
    if (!value_str(pattern))
        return pattern;
    return json_parse(arena, slice_of(value_str(pattern)), &parsed, &why) ? parsed : NULL;
}

static bool on_default_bus(const struct model_object *rule)
{
    const char *bus = value_get_str(rule->properties, "event_bus_name");
    return !bus || str_eq(bus, SOURCE_BUS);
}

enum taking { TAKES_NOT, TAKES_PERHAPS, TAKES };

/* What AWS fills in as it pleases: a pattern that asks for it may take the event or not. */
static const char *const chance[] = {"backupSizeInBytes", "copyJobId", "creationDate",
                                     "completionDate", NULL};

static const struct value *without_chance(struct arena *arena, const struct value *pattern)
{
    const struct value *detail = value_get(pattern, "detail");
    for (size_t i = 0; detail && chance[i]; i++)
        detail = value_without(arena, detail, chance[i]);
    if (detail && value_len(detail))
        pattern = value_with(arena, pattern, "detail", detail);
    else if (detail)
        pattern = value_without(arena, pattern, "detail");
    return value_without(arena, value_without(arena, pattern, "id"), "time");
}

static bool asks_for_values(const struct value *detail, const char *key)
{
    const struct value *list = value_get(detail, key);
    for (size_t i = 0; i < value_len(list); i++)
        if (!value_get(value_item(list, i), "exists"))
            return true;
    return false;
}

static bool is_chance(const struct value *pattern)
{
    const struct value *detail = value_get(pattern, "detail");
    for (size_t i = 0; chance[i]; i++)
        if (asks_for_values(detail, chance[i]))
            return true;
    return asks_for_values(pattern, "id") || asks_for_values(pattern, "time");
}

static enum taking taking_of(const struct walk *walk, const struct model_object *rule)
{
    const struct value *pattern = pattern_of(walk->arena, rule);
    if (!pattern || !on_default_bus(rule))
        return TAKES_NOT;
    bool open = is_chance(pattern);
    if (open)
        pattern = without_chance(walk->arena, pattern);
    if (value_len(pattern) && !event_pattern_matches(pattern, copy_event(walk, walk->leg)))
        return TAKES_NOT;
    return open ? TAKES_PERHAPS : TAKES;
}

static bool is_enabled(const struct model_object *rule)
{
    const char *state = value_get_str(rule->properties, "state");
    return !state || str_eq(state, "ENABLED");
}

static const char *relay_bus(const struct walk *walk)
{
    return arena_printf(walk->arena, "arn:%s:events:%s:%s:event-bus/" SOURCE_BUS,
                        walk->plan->resource->account->partition, walk->config.region,
                        walk->config.account_id);
}

/* A rule with its target, that takes the event where it stands. */
struct way {
    const struct model_object *rule;
    const struct value *target;
    enum taking taking;
};

static bool is_better(const struct way *way, const struct way *best)
{
    if (!best->rule || is_enabled(way->rule) != is_enabled(best->rule))
        return !best->rule || is_enabled(way->rule);
    return way->taking > best->taking;
}

/* The first enabled one that leads to `to`, for sure if there is one; else a disabled one. */
static struct way way_to(const struct walk *walk, const char *account, const char *region,
                         const char *to)
{
    struct way best = {0};
    const struct model_list *rules = model_in(walk->model, "aws_event_rule", account, region);
    for (size_t i = 0; i < rules->len; i++) {
        const struct value *targets = value_get(rules->items[i]->properties, "targets");
        enum taking taking = taking_of(walk, rules->items[i]);
        for (size_t k = 0; taking != TAKES_NOT && k < value_len(targets); k++) {
            struct way way = {rules->items[i], value_item(targets, k), taking};
            if (str_eq(value_get_str(way.target, "arn"), to) && is_better(&way, &best))
                best = way;
        }
    }
    return best;
}

static bool crosses_region(const struct walk *walk)
{
    return !str_eq(walk->leg->from_region, walk->config.region);
}

/* From the source Region: onto the relay's bus, or, in one Region, to the function itself. */
static struct way first_way(const struct walk *walk)
{
    const struct leg *leg = walk->leg;
    const char *to = crosses_region(walk) ? relay_bus(walk)
                     : walk->function     ? walk->function->arn
                                          : NULL;
    return way_to(walk, leg->from_account, leg->from_region, to);
}

static struct way last_way(const struct walk *walk)
{
    return way_to(walk, walk->config.account_id, walk->config.region,
                  walk->function ? walk->function->arn : NULL);
}

static void at_rule(struct proof_hop *hop, const struct way *way)
{
    if (way->rule)
        hop_at(hop, way->rule->resource->address, way->rule->resource->pos);
}

static void at_relay(const struct walk *walk, struct proof_hop *hop)
{
    hop_at(hop, walk->relay->address, walk->function ? walk->function->resource->pos : NO_POS);
}

/* The pattern asks for what only the event shows. */
static void assume_taken(struct walk *walk, struct proof_hop *hop, const struct way *way)
{
    if (way->taking == TAKES_PERHAPS)
        hop_unknown(hop, arena_printf(walk->arena,
                                      "the ids, times and size in the event are such that the "
                                      "pattern of %s takes it",
                                      way->rule->resource->address));
}

bool hop_taken(struct walk *walk, struct proof_hop *hop)
{
    struct way way = first_way(walk);
    at_relay(walk, hop);
    at_rule(hop, &way);
    if (way.rule) {
        assume_taken(walk, hop, &way);
        return true;
    }
    hop->fix = mend_event_regions(walk);
    hop_broken(walk, hop, NULL,
               arena_printf(walk->arena, "no rule in %s sends the event of the copy into %s on%s%s",
                            walk->leg->from_region, vault_end_name(&walk->leg->to),
                            crosses_region(walk) ? " to " : "",
                            crosses_region(walk) ? walk->config.region : ""));
    return true;
}

bool hop_enabled(struct walk *walk, struct proof_hop *hop)
{
    struct way ways[] = {first_way(walk), last_way(walk)};
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        if (!ways[i].rule || is_enabled(ways[i].rule))
            continue;
        const struct value *state = value_get(ways[i].rule->properties, "state");
        at_rule(hop, &ways[i]);
        hop_at(hop, hop->address, state ? state->pos : NO_POS);
        hop_broken(walk, hop, NULL, arena_printf(walk->arena, "%s is disabled", hop->address));
        return true;
    }
    return true;
}

bool hop_forward_role(struct walk *walk, struct proof_hop *hop)
{
    struct way way = first_way(walk);
    const char *role = value_get_str(way.target, "role_arn");
    if (!crosses_region(walk) || !way.rule)
        return false;
    at_rule(hop, &way);
    if (!role) {
        hop->fix = mend_forward_role(walk, way.rule, relay_bus(walk));
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "the target of %s has no role", hop->address));
        return true;
    }
    hop_ask_trust(walk, hop, role, EVENTS, way.rule->arn);
    return true;
}

bool hop_forward(struct walk *walk, struct proof_hop *hop)
{
    struct way way = first_way(walk);
    const char *role = value_get_str(way.target, "role_arn");
    if (!crosses_region(walk) || !role)
        return false;
    const struct model_object *policy =
        model_part(walk->model, "aws_event_bus_policy", walk->config.account_id,
                   walk->config.region, SOURCE_BUS);
    struct map_builder context = map_begin(walk->arena);
    map_put_str(&context, "events:source", "aws.backup");
    map_put_str(&context, "events:detail-type", "Copy Job State Change");
    hop_at_role(walk, hop, role);
    const struct ask question = {
        .role = role,
        .action = "events:PutEvents",
        .resource = relay_bus(walk),
        .region = walk->config.region,
        .other_region = walk->leg->from_region,
        .context = map_end(&context),
        .resource_policy =
            policy ? model_policy(walk->model, value_get(policy->properties, "policy")) : NULL};
    hop_ask(walk, hop, &question);
    return true;
}

bool hop_arrives(struct walk *walk, struct proof_hop *hop)
{
    struct way way = last_way(walk);
    if (!crosses_region(walk))
        return false;
    at_relay(walk, hop);
    at_rule(hop, &way);
    if (way.rule)
        assume_taken(walk, hop, &way);
    else
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena,
                                "no rule in %s sends the forwarded event to %s/function",
                                walk->config.region, walk->relay->address));
    return true;
}

static void ask_invoke(struct walk *walk, struct proof_hop *hop, const struct way *way)
{
    at_rule(hop, way);
    const struct ask question = {.service = EVENTS,
                                 .source_arn = way->rule->arn,
                                 .action = "lambda:InvokeFunction",
                                 .resource = walk->function->arn,
                                 .resource_policy =
                                     model_function_policy(walk->model, walk->function)};
    hop_ask(walk, hop, &question);
}

bool hop_invoke(struct walk *walk, struct proof_hop *hop)
{
    struct way way = last_way(walk);
    if (!way.rule || !walk->function)
        return false;
    ask_invoke(walk, hop, &way);
    if (value_get(way.target, "input_transformer") || value_get_str(way.target, "input_path"))
        hop_unknown(hop, arena_printf(walk->arena, "what %s makes of the event says all of it",
                                      way.rule->resource->address));
    if (value_get_str(way.target, "input") && hop->verdict != PROOF_BROKEN) {
        hop->error = NULL;
        hop->fix = "Take `input` out of the rule's target.";
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena,
                                "%s hands the function a text of its own in place of the event",
                                way.rule->resource->address));
    }
    return true;
}

/* ---- without the event ---- */

/* The first enabled rule by the clock that wakes the function; else a disabled one. */
static struct way way_by_clock(const struct walk *walk)
{
    struct way best = {0};
    const struct model_list *rules =
        model_in(walk->model, "aws_event_rule", walk->config.account_id, walk->config.region);
    for (size_t i = 0; walk->function && i < rules->len; i++) {
        const struct model_object *rule = rules->items[i];
        const struct value *targets = value_get(rule->properties, "targets");
        for (size_t k = 0; value_get(rule->properties, "schedule_expression") &&
                           k < value_len(targets) && (!best.rule || !is_enabled(best.rule));
             k++)
            if (str_eq(value_get_str(value_item(targets, k), "arn"), walk->function->arn))
                best = (struct way){rule, value_item(targets, k), TAKES};
    }
    return best;
}

bool hop_by_clock(struct walk *walk, struct proof_hop *hop)
{
    struct way way = way_by_clock(walk);
    if (!way.rule)
        return false;
    at_rule(hop, &way);
    if (!is_enabled(way.rule))
        hop_broken(walk, hop, NULL, arena_printf(walk->arena, "%s is disabled", hop->address));
    return true;
}

/* A run copies one point of a resource, and beside it each that would be gone within a day. */
bool hop_by_clock_in_time(struct walk *walk, struct proof_hop *hop)
{
    struct way way = way_by_clock(walk);
    int64_t days = lifecycle_delete_after_days(walk->leg->lifecycle);
    if (!way.rule)
        return false;
    const char *schedule = value_get_str(way.rule->properties, "schedule_expression");
    int64_t gap = pace_longest_ms(walk->arena, schedule);
    int64_t backups_ms =
        pace_shortest_ms(walk->arena, value_get_str(walk->rule, "schedule_expression"));
    hop_at(hop, walk->relay->address, way.rule->resource->pos);
    if (days < 0)
        return true;
    hop->fix = "reconcile: rate(1 hour)";
    if (gap > days * DAY_MS)
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "the copy lives %lld days, and %s runs by %s",
                                (long long)days, way.rule->resource->address, schedule));
    else if (gap - DAY_MS > backups_ms)
        hop_unknown(hop, arena_printf(walk->arena,
                                      "%s works off what has gathered before the points expire",
                                      way.rule->resource->address));
    return true;
}

bool hop_by_clock_invoke(struct walk *walk, struct proof_hop *hop)
{
    struct way way = way_by_clock(walk);
    if (!way.rule)
        return false;
    ask_invoke(walk, hop, &way);
    return true;
}

bool hop_by_clock_points(struct walk *walk, struct proof_hop *hop)
{
    const char *role = walk->function ? value_get_str(walk->function->properties, "role") : NULL;
    if (!role || !way_by_clock(walk).rule)
        return false;
    hop_at_role(walk, hop, role);
    const struct ask question = {.role = role,
                                 .action = "backup:ListRecoveryPointsByBackupVault",
                                 .resource = walk->config.source_vault_arn};
    hop_ask(walk, hop, &question);
    return true;
}
