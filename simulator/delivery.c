/* What happens to an event: matched on its bus, brought to each target, or to the dead letters. */
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/cron.h"
#include "engine/aws/event_pattern.h"
#include "engine/aws/partition.h"
#include "engine/base/json.h"
#include "simulator/authorize.h"
#include "simulator/events.h"
#include "simulator/lambda.h"
#include "simulator/logs.h"
#include "simulator/sqs.h"

#define SERVICE_NAME "events.amazonaws.com"
#define INPUT_MAX ((size_t)256 * 1024)

const char *event_bus_arn(struct arena *arena, const char *account, const char *region,
                          const char *bus)
{
    return arena_printf(arena, "arn:%s:events:%s:%s:event-bus/%s", partition_of_region(region),
                        region, account, bus);
}

const struct value *event_bus_policy(struct world *world, struct arena *arena, const char *account,
                                     const char *region, const char *bus)
{
    const char *text =
        value_get_str(store_get(world, arena, EVENTS_BUS, account, region, bus), "Policy");
    const char *why = NULL;
    return text ? policy_from_text(arena, slice_of(text), &why) : NULL;
}

/* ---- onto a bus ---- */

/* What is spread comes in another order. */
static int64_t delay_of(struct world *world, struct arena *arena)
{
    int64_t delay = setting_int(world, "event_delay_ms", 0);
    int64_t spread = setting_int(world, "event_spread_ms", 0);
    if (spread <= 0)
        return delay;
    const char *digits = id_hex(world, arena, 4);
    int64_t part = 0;
    for (size_t i = 0; digits[i]; i++)
        part = part * 16 + (digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    return delay + spread * part / 65536;
}

void event_put(struct world *world, struct arena *arena, const char *account, const char *region,
               const char *bus, const struct value *event, int64_t hops)
{
    struct map_builder task = map_begin(arena);
    map_put_str(&task, "account", account);
    map_put_str(&task, "region", region);
    map_put_str(&task, "bus", bus);
    map_put_int(&task, "hops", hops);
    map_put(&task, "event", event);
    task_add(world, world_now_ms(world) + (hops ? 0 : delay_of(world, arena)), "events.match",
             map_end(&task));
}

void event_emit(struct world *world, struct arena *arena, const char *account, const char *region,
                const char *source, const char *detail_type, const struct value *resources,
                const struct value *detail)
{
    struct list_builder none = list_begin(arena);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "version", "0");
    map_put_str(&b, "id", id_uuid(world, arena));
    map_put_str(&b, "detail-type", detail_type);
    map_put_str(&b, "source", source);
    map_put_str(&b, "account", account);
    map_put_str(&b, "time", time_iso(arena, world_now_ms(world)));
    map_put_str(&b, "region", region);
    map_put(&b, "resources", resources ? resources : list_end(&none));
    map_put(&b, "detail", detail);
    const struct value *event = map_end(&b);
    int64_t every = setting_int(world, "event_drop_every", 0);
    int64_t count = setting_int(world, "event_count", 0) + 1;
    if (every) {
        setting_put(world, "event_count", arena_printf(arena, "%lld", (long long)count));
        if (count % every == 0) {
            timeline_add(world, account, region, "event lost", source, event);
            return;
        }
    }
    for (int64_t i = setting_int(world, "event_copies", 1); i > 0; i--)
        event_put(world, arena, account, region, "default", event, 0);
}

/* ---- matching ---- */

static void add_delivery(struct world *world, struct arena *arena, const char *account,
                         const char *region, const struct value *rule, const struct value *event,
                         int64_t hops)
{
    const struct value *targets = value_get(rule, "Targets");
    for (size_t i = 0; i < value_len(targets); i++) {
        struct map_builder task = map_begin(arena);
        map_put_str(&task, "account", account);
        map_put_str(&task, "region", region);
        map_put(&task, "rule", value_get(rule, "Arn"));
        map_put(&task, "target", targets->map.entries[i].value);
        map_put(&task, "event", event);
        map_put_int(&task, "hops", hops);
        task_add(world, world_now_ms(world), "events.deliver", map_end(&task));
    }
}

