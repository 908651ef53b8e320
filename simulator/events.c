/* EventBridge's API: rules, targets, buses, their policies. delivery.c brings events to targets. */
#include "simulator/events.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/cron.h"
#include "engine/aws/event_pattern.h"
#include "engine/aws/partition.h"
#include "engine/base/json.h"
#include "simulator/authorize.h"
#include "simulator/tags.h"

#define TARGETS_MAX 5

/* ---- buses ---- */

/* The name of a bus given by name or ARN; NULL member: the default bus. */
static const char *bus_name(struct sim_call *call, const char *member)
{
    const char *text = call_str(call, member);
    struct arn arn;
    if (!text)
        return "default";
    return arn_parse(slice_of(text), &arn) ? arn_resource_name(call->arena, &arn) : text;
}

static const struct value *bus_get(struct sim_call *call, const char *bus)
{
    return store_get(call->world, call->arena, EVENTS_BUS, call->account, call->region, bus);
}

static bool bus_exists(struct sim_call *call, const char *bus)
{
    return str_eq(bus, "default") || bus_get(call, bus) ||
           call_error(call, 400, "ResourceNotFoundException", "Event bus %s does not exist.", bus);
}

static const struct value *bus_shape(struct sim_call *call, const char *name,
                                     const struct value *bus)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Name", name);
    map_put_str(&b, "Arn", event_bus_arn(call->arena, call->account, call->region, name));
    map_put_str(&b, "Policy", policy_echo(call->arena, value_get_str(bus, "Policy")));
    map_put(&b, "Description", value_get(bus, "Description"));
    return map_end(&b);
}

static bool describe_bus(struct sim_call *call)
{
    const char *name = bus_name(call, "Name");
    const struct value *bus = bus_get(call, name);
    if (!bus_exists(call, name))
        return false;
    struct map_builder b = map_begin_from(call->arena, bus_shape(call, name, bus));
    map_put(&b, "KmsKeyIdentifier", value_get(bus, "KmsKeyIdentifier"));
    map_put(&b, "DeadLetterConfig", value_get(bus, "DeadLetterConfig"));
    if (value_get(bus, "Created_ms")) {
        map_put(&b, "CreationTime", call_time(call, value_get_int(bus, "Created_ms", 0)));
        map_put(&b, "LastModifiedTime", call_time(call, value_get_int(bus, "Modified_ms", 0)));
    }
    return call_answer(call, map_end(&b));
}

/* The settings that a bus is made with and changed to. What is left out goes, but for the
 * description, which only an empty one takes away. False: refused. */
static bool put_settings(struct sim_call *call, struct map_builder *b)
{
    static const char *const settings[] = {"Description", "KmsKeyIdentifier", "DeadLetterConfig"};
    const char *queue = value_get_str(call_get(call, "DeadLetterConfig"), "Arn");
    struct arn arn;
    if (queue && (!arn_parse(slice_of(queue), &arn) || !slice_is(arn.service, "sqs") ||
                  !slice_is(arn.region, call->region)))
        return call_error(call, 400, "ValidationException",
                          "The dead-letter queue of an event bus must be a standard SQS queue in "
                          "the Region of the bus.");
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (!str_eq(settings[i], "Description"))
            map_drop(b, settings[i]);
        map_put(b, settings[i], call_get(call, settings[i]));
    }
    map_put_int(b, "Modified_ms", call->now);
    return true;
}

static bool create_bus(struct sim_call *call)
{
    const char *name = call_need(call, "Name");
    if (!name)
        return false;
    if (str_eq(name, "default") || bus_get(call, name))
        return call_error(call, 400, "ResourceAlreadyExistsException",
                          "Event bus %s already exists.", name);
    const struct value *tags = tags_from_list(call->arena, call_get(call, "Tags"), "Key", "Value");
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "ValidationException", "%s", refused);
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Tags", tags);
    map_put_int(&b, "Created_ms", call->now);
    if (!put_settings(call, &b))
        return false;
    store_put(call->world, EVENTS_BUS, call->account, call->region, name, map_end(&b));
    struct map_builder answer = map_begin(call->arena);
    map_put_str(&answer, "EventBusArn",
                event_bus_arn(call->arena, call->account, call->region, name));
    return call_answer(call, map_end(&answer));
}

