/* Vaults: access policies, locks and their clock, notifications. */
#include "simulator/backup.h"

#include "engine/aws/arn.h"
#include "engine/aws/lifecycle.h"
#include "engine/aws/lock_rules.h"
#include "engine/aws/partition.h"
#include "engine/base/json.h"
#include "simulator/authorize.h"
#include "simulator/kms.h"
#include "simulator/tags.h"

bool vault_place_of(struct arena *arena, const char *vault_arn, struct vault_place *ret)
{
    struct arn arn;
    struct slice name;
    if (!vault_arn || !arn_parse(slice_of(vault_arn), &arn) || !arn_is_backup_vault(&arn, &name))
        return false;
    ret->account = arena_strndup(arena, arn.account.ptr, arn.account.len);
    ret->region = arena_strndup(arena, arn.region.ptr, arn.region.len);
    ret->name = arena_strndup(arena, name.ptr, name.len);
    return true;
}

const struct value *vault_get(struct world *world, struct arena *arena, const char *account,
                              const char *region, const char *name)
{
    return store_get(world, arena, "backup.vault", account, region, name);
}

bool vault_lock_is_final(const struct value *vault, int64_t now)
{
    int64_t date = value_get_int(vault, "LockDate", 0);
    return date > 0 && now >= date;
}

bool vault_takes_lifecycle(const struct value *vault, const struct value *lifecycle)
{
    return !value_get_bool(vault, "Locked", false) ||
           retention_in_lock(value_get_int(lifecycle, "DeleteAfterDays", LIFECYCLE_FOR_EVER),
                             value_get_int(vault, "MinRetentionDays", 0),
                             value_get_int(vault, "MaxRetentionDays", 0));
}

bool vault_policy_allows(struct sim_call *call, const struct value *vault, const char *action,
                         const char *resource)
{
    const char *text = value_get_str(vault, "Policy"), *why = NULL;
    const struct value *policy =
        text ? policy_read(call->arena, text, POLICY_RESOURCE, &why) : NULL;
    return !policy || call_authorize(call, action, resource, policy, NULL);
}

#define VAULT_TYPE "BACKUP_VAULT"
#define AIR_GAPPED_DAYS_MIN 7

bool vault_is_air_gapped(const struct value *vault)
{
    return str_eq(value_get_str(vault, "VaultType"), VAULT_AIR_GAPPED);
}

static const char *name_of(const struct sim_call *call)
{
    return call_str(call, "BackupVaultName");
}

static const struct value *own_vault(const struct sim_call *call)
{
    return vault_get(call->world, call->arena, call->account, call->region, name_of(call));
}

/* A vault of the call; without it AWS answers as if the caller had no right to know. */
static const struct value *vault_or_denied(struct sim_call *call)
{
    const struct value *vault = own_vault(call);
    if (!vault)
        call_error(call, 403, "AccessDeniedException",
                   "Insufficient privileges to perform this action.");
    return vault;
}

/* For changes: they are judged by the vault's own policy too, which may deny them to everybody. */
static const struct value *vault_or_missing(struct sim_call *call)
{
    const struct value *vault = own_vault(call);
    if (!vault) {
        backup_not_found(call, "Backup vault", name_of(call));
        return NULL;
    }
    const char *action = arena_printf(call->arena, "backup:%s", call->operation->name);
    const char *arn = value_get_str(vault, "BackupVaultArn");
    return vault_policy_allows(call, vault, action, arn) ? vault : NULL;
}

static bool store(struct sim_call *call, const struct value *vault, const struct value *output)
{
    store_put(call->world, "backup.vault", call->account, call->region, name_of(call), vault);
    return call_answer(call, output);
}

/* ---- the vault itself ---- */

