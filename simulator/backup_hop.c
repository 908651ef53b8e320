/* Whether AWS would let a backup or a copy through: each step of the chain is judged by the
 * policies that meet there, and each refusal is worded as AWS words the StatusMessage of the failed
 * job. The steps are this simulator's own reading of the documentation. */
#include "simulator/backup.h"

#include "engine/aws/arn.h"
#include "engine/aws/lock_rules.h"
#include "simulator/authorize.h"
#include "simulator/backup_types.h"
#include "simulator/iam.h"
#include "simulator/kms.h"

#define DENIED "Access Denied trying to call AWS Backup service"
#define NOT_ONE_ORGANIZATION                                                                       \
    "Both source and destination account must be a member of the same organization"
#define SWITCH_IS_OFF "Cross-account copy feature is not enabled for the current organization"
#define MANAGED_KEY_CANNOT_CROSS "Snapshots encrypted with the AWS managed key can't be shared"
#define VAULT_KEY_IS_MANAGED                                                                       \
    "The destination Backup vault is encrypted with the default Backup service managed key. The "  \
    "contents of this vault cannot be copied into."
#define AIR_GAPPED_WANTS_OWN_KEY                                                                   \
    "Recovery points encrypted with an AWS managed key cannot be copied into a logically "         \
    "air-gapped vault"
#define KEY_IS_OFF                                                                                 \
    "KMS key is either disabled or pending deletion or access to the KMS key is denied"
#define SOURCE_KEY_UNREACHABLE                                                                     \
    "The source snapshot KMS key [%s] does not exist, is not enabled or you do not have "          \
    "permissions to access it."

/* ---- the role of the job ---- */

/* NULL: the role may; else in AWS's words why not. more: what is particular to the request. */
static const char *role_refused(struct world *world, struct arena *arena, const char *role,
                                const char *action, const char *resource, const struct value *more)
{
    const char *why = "";
    struct arn arn;
    struct map_builder context = map_begin_from(arena, more);
    map_put_str(&context, "aws:ResourceTag/aws:backup:source-resource", resource); /* AWS's own */
    const struct authorization request = {
        .principal = role,
        .action = action,
        .context = map_end(&context),
        .resource = resource,
        /* snapshots belong to the account of the role, also where their ARN names none */
        .resource_account = arn_parse(slice_of(role), &arn)
                                ? arena_strndup(arena, arn.account.ptr, arn.account.len)
                                : NULL,
    };
    if (authorize(world, arena, &request, &why))
        return NULL;
    return arena_printf(arena, "User: %s is not authorized to perform: %s on resource: %s %s", role,
                        action, resource, why);
}

static const struct value *made_in(struct arena *arena, const char *region)
{
    return value_map_text(arena, "aws:RequestedRegion", region);
}

static const char *cannot_assume(struct world *world, struct arena *arena, const char *role)
{
    return role_trusts_service(world, arena, role, BACKUP_SERVICE, NULL)
               ? NULL
               : arena_printf(arena, "IAM Role %s cannot be assumed by AWS Backup", role);
}

const char *backup_job_refused(struct world *world, struct arena *arena, const char *account,
                               const char *region, const struct value *job)
{
    const char *role = value_get_str(job, "IamRoleArn");
    const char *name = value_get_str(job, "BackupVaultName");
    const char *resource = value_get_str(job, "ResourceArn");
    const struct sim_type *type = sim_type_find(value_get_str(job, "ResourceType"));
    const struct value *vault = vault_get(world, arena, account, region, name);
    if (!vault)
        return arena_printf(arena, "Backup vault %s was not found", name);
    if (!vault_takes_lifecycle(vault, value_get(job, "Lifecycle")))
        return LOCK_BACKUP_STATUS_MESSAGE;
    const char *why = cannot_assume(world, arena, role);
    if (why)
        return why;
    const struct value *here = made_in(arena, region);
    if (type->tags && role_refused(world, arena, role, type->tags, resource, here))
        return "Access denied exception while trying to list tags";
    return role_refused(world, arena, role, type->backup, resource, here);
}

