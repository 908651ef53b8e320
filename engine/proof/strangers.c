/* Who else could destroy it: principals of other accounts, and whom an identity provider vouches
 * for, where the policies of a last vault's account let them in. */
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/policy/text.h"
#include "engine/proof/statements.h"
#include "engine/proof/takeover_rows.h"

#define ACCOUNT_LEN 12

/* Somebody whom a statement lets in. */
struct stranger {
    const struct account *account;
    const struct account *caller; /* whose principals call: `account`, or one that "*" stands for */
    const char *arn;              /* NULL: any principal of that account */
    const struct policy_statement *by;
    bool federated; /* `arn` is an identity provider */
};

typedef void stranger_fn(struct takeover *t, const struct stranger *stranger, void *ctx);

struct search {
    const struct account *home;
    stranger_fn *look;
    void *ctx;
};

/* The first of the calls that they could make, who make any role and user of their account; NULL:
 * none. *ret_as: the one that a policy names; NULL: its name does not matter. */
static const char *stranger_action(struct takeover *t, const struct stranger *stranger,
                                   const struct means *means, const char **ret_as)
{
    struct outcome outcome;
    const struct attempt attempt = {t->model, stranger->caller, means,
                                    /* without_controls= */ false};
    *ret_as = stranger->arn;
    if (stranger->arn)
        return means_allowed(t->model, stranger->arn, means, /* all_rights= */ true);
    intruder_outcome(&attempt, &outcome);
    *ret_as = outcome.as;
    return outcome.action;
}

/* arn NULL: anybody of the account. */
static void look_at(struct takeover *t, const struct search *search, const char *id,
                    const char *arn, const struct policy_statement *by)
{
    if (!id || str_eq(id, search->home->id))
        return;
    const struct account *account = takeover_account(t, id, search->home->partition, "a stranger");
    const struct stranger stranger = {.account = account, .caller = account, .arn = arn, .by = by};
    search->look(t, &stranger, search->ctx);
}

/* Of the accounts that nobody has named, this one, as if it were there. */
static void look_at_any(struct takeover *t, const struct search *search, const char *id,
                        const struct policy_statement *by)
{
    struct account *caller = arena_new_of(t->arena, struct account);
    *caller = (struct account){.name = "any", .id = id, .partition = search->home->partition};
    const struct stranger anybody = {
        .account = takeover_account(t, "*", search->home->partition, "any other account"),
        .caller = caller,
        .by = by};
    search->look(t, &anybody, search->ctx);
}

/* An account that the pattern takes: twelve digits; NULL: none. */
static const char *account_taken(struct arena *arena, const char *pattern)
{
    char id[ACCOUNT_LEN + 1] = "";
    size_t len = 0, written = 0;
    for (const char *c = pattern; *c; c++)
        written += *c != '*';
    if (written > ACCOUNT_LEN)
        return NULL;
    size_t spare = ACCOUNT_LEN - written;
    for (const char *c = pattern; *c; c++) {
        for (; *c == '*' && spare > 0; spare--)
            id[len++] = '0';
        if (*c != '*')
            id[len++] = *c == '?' ? '0' : *c;
    }
    return strspn(id, "0123456789") == ACCOUNT_LEN ? arena_printf(arena, "%s", id) : NULL;
}

/* Those whom the value of a condition names, and any that its wildcards take. */
static void look_at_asked(struct takeover *t, const struct search *search,
                          const struct policy_statement *s, const char *pattern)
{
    const char *id = pattern ? account_taken(t->arena, pattern) : NULL;
    if (id && strpbrk(pattern, "*?"))
        look_at_any(t, search, id, s);
    else if (id)
        look_at(t, search, id, NULL, s);
}

/* Of everybody: the accounts that conditions name, and any that nobody has named. */
static void look_at_anybody(struct takeover *t, const struct search *search,
                            const struct policy_statement *s)
{
    static const char *const keys[] = {"aws:PrincipalAccount", "kms:CallerAccount",
                                       "aws:PrincipalArn"};
    for (size_t i = 0; i < s->conditions_len; i++)
        for (size_t k = 0; k < ARRAY_LEN(keys); k++)
            for (size_t v = 0; !s->conditions[i].negated && v < s->conditions[i].values.len &&
                               text_equal_fold(slice_of(s->conditions[i].key), slice_of(keys[k]));
                 v++) {
                const char *text = s->conditions[i].values.items[v].text;
                look_at_asked(t, search, s, k < 2 ? text : model_account_of(t->arena, text));
            }
    look_at_any(t, search, NOBODYS_ACCOUNT, s);
}

static void look_at_provider(struct takeover *t, const struct search *search, const char *provider,
                             const struct policy_statement *s)
{
    const struct stranger stranger = {
        .account = takeover_account(t, provider, search->home->partition, "an identity provider"),
        .arn = provider,
        .by = s,
        .federated = true};
    search->look(t, &stranger, search->ctx);
}

