/* EventBridge Scheduler: schedules of the default group, and their calls of functions, queues and
 * buses. */
#include "simulator/service.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/cron.h"
#include "engine/aws/timezone.h"
#include "engine/base/json.h"
#include "simulator/authorize.h"
#include "simulator/events.h"
#include "simulator/lambda.h"
#include "simulator/sqs.h"

#define SCHEDULE "scheduler.schedule"
#define SERVICE_NAME "scheduler.amazonaws.com"
#define GROUP "default"

static const char *const members[] = {
    "Description",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "State",
    "KmsKeyArn",
    "Target",
    "StartDate",
    "EndDate",
    "ActionAfterCompletion",
};

/* ---- the clock ---- */

static bool expression_parse(struct arena *arena, const struct value *schedule, struct cron *cron,
                             struct timezone **tz)
{
    const char *text = value_get_str(schedule, "ScheduleExpression"), *why = NULL;
    const char *zone = value_get_str(schedule, "ScheduleExpressionTimezone");
    *tz = NULL;
    return text && cron_parse_or_at(arena, text, cron, &why) &&
           (!zone || str_eq(zone, "UTC") || timezone_load(arena, zone, tz));
}

static void wind(struct world *world, struct arena *arena, const char *account, const char *region,
                 const struct value *schedule)
{
    const char *arn = value_get_str(schedule, "Arn");
    struct cron cron;
    struct timezone *tz;
    int64_t next;
    task_drop(world, "scheduler.fire", "schedule", arn);
    if (!str_eq(value_get_str(schedule, "State"), "ENABLED") ||
        !expression_parse(arena, schedule, &cron, &tz) ||
        !cron_next(&cron, tz, world_now_ms(world), &next))
        return;
    struct map_builder task = map_begin(arena);
    map_put_str(&task, "account", account);
    map_put_str(&task, "region", region);
    map_put_str(&task, "schedule", arn);
    map_put(&task, "name", value_get(schedule, "Name"));
    task_add(world, next, "scheduler.fire", map_end(&task));
}

/* ---- the API ---- */

static bool in_group(struct sim_call *call, const char *member)
{
    const char *group = call_str(call, member);
    return !group || str_eq(group, GROUP) ||
           call_error(call, 404, "ResourceNotFoundException", "Schedule group %s does not exist.",
                      group);
}

static const struct value *need_schedule(struct sim_call *call, const char *group_member)
{
    const char *name = call_need(call, "Name");
    if (!name || !in_group(call, group_member))
        return NULL;
    const struct value *schedule =
        store_get(call->world, call->arena, SCHEDULE, call->account, call->region, name);
    if (!schedule)
        call_error(call, 404, "ResourceNotFoundException", "Schedule %s does not exist.", name);
    return schedule;
}

/* Of the group: that is what aws:SourceArn holds. */
static const char *source_arn(struct arena *arena, const char *schedule_arn)
{
    struct arn arn;
    if (!arn_parse(slice_of(schedule_arn), &arn))
        return schedule_arn;
    return arena_printf(arena, "arn:%.*s:scheduler:%.*s:%.*s:schedule-group/" GROUP,
                        (int)arn.partition.len, arn.partition.ptr, (int)arn.region.len,
                        arn.region.ptr, (int)arn.account.len, arn.account.ptr);
}

