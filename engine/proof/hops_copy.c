/* The links of a copy job, the same for every copy on the way. */
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/lifecycle.h"
#include "engine/aws/lock_rules.h"
#include "engine/aws/partition.h"
#include "engine/config/iam_document.h"
#include "engine/proof/mending.h"
#include "engine/proof/statements.h"

#define SOURCE_KEY_UNREACHABLE                                                                     \
    "The source snapshot KMS key [%s] does not exist, is not enabled or you do not have "          \
    "permissions to access it."

/* Plain backups of DynamoDB stay where they are; what the file leaves out is as somebody set it. */
static bool is_plain(const struct walk *walk)
{
    const struct model_list *settings = model_in(walk->model, "aws_backup_region_settings",
                                                 walk->leg->from_account, walk->leg->from_region);
    const struct value *preference =
        settings->len
            ? value_get(settings->items[0]->properties, "resource_type_management_preference")
            : NULL;
    return str_eq(walk->type->type, "DynamoDB") &&
           !value_get_bool(preference, walk->type->type, true);
}

bool hop_copyable(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    if (is_plain(walk))
        hop_unknown(hop, arena_printf(walk->arena,
                                      "AWS Backup manages the backups of DynamoDB in %s although "
                                      "`resource_type_management` says not to: it copies no "
                                      "others",
                                      leg->from_region));
    if (!walk->type->copies)
        hop_broken(walk, hop,
                   arena_printf(walk->arena,
                                "Copy job from %s to %s cannot be initiated for %s resources. "
                                "Feature is not supported for provided resource type.",
                                leg->from_region, leg->to.region, walk->type->type),
                   arena_printf(walk->arena, "AWS Backup cannot copy %s", walk->resource));
    return true;
}

bool hop_partition(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    const char *from = partition_of_region(leg->from_region),
               *to = partition_of_region(leg->to.region);
    if (!str_eq(from, to))
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "%s lies in the partition %s, %s in %s",
                                leg->from_region, from, leg->to.region, to));
    else if (leg->crosses_account && str_eq(from, "aws-cn"))
        hop_broken(walk, hop, NULL, "Regions in China have no copies between accounts");
    if (hop->verdict == PROOF_BROKEN)
        hop->error = arena_printf(walk->arena, "Copy job from %s to %s cannot be initiated",
                                  leg->from_region, leg->to.region);
    return true;
}

static bool in_two_organizations(const struct walk *walk)
{
    const char *from = model_organization(walk->model, walk->leg->from_account);
    const char *to = model_organization(walk->model, walk->leg->to.account);
    return from && to && !str_eq(from, to);
}

bool hop_organization(struct walk *walk, struct proof_hop *hop)
{
    static const char switch_on[] = "organization: {cross_account_backup: true}";
    const struct model *model = walk->model;
    const struct model_list *list = model_in(model, "aws_backup_global_settings", "", "");
    const char *why = model_unread(model, "aws_backup_global_settings", "", "");
    if (!walk->leg->crosses_account)
        return false;
    if (in_two_organizations(walk)) {
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "%s and %s are in different organizations",
                                model_account_name(model, walk->leg->from_account),
                                model_account_name(model, walk->leg->to.account)));
        return true;
    }
    if (list->len == 0 && !why && model->topology->organization_id) {
        hop_at(hop, "organization", NO_POS);
        hop->fix = switch_on;
        hop_broken(walk, hop, NULL,
                   "`organization` is declared without its switch, which AWS "
                   "leaves off");
        return true;
    }
    if (list->len == 0) {
        hop_unknown(hop, arena_printf(walk->arena,
                                      "both accounts are in one organization, whose switch for "
                                      "copies between accounts is on%s%s",
                                      why ? ": " : "", why ? why : ""));
        return true;
    }
    const struct model_object *settings = list->items[0];
    const struct value *on =
        value_pointer(settings->properties, "/global_settings/is_cross_account_backup_enabled");
    hop_at(hop, settings->resource->address, on ? on->pos : settings->resource->pos);
    hop->fix = switch_on;
    if (!value_is(on, VALUE_BOOL) || !on->boolean)
        hop_broken(
            walk, hop, NULL,
            arena_printf(walk->arena, "%s does not switch it on", settings->resource->address));
    return true;
}

bool hop_management(struct walk *walk, struct proof_hop *hop)
{
    const char *management = model_management_account(walk->model);
    const struct leg *leg = walk->leg;
    if (!leg->crosses_account || !management)
        return false;
    if (str_eq(management, leg->from_account) || str_eq(management, leg->to.account))
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "%s is the organization's management account",
                                model_account_name(walk->model, management)));
    return true;
}

