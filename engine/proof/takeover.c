/* Who could destroy it: for each account of the topology, what somebody could do to the last vaults
 * who has taken that account over, with every right that the account itself can give. */
#include "engine/proof/takeover.h"

#include "engine/aws/arn.h"
#include "engine/base/clock.h"
#include "engine/plan/lock.h"
#include "engine/proof/statements.h"
#include "engine/proof/takeover_rows.h"
#include "engine/proof/watched.h"

void takeover_add(struct takeover *t, const struct deed *deed, enum proof_openness openness,
                  const char *who, const char *reason)
{
    const char *key = arena_printf(t->arena, "%s|%s", deed->account->id, deed->what);
    const struct model_object *target = model_at(t->model, deed->target);
    bool unread = target && target->sight && target->sight->state == SIGHT_UNREAD;
    if (map_get(&t->seen, key))
        return;
    map_set(&t->seen, key, t);
    t->items = arena_grow(t->arena, t->items, t->len, &t->cap, t->len + 1, sizeof(*t->items));
    t->items[t->len++] = (struct proof_threat){
        .account = deed->account,
        .rule = rule_of(deed->rule),
        .target = deed->target,
        .what = deed->what,
        .pos = deed->pos,
        .openness = openness,
        .who = who,
        .reason = unread ? arena_printf(t->arena, "%s (as the file says: %s was not read)", reason,
                                        deed->target)
                         : reason};
}

/* The principals that a denial leaves out: the first value of its condition on aws:PrincipalArn. */
static const char *left_out(const struct policy_answer *answer)
{
    for (size_t i = 0; i < answer->matches_len; i++) {
        const struct policy_statement *s = answer->matches[i].statement;
        for (size_t k = 0; k < s->conditions_len; k++)
            if (s->conditions[k].negated && s->conditions[k].values.len &&
                statement_asks(s, "aws:PrincipalArn"))
                return s->conditions[k].values.items[0].text;
    }
    return NULL;
}

const char *takeover_intruder(struct takeover *t, const struct account *account)
{
    return arena_printf(t->arena, "arn:%s:iam::%s:role/whoever-took-the-account",
                        account->partition, account->id);
}

struct outcome {
    enum proof_openness openness;
    const char *who, *why;
};

/* Open when any of the calls is allowed to an intruder with every right. */
static struct outcome outcome_of(struct takeover *t, const struct account *account,
                                 const struct means *means, bool without_controls)
{
    struct ask_answer answer = {0};
    const char *who = NULL;
    for (size_t i = 0; means->actions[i]; i++) {
        const struct ask question = {.role = takeover_intruder(t, account),
                                     .action = means->actions[i],
                                     .resource = means->resource,
                                     .resource_account = account->id,
                                     .resource_policy = means->policy,
                                     .resource_policy_decides = means->policy_decides,
                                     .without_controls = without_controls,
                                     .as_if_all_rights = true};
        ask(t->model, &question, &answer);
        if (answer.verdict == ASK_YES)
            return (struct outcome){PROOF_OPEN, NULL,
                                    arena_printf(t->arena, "nothing denies %s", means->actions[i])};
        if (!who)
            who = left_out(&answer.policy);
    }
    return (struct outcome){who ? PROOF_BREAK_GLASS : PROOF_CLOSED, who, answer.why};
}

/* Where nothing but the organization's policies is in the way: whoever manages it detaches them. */
static void try_manager(struct takeover *t, const struct deed *deed, const struct means *means)
{
    const struct account *manager = model_account(t->model, model_management_account(t->model));
    if (!manager || manager == deed->account || deed->rule == RULE_LEAVE ||
        outcome_of(t, deed->account, means, /* without_controls= */ true).openness != PROOF_OPEN)
        return;
    const struct deed detaching = {
        manager, RULE_DETACHED, deed->target,
        arena_printf(t->arena, "detaches the policy, after which whoever takes account %s over %s",
                     deed->account->name, deed->what),
        deed->pos};
    takeover_add(t, &detaching, PROOF_OPEN, NULL,
                 "only policies of the organization are in the way, and none holds in the account "
                 "that manages it");
}

static void try_deed(struct takeover *t, const struct deed *deed, struct means means)
{
    struct outcome outcome = outcome_of(t, deed->account, &means, /* without_controls= */ false);
    takeover_add(t, deed, outcome.openness, outcome.who, outcome.why);
    if (outcome.openness != PROOF_OPEN)
        try_manager(t, deed, &means);
}

