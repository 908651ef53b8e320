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

static bool crosses_region(const struct walk *walk)
{
    return !str_eq(walk->leg->from_region, walk->config.region);
}

/* ---- one way ---- */

/* A rule with its target, that takes the event where it stands. */
struct way {
    const struct model_object *rule;
    const struct value *target;
    enum taking taking;
    bool weighed;
    enum proof_verdict worth; /* once it is weighed: of its worst link */
};

/* Judges one link of a way. */
typedef void way_fn(struct walk *walk, struct proof_hop *hop, const struct way *way);

static void at_rule(struct proof_hop *hop, const struct way *way)
{
    if (way->rule)
        hop_at(hop, way->rule->resource->address, way->rule->resource->pos);
}

/* The pattern asks for what only the event shows. */
static void judge_taking(struct walk *walk, struct proof_hop *hop, const struct way *way)
{
    if (way->taking == TAKES_PERHAPS)
        hop_unknown(hop, arena_printf(walk->arena,
                                      "the ids, times and size in the event are such that the "
                                      "pattern of %s takes it",
                                      way->rule->resource->address));
}

static void judge_enabled(struct walk *walk, struct proof_hop *hop, const struct way *way)
{
    const struct value *state = value_get(way->rule->properties, "state");
    if (is_enabled(way->rule))
        return;
    at_rule(hop, way);
    hop_at(hop, hop->address, state ? state->pos : NO_POS);
    hop_broken(walk, hop, NULL, arena_printf(walk->arena, "%s is disabled", hop->address));
}

static void judge_forward_role(struct walk *walk, struct proof_hop *hop, const struct way *way)
{
    const char *role = value_get_str(way->target, "role_arn");
    at_rule(hop, way);
    if (role) {
        hop_ask_trust(walk, hop, role, EVENTS, way->rule->arn);
        return;
    }
    hop->fix = mend_forward_role(walk, way->rule, relay_bus(walk));
    hop_broken(walk, hop, NULL,
               arena_printf(walk->arena, "the target of %s has no role", hop->address));
}

static void judge_forward(struct walk *walk, struct proof_hop *hop, const struct way *way)
{
    const char *role = value_get_str(way->target, "role_arn");
    const struct model_object *policy =
        model_part(walk->model, "aws_event_bus_policy", walk->config.account_id,
                   walk->config.region, SOURCE_BUS);
    struct map_builder context = map_begin(walk->arena);
    if (!role)
        return;
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
}

static void judge_invoke(struct walk *walk, struct proof_hop *hop, const struct way *way)
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

/* What the function is handed has to be the event. */
static void judge_input(struct walk *walk, struct proof_hop *hop, const struct way *way)
{
    if (value_get(way->target, "input_transformer") || value_get_str(way->target, "input_path"))
        hop_unknown(hop, arena_printf(walk->arena, "what %s makes of the event says all of it",
                                      way->rule->resource->address));
    if (!value_get_str(way->target, "input") || hop->verdict == PROOF_BROKEN)
        return;
    hop->error = NULL;
    hop->fix = "Take `input` out of the rule's target.";
    hop_broken(walk, hop, NULL,
               arena_printf(walk->arena,
                            "%s hands the function a text of its own in place of the event",
                            way->rule->resource->address));
}

/* ---- the best of several ---- */

static void weigh(struct walk *walk, struct way *way, way_fn *const *links)
{
    for (size_t i = 0; !way->weighed && links[i]; i++) {
        struct proof_hop hop = {.rule = rule_of(RULE_EVENT_RULE)};
        links[i](walk, &hop, way);
        way->worth = hop.verdict > way->worth ? hop.verdict : way->worth;
    }
    way->weighed = true;
}

/* AWS takes each of them: one that works is enough. */
static bool is_better(struct walk *walk, struct way *way, struct way *best, way_fn *const *links)
{
    if (!best->rule)
        return true;
    weigh(walk, way, links);
    weigh(walk, best, links);
    if (way->worth != best->worth)
        return way->worth < best->worth;
    if (is_enabled(way->rule) != is_enabled(best->rule))
        return is_enabled(way->rule);
    return way->taking > best->taking;
}

/* The first that works, of those that lead to `to`; else the one that lacks least. */
static struct way way_to(struct walk *walk, const char *account, const char *region, const char *to,
                         way_fn *const *links)
{
    struct way best = {0};
    const struct model_list *rules = model_in(walk->model, "aws_event_rule", account, region);
    for (size_t i = 0; i < rules->len; i++) {
        const struct value *targets = value_get(rules->items[i]->properties, "targets");
        enum taking taking = taking_of(walk, rules->items[i]);
        for (size_t k = 0; taking != TAKES_NOT && k < value_len(targets); k++) {
            struct way way = {
                .rule = rules->items[i], .target = value_item(targets, k), .taking = taking};
            if (str_eq(value_get_str(way.target, "arn"), to) && is_better(walk, &way, &best, links))
                best = way;
        }
    }
    return best;
}

static way_fn *const across[] = {judge_taking, judge_enabled, judge_forward_role, judge_forward,
                                 NULL};
static way_fn *const into[] = {judge_taking, judge_enabled, judge_invoke, judge_input, NULL};

