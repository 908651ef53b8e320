/* What a reconcile pass of a relay calls: the deployer makes it, in the accounts of both vaults. */
#include "engine/base/bug.h"
#include "engine/permissions/rights.h"
#include "relay/decide/relay_config.h"

static const char *const list_points[] = {"backup:ListRecoveryPointsByBackupVault", NULL};
static const char *const list_jobs[] = {"backup:ListCopyJobs", NULL};

static void allow_on_points(struct rights *rights, const char *region, const char *action,
                            const char *service, const char *kind)
{
    rights_on_points(rights, region, service, (struct right){.action = action, .kind = kind});
}

static void add_tags(struct rights *rights, const char *region)
{
    allow_on_points(rights, region, "backup:ListTags", NULL, "recoveryPoint");
    allow_on_points(rights, region, "rds:ListTagsForResource", "rds", "snapshot");
    allow_on_points(rights, region, "fsx:ListTagsForResource", "fsx", "backup");
}

static void add_start(struct rights *rights, const struct relay_config *config)
{
    static const char *const describe_jobs[] = {"backup:DescribeCopyJob", NULL};
    rights_allow(rights, describe_jobs, "", "*");
    allow_on_points(rights, config->region, "backup:StartCopyJob", NULL, "recoveryPoint");
    if (config->shorten_source_to_days > 0)
        allow_on_points(rights, config->region, "backup:UpdateRecoveryPointLifecycle", NULL,
                        "recoveryPoint");
    rights_pass(rights, config->copy_role_arn);
}

/* The points come from the vaults that the account has, so their tags are asked for there too. */
static void add_source(struct rights *rights, const struct relay_config *config, bool starts)
{
    static const char *const ec2_tags[] = {"ec2:DescribeTags", NULL};
    const struct topology *topology = rights->topology;
    add_tags(rights, config->region);
    for (size_t i = 0; i < topology->resource_len; i++)
        if (str_eq(topology->resources[i].schema->type_name, "aws_backup_vault") &&
            str_eq(topology->resources[i].account->id, config->account_id))
            add_tags(rights, topology->resources[i].region);
    rights_allow(rights, list_points, "backupVault", config->source_vault_arn);
    rights_allow(rights, list_jobs, "", "*");
    rights_allow(rights, ec2_tags, "", "*");
    if (starts)
        add_start(rights, config);
}

/* Where the job history does not reach back, the last vault is asked. */
static void add_destinations(struct rights *rights, const struct relay_config *config)
{
    for (size_t i = 0; i < config->destination_len; i++)
        if (str_eq(config->destinations[i].account_id, rights->account->id))
            rights_allow(rights, list_points, "backupVault", config->destinations[i].vault_arn);
}

bool relay_concerns(const struct relay_entry *relay, const char *account_id)
{
    const struct value *destinations = value_get(relay->config, "destinations");
    bool concerns = str_eq(relay->account->id, account_id);
    for (size_t i = 0; i < value_len(destinations) && !concerns; i++)
        concerns = str_eq(value_get_str(value_item(destinations, i), "account_id"), account_id);
    return concerns;
}

/* The settings are literal: what the topology does not know yet is an error before this. */
static struct relay_config config_of(struct arena *arena, const struct relay_entry *relay)
{
    struct relay_config config;
    const char *why;
    BUG_ON(!relay_config_parse(arena, relay->config, &config, &why));
    return config;
}

void rights_of_reconcile(struct rights *rights, bool starts)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->relay_len; i++) {
        if (!relay_concerns(&topology->relays[i], rights->account->id))
            continue;
        struct relay_config config = config_of(rights->arena, &topology->relays[i]);
        if (str_eq(config.account_id, rights->account->id))
            add_source(rights, &config, starts);
        add_destinations(rights, &config);
    }
}

/* A point that an event names and nobody lists is looked at. */
static void of_events(struct rights *rights)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->relay_len; i++) {
        if (!relay_concerns(&topology->relays[i], rights->account->id))
            continue;
        struct relay_config config = config_of(rights->arena, &topology->relays[i]);
        if (str_eq(config.account_id, rights->account->id))
            allow_on_points(rights, config.region, "backup:DescribeRecoveryPoint", NULL,
                            "recoveryPoint");
    }
}

/* In the account and Region of the queue: of the function, and of each rule that forwards. */
void rights_of_letters(struct rights *rights)
{
    static const char *const actions[] = {"sqs:ReceiveMessage", "sqs:DeleteMessage",
                                          "sqs:ChangeMessageVisibility", NULL};
    const struct topology *topology = rights->topology;
    of_events(rights);
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *r = &topology->resources[i];
        if (str_starts(r->address, "relays.") && str_eq(r->schema->type_name, "aws_sqs_queue") &&
            str_eq(r->account->id, rights->account->id))
            rights_allow(
                rights, actions, "queue",
                schema_arn(rights->arena, r->schema, r->account->id, r->region, r->properties));
    }
}

static bool has_vaults(const struct rights *rights)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->resource_len; i++)
        if (str_eq(topology->resources[i].schema->type_name, "aws_backup_vault") &&
            str_eq(topology->resources[i].account->id, rights->account->id))
            return true;
    return false;
}

/* Backups may be under way in every account that has a vault. */
void rights_of_leaving(struct rights *rights)
{
    static const char *const list_backups[] = {"backup:ListBackupJobs", NULL};
    if (rights->topology->relay_len == 0 || !has_vaults(rights))
        return;
    rights_allow(rights, list_jobs, "", "*");
    rights_allow(rights, list_backups, "", "*");
}
