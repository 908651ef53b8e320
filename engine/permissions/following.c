/* What `check --live` reads beside the objects of the file. What something there leads to is not
 * known before it is read: roles, keys, vaults, queues, topics and permissions of functions are
 * read whatever their names and Regions. */
#include "engine/aws/selection.h"
#include "engine/permissions/rights.h"

/* An object of the type in the account, by the members that stand in ARNs: a star is any name. */
static void of_type(struct rights *rights, const struct schema_set *schemas, const char *type,
                    const char *region, const char *name)
{
    static const char *const named[] = {
        "name", "id", "backup_vault_name", "function_name", "event_bus_name", "aws_service_name"};
    struct map_builder b = map_begin(rights->arena);
    map_put_str(&b, "path", "/");
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        map_put_str(&b, named[i], name);
    const struct resource any = {.schema = schema_of(schemas, type),
                                 .account = rights->account,
                                 .region = region,
                                 .properties = map_end(&b),
                                 .external = true}; /* bears no tag of the topology */
    rights_of_handler(rights, &any, "read");
}

static bool has_more_than_settings(const struct rights *rights)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->resource_len; i++)
        if (topology->resources[i].region &&
            rights_are_of(rights, topology->resources[i].account->id))
            return true;
    return false;
}

static void of_types(struct rights *rights, const struct schema_set *schemas,
                     const char *const *types)
{
    for (size_t i = 0; types[i]; i++)
        of_type(rights, schemas, types[i], "*", "*");
}

static void of_leads(struct rights *rights, const struct schema_set *schemas)
{
    static const char *const types[] = {"aws_iam_role", "aws_iam_policy", NULL};
    static const char *const in_regions[] = {"aws_backup_vault",
                                             "aws_backup_vault_policy",
                                             "aws_backup_vault_lock",
                                             "aws_backup_vault_notifications",
                                             "aws_kms_key",
                                             "aws_lambda_permission",
                                             "aws_sqs_queue",
                                             "aws_sns_topic",
                                             NULL};
    static const char *const of_aws[] = {"iam:GetPolicy", "iam:GetPolicyVersion", NULL};
    static const char *const grants[] = {"kms:ListGrants", NULL};
    const struct topology *topology = rights->topology;
    of_types(rights, schemas, types);
    rights_allow(
        rights, of_aws, "policy",
        arena_printf(rights->arena, "arn:%s:iam::aws:policy/*", rights->account->partition));
    if (has_more_than_settings(rights)) {
        of_types(rights, schemas, in_regions);
        rights_allow(rights, grants, "key",
                     arena_printf(rights->arena, "arn:%s:kms:*:%s:key/*",
                                  rights->account->partition, rights->account->id));
    }
    for (size_t i = 0; i < topology->relay_len; i++)
        if (rights_are_of(rights, topology->relays[i].account->id))
            of_type(rights, schemas, "aws_event_bus_policy", topology->relays[i].region, "default");
}

/* The opt-ins where plans are, the organization's switch where it is managed, the role that AWS
 * Backup keeps. */
static void of_settings(struct rights *rights, const struct schema_set *schemas)
{
    const struct topology *topology = rights->topology;
    const char *manager = topology->management_account_id ? topology->management_account_id
                                                          : topology->accounts[0].id;
    of_type(rights, schemas, "aws_iam_service_linked_role", NULL, "backup.amazonaws.com");
    if (str_eq(manager, rights->account->id))
        of_type(rights, schemas, "aws_backup_global_settings", NULL, NULL);
    for (size_t i = 0; i < topology->resource_len; i++)
        if (str_eq(topology->resources[i].schema->type_name, "aws_backup_plan") &&
            rights_are_of(rights, topology->resources[i].account->id))
            of_type(rights, schemas, "aws_backup_region_settings", topology->resources[i].region,
                    NULL);
}

/* What the resources of selections are encrypted with now. */
static void of_selections(struct rights *rights)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *selection = &topology->resources[i];
        if (str_eq(selection->schema->type_name, "aws_backup_selection") &&
            rights_are_of(rights, selection->account->id) &&
            selection_keys_are_read(selection->properties))
            rights_of_databases(rights, selection);
    }
}

/* ---- the organization ---- */

static void of_member(struct rights *rights, const char *action, const char *kind,
                      const char *resource)
{
    const char *const actions[] = {action, NULL};
    const struct topology *topology = rights->topology;
    rights_allow(rights, actions, kind,
                 arena_printf(rights->arena, "arn:%s:organizations::%s:%s/%s/*",
                              rights->account->partition, rights->account->id, resource,
                              topology->organization_id ? topology->organization_id : "*"));
}

/* Who else is in it does not matter; which policies are attached on the way up to the root does. */
static void of_organization(struct rights *rights)
{
    static const char *const which[] = {"organizations:DescribeOrganization", NULL};
    static const char *const roots[] = {"organizations:ListRoots", NULL};
    static const char *const describe[] = {"organizations:DescribePolicy", NULL};
    static const char parents[] = "organizations:ListParents",
                      attached[] = "organizations:ListPoliciesForTarget";
    rights_allow(rights, which, "", "*");
    if (!str_eq(rights->topology->management_account_id, rights->account->id))
        return;
    rights_allow(rights, roots, "", "*");
    of_member(rights, parents, "account", "account");
    of_member(rights, parents, "organizationalunit", "ou");
    of_member(rights, attached, "account", "account");
    of_member(rights, attached, "organizationalunit", "ou");
    of_member(rights, attached, "root", "root");
    of_member(rights, describe[0], "policy", "policy");
    rights_allow(rights, describe, "awspolicy",
                 arena_printf(rights->arena, "arn:%s:organizations::aws:policy/*",
                              rights->account->partition));
}

void rights_of_following(struct rights *rights, const struct schema_set *schemas)
{
    of_leads(rights, schemas);
    of_settings(rights, schemas);
    of_selections(rights);
    of_organization(rights);
    rights_drop_covered(rights);
}
