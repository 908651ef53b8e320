/* Who could fill a locked vault with points that nobody can delete. */
#include "engine/proof/retention.h"
#include "engine/proof/takeover_rows.h"

static int64_t longest_of(const struct last *last)
{
    const struct model_object *bounds = last->air_gapped ? last->vault : last->lock;
    return value_get_int(bounds->properties, "max_retention_days", 0);
}

/* By a copy, by a job, or by a plan: the jobs of a plan meet the policies of its role, and the
 * vault's policy rules who calls AWS Backup. */
static struct outcome outcome_at_home(struct takeover *t, const struct last *last)
{
    static const char *const jobs[] = {"backup:CopyIntoBackupVault", "backup:StartBackupJob", NULL};
    static const char *const plans[] = {"backup:CreateBackupPlan", "backup:UpdateBackupPlan", NULL};
    const struct resource *r = last->vault->resource;
    const struct means by_job = {.actions = jobs,
                                 .resource = last->vault->arn,
                                 .policy = last->policy,
                                 .vault = last->vault};
    const struct means by_plan = {
        .actions = plans,
        .resource = arena_printf(t->arena, "arn:%s:backup:%s:%s:backup-plan:any",
                                 r->account->partition, r->region, r->account->id)};
    const struct outcome job = takeover_outcome(t, r->account, &by_job, false);
    const struct outcome plan = takeover_outcome(t, r->account, &by_plan, false);
    return outcome_harder(&job, &plan) == &job ? plan : job;
}

static void flood_outcome(struct takeover *t, const struct flooder *flooder,
                          const struct last *last, struct outcome *ret)
{
    static const char *const actions[] = {"backup:CopyIntoBackupVault", NULL};
    const struct means means = {.actions = actions,
                                .resource = last->vault->arn,
                                .policy = last->policy,
                                .vault = last->vault};
    const struct attempt attempt = {t->model, flooder->caller, &means,
                                    /* without_controls= */ false};
    if (flooder->account == last->vault->resource->account)
        *ret = outcome_at_home(t, last);
    else if (!flooder->principal) /* outside the organization it could not copy there */
        intruder_outcome(&attempt, ret);
    else
        *ret = (struct outcome){
            .openness = means_allowed(t->model, flooder->principal, &means, /* all_rights= */ true)
                            ? PROOF_OPEN
                            : PROOF_CLOSED};
}

void takeover_flood(struct takeover *t, const struct flooder *flooder, const struct last *last)
{
    const struct resource *r = last->vault->resource;
    if (!last->lock && !last->air_gapped)
        return;
    const struct deed deed = {
        flooder->account, RULE_LOCK_NO_MAX, r->address,
        arena_printf(t->arena, "fills %s with points that nobody can ever delete", r->address),
        last->lock ? last->lock->resource->pos : r->pos};
    int64_t longest = longest_of(last);
    struct outcome outcome;
    if (takeover_has(t, &deed))
        return;
    flood_outcome(t, flooder, last, &outcome);
    if (flooder->stranger && outcome.openness == PROOF_CLOSED)
        return;
    if (flooder->stranger) /* they make whom a policy names */
        outcome = (struct outcome){.openness = PROOF_OPEN};
    if (longest > 0 && longest <= RETENTION_LONG_DAYS)
        outcome = (struct outcome){
            .openness = PROOF_CLOSED,
            .why = arena_printf(t->arena, "the lock lets points live %lld days at most",
                                (long long)longest)};
    else if (outcome.openness == PROOF_OPEN)
        outcome.why = longest ? arena_printf(t->arena, "the lock lets points live %lld days",
                                             (long long)longest)
                              : "the lock names no longest retention";
    takeover_conclude(t, &deed, &outcome);
}
