#include "engine/proof/mending.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/managed_policies.h"
#include "engine/base/json.h"
#include "engine/base/strbuf.h"

/* What the file calls the entry; NULL: it is no entry of that section, or one of several. */
static const char *name_in(const char *section, const char *address)
{
    size_t len = strlen(section);
    return address && str_starts(address, section) && address[len] == '.' &&
                   !strpbrk(address + len + 1, "./[")
               ? address + len + 1
               : NULL;
}

static const struct value *entry_of(struct walk *walk, const char *section, const char *address)
{
    const char *name = name_in(section, address);
    return name ? value_pointer(walk->model->topology->document,
                                arena_printf(walk->arena, "/%s/%s", section, name))
                : NULL;
}

static const struct model_object *role_in_file(struct walk *walk, const char *role)
{
    const struct model_role *found =
        model_is_gone(walk->model, role) ? NULL : model_role(walk->model, role);
    return found && found->object && name_in("roles", found->object->resource->address)
               ? found->object
               : NULL;
}

/* ---- roles ---- */

/* Names of vaults and buses stand in their ARNs; ids of points and keys nobody knows. */
static const char *resource_of(const char *arn)
{
    return strstr(arn, ":backup-vault:") || strstr(arn, ":event-bus/") ? arn : "*";
}

/* AWS's own policies hold all that the jobs of a role need. NULL: it is not the role of a job. */
static const char *job_policies(struct walk *walk, const struct model_object *role)
{
    const char *partition = role->resource->account->partition;
    bool restores = walk->back && str_eq(role->arn, walk->back->role_arn);
    bool backs_up =
        str_eq(role->arn, walk->role) || (walk->leg && str_eq(role->arn, walk->leg->role));
    if (!restores && !backs_up)
        return NULL;
    struct list_builder arns = list_begin(walk->arena);
    list_add_str(&arns, managed_policy_arn(
                            walk->arena, restores ? MANAGED_POLICY_RESTORES : MANAGED_POLICY_BACKUP,
                            partition));
    if (str_eq(walk->type->type, "S3"))
        list_add_str(&arns, managed_policy_arn(walk->arena,
                                               restores ? MANAGED_POLICY_S3_RESTORE
                                                        : MANAGED_POLICY_S3_BACKUP,
                                               partition));
    return arena_printf(walk->arena, "managed_policy_arns: %s",
                        json_print(walk->arena, list_end(&arns), JSON_COMPACT));
}

const char *mend_right(struct walk *walk, const struct ask *question)
{
    const struct model_object *role = role_in_file(walk, question->role);
    if (!role)
        return NULL;
    const char *policies = job_policies(walk, role);
    if (policies && value_len(value_get(role->properties, "managed_policy_arns")) == 0)
        return policies;
    return arena_printf(walk->arena,
                        "inline_policies: {allow-%s: {Version: \"2012-10-17\", Statement: "
                        "[{Effect: Allow, Action: \"%s\", Resource: \"%s\"}]}}",
                        strchr(question->action, ':') + 1, question->action,
                        resource_of(question->resource));
}

const char *mend_trust(struct walk *walk, const char *role, const char *service)
{
    if (!role_in_file(walk, role))
        return NULL;
    return arena_printf(walk->arena,
                        "assume_role_policy_document: {Version: \"2012-10-17\", Statement: "
                        "[{Effect: Allow, Principal: {Service: %s}, Action: \"sts:AssumeRole\"}]}",
                        service);
}

/* ---- denials ---- */

static bool uses(const struct policy_statement *s, const char *operator)
{
    for (size_t i = 0; i < s->conditions_len; i++)
        if (str_eq(s->conditions[i].name, operator))
            return true;
    return false;
}