/* The plan's own copy: of the backup itself, with the role that made it. */
static bool copies_the_backup(const struct leg *leg)
{
    return str_eq(leg->prefix, "copy") || str_eq(leg->prefix, "first_copy");
}

/* Made with the role that has made the backup. */
static bool by_role_of_backup(const struct walk *walk)
{
    return str_eq(walk->leg->role, walk->role) && copies_the_backup(walk->leg);
}

/* A role that nobody can pass: nothing that it may or may not do matters. */
static bool has_foreign_role(const struct walk *walk)
{
    const char *account = model_account_of(walk->arena, walk->leg->role);
    return account && !str_eq(account, walk->leg->from_account);
}

bool hop_own_role(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    if (by_role_of_backup(walk))
        return false;
    hop->what = leg->role;
    if (walk->relay && walk->function && !copies_the_backup(leg))
        hop_at(hop, walk->relay->address, walk->function->resource->pos);
    if (!has_foreign_role(walk))
        return true;
    hop->fix = mend_copy_role(walk);
    hop_broken(walk, hop, NULL,
               arena_printf(
                   walk->arena, "%s is of account %s, and what it copies of account %s", leg->role,
                   model_account_name(walk->model, model_account_of(walk->arena, leg->role)),
                   model_account_name(walk->model, leg->from_account)));
    return true;
}

bool hop_assume(struct walk *walk, struct proof_hop *hop)
{
    if (by_role_of_backup(walk) || has_foreign_role(walk))
        return false; /* the backup has shown it, or nobody asks */
    hop_ask_trust(walk, hop, walk->leg->role, "backup.amazonaws.com", NULL);
    return true;
}

/* Snapshots belong to the account of the role, also where their ARN names none; AWS Backup tags
 * what it makes. */
static bool ask_about_point(struct walk *walk, struct proof_hop *hop, const char *action)
{
    const struct leg *leg = walk->leg;
    if (!action || !*action || has_foreign_role(walk))
        return false;
    struct map_builder context = map_begin(walk->arena);
    map_put_str(&context, "aws:ResourceTag/aws:backup:source-resource", walk->resource);
    hop_at_role(walk, hop, leg->role);
    const struct ask question = {.role = leg->role,
                                 .action = action,
                                 .resource = leg->point,
                                 .resource_account = leg->from_account,
                                 .context = map_end(&context),
                                 .region = leg->from_region,
                                 .other_region = leg->to.region,
                                 .copy_target = leg->to.arn};
    hop_ask(walk, hop, &question);
    return true;
}

bool hop_copy_from(struct walk *walk, struct proof_hop *hop)
{
    return ask_about_point(walk, hop, "backup:CopyFromBackupVault");
}

bool hop_copy_right(struct walk *walk, struct proof_hop *hop)
{
    return ask_about_point(walk, hop, walk->rights->copy);
}

/* What AWS makes sharing depend on beside rights, and no topology shows. A copy inside the account
 * has the default option group. */
static void assume_sharing(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    if (str_eq(walk->type->type, "RDS") && str_eq(leg->prefix, "copy"))
        hop_unknown(hop, arena_printf(walk->arena,
                                      "no option group of %s has permanent or persistent options, "
                                      "whose snapshots cannot be shared",
                                      walk->resource));
    if (str_eq(walk->type->type, "EC2"))
        hop_unknown(hop,
                    arena_printf(walk->arena,
                                 "Allowed AMIs of account %s in %s, if they are on, name "
                                 "account %s",
                                 model_account_name(walk->model, leg->to.account), leg->to.region,
                                 model_account_name(walk->model, leg->from_account)));
}

bool hop_share(struct walk *walk, struct proof_hop *hop)
{
    if (!walk->leg->crosses_account || !ask_about_point(walk, hop, walk->rights->share))
        return false;
    if (hop->verdict == PROOF_REACHABLE)
        assume_sharing(walk, hop);
    return true;
}

static const struct value *root_of(struct walk *walk, const char *account, const char *region)
{
    return iam_aws(walk->arena, value_stringf(walk->arena, "arn:%s:iam::%s:root",
                                              partition_of_region(region), account));
}