void events_match_task(struct world *world, struct arena *arena, const struct value *payload)
{
    const char *account = value_get_str(payload, "account");
    const char *region = value_get_str(payload, "region");
    const char *bus = value_get_str(payload, "bus");
    const struct value *event = value_get(payload, "event");
    struct objects rules =
        store_list(world, arena, EVENTS_RULE, account, region, arena_printf(arena, "%s/", bus));
    for (size_t i = 0; i < rules.len; i++) {
        const struct value *rule = rules.items[i].body, *pattern = NULL;
        const char *text = value_get_str(rule, "EventPattern"), *why = NULL;
        if (!text || !str_eq(value_get_str(rule, "State"), "ENABLED") ||
            !json_parse(arena, slice_of(text), &pattern, &why))
            continue;
        if (event_pattern_matches(pattern, event))
            add_delivery(world, arena, account, region, rule, event,
                         value_get_int(payload, "hops", 0));
    }
}

/* ---- what the target gets ---- */

/* "$.detail.state"; "$" is the whole event. */
static const struct value *by_path(struct arena *arena, const struct value *event, const char *path)
{
    if (!str_starts(path, "$"))
        return NULL;
    struct slice rest = slice_of(path + 1);
    const struct value *at = event;
    while (rest.len && at) {
        if (rest.ptr[0] == '.')
            rest = slice_from(rest, 1);
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != '.' && rest.ptr[len] != '[')
            len++;
        if (len)
            at = value_get(at, arena_strndup(arena, rest.ptr, len));
        rest = slice_from(rest, len);
        if (rest.len && rest.ptr[0] == '[') {
            struct slice inner = slice_from(rest, 1), after = inner;
            struct slice number = slice_cut(&after, ']');
            long long index = -1;
            at = parse_int64(number, &index) && index >= 0 ? value_item(at, (size_t)index) : NULL;
            rest = after;
        }
    }
    return at;
}

/* Placeholders between quotes become text, others JSON. */
static const char *transform(struct arena *arena, const struct value *event,
                             const struct value *transformer)
{
    const char *text = value_get_str(transformer, "InputTemplate");
    const struct value *paths = value_get(transformer, "InputPathsMap");
    struct strbuf sb;
    strbuf_init(&sb, arena, INPUT_MAX);
    bool quoted = false;
    while (text && *text) {
        const char *end = *text == '<' ? strchr(text, '>') : NULL;
        const char *name = end ? arena_strndup(arena, text + 1, (size_t)(end - text - 1)) : NULL;
        const char *path = name ? value_get_str(paths, name) : NULL;
        if (!path) {
            if (*text == '"')
                quoted = !quoted;
            strbuf_add_char(&sb, *text++);
            continue;
        }
        const struct value *v = by_path(arena, event, path);
        if (quoted && value_str(v))
            strbuf_add(&sb, value_str(v));
        else if (v)
            json_write(&sb, v, JSON_COMPACT);
        text = end + 1;
    }
    return strbuf_str(&sb);
}

static const char *input_of(struct arena *arena, const struct value *target,
                            const struct value *event)
{
    const char *fixed = value_get_str(target, "Input");
    if (fixed)
        return fixed;
    const char *path = value_get_str(target, "InputPath");
    const struct value *part = path ? by_path(arena, event, path) : event;
    if (value_get(target, "InputTransformer"))
        return transform(arena, event, value_get(target, "InputTransformer"));
    return json_print(arena, part ? part : value_null(), JSON_COMPACT);
}

/* ---- delivery ---- */

struct delivery {
    struct world *world;
    struct arena *arena;
    const char *account, *region, *rule;
    const struct value *target, *event;
    int64_t hops;
    const char *code, *why; /* of a failure */
};

static bool failed(struct delivery *d, const char *code, const char *why)
{
    d->code = code;
    d->why = why;
    return false;
}

/* The role of a target: EventBridge must be able to assume it, and it must have the right. */
static bool role_may(struct delivery *d, const char *role, const char *action, const char *resource,
                     const struct value *resource_policy, const struct value *context)
{
    if (!role_trusts_service(d->world, d->arena, role, SERVICE_NAME, d->rule))
        return failed(
            d, "NO_PERMISSIONS",
            arena_printf(d->arena, "the role %s cannot be assumed by %s", role, SERVICE_NAME));
    const struct authorization request = {.principal = role,
                                          .action = action,
                                          .resource = resource,
                                          .resource_policy = resource_policy,
                                          .context = context};
    const char *why = "";
    return authorize(d->world, d->arena, &request, &why) ||
           failed(d, "NO_PERMISSIONS",
                  arena_printf(d->arena, "%s is not authorized to perform %s on %s %s", role,
                               action, resource, why));
}