static bool update_bus(struct sim_call *call)
{
    const char *name = bus_name(call, "Name");
    if (!bus_exists(call, name))
        return false;
    struct map_builder b = map_begin_from(call->arena, bus_get(call, name));
    if (!put_settings(call, &b))
        return false;
    store_put(call->world, EVENTS_BUS, call->account, call->region, name, map_end(&b));
    struct map_builder answer = map_begin(call->arena);
    map_put_str(&answer, "Name", name);
    map_put_str(&answer, "Arn", event_bus_arn(call->arena, call->account, call->region, name));
    return call_answer(call, map_end(&answer));
}

static bool delete_bus(struct sim_call *call)
{
    const char *name = call_need(call, "Name");
    if (!name)
        return false;
    if (str_eq(name, "default"))
        return call_error(call, 400, "ValidationException", "Cannot delete event bus default.");
    if (store_any(call->world, EVENTS_RULE, call->account, call->region,
                  arena_printf(call->arena, "%s/", name)))
        return call_error(call, 400, "ValidationException",
                          "Event bus can't be deleted since it has rules.");
    store_delete(call->world, EVENTS_BUS, call->account, call->region, name);
    return call_answer(call, NULL);
}

static bool list_buses(struct sim_call *call)
{
    const char *prefix = call_str(call, "NamePrefix"), *next;
    struct objects rows =
        store_list(call->world, call->arena, EVENTS_BUS, call->account, call->region, NULL);
    struct map_builder names = map_begin(call->arena);
    struct map_builder none = map_begin(call->arena);
    map_put(&names, "default", map_end(&none));
    for (size_t i = 0; i < rows.len; i++)
        map_put(&names, rows.items[i].id, rows.items[i].body);
    struct objects all = rows_of_map(call->arena, map_end(&names));
    size_t kept = 0;
    for (size_t i = 0; i < all.len; i++) {
        if (!prefix || str_starts(all.items[i].id, prefix))
            all.items[kept++] = all.items[i];
    }
    all.len = kept;
    if (!call_page(call, &all, "NextToken", "Limit", 100, &next))
        return call_error(call, 400, "ValidationException", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < all.len; i++)
        list_add(&list, bus_shape(call, all.items[i].id, value_get(all.items[i].body, "Value")));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "EventBuses", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

/* ---- the policy of a bus ---- */

static bool save_policy(struct sim_call *call, const char *bus, const char *text)
{
    struct map_builder b = map_begin_from(call->arena, bus_get(call, bus));
    if (text)
        map_put_str(&b, "Policy", text);
    else
        map_drop(&b, "Policy");
    if (!text && str_eq(bus, "default") && !value_len(value_get(map_end(&b), "Tags")))
        store_delete(call->world, EVENTS_BUS, call->account, call->region, bus);
    else
        store_put(call->world, EVENTS_BUS, call->account, call->region, bus, map_end(&b));
    return call_answer(call, NULL);
}

static const struct value *statement_of(struct sim_call *call, const char *bus)
{
    const char *sid = call_need(call, "StatementId");
    const char *principal = sid ? call_need(call, "Principal") : NULL;
    if (!principal)
        return NULL;
    const char *action = call_str(call, "Action");
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Sid", sid);
    map_put_str(&b, "Effect", "Allow");
    if (str_eq(principal, "*")) {
        map_put_str(&b, "Principal", "*");
    } else {
        struct map_builder aws = map_begin(call->arena);
        map_put_str(&aws, "AWS",
                    arena_printf(call->arena, "arn:%s:iam::%s:root", call->partition, principal));
        map_put(&b, "Principal", map_end(&aws));
    }
    map_put_str(&b, "Action", action ? action : "events:PutEvents");
    map_put_str(&b, "Resource", event_bus_arn(call->arena, call->account, call->region, bus));
    const struct value *given = call_get(call, "Condition");
    if (given) {
        struct map_builder key = map_begin(call->arena);
        struct map_builder condition = map_begin(call->arena);
        map_put(&key, value_get_str(given, "Key"), value_get(given, "Value"));
        map_put(&condition, value_get_str(given, "Type"), map_end(&key));
        map_put(&b, "Condition", map_end(&condition));
    }
    return map_end(&b);
}

/* The policy's statements without the one of that Sid; *ret_found tells whether it was there. */
static struct list_builder statements_without(struct sim_call *call, const struct value *policy,
                                              const char *sid, bool *ret_found)
{
    const struct value *old = value_get(policy, "Statement");
    struct list_builder list = list_begin(call->arena);
    *ret_found = false;
    for (size_t i = 0; i < value_len(old); i++) {
        if (str_eq(value_get_str(value_item(old, i), "Sid"), sid))
            *ret_found = true;
        else
            list_add(&list, value_item(old, i));
    }
    return list;
}

static const char *policy_with(struct sim_call *call, struct list_builder *statements)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Version", "2012-10-17");
    map_put(&b, "Statement", list_end(statements));
    return json_print(call->arena, map_end(&b), JSON_COMPACT);
}