/* What lets the copy in: a word of the file, or a statement of the policy that it writes itself. */
static const char *let_in_by(struct walk *walk)
{
    static const char *const copy_into[] = {"backup:CopyIntoBackupVault", NULL};
    const struct leg *leg = walk->leg;
    const struct value *statement = iam_statement(
        walk->arena, NULL, "Allow", root_of(walk, leg->from_account, leg->from_region), copy_into,
        value_string(walk->arena, "*"), NULL);
    const char *own = mend_own_policy(walk, leg->to.object, statement);
    return own ? own : mend_accepting(walk, &leg->to, leg->from_account);
}

/* The destination's own policy. A vault without one lets its own account in, by the role's rights.
 */
bool hop_vault_policy(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    const struct model_object *vault = leg->to.object;
    const struct model_object *policy =
        model_of_vault(walk->model, "aws_backup_vault_policy", vault);
    const struct ask question = {
        .role = leg->role,
        .action = "backup:CopyIntoBackupVault",
        .resource = leg->to.arn,
        .region = leg->to.region,
        .other_region = leg->from_region,
        .resource_policy =
            policy ? model_policy(walk->model, value_get(policy->properties, "policy")) : NULL};
    if (has_foreign_role(walk))
        return false;
    if (model_is_gone(walk->model, leg->to.arn)) {
        hop_broken(walk, hop,
                   arena_printf(walk->arena, "Backup vault %s was not found", leg->to.name),
                   arena_printf(walk->arena, "%s is not there", leg->to.arn));
        return true;
    }
    if (!leg->to.known && leg->crosses_account) {
        hop_unknown(hop, arena_printf(walk->arena, "%s is there and lets %s copy into it",
                                      vault_end_name(&leg->to),
                                      model_account_name(walk->model, leg->from_account)));
        return true;
    }
    if (policy)
        hop_at(hop, policy->resource->address, policy->resource->pos);
    else if (vault)
        hop_at(hop, vault->resource->address, vault->resource->pos);
    hop->fix = let_in_by(walk);
    const char *let_in = hop->fix;
    hop_ask(walk, hop, &question);
    if (hop->verdict == PROOF_BROKEN && leg->crosses_account && hop->fix == let_in)
        hop->reason =
            policy ? arena_printf(walk->arena, "%s does not let %s copy into the vault: %s",
                                  policy->resource->address,
                                  model_account_name(walk->model, leg->from_account), hop->reason)
                   : arena_printf(walk->arena, "%s %s has no policy that lets %s copy into %s",
                                  model_account_name(walk->model, leg->to.account), leg->to.region,
                                  model_account_name(walk->model, leg->from_account),
                                  vault_end_name(&leg->to));
    return true;
}

bool hop_vault_own_key(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    if (walk->type->fully_managed || !leg->to.known || leg->to.air_gapped)
        return false;
    hop_at(hop, leg->to.object->resource->address, leg->to.object->resource->pos);
    hop->fix = mend_vault_key(walk, &leg->to);
    if (!hop->fix)
        hop->fix = mend_new_key(walk, &leg->to);
    if (vault_key_of(walk, &leg->to).class == KEY_AWS_MANAGED)
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "%s names no key, so it lies under aws/backup",
                                vault_end_name(&leg->to)));
    return true;
}

/* The address that names the key, and where it lies. */
static bool lies_elsewhere(struct walk *walk, struct proof_hop *hop, const char *key,
                           const char *region)
{
    const char *there = model_region_of(walk->arena, key);
    const struct model_object *object = model_find(walk->model, key);
    hop->what = key;
    if (!there || !region || str_eq(there, region))
        return false;
    hop_broken(walk, hop, NULL,
               arena_printf(walk->arena, "%s lies in %s, not in %s",
                            object ? object->resource->address : key, there, region));
    return true;
}

/* No other key lies there: this one has to. */
static void move_key(struct walk *walk, struct proof_hop *hop, const struct point_key *key,
                     const struct vault_end *vault)
{
    const char *region = mend_key_region(walk, key->object, vault->region);
    if (hop->fix != hop->rule->mend || !region ||
        !str_eq(key->object->resource->account->id, vault->account))
        return;
    hop_at(hop, key->object->resource->address, key->object->resource->pos);
    hop->fix = region;
}

static bool judge_vault_key_region(struct walk *walk, struct proof_hop *hop,
                                   const struct vault_end *vault)
{
    struct point_key key = vault_key_of(walk, vault);
    if (key.class != KEY_CUSTOMER_MANAGED)
        return false;
    hop_at(hop, vault->object->resource->address, vault->object->resource->pos);
    hop->fix = mend_vault_key(walk, vault);
    if (lies_elsewhere(walk, hop, key.arn, vault->region))
        move_key(walk, hop, &key, vault);
    return true;
}

