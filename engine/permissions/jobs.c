/* The role that backup and copy jobs work with: what AWS's managed policy gives it, against what
 * the plans need that name it. The managed policy says how AWS writes each right; what is left out
 * serves other types of resources, copies that no plan makes, or backups that none asks for. */
#include "engine/permissions/jobs.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/aws/managed_policies.h"
#include "engine/base/bug.h"
#include "engine/base/json.h"
#include "engine/policy/quota.h"
#include "relay/decide/relay_config.h"

/* One role, by what its jobs do. */
struct job {
    struct arena *arena;
    const char *role_arn;
    const struct account *account;
    const char *plans;   /* "plans.a, plans.b" */
    struct map services; /* "rds": that the selections take */
    struct map vaults;   /* ARNs that points come into */
    bool all, by_tag, fully_managed, copies, crosses, continuous;
    size_t actions; /* that the policy has */
};

/* ---- what the plans say ---- */

static void add_pattern(struct job *job, const char *pattern)
{
    const struct backup_type *type = pattern ? backup_type_of_pattern(pattern) : NULL;
    if (!type) {
        job->all = true;
        return;
    }
    map_set(&job->services, type->service, job);
    job->fully_managed |= type->fully_managed;
}

static void add_selection(struct job *job, const struct value *selection)
{
    const struct value *patterns = value_get(selection, "resources");
    for (size_t i = 0; i < value_len(patterns); i++)
        add_pattern(job, value_str(value_item(patterns, i)));
    if (value_len(value_get(selection, "list_of_tags")) > 0 ||
        value_len(value_get(selection, "conditions")) > 0)
        job->by_tag = job->all = true;
}

static void add_copy(struct job *job, const char *vault_arn)
{
    struct arn arn;
    if (!vault_arn || !arn_parse(slice_of(vault_arn), &arn))
        return;
    map_set(&job->vaults, vault_arn, job);
    job->copies = true;
    job->crosses |= !slice_is(arn.account, job->account->id);
}

static void add_plan(struct job *job, const struct resource *plan)
{
    const struct value *rules = value_get(plan->properties, "rules");
    job->plans =
        job->plans ? arena_printf(job->arena, "%s, %s", job->plans, plan->address) : plan->address;
    for (size_t i = 0; i < value_len(rules); i++) {
        const struct value *rule = value_item(rules, i), *copies = value_get(rule, "copy_actions");
        map_set(&job->vaults,
                arena_printf(job->arena, "arn:%s:backup:%s:%s:backup-vault:%s",
                             plan->account->partition, plan->region, plan->account->id,
                             value_get_str(rule, "target_backup_vault_name")),
                job);
        job->continuous |= value_get_bool(rule, "enable_continuous_backup", false);
        for (size_t k = 0; k < value_len(copies); k++)
            add_copy(job, value_get_str(value_item(copies, k), "destination_backup_vault_arn"));
    }
}

static void add_relays(struct job *job, const struct topology *topology)
{
    for (size_t i = 0; i < topology->relay_len; i++) {
        struct relay_config config;
        const char *why;
        if (!str_eq(topology->relays[i].account->id, job->account->id))
            continue;
        BUG_ON(!relay_config_parse(job->arena, topology->relays[i].config, &config, &why));
        for (size_t k = 0;
             k < config.destination_len && str_eq(config.copy_role_arn, job->role_arn); k++)
            add_copy(job, config.destinations[k].vault_arn);
    }
}

/* ---- what they need of the managed policy ---- */

/* "ec2" of {"StringLike": {"kms:ViaService": ["ec2.*.amazonaws.com"]}}; "" : no such condition. */
static struct slice asks_through(const struct value *statement)
{
    const struct value *via = value_pointer(statement, "/Condition/StringLike/kms:ViaService");
    struct slice rest = slice_of(value_str(value_is(via, VALUE_LIST) ? value_item(via, 0) : via));
    return slice_cut(&rest, '.');
}

static bool takes(const struct job *job, struct slice service)
{
    return job->all || map_get(&job->services, arena_strndup(job->arena, service.ptr, service.len));
}

/* What some jobs need only. */
static bool is_idle(const struct job *job, const char *action)
{
    static const char *const sharing[] = {
        "rds:ModifyDBSnapshotAttribute",         "rds:ModifyDBClusterSnapshotAttribute",
        "ec2:ModifySnapshotAttribute",           "ec2:ModifyImageAttribute",
        "fsx:ManageBackupPrincipalAssociations", NULL};
    static const char *const copying[] = {"rds:CopyDBSnapshot",
                                          "rds:CopyDBClusterSnapshot",
                                          "ec2:CopySnapshot",
                                          "ec2:CopyImage",
                                          "fsx:CopyBackup",
                                          "backup:CopyFromBackupVault",
                                          "backup:CopyIntoBackupVault",
                                          NULL};
    static const char *const going_on[] = {"rds:ModifyDBInstance", "rds:ModifyDBCluster", NULL};
    return (!job->crosses && str_is_one_of(action, sharing)) ||
           (!job->copies && str_is_one_of(action, copying)) ||
           (!job->continuous && str_is_one_of(action, going_on)) ||
           (!job->by_tag && !job->all && str_eq(action, "tag:GetResources")) ||
           (!job->fully_managed && !job->all && str_eq(action, "backup:TagResource"));
}

static bool is_needed(const struct job *job, const struct value *statement, const char *action)
{
    static const char *const everybody[] = {"backup", "kms", "tag", NULL};
    struct slice rest = slice_of(action), service = slice_cut(&rest, ':');
    struct slice through = asks_through(statement);
    if (through.len && !takes(job, through))
        return false;
    const char *name = arena_strndup(job->arena, service.ptr, service.len);
    return !is_idle(job, action) && (str_is_one_of(name, everybody) || takes(job, service));
}