static bool put_permission(struct sim_call *call)
{
    const char *bus = bus_name(call, "EventBusName"), *why = NULL;
    if (!bus_exists(call, bus))
        return false;
    const char *text = call_str(call, "Policy");
    if (!text) {
        const struct value *statement = statement_of(call, bus);
        bool found;
        if (!statement)
            return false;
        struct list_builder list = statements_without(
            call, event_bus_policy(call->world, call->arena, call->account, call->region, bus),
            call_str(call, "StatementId"), &found);
        list_add(&list, statement);
        text = policy_with(call, &list);
    }
    const struct value *doc = policy_read(call->arena, text, POLICY_RESOURCE, &why);
    if (!doc)
        return call_error(call, 400, "ValidationException", "Invalid policy: %s", why);
    if (policy_unknown_principal(call->world, call->arena, doc))
        return call_error(call, 400, "ValidationException",
                          "Invalid policy: the principal %s does not exist",
                          policy_unknown_principal(call->world, call->arena, doc));
    if (strlen(text) > 10240)
        return call_error(call, 400, "PolicyLengthExceededException", "The policy is too long.");
    return save_policy(call, bus, text);
}

static bool remove_permission(struct sim_call *call)
{
    const char *bus = bus_name(call, "EventBusName");
    if (!bus_exists(call, bus))
        return false;
    if (call_bool(call, "RemoveAllPermissions", false))
        return save_policy(call, bus, NULL);
    bool found;
    struct list_builder list = statements_without(
        call, event_bus_policy(call->world, call->arena, call->account, call->region, bus),
        call_str(call, "StatementId"), &found);
    if (!found)
        return call_error(call, 400, "ResourceNotFoundException",
                          "EventBus does not have a policy statement with this id.");
    return save_policy(call, bus, list.len ? policy_with(call, &list) : NULL);
}

/* ---- rules ---- */

static const char *rule_id(struct sim_call *call, const char *bus, const char *name)
{
    return arena_printf(call->arena, "%s/%s", bus, name);
}

static const char *rule_arn(struct sim_call *call, const char *bus, const char *name)
{
    return str_eq(bus, "default") ? call_arn(call, "events", "rule/%s", name)
                                  : call_arn(call, "events", "rule/%s/%s", bus, name);
}