/* ---- a key's own policy, when the key is made ---- */

/* NULL: the key is there, or its policy is ours, or nobody asks. */
static const struct policy *policy_to_be(const struct walk *walk, const struct model_object *key)
{
    bool there = key && key->sight && key->sight->state == SIGHT_THERE;
    return !key || there || model_is_open(key) ||
                   value_get_bool(key->properties, "bypass_policy_lockout_safety_check", false)
               ? NULL
               : model_policy(walk->model, value_get(key->properties, "policy"));
}

/* Keeps the account's principals in charge. */
static const char *mend_lockout(struct walk *walk, const struct model_object *key)
{
    static const char *const everything[] = {"kms:*", NULL};
    const struct resource *resource = key->resource;
    return mend_own_policy(walk, key,
                           iam_statement(walk->arena, NULL, "Allow",
                                         root_of(walk, resource->account->id, resource->region),
                                         everything, value_string(walk->arena, "*"), NULL));
}

/* KMS asks whether the caller could change the policy again; of whoever that is the file knows the
 * account's `assume_role` at most. */
static bool judge_key_made(struct walk *walk, struct proof_hop *hop, const struct vault_end *vault)
{
    const struct model_object *key = vault_key_of(walk, vault).object;
    const struct policy *policy = policy_to_be(walk, key);
    if (!policy)
        return false;
    const struct account *account = key->resource->account;
    const char *somebody =
        arena_printf(walk->arena, "arn:%s:iam::%s:role/deployer", account->partition, account->id);
    hop_at(hop, key->resource->address, value_get(key->properties, "policy")->pos);
    const struct ask question = {.role = account->assume_role ? account->assume_role : somebody,
                                 .action = "kms:PutKeyPolicy",
                                 .resource = key->arn,
                                 .resource_policy = policy,
                                 .resource_policy_decides = true,
                                 .without_controls = true,
                                 .as_if_all_rights = true};
    const char *words = hop->error;
    hop_ask(walk, hop, &question);
    if (hop->verdict != PROOF_BROKEN)
        return true;
    hop->error = words;
    hop->reason = arena_printf(
        walk->arena, "%s does not let %s change its policy again", key->resource->address,
        account->assume_role ? account->assume_role : "the account of whoever applies");
    if (!account->assume_role && policy_takes(policy, POLICY_ALLOW, question.action)) {
        hop->verdict = PROOF_REACHABLE;
        hop_unknown(hop, arena_printf(walk->arena,
                                      "whoever applies in account %s is one of those "
                                      "that may change the policy of %s",
                                      account->name, key->resource->address));
    } else if (!policy_takes(policy, POLICY_DENY, question.action)) {
        hop_at(hop, key->resource->address, key->resource->pos);
        hop->fix = mend_lockout(walk, key);
    }
    return true;
}

bool hop_first_key_made(struct walk *walk, struct proof_hop *hop)
{
    struct vault_end vault = vault_end_of(walk->model, first_vault_arn(walk));
    return judge_key_made(walk, hop, &vault);
}

bool hop_vault_key_made(struct walk *walk, struct proof_hop *hop)
{
    return judge_key_made(walk, hop, &walk->leg->to);
}

bool hop_first_key_region(struct walk *walk, struct proof_hop *hop)
{
    struct vault_end vault = vault_end_of(walk->model, first_vault_arn(walk));
    return judge_vault_key_region(walk, hop, &vault);
}

bool hop_vault_key_region(struct walk *walk, struct proof_hop *hop)
{
    return judge_vault_key_region(walk, hop, &walk->leg->to);
}

bool hop_source_key_region(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    if (leg->key.class != KEY_CUSTOMER_MANAGED || !leg->key.arn)
        return false;
    if (leg->key.object)
        hop_at(hop, leg->key.object->resource->address, leg->key.object->resource->pos);
    hop->fix = mend_key_region(walk, leg->key.object, leg->from_region);
    if (lies_elsewhere(walk, hop, leg->key.arn, leg->from_region))
        hop->error = arena_printf(walk->arena, SOURCE_KEY_UNREACHABLE, leg->key.arn);
    return true;
}

bool hop_air_gapped(struct walk *walk, struct proof_hop *hop)
{
    if (!walk->leg->to.air_gapped)
        return false;
    if (walk->leg->key.class == KEY_AWS_MANAGED)
        hop_broken(walk, hop, NULL, "the point lies under an AWS managed key");
    return true;
}

