/* Plans: a whole document each, with versions and with AWS's defaults filled in. */
#include "simulator/backup.h"

#include <ctype.h>
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/cron.h"
#include "engine/aws/lifecycle.h"
#include "simulator/tags.h"

#define RULES_MAX 10
#define COPY_ACTIONS_MAX 5
#define NAME_MAX_LEN 50
#define START_WINDOW_MINUTES 480
#define COMPLETION_WINDOW_MINUTES 10080

static bool name_is_valid(const char *name)
{
    size_t len = 0;
    for (; name && name[len]; len++) {
        char c = name[len];
        if (!isalnum((unsigned char)c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return len >= 1 && len <= NAME_MAX_LEN;
}

/* ---- the document ---- */

static bool lifecycle_good(struct sim_call *call, const struct value *lifecycle)
{
    const char *why = NULL, *property = NULL;
    return lifecycle_check(call->arena, backup_snake(call->arena, lifecycle), &why, &property) ||
           backup_invalid(call, "Invalid lifecycle: %s", why);
}

static bool copy_actions_good(struct sim_call *call, const struct value *actions)
{
    if (value_len(actions) > COPY_ACTIONS_MAX)
        return call_error(call, 400, "LimitExceededException",
                          "A rule can have at most %d copy actions", COPY_ACTIONS_MAX);
    for (size_t i = 0; i < value_len(actions); i++) {
        const struct value *action = value_item(actions, i);
        struct vault_place place;
        if (!vault_place_of(call->arena, value_get_str(action, "DestinationBackupVaultArn"),
                            &place))
            return backup_invalid(call, "Invalid destination backup vault ARN");
        if (!lifecycle_good(call, value_get(action, "Lifecycle")))
            return false;
    }
    return true;
}

static bool rule_good(struct sim_call *call, const struct value *rule)
{
    const char *name = value_get_str(rule, "RuleName"), *why = NULL;
    const char *expression = value_get_str(rule, "ScheduleExpression");
    const char *zone = value_get_str(rule, "ScheduleExpressionTimezone");
    const char *vault = value_get_str(rule, "TargetBackupVaultName");
    struct cron cron;
    struct timezone *tz = NULL;
    if (!name_is_valid(name))
        return backup_invalid(call, "Invalid rule name: %s", text_or(name, ""));
    if (!vault || !vault_name_is_valid(slice_of(vault)))
        return backup_invalid(call, "Invalid target backup vault name in rule %s", name);
    if (expression && !cron_parse(call->arena, expression, &cron, &why))
        return backup_invalid(call, "Invalid ScheduleExpression %s: %s", expression, why);
    if (!timezone_load(call->arena, zone, &tz))
        return backup_invalid(call, "Invalid ScheduleExpressionTimezone %s", zone);
    if (value_get_int(rule, "StartWindowMinutes", START_WINDOW_MINUTES) < 60)
        return backup_invalid(call, "Start window must be at least 60 minutes");
    const char *tags = tags_refused(call->arena, value_get(rule, "RecoveryPointTags"));
    if (tags)
        return backup_invalid(call, "%s", tags);
    return lifecycle_good(call, value_get(rule, "Lifecycle")) &&
           copy_actions_good(call, value_get(rule, "CopyActions"));
}

static const char *old_rule_id(const struct value *old, const char *name)
{
    const struct value *rules = value_get(old, "Rules");
    for (size_t i = 0; i < value_len(rules); i++) {
        if (str_eq(value_get_str(value_item(rules, i), "RuleName"), name))
            return value_get_str(value_item(rules, i), "RuleId");
    }
    return NULL;
}

static void put_default(struct map_builder *b, const struct value *map, const char *key,
                        const struct value *v)
{
    if (!value_get(map, key))
        map_put(b, key, v);
}

static const struct value *rule_filled(struct sim_call *call, const struct value *rule,
                                       const struct value *old)
{
    struct arena *arena = call->arena;
    struct map_builder b = map_begin_from(arena, rule);
    const char *id = old_rule_id(old, value_get_str(rule, "RuleName"));
    map_put_str(&b, "RuleId", id ? id : id_uuid(call->world, arena));
    put_default(&b, rule, "ScheduleExpression", value_string(arena, CRON_DEFAULT));
    put_default(&b, rule, "ScheduleExpressionTimezone", value_string(arena, "Etc/UTC"));
    put_default(&b, rule, "StartWindowMinutes", value_int(arena, START_WINDOW_MINUTES));
    put_default(&b, rule, "CompletionWindowMinutes", value_int(arena, COMPLETION_WINDOW_MINUTES));
    put_default(&b, rule, "EnableContinuousBackup", value_bool(false));
    return map_end(&b);
}

/* The plan of the call as it is stored; NULL with an error. old: the document before, or NULL. */
static const struct value *plan_of_call(struct sim_call *call, const struct value *old)
{
    const struct value *plan = call_get(call, "BackupPlan");
    const struct value *rules = value_get(plan, "Rules");
    const char *name = value_get_str(plan, "BackupPlanName");
    if (!name_is_valid(name)) {
        backup_invalid(call, "Invalid backup plan name: %s", text_or(name, ""));
        return NULL;
    }
    if (value_len(rules) == 0) {
        backup_invalid(call, "A backup plan needs at least one rule");
        return NULL;
    }
    if (value_len(rules) > RULES_MAX) {
        call_error(call, 400, "LimitExceededException", "A plan can have at most %d rules",
                   RULES_MAX);
        return NULL;
    }
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < value_len(rules); i++) {
        const struct value *rule = value_item(rules, i);
        if (!rule_good(call, rule))
            return NULL;
        list_add(&list, rule_filled(call, rule, old));
    }
    return value_with(call->arena, plan, "Rules", list_end(&list));
}

/* Equal but for the ids that AWS gives. */
static bool same_document(struct arena *arena, const struct value *a, const struct value *b)
{
    const struct value *x = value_get(a, "Rules"), *y = value_get(b, "Rules");
    if (value_len(x) != value_len(y) ||
        !value_equal(value_without(arena, a, "Rules"), value_without(arena, b, "Rules")))
        return false;
    for (size_t i = 0; i < value_len(x); i++) {
        if (!value_equal(value_without(arena, value_item(x, i), "RuleId"),
                         value_without(arena, value_item(y, i), "RuleId")))
            return false;
    }
    return true;
}

/* ---- operations ---- */

static const char *id_of(const struct sim_call *call)
{
    return call_str(call, "BackupPlanId");
}

static void put_plan(struct sim_call *call, const struct value *plan)
{
    const char *id = value_get_str(plan, "BackupPlanId");
    const char *version = arena_printf(call->arena, "%s/%s", id, value_get_str(plan, "VersionId"));
    store_put(call->world, "backup.plan", call->account, call->region, id, plan);
    store_put(call->world, "~backup.plan_version", call->account, call->region, version, plan);
    backup_schedule_plan(call->world, call->arena, call->account, call->region, plan);
}

static const struct value *written(struct sim_call *call, const struct value *plan)
{
    static const char *const members[] = {"BackupPlanId", "BackupPlanArn", "CreationDate",
                                          "VersionId", NULL};
    struct map_builder b = map_begin_from(call->arena, backup_public(call, plan, members));
    map_put(&b, "AdvancedBackupSettings", value_pointer(plan, "/Plan/AdvancedBackupSettings"));
    return map_end(&b);
}

bool backup_create_plan(struct sim_call *call)
{
    const char *token = call_str(call, "CreatorRequestId");
    const struct value *document = plan_of_call(call, NULL);
    if (!document)
        return false;
    struct objects plans = {0};
    if (token)
        plans = store_holding(call->world, call->arena, "backup.plan", call->account, call->region,
                              token);
    for (size_t i = 0; i < plans.len; i++)
        if (str_eq(token, value_get_str(plans.items[i].body, "CreatorRequestId")))
            return call_answer(call, written(call, plans.items[i].body));
    plans = store_holding(call->world, call->arena, "backup.plan", call->account, call->region,
                          value_get_str(document, "BackupPlanName"));
    for (size_t i = 0; i < plans.len; i++) {
        const struct value *old = plans.items[i].body;
        const char *old_token = value_get_str(old, "CreatorRequestId");
        if (same_document(call->arena, value_get(old, "Plan"), document))
            return backup_exists(call, value_get_str(old, "BackupPlanArn"), old_token,
                                 "Backup plan with the same plan document already exists");
    }
    const struct value *tags = call_get(call, "BackupPlanTags");
    const char *why = tags_refused(call->arena, tags);
    if (why)
        return backup_invalid(call, "%s", why);
    const char *id = id_uuid(call->world, call->arena);
    struct map_builder none = map_begin(call->arena), b = map_begin(call->arena);
    map_put_str(&b, "BackupPlanId", id);
    map_put_str(&b, "BackupPlanArn", call_arn(call, "backup", "backup-plan:%s", id));
    map_put_str(&b, "VersionId", id_hex(call->world, call->arena, 48));
    map_put_int(&b, "CreationDate", call->now);
    map_put_str(&b, "CreatorRequestId", token);
    map_put(&b, "Tags", tags ? tags : map_end(&none));
    map_put(&b, "Plan", document);
    const struct value *plan = map_end(&b);
    put_plan(call, plan);
    return call_answer(call, written(call, plan));
}

static const struct value *plan_or_missing(struct sim_call *call)
{
    const struct value *plan = store_get(call->world, call->arena, "backup.plan", call->account,
                                         call->region, id_of(call));
    if (!plan)
        call_error(call, 400, "ResourceNotFoundException", "Cannot find Backup plan with ID %s",
                   id_of(call));
    return plan;
}

bool backup_get_plan(struct sim_call *call)
{
    static const char *const members[] = {
        "BackupPlanId", "BackupPlanArn", "VersionId",         "CreatorRequestId",
        "CreationDate", "DeletionDate",  "LastExecutionDate", NULL};
    const char *version = call_str(call, "versionId");
    const struct value *plan =
        store_get(call->world, call->arena, "~backup.plan_deleted", call->account, call->region,
                  id_of(call)); /* deletion is soft */
    if (version)
        plan = store_get(call->world, call->arena, "~backup.plan_version", call->account,
                         call->region, arena_printf(call->arena, "%s/%s", id_of(call), version));
    if (!plan)
        plan = plan_or_missing(call);
    if (!plan)
        return false;
    struct map_builder b = map_begin_from(call->arena, backup_public(call, plan, members));
    map_put(&b, "BackupPlan", value_get(plan, "Plan"));
    map_put(&b, "AdvancedBackupSettings", value_pointer(plan, "/Plan/AdvancedBackupSettings"));
    return call_answer(call, map_end(&b));
}

bool backup_update_plan(struct sim_call *call)
{
    const struct value *plan = plan_or_missing(call);
    const struct value *document = plan ? plan_of_call(call, value_get(plan, "Plan")) : NULL;
    if (!document)
        return false;
    struct map_builder b = map_begin_from(call->arena, plan);
    map_put(&b, "Plan", document);
    if (!same_document(call->arena, value_get(plan, "Plan"), document))
        map_put_str(&b, "VersionId", id_hex(call->world, call->arena, 48));
    plan = map_end(&b);
    put_plan(call, plan);
    return call_answer(call, written(call, plan));
}

bool backup_delete_plan(struct sim_call *call)
{
    static const char *const members[] = {"BackupPlanId", "BackupPlanArn", "DeletionDate",
                                          "VersionId", NULL};
    const struct value *plan = plan_or_missing(call);
    if (!plan)
        return false;
    if (backup_selections_of(call->world, call->arena, call->account, call->region, id_of(call))
            .len > 0)
        return backup_refused(
            call, "Related backup plan selections must be deleted prior to backup plan deletion");
    plan = value_with(call->arena, plan, "DeletionDate", value_int(call->arena, call->now));
    backup_unschedule_plan(call->world, id_of(call));
    store_delete(call->world, "backup.plan", call->account, call->region, id_of(call));
    store_put(call->world, "~backup.plan_deleted", call->account, call->region, id_of(call), plan);
    return call_answer(call, backup_public(call, plan, members));
}

static const struct value *plans_of_page(struct sim_call *call, const struct objects *rows,
                                         const char *next, const char *list_name)
{
    static const char *const members[] = {
        "BackupPlanId", "BackupPlanArn", "VersionId",         "CreatorRequestId",
        "CreationDate", "DeletionDate",  "LastExecutionDate", NULL};
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows->len; i++) {
        const struct value *plan = rows->items[i].body;
        list_add(&list, value_with(call->arena, backup_public(call, plan, members),
                                   "BackupPlanName", value_pointer(plan, "/Plan/BackupPlanName")));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, list_name, list_end(&list));
    map_put_str(&b, "NextToken", next);
    return map_end(&b);
}

bool backup_list_plans(struct sim_call *call)
{
    const char *next = NULL;
    struct objects rows =
        store_list(call->world, call->arena, "backup.plan", call->account, call->region, NULL);
    if (call_bool(call, "includeDeleted", false)) {
        struct objects gone = store_list(call->world, call->arena, "~backup.plan_deleted",
                                         call->account, call->region, NULL);
        struct object *all = arena_array(call->arena, rows.len + gone.len + 1, sizeof(*all));
        size_t a = 0, b = 0, len = 0;
        while (a < rows.len || b < gone.len) { /* both are in the order of their ids */
            bool live =
                b == gone.len || (a < rows.len && strcmp(rows.items[a].id, gone.items[b].id) < 0);
            all[len++] = live ? rows.items[a++] : gone.items[b++];
        }
        rows = (struct objects){all, len};
    }
    return backup_page(call, &rows, &next) &&
           call_answer(call, plans_of_page(call, &rows, next, "BackupPlansList"));
}

bool backup_list_plan_versions(struct sim_call *call)
{
    const char *next = NULL;
    struct objects rows =
        store_list(call->world, call->arena, "~backup.plan_version", call->account, call->region,
                   arena_printf(call->arena, "%s/", id_of(call)));
    if (rows.len == 0)
        return plan_or_missing(call) != NULL;
    return backup_page(call, &rows, &next) &&
           call_answer(call, plans_of_page(call, &rows, next, "BackupPlanVersionsList"));
}