/* What a bus's policy may ask of an event. */
static const struct value *event_context(const struct delivery *d)
{
    struct map_builder b = map_begin(d->arena);
    map_put(&b, "events:source", value_get(d->event, "source"));
    map_put(&b, "events:detail-type", value_get(d->event, "detail-type"));
    return map_end(&b);
}

static bool to_bus(struct delivery *d, const struct arn *arn, const char *arn_text)
{
    const char *account = arena_strndup(d->arena, arn->account.ptr, arn->account.len);
    const char *region = arena_strndup(d->arena, arn->region.ptr, arn->region.len);
    const char *bus = arn_resource_name(d->arena, arn);
    const char *role = value_get_str(d->target, "RoleArn");
    const struct value *policy = event_bus_policy(d->world, d->arena, account, region, bus);
    const char *from = value_get_str(d->event, "account");
    bool same_account = str_eq(account, d->account);
    if (!same_account && !str_eq(from, d->account))
        return failed(d, "NO_PERMISSIONS", "an event of another account is not sent to a third");
    if (!str_eq(bus, "default") && !store_get(d->world, d->arena, EVENTS_BUS, account, region, bus))
        return failed(d, "NO_RESOURCE", "the event bus does not exist");
    if (!str_eq(region, d->region) && !role)
        return failed(d, "NO_PERMISSIONS", "Cross-region api call is not allowed");
    if (role && !role_may(d, role, "events:PutEvents", arn_text, policy, event_context(d)))
        return false;
    if (!role && !same_account) {
        const struct authorization request = {
            .principal = arena_printf(d->arena, "arn:%s:iam::%s:root",
                                      partition_of_region(d->region), d->account),
            .action = "events:PutEvents",
            .resource = arn_text,
            .resource_policy = policy,
            .context = event_context(d)};
        const char *why = "";
        if (!authorize(d->world, d->arena, &request, &why))
            return failed(d, "NO_PERMISSIONS", why);
    }
    event_put(d->world, d->arena, account, region, bus, d->event, d->hops + 1);
    return true;
}

static bool to_queue(struct delivery *d, const char *arn_text)
{
    const char *role = value_get_str(d->target, "RoleArn"), *why = "";
    if (role && !role_may(d, role, "sqs:SendMessage", arn_text, NULL, NULL))
        return false;
    return sqs_deliver(d->world, d->arena, arn_text, role ? role : SERVICE_NAME, d->rule,
                       input_of(d->arena, d->target, d->event), NULL, &why) ||
           failed(d, "NO_PERMISSIONS", why);
}

static bool to_function(struct delivery *d, const char *arn_text)
{
    const struct value *event = NULL;
    const char *why = "", *text = input_of(d->arena, d->target, d->event);
    if (!json_parse(d->arena, slice_of(text), &event, &why))
        return failed(d, "INVALID_JSON", why);
    return lambda_invoke_async(d->world, d->arena, arn_text, SERVICE_NAME, d->rule, event, &why) ||
           failed(d, "NO_PERMISSIONS", why);
}

static bool to_log(struct delivery *d, const struct arn *arn)
{
    struct slice name = slice_from(arn->resource, strlen("log-group:"));
    const char *account = arena_strndup(d->arena, arn->account.ptr, arn->account.len);
    const char *group = arena_strndup(d->arena, name.ptr, name.len);
    if (!store_get(d->world, d->arena, "logs.group", account, d->region, group))
        return failed(d, "NO_RESOURCE", "the log group does not exist");
    logs_append(d->world, d->arena, account, d->region, group, value_get_str(d->event, "id"),
                input_of(d->arena, d->target, d->event));
    return true;
}

static bool deliver(struct delivery *d)
{
    const char *text = value_get_str(d->target, "Arn");
    struct arn arn;
    if (!text || !arn_parse(slice_of(text), &arn))
        return failed(d, "NO_RESOURCE", "the target's ARN cannot be read");
    if (slice_is(arn.service, "events"))
        return to_bus(d, &arn, text);
    if (slice_is(arn.service, "sqs"))
        return to_queue(d, text);
    if (slice_is(arn.service, "lambda"))
        return to_function(d, text);
    if (slice_is(arn.service, "logs") && slice_starts(arn.resource, "log-group:"))
        return to_log(d, &arn);
    return failed(d, "NO_RESOURCE", "the simulator cannot deliver to this kind of target");
}

