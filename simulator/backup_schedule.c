/* From the schedule of a rule to jobs: one task for each rule of each plan. */
#include "simulator/backup.h"
#include "simulator/backup_types.h"

#include "engine/aws/cron.h"
#include "engine/base/map.h"

#define TASK "backup.schedule"

static const struct value *rule_of(const struct value *plan, const char *rule_id)
{
    const struct value *rules = value_pointer(plan, "/Plan/Rules");
    for (size_t i = 0; i < value_len(rules); i++) {
        if (str_eq(value_get_str(value_item(rules, i), "RuleId"), rule_id))
            return value_item(rules, i);
    }
    return NULL;
}

static void add_next(struct world *world, struct arena *arena, const struct value *payload,
                     const struct value *rule)
{
    struct cron cron;
    struct timezone *tz = NULL;
    const char *why = NULL;
    int64_t due;
    if (cron_parse(arena, value_get_str(rule, "ScheduleExpression"), &cron, &why) &&
        timezone_load(arena, value_get_str(rule, "ScheduleExpressionTimezone"), &tz) &&
        cron_next(&cron, tz, world_now_ms(world), &due))
        task_add(world, due, TASK, payload);
}

void backup_unschedule_plan(struct world *world, const char *plan_id)
{
    task_drop(world, TASK, "PlanId", plan_id);
}

void backup_schedule_plan(struct world *world, struct arena *arena, const char *account,
                          const char *region, const struct value *plan)
{
    const char *plan_id = value_get_str(plan, "BackupPlanId");
    const struct value *rules = value_pointer(plan, "/Plan/Rules");
    backup_unschedule_plan(world, plan_id);
    for (size_t i = 0; i < value_len(rules); i++) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "Account", account);
        map_put_str(&b, "Region", region);
        map_put_str(&b, "PlanId", plan_id);
        map_put(&b, "RuleId", value_get(value_item(rules, i), "RuleId"));
        add_next(world, arena, map_end(&b), value_item(rules, i));
    }
}

static const struct value *created_by(struct arena *arena, const struct value *plan,
                                      const struct value *rule)
{
    struct map_builder b = map_begin(arena);
    map_put(&b, "BackupPlanId", value_get(plan, "BackupPlanId"));
    map_put(&b, "BackupPlanArn", value_get(plan, "BackupPlanArn"));
    map_put(&b, "BackupPlanVersion", value_get(plan, "VersionId"));
    map_put(&b, "BackupPlanName", value_pointer(plan, "/Plan/BackupPlanName"));
    map_put(&b, "BackupRuleId", value_get(rule, "RuleId"));
    map_put(&b, "BackupRuleName", value_get(rule, "RuleName"));
    return map_end(&b);
}

/* A resource that one of a plan's selections takes. */
struct taken {
    const char *resource_arn;
    const struct value *selection;
};

/* Every resource that exists in the place and is in one of the plan's selections, once; of
 * instances the cluster. */
static struct taken *taken_by(struct world *world, struct arena *arena, const char *account,
                              const char *region, const char *plan_id, size_t *ret_len)
{
    struct map seen;
    map_init(&seen, arena);
    struct objects selections = backup_selections_of(world, arena, account, region, plan_id);
    struct objects resources = resources_of(world, arena, account, region);
    struct taken *list = arena_array(arena, resources.len + 1, sizeof(*list));
    *ret_len = 0;
    for (size_t i = 0; i < selections.len; i++) {
        const struct value *selection = value_get(selections.items[i].body, "Selection");
        for (size_t k = 0; k < resources.len; k++) {
            const char *arn = value_get_str(
                resource_backed_up(world, arena, account, region, resources.items[k].body), "arn");
            if (!arn || map_get(&seen, arn) ||
                !backup_selection_takes(world, arena, account, region, selection,
                                        resources.items[k].body))
                continue;
            map_set(&seen, arn, &seen);
            list[(*ret_len)++] = (struct taken){arn, selection};
        }
    }
    return list;
}

static void start_jobs(struct world *world, struct arena *arena, const char *account,
                       const char *region, const struct value *plan, const struct value *rule)
{
    size_t len = 0;
    const struct taken *taken =
        taken_by(world, arena, account, region, value_get_str(plan, "BackupPlanId"), &len);
    for (size_t i = 0; i < len; i++) {
        const struct backup_order order = {
            .account = account,
            .region = region,
            .resource_arn = taken[i].resource_arn,
            .vault = value_get_str(rule, "TargetBackupVaultName"),
            .role = value_get_str(taken[i].selection, "IamRoleArn"),
            .lifecycle = value_get(rule, "Lifecycle"),
            .tags = value_get(rule, "RecoveryPointTags"),
            .created_by = created_by(arena, plan, rule),
            .copy_actions = value_get(rule, "CopyActions"),
            .start_window_minutes = value_get_int(rule, "StartWindowMinutes", 480),
        };
        backup_job_add(world, arena, &order);
    }
}

const struct value *world_protected(struct world *world, struct arena *arena)
{
    struct objects plans = store_list(world, arena, "backup.plan", NULL, NULL, NULL);
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < plans.len; i++) {
        const struct object *plan = &plans.items[i];
        size_t len = 0;
        const struct taken *taken =
            taken_by(world, arena, plan->account, plan->region, plan->id, &len);
        for (size_t k = 0; k < len; k++) {
            struct map_builder b = map_begin(arena);
            map_put_str(&b, "plan_id", plan->id);
            map_put_str(&b, "resource_arn", taken[k].resource_arn);
            list_add(&list, map_end(&b));
        }
    }
    return list_end(&list);
}

void backup_task_schedule(struct world *world, struct arena *arena, const struct value *payload)
{
    const char *account = value_get_str(payload, "Account");
    const char *region = value_get_str(payload, "Region");
    const char *plan_id = value_get_str(payload, "PlanId");
    const struct value *plan = store_get(world, arena, "backup.plan", account, region, plan_id);
    const struct value *rule = rule_of(plan, value_get_str(payload, "RuleId"));
    if (!rule)
        return;
    add_next(world, arena, payload, rule);
    if (setting_int(world, "schedules_paused", 0))
        return;
    plan = value_with(arena, plan, "LastExecutionDate", value_int(arena, world_now_ms(world)));
    store_put(world, "backup.plan", account, region, plan_id, plan);
    start_jobs(world, arena, account, region, plan, rule);
}

/* Which schedules do not fire just now. */
#define SCHEDULES_NONE "0"
#define SCHEDULES_BACKUPS "1"
#define SCHEDULES_ALL "2"

static void hold_schedules(struct world *world, const char *how)
{
    world_begin(world);
    setting_put(world, "schedules_paused", how);
    if (!world_commit(world))
        return; /* the next advance reports what is wrong with the file */
}

void world_pause_schedules(struct world *world, bool paused)
{
    hold_schedules(world, paused ? SCHEDULES_BACKUPS : SCHEDULES_NONE);
}

bool world_sleep(struct world *world, int64_t until_ms, struct diags *diags)
{
    hold_schedules(world, SCHEDULES_ALL);
    bool good = world_advance_to(world, until_ms, diags);
    hold_schedules(world, SCHEDULES_NONE);
    return good;
}

bool schedules_sleep(struct world *world, struct arena *arena)
{
    return str_eq(setting_get(world, arena, "schedules_paused"), SCHEDULES_ALL);
}
