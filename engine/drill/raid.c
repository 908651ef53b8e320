#include "engine/drill/raid.h"

#include "engine/aws/arn.h"
#include "engine/base/clock.h"
#include "simulator/service.h"

#define WINDOW_DAYS 7 /* the shortest of ScheduleKeyDeletion */

/* Who acts, and where. */
struct raid {
    struct drill_scene *scene;
    struct arena *arena;
    const char *account;                   /* whose objects it goes for */
    const struct credentials *credentials; /* of a role there; NULL: the account's root */
    const char *as;                        /* that role */
};

static struct intruder_call call_of(const struct raid *raid, const struct aws_operation *operation,
                                    const char *region, const char *on)
{
    return (struct intruder_call){.operation = operation,
                                  .account_id = raid->account,
                                  .region = region ? region : raid->scene->topology->regions[0],
                                  .credentials = raid->credentials,
                                  .as = raid->as,
                                  .on = on};
}

/* ---- one object ---- */

static void by_label(struct raid *raid, const struct aws_operation *operation,
                     const struct record *record, const char *label, const char *name)
{
    struct intruder_call call = call_of(raid, operation, record->region, record->address);
    call.labels = value_map_text(raid->arena, label, name);
    intruder_try(raid->scene->intruder, &call);
}

static void by_body(struct raid *raid, const struct aws_operation *operation,
                    const struct record *record, const struct value *body)
{
    struct intruder_call call = call_of(raid, operation, record->region, record->address);
    call.body = body;
    intruder_try(raid->scene->intruder, &call);
}

typedef void raid_fn(struct raid *raid, const struct record *record);

static const char *text_of(const struct record *record, const char *attribute)
{
    return value_get_str(record->attributes, attribute);
}

static void delete_rule(struct raid *raid, const struct record *rule)
{
    const char *bus = text_of(rule, "event_bus_name");
    struct map_builder asked = map_begin(raid->arena), targets = map_begin(raid->arena);
    struct map_builder deleted = map_begin(raid->arena);
    struct list_builder ids = list_begin(raid->arena);
    map_put_str(&asked, "Rule", text_of(rule, "name"));
    map_put_str(&asked, "EventBusName", bus);
    struct intruder_call look =
        call_of(raid, &events_ListTargetsByRule, rule->region, rule->address);
    look.body = map_end(&asked);
    const struct value *list = value_get(intruder_look(raid->scene->intruder, &look), "Targets");
    for (size_t i = 0; i < value_len(list); i++)
        list_add(&ids, value_get(value_item(list, i), "Id"));
    map_put_str(&targets, "Rule", text_of(rule, "name"));
    map_put_str(&targets, "EventBusName", bus);
    map_put(&targets, "Ids", list_end(&ids));
    by_body(raid, &events_RemoveTargets, rule, map_end(&targets));
    map_put_str(&deleted, "Name", text_of(rule, "name"));
    map_put_str(&deleted, "EventBusName", bus);
    by_body(raid, &events_DeleteRule, rule, map_end(&deleted));
}

static void delete_function(struct raid *raid, const struct record *function)
{
    by_label(raid, &lambda_DeleteFunction, function, "FunctionName", text_of(function, "name"));
}

static void delete_schedule(struct raid *raid, const struct record *schedule)
{
    by_label(raid, &scheduler_DeleteSchedule, schedule, "Name", text_of(schedule, "name"));
}

static void delete_alarm(struct raid *raid, const struct record *alarm)
{
    struct list_builder names = list_begin(raid->arena);
    struct map_builder b = map_begin(raid->arena);
    list_add_str(&names, text_of(alarm, "name"));
    map_put(&b, "AlarmNames", list_end(&names));
    by_body(raid, &cloudwatch_DeleteAlarms, alarm, map_end(&b));
}

static void delete_topic(struct raid *raid, const struct record *topic)
{
    by_body(raid, &sns_DeleteTopic, topic,
            value_map_text(raid->arena, "TopicArn", text_of(topic, "arn")));
}

static void delete_log(struct raid *raid, const struct record *log)
{
    by_body(raid, &logs_DeleteLogGroup, log,
            value_map_text(raid->arena, "logGroupName", text_of(log, "name")));
}

static void delete_notifications(struct raid *raid, const struct record *notifications)
{
    by_label(raid, &backup_DeleteBackupVaultNotifications, notifications, "backupVaultName",
             text_of(notifications, "backup_vault_name"));
}