/* The key that was asked for, or AWS's own; NULL with an error when it cannot be used. */
static const char *vault_key(struct sim_call *call)
{
    static const char *const needed[] = {"kms:DescribeKey",     "kms:CreateGrant",
                                         "kms:RetireGrant",     "kms:Decrypt",
                                         "kms:GenerateDataKey", NULL};
    const char *asked = call_str(call, "EncryptionKeyArn");
    struct arn arn;
    bool formed = !asked || (arn_parse(slice_of(asked), &arn) && slice_is(arn.service, "kms"));
    const struct value *key = formed ? kms_key_find(call->world, call->arena, call->account,
                                                    call->region, asked ? asked : VAULT_KEY_DEFAULT)
                                     : NULL;
    if (!key || (asked && !slice_is(arn.region, call->region)) ||
        (asked && !str_eq(value_get_str(key, "KeyState"), "Enabled")) ||
        !kms_key_settled(call->world, key)) {
        backup_invalid(call,
                       "The specified KMS key %s does not exist, is not enabled or is in "
                       "another Region",
                       text_or(asked, VAULT_KEY_DEFAULT));
        return NULL;
    }
    struct map_builder context = map_begin(call->arena);
    map_put_str(&context, "kms:ViaService",
                arena_printf(call->arena, "backup.%s.amazonaws.com", call->region));
    const struct value *through = map_end(&context);
    map_put_str(&context, "kms:GrantIsForAWSResource", "true");
    const struct value *to_grant = map_end(&context);
    for (size_t i = 0; asked && needed[i]; i++) {
        if (call_judged(call, needed[i], value_get_str(key, "Arn"),
                        kms_allows(call->world, call->arena, call->principal, needed[i], key,
                                   str_eq(needed[i], "kms:CreateGrant") ? to_grant : through)))
            continue;
        call_error(call, 403, "AccessDeniedException",
                   "Insufficient privileges to perform this action.");
        return NULL;
    }
    return value_get_str(key, "Arn");
}

static const struct value *created(struct sim_call *call, const struct value *vault)
{
    static const char *const members[] = {"BackupVaultName", "BackupVaultArn", "CreationDate",
                                          NULL};
    return backup_public(call, vault, members);
}

bool backup_create_vault(struct sim_call *call)
{
    const char *name = name_of(call), *token = call_str(call, "CreatorRequestId");
    if (!vault_name_is_valid(slice_of(name)))
        return backup_invalid(call, "Invalid backup vault name: %s", name);
    const struct value *old = own_vault(call);
    const char *old_token = value_get_str(old, "CreatorRequestId");
    if (old && token && str_eq(token, old_token))
        return call_answer(call, created(call, old));
    if (old)
        return backup_exists(call, value_get_str(old, "BackupVaultArn"), old_token,
                             "Backup vault with the same name already exists");
    const struct value *tags = call_get(call, "BackupVaultTags");
    const char *why = tags ? tags_refused(call->arena, tags) : NULL;
    if (why)
        return backup_invalid(call, "%s", why);
    const char *key = vault_key(call);
    if (!key)
        return false;
    struct map_builder none = map_begin(call->arena), b = map_begin(call->arena);
    map_put_str(&b, "BackupVaultName", name);
    map_put_str(&b, "BackupVaultArn", call_arn(call, "backup", "backup-vault:%s", name));
    map_put_str(&b, "EncryptionKeyArn", key);
    map_put_int(&b, "CreationDate", call->now);
    map_put_str(&b, "CreatorRequestId", token);
    map_put(&b, "Tags", tags ? tags : map_end(&none));
    const struct value *vault = map_end(&b);
    return store(call, vault, created(call, vault));
}

void backup_seed_vault(struct world *world, struct arena *arena, const char *account,
                       const char *region, const char *name)
{
    const struct value *key = kms_key_find(world, arena, account, region, VAULT_KEY_DEFAULT);
    struct map_builder none = map_begin(arena), b = map_begin(arena);
    map_put_str(&b, "BackupVaultName", name);
    map_put_str(&b, "BackupVaultArn",
                arena_printf(arena, "arn:%s:backup:%s:%s:backup-vault:%s",
                             partition_of_region(region), region, account, name));
    map_put(&b, "EncryptionKeyArn", value_get(key, "Arn"));
    map_put_int(&b, "CreationDate", world_now_ms(world));
    map_put(&b, "Tags", map_end(&none));
    store_put(world, "backup.vault", account, region, name, map_end(&b));
}