static bool schedule_fits(struct sim_call *call, const struct value *schedule)
{
    const struct value *window = value_get(schedule, "FlexibleTimeWindow");
    const struct value *target = value_get(schedule, "Target");
    const char *role = value_get_str(target, "RoleArn");
    bool flexible = str_eq(value_get_str(window, "Mode"), "FLEXIBLE");
    struct cron cron;
    struct timezone *tz;
    if (!window || !target || !value_get_str(target, "Arn") || !role)
        return call_error(call, 400, "ValidationException",
                          "FlexibleTimeWindow and Target with Arn and RoleArn are required.");
    if (flexible != (value_get(window, "MaximumWindowInMinutes") != NULL))
        return call_error(call, 400, "ValidationException",
                          "MaximumWindowInMinutes belongs to flexible time windows.");
    if (!expression_parse(call->arena, schedule, &cron, &tz))
        return call_error(call, 400, "ValidationException", "Invalid Schedule Expression %s.",
                          value_get_str(schedule, "ScheduleExpression"));
    return role_trusts_service(call->world, call->arena, role, SERVICE_NAME,
                               source_arn(call->arena, value_get_str(schedule, "Arn"))) ||
           call_error(call, 400, "ValidationException",
                      "The execution role you provide must allow AWS EventBridge Scheduler to "
                      "assume the role.");
}

static const struct value *with_retry_policy(struct arena *arena, const struct value *target)
{
    const struct value *given = value_get(target, "RetryPolicy");
    struct map_builder b = map_begin(arena);
    map_put_int(&b, "MaximumEventAgeInSeconds",
                value_get_int(given, "MaximumEventAgeInSeconds", 86400));
    map_put_int(&b, "MaximumRetryAttempts", value_get_int(given, "MaximumRetryAttempts", 185));
    return value_with(arena, target, "RetryPolicy", map_end(&b));
}

/* Puts the whole schedule; what is left out is as nobody had ever said it. */
static bool put_schedule(struct sim_call *call, const char *name, int64_t created)
{
    struct arena *arena = call->arena;
    const char *arn = call_arn(call, "scheduler", "schedule/" GROUP "/%s", name);
    const struct value *target = call_get(call, "Target");
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Name", name);
    map_put_str(&b, "Arn", arn);
    map_put_str(&b, "GroupName", GROUP);
    map_put_str(&b, "State", "ENABLED");
    map_put_str(&b, "ScheduleExpressionTimezone", "UTC");
    map_put_str(&b, "ActionAfterCompletion", "NONE");
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        map_put(&b, members[i], call_get(call, members[i]));
    if (target)
        map_put(&b, "Target", with_retry_policy(arena, target));
    map_put_int(&b, "Created_ms", created);
    map_put_int(&b, "Modified_ms", call->now);
    map_put(&b, "ClientToken", call_get(call, "ClientToken"));
    const struct value *schedule = map_end(&b);
    if (!schedule_fits(call, schedule))
        return false;
    store_put(call->world, SCHEDULE, call->account, call->region, name, schedule);
    wind(call->world, arena, call->account, call->region, schedule);
    struct map_builder answer = map_begin(arena);
    map_put_str(&answer, "ScheduleArn", arn);
    return call_answer(call, map_end(&answer));
}

static bool create_schedule(struct sim_call *call)
{
    const char *name = call_need(call, "Name"), *token = call_str(call, "ClientToken");
    if (!name || !in_group(call, "GroupName"))
        return false;
    const struct value *old =
        store_get(call->world, call->arena, SCHEDULE, call->account, call->region, name);
    if (!old)
        return put_schedule(call, name, call->now);
    if (!token || !str_eq(token, value_get_str(old, "ClientToken")))
        return call_error(call, 409, "ConflictException", "Schedule %s already exists.", name);
    struct map_builder answer = map_begin(call->arena);
    map_put(&answer, "ScheduleArn", value_get(old, "Arn"));
    return call_answer(call, map_end(&answer));
}

static bool update_schedule(struct sim_call *call)
{
    const struct value *old = need_schedule(call, "GroupName");
    return old && put_schedule(call, value_get_str(old, "Name"),
                               value_get_int(old, "Created_ms", call->now));
}