const char *mend_denial(struct walk *walk, const char *role, const struct policy_answer *answer)
{
    static const char *const operators[] = {"ArnNotEquals", "ArnNotLike", "ArnNotEqualsIfExists"};
    const struct policy_statement *s =
        answer->decision == POLICY_EXPLICITLY_DENIED ? answer->matches[0].statement : NULL;
    if (!s || !s->pos.file)
        return NULL; /* nobody wrote it */
    if (!role)
        return uses(s, "BoolIfExists")
                   ? NULL
                   : "Condition: {BoolIfExists: {\"aws:PrincipalIsAWSService\": \"false\"}}";
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (!uses(s, operators[i]))
            return arena_printf(walk->arena, "Condition: {%s: {\"aws:PrincipalArn\": \"%s\"}}",
                                operators[i], role);
    return NULL;
}

/* ---- policies that the file writes itself ---- */

const char *mend_own_policy(struct walk *walk, const struct model_object *object,
                            const struct value *statement)
{
    const char *address = object ? object->resource->address : NULL;
    const char *section = address && str_starts(address, "keys.") ? "keys" : "vaults";
    const struct value *policy = value_get(entry_of(walk, section, address), "policy");
    const struct value *now = value_get(policy, "Statement");
    if (!policy)
        return NULL;
    if (!now || value_has_unknown(policy))
        return arena_printf(walk->arena, "Add to the statements of `policy`: %s",
                            json_print(walk->arena, statement, JSON_COMPACT));
    struct list_builder all = list_begin(walk->arena);
    for (size_t i = 0; value_is(now, VALUE_LIST) && i < value_len(now); i++)
        list_add(&all, value_item(now, i));
    if (value_is(now, VALUE_MAP))
        list_add(&all, now);
    list_add(&all, statement);
    return arena_printf(walk->arena, "policy: %s",
                        json_print(walk->arena,
                                   value_with(walk->arena, policy, "Statement", list_end(&all)),
                                   JSON_COMPACT));
}

/* ---- vaults ---- */

const char *mend_copy_action(struct walk *walk)
{
    const struct model *model = walk->model;
    const char *account = walk->plan->resource->account->id, *name = NULL;
    for (size_t i = 0; !name && i < model->topology->relay_len; i++) {
        const struct relay_entry *relay = &model->topology->relays[i];
        const struct model_object *vault =
            str_eq(relay->account->id, account)
                ? model_find(model, value_get_str(relay->config, "source_vault_arn"))
                : NULL;
        name = vault ? name_in("vaults", vault->resource->address) : NULL;
    }
    const struct model_list *vaults = model_all(model, "aws_backup_vault");
    for (size_t i = 0; !name && i < vaults->len; i++)
        if (!str_eq(vaults->items[i]->resource->account->id, account))
            name = name_in("vaults", vaults->items[i]->resource->address);
    return name ? arena_printf(walk->arena, "copy_actions: [{destination_vault: %s}]", name) : NULL;
}

const char *mend_selection(struct walk *walk)
{
    struct arn arn;
    if (!walk->rule)
        return NULL; /* the plan itself is gone */
    if (!walk->selection)
        return "selections: {databases: {resources: [\"arn:aws:rds:*:*:db:*\"]}}";
    if (!arn_parse(slice_of(walk->resource), &arn))
        return NULL;
    return arena_printf(walk->arena, "resources: [\"arn:%.*s:%.*s:*:*:%.*s\"]",
                        (int)arn.partition.len, arn.partition.ptr, (int)arn.service.len,
                        arn.service.ptr, (int)arn.resource.len, arn.resource.ptr);
}

const char *mend_without(struct walk *walk, const struct value *pattern)
{
    const struct value *all = value_get(walk->selection->properties, "resources");
    struct list_builder rest = list_begin(walk->arena);
    for (size_t i = 0; i < value_len(all); i++)
        if (!str_eq(value_str(value_item(all, i)), value_str(pattern)))
            list_add(&rest, value_item(all, i));
    const struct value *left = list_end(&rest);
    return value_len(left) ? arena_printf(walk->arena, "resources: %s",
                                          json_print(walk->arena, left, JSON_COMPACT))
                           : NULL;
}

