/* Restore testing: plans, and the selections that live in them. What they would restore is not
 * played. */
#include "simulator/backup.h"

#include <ctype.h>
#include <string.h>

#include "engine/aws/cron.h"
#include "engine/aws/restore_testing.h"
#include "simulator/tags.h"

#define PLAN "backup.restore_plan"
#define SELECTION "backup.restore_selection"
#define NAME_MAX_LEN 50
#define START_WINDOW_HOURS 24
#define START_WINDOW_HOURS_MAX 168
#define VALIDATION_HOURS_MAX 168
#define WINDOW_DAYS 30
#define WINDOW_DAYS_MAX 365

static bool name_is_valid(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            return false;
    return len >= 1 && len <= NAME_MAX_LEN;
}

static bool in_range(int64_t n, int64_t min, int64_t max)
{
    return n >= min && n <= max;
}

/* ---- plans ---- */

static const char *plan_name(const struct sim_call *call)
{
    return call_str(call, "RestoreTestingPlanName");
}

static const struct value *own_plan(struct sim_call *call, const char *name)
{
    return store_get(call->world, call->arena, PLAN, call->account, call->region, name);
}

static const struct value *plan_or_missing(struct sim_call *call)
{
    const struct value *plan = own_plan(call, plan_name(call));
    if (!plan)
        backup_not_found(call, "Restore testing plan", plan_name(call));
    return plan;
}

static bool points_good(struct sim_call *call, const struct value *points)
{
    static const char *const algorithms[] = {"LATEST_WITHIN_WINDOW", "RANDOM_WITHIN_WINDOW", NULL};
    const char *algorithm = value_get_str(points, "Algorithm");
    if (!algorithm || !str_is_one_of(algorithm, algorithms))
        return backup_invalid(call, "Invalid Algorithm: %s", text_or(algorithm, ""));
    if (value_len(value_get(points, "IncludeVaults")) == 0 ||
        value_len(value_get(points, "RecoveryPointTypes")) == 0)
        return backup_invalid(call, "IncludeVaults and RecoveryPointTypes must not be empty");
    return in_range(value_get_int(points, "SelectionWindowDays", WINDOW_DAYS), 1,
                    WINDOW_DAYS_MAX) ||
           backup_invalid(call, "SelectionWindowDays must be from 1 to %d", WINDOW_DAYS_MAX);
}

static bool plan_good(struct sim_call *call, const struct value *plan)
{
    const char *expression = value_get_str(plan, "ScheduleExpression"), *why = NULL;
    const char *zone = value_get_str(plan, "ScheduleExpressionTimezone");
    struct cron cron;
    struct timezone *tz = NULL;
    if (!expression || !cron_parse(call->arena, expression, &cron, &why))
        return backup_invalid(call, "Invalid ScheduleExpression %s: %s", text_or(expression, ""),
                              text_or(why, "it is required"));
    if (!timezone_load(call->arena, zone, &tz))
        return backup_invalid(call, "Invalid ScheduleExpressionTimezone %s", zone);
    if (!in_range(value_get_int(plan, "StartWindowHours", START_WINDOW_HOURS), 1,
                  START_WINDOW_HOURS_MAX))
        return backup_invalid(call, "StartWindowHours must be from 1 to %d",
                              START_WINDOW_HOURS_MAX);
    return points_good(call, value_get(plan, "RecoveryPointSelection"));
}

static void put_default(struct map_builder *b, const char *key, const struct value *v)
{
    if (!map_so_far(b, key))
        map_put(b, key, v);
}

static const struct value *plan_filled(struct arena *arena, const struct value *plan)
{
    struct list_builder none = list_begin(arena);
    struct map_builder b = map_begin_from(arena, plan);
    struct map_builder points = map_begin_from(arena, value_get(plan, "RecoveryPointSelection"));
    put_default(&points, "SelectionWindowDays", value_int(arena, WINDOW_DAYS));
    put_default(&points, "ExcludeVaults", list_end(&none));
    map_put(&b, "RecoveryPointSelection", map_end(&points));
    put_default(&b, "ScheduleExpressionTimezone", value_string(arena, "Etc/UTC"));
    put_default(&b, "StartWindowHours", value_int(arena, START_WINDOW_HOURS));
    return map_end(&b);
}

