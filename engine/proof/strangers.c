/* Who else could destroy it: principals of other accounts, named by the policies of a last vault's
 * account. */
#include "engine/proof/statements.h"
#include "engine/proof/takeover_rows.h"

/* The topology's, or one made up: the same for the same id. */
static const struct account *account_of(struct takeover *t, const char *id, const char *partition)
{
    const struct account *known = model_account(t->model, id);
    struct account *stranger = map_get(&t->strangers, id);
    if (known || stranger)
        return known ? known : stranger;
    stranger = arena_new_of(t->arena, struct account);
    *stranger = (struct account){.name = "a stranger", .id = id, .partition = partition};
    map_set(&t->strangers, id, stranger);
    return stranger;
}

/* Somebody whom a statement lets in. */
struct stranger {
    const struct account *account;
    const char *arn;
};

/* False: no principal of one other account. */
static bool is_stranger(struct takeover *t, const struct policy_principal *p,
                        const struct account *home, struct stranger *ret)
{
    bool account = p->kind == POLICY_PRINCIPAL_ACCOUNT;
    const char *id = account                           ? p->text.text
                     : p->kind == POLICY_PRINCIPAL_AWS ? model_account_of(t->arena, p->text.text)
                                                       : NULL;
    if (!id || p->text.unknown || str_eq(id, home->id))
        return false;
    ret->account = account_of(t, id, home->partition);
    ret->arn = account ? takeover_intruder(t, ret->account) : p->text.text;
    return true;
}

typedef void stranger_fn(struct takeover *t, const struct stranger *stranger, void *ctx);

static void each_stranger(struct takeover *t, const struct policy *policy,
                          const struct account *home, stranger_fn *look, void *ctx)
{
    for (size_t i = 0; policy && i < policy->statements_len; i++) {
        const struct policy_statement *s = &policy->statements[i];
        for (size_t k = 0; s->effect == POLICY_ALLOW && k < s->principals_len; k++) {
            struct stranger stranger;
            if (!s->not_principal && is_stranger(t, &s->principals[k], home, &stranger))
                look(t, &stranger, ctx);
        }
    }
}

/* The first of the calls that is allowed; NULL: none. */
static const char *allowed(struct takeover *t, const char *principal, const struct means *means,
                           bool all_rights)
{
    for (size_t i = 0; means->actions[i]; i++) {
        const struct ask question = {.role = principal,
                                     .action = means->actions[i],
                                     .resource = means->resource,
                                     .resource_policy = means->policy,
                                     .resource_policy_decides = means->policy_decides,
                                     .as_if_all_rights = all_rights};
        struct ask_answer answer;
        ask(t->model, &question, &answer);
        if (answer.verdict == ASK_YES)
            return means->actions[i];
    }
    return NULL;
}

/* ---- by the policy of the key ---- */

static void try_key(struct takeover *t, const struct stranger *stranger, void *ctx)
{
    const struct model_object *key = ctx;
    const struct means means = means_of_key(t, key);
    const char *action = allowed(t, stranger->arn, &means, /* all_rights= */ true);
    const struct resource *r = key->resource;
    const struct deed deed = {stranger->account, RULE_KEY_UNPROTECTED, r->address,
                              arena_printf(t->arena, "makes %s unusable", r->address), r->pos};
    if (action)
        takeover_add(t, &deed, PROOF_OPEN, NULL,
                     arena_printf(t->arena, "the key's policy gives them %s", action));
}

/* ---- by a role that they may take on ---- */

struct through {
    const struct model_object *vault, *role;
};

static void try_through(struct takeover *t, const struct stranger *stranger,
                        const struct through *through, enum rule_id rule, const char *what,
                        const struct resource *target, struct means means)
{
    const struct resource *role = through->role->resource;
    const char *action = allowed(t, through->role->arn, &means, /* all_rights= */ false);
    const struct deed deed = {stranger->account, rule, target->address,
                              arena_printf(t->arena, "%s, as %s", what, role->address), role->pos};
    if (action)
        takeover_add(
            t, &deed, PROOF_OPEN, NULL,
            arena_printf(t->arena, "the role trusts %s, and is allowed %s", stranger->arn, action));
}

static bool may_take_on(struct takeover *t, const struct stranger *stranger,
                        const struct model_object *role)
{
    static const char *const actions[] = {"sts:AssumeRole", NULL};
    const struct means means = {actions, role->arn, model_role(t->model, role->arn)->trust, true};
    return allowed(t, stranger->arn, &means, /* all_rights= */ true);
}

static void try_role(struct takeover *t, const struct stranger *stranger, void *ctx)
{
    const struct through *through = ctx;
    const struct model_object *vault = through->vault, *key = takeover_key_of(t, vault);
    const struct model_object *lock = model_of_vault(t->model, "aws_backup_vault_lock", vault);
    const struct resource *r = vault->resource;
    bool air_gapped = str_eq(r->schema->type_name, "aws_backup_logically_air_gapped_vault");
    if (!may_take_on(t, stranger, through->role))
        return;
    if (!lock && !air_gapped)
        try_through(t, stranger, through, RULE_NO_LOCK,
                    arena_printf(t->arena, "deletes the points in %s", r->address), r,
                    means_of_points(t, vault));
    try_through(t, stranger, through, RULE_VAULT_UNPROTECTED,
                arena_printf(t->arena, "rewrites who may reach %s", r->address), r,
                means_of_policy(t, vault));
    if (key)
        try_through(t, stranger, through, RULE_KEY_UNPROTECTED,
                    arena_printf(t->arena, "makes %s unusable", key->resource->address),
                    key->resource, means_of_key(t, key));
}

void takeover_strangers(struct takeover *t, const struct model_object *vault)
{
    const struct account *home = vault->resource->account;
    const struct model_object *key = takeover_key_of(t, vault);
    const struct model_list *roles = model_in(t->model, "aws_iam_role", home->id, "");
    if (key)
        each_stranger(t, model_policy(t->model, value_get(key->properties, "policy")),
                      key->resource->account, try_key, (void *)(uintptr_t)key);
    for (size_t i = 0; i < roles->len; i++) {
        struct through through = {vault, roles->items[i]};
        const struct model_role *role = model_role(t->model, roles->items[i]->arn);
        if (role && role->object)
            each_stranger(t, role->trust, home, try_role, &through);
    }
}