bool hop_retention(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    int64_t min = 0, max = 0, days = lifecycle_delete_after_days(leg->lifecycle);
    struct source_pos pos = NO_POS;
    const char *lock = NULL;
    if (!leg->to.known) {
        hop_unknown(hop, arena_printf(walk->arena, "the lock of %s, if any, takes %lld days",
                                      vault_end_name(&leg->to), (long long)days));
        return leg->crosses_account;
    }
    if (!vault_lock(walk->model, &leg->to, &min, &max, &pos, &lock))
        return false;
    if (leg->life_open) {
        hop_unknown(hop, arena_printf(walk->arena, "the life of a point that comes into %s fits %s",
                                      vault_end_name(&leg->to), lock));
        return true;
    }
    if (leg->lifecycle && leg->lifecycle->pos.file)
        hop_at(hop, leg->address, leg->lifecycle->pos);
    if (retention_in_lock(days, min, max))
        return true;
    hop->fix = mend_retention(walk, days, min, max);
    hop_broken(walk, hop, LOCK_COPY_STATUS_MESSAGE,
               retention_objection(walk->arena, days, min, max, lock));
    return true;
}

/* ---- keys ---- */

static bool is_unencrypted(const struct point_key *key)
{
    return key->class == KEY_NONE;
}

/* Copies of what AWS Backup manages fully, and encrypts anew, do not need the key's owner. */
static bool is_free_to_cross(const struct walk *walk)
{
    return walk->type->any_key && walk->leg->key.class == KEY_AWS_MANAGED;
}

bool hop_shared_key(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    if (!leg->crosses_account || is_unencrypted(&leg->key) || is_free_to_cross(walk))
        return false;
    bool of_resource = copies_the_backup(leg) && !walk->type->fully_managed;
    if (of_resource && walk->relay)
        hop->fix = arena_printf(
            walk->arena,
            "Place the relay's source vault in account %s, where the first copy lies under its "
            "vault's key, or encrypt the resource under a customer managed key and say so with "
            "`source_key`.",
            model_account_name(walk->model, leg->from_account));
    if (leg->key.class == KEY_SSE_RDS)
        hop_unknown(hop, "a snapshot under a key that RDS owns can be copied into another account");
    else if (leg->key.class == KEY_UNKNOWN)
        hop_unknown(hop, "the point's key can be shared");
    else if (leg->key.class == KEY_AWS_MANAGED)
        hop_broken(walk, hop, NULL,
                   of_resource && walk->source_key_said
                       ? "the selection says that its resources are under an AWS managed key"
                   : of_resource
                       ? arena_printf(walk->arena,
                                      "nothing says what the resources are encrypted with, so it "
                                      "is taken to be %s",
                                      walk->rights->default_key)
                       : "the point lies under the AWS managed key of its vault");
    return true;
}

bool hop_linked_role(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    const char *account = leg->to.account;
    if (!leg->crosses_account)
        return false;
    if (model_in(walk->model, "aws_iam_service_linked_role", account, "")->len > 0)
        return true;
    const char *why = model_unread(walk->model, "aws_iam_service_linked_role", account, "");
    if (why ||
        (!leg->to.known && !model_is_gone(walk->model, model_linked_role(walk->model, account)))) {
        hop_unknown(hop,
                    arena_printf(walk->arena, "AWSServiceRoleForBackup exists in account %s%s%s",
                                 account, why ? ": " : "", why ? why : ""));
        return true;
    }
    hop_broken(walk, hop, NULL,
               arena_printf(walk->arena, "nothing makes AWSServiceRoleForBackup in account %s",
                            model_account_name(walk->model, leg->to.account)));
    return true;
}

static const char enable[] = "enabled: true";

static bool is_on(const struct model_object *key)
{
    return value_get_bool(key->properties, "enabled", true);
}

bool hop_source_key_on(struct walk *walk, struct proof_hop *hop)
{
    const struct model_object *key = walk->leg->key.object;
    if (!key || model_is_open(key))
        return false;
    hop_at(hop, key->resource->address, key->resource->pos);
    hop->fix = enable;
    if (!is_on(key))
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "%s is disabled", key->resource->address));
    return true;
}

static const struct value *key_context(struct walk *walk, const char *region)
{
    struct map_builder b = map_begin(walk->arena);
    map_put_str(&b, "kms:ViaService",
                arena_printf(walk->arena, "%s.%s.amazonaws.com", walk->rights->via, region));
    return map_end(&b);
}