static bool get_schedule(struct sim_call *call)
{
    const struct value *schedule = need_schedule(call, "groupName");
    if (!schedule)
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Name", value_get(schedule, "Name"));
    map_put(&b, "Arn", value_get(schedule, "Arn"));
    map_put(&b, "GroupName", value_get(schedule, "GroupName"));
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        map_put(&b, members[i], value_get(schedule, members[i]));
    map_put(&b, "CreationDate", call_time(call, value_get_int(schedule, "Created_ms", 0)));
    map_put(&b, "LastModificationDate", call_time(call, value_get_int(schedule, "Modified_ms", 0)));
    return call_answer(call, map_end(&b));
}

static bool delete_schedule(struct sim_call *call)
{
    const struct value *schedule = need_schedule(call, "groupName");
    if (!schedule)
        return false;
    task_drop(call->world, "scheduler.fire", "schedule", value_get_str(schedule, "Arn"));
    store_delete(call->world, SCHEDULE, call->account, call->region,
                 value_get_str(schedule, "Name"));
    struct map_builder none = map_begin(call->arena);
    return call_answer(call, map_end(&none));
}

static bool list_schedules(struct sim_call *call)
{
    static const char *const plain[] = {"Name", "Arn", "GroupName", "State"};
    const char *next;
    struct objects rows;
    if (!in_group(call, "ScheduleGroup"))
        return false;
    if (!store_page(call, SCHEDULE, call_str(call, "NamePrefix"), "NextToken", "MaxResults", 100,
                    &rows, &next))
        return call_error(call, 400, "ValidationException", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *schedule = rows.items[i].body;
        struct map_builder target = map_begin(call->arena), b = map_begin(call->arena);
        for (size_t k = 0; k < ARRAY_LEN(plain); k++)
            map_put(&b, plain[k], value_get(schedule, plain[k]));
        map_put(&target, "Arn", value_get(value_get(schedule, "Target"), "Arn"));
        map_put(&b, "Target", map_end(&target));
        map_put(&b, "CreationDate", call_time(call, value_get_int(schedule, "Created_ms", 0)));
        map_put(&b, "LastModificationDate",
                call_time(call, value_get_int(schedule, "Modified_ms", 0)));
        list_add(&list, map_end(&b));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Schedules", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

/* ---- the call of a target ---- */

struct firing {
    struct world *world;
    struct arena *arena;
    const char *account, *region, *schedule, *role, *input;
    const struct value *target;
    const char *why; /* of a failure */
};

static bool role_may(struct firing *f, const char *action, const char *resource)
{
    const struct authorization request = {
        .principal = f->role, .action = action, .resource = resource};
    return authorize(f->world, f->arena, &request, &f->why);
}

static bool to_function(struct firing *f, const char *text, const struct arn *arn)
{
    const struct value *event = NULL;
    const char *account = arena_strndup(f->arena, arn->account.ptr, arn->account.len);
    const char *region = arena_strndup(f->arena, arn->region.ptr, arn->region.len);
    const char *name = lambda_name(f->arena, text);
    if (!json_parse(f->arena, slice_of(f->input), &event, &f->why) ||
        !role_may(f, "lambda:InvokeFunction", text))
        return false;
    f->why = "the function does not exist";
    if (!store_get(f->world, f->arena, LAMBDA_FUNCTION, account, region, name))
        return false;
    lambda_queue(f->world, f->arena, account, region, name, event);
    return true;
}

static bool to_bus(struct firing *f, const char *text, const struct arn *arn)
{
    const struct value *parameters = value_get(f->target, "EventBridgeParameters"), *detail = NULL;
    const char *account = arena_strndup(f->arena, arn->account.ptr, arn->account.len);
    const char *region = arena_strndup(f->arena, arn->region.ptr, arn->region.len);
    struct list_builder resources = list_begin(f->arena);
    list_add_str(&resources, f->schedule);
    if (!json_parse(f->arena, slice_of(f->input), &detail, &f->why) ||
        !role_may(f, "events:PutEvents", text))
        return false;
    struct map_builder b = map_begin(f->arena);
    map_put_str(&b, "version", "0");
    map_put_str(&b, "id", id_uuid(f->world, f->arena));
    map_put(&b, "detail-type", value_get(parameters, "DetailType"));
    map_put(&b, "source", value_get(parameters, "Source"));
    map_put_str(&b, "account", f->account);
    map_put_str(&b, "time", time_iso(f->arena, world_now_ms(f->world)));
    map_put_str(&b, "region", f->region);
    map_put(&b, "resources", list_end(&resources));
    map_put(&b, "detail", detail);
    event_put(f->world, f->arena, account, region, arn_resource_name(f->arena, arn), map_end(&b),
              0);
    return true;
}

static bool call_target(struct firing *f)
{
    const char *text = value_get_str(f->target, "Arn");
    struct arn arn;
    f->why = "the simulator cannot call this kind of target";
    if (!role_trusts_service(f->world, f->arena, f->role, SERVICE_NAME,
                             source_arn(f->arena, f->schedule))) {
        f->why = "the role cannot be assumed by " SERVICE_NAME;
        return false;
    }
    if (!arn_parse(slice_of(text), &arn))
        return false;
    if (slice_is(arn.service, "lambda"))
        return to_function(f, text, &arn);
    if (slice_is(arn.service, "events"))
        return to_bus(f, text, &arn);
    return slice_is(arn.service, "sqs") &&
           sqs_deliver(f->world, f->arena, text, f->role, NULL, f->input, NULL, &f->why);
}

static void fire_task(struct world *world, struct arena *arena, const struct value *payload)
{
    struct firing f = {.world = world,
                       .arena = arena,
                       .account = value_get_str(payload, "account"),
                       .region = value_get_str(payload, "region"),
                       .schedule = value_get_str(payload, "schedule")};
    const struct value *schedule =
        store_get(world, arena, SCHEDULE, f.account, f.region, value_get_str(payload, "name"));
    if (!schedule)
        return;
    if (schedules_sleep(world, arena)) {
        wind(world, arena, f.account, f.region, schedule);
        return;
    }
    f.target = value_get(schedule, "Target");
    f.role = value_get_str(f.target, "RoleArn");
    f.input = value_get_str(f.target, "Input");
    f.input = f.input ? f.input : "{}";
    bool called = call_target(&f), kept = false;
    const char *queue = value_get_str(value_get(f.target, "DeadLetterConfig"), "Arn");
    const char *unused = NULL;
    if (!called && queue)
        kept = sqs_deliver(world, arena, queue, f.role, NULL, f.input, NULL, &unused);
    struct map_builder detail = map_begin(arena);
    map_put(&detail, "target", value_get(f.target, "Arn"));
    map_put_str(&detail, "why", called ? NULL : f.why);
    timeline_add(world, f.account, f.region,
                 called ? "schedule"
                 : kept ? "dead letter"
                        : "event lost",
                 f.schedule, map_end(&detail));
    wind(world, arena, f.account, f.region, schedule);
}

#define OP(name_, method_, run_, writes_)                                                          \
    {                                                                                              \
        .name = (name_), .method = (method_), .uri = "/schedules/{Name}", .run = (run_),           \
        .writes = (writes_)                                                                        \
    }

static const struct sim_operation operations[] = {
    OP("CreateSchedule", "POST", create_schedule, true),
    OP("GetSchedule", "GET", get_schedule, false),
    OP("UpdateSchedule", "PUT", update_schedule, true),
    OP("DeleteSchedule", "DELETE", delete_schedule, true),
    {.name = "ListSchedules", .method = "GET", .uri = "/schedules", .run = list_schedules},
};

static const struct sim_task tasks[] = {
    {.kind = "scheduler.fire", .run = fire_task, .background = true},
};

const struct sim_api sim_scheduler = {
    .service = "scheduler",
    .wire = SIM_REST_JSON,
    .codeless = true,
    .typeless = true,
    .missing = "ValidationException",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
    .tasks = tasks,
    .task_len = ARRAY_LEN(tasks),
};