static const struct value *described(struct sim_call *call, const struct value *vault)
{
    static const char *const members[] = {"BackupVaultName",  "BackupVaultArn",
                                          "EncryptionKeyArn", "CreationDate",
                                          "CreatorRequestId", "Locked",
                                          "MinRetentionDays", "MaxRetentionDays",
                                          "LockDate",         NULL};
    const char *state = value_get_str(vault, "VaultState"); /* only while it is not AVAILABLE */
    struct map_builder b = map_begin_from(call->arena, backup_public(call, vault, members));
    map_put_str(&b, "VaultType", vault_is_air_gapped(vault) ? VAULT_AIR_GAPPED : VAULT_TYPE);
    map_put_str(&b, "VaultState", text_or(state, "AVAILABLE"));
    map_put_bool(&b, "Locked", value_get_bool(vault, "Locked", false));
    map_put_int(&b, "NumberOfRecoveryPoints",
                (int64_t)point_count(call->world, call->account, call->region,
                                     value_get_str(vault, "BackupVaultName")));
    return map_end(&b);
}

bool backup_describe_vault(struct sim_call *call)
{
    const struct value *vault = vault_or_denied(call);
    return vault && call_answer(call, described(call, vault));
}

bool backup_list_vaults(struct sim_call *call)
{
    const char *next = NULL, *type = call_str(call, "vaultType");
    struct objects rows =
        store_list(call->world, call->arena, "backup.vault", call->account, call->region, NULL);
    size_t len = 0;
    for (size_t i = 0; i < rows.len; i++) {
        const char *its = vault_is_air_gapped(rows.items[i].body) ? VAULT_AIR_GAPPED : VAULT_TYPE;
        if (!type || str_eq(type, its))
            rows.items[len++] = rows.items[i];
    }
    rows.len = call_bool(call, "shared", false) ? 0 : len; /* none is shared */
    if (!backup_page(call, &rows, &next))
        return false;
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, described(call, rows.items[i].body));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "BackupVaultList", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

bool backup_delete_vault(struct sim_call *call)
{
    if (!vault_or_missing(call))
        return false;
    if (point_count(call->world, call->account, call->region, name_of(call)) > 0)
        return backup_refused(call,
                              "Backup vault cannot be deleted because it contains recovery points");
    store_delete(call->world, "backup.vault", call->account, call->region, name_of(call));
    return call_answer(call, NULL);
}

/* ---- locks ---- */

#define LOCK_IS_FINAL                                                                              \
    "Vault Lock configuration of backup vault %s is immutable and cannot be changed or deleted"

bool backup_put_lock(struct sim_call *call)
{
    const struct value *vault = vault_or_missing(call);
    if (!vault)
        return false;
    if (vault_lock_is_final(vault, call->now))
        return backup_refused(call, LOCK_IS_FINAL, name_of(call));
    int64_t min = call_int(call, "MinRetentionDays", 0),
            max = call_int(call, "MaxRetentionDays", 0);
    int64_t days = call_int(call, "ChangeableForDays", 0);
    const char *why = NULL;
    if ((call_get(call, "MinRetentionDays") && min < 1) ||
        (call_get(call, "MaxRetentionDays") && max < 1) ||
        (call_get(call, "ChangeableForDays") && days < LOCK_CHANGEABLE_DAYS_MIN))
        return backup_invalid(call,
                              "Retention days must be at least 1, ChangeableForDays at least "
                              "%d",
                              LOCK_CHANGEABLE_DAYS_MIN);
    if (!lock_check(call->arena, min, max, days, &why))
        return backup_invalid(call, "%s", why);
    struct map_builder b = map_begin_from(call->arena, vault);
    map_drop(&b, "MinRetentionDays");
    map_drop(&b, "MaxRetentionDays");
    map_drop(&b, "LockDate");
    map_put_bool(&b, "Locked", true);
    if (min)
        map_put_int(&b, "MinRetentionDays", min);
    if (max)
        map_put_int(&b, "MaxRetentionDays", max);
    if (days)
        map_put_int(&b, "LockDate", lock_date_ms(call->now, days));
    return store(call, map_end(&b), NULL);
}

