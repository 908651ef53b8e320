/* The links of a backup job, up to the first recovery point. */
#include "engine/aws/arn.h"
#include "engine/aws/lifecycle.h"
#include "engine/aws/lock_rules.h"
#include "engine/aws/selection.h"
#include "engine/base/clock.h"
#include "engine/proof/mending.h"
#include "engine/proof/queue.h"

static bool in_place(const struct walk *walk)
{
    const struct resource *plan = walk->plan->resource;
    const char *account = model_account_of(walk->arena, walk->resource);
    const char *region = model_region_of(walk->arena, walk->resource);
    return (!account || str_eq(account, plan->account->id)) &&
           (!region || str_eq(region, plan->region));
}

bool hop_selected(struct walk *walk, struct proof_hop *hop)
{
    const struct resource *selection = walk->selection->resource;
    hop_at(hop, selection->address, selection->pos);
    hop->what = walk->resource;
    hop->fix = in_place(walk) ? "not_resources: []" : mend_selection(walk);
    if (!in_place(walk))
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "%s lies elsewhere: %s protects resources of %s in %s",
                                walk->resource, walk->plan->resource->address,
                                walk->plan->resource->account->name, walk->plan->resource->region));
    else if (walk->conditions_open)
        hop_unknown(hop, "the conditions of the selection depend on tags that only AWS knows");
    else if (!selection_matches(walk->selection->properties, walk->resource, walk->resource_tags))
        hop_broken(
            walk, hop, NULL,
            arena_printf(walk->arena, "the selection excludes what it names: %s", walk->resource));
    return true;
}

bool hop_opted_in(struct walk *walk, struct proof_hop *hop)
{
    const struct resource *plan = walk->plan->resource;
    const struct model_list *list =
        model_in(walk->model, "aws_backup_region_settings", plan->account->id, plan->region);
    if (!walk->by_tag)
        return false; /* named by its ARN: taken in any case */
    if (list->len == 0) {
        const char *why = model_unread(walk->model, "aws_backup_region_settings", plan->account->id,
                                       plan->region);
        hop_unknown(hop, arena_printf(walk->arena, "%s is opted in for account %s in %s%s%s",
                                      walk->type->type, plan->account->name, plan->region,
                                      why ? ": " : "", why ? why : ""));
        return true;
    }
    const struct resource *settings = list->items[0]->resource;
    const struct value *types =
        value_get(list->items[0]->properties, "resource_type_opt_in_preference");
    hop_at(hop, settings->address, settings->pos);
    hop->fix = arena_printf(walk->arena, "resource_type_opt_in: {%s: true}", walk->type->type);
    if (!value_get_bool(types, walk->type->type, false))
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena, "%s does not opt %s in", settings->address,
                                walk->type->type));
    return true;
}

const char *first_vault_arn(const struct walk *walk)
{
    const struct resource *plan = walk->plan->resource;
    return arena_printf(walk->arena, "arn:%s:backup:%s:%s:backup-vault:%s",
                        plan->account->partition, plan->region, plan->account->id,
                        value_get_str(walk->rule, "target_backup_vault_name"));
}

bool hop_vault(struct walk *walk, struct proof_hop *hop)
{
    struct vault_end vault = vault_end_of(walk->model, first_vault_arn(walk));
    const char *name = value_get_str(walk->rule, "target_backup_vault_name");
    const struct value *said = value_get(walk->rule, "target_backup_vault_name");
    hop->what = vault.arn;
    hop->fix = mend_first_vault(walk);
    hop_at(hop, walk->plan->resource->address, said ? said->pos : NO_POS);
    const struct model_list *all = model_all(walk->model, "aws_backup_vault");
    if (vault.object)
        return true;
    if (model_is_gone(walk->model, vault.arn)) {
        hop_broken(walk, hop, arena_printf(walk->arena, "Backup vault %s was not found", name),
                   arena_printf(walk->arena, "there is no vault %s in %s %s", name,
                                walk->plan->resource->account->name, walk->plan->resource->region));
        return true;
    }
    for (size_t i = 0; i < all->len; i++)
        if (str_eq(value_get_str(all->items[i]->properties, "name"), name)) {
            const struct resource *other = all->items[i]->resource;
            hop_broken(walk, hop, arena_printf(walk->arena, "Backup vault %s was not found", name),
                       arena_printf(walk->arena, "%s lies in %s %s, and the plan backs up in %s %s",
                                    other->address, other->account->name, other->region,
                                    walk->plan->resource->account->name,
                                    walk->plan->resource->region));
            return true;
        }
    hop_unknown(hop, arena_printf(walk->arena, "the vault %s is there", name));
    return true;
}

bool hop_lock(struct walk *walk, struct proof_hop *hop)
{
    struct vault_end vault = vault_end_of(walk->model, first_vault_arn(walk));
    const struct value *lifecycle = value_get(walk->rule, "lifecycle");
    int64_t min = 0, max = 0, days = lifecycle_delete_after_days(lifecycle);
    struct source_pos pos = NO_POS;
    const char *lock = NULL;
    if (!vault_lock(walk->model, &vault, &min, &max, &pos, &lock))
        return false;
    if (lifecycle)
        hop_at(hop, hop->address, lifecycle->pos);
    hop->fix = mend_retention(walk, days, min, max);
    if (!retention_in_lock(days, min, max))
        hop_broken(walk, hop, LOCK_BACKUP_STATUS_MESSAGE,
                   retention_objection(walk->arena, days, min, max, lock));
    return true;
}

bool hop_trust(struct walk *walk, struct proof_hop *hop)
{
    hop_ask_trust(walk, hop, walk->role, "backup.amazonaws.com", NULL);
    return true;
}

static bool ask_role(struct walk *walk, struct proof_hop *hop, const char *action)
{
    if (!action || !*action)
        return false;
    hop_at_role(walk, hop, walk->role);
    const struct ask question = {.role = walk->role,
                                 .action = action,
                                 .resource = walk->resource,
                                 .resource_account = model_account_of(walk->arena, walk->role),
                                 .region = walk->plan->resource->region};
    hop_ask(walk, hop, &question);
    return true;
}

/* How long jobs take shows in the accounts only. */
bool hop_starts(struct walk *walk, struct proof_hop *hop)
{
    const struct queue queue = queue_of(walk->model, walk->plan, walk->rule);
    const struct value *schedule = value_get(walk->rule, "schedule_expression");
    hop_at(hop, walk->plan->resource->address, schedule ? schedule->pos : NO_POS);
    if (queue.end == QUEUE_LOSES_SOME)
        hop_broken(walk, hop, NULL,
                   arena_printf(walk->arena,
                                "more backups and copies come than can be made one after the "
                                "other, however quick: what has not started within %lld minutes "
                                "never does",
                                (long long)(queue.window_ms / MINUTE_MS)));
    else if (queue.end == QUEUE_MAY_LOSE)
        hop_unknown(hop, arena_printf(walk->arena,
                                      "a backup of rule %s and its copies, one job at a time "
                                      "(%lld minutes in the drill), are done before the next ones "
                                      "have waited for %lld minutes and are given up",
                                      value_get_str(walk->rule, "rule_name"),
                                      (long long)(queue.took_ms / MINUTE_MS),
                                      (long long)(queue.window_ms / MINUTE_MS)));
    return queue.end != QUEUE_KEEPS_UP;
}

bool hop_read_tags(struct walk *walk, struct proof_hop *hop)
{
    return ask_role(walk, hop, walk->rights->read_tags);
}

bool hop_back_up(struct walk *walk, struct proof_hop *hop)
{
    return ask_role(walk, hop, walk->rights->back_up);
}
