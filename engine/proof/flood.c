/* Who could fill a locked vault with points that nobody can delete. */
#include "engine/proof/retention.h"
#include "engine/proof/takeover_rows.h"

static int64_t longest_of(const struct last *last)
{
    const struct model_object *bounds = last->air_gapped ? last->vault : last->lock;
    return value_get_int(bounds->properties, "max_retention_days", 0);
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
        *ret = takeover_outcome(t, flooder->account, &means, /* without_controls= */ false);
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