/* Asks for one action after the other until one is refused. */
static void ask_key(struct walk *walk, struct proof_hop *hop, const struct model_object *key,
                    const char *role, const char *region, const char *const *actions, bool of_key)
{
    for (size_t i = 0; actions[i] && hop->verdict != PROOF_BROKEN; i++) {
        const struct ask question = {
            .role = role,
            .action = actions[i],
            .resource = key->arn,
            .resource_policy = model_policy(walk->model, value_get(key->properties, "policy")),
            .resource_policy_decides = true,
            .context = key_context(walk, region),
            .as_if_all_rights = of_key,
        };
        hop_ask(walk, hop, &question);
    }
}

static bool key_is_gone(struct walk *walk, struct proof_hop *hop, const char *arn)
{
    bool gone = model_is_gone(walk->model, arn);
    if (gone)
        hop_broken(walk, hop,
                   "KMS key is either disabled or pending deletion or access to the KMS key is "
                   "denied",
                   arena_printf(walk->arena, "the key %s is not there, or is being deleted", arn));
    return gone;
}

static const char *const use[] = {"kms:DescribeKey", "kms:CreateGrant", NULL};
/* The linked role has neither by its identity: what it may is what the key's policy gives. */
static const char *const by_grant[] = {"kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", NULL};

/* What lets another account's linked role use the key. */
static const char *mend_key_use(struct walk *walk, const struct model_object *key)
{
    static const char *const actions[] = {"kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey*",
                                          "kms:CreateGrant", NULL};
    const struct leg *leg = walk->leg;
    const struct value *statement =
        iam_statement(walk->arena, NULL, "Allow", root_of(walk, leg->to.account, leg->to.region),
                      actions, value_string(walk->arena, "*"), NULL);
    const char *own = mend_own_policy(walk, key, statement);
    return own ? own
               : arena_printf(walk->arena, "share_with: [%s]",
                              model_account_name(walk->model, leg->to.account));
}

bool hop_source_key(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    const struct model_object *key = leg->key.object;
    if (is_unencrypted(&leg->key) || leg->key.class != KEY_CUSTOMER_MANAGED)
        return false;
    hop->what = leg->key.arn;
    if (key_is_gone(walk, hop, leg->key.arn))
        return true;
    if (!key || model_is_open(key)) {
        hop_unknown(hop, "the policy of the point's key lets the copier use it");
        return true;
    }
    hop_at(hop, key->resource->address, key->resource->pos);
    if (!leg->crosses_account) {
        ask_key(walk, hop, key, leg->role, leg->from_region, use, /* of_key= */ false);
        return true;
    }
    const char *linked = model_linked_role(walk->model, leg->to.account);
    const char *name = model_account_name(walk->model, leg->to.account);
    hop->fix = mend_key_use(walk, key);
    ask_key(walk, hop, key, linked, leg->from_region, by_grant, /* of_key= */ true);
    ask_key(walk, hop, key, linked, leg->from_region, use, walk->type->fully_managed);
    if (hop->verdict == PROOF_BROKEN) {
        hop->error = arena_printf(walk->arena, SOURCE_KEY_UNREACHABLE, key->arn);
        hop->reason = arena_printf(walk->arena, "%s does not let %s use it: %s",
                                   key->resource->address, name, hop->reason);
    }
    return true;
}

bool hop_vault_key(struct walk *walk, struct proof_hop *hop)
{
    const struct leg *leg = walk->leg;
    struct point_key vault = vault_key_of(walk, &leg->to);
    const struct model_object *key = vault.object;
    if (vault.class != KEY_CUSTOMER_MANAGED)
        return false;
    hop->what = vault.arn;
    if (key_is_gone(walk, hop, vault.arn))
        return true;
    if (!key || model_is_open(key)) {
        hop_unknown(hop, arena_printf(walk->arena, "the key of %s can be used by the copier",
                                      vault_end_name(&leg->to)));
        return true;
    }
    hop_at(hop, key->resource->address, key->resource->pos);
    if (!is_on(key)) {
        hop->fix = enable;
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "%s is disabled", key->resource->address));
        return true;
    }
    const char *role =
        leg->crosses_account ? model_linked_role(walk->model, leg->to.account) : leg->role;
    ask_key(walk, hop, key, role, leg->to.region, use,
            leg->crosses_account && walk->type->fully_managed);
    if (hop->verdict == PROOF_BROKEN)
        hop->error = "KMS key is either disabled or pending deletion or access to the KMS key is "
                     "denied";
    return true;
}