static void take_off_lock(struct raid *raid, const struct record *lock)
{
    const char *vault = text_of(lock, "backup_vault_name");
    struct intruder_call weaken =
        call_of(raid, &backup_PutBackupVaultLockConfiguration, lock->region, lock->address);
    struct map_builder b = map_begin(raid->arena);
    map_put_int(&b, "MinRetentionDays", 1);
    weaken.labels = value_map_text(raid->arena, "backupVaultName", vault);
    weaken.body = map_end(&b);
    intruder_try(raid->scene->intruder, &weaken);
    by_label(raid, &backup_DeleteBackupVaultLockConfiguration, lock, "backupVaultName", vault);
}

static void delete_policy(struct raid *raid, const struct record *policy)
{
    by_label(raid, &backup_DeleteBackupVaultAccessPolicy, policy, "backupVaultName",
             text_of(policy, "backup_vault_name"));
}

/* Their ARNs are no secret: the copy jobs of the source account name them. */
static void delete_points(struct raid *raid, const struct record *vault)
{
    const char *name = text_of(vault, "name");
    struct objects points = store_list(raid->scene->world, raid->arena, "backup.point",
                                       vault->account_id, vault->region, NULL);
    for (size_t i = 0; i < points.len; i++) {
        if (!str_eq(value_get_str(points.items[i].body, "BackupVaultName"), name))
            continue;
        struct map_builder labels = map_begin(raid->arena);
        struct intruder_call call =
            call_of(raid, &backup_DeleteRecoveryPoint, vault->region,
                    arena_printf(raid->arena, "%s in %s", points.items[i].id, vault->address));
        map_put_str(&labels, "backupVaultName", name);
        map_put_str(&labels, "recoveryPointArn", points.items[i].id);
        call.labels = map_end(&labels);
        intruder_try(raid->scene->intruder, &call);
    }
}

static void delete_vault(struct raid *raid, const struct record *vault)
{
    by_label(raid, &backup_DeleteBackupVault, vault, "backupVaultName", text_of(vault, "name"));
}

static void delete_key(struct raid *raid, const struct record *key)
{
    struct map_builder b = map_begin(raid->arena);
    map_put_str(&b, "KeyId", text_of(key, "arn"));
    map_put_int(&b, "PendingWindowInDays", WINDOW_DAYS);
    by_body(raid, &kms_ScheduleKeyDeletion, key, map_end(&b));
}

/* In this order: first what could tell or copy, then what is to be destroyed. */
static const struct {
    const char *type;
    raid_fn *run;
} deeds[] = {
    {"aws_cloudwatch_alarm", delete_alarm},
    {"aws_event_rule", delete_rule},
    {"aws_scheduler_schedule", delete_schedule},
    {"aws_lambda_function", delete_function},
    {"aws_backup_vault_notifications", delete_notifications},
    {"aws_sns_topic", delete_topic},
    {"aws_backup_vault_lock", take_off_lock},
    {"aws_backup_vault_policy", delete_policy},
    {"aws_backup_vault", delete_points},
    {"aws_backup_vault", delete_vault},
    {"aws_kms_key", delete_key},
    {"aws_log_group", delete_log},
};

static void raid_account(struct raid *raid)
{
    const struct drill_scene *scene = raid->scene;
    for (size_t d = 0; d < ARRAY_LEN(deeds); d++)
        for (size_t i = 0; i < scene->record_len; i++)
            if (str_eq(scene->records[i].type, deeds[d].type) &&
                str_eq(scene->records[i].account_id, raid->account))
                deeds[d].run(raid, &scene->records[i]);
}

/* Outside its organization no policy of it holds. */
static void leave_organization(struct raid *raid)
{
    struct aws_operation operation = organizations_DescribeOrganization; /* of the same API */
    operation.name = "LeaveOrganization";
    operation.mutates = true;
    struct intruder_call call = call_of(raid, &operation, NULL, "the organization");
    intruder_try(raid->scene->intruder, &call);
}

/* ---- into other accounts ---- */

static const struct record *by_arn(const struct drill_scene *scene, const char *arn)
{
    const char *address = drill_address_of(scene->names, arn);
    return address ? map_get(&scene->names->by_address, address) : NULL;
}

/* With what the account itself has: the API of AWS Backup finds vaults of its caller only, that of
 * KMS takes the ARN of any key. */
static void reach_over(struct raid *raid, const struct record *vault)
{
    const struct record *key = by_arn(raid->scene, text_of(vault, "encryption_key_arn"));
    delete_points(raid, vault);
    delete_vault(raid, vault);
    if (key)
        delete_key(raid, key);
}

