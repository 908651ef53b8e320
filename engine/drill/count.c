#include "engine/drill/count.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/clock.h"
#include "engine/drill/lines.h"
#include "engine/drill/names.h"
#include "engine/drill/routes.h"

struct count {
    struct arena *arena;
    const struct drill_facts *facts;
    struct drill_names names;
    struct drill_routes routes;
    struct drill_report *report;
    struct drill_miss *misses;
    size_t miss_cap;
    struct map unrouted; /* "plan resource" */
    struct map copies;   /* source point -> struct copy, in order */
};

/* A copy job that came to its end. */
struct copy {
    const struct value *entry; /* of the timeline */
    struct copy *next;
};

/* A backup job of one of the topology's plans. */
struct backup {
    const struct value *entry, *detail; /* of the timeline */
    const char *plan, *rule, *resource, *point;
    int64_t created_ms;
};

static struct drill_miss *add_miss(struct count *count, const struct backup *backup,
                                   const char *reason)
{
    struct drill_report *report = count->report;
    count->misses = arena_grow(count->arena, count->misses, report->miss_len, &count->miss_cap,
                               report->miss_len + 1, sizeof(*count->misses));
    struct drill_miss *miss = &count->misses[report->miss_len++];
    *miss = (struct drill_miss){
        .at_ms = backup->created_ms,
        .resource = backup->resource ? arn_short_name(count->arena, backup->resource) : NULL,
        .plan = backup->plan,
        .rule = backup->rule,
        .reason = reason};
    return miss;
}

/* ---- what became of a point ---- */

static const char *detail_str(const struct value *entry, const char *member)
{
    return value_get_str(value_get(entry, "detail"), member);
}

static int64_t at_of(const struct value *entry)
{
    const char *at = value_get_str(entry, "at");
    int64_t ms = 0;
    return at && time_parse_iso(slice_of(at), &ms) ? ms : 0;
}

static void index_copies(struct count *count)
{
    const struct value *timeline = count->facts->timeline;
    map_init(&count->copies, count->arena);
    for (size_t i = value_len(timeline); i > 0; i--) { /* from the end: each goes to the front */
        const struct value *entry = value_item(timeline, i - 1);
        const char *source = detail_str(entry, "source_point_arn");
        if (!source || !str_eq(value_get_str(entry, "what"), "copy"))
            continue;
        struct copy *copy = arena_new_of(count->arena, struct copy);
        *copy = (struct copy){entry, map_get(&count->copies, source)};
        map_set(&count->copies, source, copy);
    }
}

static const struct copy *copies_of(const struct count *count, const char *point)
{
    return point ? map_get(&count->copies, point) : NULL;
}

static bool is_partial(const struct value *copy)
{
    return str_eq(detail_str(copy, "point_status"), "PARTIAL");
}

/* A job may be COMPLETED while its point is not whole. */
static bool made_it(const struct value *copy)
{
    return str_eq(detail_str(copy, "state"), "COMPLETED") && !is_partial(copy);
}

static bool is_final(const struct drill_route *route, const char *vault)
{
    return str_is_one_of(vault, route->finals);
}

/* The copies of one backup in last vaults, each once. */
struct arrivals {
    struct arena *arena;
    const struct value **items;
    size_t len, cap, twice; /* in a vault that had one already */
    int64_t first_ms;
};

static void note_arrival(struct arrivals *ret, const struct value *copy)
{
    size_t before = 0;
    for (size_t i = 0; i < ret->len; i++) {
        if (ret->items[i] == copy)
            return;
        before += str_eq(detail_str(ret->items[i], "vault_arn"), detail_str(copy, "vault_arn"));
    }
    if (ret->len == 0 || at_of(copy) < ret->first_ms)
        ret->first_ms = at_of(copy);
    ret->twice += before > 0;
    ret->items = arena_grow(ret->arena, ret->items, ret->len, &ret->cap, ret->len + 1,
                            sizeof(const struct value *));
    ret->items[ret->len++] = copy;
}

/* Follows the copies of a point, and the copies of those. */
static void follow(const struct count *count, const struct drill_route *route, const char *point,
                   unsigned depth, struct arrivals *ret)
{
    for (const struct copy *copy = copies_of(count, point); copy && depth < 8; copy = copy->next) {
        const struct value *entry = copy->entry;
        const char *made = detail_str(entry, "point_arn");
        if (!made || !made_it(entry))
            continue;
        if (is_final(route, detail_str(entry, "vault_arn")))
            note_arrival(ret, entry);
        else if (route->via && str_eq(detail_str(entry, "vault_arn"), route->via))
            follow(count, route, made, depth + 1, ret);
    }
}

/* ---- why it is missing ---- */

