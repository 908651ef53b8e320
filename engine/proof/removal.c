/* What denies holds as long as nobody takes it away: the policy of a vault whoever may rewrite it,
 * the organization's policies whoever may leave it. What the account can take away closes nothing.
 */
#include "engine/proof/takeover_rows.h"

/* What somebody of the account takes away before the deed. */
struct removal {
    bool policy, controls;
    const char *then;
};
static const struct removal removals[] = {
    {true, false, "without the vault's policy"},
    {false, true, "outside the organization"},
    {true, true, "outside the organization, without the vault's policy,"},
};

struct means means_of_leaving(void)
{
    static const char *const actions[] = {"organizations:LeaveOrganization", NULL};
    return (struct means){.actions = actions, .resource = "*"};
}

struct means means_without_policy(const struct means *means)
{
    struct means bare = *means;
    bare.policy = NULL;
    bare.vault = NULL;
    return bare;
}

static struct outcome outcome_under(struct takeover *t, const struct account *account,
                                    const struct means *means, bool controls)
{
    struct outcome outcome;
    const struct attempt attempt = {t->model, account, means, .without_controls = !controls};
    intruder_outcome(&attempt, &outcome);
    return outcome;
}

static bool has_controls(struct takeover *t, const struct account *account)
{
    return model_controls(t->model, account->id, /* of_resources= */ false).len > 0 ||
           model_controls(t->model, account->id, /* of_resources= */ true).len > 0;
}

/* The policy of a vault of another account is not the account's to rewrite. */
static bool can_apply(struct takeover *t, const struct removal *removal,
                      const struct account *account, const struct means *means, bool controls)
{
    if (removal->policy &&
        !(means->vault && means->policy && means->vault->resource->account == account))
        return false;
    return !removal->controls || (controls && has_controls(t, account));
}

/* All that it takes, the removals first. */
static struct outcome outcome_after(struct takeover *t, const struct removal *removal,
                                    const struct account *account, const struct means *means,
                                    bool controls)
{
    const struct means leaving = means_of_leaving();
    const struct means bare = removal->policy ? means_without_policy(means) : *means;
    const struct outcome nothing = {.openness = PROOF_OPEN};
    bool controlled = controls && !removal->controls;
    struct outcome left = nothing, rewritten = nothing;
    if (removal->controls)
        left = outcome_under(t, account, &leaving, /* controls= */ true);
    if (removal->policy) {
        const struct means rewriting = means_of_policy(means->vault, means->policy);
        rewritten = outcome_under(t, account, &rewriting, controlled);
    }
    const struct outcome done = outcome_under(t, account, &bare, controlled);
    struct outcome all = *outcome_harder(outcome_harder(&left, &rewritten), &done);
    if (all.openness == PROOF_OPEN)
        all.why =
            arena_printf(t->arena, "%s, and %s %s", removal->controls ? left.why : rewritten.why,
                         removal->then, done.why);
    return all;
}

struct outcome takeover_outcome(struct takeover *t, const struct account *account,
                                const struct means *means, bool without_controls)
{
    bool controls = !without_controls;
    struct outcome easiest = outcome_under(t, account, means, controls);
    for (size_t i = 0; i < ARRAY_LEN(removals) && easiest.openness != PROOF_OPEN; i++) {
        if (!can_apply(t, &removals[i], account, means, controls))
            continue;
        const struct outcome after = outcome_after(t, &removals[i], account, means, controls);
        if (after.openness < easiest.openness)
            easiest = after;
    }
    return easiest;
}
