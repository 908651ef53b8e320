/* The ways from what the plans protect to the last vaults. */
#include <stdlib.h>
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/aws/cron.h"
#include "engine/base/clock.h"
#include "engine/verify/facts.h"
#include "relay/decide/decide.h"

#define START_WINDOW_MINUTES (8 * 60) /* as AWS Backup fills it in */

struct rows {
    struct verify_facts *facts;
    struct map by_way; /* "RESOURCE VAULT VAULT ..." -> struct verify_row * */
};

/* One way of one resource by one rule. */
struct way {
    const struct verify_selected *selected;
    const struct value *rule;
    const char *vaults[3]; /* in order */
    size_t len;
    const char *relay;
    bool routed;
    int64_t keep_days; /* of the copy in its last vault; 0: for ever */
};

/* ---- objectives ---- */

static struct verify_schedule schedule_of(const struct verify_facts *facts, const struct way *way)
{
    struct timezone *tz = NULL;
    const char *why = NULL, *text = value_get_str(way->rule, "schedule_expression");
    const char *zone = value_get_str(way->rule, "schedule_expression_timezone");
    int64_t window = value_get_int(way->rule, "start_window_minutes", START_WINDOW_MINUTES);
    struct verify_schedule schedule = {.rule = value_get_str(way->rule, "rule_name"),
                                       .window_ms = window * MINUTE_MS,
                                       .keep_ms = way->keep_days * DAY_MS};
    schedule.open = !cron_parse(facts->arena, text ? text : CRON_DEFAULT, &schedule.cron, &why) ||
                    !timezone_load(facts->arena, zone, &tz);
    schedule.tz = tz;
    return schedule;
}

static int64_t objective_of(const struct verify_facts *facts, const struct way *way,
                            const struct verify_schedule *schedule)
{
    const struct verify_input *input = facts->input;
    const char *name =
        arena_printf(facts->arena, "%s/rules.%s", way->selected->plan->address, schedule->rule);
    int64_t hours = value_get_int(input->topology->objectives, name, 0);
    if (input->max_age_ms)
        return input->max_age_ms;
    return hours ? hours * HOUR_MS : verify_scheduled_ms(schedule, facts->now_ms);
}

/* ---- rows ---- */

static const char *way_name(struct arena *arena, const struct way *way)
{
    const char *name =
        arena_printf(arena, "%s %s", way->selected->plan->address, way->selected->resource->arn);
    for (size_t i = 0; i < way->len; i++)
        name = arena_printf(arena, "%s %s", name, way->vaults[i]);
    return name;
}

static struct verify_row *new_row(struct verify_facts *facts, const struct way *way)
{
    struct arena *arena = facts->arena;
    const struct verify_resource *resource = way->selected->resource;
    struct verify_hop *hops = arena_array(arena, way->len, sizeof(*hops));
    for (size_t i = 0; i < way->len; i++)
        hops[i] = (struct verify_hop){
            .vault_arn = way->vaults[i], .vault = facts_name(facts, way->vaults[i]), .took_ms = -1};
    struct verify_row *row = arena_new_of(arena, struct verify_row);
    *row = (struct verify_row){.resource = resource->arn,
                               .type = backup_type_of_arn(resource->arn),
                               .plan = way->selected->plan->address,
                               .selection = way->selected->selection->address,
                               .rule = value_get_str(way->rule, "rule_name"),
                               .account_id = resource->account_id,
                               .region = resource->region,
                               .relay = way->relay,
                               .hops = hops,
                               .hop_len = way->len,
                               .routed = way->routed,
                               .absent = resource->must_stand && !resource->stands,
                               .was = resource->told,
                               .age_ms = -1};
    return row;
}

/* Where several relays of one vault copy what a rule made, each point is copied by the first that
 * comes to it, and lives as that one says: it is due once, and for the shortest of their lives. */
static void add_schedule(struct arena *arena, const struct verify_schedule *schedule,
                         struct verify_row *row)
{
    for (size_t i = 0; i < row->schedule_len; i++) {
        struct verify_schedule *known = &row->schedules[i];
        if (!str_eq(known->rule, schedule->rule))
            continue;
        if (!known->keep_ms || (schedule->keep_ms && schedule->keep_ms < known->keep_ms))
            known->keep_ms = schedule->keep_ms;
        return;
    }
    row->schedules = arena_grow(arena, row->schedules, row->schedule_len, &row->schedule_cap,
                                row->schedule_len + 1, sizeof(*row->schedules));
    row->schedules[row->schedule_len++] = *schedule;
    row->rules =
        row->rules ? arena_printf(arena, "%s, %s", row->rules, schedule->rule) : schedule->rule;
}

static void add_way(struct rows *rows, const struct way *way)
{
    const char *name = way_name(rows->facts->arena, way);
    struct verify_row *row = map_get(&rows->by_way, name);
    struct verify_schedule schedule = schedule_of(rows->facts, way);
    int64_t objective_ms = objective_of(rows->facts, way, &schedule);
    if (!row) {
        row = new_row(rows->facts, way);
        map_set(&rows->by_way, name, row);
    }
    add_schedule(rows->facts->arena, &schedule, row);
    if (!row->objective_ms || objective_ms < row->objective_ms)
        row->objective_ms = objective_ms;
}

/* ---- where a rule leads ---- */