static const struct value *copy_into(const struct count *count, const char *point,
                                     const char *vault, const struct drill_route *finals)
{
    const struct value *last = NULL;
    for (const struct copy *copy = copies_of(count, point); copy; copy = copy->next) {
        const char *into = detail_str(copy->entry, "vault_arn");
        if (vault ? str_eq(into, vault) : is_final(finals, into))
            last = copy->entry;
    }
    return last;
}

static const char *name_of(const struct count *count, const char *arn)
{
    const char *address = drill_address_of(&count->names, arn);
    return address ? address : arn;
}

/* A job that has not come to its end says nothing in the timeline. */
static const char *unfinished(const struct count *count, const char *point, const char *vault,
                              const struct drill_route *finals)
{
    const struct value *copies = count->facts->copies;
    for (size_t i = 0; i < value_len(copies); i++) {
        const struct value *job = value_item(copies, i);
        const char *state = value_get_str(job, "State");
        const char *into = value_get_str(job, "DestinationBackupVaultArn");
        if (str_eq(value_get_str(job, "SourceRecoveryPointArn"), point) &&
            (vault ? str_eq(into, vault) : is_final(finals, into)) &&
            (str_eq(state, "CREATED") || str_eq(state, "RUNNING")))
            return arena_printf(count->arena, "the copy into %s is still %s", name_of(count, into),
                                state);
    }
    return NULL;
}

static const char *failure_of(const struct count *count, const char *point, const char *vault,
                              const struct drill_route *finals)
{
    const struct value *entry = copy_into(count, point, vault, finals);
    if (str_eq(detail_str(entry, "state"), "FAILED"))
        return detail_str(entry, "message");
    if (is_partial(entry))
        return arena_printf(count->arena, "the copy in %s is PARTIAL",
                            name_of(count, detail_str(entry, "vault_arn")));
    return entry ? NULL : unfinished(count, point, vault, finals);
}

/* What the relay itself said about the point, last. */
static const char *decision_of(const struct count *count, const struct drill_route *route,
                               const char *point)
{
    const char *reason = NULL;
    const struct value *logs = count->facts->logs;
    for (size_t i = 0; i < value_len(logs); i++) {
        const struct value *message = drill_log_message(count->arena, value_item(logs, i));
        if (str_eq(value_get_str(message, "msg"), "decision") &&
            str_eq(value_get_str(message, "point"), point))
            reason = value_get_str(message, "reason");
    }
    return reason ? arena_printf(count->arena, "%s: %s", route->relay, reason) : NULL;
}

static bool belongs_to(const char *address, const char *relay)
{
    size_t len = strlen(relay);
    return address && strncmp(address, relay, len) == 0 && address[len] == '/';
}

/* The first trouble of the relay's parts after the point arrived in its source vault. */
static const char *trouble_of(const struct count *count, const struct drill_route *route,
                              int64_t since_ms)
{
    static const char *const troubles[] = {"invoke failed", "event lost", "dead letter", NULL};
    const struct value *timeline = count->facts->timeline;
    for (size_t i = 0; i < value_len(timeline); i++) {
        const struct value *entry = value_item(timeline, i);
        const char *address = drill_address_of(&count->names, value_get_str(entry, "address"));
        if (at_of(entry) < since_ms || !belongs_to(address, route->relay) ||
            !str_is_one_of(value_get_str(entry, "what"), troubles))
            continue;
        const char *error = detail_str(entry, "error"), *message = detail_str(entry, "message");
        if (!message)
            message = detail_str(entry, "ERROR_MESSAGE");
        return arena_printf(count->arena, "%s failed: %s%s%s", address, error ? error : "",
                            error && message ? ": " : "", message ? message : "");
    }
    return NULL;
}

static bool was_lost(const struct count *count, const char *point)
{
    const struct value *timeline = count->facts->timeline;
    for (size_t i = 0; i < value_len(timeline); i++) {
        const struct value *entry = value_item(timeline, i);
        const struct value *detail = value_pointer(entry, "/detail/detail");
        if (str_eq(value_get_str(entry, "what"), "event lost") &&
            str_eq(value_get_str(detail, "destinationRecoveryPointArn"), point))
            return true;
    }
    return false;
}

static const char *reason_of_relay(const struct count *count, const struct drill_route *route,
                                   const struct value *first)
{
    const char *point = detail_str(first, "point_arn");
    const char *reason = failure_of(count, point, NULL, route);
    if (!reason)
        reason = decision_of(count, route, point);
    if (!reason)
        reason = trouble_of(count, route, at_of(first));
    if (!reason && was_lost(count, point))
        reason = "the event of the first copy was lost: AWS emits them on a best-effort basis";
    return reason ? reason
                  : arena_printf(count->arena, "no event of the first copy reached %s/function",
                                 route->relay);
}