static const struct value *need_rule(struct sim_call *call, const char *member, const char **ret_id)
{
    const char *name = call_need(call, member);
    const char *bus = bus_name(call, "EventBusName");
    if (!name || !bus_exists(call, bus))
        return NULL;
    *ret_id = rule_id(call, bus, name);
    const struct value *rule =
        store_get(call->world, call->arena, EVENTS_RULE, call->account, call->region, *ret_id);
    if (!rule)
        call_error(call, 400, "ResourceNotFoundException", "Rule %s does not exist on EventBus %s.",
                   name, bus);
    return rule;
}

static bool save_rule(struct sim_call *call, const char *id, const struct value *rule)
{
    store_put(call->world, EVENTS_RULE, call->account, call->region, id, rule);
    return call_answer(call, NULL);
}

static bool rule_is_valid(struct sim_call *call, const char *name)
{
    const char *text = call_str(call, "EventPattern"), *why = NULL;
    const char *schedule = call_str(call, "ScheduleExpression");
    const struct value *pattern = NULL;
    struct cron cron;
    if (strlen(name) > 64)
        return call_error(call, 400, "ValidationException",
                          "1 validation error detected: Value at 'name' failed to satisfy "
                          "constraint: Member must have length less than or equal to 64");
    if (!text && !schedule)
        return call_error(call, 400, "ValidationException",
                          "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    if (text && (!json_parse(call->arena, slice_of(text), &pattern, &why) ||
                 !event_pattern_check(pattern, &why) || strlen(text) > 4096))
        return call_error(call, 400, "InvalidEventPatternException",
                          "Event pattern is not valid. Reason: %s", why ? why : "too long");
    if (schedule && !cron_parse(call->arena, schedule, &cron, &why))
        return call_error(call, 400, "ValidationException",
                          "Parameter ScheduleExpression is not valid.");
    return true;
}

static bool put_rule(struct sim_call *call)
{
    const char *name = call_need(call, "Name");
    const char *bus = bus_name(call, "EventBusName");
    if (!name || !bus_exists(call, bus) || !rule_is_valid(call, name))
        return false;
    const char *id = rule_id(call, bus, name), *state = call_str(call, "State");
    const struct value *old =
        store_get(call->world, call->arena, EVENTS_RULE, call->account, call->region, id);
    const struct value *tags =
        old ? value_get(old, "Tags")
            : tags_from_list(call->arena, call_get(call, "Tags"), "Key", "Value");
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "ValidationException", "%s", refused);
    struct map_builder none = map_begin(call->arena);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Name", name);
    map_put_str(&b, "Bus", bus);
    map_put_str(&b, "Arn", rule_arn(call, bus, name));
    map_put(&b, "EventPattern", call_get(call, "EventPattern"));
    map_put(&b, "ScheduleExpression", call_get(call, "ScheduleExpression"));
    map_put_str(&b, "State", state ? state : "ENABLED");
    map_put(&b, "Description", call_get(call, "Description"));
    map_put(&b, "RoleArn", call_get(call, "RoleArn"));
    map_put(&b, "Tags", tags);
    map_put(&b, "Targets", old ? value_get(old, "Targets") : map_end(&none));
    const struct value *rule = map_end(&b);
    save_rule(call, id, rule);
    event_schedule(call->world, call->arena, call->account, call->region, rule);
    struct map_builder answer = map_begin(call->arena);
    map_put(&answer, "RuleArn", value_get(rule, "Arn"));
    return call_answer(call, map_end(&answer));
}

static const struct value *rule_shape(struct sim_call *call, const struct value *rule, bool full)
{
    static const char *const plain[] = {"Name",        "Arn",     "EventPattern",      "State",
                                        "Description", "RoleArn", "ScheduleExpression"};
    struct map_builder b = map_begin(call->arena);
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        map_put(&b, plain[i], value_get(rule, plain[i]));
    map_put(&b, "EventBusName", value_get(rule, "Bus"));
    if (full)
        map_put_str(&b, "CreatedBy", call->account);
    return map_end(&b);
}

static bool describe_rule(struct sim_call *call)
{
    const char *id;
    const struct value *rule = need_rule(call, "Name", &id);
    return rule && call_answer(call, rule_shape(call, rule, true));
}