bool backup_delete_lock(struct sim_call *call)
{
    const struct value *vault = vault_or_missing(call);
    if (!vault)
        return false;
    if (vault_lock_is_final(vault, call->now))
        return backup_refused(call, LOCK_IS_FINAL, name_of(call));
    struct map_builder b = map_begin_from(call->arena, vault);
    map_drop(&b, "Locked");
    map_drop(&b, "MinRetentionDays");
    map_drop(&b, "MaxRetentionDays");
    map_drop(&b, "LockDate");
    return store(call, map_end(&b), NULL);
}

/* ---- access policies ---- */

bool backup_put_policy(struct sim_call *call)
{
    const struct value *vault = vault_or_missing(call);
    if (!vault)
        return false;
    const char *text = call_need(call, "Policy"), *why = NULL;
    if (!text)
        return false;
    const struct value *policy = policy_read(call->arena, text, POLICY_RESOURCE, &why);
    if (!policy)
        return backup_invalid(call, "The specified policy cannot be added to the vault: %s", why);
    if (policy_unknown_principal(call->world, call->arena, policy))
        return backup_invalid(call, "Provided principal is not valid");
    /* it comes back in AWS's order, not in the caller's */
    const char *stored = json_print(call->arena, policy, JSON_SORTED);
    return store(call, value_with(call->arena, vault, "Policy", value_string(call->arena, stored)),
                 NULL);
}

bool backup_get_policy(struct sim_call *call)
{
    static const char *const members[] = {"BackupVaultName", "BackupVaultArn", "Policy", NULL};
    const struct value *vault = vault_or_denied(call);
    if (!vault)
        return false;
    if (!value_get(vault, "Policy"))
        return backup_not_found(call, "The access policy of backup vault", name_of(call));
    return call_answer(call, backup_public(call, vault, members));
}

bool backup_delete_policy(struct sim_call *call)
{
    const struct value *vault = vault_or_missing(call);
    return vault && store(call, value_without(call->arena, vault, "Policy"), NULL);
}

/* ---- notifications ---- */

static const char *const reported[] = {
    "BACKUP_JOB_STARTED",      "BACKUP_JOB_COMPLETED",     "BACKUP_JOB_SUCCESSFUL",
    "BACKUP_JOB_FAILED",       "BACKUP_JOB_EXPIRED",       "RESTORE_JOB_STARTED",
    "RESTORE_JOB_COMPLETED",   "RESTORE_JOB_SUCCESSFUL",   "RESTORE_JOB_FAILED",
    "COPY_JOB_STARTED",        "COPY_JOB_SUCCESSFUL",      "COPY_JOB_FAILED",
    "RECOVERY_POINT_MODIFIED", "BACKUP_PLAN_CREATED",      "BACKUP_PLAN_MODIFIED",
    "S3_BACKUP_OBJECT_FAILED", "S3_RESTORE_OBJECT_FAILED", NULL,
};

bool backup_put_notifications(struct sim_call *call)
{
    const struct value *vault = vault_or_missing(call);
    if (!vault)
        return false;
    const char *topic = call_need(call, "SNSTopicArn");
    const struct value *events = call_get(call, "BackupVaultEvents");
    if (!topic)
        return false;
    if (value_len(events) == 0)
        return call_error(call, 400, "MissingParameterValueException",
                          "Missing required parameter: BackupVaultEvents");
    struct arn arn;
    if (!arn_parse(slice_of(topic), &arn) || !slice_is(arn.service, "sns"))
        return backup_invalid(call, "Invalid SNS topic ARN: %s", topic);
    for (size_t i = 0; i < value_len(events); i++)
        if (!str_is_one_of(value_str(value_item(events, i)), reported))
            return backup_invalid(call, "Unknown backup vault event");
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "SNSTopicArn", topic);
    map_put(&b, "BackupVaultEvents", value_sorted(call->arena, events));
    return store(call, value_with(call->arena, vault, "Notifications", map_end(&b)), NULL);
}

bool backup_get_notifications(struct sim_call *call)
{
    static const char *const members[] = {"BackupVaultName", "BackupVaultArn", NULL};
    const struct value *vault = vault_or_denied(call);
    if (!vault)
        return false;
    const struct value *set = value_get(vault, "Notifications");
    if (!set)
        return backup_not_found(call, "The notification configuration of backup vault",
                                name_of(call));
    return call_answer(call, tags_merge(call->arena, backup_public(call, vault, members), set));
}