static bool plan_answer(struct sim_call *call, const struct value *plan)
{
    static const char *const members[] = {"RestoreTestingPlanName", "RestoreTestingPlanArn",
                                          "CreationTime", NULL};
    struct map_builder b = map_begin_from(call->arena, backup_public(call, plan, members));
    if (str_starts(call->operation->name, "Update"))
        map_put(&b, "UpdateTime", call_time(call, call->now));
    return call_answer(call, map_end(&b));
}

bool backup_create_restore_plan(struct sim_call *call)
{
    const struct value *plan = call_get(call, "RestoreTestingPlan"), *tags = call_get(call, "Tags");
    const char *name = value_get_str(plan, "RestoreTestingPlanName");
    const char *token = call_str(call, "CreatorRequestId");
    if (!name_is_valid(name))
        return backup_invalid(call, "Invalid RestoreTestingPlanName: %s", text_or(name, ""));
    const struct value *old = own_plan(call, name);
    const char *old_token = value_get_str(old, "CreatorRequestId");
    if (old && token && str_eq(token, old_token))
        return plan_answer(call, old);
    if (old)
        return backup_exists(call, value_get_str(old, "RestoreTestingPlanArn"), old_token,
                             "Restore testing plan %s already exists", name);
    const char *why = tags ? tags_refused(call->arena, tags) : NULL;
    if (why)
        return backup_invalid(call, "%s", why);
    if (!plan_good(call, plan))
        return false;
    struct map_builder none = map_begin(call->arena);
    struct map_builder b = map_begin_from(call->arena, plan_filled(call->arena, plan));
    map_put_str(&b, "RestoreTestingPlanArn",
                call_arn(call, "backup", "restore-testing-plan:%s-%s", name,
                         id_uuid(call->world, call->arena)));
    map_put_int(&b, "CreationTime", call->now);
    map_put_str(&b, "CreatorRequestId", token);
    map_put(&b, "Tags", tags ? tags : map_end(&none));
    plan = map_end(&b);
    store_put(call->world, PLAN, call->account, call->region, name, plan);
    return plan_answer(call, plan);
}

bool backup_get_restore_plan(struct sim_call *call)
{
    static const char *const members[] = {"RestoreTestingPlanName", "RestoreTestingPlanArn",
                                          "CreationTime",           "LastUpdateTime",
                                          "CreatorRequestId",       "RecoveryPointSelection",
                                          "ScheduleExpression",     "ScheduleExpressionTimezone",
                                          "StartWindowHours",       NULL};
    const struct value *plan = plan_or_missing(call);
    if (!plan)
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "RestoreTestingPlan", backup_public(call, plan, members));
    return call_answer(call, map_end(&b));
}

bool backup_update_restore_plan(struct sim_call *call)
{
    const struct value *plan = plan_or_missing(call);
    const struct value *changes = call_get(call, "RestoreTestingPlan");
    if (!plan)
        return false;
    if (!changes)
        return call_error(call, 400, "MissingParameterValueException",
                          "Missing required parameter: RestoreTestingPlan");
    struct map_builder b = map_begin_from(call->arena, tags_merge(call->arena, plan, changes));
    map_put_int(&b, "LastUpdateTime", call->now);
    plan = plan_filled(call->arena, map_end(&b));
    if (!plan_good(call, plan))
        return false;
    store_put(call->world, PLAN, call->account, call->region, plan_name(call), plan);
    return plan_answer(call, plan);
}

static struct objects selections_of(struct sim_call *call, const char *plan)
{
    return store_list(call->world, call->arena, SELECTION, call->account, call->region,
                      arena_printf(call->arena, "%s/", plan));
}