const char *mend_first_vault(struct walk *walk)
{
    const struct resource *plan = walk->plan->resource;
    const struct model_list *vaults =
        model_in(walk->model, "aws_backup_vault", plan->account->id, plan->region);
    for (size_t i = 0; i < vaults->len; i++) {
        const char *name = name_in("vaults", vaults->items[i]->resource->address);
        if (name)
            return arena_printf(walk->arena, "target_vault: %s", name);
    }
    return NULL;
}

static bool names_account(const struct value *list, const char *name, const char *id)
{
    for (size_t i = 0; i < value_len(list); i++) {
        const char *text = value_str(value_item(list, i));
        if (str_eq(text, name) || str_eq(text, id))
            return true;
    }
    return false;
}

const char *mend_accepting(struct walk *walk, const struct vault_end *vault, const char *account)
{
    const char *name = model_account_name(walk->model, account);
    const struct value *entry =
        vault->object ? entry_of(walk, "vaults", vault->object->resource->address) : NULL;
    const struct value *now = value_get(entry, "accept_copies_from");
    if (names_account(now, name, account) && walk->model->sights)
        return arena_printf(walk->arena,
                            "`accept_copies_from` of the file has %s already: `holdfast apply` "
                            "lets it in again, unless something else says no.",
                            name);
    if (names_account(now, name, account))
        return arena_printf(
            walk->arena, "The vault accepts copies from %s already: mend what else says no.", name);
    struct strbuf sb;
    strbuf_init(&sb, walk->arena, (size_t)1 << 20);
    strbuf_add(&sb, "accept_copies_from: [");
    for (size_t i = 0; i < value_len(now); i++)
        strbuf_addf(&sb, "%s, ", value_str(value_item(now, i)));
    strbuf_addf(&sb, "%s]", name);
    return strbuf_str(&sb);
}

/* May AWS Backup take it on, and it copy out of the vault? */
static bool can_copy(struct walk *walk, const char *role)
{
    struct ask_answer answer = {0};
    const struct ask question = {.role = role,
                                 .action = "backup:CopyFromBackupVault",
                                 .resource = walk->leg->point,
                                 .resource_account = walk->leg->from_account};
    ask_trust(walk->model, role, "backup.amazonaws.com", NULL, &answer);
    if (answer.verdict == ASK_YES)
        ask(walk->model, &question, &answer);
    return answer.verdict == ASK_YES;
}

const char *mend_copy_role(struct walk *walk)
{
    const char *account = walk->leg->from_account;
    const struct model_list *roles = model_in(walk->model, "aws_iam_role", account, "");
    const char *where = model_account_name(walk->model, account);
    bool given = value_get(entry_of(walk, "relays", walk->leg->address), "copy_role");
    for (size_t i = 0; i < roles->len; i++) {
        const char *name = name_in("roles", roles->items[i]->resource->address);
        if (name && can_copy(walk, roles->items[i]->arn))
            return arena_printf(walk->arena, "copy_role: %s", name);
    }
    return given && str_eq(model_account_of(walk->arena, walk->role), account)
               ? arena_printf(walk->arena,
                              "Leave `copy_role` out, and the plan's own role copies; or name a "
                              "role of account %s there.",
                              where)
               : arena_printf(walk->arena, "Name a role of account %s as `copy_role`.", where);
}

const char *mend_vault_key(struct walk *walk, const struct vault_end *vault)
{
    const struct model_list *keys =
        model_in(walk->model, "aws_kms_key", vault->account, vault->region);
    for (size_t i = 0; i < keys->len; i++) {
        const char *name = name_in("keys", keys->items[i]->resource->address);
        if (name)
            return arena_printf(walk->arena, "key: %s", name);
    }
    return NULL;
}

