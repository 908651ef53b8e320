/* What a reconcile pass of a relay calls: the deployer makes it, in the accounts of both vaults. */
#include "engine/aws/backup_types.h"
#include "engine/base/bug.h"
#include "engine/permissions/rights.h"
#include "relay/decide/relay_config.h"

static const char *const list_points[] = {"backup:ListRecoveryPointsByBackupVault", NULL};
static const char *const list_jobs[] = {"backup:ListCopyJobs", NULL};

/* Points of one Region in all the ARNs that AWS Backup and the services give them. */
static void add_points(struct rights *rights, const struct relay_config *config, const char *region,
                       bool starts)
{
    static const char *const tags[] = {"backup:ListTags", NULL};
    static const char *const start[] = {"backup:StartCopyJob", NULL};
    static const char *const rds_tags[] = {"rds:ListTagsForResource", NULL};
    static const char *const fsx_tags[] = {"fsx:ListTagsForResource", NULL};
    size_t len;
    const struct backup_type *types = backup_types(&len);
    for (size_t i = 0; i < len; i++)
        for (int copy = 0; copy < 2; copy++) {
            const char *arn = backup_point_arn(rights->arena, &types[i], config->partition, region,
                                               config->account_id, "*", copy);
            rights_allow(rights, tags, "recoveryPoint", arn);
            if (starts)
                rights_allow(rights, start, "recoveryPoint", arn);
            if (str_eq(types[i].service, "rds"))
                rights_allow(rights, rds_tags, "snapshot", arn);
            if (str_eq(types[i].service, "fsx"))
                rights_allow(rights, fsx_tags, "backup", arn);
        }
}

static void add_source(struct rights *rights, const struct relay_config *config, bool starts)
{
    static const char *const ec2_tags[] = {"ec2:DescribeTags", NULL};
    const struct topology *topology = rights->topology;
    add_points(rights, config, config->region, starts);
    for (size_t i = 0; i < topology->resource_len; i++)
        if (str_eq(topology->resources[i].schema->type_name, "aws_backup_vault") &&
            str_eq(topology->resources[i].account->id, config->account_id))
            add_points(rights, config, topology->resources[i].region, /* starts= */ false);
    rights_allow(rights, list_points, "backupVault", config->source_vault_arn);
    rights_allow(rights, list_jobs, "", "*");
    rights_allow(rights, ec2_tags, "", "*");
    if (starts)
        rights_add(rights,
                   (struct right){.action = "iam:PassRole",
                                  .kind = "role",
                                  .resource = config->copy_role_arn,
                                  .condition = condition_with(
                                      rights->arena, NULL, "StringEquals", "iam:PassedToService",
                                      value_string(rights->arena, "backup.amazonaws.com"))});
}

/* Where the job history does not reach back, the last vault is asked. */
static void add_destinations(struct rights *rights, const struct relay_config *config)
{
    for (size_t i = 0; i < config->destination_len; i++)
        if (str_eq(config->destinations[i].account_id, rights->account->id))
            rights_allow(rights, list_points, "backupVault", config->destinations[i].vault_arn);
}

void rights_of_reconcile(struct rights *rights, bool starts)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->relay_len; i++) {
        struct relay_config config;
        const char *why;
        BUG_ON(!relay_config_parse(rights->arena, topology->relays[i].config, &config, &why));
        if (str_eq(config.account_id, rights->account->id))
            add_source(rights, &config, starts);
        add_destinations(rights, &config);
    }
}

/* In the account and Region of the queue: of the function, and of each rule that forwards. */
void rights_of_letters(struct rights *rights)
{
    static const char *const actions[] = {"sqs:ReceiveMessage", "sqs:DeleteMessage",
                                          "sqs:ChangeMessageVisibility", NULL};
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *r = &topology->resources[i];
        if (str_starts(r->address, "relays.") && str_eq(r->schema->type_name, "aws_sqs_queue") &&
            str_eq(r->account->id, rights->account->id))
            rights_allow(
                rights, actions, "queue",
                schema_arn(rights->arena, r->schema, r->account->id, r->region, r->properties));
    }
}

void rights_of_leaving(struct rights *rights)
{
    static const char *const list_backups[] = {"backup:ListBackupJobs", NULL};
    if (rights->topology->relay_len == 0)
        return;
    rights_allow(rights, list_jobs, "", "*");
    rights_allow(rights, list_backups, "", "*");
}