bool backup_delete_notifications(struct sim_call *call)
{
    const struct value *vault = vault_or_missing(call);
    return vault && store(call, value_without(call->arena, vault, "Notifications"), NULL);
}

/* ---- logically air-gapped: locked from the first moment, and for ever ---- */

static bool air_gapped_days_good(struct sim_call *call, int64_t min, int64_t max)
{
    const char *why = NULL;
    if (!call_get(call, "MinRetentionDays") || !call_get(call, "MaxRetentionDays"))
        return call_error(call, 400, "MissingParameterValueException",
                          "Missing required parameter: MinRetentionDays or MaxRetentionDays");
    if (min < AIR_GAPPED_DAYS_MIN || max < AIR_GAPPED_DAYS_MIN)
        return backup_invalid(call, "The minimum retention of the vault is %d days",
                              AIR_GAPPED_DAYS_MIN);
    return lock_check(call->arena, min, max, 0, &why) || backup_invalid(call, "%s", why);
}

bool backup_create_air_gapped(struct sim_call *call)
{
    static const char *const members[] = {"BackupVaultName", "BackupVaultArn", "CreationDate",
                                          "VaultState", NULL};
    const char *name = name_of(call), *token = call_str(call, "CreatorRequestId");
    if (!vault_name_is_valid(slice_of(name)))
        return backup_invalid(call, "Invalid backup vault name: %s", name);
    const struct value *old = own_vault(call), *tags = call_get(call, "BackupVaultTags");
    const char *old_token = value_get_str(old, "CreatorRequestId");
    if (old && token && str_eq(token, old_token))
        return call_answer(call, backup_public(call, old, members));
    if (old)
        return backup_exists(call, value_get_str(old, "BackupVaultArn"), old_token,
                             "Backup vault with the same name already exists");
    int64_t min = call_int(call, "MinRetentionDays", 0),
            max = call_int(call, "MaxRetentionDays", 0);
    const char *why = tags ? tags_refused(call->arena, tags) : NULL;
    if (why)
        return backup_invalid(call, "%s", why);
    const char *key = call_get(call, "EncryptionKeyArn") ? vault_key(call) : NULL;
    if (!air_gapped_days_good(call, min, max) || (call_get(call, "EncryptionKeyArn") && !key))
        return false;
    struct map_builder none = map_begin(call->arena), b = map_begin(call->arena);
    map_put_str(&b, "BackupVaultName", name);
    map_put_str(&b, "BackupVaultArn", call_arn(call, "backup", "backup-vault:%s", name));
    map_put_str(&b, "VaultType", VAULT_AIR_GAPPED);
    map_put_str(&b, "VaultState", "CREATING");
    map_put_str(&b, "EncryptionKeyArn", key); /* absent: a key that AWS owns and does not show */
    map_put_int(&b, "CreationDate", call->now);
    map_put_str(&b, "CreatorRequestId", token);
    map_put_bool(&b, "Locked", true);
    map_put_int(&b, "MinRetentionDays", min);
    map_put_int(&b, "MaxRetentionDays", max);
    map_put_int(&b, "LockDate", call->now);
    map_put(&b, "Tags", tags ? tags : map_end(&none));
    const struct value *vault = map_end(&b);
    struct map_builder later = map_begin(call->arena);
    map_put_str(&later, "Account", call->account);
    map_put_str(&later, "Region", call->region);
    map_put_str(&later, "Name", name);
    task_add(call->world, call->now + backup_durations.deploy_ms, "backup.vault_ready",
             map_end(&later));
    return store(call, vault, backup_public(call, vault, members));
}

void backup_task_vault_ready(struct world *world, struct arena *arena, const struct value *payload)
{
    const char *account = value_get_str(payload, "Account");
    const char *region = value_get_str(payload, "Region"), *name = value_get_str(payload, "Name");
    const struct value *vault = vault_get(world, arena, account, region, name);
    if (vault)
        store_put(world, "backup.vault", account, region, name,
                  value_without(arena, vault, "VaultState"));
}