/* ---- the account of a last vault ---- */

static const struct policy *policy_of_vault(struct takeover *t, const struct model_object *vault)
{
    const struct model_object *object = model_of_vault(t->model, "aws_backup_vault_policy", vault);
    return object ? model_policy(t->model, value_get(object->properties, "policy")) : NULL;
}

struct means means_of_points(struct takeover *t, const struct model_object *vault)
{
    static const char *const actions[] = {"backup:DeleteRecoveryPoint", NULL};
    const struct resource *r = vault->resource;
    return (struct means){.actions = actions,
                          .resource =
                              arena_printf(t->arena, "arn:%s:backup:%s:%s:recovery-point:any",
                                           r->account->partition, r->region, r->account->id),
                          .policy = policy_of_vault(t, vault)};
}

static struct means means_of_lock(struct takeover *t, const struct model_object *vault)
{
    static const char *const actions[] = {"backup:DeleteBackupVaultLockConfiguration",
                                          "backup:PutBackupVaultLockConfiguration", NULL};
    return (struct means){
        .actions = actions, .resource = vault->arn, .policy = policy_of_vault(t, vault)};
}

struct means means_of_policy(struct takeover *t, const struct model_object *vault)
{
    static const char *const actions[] = {"backup:PutBackupVaultAccessPolicy",
                                          "backup:DeleteBackupVaultAccessPolicy", NULL};
    return (struct means){
        .actions = actions, .resource = vault->arn, .policy = policy_of_vault(t, vault)};
}

struct means means_of_key(struct takeover *t, const struct model_object *key)
{
    static const char *const actions[] = {"kms:ScheduleKeyDeletion", "kms:DisableKey",
                                          "kms:PutKeyPolicy", NULL};
    return (struct means){.actions = actions,
                          .resource = key->arn,
                          .policy = model_policy(t->model, value_get(key->properties, "policy")),
                          .policy_decides = true};
}

const struct model_object *takeover_key_of(struct takeover *t, const struct model_object *vault)
{
    const struct model_object *key =
        model_find(t->model, value_get_str(vault->properties, "encryption_key_arn"));
    return key && !model_is_open(key) ? key : NULL;
}

static void try_points(struct takeover *t, const struct model_object *vault, bool locked)
{
    const struct resource *r = vault->resource;
    const struct deed deed = {r->account, RULE_NO_LOCK, r->address,
                              arena_printf(t->arena, "deletes the points in %s", r->address),
                              r->pos};
    if (locked)
        takeover_add(t, &deed, PROOF_CLOSED, NULL, "the vault is locked");
    else
        try_deed(t, &deed, means_of_points(t, vault));
}

static void try_lock(struct takeover *t, const struct model_object *vault,
                     const struct model_object *lock)
{
    int64_t grace = value_get_int(lock->properties, "changeable_for_days", 0);
    int64_t date = lock_date_observed(lock->properties);
    const struct resource *r = vault->resource;
    const struct deed deed = {r->account, RULE_GOVERNANCE, lock->resource->address,
                              arena_printf(t->arena, "takes the lock off %s", r->address),
                              lock->resource->pos};
    if (!date && grace == 0) {
        try_deed(t, &deed, means_of_lock(t, vault));
        return;
    }
    size_t before = t->len;
    takeover_add(
        t, &deed, PROOF_CLOSED, NULL,
        date ? arena_printf(t->arena, "it is permanent from %s on", time_iso(t->arena, date))
             : arena_printf(t->arena, "it is permanent once its %lld days of grace are over",
                            (long long)grace));
    if (t->len > before && date > t->now_ms)
        t->items[before].after = time_iso(t->arena, date);
    else if (t->len > before && !date)
        t->items[before].after = arena_printf(t->arena, "%lld days", (long long)grace);
}

static void try_policy(struct takeover *t, const struct model_object *vault)
{
    const struct resource *r = vault->resource;
    const struct deed deed = {r->account, RULE_VAULT_UNPROTECTED, r->address,
                              arena_printf(t->arena, "rewrites who may reach %s", r->address),
                              r->pos};
    try_deed(t, &deed, means_of_policy(t, vault));
}

static void try_key(struct takeover *t, const struct model_object *vault)
{
    const struct model_object *key = takeover_key_of(t, vault);
    if (!key)
        return;
    const struct resource *r = key->resource;
    const struct deed deed = {r->account, RULE_KEY_UNPROTECTED, r->address,
                              arena_printf(t->arena, "makes %s unusable, and %s unreadable with it",
                                           r->address, vault->resource->address),
                              r->pos};
    try_deed(t, &deed, means_of_key(t, key));
}