const char *mend_new_key(struct walk *walk, const struct vault_end *vault)
{
    const char *address = vault->object ? vault->object->resource->address : NULL;
    const char *name = name_in("vaults", address);
    const struct value *entry = entry_of(walk, "vaults", address);
    const char *account = value_get_str(entry, "account"), *region = value_get_str(entry, "region");
    return account && region && !strchr(account, '$') && !strchr(region, '$')
               ? arena_printf(walk->arena, "key: %s # and in `keys`: %s: {account: %s, region: %s}",
                              name, name, account, region)
               : NULL;
}

const char *mend_retention(struct walk *walk, int64_t days, int64_t min, int64_t max)
{
    int64_t fit = min > days ? min : max ? max : min;
    return arena_printf(walk->arena, "lifecycle: {delete_after_days: %lld}", (long long)fit);
}

/* ---- events ---- */

/* What the file calls the Region; a group of them names it as well. */
static const char *region_name(const struct value *regions, const char *code)
{
    for (size_t i = 0; value_is(regions, VALUE_MAP) && i < regions->map.len; i++) {
        const struct value *v = regions->map.entries[i].value;
        if (str_eq(value_str(v), code))
            return regions->map.entries[i].key;
    }
    return NULL;
}

const char *mend_event_regions(struct walk *walk)
{
    const struct value *document = walk->model->topology->document;
    const char *relay = name_in("relays", walk->relay->address);
    if (!str_eq(walk->leg->from_account, walk->config.account_id))
        return arena_printf(walk->arena,
                            "Place the relay's source vault in account %s: a relay hears of copies "
                            "of its own account at once, of others only by its schedule.",
                            model_account_name(walk->model, walk->leg->from_account));
    const char *name = region_name(value_get(document, "regions"), walk->leg->from_region);
    if (!relay || !name)
        return NULL;
    const struct value *now =
        value_get(entry_of(walk, "relays", walk->relay->address), "event_regions");
    struct list_builder all = list_begin(walk->arena);
    for (size_t i = 0; value_is(now, VALUE_LIST) && i < value_len(now); i++) {
        if (str_eq(value_str(value_item(now, i)), name))
            return arena_printf(walk->arena,
                                "`event_regions` names %s already: holdfast apply makes its rule.",
                                name);
        list_add(&all, value_item(now, i));
    }
    list_add_str(&all, name);
    return arena_printf(walk->arena, "event_regions: %s",
                        json_print(walk->arena, list_end(&all), JSON_COMPACT));
}

/* What the file calls the target that leads there. */
static const char *target_name(struct walk *walk, const char *rule, const char *bus)
{
    const struct value *targets = value_pointer(
        walk->model->topology->document, arena_printf(walk->arena, "/rules/%s/targets", rule));
    for (size_t i = 0; value_is(targets, VALUE_MAP) && i < targets->map.len; i++)
        if (targets->map.len == 1 ||
            str_eq(value_get_str(targets->map.entries[i].value, "arn"), bus))
            return targets->map.entries[i].key;
    return NULL;
}

const char *mend_forward_role(struct walk *walk, const struct model_object *rule, const char *bus)
{
    const char *name = name_in("rules", rule->resource->address);
    const char *target = name ? target_name(walk, name, bus) : NULL;
    const struct model_list *roles =
        model_in(walk->model, "aws_iam_role", rule->resource->account->id, "");
    for (size_t i = 0; target && i < roles->len; i++) {
        const char *role = name_in("roles", roles->items[i]->resource->address);
        struct ask_answer answer = {0};
        if (role)
            ask_trust(walk->model, roles->items[i]->arn, "events.amazonaws.com", rule->arn,
                      &answer);
        if (role && answer.verdict == ASK_YES)
            return arena_printf(walk->arena, "targets: {%s: {role: %s}}", target, role);
    }
    return NULL;
}

/* ---- keys ---- */

const char *mend_key_region(struct walk *walk, const struct model_object *key, const char *region)
{
    const struct value *regions = value_get(walk->model->topology->document, "regions");
    const char *name =
        key && name_in("keys", key->resource->address) ? region_name(regions, region) : NULL;
    return name ? arena_printf(walk->arena, "region: %s", name) : NULL;
}