/* ---- keys ---- */

/* How the service that copies asks for a key. Only what concerns grants tells what they are for. */
static const struct value *key_context(struct arena *arena, const char *service, const char *region,
                                       const char *action)
{
    struct map_builder b = map_begin(arena);
    if (str_eq(action, "kms:CreateGrant"))
        map_put_str(&b, "kms:GrantIsForAWSResource", "true");
    map_put_str(&b, "kms:ViaService", arena_printf(arena, "%s.%s.amazonaws.com", service, region));
    return map_end(&b);
}

/* A use of keys: by whom, through which service, where. */
struct key_use {
    struct world *world;
    struct arena *arena;
    const char *principal, *service, *region;
};

/* Whether the key gives this to a principal that has every right by its identity: the linked role
 * decrypts through grants, and has no kms:Decrypt of its own. */
static bool key_gives(const struct key_use *use, const struct value *key, const char *action)
{
    return kms_gives(use->world, use->arena, use->principal, action, key,
                     key_context(use->arena, use->service, use->region, action));
}

static bool key_allows(const struct key_use *use, const struct value *key, const char *action)
{
    return kms_allows(use->world, use->arena, use->principal, action, key,
                      key_context(use->arena, use->service, use->region, action));
}

static bool may_use(const struct key_use *use, const struct value *key)
{
    return key_allows(use, key, "kms:DescribeKey") && key_allows(use, key, "kms:CreateGrant");
}

static bool is_managed(const struct value *key)
{
    return str_eq(value_get_str(key, "KeyManager"), "AWS");
}

static bool is_on(const struct value *key)
{
    return str_eq(value_get_str(key, "KeyState"), "Enabled");
}

/* ---- a restore ---- */

/* The service that makes the resource asks for the key, in the name of the job's role. */
static bool restore_may_use(struct world *world, struct arena *arena, const struct value *job,
                            const struct sim_type *type, const struct value *key)
{
    const struct key_use use = {world, arena, value_get_str(job, "IamRoleArn"), type->service,
                                value_get_str(job, "Region")};
    if (is_managed(key))
        return true;
    if (type->own_points) /* there is no snapshot to make a grant for */
        return key_allows(&use, key, "kms:DescribeKey") && key_allows(&use, key, "kms:Decrypt");
    return may_use(&use, key);
}

const char *restore_refused(struct world *world, struct arena *arena, const struct value *job,
                            const struct value *point)
{
    const char *account = value_get_str(job, "AccountId"), *region = value_get_str(job, "Region");
    const char *role = value_get_str(job, "IamRoleArn"), *made = value_get_str(job, "Wanted");
    const struct sim_type *type = sim_type_find(value_get_str(job, "ResourceType"));
    const char *key_arn = value_get_str(point, "EncryptionKeyArn");
    if (!point || !str_eq(value_get_str(point, "Status"), "COMPLETED"))
        return "The recovery point was not found";
    const char *why = cannot_assume(world, arena, role);
    if (!why)
        why = role_refused(world, arena, role, type->restoring, made, made_in(arena, region));
    if (why)
        return why;
    const struct value *key = key_arn ? kms_key_find(world, arena, account, region, key_arn) : NULL;
    if (key_arn && (!key || !is_on(key) || !restore_may_use(world, arena, job, type, key)))
        return KEY_IS_OFF;
    return resource_get(world, arena, account, region, made)
               ? arena_printf(arena, "%s already exists", made)
               : NULL;
}

/* ---- one hop ---- */

struct judgement {
    struct world *world;
    struct arena *arena;
    const struct hop *hop;
    struct vault_place to;
    const struct value *vault; /* destination; NULL: there is none */
    const struct sim_type *type;
    const char *point_arn;
    bool crosses_account, crosses_region;
    const struct value *source_key; /* NULL: not encrypted, or gone */
    const struct value *vault_key;
    const char *linked_role; /* of the destination account */
};

static const char *not_supported(const struct judgement *j)
{
    return arena_printf(j->arena,
                        "Copy job from %s to %s cannot be initiated for %s resources. Feature is "
                        "not supported for provided resource type.",
                        j->hop->source_region, j->to.region, j->type->name);
}