/* A plan that is not there is deleted already: AWS knows no "not found" here. */
bool backup_delete_restore_plan(struct sim_call *call)
{
    if (selections_of(call, plan_name(call)).len > 0)
        return backup_refused(call,
                              "Restore testing plan %s has restore testing selections, which must "
                              "be deleted first",
                              plan_name(call));
    store_delete(call->world, PLAN, call->account, call->region, plan_name(call));
    return call_answer(call, NULL);
}

static bool page_of(struct sim_call *call, const char *kind, const char *prefix, const char *list,
                    const char *const *members)
{
    struct objects rows = {0};
    const char *next = NULL;
    if (!store_page(call, kind, prefix, "NextToken", "MaxResults", 1000, &rows, &next))
        return backup_invalid(call, "Invalid value for NextToken");
    struct list_builder items = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&items, backup_public(call, rows.items[i].body, members));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, list, list_end(&items));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

bool backup_list_restore_plans(struct sim_call *call)
{
    static const char *const members[] = {"RestoreTestingPlanName", "RestoreTestingPlanArn",
                                          "CreationTime",           "LastUpdateTime",
                                          "ScheduleExpression",     "ScheduleExpressionTimezone",
                                          "StartWindowHours",       NULL};
    return page_of(call, PLAN, NULL, "RestoreTestingPlans", members);
}

/* ---- selections ---- */

static const char *const types[] = {"Aurora", "DocumentDB", "DynamoDB", "EBS", "EC2", "EFS",
                                    "FSx",    "Neptune",    "RDS",      "S3",  NULL};

static const char *selection_id(struct sim_call *call, const char *name)
{
    return arena_printf(call->arena, "%s/%s", plan_name(call), name);
}

static const struct value *own_selection(struct sim_call *call, const char *name)
{
    return store_get(call->world, call->arena, SELECTION, call->account, call->region,
                     selection_id(call, name));
}

static const struct value *selection_or_missing(struct sim_call *call)
{
    const char *name = call_str(call, "RestoreTestingSelectionName");
    const struct value *selection = own_selection(call, name);
    if (!selection)
        backup_not_found(call, "Restore testing selection", name);
    return selection;
}

static bool selection_good(struct sim_call *call, const struct value *selection)
{
    const char *why = NULL, *property = NULL, *role = value_get_str(selection, "IamRoleArn");
    if (!restore_selection_check(backup_snake(call->arena, selection), &why, &property))
        return backup_invalid(call, "Invalid restore testing selection: %s", why);
    if (!in_range(value_get_int(selection, "ValidationWindowHours", 0), 0, VALIDATION_HOURS_MAX))
        return backup_invalid(call, "ValidationWindowHours must be from 0 to %d",
                              VALIDATION_HOURS_MAX);
    return backup_role_usable(call, text_or(role, ""));
}

static const struct value *selection_filled(struct arena *arena, const struct value *selection)
{
    struct list_builder none = list_begin(arena);
    struct map_builder overrides = map_begin(arena);
    const struct value *empty = list_end(&none);
    struct map_builder conditions =
        map_begin_from(arena, value_get(selection, "ProtectedResourceConditions"));
    put_default(&conditions, "StringEquals", empty);
    put_default(&conditions, "StringNotEquals", empty);
    struct map_builder b = map_begin_from(arena, selection);
    map_put(&b, "ProtectedResourceConditions", map_end(&conditions));
    put_default(&b, "ProtectedResourceArns", empty);
    put_default(&b, "RestoreMetadataOverrides", map_end(&overrides));
    put_default(&b, "ValidationWindowHours", value_int(arena, 0));
    return map_end(&b);
}

static bool selection_answer(struct sim_call *call, const struct value *selection)
{
    static const char *const members[] = {"RestoreTestingPlanArn", "RestoreTestingPlanName",
                                          "RestoreTestingSelectionName", "CreationTime", NULL};
    struct map_builder b = map_begin_from(call->arena, backup_public(call, selection, members));
    if (str_starts(call->operation->name, "Update"))
        map_put(&b, "UpdateTime", call_time(call, call->now));
    return call_answer(call, map_end(&b));
}