static const char *reason_of(const struct count *count, const struct drill_route *route,
                             const struct backup *backup)
{
    const char *reason;
    if (!route->via) {
        reason = failure_of(count, backup->point, NULL, route);
        return reason ? reason : "the copy was never started";
    }
    const struct value *first = copy_into(count, backup->point, route->via, NULL);
    if (first && made_it(first))
        return reason_of_relay(count, route, first);
    reason = failure_of(count, backup->point, route->via, NULL);
    return reason ? reason
                  : arena_printf(count->arena, "the copy into %s was never started",
                                 name_of(count, route->via));
}

/* ---- counting ---- */

/* Any route of the plan, or NULL. */
static const struct drill_route *route_of_plan(const struct count *count, const char *plan_id)
{
    for (size_t i = 0; i < count->routes.len; i++) {
        if (str_eq(count->routes.items[i].plan_id, plan_id))
            return &count->routes.items[i];
    }
    return NULL;
}

static const char *source_vault(const struct count *count, const char *vault, const char *relay)
{
    return arena_printf(count->arena, "%s, the source vault of %s", name_of(count, vault), relay);
}

/* Where a copy would have to go, for the sentence about a plan that goes nowhere. */
static const char *wanted_vaults(const struct count *count)
{
    const struct topology *topology = count->facts->topology;
    if (topology->relay_len == 0)
        return "a vault of another account";
    const struct relay_entry *relay = &topology->relays[0];
    const struct value *config = drill_resolve(&count->names, relay->config);
    return source_vault(count, value_get_str(config, "source_vault_arn"), relay->address);
}

static void count_unrouted(struct count *count, const struct backup *backup)
{
    const char *key = arena_printf(count->arena, "%s %s", backup->plan, backup->resource);
    if (map_get(&count->unrouted, key))
        return;
    map_set(&count->unrouted, key, count);
    count->report->unrouted++;
    struct backup whole = *backup;
    whole.created_ms = 0;
    add_miss(count, &whole,
             arena_printf(count->arena, "no rule of %s has a copy action into %s", backup->plan,
                          wanted_vaults(count)));
}

/* ---- plans, whether a backup fell due or not ---- */

static bool is_protected(const struct count *count, const char *plan_id)
{
    const struct value *list = count->facts->protected;
    for (size_t i = 0; i < value_len(list); i++)
        if (str_eq(value_get_str(value_item(list, i), "plan_id"), plan_id))
            return true;
    return false;
}

static void count_idle(struct count *count, const char *plan)
{
    const struct backup none = {.plan = plan};
    count->report->idle_plans++;
    add_miss(
        count, &none,
        arena_printf(count->arena, "no selection of %s takes any resource that is there", plan));
}

static void count_plan(struct count *count, const struct record *record)
{
    const struct value *list = count->facts->protected;
    const char *plan_id = value_get_str(record->attributes, "id");
    if (!is_protected(count, plan_id)) {
        count_idle(count, record->address);
        return;
    }
    if (route_of_plan(count, plan_id))
        return;
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        const struct backup backup = {.plan = record->address,
                                      .resource = value_get_str(item, "resource_arn")};
        if (str_eq(value_get_str(item, "plan_id"), plan_id))
            count_unrouted(count, &backup);
    }
}

static size_t count_plans(struct count *count)
{
    size_t plans = 0;
    for (size_t i = 0; i < count->facts->record_len; i++) {
        const struct record *record = &count->facts->records[i];
        if (!str_eq(record->type, "aws_backup_plan"))
            continue;
        plans++;
        count_plan(count, record);
    }
    return plans;
}

static const char *note_of(const struct count *count, size_t plans)
{
    const struct drill_report *report = count->report;
    if (plans == 0)
        return "The topology has no plan: nothing is backed up, and nothing can arrive.";
    if (report->backups == 0 && report->miss_len == 0)
        return arena_printf(count->arena,
                            "No backup fell due in %lld day%s: let more pass with --days.",
                            (long long)report->days, report->days == 1 ? "" : "s");
    return NULL;
}

/* ---- backups ---- */

struct outcome {
    size_t routes;  /* of the backup's rule */
    bool complete;  /* each of them brought it to its last vault */
    int64_t end_ms; /* when the last of them did */
};

static const char *failure_of_backup(const struct backup *backup)
{
    const char *message = value_get_str(backup->detail, "message");
    return message ? message : "the backup failed";
}

/* The rule asks for no copy that leads to a last vault, though another rule of its plan does. */
static const char *reason_of_rule(const struct count *count, const struct backup *backup,
                                  const struct drill_route *other)
{
    const char *wanted = other->via ? source_vault(count, other->via, other->relay)
                                    : name_of(count, other->finals[0]);
    return arena_printf(count->arena, "rule %s has no copy action into %s", backup->rule, wanted);
}