static bool delete_rule(struct sim_call *call)
{
    const char *name = call_need(call, "Name");
    const char *bus = bus_name(call, "EventBusName");
    if (!name || !bus_exists(call, bus))
        return false;
    const char *id = rule_id(call, bus, name);
    const struct value *rule =
        store_get(call->world, call->arena, EVENTS_RULE, call->account, call->region, id);
    if (value_len(value_get(rule, "Targets")))
        return call_error(call, 400, "ValidationException",
                          "Rule can't be deleted since it has targets.");
    task_drop(call->world, "events.schedule", "rule", rule_arn(call, bus, name));
    store_delete(call->world, EVENTS_RULE, call->account, call->region, id);
    return call_answer(call, NULL);
}

static bool list_rules(struct sim_call *call)
{
    const char *prefix = call_str(call, "NamePrefix"), *next;
    const char *bus = bus_name(call, "EventBusName");
    if (!bus_exists(call, bus))
        return false;
    struct objects rows;
    if (!store_page(call, EVENTS_RULE, rule_id(call, bus, prefix ? prefix : ""), "NextToken",
                    "Limit", 100, &rows, &next))
        return call_error(call, 400, "ValidationException", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, rule_shape(call, rows.items[i].body, false));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Rules", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

static bool set_state(struct sim_call *call, const char *state)
{
    const char *id;
    const struct value *rule = need_rule(call, "Name", &id);
    if (!rule)
        return false;
    rule = value_with(call->arena, rule, "State", value_string(call->arena, state));
    event_schedule(call->world, call->arena, call->account, call->region, rule);
    return save_rule(call, id, rule);
}

static bool enable_rule(struct sim_call *call)
{
    return set_state(call, "ENABLED");
}

static bool disable_rule(struct sim_call *call)
{
    return set_state(call, "DISABLED");
}

/* ---- targets ---- */

/* What AWS checks at once; the rest shows itself at delivery. */
static bool target_fits(struct sim_call *call, const char *served_rule, const struct value *target)
{
    const char *text = value_get_str(target, "Arn");
    const char *role = value_get_str(target, "RoleArn");
    struct arn arn;
    if (!value_get_str(target, "Id") || !text || !arn_parse(slice_of(text), &arn))
        return call_error(call, 400, "ValidationException",
                          "Parameter %s is not valid. Reason: "
                          "Provided Arn is not in correct format.",
                          text ? text : "Arn");
    if (role &&
        !role_trusts_service(call->world, call->arena, role, "events.amazonaws.com", served_rule))
        return call_error(call, 400, "ValidationException",
                          "Provided role '%s' cannot be assumed by principal "
                          "'events.amazonaws.com'.",
                          role);
    bool other_region = arn.region.len && !slice_is(arn.region, call->region);
    if (other_region && !slice_is(arn.service, "events"))
        return call_error(call, 400, "ValidationException",
                          "Provided Arn is not in the Region of the rule: %s", text);
    if (other_region && !role)
        return call_error(call, 400, "ValidationException", "Cross-region api call is not allowed");
    if (role || !slice_is(arn.service, "events") || slice_is(arn.account, call->account))
        return true;
    const struct authorization request = {
        .principal =
            arena_printf(call->arena, "arn:%s:iam::%s:root", call->partition, call->account),
        .action = "events:PutEvents",
        .resource = text,
        .resource_policy = event_bus_policy(
            call->world, call->arena, arena_strndup(call->arena, arn.account.ptr, arn.account.len),
            call->region, arn_resource_name(call->arena, &arn)),
    };
    const char *why = "";
    return authorize(call->world, call->arena, &request, &why) ||
           call_error(call, 400, "AccessDeniedException",
                      "User: %s is not authorized to perform: events:PutEvents on resource: %s %s",
                      request.principal, text, why);
}

static const struct value *merged_target(struct sim_call *call, const struct value *old,
                                         const struct value *target)
{
    struct arn arn;
    const struct value *role = value_get(old, "RoleArn");
    /* a role that crosses accounts stays, although the new target names none */
    if (role && !value_get(target, "RoleArn") &&
        arn_parse(slice_of(value_get_str(target, "Arn")), &arn) &&
        !slice_is(arn.account, call->account))
        return value_with(call->arena, target, "RoleArn", role);
    return target;
}

static bool answer_failures(struct sim_call *call, struct list_builder *failures)
{
    struct map_builder b = map_begin(call->arena);
    map_put_int(&b, "FailedEntryCount", (int64_t)failures->len);
    map_put(&b, "FailedEntries", list_end(failures));
    return call_answer(call, map_end(&b));
}

static bool put_targets(struct sim_call *call)
{
    const char *id;
    const struct value *rule = need_rule(call, "Rule", &id);
    if (!rule)
        return false;
    const struct value *given = call_get(call, "Targets");
    const char *refused = setting_get(call->world, call->arena, "refuse_target"); /* by Id */
    struct list_builder failures = list_begin(call->arena);
    struct map_builder targets = map_begin_from(call->arena, value_get(rule, "Targets"));
    for (size_t i = 0; i < value_len(given); i++) {
        const struct value *target = value_item(given, i);
        const char *name = value_get_str(target, "Id");
        if (!target_fits(call, value_get_str(rule, "Arn"), target))
            return false;
        if (refused && str_eq(refused, name)) {
            struct map_builder b = map_begin(call->arena);
            map_put_str(&b, "TargetId", name);
            map_put_str(&b, "ErrorCode", "ConcurrentModificationException");
            map_put_str(&b, "ErrorMessage", "Rule is being modified by another request.");
            list_add(&failures, map_end(&b));
            continue;
        }
        map_put(&targets, name,
                merged_target(call, value_get(value_get(rule, "Targets"), name), target));
    }
    const struct value *all = map_end(&targets);
    if (value_len(all) > TARGETS_MAX)
        return call_error(call, 400, "LimitExceededException",
                          "The requested resource exceeds the maximum number allowed.");
    save_rule(call, id, value_with(call->arena, rule, "Targets", all));
    return answer_failures(call, &failures);
}

static bool remove_targets(struct sim_call *call)
{
    const char *id;
    const struct value *rule = need_rule(call, "Rule", &id);
    if (!rule)
        return false;
    struct list_builder failures = list_begin(call->arena);
    const struct value *targets =
        tags_remove(call->arena, value_get(rule, "Targets"), call_get(call, "Ids"));
    save_rule(call, id, value_with(call->arena, rule, "Targets", targets));
    return answer_failures(call, &failures);
}

static bool list_targets(struct sim_call *call)
{
    const char *id, *next;
    const struct value *rule = need_rule(call, "Rule", &id);
    if (!rule)
        return false;
    struct objects rows = rows_of_map(call->arena, value_get(rule, "Targets"));
    if (!call_page(call, &rows, "NextToken", "Limit", 100, &next))
        return call_error(call, 400, "ValidationException", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, value_get(rows.items[i].body, "Value"));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Targets", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

/* ---- tags ---- */

/* The rule or bus of ResourceARN. */
static const struct value *need_tagged(struct sim_call *call, const char **ret_kind,
                                       const char **ret_id)
{
    const char *text = call_need(call, "ResourceARN");
    struct arn arn;
    if (!text)
        return NULL;
    const struct value *body = NULL;
    if (arn_parse(slice_of(text), &arn)) {
        bool rule = slice_starts(arn.resource, "rule/");
        const char *name = arn_resource_name(call->arena, &arn);
        *ret_kind = rule ? EVENTS_RULE : EVENTS_BUS;
        *ret_id = rule && !strchr(name, '/') ? rule_id(call, "default", name) : name;
        body = store_get(call->world, call->arena, *ret_kind, call->account, call->region, *ret_id);
    }
    if (!body)
        call_error(call, 400, "ResourceNotFoundException", "%s does not exist.", text);
    return body;
}

static bool save_tags(struct sim_call *call, const char *kind, const char *id,
                      const struct value *body, const struct value *tags)
{
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "ValidationException", "%s", refused);
    store_put(call->world, kind, call->account, call->region, id,
              value_with(call->arena, body, "Tags", tags));
    struct map_builder none = map_begin(call->arena);
    return call_answer(call, map_end(&none));
}

static bool tag_resource(struct sim_call *call)
{
    const char *kind, *id;
    const struct value *body = need_tagged(call, &kind, &id);
    return body && save_tags(call, kind, id, body,
                             tags_merge(call->arena, value_get(body, "Tags"),
                                        tags_from_list(call->arena, call_get(call, "Tags"), "Key",
                                                       "Value")));
}

static bool untag_resource(struct sim_call *call)
{
    const char *kind, *id;
    const struct value *body = need_tagged(call, &kind, &id);
    return body &&
           save_tags(call, kind, id, body,
                     tags_remove(call->arena, value_get(body, "Tags"), call_get(call, "TagKeys")));
}

static bool list_tags(struct sim_call *call)
{
    const char *kind, *id;
    const struct value *body = need_tagged(call, &kind, &id);
    if (!body)
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Tags", tags_to_list(call->arena, value_get(body, "Tags"), "Key", "Value"));
    return call_answer(call, map_end(&b));
}

/* ---- events ---- */

static const struct value *entry_result(struct sim_call *call, const char *id, const char *code,
                                        const char *message)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "EventId", id);
    map_put_str(&b, "ErrorCode", code);
    map_put_str(&b, "ErrorMessage", message);
    return map_end(&b);
}