static void look_at_principal(struct takeover *t, const struct search *search,
                              const struct policy_statement *s, const struct policy_principal *p)
{
    if (p->text.unknown)
        return;
    if (p->kind == POLICY_PRINCIPAL_ACCOUNT)
        look_at(t, search, p->text.text, NULL, s);
    else if (p->kind == POLICY_PRINCIPAL_AWS)
        look_at(t, search, model_account_of(t->arena, p->text.text), p->text.text, s);
    else if (p->kind == POLICY_PRINCIPAL_ANY)
        look_at_anybody(t, search, s);
    else if (p->kind == POLICY_PRINCIPAL_FEDERATED)
        look_at_provider(t, search, p->text.text, s);
}

static void each_stranger(struct takeover *t, const struct policy *policy,
                          const struct search *search)
{
    for (size_t i = 0; policy && i < policy->statements_len; i++) {
        const struct policy_statement *s = &policy->statements[i];
        for (size_t k = 0; s->effect == POLICY_ALLOW && k < s->principals_len; k++)
            look_at_principal(t, search, s, &s->principals[k]);
    }
}

/* ---- by the policy of the key ---- */

static void try_key(struct takeover *t, const struct stranger *stranger, void *ctx)
{
    const struct model_object *key = ctx;
    const struct means means = means_of_key(t, key);
    const char *as = NULL;
    const char *action = stranger->federated ? NULL : stranger_action(t, stranger, &means, &as);
    const struct resource *r = key->resource;
    const struct deed deed = {stranger->account, RULE_KEY_UNPROTECTED, r->address,
                              arena_printf(t->arena, "makes %s unusable", r->address), r->pos};
    if (action)
        takeover_add(t, &deed, PROOF_OPEN, NULL,
                     arena_printf(t->arena, "the key's policy gives them %s", action));
}

/* ---- by the policy of the vault ---- */

static void try_flood(struct takeover *t, const struct stranger *stranger, void *ctx)
{
    const struct flooder flooder = {stranger->account, stranger->caller, stranger->arn,
                                    /* stranger= */ true};
    if (!stranger->federated)
        takeover_flood(t, &flooder, ctx);
}

/* ---- by a role that they may take on ---- */

struct through {
    const struct last *last;
    const struct model_object *role;
    const char *as; /* who takes it on; NULL: anybody of the stranger's account */
};

/* A policy that the role may rewrite does not stop it. */
static const char *action_of(struct takeover *t, const struct through *through,
                             const struct means *means)
{
    const char *role = through->role->arn;
    const char *action = means_allowed(t->model, role, means, /* all_rights= */ false);
    if (action || !means->vault)
        return action;
    const struct means rewriting = means_of_policy(means->vault, means->policy);
    const struct means bare = means_without_policy(means);
    return means_allowed(t->model, role, &rewriting, false)
               ? means_allowed(t->model, role, &bare, false)
               : NULL;
}

static const char *whom(struct takeover *t, const struct stranger *stranger, const char *as)
{
    if (str_eq(stranger->account->id, "*"))
        return as ? arena_printf(t->arena, "everybody who is %s", as) : "everybody";
    return as ? as : arena_printf(t->arena, "account %s", stranger->account->id);
}

static const char *trusted(struct takeover *t, const struct stranger *stranger, const char *as)
{
    bool whatever = stranger->federated;
    for (size_t i = 0; i < stranger->by->conditions_len; i++)
        whatever = whatever && !str_ends(stranger->by->conditions[i].key, ":sub");
    return arena_printf(t->arena, "the role trusts %s%s", whom(t, stranger, as),
                        whatever                       ? ", whatever the subject"
                        : stranger->by->conditions_len ? ", under a condition"
                                                       : "");
}

static struct deed deed_through(struct takeover *t, const struct stranger *stranger,
                                const struct through *through, enum rule_id rule, const char *what,
                                const struct resource *target)
{
    const struct resource *role = through->role->resource;
    return (struct deed){stranger->account, rule, target->address,
                         arena_printf(t->arena, "%s, as %s", what, role->address), role->pos};
}

static const char *how_far(struct takeover *t, const struct through *through, const char *action)
{
    const char *unknown = model_role(t->model, through->role->arn)->unknown;
    if (!unknown)
        return arena_printf(t->arena, "is allowed %s", action);
    return arena_printf(t->arena, "may be allowed %s: nobody here knows what %s says", action,
                        unknown);
}

/* action NULL: it may not. */
static void add_through(struct takeover *t, const struct stranger *stranger,
                        const struct through *through, enum rule_id rule, const char *what,
                        const struct resource *target, const char *action)
{
    const struct deed deed = deed_through(t, stranger, through, rule, what, target);
    if (action)
        takeover_add(t, &deed, PROOF_OPEN, NULL,
                     arena_printf(t->arena, "%s, and %s", trusted(t, stranger, through->as),
                                  how_far(t, through, action)));
}