static const char *place_refused(const struct judgement *j)
{
    if (j->type->stays)
        return not_supported(j);
    if (!j->crosses_account)
        return NULL;
    const char *here = account_organization(j->world, j->arena, j->hop->source_account);
    const char *there = account_organization(j->world, j->arena, j->to.account);
    const char *management = organization_management(j->world, j->arena);
    if (!here || !there || !str_eq(here, there))
        return NOT_ONE_ORGANIZATION;
    if (!backup_cross_account(j->world, j->arena))
        return SWITCH_IS_OFF;
    if (str_eq(management, j->hop->source_account) || str_eq(management, j->to.account))
        return "The management account of the organization cannot be source or destination of a "
               "cross-account copy";
    bool one_way = j->type->one_way_at_once && !setting_int(j->world, "rds_single_hop", 0);
    return one_way && j->crosses_region ? not_supported(j) : NULL;
}

/* The copy is asked for where its point lies; a policy may ask into which vault it goes. */
static const struct value *copy_context(const struct judgement *j)
{
    struct map_builder b = map_begin(j->arena);
    map_put_str(&b, "aws:RequestedRegion", j->hop->source_region);
    map_put_str(&b, "backup:CopyTargets", j->hop->destination_vault_arn);
    map_put_str(&b, "backup:CopyTargetOrgPaths",
                organization_path(j->world, j->arena, j->to.account));
    return map_end(&b);
}

static const char *role_of_hop_refused(const struct judgement *j)
{
    const char *role = j->hop->role;
    const struct value *here = made_in(j->arena, j->hop->source_region);
    const char *why = cannot_assume(j->world, j->arena, role);
    if (why)
        return why;
    if (role_refused(j->world, j->arena, role, "backup:CopyFromBackupVault", j->point_arn,
                     copy_context(j)))
        return DENIED;
    if (!j->type->copying)
        return NULL;
    why = role_refused(j->world, j->arena, role, j->type->copying, j->point_arn, here);
    if (!why && j->crosses_account)
        why = role_refused(j->world, j->arena, role, j->type->sharing, j->point_arn, here);
    return why;
}

static const struct value *vault_context(const struct judgement *j)
{
    const struct value *tags = value_get(j->vault, "Tags");
    struct map_builder b = map_begin(j->arena);
    for (size_t i = 0; i < value_len(tags); i++)
        map_put(&b, arena_printf(j->arena, "aws:ResourceTag/%s", tags->map.entries[i].key),
                tags->map.entries[i].value);
    return map_end(&b);
}

static const char *vault_refused(const struct judgement *j)
{
    if (!j->vault)
        return j->crosses_account
                   ? DENIED
                   : arena_printf(j->arena, "Backup vault %s was not found", j->to.name);
    const char *text = value_get_str(j->vault, "Policy"), *why = NULL;
    const struct authorization request = {
        .principal = j->hop->role,
        .action = "backup:CopyIntoBackupVault",
        .resource = j->hop->destination_vault_arn,
        .resource_policy = text ? policy_read(j->arena, text, POLICY_RESOURCE, &why) : NULL,
        .context = vault_context(j),
    };
    if (!authorize(j->world, j->arena, &request, NULL))
        return DENIED;
    /* what AWS Backup does not manage itself cannot lie under its own key */
    if (!j->type->own_points && is_managed(j->vault_key))
        return VAULT_KEY_IS_MANAGED;
    if (vault_is_air_gapped(j->vault) && is_managed(j->source_key))
        return AIR_GAPPED_WANTS_OWN_KEY;
    return vault_takes_lifecycle(j->vault, j->hop->lifecycle) ? NULL : LOCK_COPY_STATUS_MESSAGE;
}

static struct key_use use_of(const struct judgement *j, const char *principal, const char *region)
{
    return (struct key_use){j->world, j->arena, principal, j->type->via, region};
}

/* The linked role reaches keys through the services that it copies for. For its own points AWS
 * Backup asks by itself, so that only the key has a say. */