/* The rule's tags win over those of the resource. */
static const struct value *point_tags(struct arena *arena, const struct way *way)
{
    const struct value *tags = value_get(way->rule, "recovery_point_tags");
    struct map_builder b = map_begin_from(arena, way->selected->resource->tags);
    for (size_t i = 0; value_is(tags, VALUE_MAP) && i < tags->map.len; i++)
        map_put(&b, tags->map.entries[i].key, tags->map.entries[i].value);
    return map_end(&b);
}

/* A copy that says nothing of its life has that of its source. */
static int64_t kept_days(const struct value *lifecycle, int64_t otherwise)
{
    return value_get_int(lifecycle, "delete_after_days", value_len(lifecycle) ? 0 : otherwise);
}

/* The last vault that the relay's own rules choose, and how long it keeps the copy; NULL: it copies
 * no such point. */
static const char *relayed_to(const struct verify_facts *facts, const struct way *way,
                              const struct relay_entry *entry, int64_t *ret_days)
{
    struct relay_config config;
    struct relay_decision decision;
    const char *why = NULL;
    if (!relay_config_parse(facts->arena, facts_resolve(facts, entry->config), &config, &why))
        return NULL;
    const struct relay_point point = {.vault_arn = config.source_vault_arn,
                                      .resource_arn = way->selected->resource->arn,
                                      .tags = point_tags(facts->arena, way)};
    relay_route(facts->arena, &config, &point, &decision);
    if (decision.verdict != RELAY_START || !decision.destination)
        return NULL;
    int64_t days = decision.destination->delete_after_days;
    *ret_days = days == 0 ? way->keep_days : days < 0 ? 0 : days;
    return decision.destination->vault_arn;
}

static void extend(struct way *way, const char *vault)
{
    way->vaults[way->len++] = vault;
}

/* True when it leads to a last vault. */
static bool follow_action(struct rows *rows, const struct way *rule, const struct value *action)
{
    const char *vault = value_get_str(action, "destination_backup_vault_arn");
    const struct verify_facts *facts = rows->facts;
    const struct topology *topology = facts->input->topology;
    struct way copied = *rule;
    bool arrives = false;
    extend(&copied, vault);
    copied.keep_days = kept_days(value_get(action, "lifecycle"), rule->keep_days);
    for (size_t i = 0; i < topology->relay_len; i++) {
        const struct relay_entry *entry = &topology->relays[i];
        const char *source = value_get_str(facts_resolve(facts, entry->config), "source_vault_arn");
        struct way relayed = copied;
        const char *last =
            str_eq(source, vault) ? relayed_to(facts, &copied, entry, &relayed.keep_days) : NULL;
        if (!last)
            continue;
        extend(&relayed, last);
        relayed.relay = entry->address;
        relayed.routed = true;
        add_way(rows, &relayed);
        arrives = true;
    }
    if (arrives || arn_is_in_account(vault, rule->selected->plan->account->id))
        return arrives;
    copied.routed = true;
    add_way(rows, &copied);
    return true;
}

static struct way begin_way(const struct verify_facts *facts,
                            const struct verify_selected *selected, const struct value *rule)
{
    const struct resource *plan = selected->plan;
    struct way way = {.selected = selected,
                      .rule = rule,
                      .keep_days = kept_days(value_get(rule, "lifecycle"), 0)};
    extend(&way, arena_printf(facts->arena, "arn:%s:backup:%s:%s:backup-vault:%s",
                              plan->account->partition, plan->region, plan->account->id,
                              value_get_str(rule, "target_backup_vault_name")));
    return way;
}

static void follow_selected(struct rows *rows, const struct verify_selected *selected)
{
    const struct value *rules =
        value_get(facts_resolve(rows->facts, selected->plan->properties), "rules");
    bool arrives = false;
    for (size_t i = 0; i < value_len(rules); i++) {
        struct way way = begin_way(rows->facts, selected, value_item(rules, i));
        const struct value *actions = value_get(way.rule, "copy_actions");
        for (size_t k = 0; k < value_len(actions); k++) {
            const struct value *action = value_item(actions, k);
            if (value_get_str(action, "destination_backup_vault_arn"))
                arrives = follow_action(rows, &way, action) || arrives;
        }
    }
    for (size_t i = 0; !arrives && i < value_len(rules); i++) {
        struct way way = begin_way(rows->facts, selected, value_item(rules, i));
        add_way(rows, &way);
    }
}

static const char *last_vault(const struct verify_row *row)
{
    return row->hops[row->hop_len - 1].vault_arn;
}

static int compare(const void *a, const void *b)
{
    const struct verify_row *x = a, *y = b;
    int order = strcmp(x->plan, y->plan);
    order = order ? order : strcmp(x->resource, y->resource);
    order = order ? order : strcmp(last_vault(x), last_vault(y));
    return order ? order : strcmp(x->hops[0].vault_arn, y->hops[0].vault_arn);
}

struct verify_row *verify_rows(struct verify_facts *facts, size_t *ret_len)
{
    struct rows rows = {.facts = facts};
    map_init(&rows.by_way, facts->arena);
    for (size_t i = 0; i < facts->selected_len; i++)
        follow_selected(&rows, &facts->selected[i]);
    struct verify_row *list = arena_array(facts->arena, rows.by_way.len + 1, sizeof(*list));
    for (size_t i = 0; i < rows.by_way.len; i++)
        list[i] = *(const struct verify_row *)rows.by_way.entries[i].value;
    *ret_len = rows.by_way.len;
    if (*ret_len)
        qsort(list, *ret_len, sizeof(*list), compare);
    return list;
}