static void try_through(struct takeover *t, const struct stranger *stranger,
                        const struct through *through, enum rule_id rule, const char *what,
                        const struct resource *target, struct means means)
{
    add_through(t, stranger, through, rule, what, target, action_of(t, through, &means));
}

/* Under a lock that is still to become permanent the row says until when. */
static void try_lock(struct takeover *t, const struct stranger *stranger,
                     const struct through *through)
{
    const struct last *last = through->last;
    const struct resource *r = last->vault->resource;
    const char *final = lock_final_after(t, last);
    const char *what = arena_printf(t->arena, "takes the lock off %s", r->address);
    if (!last->lock || (final && !*final))
        return;
    const struct means means = means_of_lock(t, last);
    if (!final) {
        try_through(t, stranger, through, RULE_GOVERNANCE, what, last->lock->resource, means);
        return;
    }
    const char *action = action_of(t, through, &means);
    const struct deed deed =
        deed_through(t, stranger, through, RULE_GOVERNANCE, what, last->lock->resource);
    struct proof_threat *threat =
        action ? takeover_add(t, &deed, PROOF_CLOSED, NULL,
                              arena_printf(t->arena, "%s, and is allowed %s until then",
                                           trusted(t, stranger, through->as), action))
               : NULL;
    if (threat)
        threat->after = final;
}

static void try_points(struct takeover *t, const struct stranger *stranger,
                       const struct through *through)
{
    const struct last *last = through->last;
    const struct resource *r = last->vault->resource;
    if (lock_final_after(t, last))
        return;
    if (last->lock) {
        const struct means lock = means_of_lock(t, last);
        if (!action_of(t, through, &lock))
            return;
    }
    try_through(t, stranger, through, last->lock ? RULE_GOVERNANCE : RULE_NO_LOCK,
                arena_printf(t->arena, "deletes the points in %s", r->address), r,
                means_of_points(last));
}

static bool is_open_at_home(const struct takeover *t, const struct account *home)
{
    for (size_t i = 0; i < t->len; i++)
        if (t->items[i].account == home && t->items[i].openness != PROOF_CLOSED)
            return true;
    return false;
}

static void try_rise(struct takeover *t, const struct stranger *stranger,
                     const struct through *through)
{
    const struct resource *r = through->last->vault->resource;
    if (is_open_at_home(t, r->account))
        add_through(t, stranger, through, RULE_STRANGER_RISES,
                    arena_printf(t->arena, "does what whoever takes account %s over does",
                                 r->account->name),
                    r, takeover_rise(t, through->role, r->region));
}

static bool may_take_on(struct takeover *t, const struct stranger *stranger,
                        const struct model_object *role, const char **ret_as)
{
    const struct means means =
        means_of_taking_on(role->arn, model_role(t->model, role->arn)->trust);
    *ret_as = stranger->arn;
    if (stranger->federated)
        return statement_takes(stranger->by, POLICY_ALLOW, "sts:AssumeRoleWithWebIdentity") ||
               statement_takes(stranger->by, POLICY_ALLOW, "sts:AssumeRoleWithSAML");
    return stranger_action(t, stranger, &means, ret_as) != NULL;
}

static void try_role(struct takeover *t, const struct stranger *stranger, void *ctx)
{
    struct through *through = ctx;
    const struct last *last = through->last;
    const struct resource *r = last->vault->resource;
    if (!may_take_on(t, stranger, through->role, &through->as))
        return;
    try_points(t, stranger, through);
    try_lock(t, stranger, through);
    try_through(t, stranger, through, RULE_VAULT_UNPROTECTED,
                arena_printf(t->arena, "rewrites who may reach %s", r->address), r,
                means_of_policy(last->vault, last->policy));
    if (last->key)
        try_through(t, stranger, through, RULE_KEY_UNPROTECTED,
                    arena_printf(t->arena, "makes %s unusable", last->key->resource->address),
                    last->key->resource, means_of_key(t, last->key));
    try_rise(t, stranger, through);
}

void takeover_strangers(struct takeover *t, const struct last *last)
{
    const struct account *home = last->vault->resource->account;
    const struct model_list *roles = model_in(t->model, "aws_iam_role", home->id, "");
    each_stranger(t, last->policy, &(struct search){home, try_flood, (void *)(uintptr_t)last});
    if (last->key)
        each_stranger(
            t, model_policy(t->model, value_get(last->key->properties, "policy")),
            &(struct search){last->key->resource->account, try_key, (void *)(uintptr_t)last->key});
    for (size_t i = 0; i < roles->len; i++) {
        struct through through = {last, roles->items[i], NULL};
        const struct model_role *role = model_role(t->model, roles->items[i]->arn);
        if (role && role->object)
            each_stranger(t, role->trust, &(struct search){home, try_role, &through});
    }
}