/* Every role of its own account lets it in, once it has rewritten who may. */
static const struct credentials *become(struct raid *raid, const struct record *role)
{
    const char *trust = arena_printf(
        raid->arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        "{\"AWS\":\"%s\"},\"Action\":\"sts:AssumeRole\"}]}",
        raid->account);
    struct map_builder b = map_begin(raid->arena);
    map_put_str(&b, "RoleName", text_of(role, "name"));
    map_put_str(&b, "PolicyDocument", trust);
    by_body(raid, &iam_UpdateAssumeRolePolicy, role, map_end(&b));
    struct intruder_call call = call_of(raid, &sts_AssumeRole, NULL, role->address);
    return intruder_assume(raid->scene->intruder, &call, text_of(role, "arn"));
}

static bool is_role_of(const struct record *record, const char *account)
{
    return str_eq(record->type, "aws_iam_role") && str_eq(record->account_id, account);
}

/* First as itself, then as each role of its own. */
static void enter(struct raid *raid, const struct record *role)
{
    struct drill_scene *scene = raid->scene;
    struct raid inside = {.scene = scene,
                          .arena = raid->arena,
                          .account = role->account_id,
                          .as = text_of(role, "arn")};
    struct intruder_call call = call_of(raid, &sts_AssumeRole, NULL, role->address);
    inside.credentials = intruder_assume(scene->intruder, &call, inside.as);
    for (size_t i = 0; !inside.credentials && i < scene->record_len; i++) {
        if (!is_role_of(&scene->records[i], raid->account))
            continue;
        call.credentials = become(raid, &scene->records[i]);
        call.as = text_of(&scene->records[i], "arn");
        if (call.credentials)
            inside.credentials = intruder_assume(scene->intruder, &call, inside.as);
    }
    if (inside.credentials)
        raid_account(&inside);
}

static void raid_others(struct raid *raid)
{
    struct drill_scene *scene = raid->scene;
    const char *const *vaults = drill_last_vaults(raid->arena, scene->routes);
    for (; *vaults; vaults++) {
        const struct record *vault = by_arn(scene, *vaults);
        if (!vault || str_eq(vault->account_id, raid->account))
            continue;
        reach_over(raid, vault);
        for (size_t i = 0; i < scene->record_len; i++)
            if (is_role_of(&scene->records[i], vault->account_id))
                enter(raid, &scene->records[i]);
    }
}

/* ---- the two raids ---- */

bool drill_raid_sources(struct drill_scene *scene)
{
    struct map seen;
    map_init(&seen, scene->arena);
    for (size_t i = 0; i < scene->routes->len; i++) {
        const struct record *plan =
            map_get(&scene->names->by_address, scene->routes->items[i].plan);
        if (!plan || map_get(&seen, plan->account_id))
            continue;
        map_set(&seen, plan->account_id, scene);
        struct raid raid = {.scene = scene, .arena = scene->arena, .account = plan->account_id};
        raid_others(&raid);
        raid_account(&raid);
        leave_organization(&raid);
    }
    return true;
}

static int64_t longest_grace_days(const struct drill_scene *scene)
{
    int64_t days = 0;
    for (size_t i = 0; i < scene->topology->resource_len; i++) {
        const struct resource *lock = &scene->topology->resources[i];
        int64_t grace = value_get_int(lock->properties, "changeable_for_days", 0);
        if (str_eq(lock->schema->type_name, "aws_backup_vault_lock") && grace > days)
            days = grace;
    }
    return days;
}

/* Keys are another matter (deleted-key): this is about what the locks keep. */
static void empty(struct drill_scene *scene, const struct record *vault)
{
    struct raid raid = {.scene = scene, .arena = scene->arena, .account = vault->account_id};
    const char *address = arena_printf(scene->arena, "%s/lock", vault->address);
    const struct record *lock = map_get(&scene->names->by_address, address);
    if (lock)
        take_off_lock(&raid, lock);
    delete_points(&raid, vault);
}

bool drill_raid_last_vaults(struct drill_scene *scene)
{
    int64_t days = longest_grace_days(scene);
    int64_t until = world_now_ms(scene->world) + (days + 1) * DAY_MS;
    if (days > 0 && !world_sleep(scene->world, until, scene->diags))
        return false;
    const char *const *vaults = drill_last_vaults(scene->arena, scene->routes);
    for (; *vaults; vaults++) {
        const struct record *vault = by_arn(scene, *vaults);
        if (vault)
            empty(scene, vault);
    }
    return true;
}