bool backup_create_restore_selection(struct sim_call *call)
{
    const struct value *plan = plan_or_missing(call);
    const struct value *selection = call_get(call, "RestoreTestingSelection");
    const char *name = value_get_str(selection, "RestoreTestingSelectionName");
    const char *type = value_get_str(selection, "ProtectedResourceType");
    const char *token = call_str(call, "CreatorRequestId");
    if (!plan)
        return false;
    if (!name_is_valid(name))
        return backup_invalid(call, "Invalid RestoreTestingSelectionName: %s", text_or(name, ""));
    const struct value *old = own_selection(call, name);
    const char *old_token = value_get_str(old, "CreatorRequestId");
    if (old && token && str_eq(token, old_token))
        return selection_answer(call, old);
    if (old)
        return backup_exists(call, value_get_str(old, "RestoreTestingPlanArn"), old_token,
                             "Restore testing selection %s already exists", name);
    if (!type || !str_is_one_of(type, types))
        return backup_invalid(call, "Invalid ProtectedResourceType: %s", text_or(type, ""));
    if (!selection_good(call, selection))
        return false;
    struct map_builder b = map_begin_from(call->arena, selection_filled(call->arena, selection));
    map_put_str(&b, "RestoreTestingPlanName", plan_name(call));
    map_put(&b, "RestoreTestingPlanArn", value_get(plan, "RestoreTestingPlanArn"));
    map_put_int(&b, "CreationTime", call->now);
    map_put_str(&b, "CreatorRequestId", token);
    selection = map_end(&b);
    store_put(call->world, SELECTION, call->account, call->region, selection_id(call, name),
              selection);
    return selection_answer(call, selection);
}

bool backup_get_restore_selection(struct sim_call *call)
{
    static const char *const members[] = {"RestoreTestingPlanName",
                                          "RestoreTestingSelectionName",
                                          "CreationTime",
                                          "CreatorRequestId",
                                          "IamRoleArn",
                                          "ProtectedResourceType",
                                          "ProtectedResourceArns",
                                          "ProtectedResourceConditions",
                                          "RestoreMetadataOverrides",
                                          "ValidationWindowHours",
                                          NULL};
    const struct value *selection = selection_or_missing(call);
    if (!selection)
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "RestoreTestingSelection", backup_public(call, selection, members));
    return call_answer(call, map_end(&b));
}

bool backup_update_restore_selection(struct sim_call *call)
{
    const struct value *selection = selection_or_missing(call);
    const struct value *changes = call_get(call, "RestoreTestingSelection");
    if (!selection)
        return false;
    if (!changes)
        return call_error(call, 400, "MissingParameterValueException",
                          "Missing required parameter: RestoreTestingSelection");
    selection = selection_filled(call->arena, tags_merge(call->arena, selection, changes));
    if (!selection_good(call, selection))
        return false;
    store_put(call->world, SELECTION, call->account, call->region,
              selection_id(call, call_str(call, "RestoreTestingSelectionName")), selection);
    return selection_answer(call, selection);
}

bool backup_delete_restore_selection(struct sim_call *call)
{
    if (!selection_or_missing(call))
        return false;
    store_delete(call->world, SELECTION, call->account, call->region,
                 selection_id(call, call_str(call, "RestoreTestingSelectionName")));
    return call_answer(call, NULL);
}

bool backup_list_restore_selections(struct sim_call *call)
{
    static const char *const members[] = {"RestoreTestingPlanName",
                                          "RestoreTestingSelectionName",
                                          "CreationTime",
                                          "IamRoleArn",
                                          "ProtectedResourceType",
                                          "ValidationWindowHours",
                                          NULL};
    return plan_or_missing(call) &&
           page_of(call, SELECTION, arena_printf(call->arena, "%s/", plan_name(call)),
                   "RestoreTestingSelections", members);
}