/* The account that owns the bus of an entry, and its name. */
static bool entry_bus(struct sim_call *call, const struct value *entry, const char **ret_account,
                      const char **ret_bus)
{
    const char *text = value_get_str(entry, "EventBusName");
    struct arn arn;
    *ret_account = call->account;
    *ret_bus = text ? text : "default";
    if (text && arn_parse(slice_of(text), &arn)) {
        *ret_account = arena_strndup(call->arena, arn.account.ptr, arn.account.len);
        *ret_bus = arn_resource_name(call->arena, &arn);
    }
    return call_authorize(
        call, "events:PutEvents", event_bus_arn(call->arena, *ret_account, call->region, *ret_bus),
        event_bus_policy(call->world, call->arena, *ret_account, call->region, *ret_bus), NULL);
}

static const struct value *put_entry(struct sim_call *call, const struct value *entry,
                                     const char *account, const char *bus)
{
    const char *source = value_get_str(entry, "Source");
    const char *type = value_get_str(entry, "DetailType");
    const char *text = value_get_str(entry, "Detail"), *why = NULL;
    const struct value *detail = NULL;
    struct list_builder none = list_begin(call->arena);
    if (!source || !type || !text)
        return entry_result(call, NULL, "InvalidArgument",
                            "Parameter Source, DetailType or Detail is not valid. Reason: it is a "
                            "required argument.");
    if (str_starts(source, "aws."))
        return entry_result(call, NULL, "NotAuthorizedForSourceException",
                            "Not authorized for the source.");
    if (!json_parse(call->arena, slice_of(text), &detail, &why) || !value_is(detail, VALUE_MAP))
        return entry_result(call, NULL, "MalformedDetail", "Detail is malformed.");
    int64_t at = call->now;
    (void)input_time(value_get(entry, "Time"), &at);
    const char *id = id_uuid(call->world, call->arena);
    const struct value *resources = value_get(entry, "Resources");
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "version", "0");
    map_put_str(&b, "id", id);
    map_put_str(&b, "detail-type", type);
    map_put_str(&b, "source", source);
    map_put_str(&b, "account", call->account);
    map_put_str(&b, "time", time_iso(call->arena, at));
    map_put_str(&b, "region", call->region);
    map_put(&b, "resources", resources ? resources : list_end(&none));
    map_put(&b, "detail", detail);
    event_put(call->world, call->arena, account, call->region, bus, map_end(&b), 0);
    return entry_result(call, id, NULL, NULL);
}

