/* What the organization leaves open, where the topology speaks of it at all. */
#include "engine/proof/findings.h"
#include "engine/proof/statements.h"
#include "engine/proof/tag_policies.h"

static bool is_denied(struct findings *f, const char *account, const char *action)
{
    struct model_levels levels = model_controls(f->model, account, /* of_resources= */ false);
    for (size_t i = 0; i < levels.len; i++)
        for (size_t k = 0; k < levels.items[i].len; k++)
            if (policy_takes(levels.items[i].items[k], POLICY_DENY, action))
                return true;
    return false;
}

static void check_tag_policies(struct findings *f, const struct proof_path *path)
{
    const struct account *account = model_at(f->model, path->plan)->resource->account;
    const struct enforced_tag *tags;
    size_t len = tag_policies_over(f->model, account, path->resource, &tags);
    for (size_t i = 0; i < len; i++)
        finding_addf(f, RULE_TAG_POLICY, tags[i].policy, NO_POS,
                     "the tag %s is enforced for %s over account %s, whose backups %s makes",
                     tags[i].tag, tags[i].what, account->name, path->plan);
}

void check_organization(struct findings *f)
{
    for (size_t i = 0; i < f->path_len; i++) {
        const struct proof_path *path = &f->paths[i];
        check_tag_policies(f, path);
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