static bool linked_role_may_use(const struct judgement *j, const struct value *key,
                                const char *region)
{
    const struct key_use use = use_of(j, j->linked_role, region);
    if (!j->type->own_points)
        return may_use(&use, key);
    return key_gives(&use, key, "kms:DescribeKey") && key_gives(&use, key, "kms:CreateGrant");
}

static bool source_key_reachable(const struct judgement *j)
{
    const char *region = j->hop->source_region;
    const struct key_use own = use_of(j, j->hop->role, region);
    const struct key_use use = use_of(j, j->linked_role, region);
    if (!j->crosses_account)
        return is_managed(j->source_key) || may_use(&own, j->source_key);
    return key_gives(&use, j->source_key, "kms:Decrypt") &&
           key_gives(&use, j->source_key, "kms:GenerateDataKeyWithoutPlaintext") &&
           linked_role_may_use(j, j->source_key, region);
}

static const char *keys_refused(const struct judgement *j)
{
    const char *arn = value_get_str(j->hop->point, "EncryptionKeyArn");
    bool free = j->type->any_key_crosses && is_managed(j->source_key);
    if (arn && !free && j->crosses_account && is_managed(j->source_key))
        return MANAGED_KEY_CANNOT_CROSS;
    if (j->crosses_account && !j->linked_role)
        return arena_printf(j->arena,
                            "The service-linked role AWSServiceRoleForBackup does not exist in the "
                            "destination account %s",
                            j->to.account);
    if (arn && j->source_key && !is_on(j->source_key))
        return KEY_IS_OFF;
    if (arn && !free && (!j->source_key || !source_key_reachable(j)))
        return arena_printf(j->arena, SOURCE_KEY_UNREACHABLE, arn);
    const struct key_use own = use_of(j, j->hop->role, j->to.region);
    if (vault_is_air_gapped(j->vault) && !j->vault_key)
        return NULL; /* a key that AWS owns */
    if (!j->vault_key || !is_on(j->vault_key))
        return KEY_IS_OFF;
    if (!is_managed(j->vault_key) &&
        !(j->crosses_account ? linked_role_may_use(j, j->vault_key, j->to.region)
                             : may_use(&own, j->vault_key)))
        return KEY_IS_OFF;
    return NULL;
}

const char *hop_refused(struct world *world, struct arena *arena, const struct hop *hop)
{
    struct judgement j = {.world = world, .arena = arena, .hop = hop};
    if (!hop->point || !str_eq(value_get_str(hop->point, "Status"), "COMPLETED"))
        return "The source recovery point was not found";
    if (!vault_place_of(arena, hop->destination_vault_arn, &j.to))
        return DENIED;
    j.vault = vault_get(world, arena, j.to.account, j.to.region, j.to.name);
    j.type = sim_type_find(value_get_str(hop->point, "ResourceType"));
    const struct sim_type *by_arn = sim_type_of_arn(value_get_str(hop->point, "ResourceArn"));
    if (by_arn && str_eq(by_arn->name, j.type->name))
        j.type = by_arn; /* of two rows with one name */
    j.point_arn = value_get_str(hop->point, "RecoveryPointArn");
    j.crosses_account = !str_eq(j.to.account, hop->source_account);
    j.crosses_region = !str_eq(j.to.region, hop->source_region);
    const char *source_key = value_get_str(hop->point, "EncryptionKeyArn");
    const char *vault_key = value_get_str(j.vault, "EncryptionKeyArn");
    if (source_key)
        j.source_key =
            kms_key_find(world, arena, hop->source_account, hop->source_region, source_key);
    if (vault_key)
        j.vault_key = kms_key_find(world, arena, j.to.account, j.to.region, vault_key);
    j.linked_role = iam_linked_role(world, arena, j.to.account, BACKUP_SERVICE, false);
    const char *why = place_refused(&j);
    if (!why)
        why = role_of_hop_refused(&j);
    if (!why)
        why = vault_refused(&j);
    return why ? why : keys_refused(&j);
}