static const char *const *names_of(const struct count *count, const char *const *arns)
{
    size_t len = 0;
    while (arns[len])
        len++;
    const char **names = arena_array(count->arena, len + 1, sizeof(*names));
    for (size_t i = 0; i < len; i++)
        names[i] = name_of(count, arns[i]);
    return names;
}

/* By whichever route of the group; `group` is its first one. */
static void follow_group(struct count *count, size_t group, const struct backup *backup,
                         struct outcome *ret)
{
    struct arrivals arrivals = {.arena = count->arena};
    for (size_t i = group; i < count->routes.len; i++)
        if (count->routes.items[i].group == group)
            follow(count, &count->routes.items[i], backup->point, 0, &arrivals);
    count->report->duplicates += arrivals.twice;
    if (arrivals.first_ms > ret->end_ms)
        ret->end_ms = arrivals.first_ms;
    if (arrivals.len > 0)
        return;
    ret->complete = false;
    const struct drill_route *route = &count->routes.items[group];
    struct drill_miss *miss = add_miss(count, backup, reason_of(count, route, backup));
    miss->vaults = names_of(count, route->finals);
}

static struct outcome follow_all(struct count *count, const struct backup *backup)
{
    struct outcome ret = {.complete = true};
    for (size_t i = 0; i < count->routes.len; i++) {
        const struct drill_route *route = &count->routes.items[i];
        if (!str_eq(route->plan, backup->plan) || !str_eq(route->rule, backup->rule))
            continue;
        ret.routes++;
        if (route->group == i)
            follow_group(count, i, backup, &ret);
    }
    return ret;
}

/* A backup of a plan that has a route, be it through this rule or through another. */
static void count_backup(struct count *count, const struct backup *backup,
                         const struct drill_route *of_plan)
{
    struct drill_report *report = count->report;
    struct outcome outcome = {0};
    if (backup->point)
        outcome = follow_all(count, backup);
    if (!backup->point)
        add_miss(count, backup, failure_of_backup(backup));
    else if (outcome.routes == 0)
        add_miss(count, backup, reason_of_rule(count, backup, of_plan));
    bool arrived = outcome.complete && outcome.routes > 0;
    report->backups++;
    report->arrived += arrived;
    report->missing += !arrived;
    if (!arrived)
        return;
    int64_t took_ms = outcome.end_ms - backup->created_ms;
    report->late += report->late_after_ms > 0 && took_ms > report->late_after_ms;
    if (took_ms > report->slowest_ms)
        report->slowest_ms = took_ms;
}

static const char *plan_address(const struct count *count, const char *plan_id)
{
    for (size_t i = 0; i < count->facts->record_len; i++) {
        const struct record *record = &count->facts->records[i];
        if (str_eq(record->type, "aws_backup_plan") &&
            str_eq(value_get_str(record->attributes, "id"), plan_id))
            return record->address;
    }
    return NULL;
}

static void count_entry(struct count *count, const struct value *entry)
{
    const struct value *detail = value_get(entry, "detail");
    const char *plan_id = value_get_str(detail, "plan_id");
    struct backup backup = {.entry = entry,
                            .detail = detail,
                            .plan = plan_address(count, plan_id),
                            .rule = value_get_str(detail, "rule"),
                            .resource = value_get_str(detail, "resource_arn"),
                            .point = value_get_str(detail, "point_arn")};
    if (!str_eq(value_get_str(entry, "what"), "backup") || !plan_id || !backup.plan)
        return;
    const char *created = value_get_str(detail, "creation_date");
    if (!created || !time_parse_iso(slice_of(created), &backup.created_ms))
        backup.created_ms = at_of(entry);
    if (backup.created_ms < count->facts->start_ms)
        return;
    const struct drill_route *route = route_of_plan(count, plan_id);
    if (route)
        count_backup(count, &backup, route);
    else
        count_unrouted(count, &backup);
}

void drill_count(struct arena *arena, const struct drill_facts *facts, struct drill_report *ret)
{
    struct count count = {.arena = arena, .facts = facts, .report = ret};
    *ret = (struct drill_report){.days = ret->days, .late_after_ms = facts->late_after_ms};
    drill_names_init(&count.names, arena, facts->topology, facts->records, facts->record_len);
    count.routes = drill_routes_find(&count.names);
    map_init(&count.unrouted, arena);
    index_copies(&count);
    for (size_t i = 0; i < value_len(facts->timeline); i++)
        count_entry(&count, value_item(facts->timeline, i));
    size_t plans = count_plans(&count);
    ret->note = note_of(&count, plans);
    ret->alarms = drill_lines(&count.names, facts, &ret->lines, &ret->line_len);
    ret->misses = count.misses;
    ret->exit_status = ret->missing || ret->duplicates || ret->unrouted || ret->idle_plans ? 2 : 0;
}