static struct way to_function(struct walk *walk, const char *account, const char *region)
{
    return walk->function ? way_to(walk, account, region, walk->function->arn, into)
                          : (struct way){0};
}

/* From the source Region: onto the relay's bus, or, in one Region, to the function itself. */
static struct way first_way(struct walk *walk)
{
    const struct leg *leg = walk->leg;
    return crosses_region(walk)
               ? way_to(walk, leg->from_account, leg->from_region, relay_bus(walk), across)
               : to_function(walk, leg->from_account, leg->from_region);
}

static struct way last_way(struct walk *walk)
{
    return to_function(walk, walk->config.account_id, walk->config.region);
}

/* ---- the links ---- */

static void at_relay(const struct walk *walk, struct proof_hop *hop)
{
    hop_at(hop, walk->relay->address, walk->function ? walk->function->resource->pos : NO_POS);
}

bool hop_taken(struct walk *walk, struct proof_hop *hop)
{
    struct way way = first_way(walk);
    at_relay(walk, hop);
    at_rule(hop, &way);
    if (way.rule) {
        judge_taking(walk, hop, &way);
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
    for (size_t i = 0; i < ARRAY_LEN(ways) && hop->verdict != PROOF_BROKEN; i++)
        if (ways[i].rule)
            judge_enabled(walk, hop, &ways[i]);
    return true;
}

bool hop_forward_role(struct walk *walk, struct proof_hop *hop)
{
    struct way way = first_way(walk);
    if (!crosses_region(walk) || !way.rule)
        return false;
    judge_forward_role(walk, hop, &way);
    return true;
}

bool hop_forward(struct walk *walk, struct proof_hop *hop)
{
    struct way way = first_way(walk);
    if (!crosses_region(walk) || !value_get_str(way.target, "role_arn"))
        return false;
    judge_forward(walk, hop, &way);
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
        judge_taking(walk, hop, &way);
    else if (!str_eq(walk->leg->from_account, walk->config.account_id))
        hop->fix = mend_event_regions(walk);
    if (!way.rule)
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena,
                                "no rule in %s sends the forwarded event to %s/function",
                                walk->config.region, walk->relay->address));
    return true;
}

bool hop_invoke(struct walk *walk, struct proof_hop *hop)
{
    struct way way = last_way(walk);
    if (!way.rule)
        return false;
    judge_invoke(walk, hop, &way);
    judge_input(walk, hop, &way);
    return true;
}

/* ---- without the event ---- */

/* A run copies one point of a resource, and beside it each that would be gone within a day. */
static void judge_in_time(struct walk *walk, struct proof_hop *hop, const struct way *way)
{
    int64_t days = lifecycle_delete_after_days(walk->leg->lifecycle);
    const char *schedule = value_get_str(way->rule->properties, "schedule_expression");
    int64_t gap = pace_longest_ms(walk->arena, schedule);
    int64_t backups_ms =
        pace_shortest_ms(walk->arena, value_get_str(walk->rule, "schedule_expression"));
    if (days < 0)
        return;
    hop->fix = "reconcile: rate(1 hour)";
    if (gap > days * DAY_MS)
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "the copy lives %lld days, and %s runs by %s",
                                (long long)days, way->rule->resource->address, schedule));
    else if (gap - DAY_MS > backups_ms)
        hop_unknown(hop, arena_printf(walk->arena,
                                      "%s works off what has gathered before the points expire",
                                      way->rule->resource->address));
}

static way_fn *const by_clock[] = {judge_enabled, judge_in_time, judge_invoke, NULL};

/* The first rule by the clock that works and wakes the function; else the one that lacks least. */
static struct way way_by_clock(struct walk *walk)
{
    struct way best = {0};
    const struct model_list *rules =
        model_in(walk->model, "aws_event_rule", walk->config.account_id, walk->config.region);
    for (size_t i = 0; walk->function && i < rules->len; i++) {
        const struct model_object *rule = rules->items[i];
        const struct value *targets = value_get(rule->properties, "targets");
        bool ticks = value_get(rule->properties, "schedule_expression");
        for (size_t k = 0; ticks && k < value_len(targets); k++) {
            struct way way = {.rule = rule, .target = value_item(targets, k), .taking = TAKES};
            if (str_eq(value_get_str(way.target, "arn"), walk->function->arn) &&
                is_better(walk, &way, &best, by_clock))
                best = way;
        }
    }
    return best;
}

bool hop_by_clock(struct walk *walk, struct proof_hop *hop)
{
    struct way way = way_by_clock(walk);
    if (!way.rule)
        return false;
    at_rule(hop, &way);
    judge_enabled(walk, hop, &way);
    return true;
}

bool hop_by_clock_in_time(struct walk *walk, struct proof_hop *hop)
{
    struct way way = way_by_clock(walk);
    if (!way.rule)
        return false;
    hop_at(hop, walk->relay->address, way.rule->resource->pos);
    judge_in_time(walk, hop, &way);
    return true;
}

bool hop_by_clock_invoke(struct walk *walk, struct proof_hop *hop)
{
    struct way way = way_by_clock(walk);
    if (!way.rule)
        return false;
    judge_invoke(walk, hop, &way);
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