static void try_leaving(struct takeover *t, const struct model_object *vault)
{
    static const char *const actions[] = {"organizations:LeaveOrganization", NULL};
    const struct resource *r = vault->resource;
    const struct deed deed = {r->account, RULE_LEAVE, r->address,
                              "leaves the organization, whose policies then hold no longer",
                              r->pos};
    if (model_organization(t->model, r->account->id))
        try_deed(t, &deed, (struct means){.actions = actions, .resource = "*"});
}

static void try_vault(struct takeover *t, const struct model_object *vault)
{
    const struct model_object *lock = model_of_vault(t->model, "aws_backup_vault_lock", vault);
    bool air_gapped =
        str_eq(vault->resource->schema->type_name, "aws_backup_logically_air_gapped_vault");
    try_points(t, vault, lock || air_gapped);
    if (lock)
        try_lock(t, vault, lock);
    try_policy(t, vault);
    try_key(t, vault);
    try_leaving(t, vault);
    takeover_strangers(t, vault);
}

/* ---- the account that backups come from ---- */

static void try_flood(struct takeover *t, const struct account *source,
                      const struct model_object *vault)
{
    static const char *const actions[] = {"backup:CopyIntoBackupVault", NULL};
    const struct model_object *lock = model_of_vault(t->model, "aws_backup_vault_lock", vault);
    const struct resource *r = vault->resource;
    if (!lock || source == r->account)
        return;
    const struct deed deed = {
        source, RULE_LOCK_NO_MAX, r->address,
        arena_printf(t->arena, "fills %s with points that nobody can ever delete", r->address),
        lock->resource->pos};
    int64_t max = value_get_int(lock->properties, "max_retention_days", 0);
    struct ask_answer answer;
    const struct ask question = {.role = takeover_intruder(t, source),
                                 .action = actions[0],
                                 .resource = vault->arn,
                                 .resource_policy = policy_of_vault(t, vault),
                                 .as_if_all_rights = true};
    ask(t->model, &question, &answer);
    if (max > 0)
        takeover_add(
            t, &deed, PROOF_CLOSED, NULL,
            arena_printf(t->arena, "the lock lets points live %lld days at most", (long long)max));
    else if (answer.verdict == ASK_YES)
        takeover_add(t, &deed, PROOF_OPEN, NULL, "the lock names no longest retention");
    else
        takeover_add(t, &deed, PROOF_CLOSED, NULL, answer.why);
}

static void try_silence(struct takeover *t, const struct account *source, const char *by,
                        const struct model_object *vault)
{
    const struct resource *r = vault->resource;
    const struct deed deed = {
        source, RULE_NO_ALARM_OUTSIDE, r->address,
        arena_printf(t->arena, "stops %s, and nothing in account %s notices", by, r->account->name),
        r->pos};
    if (source == r->account)
        return;
    const char *unwatched = vault_unwatched(t->model, vault, source);
    takeover_add(t, &deed, unwatched ? PROOF_OPEN : PROOF_CLOSED, NULL,
                 unwatched ? unwatched
                           : arena_printf(t->arena,
                                          "account %s has an alarm that rings when no copy comes",
                                          r->account->name));
}

void takeovers(struct model *model, int64_t now_ms, const struct proof_path *paths, size_t path_len,
               const struct proof_threat **ret, size_t *ret_len)
{
    struct takeover t = {.model = model, .arena = model->arena, .now_ms = now_ms};
    struct map vaults;
    map_init(&t.seen, model->arena);
    map_init(&t.strangers, model->arena);
    map_init(&vaults, model->arena);
    for (size_t i = 0; i < path_len; i++) {
        const struct model_object *vault = model_find(model, paths[i].last_vault);
        const struct model_object *plan = model_at(model, paths[i].plan);
        if (!vault || model_is_open(vault) || !plan)
            continue;
        try_flood(&t, plan->resource->account, vault);
        try_silence(&t, plan->resource->account, paths[i].relay ? paths[i].relay : paths[i].plan,
                    vault);
        if (!map_get(&vaults, vault->arn))
            try_vault(&t, vault);
        map_set(&vaults, vault->arn, &t);
    }
    *ret = t.items;
    *ret_len = t.len;
}
