/* What the organization leaves open, where the topology speaks of it at all. */
#include "engine/aws/arn.h"
#include "engine/base/json.h"
#include "engine/proof/findings.h"
#include "engine/proof/statements.h"

static bool is_denied(struct findings *f, const char *account, const char *action)
{
    struct model_levels levels = model_controls(f->model, account, /* of_resources= */ false);
    for (size_t i = 0; i < levels.len; i++)
        for (size_t k = 0; k < levels.items[i].len; k++)
            if (policy_takes(levels.items[i].items[k], POLICY_DENY, action))
                return true;
    return false;
}

/* ---- tag policies ---- */

/* The first "SERVICE:..." in it, whatever operators ("@@assign") stand around. */
static const char *enforced_for(const struct value *v, const char *prefix)
{
    const char *text = value_str(v);
    if (text)
        return str_starts(text, prefix) ? text : NULL;
    for (size_t i = 0; i < value_len(v); i++) {
        const char *found = enforced_for(
            value_is(v, VALUE_MAP) ? v->map.entries[i].value : value_item(v, i), prefix);
        if (found)
            return found;
    }
    return NULL;
}

/* A root or a unit may hold any account. */
static bool is_over(const struct model_object *policy, const char *account)
{
    const struct value *targets = value_get(policy->properties, "targets");
    for (size_t i = 0; i < value_len(targets); i++) {
        const char *target = value_str(value_item(targets, i));
        if (target &&
            (str_eq(target, account) || str_starts(target, "ou-") || str_starts(target, "r-")))
            return true;
    }
    return false;
}

static const struct value *content_of(struct findings *f, const struct model_object *policy)
{
    const struct value *content = value_get(policy->properties, "content"), *parsed = NULL;
    const char *why = NULL;
    if (!value_str(content))
        return content;
    return json_parse(f->arena, slice_of(value_str(content)), &parsed, &why) ? parsed : NULL;
}

static void check_tag_policy(struct findings *f, const struct model_object *policy,
                             const struct proof_path *path)
{
    const struct value *tags = value_get(content_of(f, policy), "tags");
    const struct account *account = model_at(f->model, path->plan)->resource->account;
    struct arn arn;
    if (!path->resource || !arn_parse(slice_of(path->resource), &arn) ||
        !is_over(policy, account->id))
        return;
    const char *services[] = {
        "backup:", arena_printf(f->arena, "%.*s:", (int)arn.service.len, arn.service.ptr)};
    for (size_t i = 0; value_is(tags, VALUE_MAP) && i < tags->map.len; i++)
        for (size_t k = 0; k < ARRAY_LEN(services); k++) {
            const char *what =
                enforced_for(value_get(tags->map.entries[i].value, "enforced_for"), services[k]);
            if (what)
                finding_addf(
                    f, RULE_TAG_POLICY, policy, NO_POS,
                    "the tag %s is enforced for %s over account %s, whose backups %s makes",
                    tags->map.entries[i].key, what, account->name, path->plan);
        }
}

static void check_tag_policies(struct findings *f)
{
    const struct model_list *policies = model_all(f->model, "aws_organizations_policy");
    for (size_t i = 0; i < policies->len; i++)
        for (size_t k = 0; k < f->path_len; k++)
            if (str_eq(value_get_str(policies->items[i]->properties, "type"), "TAG_POLICY"))
                check_tag_policy(f, policies->items[i], &f->paths[k]);
}

void check_organization(struct findings *f)
{
    check_tag_policies(f);
    for (size_t i = 0; i < f->path_len; i++) {
        const struct proof_path *path = &f->paths[i];
        const struct model_object *vault = model_find(f->model, path->last_vault);
        const struct model_object *plan = model_at(f->model, path->plan);
        if (!vault)
            continue;
        const struct account *last = vault->resource->account, *first = plan->resource->account;
        if (!model_organization(f->model, last->id))
            continue;
        if (!is_denied(f, last->id, "organizations:LeaveOrganization"))
            finding_addf(f, RULE_LEAVE, vault, NO_POS, "no policy keeps account %s", last->name);
        if (!is_denied(f, first->id, "backup:CopyFromBackupVault"))
            finding_addf(f, RULE_COPY_TARGETS, plan, NO_POS,
                         "no policy pins where account %s may copy to", first->name);
    }
}
