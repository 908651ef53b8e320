/* Recovery points: what jobs leave behind, until their day comes. */
#include "simulator/backup.h"

#include "engine/aws/arn.h"
#include "engine/aws/lifecycle.h"
#include "engine/base/crypto.h"
#include "engine/base/map.h"
#include "simulator/authorize.h"
#include "simulator/iam.h"
#include "simulator/tags.h"

#define POINT "backup.point"
#define TAGS_MAX 50

const struct value *point_get(struct world *world, struct arena *arena, const char *account,
                              const char *region, const char *arn)
{
    return store_get(world, arena, POINT, account, region, arn);
}

/* The end of the life that the lifecycle gives: AWS deletes at some moment in the hours after it.
 * 0: never. */
static int64_t expiry_of(const struct value *point)
{
    int64_t days = value_get_int(value_get(point, "Lifecycle"), "DeleteAfterDays", 0);
    return days > 0 ? value_get_int(point, "CreationDate", 0) + days * DAY_MS : 0;
}

void point_put(struct world *world, struct arena *arena, const char *account, const char *region,
               const struct value *point)
{
    const char *arn = value_get_str(point, "RecoveryPointArn");
    store_put(world, POINT, account, region, arn, point);
    task_drop(world, "backup.expire", "Point", arn);
    int64_t expiry = expiry_of(point);
    if (!expiry)
        return;
    uint8_t digest[SHA256_LEN];
    sha256(slice_of(arn), digest);
    int64_t spread = (digest[0] * 256 + digest[1]) * (backup_durations.expiry_spread_ms / 65536);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Account", account);
    map_put_str(&b, "Region", region);
    map_put_str(&b, "Point", arn);
    task_add(world, expiry + spread, "backup.expire", map_end(&b));
}

void point_forget(struct world *world, const char *account, const char *region, const char *arn)
{
    store_delete(world, POINT, account, region, arn);
    task_drop(world, "backup.expire", "Point", arn);
}

void backup_task_expire(struct world *world, struct arena *arena, const struct value *payload)
{
    const char *account = value_get_str(payload, "Account");
    const char *region = value_get_str(payload, "Region"), *arn = value_get_str(payload, "Point");
    const struct value *point = point_get(world, arena, account, region, arn);
    if (!point)
        return;
    if (hold_of_point(world, arena, account, region,
                      point)) { /* its day comes with the next look */
        task_add(world, world_now_ms(world) + DAY_MS, "backup.expire", payload);
        return;
    }
    struct map_builder b = map_begin(arena);
    map_put(&b, "resource_arn", value_get(point, "ResourceArn"));
    map_put_str(&b, "point_arn", arn);
    map_put(&b, "vault_arn", value_get(point, "BackupVaultArn"));
    timeline_add(world, account, region, "expire", value_get_str(point, "ResourceName"),
                 map_end(&b));
    point_forget(world, account, region, arn);
}

size_t point_count(struct world *world, const char *account, const char *region, const char *vault)
{
    struct arena *arena = arena_new();
    struct objects rows = store_list(world, arena, POINT, account, region, NULL);
    size_t count = 0;
    for (size_t i = 0; i < rows.len; i++)
        count += str_eq(value_get_str(rows.items[i].body, "BackupVaultName"), vault);
    arena_free(arena);
    return count;
}

/* Those of the rule go first; of the rest as many as fit, by name. */
const struct value *point_tags(struct arena *arena, const struct value *resource_tags,
                               const struct value *rule_tags)
{
    struct map_builder b = map_begin_from(arena, rule_tags);
    struct objects rows = rows_of_map(arena, resource_tags);
    for (size_t i = 0; i < rows.len && b.len < TAGS_MAX; i++) {
        if (!value_get(rule_tags, rows.items[i].id) && !str_starts(rows.items[i].id, "aws:"))
            map_put(&b, rows.items[i].id, value_get(rows.items[i].body, "Value"));
    }
    return map_end(&b);
}

/* ---- operations ---- */