static bool put_events(struct sim_call *call)
{
    const struct value *entries = call_get(call, "Entries");
    struct list_builder list = list_begin(call->arena);
    int64_t failed = 0;
    if (value_len(entries) == 0)
        return call_error(call, 400, "ValidationException",
                          "1 validation error detected: Value at 'entries' failed to satisfy "
                          "constraint: Member must have length greater than or equal to 1");
    for (size_t i = 0; i < value_len(entries); i++) {
        const char *account, *bus;
        if (!entry_bus(call, value_item(entries, i), &account, &bus))
            return false;
        const struct value *result = put_entry(call, value_item(entries, i), account, bus);
        failed += value_get(result, "ErrorCode") != NULL;
        list_add(&list, result);
    }
    struct map_builder b = map_begin(call->arena);
    map_put_int(&b, "FailedEntryCount", failed);
    map_put(&b, "Entries", list_end(&list));
    return call_answer(call, map_end(&b));
}

static bool test_pattern(struct sim_call *call)
{
    const char *pattern_text = call_need(call, "EventPattern"), *why = NULL;
    const char *event_text = pattern_text ? call_need(call, "Event") : NULL;
    const struct value *pattern = NULL, *event = NULL;
    if (!event_text)
        return false;
    if (!json_parse(call->arena, slice_of(pattern_text), &pattern, &why) ||
        !event_pattern_check(pattern, &why) ||
        !json_parse(call->arena, slice_of(event_text), &event, &why))
        return call_error(call, 400, "InvalidEventPatternException",
                          "Event pattern is not valid. Reason: %s", why);
    struct map_builder b = map_begin(call->arena);
    map_put_bool(&b, "Result", event_pattern_matches(pattern, event));
    return call_answer(call, map_end(&b));
}