static const struct value *vaults_of(const struct job *job)
{
    struct list_builder list = list_begin(job->arena);
    for (size_t i = 0; i < job->vaults.len; i++)
        list_add_str(&list, job->vaults.entries[i].key);
    return list_end(&list);
}

static const struct value *as_list(struct arena *arena, const struct value *v)
{
    struct list_builder list = list_begin(arena);
    if (value_is(v, VALUE_LIST))
        return v;
    list_add(&list, v);
    return list_end(&list);
}

static const struct value *one_or_all(const struct value *list)
{
    return value_len(list) == 1 ? value_item(list, 0) : list;
}

/* NULL: nothing of it is needed. Any vault becomes those of the plans. */
static const struct value *needed_of(struct job *job, const struct value *statement)
{
    const struct value *all = as_list(job->arena, value_get(statement, "Action"));
    const char *resource = value_get_str(statement, "Resource");
    struct list_builder actions = list_begin(job->arena);
    for (size_t i = 0; i < value_len(all); i++)
        if (is_needed(job, statement, value_str(value_item(all, i))))
            list_add(&actions, value_item(all, i));
    job->actions += actions.len;
    if (actions.len == 0)
        return NULL;
    const struct value *v =
        value_with(job->arena, statement, "Action", one_or_all(list_end(&actions)));
    if (resource && strstr(resource, ":backup-vault:*"))
        v = value_with(job->arena, v, "Resource", one_or_all(vaults_of(job)));
    return v;
}

static const struct value *managed_policy(struct arena *arena, const char *partition)
{
    const struct value *document = NULL;
    const char *why;
    const char *text = managed_policy_document_in(arena, MANAGED_POLICY_BACKUP, partition);
    BUG_ON(!json_parse(arena, slice_of(text), &document, &why));
    return document;
}

static void finish(struct job *job, const char *name, struct permission_grant *ret)
{
    struct arena *arena = job->arena;
    const struct value *managed = managed_policy(arena, job->account->partition);
    const struct value *statements = value_get(managed, "Statement");
    struct list_builder needed = list_begin(arena);
    size_t given = 0;
    for (size_t i = 0; i < value_len(statements); i++) {
        const struct value *statement = value_item(statements, i);
        const struct value *of_it = needed_of(job, statement);
        given += value_len(as_list(arena, value_get(statement, "Action")));
        if (of_it)
            list_add(&needed, of_it);
    }
    struct permission_policy *policy = arena_new_of(arena, struct permission_policy);
    *policy = (struct permission_policy){
        .name = name, .document = value_with(arena, managed, "Statement", list_end(&needed))};
    policy->size = policy_size(arena, policy->document, POLICY_QUOTA_MANAGED);
    *ret = (struct permission_grant){
        .who = job->plans,
        .account = job->account,
        .principal = job->role_arn,
        .note = arena_printf(arena,
                             "jobs of %s need %zu of the %zu rights that " MANAGED_POLICY_BACKUP
                             " gives for these types of resources",
                             job->plans, job->actions, given),
        .policies = policy,
        .len = 1};
}

/* ---- all roles ---- */

static bool is_of_plan(const struct resource *selection, const struct resource *plan)
{
    return str_eq(plan->schema->type_name, "aws_backup_plan") &&
           address_is_within(selection->address, plan->address);
}

static void add_all(struct job *job, const struct topology *topology)
{
    struct map seen;
    map_init(&seen, job->arena);
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *r = &topology->resources[i];
        if (!str_eq(r->schema->type_name, "aws_backup_selection") ||
            !str_eq(value_get_str(r->properties, "iam_role_arn"), job->role_arn))
            continue;
        add_selection(job, r->properties);
        for (size_t k = 0; k < topology->resource_len; k++)
            if (is_of_plan(r, &topology->resources[k]) &&
                !map_get(&seen, topology->resources[k].address)) {
                map_set(&seen, topology->resources[k].address, job);
                add_plan(job, &topology->resources[k]);
            }
    }
    add_relays(job, topology);
}

/* "fleet-jobs", "fleet-jobs-2": a name of its own in the account. */
static const char *policy_name(struct arena *arena, const struct permissions *made,
                               const struct account *account)
{
    size_t number = 1;
    for (size_t i = 0; i < made->len; i++)
        number += str_eq(made->grants[i].account->id, account->id);
    return number == 1 ? arena_printf(arena, "%s-jobs", made->topology)
                       : arena_printf(arena, "%s-jobs-%zu", made->topology, number);
}

void jobs_make(struct arena *arena, const struct topology *topology, struct permissions *ret)
{
    struct permission_grant *grants =
        arena_array(arena, topology->resource_len + 1, sizeof(*grants));
    struct map seen;
    map_init(&seen, arena);
    *ret = (struct permissions){
        .topology = topology->name, .purpose = PERMISSIONS_JOBS, .grants = grants};
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *r = &topology->resources[i];
        const char *role = value_get_str(r->properties, "iam_role_arn");
        if (!str_eq(r->schema->type_name, "aws_backup_selection") || !role || map_get(&seen, role))
            continue;
        struct job job = {.arena = arena, .role_arn = role, .account = r->account};
        map_set(&seen, role, ret);
        map_init(&job.services, arena);
        map_init(&job.vaults, arena);
        add_all(&job, topology);
        finish(&job, policy_name(arena, ret, r->account), &grants[ret->len]);
        ret->len++;
    }
}
