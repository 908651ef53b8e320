/* What `verify` reads: what plans protect, each vault on the way, and the keys of its points. */
#include "engine/aws/arn.h"
#include "engine/base/bug.h"
#include "engine/permissions/rights.h"
#include "relay/decide/relay_config.h"

static bool is_of(const struct rights *rights, const struct resource *resource, const char *type)
{
    return str_eq(resource->schema->type_name, type) &&
           rights_are_of(rights, resource->account->id);
}

static const char *arn_in(const struct rights *rights, const char *service, const char *region,
                          const char *rest)
{
    return arena_printf(rights->arena, "arn:%s:%s:%s:%s:%s", rights->account->partition, service,
                        region, rights->account->id, rest);
}

/* ---- what is protected ---- */

/* Whatever a selection may take is asked where it stands: databases of RDS, the tags of the rest.
 */
static void of_selection(struct rights *rights, const struct resource *selection)
{
    static const char *const tags[] = {"tag:GetResources", NULL};
    static const char *const instances[] = {"rds:DescribeDBInstances", NULL};
    static const char *const clusters[] = {"rds:DescribeDBClusters", NULL};
    const struct value *patterns = value_get(selection->properties, "resources");
    bool databases = value_len(value_get(selection->properties, "list_of_tags")) > 0 ||
                     value_len(value_get(selection->properties, "conditions")) > 0;
    bool others = databases;
    for (size_t i = 0; i < value_len(patterns); i++) {
        struct arn arn;
        const char *pattern = value_str(value_item(patterns, i));
        bool read = pattern && arn_parse(slice_of(pattern), &arn) && !slice_is(arn.service, "*");
        databases |= !read || slice_is(arn.service, "rds");
        others |= !read || !slice_is(arn.service, "rds");
    }
    if (databases) {
        rights_allow(rights, instances, "db", arn_in(rights, "rds", selection->region, "db:*"));
        rights_allow(rights, clusters, "cluster",
                     arn_in(rights, "rds", selection->region, "cluster:*"));
    }
    if (others)
        rights_allow(rights, tags, "", "*");
}

static void of_plan(struct rights *rights)
{
    static const char *const lists[] = {"backup:ListProtectedResources", "backup:ListBackupJobs",
                                        "backup:ListCopyJobs", NULL};
    rights_allow(rights, lists, "", "*");
}

/* ---- the vaults ---- */

static void of_vault(struct rights *rights, const char *vault_arn)
{
    static const char *const look[] = {"backup:DescribeBackupVault",
                                       "backup:ListRecoveryPointsByBackupVault", NULL};
    static const char *const keys[] = {"kms:DescribeKey", NULL};
    struct arn arn;
    if (!vault_arn || !arn_parse(slice_of(vault_arn), &arn) ||
        !slice_is(arn.account, rights->account->id))
        return;
    const char *region = arena_strndup(rights->arena, arn.region.ptr, arn.region.len);
    rights_allow(rights, look, "backupVault", vault_arn);
    rights_allow(rights, keys, "key", arn_in(rights, "kms", region, "key/*"));
}

static void of_rules(struct rights *rights, const struct resource *plan)
{
    const struct value *rules = value_get(plan->properties, "rules");
    for (size_t i = 0; i < value_len(rules); i++) {
        const struct value *rule = value_item(rules, i), *copies = value_get(rule, "copy_actions");
        const char *target = value_get_str(rule, "target_backup_vault_name");
        if (target)
            of_vault(rights, arena_printf(rights->arena, "arn:%s:backup:%s:%s:backup-vault:%s",
                                          plan->account->partition, plan->region, plan->account->id,
                                          target));
        for (size_t k = 0; k < value_len(copies); k++)
            of_vault(rights, value_get_str(value_item(copies, k), "destination_backup_vault_arn"));
    }
}

static void of_relays(struct rights *rights)
{
    for (size_t i = 0; i < rights->topology->relay_len; i++) {
        struct relay_config config;
        const char *why;
        if (!relay_concerns(&rights->topology->relays[i], rights->account->id))
            continue;
        BUG_ON(
            !relay_config_parse(rights->arena, rights->topology->relays[i].config, &config, &why));
        of_vault(rights, config.source_vault_arn);
        for (size_t k = 0; k < config.destination_len; k++)
            of_vault(rights, config.destinations[k].vault_arn);
    }
}

void rights_of_verify(struct rights *rights)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *r = &topology->resources[i];
        if (str_eq(r->schema->type_name, "aws_backup_plan"))
            of_rules(rights, r);
        if (is_of(rights, r, "aws_backup_plan"))
            of_plan(rights);
        if (is_of(rights, r, "aws_backup_selection"))
            of_selection(rights, r);
    }
    of_relays(rights);
}