/* A failure of permission or a missing target is final: no retry helps, as on AWS. */
static void to_dead_letters(struct delivery *d)
{
    const char *queue = value_get_str(value_get(d->target, "DeadLetterConfig"), "Arn");
    const char *why = "the target has no dead-letter queue";
    struct map_builder attributes = map_begin(d->arena);
    map_put_str(&attributes, "RULE_ARN", d->rule);
    map_put(&attributes, "TARGET_ARN", value_get(d->target, "Arn"));
    map_put_str(&attributes, "ERROR_CODE", d->code);
    map_put_str(&attributes, "ERROR_MESSAGE", d->why);
    bool kept = queue && sqs_deliver(d->world, d->arena, queue, SERVICE_NAME, d->rule,
                                     json_print(d->arena, d->event, JSON_COMPACT),
                                     map_end(&attributes), &why);
    struct map_builder detail = map_begin_from(d->arena, map_end(&attributes));
    map_put_str(&detail, "queue", queue);
    map_put_str(&detail, "lost_because", kept ? NULL : why);
    timeline_add(d->world, d->account, d->region, kept ? "dead letter" : "event lost", d->rule,
                 map_end(&detail));
}

void events_deliver_task(struct world *world, struct arena *arena, const struct value *payload)
{
    struct delivery d = {.world = world,
                         .arena = arena,
                         .account = value_get_str(payload, "account"),
                         .region = value_get_str(payload, "region"),
                         .rule = value_get_str(payload, "rule"),
                         .target = value_get(payload, "target"),
                         .event = value_get(payload, "event"),
                         .hops = value_get_int(payload, "hops", 0)};
    if (!deliver(&d)) {
        to_dead_letters(&d);
        return;
    }
    struct map_builder detail = map_begin(arena);
    map_put(&detail, "rule", value_get(payload, "rule"));
    map_put(&detail, "detail-type", value_get(d.event, "detail-type"));
    map_put(&detail, "event", value_get(d.event, "id"));
    timeline_add(world, d.account, d.region, "event", value_get_str(d.target, "Arn"),
                 map_end(&detail));
}

/* ---- schedules ---- */

void event_schedule(struct world *world, struct arena *arena, const char *account,
                    const char *region, const struct value *rule)
{
    const char *text = value_get_str(rule, "ScheduleExpression"), *why = NULL;
    const char *arn = value_get_str(rule, "Arn");
    struct cron cron;
    int64_t next;
    task_drop(world, "events.schedule", "rule", arn);
    if (!text || !str_eq(value_get_str(rule, "State"), "ENABLED") ||
        !cron_parse(arena, text, &cron, &why) ||
        !cron_next(&cron, NULL, world_now_ms(world), &next))
        return;
    struct map_builder task = map_begin(arena);
    map_put_str(&task, "account", account);
    map_put_str(&task, "region", region);
    map_put_str(&task, "rule", arn);
    map_put_str(
        &task, "id",
        arena_printf(arena, "%s/%s", value_get_str(rule, "Bus"), value_get_str(rule, "Name")));
    task_add(world, next, "events.schedule", map_end(&task));
}

void events_schedule_task(struct world *world, struct arena *arena, const struct value *payload)
{
    const char *account = value_get_str(payload, "account");
    const char *region = value_get_str(payload, "region");
    const struct value *rule =
        store_get(world, arena, EVENTS_RULE, account, region, value_get_str(payload, "id"));
    if (!rule)
        return;
    struct list_builder resources = list_begin(arena);
    list_add(&resources, value_get(rule, "Arn"));
    struct map_builder none = map_begin(arena);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "version", "0");
    map_put_str(&b, "id", id_uuid(world, arena));
    map_put_str(&b, "detail-type", "Scheduled Event");
    map_put_str(&b, "source", "aws.events");
    map_put_str(&b, "account", account);
    map_put_str(&b, "time", time_iso(arena, world_now_ms(world)));
    map_put_str(&b, "region", region);
    map_put(&b, "resources", list_end(&resources));
    map_put(&b, "detail", map_end(&none));
    if (!schedules_sleep(world, arena))
        add_delivery(world, arena, account, region, rule, map_end(&b), 0);
    event_schedule(world, arena, account, region, rule);
}