static const struct value *described(struct sim_call *call, const struct value *point)
{
    static const char *const members[] = {"RecoveryPointArn", "BackupVaultName",
                                          "BackupVaultArn",   "SourceBackupVaultArn",
                                          "ResourceArn",      "ResourceType",
                                          "ResourceName",     "CreatedBy",
                                          "IamRoleArn",       "Status",
                                          "StatusMessage",    "CreationDate",
                                          "CompletionDate",   "BackupSizeInBytes",
                                          "EncryptionKeyArn", "IsEncrypted",
                                          "Lifecycle",        NULL};
    struct map_builder b = map_begin_from(call->arena, backup_public(call, point, members));
    const struct value *vault = vault_get(call->world, call->arena, call->account, call->region,
                                          value_get_str(point, "BackupVaultName"));
    map_put_str(&b, "VaultType", vault_is_air_gapped(vault) ? VAULT_AIR_GAPPED : "BACKUP_VAULT");
    map_put_bool(&b, "IsParent", false);
    int64_t expiry = expiry_of(point);
    if (expiry) {
        struct map_builder calculated = map_begin(call->arena);
        map_put(&calculated, "DeleteAt", call_time(call, expiry));
        map_put(&b, "CalculatedLifecycle", map_end(&calculated));
    }
    return map_end(&b);
}

static const char *vault_name(const struct sim_call *call)
{
    return call_str(call, "BackupVaultName");
}

static const struct value *vault_of_call(struct sim_call *call)
{
    const struct value *vault =
        vault_get(call->world, call->arena, call->account, call->region, vault_name(call));
    const char *other = call_str(call, "backupVaultAccountId");
    if (!vault || (other && !str_eq(other, call->account))) {
        call_error(call, 403, "AccessDeniedException",
                   "Insufficient privileges to perform this action.");
        return NULL;
    }
    return vault;
}

static const struct value *point_of_call(struct sim_call *call)
{
    const char *arn = call_str(call, "RecoveryPointArn");
    const struct value *point =
        point_get(call->world, call->arena, call->account, call->region, arn);
    if (point && str_eq(value_get_str(point, "BackupVaultName"), vault_name(call)))
        return point;
    backup_not_found(call, "Recovery point", arn);
    return NULL;
}

static bool wanted(const struct sim_call *call, const struct value *point)
{
    static const char *const equal[][2] = {{"resourceArn", "ResourceArn"},
                                           {"resourceType", "ResourceType"},
                                           {"parentRecoveryPointArn", "ParentRecoveryPointArn"}};
    if (!str_eq(value_get_str(point, "BackupVaultName"), vault_name(call)))
        return false;
    const char *plan = call_str(call, "backupPlanId");
    if (plan && !str_eq(plan, value_get_str(value_get(point, "CreatedBy"), "BackupPlanId")))
        return false;
    return backup_fits(call, point, equal, ARRAY_LEN(equal)) &&
           backup_in_time(call, point, "CreationDate", "createdBefore", "createdAfter");
}

bool backup_list_points(struct sim_call *call)
{
    const char *next = NULL;
    if (!vault_of_call(call))
        return false;
    struct objects rows =
        store_list(call->world, call->arena, POINT, call->account, call->region, NULL);
    size_t len = 0;
    for (size_t i = 0; i < rows.len; i++) {
        if (wanted(call, rows.items[i].body))
            rows.items[len++] = rows.items[i];
    }
    rows.len = len;
    if (!backup_page(call, &rows, &next))
        return false;
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, described(call, rows.items[i].body));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "RecoveryPoints", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

/* The newest good point of each resource that has any here, by the resource's ARN. */
static struct objects newest_points(struct sim_call *call)
{
    struct objects points =
        store_list(call->world, call->arena, POINT, call->account, call->region, NULL);
    struct map newest; /* ARN of the resource -> body */
    map_init(&newest, call->arena);
    for (size_t i = 0; i < points.len; i++) {
        const struct value *point = points.items[i].body;
        const char *resource = value_get_str(point, "ResourceArn");
        const struct value *known = map_get(&newest, resource);
        if (str_eq(value_get_str(point, "Status"), "COMPLETED") &&
            (!known ||
             value_get_int(known, "CreationDate", 0) < value_get_int(point, "CreationDate", 0)))
            map_set(&newest, resource, (void *)(uintptr_t)point);
    }
    struct map_builder b = map_begin(call->arena);
    for (size_t i = 0; i < newest.len; i++)
        map_put(&b, newest.entries[i].key, newest.entries[i].value);
    return rows_of_map(call->arena, map_end(&b));
}