static const struct sim_operation operations[] = {
    {.name = "PutRule", .run = put_rule, .writes = true},
    {.name = "DescribeRule", .run = describe_rule},
    {.name = "DeleteRule", .run = delete_rule, .writes = true},
    {.name = "ListRules", .run = list_rules},
    {.name = "EnableRule", .run = enable_rule, .writes = true},
    {.name = "DisableRule", .run = disable_rule, .writes = true},
    {.name = "PutTargets", .run = put_targets, .writes = true},
    {.name = "RemoveTargets", .run = remove_targets, .writes = true},
    {.name = "ListTargetsByRule", .run = list_targets},
    {.name = "PutPermission", .run = put_permission, .writes = true},
    {.name = "RemovePermission", .run = remove_permission, .writes = true},
    {.name = "DescribeEventBus", .run = describe_bus},
    {.name = "CreateEventBus", .run = create_bus, .writes = true},
    {.name = "UpdateEventBus", .run = update_bus, .writes = true},
    {.name = "DeleteEventBus", .run = delete_bus, .writes = true},
    {.name = "ListEventBuses", .run = list_buses},
    {.name = "TagResource", .run = tag_resource, .writes = true},
    {.name = "UntagResource", .run = untag_resource, .writes = true},
    {.name = "ListTagsForResource", .run = list_tags},
    {.name = "PutEvents", .run = put_events, .writes = true},
    {.name = "TestEventPattern", .run = test_pattern},
};

static const struct sim_task tasks[] = {
    {.kind = "events.match", .run = events_match_task},
    {.kind = "events.deliver", .run = events_deliver_task},
    {.kind = "events.schedule", .run = events_schedule_task, .background = true},
};

const struct sim_api sim_events = {
    .service = "events",
    .wire = SIM_JSON,
    .target = "AWSEvents",
    .version = "1.1",
    .missing = "ValidationException",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
    .tasks = tasks,
    .task_len = ARRAY_LEN(tasks),
};