bool backup_list_protected(struct sim_call *call)
{
    const char *next = NULL;
    struct objects rows = newest_points(call);
    if (!backup_page(call, &rows, &next))
        return false;
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *point = value_get(rows.items[i].body, "Value");
        struct map_builder b = map_begin(call->arena);
        map_put(&b, "ResourceArn", value_get(point, "ResourceArn"));
        map_put(&b, "ResourceType", value_get(point, "ResourceType"));
        map_put(&b, "ResourceName", value_get(point, "ResourceName"));
        map_put(&b, "LastBackupTime", call_time(call, value_get_int(point, "CreationDate", 0)));
        map_put(&b, "LastBackupVaultArn", value_get(point, "BackupVaultArn"));
        map_put(&b, "LastRecoveryPointArn", value_get(point, "RecoveryPointArn"));
        list_add(&list, map_end(&b));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Results", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

bool backup_describe_point(struct sim_call *call)
{
    const struct value *point = vault_of_call(call) ? point_of_call(call) : NULL;
    return point && call_answer(call, described(call, point));
}

/* A locked vault keeps its points from everybody, in either mode and in the days of grace too. */
static const struct value *unlocked_point(struct sim_call *call, const char *action)
{
    const struct value *vault = vault_of_call(call);
    const struct value *point = vault ? point_of_call(call) : NULL;
    if (!point || !vault_policy_allows(call, vault, action, call_str(call, "RecoveryPointArn")))
        return NULL;
    if (!value_get_bool(vault, "Locked", false))
        return point;
    backup_refused(call,
                   "Backup vault %s is locked: its recovery points cannot be deleted or "
                   "changed",
                   vault_name(call));
    return NULL;
}

/* AWS deletes with the role that made the point; without it the answer is 200 all the same. */
static bool role_can_delete(struct sim_call *call, const struct value *point)
{
    const char *role = value_get_str(point, "IamRoleArn");
    struct arn arn;
    if (!role || !arn_parse(slice_of(role), &arn) || !slice_is(arn.account, call->account))
        return true; /* a copy from another account: the service-linked role does it */
    if (!role_trusts_service(call->world, call->arena, role, BACKUP_SERVICE, NULL))
        return false;
    const struct authorization request = {
        .principal = role,
        .action = "rds:DeleteDBSnapshot",
        .resource = value_get_str(point, "RecoveryPointArn"),
        .resource_account = call->account,
    };
    return !str_eq(value_get_str(point, "ResourceType"), "RDS") ||
           authorize(call->world, call->arena, &request, NULL);
}

bool backup_delete_point(struct sim_call *call)
{
    const struct value *point = unlocked_point(call, "backup:DeleteRecoveryPoint");
    if (!point)
        return false;
    const struct value *hold =
        hold_of_point(call->world, call->arena, call->account, call->region, point);
    if (hold)
        return backup_refused(call, "Recovery point %s is under the legal hold %s",
                              call_str(call, "RecoveryPointArn"),
                              value_get_str(hold, "LegalHoldId"));
    if (role_can_delete(call, point)) {
        point_forget(call->world, call->account, call->region, call_str(call, "RecoveryPointArn"));
        return call_answer(call, NULL);
    }
    struct map_builder b = map_begin_from(call->arena, point);
    map_put_str(&b, "Status", "EXPIRED");
    map_put_str(&b, "StatusMessage", "Insufficient permission to delete the recovery point");
    point_put(call->world, call->arena, call->account, call->region, map_end(&b));
    return call_answer(call, NULL);
}

bool backup_update_point(struct sim_call *call)
{
    const struct value *point = unlocked_point(call, "backup:UpdateRecoveryPointLifecycle");
    if (!point)
        return false;
    const struct value *lifecycle = call_get(call, "Lifecycle");
    const char *why = NULL, *property = NULL;
    if (!lifecycle_check(call->arena, backup_snake(call->arena, lifecycle), &why, &property))
        return backup_invalid(call, "Invalid lifecycle: %s", why);
    struct map_builder b = map_begin_from(call->arena, point);
    map_drop(&b, "Lifecycle");
    map_put(&b, "Lifecycle", lifecycle);
    point = map_end(&b);
    point_put(call->world, call->arena, call->account, call->region, point);
    struct map_builder answer = map_begin(call->arena);
    map_put(&answer, "RecoveryPointArn", value_get(point, "RecoveryPointArn"));
    map_put(&answer, "BackupVaultArn", value_get(point, "BackupVaultArn"));
    map_put(&answer, "Lifecycle", lifecycle);
    map_put(&answer, "CalculatedLifecycle",
            value_get(described(call, point), "CalculatedLifecycle"));
    return call_answer(call, map_end(&answer));
}
