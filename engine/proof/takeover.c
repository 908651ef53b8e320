/* Who could destroy it: for each account of the topology, what somebody could do to the last vaults
 * who has taken that account over, with every right that the account itself can give. */
#include "engine/proof/takeover.h"

#include <string.h>

#include "engine/aws/backup_types.h"
#include "engine/aws/tags.h"
#include "engine/base/clock.h"
#include "engine/plan/lock.h"
#include "engine/proof/retention.h"
#include "engine/proof/takeover_rows.h"

/* ---- rows ---- */

/* In place of its id, where nobody has named it. */
#define MANAGER "management account"

static const char *whoever(struct takeover *t, const struct account *account)
{
    if (model_account(t->model, account->id))
        return arena_printf(t->arena, "whoever takes account %s over", account->name);
    if (str_eq(account->id, "*"))
        return "anybody, of any account,";
    if (str_eq(account->id, MANAGER))
        return "whoever takes the " MANAGER " over";
    bool digits = strspn(account->id, "0123456789") == strlen(account->id);
    return arena_printf(t->arena,
                        digits ? "whoever takes account %s over" : "whomever %s vouches for",
                        account->id);
}

static const char *key_of(struct takeover *t, const struct deed *deed)
{
    return arena_printf(t->arena, "%s|%s", deed->account->id, deed->what);
}

bool takeover_has(struct takeover *t, const struct deed *deed)
{
    return map_get(&t->seen, key_of(t, deed)) != NULL;
}

struct proof_threat *takeover_add(struct takeover *t, const struct deed *deed,
                                  enum proof_openness openness, const char *who, const char *reason)
{
    const char *key = key_of(t, deed);
    const struct model_object *target = model_at(t->model, deed->target);
    bool unread = target && target->sight && target->sight->state == SIGHT_UNREAD;
    if (map_get(&t->seen, key))
        return NULL;
    map_set(&t->seen, key, t);
    t->items = arena_grow(t->arena, t->items, t->len, &t->cap, t->len + 1, sizeof(*t->items));
    struct proof_threat *threat = &t->items[t->len++];
    *threat = (struct proof_threat){
        .account = deed->account,
        .whoever = whoever(t, deed->account),
        .rule = rule_of(deed->rule),
        .target = deed->target,
        .what = deed->what,
        .pos = deed->pos,
        .openness = openness,
        .who = who,
        .reason = unread ? arena_printf(t->arena, "%s (as the file says: %s was not read)", reason,
                                        deed->target)
                         : reason};
    return threat;
}

const struct account *takeover_account(struct takeover *t, const char *id, const char *partition,
                                       const char *name)
{
    const struct account *known = model_account(t->model, id);
    struct account *stranger = map_get(&t->strangers, id);
    if (known || stranger)
        return known ? known : stranger;
    stranger = arena_new_of(t->arena, struct account);
    *stranger = (struct account){.name = name, .id = id, .partition = partition};
    map_set(&t->strangers, id, stranger);
    return stranger;
}

static const char *names_of(struct takeover *t, const struct outcome *outcome)
{
    const char *names = NULL;
    for (size_t i = 0; i < outcome->exempt_len; i++) {
        const struct exempt *e = &outcome->exempt[i];
        names = names ? arena_printf(t->arena, "%s, %s", names, exempt_name(e)) : exempt_name(e);
    }
    return names;
}

#define PLACES_MAX 4

/* Whether the account puts somebody in the place of a role or a user: by changing it, or as
 * somebody whom the role trusts, in whose place it may put somebody first. */
static struct outcome outcome_of_place(struct takeover *t, const struct account *account,
                                       const char *place, size_t places_left)
{
    const struct means means = means_of_place(place);
    const struct model_role *role = model_role(t->model, place);
    const struct outcome changed = takeover_outcome(t, account, &means, false);
    if (changed.openness == PROOF_OPEN || !role || !role->trust || places_left == 0)
        return changed;
    const struct means trusted = means_of_taking_on(place, role->trust);
    const struct outcome taken = takeover_outcome(t, account, &trusted, false);
    if (taken.openness == PROOF_OPEN)
        return taken;
    for (size_t i = 0; i < taken.exempt_len; i++) {
        const struct exempt *e = &taken.exempt[i];
        if (place_is_reserved(e->place) || str_eq(e->place, place))
            continue;
        struct outcome before = outcome_of_place(t, account, e->place, places_left - 1);
        before.why = arena_printf(t->arena, "sts:AssumeRole is left to %s, and %s", exempt_name(e),
                                  before.why);
        if (before.openness == PROOF_OPEN)
            return before;
    }
    return changed;
}

/* A break-glass principal keeps an account from nothing that can put somebody in its place. */
static void try_place(struct takeover *t, const struct deed *deed, const struct exempt *exempt)
{
    struct deed place = *deed;
    place.rule = RULE_BREAK_GLASS_REACHED;
    place.what = arena_printf(t->arena, "takes the place of %s",
                              exempt->many ? exempt->text : exempt->place);
    if (place_is_reserved(exempt->place)) {
        takeover_add(t, &place, PROOF_CLOSED, NULL, "IAM lets nobody of the account change it");
        return;
    }
    const struct outcome outcome = outcome_of_place(t, deed->account, exempt->place, PLACES_MAX);
    takeover_conclude(t, &place, &outcome);
}

void takeover_conclude(struct takeover *t, const struct deed *deed, const struct outcome *outcome)
{
    if (!takeover_add(t, deed, outcome->openness, names_of(t, outcome), outcome->why))
        return;
    for (size_t i = 0; i < outcome->exempt_len; i++)
        try_place(t, deed, &outcome->exempt[i]);
}

/* ---- what guards a last vault ---- */

#define ANY_ID "00000000-0000-4000-8000-000000000000"

/* Of the resources that a selection takes: a type that its patterns may stand for, or that has the
 * tags. */
static bool may_take(const struct model_object *selection, const struct backup_type *type)
{
    const struct value *patterns = value_get(selection->properties, "resources");
    const struct value *others = value_get(selection->properties, "not_resources");
    bool any = value_len(value_get(selection->properties, "list_of_tags")) > 0;
    for (size_t i = 0; i < value_len(patterns) && !any; i++)
        any = backup_type_meets(type, value_str(value_item(patterns, i)));
    for (size_t i = 0; i < value_len(others) && any; i++)
        any = !backup_type_is_within(type, value_str(value_item(others, i)));
    return any;
}

static bool may_arrive(struct takeover *t, const struct model_object *vault,
                       const struct backup_type *type)
{
    for (size_t i = 0; i < t->path_len; i++) {
        const struct model_object *selection = model_at(t->model, t->paths[i].selection);
        if (selection && str_eq(t->paths[i].last_vault, vault->arn) && may_take(selection, type))
            return true;
    }
    return false;
}

/* Of types that AWS Backup does not manage fully the points are snapshots of the resource's own
 * service, and so are their ARNs. */
static const char *const *points_of(struct takeover *t, const struct model_object *vault)
{
    const struct resource *r = vault->resource;
    const struct account *a = r->account;
    size_t type_len = 0, len = 0;
    const struct backup_type *types = backup_types(&type_len);
    const char **list = arena_array(t->arena, type_len + 2, sizeof(*list));
    struct map seen;
    map_init(&seen, t->arena);
    for (size_t i = 0; i < type_len; i++) {
        const char *point = backup_point_arn(t->arena, &types[i], a->partition, r->region, a->id,
                                             ANY_ID, /* is_copy= */ true);
        if (!types[i].copies || map_get(&seen, point) || !may_arrive(t, vault, &types[i]))
            continue;
        map_set(&seen, point, &seen);
        list[len++] = point;
    }
    if (len == 0)
        list[len++] = arena_printf(t->arena, "arn:%s:backup:%s:%s:recovery-point:" ANY_ID,
                                   a->partition, r->region, a->id);
    return list;
}

static struct last last_of(struct takeover *t, const struct model_object *vault)
{
    const struct model_object *policy = model_of_vault(t->model, "aws_backup_vault_policy", vault);
    const struct model_object *key =
        model_find(t->model, value_get_str(vault->properties, "encryption_key_arn"));
    return (struct last){
        .vault = vault,
        .lock = model_of_vault(t->model, "aws_backup_vault_lock", vault),
        .key = key && !model_is_open(key) ? key : NULL,
        .policy = policy ? model_policy(t->model, value_get(policy->properties, "policy")) : NULL,
        .points = points_of(t, vault),
        .air_gapped =
            str_eq(vault->resource->schema->type_name, "aws_backup_logically_air_gapped_vault"),
    };
}

const char *lock_final_after(struct takeover *t, const struct last *last)
{
    if (last->air_gapped)
        return "";
    if (!last->lock)
        return NULL;
    int64_t grace = value_get_int(last->lock->properties, "changeable_for_days", 0);
    int64_t date = lock_date_observed(last->lock->properties);
    if (date && date - t->now_ms <= GRACE_LONG_DAYS * DAY_MS)
        return date > t->now_ms ? time_iso(t->arena, date) : "";
    return !date && grace && grace <= GRACE_LONG_DAYS
               ? arena_printf(t->arena, "%lld days", (long long)grace)
               : NULL;
}

struct means means_of_points(const struct last *last)
{
    static const char *const actions[] = {"backup:DeleteRecoveryPoint",
                                          "backup:UpdateRecoveryPointLifecycle", NULL};
    return (struct means){.actions = actions,
                          .resource = last->points[0],
                          .more_resources = last->points + 1,
                          .policy = last->policy,
                          .vault = last->vault};
}

#define WEAKEST_MIN 1
#define WEAKEST_MAX 36500

/* A bound of a new lock: as it is, as weak as can be, or none. */
static void put_bound(struct map_builder *b, const char *key, int64_t now, int64_t weakest,
                      int choice)
{
    if (choice == 2 || (choice == 0 && now == 0))
        map_put(b, key, value_null());
    else
        map_put_int(b, key, choice == 0 ? now : weakest);
}

/* Every weaker lock that somebody might put in its place. */
static const struct value *const *weaker_locks(struct takeover *t, const struct value *lock)
{
    int64_t min = value_get_int(lock, "min_retention_days", 0);
    int64_t max = value_get_int(lock, "max_retention_days", 0);
    const struct value **list = arena_array(t->arena, 10, sizeof(const struct value *));
    size_t len = 0;
    for (int i = 0; i < (min ? 3 : 1); i++)
        for (int k = 0; k < (max ? 3 : 1); k++) {
            struct map_builder b = map_begin(t->arena);
            put_bound(&b, "backup:MinRetentionDays", min, WEAKEST_MIN, i);
            put_bound(&b, "backup:MaxRetentionDays", max, WEAKEST_MAX, k);
            if (i || k)
                list[len++] = map_end(&b);
        }
    return len ? list : NULL;
}

struct means means_of_lock(struct takeover *t, const struct last *last)
{
    static const char *const actions[] = {"backup:DeleteBackupVaultLockConfiguration",
                                          "backup:PutBackupVaultLockConfiguration", NULL};
    return (struct means){.actions = actions,
                          .resource = last->vault->arn,
                          .policy = last->policy,
                          .vault = last->vault,
                          .contexts = weaker_locks(t, last->lock->properties)};
}

struct means means_of_policy(const struct model_object *vault, const struct policy *policy)
{
    static const char *const actions[] = {"backup:PutBackupVaultAccessPolicy",
                                          "backup:DeleteBackupVaultAccessPolicy", NULL};
    return (struct means){.actions = actions, .resource = vault->arn, .policy = policy};
}

#define OUR_TAG "aws:ResourceTag/" TAG_TOPOLOGY

/* The tag by which policies of the organization know a key, where nobody of its account can change
 * it. */
static const struct value *const *kept_tag(struct takeover *t, const struct model_object *key,
                                           const struct policy *policy)
{
    static const char *const actions[] = {"kms:TagResource", "kms:UntagResource", NULL};
    const char *topology = value_get_str(value_get(key->properties, "tags"), TAG_TOPOLOGY);
    const struct value **tagging = arena_array(t->arena, 2, sizeof(const struct value *));
    const struct value **kept = arena_array(t->arena, 2, sizeof(const struct value *));
    struct list_builder keys = list_begin(t->arena);
    struct map_builder b = map_begin(t->arena);
    list_add_str(&keys, TAG_TOPOLOGY);
    map_put(&b, "aws:TagKeys", list_end(&keys));
    tagging[0] = map_end(&b);
    kept[0] = topology ? value_map_text(t->arena, OUR_TAG, topology) : NULL;
    const struct means means = {.actions = actions,
                                .resource = key->arn,
                                .policy = policy,
                                .policy_decides = true,
                                .contexts = tagging};
    return topology &&
                   takeover_outcome(t, key->resource->account, &means, false).openness != PROOF_OPEN
               ? kept
               : NULL;
}

struct means means_of_key(struct takeover *t, const struct model_object *key)
{
    static const char *const actions[] = {"kms:ScheduleKeyDeletion", "kms:DisableKey",
                                          "kms:PutKeyPolicy", NULL};
    const struct policy *policy = model_policy(t->model, value_get(key->properties, "policy"));
    return (struct means){.actions = actions,
                          .resource = key->arn,
                          .policy = policy,
                          .policy_decides = true,
                          .contexts = kept_tag(t, key, policy)};
}

/* ---- the account of a last vault ---- */

/* NULL: nobody has named it. */
static const struct account *manager_of(struct takeover *t, const struct account *member)
{
    const char *id = model_management_account(t->model);
    return id ? takeover_account(t, id, member->partition, MANAGER) : NULL;
}

/* Where nothing but the organization's policies is in the way: whoever manages it detaches them. */
static void try_manager(struct takeover *t, const struct deed *deed, const struct means *means)
{
    const struct account *manager = manager_of(t, deed->account);
    if (!manager || manager == deed->account || deed->rule == RULE_LEAVE ||
        deed->rule == RULE_CLOSE ||
        takeover_outcome(t, deed->account, means, /* without_controls= */ true).openness !=
            PROOF_OPEN)
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
    struct outcome outcome =
        takeover_outcome(t, deed->account, &means, /* without_controls= */ false);
    size_t at = t->len;
    takeover_conclude(t, deed, &outcome);
    if (t->len > at)
        t->items[at].actions = means.actions;
    if (outcome.openness != PROOF_OPEN)
        try_manager(t, deed, &means);
}

static void add_final(struct takeover *t, const struct deed *deed, const char *after,
                      const char *reason)
{
    struct proof_threat *threat = takeover_add(t, deed, PROOF_CLOSED, NULL, reason);
    if (threat && *after)
        threat->after = after;
}

/* Under a lock that can be taken off, that comes first. */
static void try_points(struct takeover *t, const struct last *last)
{
    const struct resource *r = last->vault->resource;
    const char *final = lock_final_after(t, last);
    const struct means points = means_of_points(last);
    const struct deed deed = {r->account, RULE_NO_LOCK, r->address,
                              arena_printf(t->arena, "deletes the points in %s", r->address),
                              r->pos};
    if (final) {
        add_final(t, &deed, final, "the vault is locked");
    } else if (last->lock) {
        const struct means lock = means_of_lock(t, last);
        const struct outcome lifted = takeover_outcome(t, r->account, &lock, false);
        const struct outcome deleted = takeover_outcome(t, r->account, &points, false);
        struct deed unlocked = deed;
        unlocked.rule = RULE_GOVERNANCE;
        takeover_conclude(t, &unlocked, outcome_harder(&lifted, &deleted));
    } else {
        try_deed(t, &deed, points);
    }
}

static void try_lock(struct takeover *t, const struct last *last)
{
    const char *final = lock_final_after(t, last);
    const struct resource *r = last->vault->resource;
    if (!last->lock)
        return;
    const struct deed deed = {r->account, RULE_GOVERNANCE, last->lock->resource->address,
                              arena_printf(t->arena, "takes the lock off %s", r->address),
                              last->lock->resource->pos};
    int64_t date = lock_date_observed(last->lock->properties);
    if (final)
        add_final(
            t, &deed, final,
            date ? arena_printf(t->arena, "it is permanent from %s on", time_iso(t->arena, date))
                 : arena_printf(t->arena, "it is permanent once its %s of grace are over", final));
    else
        try_deed(t, &deed, means_of_lock(t, last));
}

static void try_policy(struct takeover *t, const struct last *last)
{
    const struct resource *r = last->vault->resource;
    const struct deed deed = {r->account, RULE_VAULT_UNPROTECTED, r->address,
                              arena_printf(t->arena, "rewrites who may reach %s", r->address),
                              r->pos};
    try_deed(t, &deed, means_of_policy(last->vault, last->policy));
}

/* What the topology does not make it cannot vouch for. */
static void try_unknown(struct takeover *t, const struct account *account, const char *target,
                        struct source_pos pos, const char *what, const char *thing)
{
    const struct deed deed = {account, RULE_GUARD_UNKNOWN, target, what, pos};
    takeover_add(t, &deed, PROOF_OPEN, NULL,
                 arena_printf(t->arena,
                              "the topology does not make %s, and nobody has read what "
                              "guards it",
                              thing));
}

static void try_unknown_key(struct takeover *t, const struct last *last)
{
    const char *arn = value_get_str(last->vault->properties, "encryption_key_arn");
    const char *owner = arn ? model_account_of(t->arena, arn) : NULL;
    const struct resource *r = last->vault->resource;
    const struct model_object *named = model_find(t->model, arn);
    if (!owner)
        return;
    try_unknown(t, takeover_account(t, owner, r->account->partition, "a stranger"), r->address,
                r->pos, arena_printf(t->arena, "makes what lies in %s unreadable", r->address),
                named ? named->resource->address : arn);
}

static void try_key(struct takeover *t, const struct last *last)
{
    if (!last->key) {
        try_unknown_key(t, last);
        return;
    }
    const struct resource *r = last->key->resource;
    const struct deed deed = {r->account, RULE_KEY_UNPROTECTED, r->address,
                              arena_printf(t->arena, "makes %s unusable, and %s unreadable with it",
                                           r->address, last->vault->resource->address),
                              r->pos};
    try_deed(t, &deed, means_of_key(t, last->key));
}

/* Copies between accounts are copies within an organization, whether the file declares it or not.
 */
static bool in_organization(struct takeover *t, const struct last *last)
{
    const struct account *account = last->vault->resource->account;
    return model_organization(t->model, account->id) ||
           feeders_cross(&t->feeders, last->vault, account);
}

static void try_leaving(struct takeover *t, const struct last *last)
{
    const struct resource *r = last->vault->resource;
    const struct deed deed = {r->account, RULE_LEAVE, r->address,
                              "leaves the organization, whose policies then hold no longer",
                              r->pos};
    if (in_organization(t, last))
        try_deed(t, &deed, means_of_leaving());
}

/* The organization's policies bind the root of a member, and only they do: of an account that
 * stands in none nothing does. */
static void try_closing(struct takeover *t, const struct last *last)
{
    static const char *const actions[] = {"account:CloseAccount", NULL};
    const struct resource *r = last->vault->resource;
    const struct deed deed = {
        r->account, RULE_CLOSE, r->address,
        "closes the account, whose vaults are gone 90 days later, with what a lock keeps", r->pos};
    try_deed(t, &deed, (struct means){.actions = actions, .resource = "*", .by_root_only = true});
}

/* Every member that the organization made trusts it with every right, and it can close any. */
static void try_reach(struct takeover *t, const struct last *last)
{
    const struct resource *r = last->vault->resource;
    const struct account *manager = manager_of(t, r->account);
    if (!manager)
        manager = takeover_account(t, MANAGER, r->account->partition, MANAGER);
    if (!in_organization(t, last) || manager == r->account)
        return;
    const struct deed deed = {
        manager, RULE_MANAGER_REACHES, r->address,
        arena_printf(t->arena, "does in account %s what whoever takes that over does, or closes it",
                     r->account->name),
        r->pos};
    takeover_add(t, &deed, PROOF_OPEN, NULL,
                 "its members trust it by OrganizationAccountAccessRole, it can act as their root, "
                 "and 90 days after an account was closed even locked points are gone");
}

static void flood_by(struct takeover *t, const struct account *account, const struct last *last)
{
    const struct flooder flooder = {account, account, NULL, /* stranger= */ false};
    takeover_flood(t, &flooder, last);
}

static void try_vault(struct takeover *t, const struct last *last)
{
    try_points(t, last);
    try_lock(t, last);
    try_policy(t, last);
    try_key(t, last);
    try_leaving(t, last);
    try_closing(t, last);
    try_reach(t, last);
    flood_by(t, last->vault->resource->account, last);
    takeover_strangers(t, last);
}

/* ---- the accounts that backups come from: of the plan, and of the relay ---- */

/* What is worth nothing arrives as well as what is, and no metric tells them apart. */
static void try_worthless(struct takeover *t, const struct account *source,
                          const struct resource *vault)
{
    const struct deed deed = {
        source, RULE_WORTHLESS, vault->address,
        arena_printf(t->arena, "keeps the alarm on %s quiet with points that are worth nothing",
                     vault->address),
        vault->pos};
    takeover_add(t, &deed, PROOF_OPEN, NULL,
                 "the alarm counts what arrives, and cannot say of what it is a backup");
}

static void try_silence(struct takeover *t, const struct account *source, const char *by,
                        const struct model_object *vault)
{
    const struct resource *r = vault->resource;
    const struct deed deed = {
        source, RULE_NO_ALARM_OUTSIDE, r->address,
        arena_printf(t->arena, "stops %s, and nothing in account %s notices", by, r->account->name),
        r->pos};
    if (source == r->account || takeover_has(t, &deed))
        return;
    const char *unwatched = vault_unwatched(t->model, vault, source, &t->feeders);
    struct proof_threat *threat = takeover_add(
        t, &deed, unwatched ? PROOF_OPEN : PROOF_CLOSED, NULL,
        unwatched ? unwatched
                  : arena_printf(t->arena, "account %s has an alarm that rings when no copy comes",
                                 r->account->name));
    threat->unnoticed = true;
    if (!unwatched)
        try_worthless(t, source, r);
}

/* ---- a path ---- */

/* A last vault of which there is a name and no more. */
static void try_named(struct takeover *t, const struct proof_path *path,
                      const struct model_object *vault, const struct model_object *plan)
{
    const char *owner = model_account_of(t->arena, path->last_vault);
    const char *name = vault ? vault->resource->address : path->last_vault;
    if (owner)
        try_unknown(t, takeover_account(t, owner, plan->resource->account->partition, "a stranger"),
                    vault ? name : path->plan, vault ? vault->resource->pos : plan->resource->pos,
                    arena_printf(t->arena, "destroys what lies in %s", name), name);
}

static void try_path(struct takeover *t, const struct proof_path *path, struct map *vaults)
{
    const struct model_object *vault = model_find(t->model, path->last_vault);
    const struct model_object *plan = model_at(t->model, path->plan);
    if (!path->last_vault || !plan)
        return;
    const struct account *sources[] = {plan->resource->account, path->relay_account};
    size_t source_len = sources[1] && sources[1] != sources[0] ? 2 : 1;
    for (size_t i = 0; vault && i < source_len; i++)
        try_silence(t, sources[i], path->relay ? path->relay : path->plan, vault);
    if (!vault || model_is_open(vault)) {
        try_named(t, path, vault, plan);
        return;
    }
    struct last *last = map_get(vaults, vault->arn);
    bool is_new = !last;
    if (is_new) {
        last = arena_new_of(t->arena, struct last);
        *last = last_of(t, vault);
        map_set(vaults, vault->arn, last);
    }
    for (size_t i = 0; i < source_len; i++)
        if (sources[i] != vault->resource->account)
            flood_by(t, sources[i], last);
    if (is_new)
        try_vault(t, last);
}

void takeovers(struct model *model, int64_t now_ms, const struct proof_path *paths, size_t path_len,
               const struct proof_threat **ret, size_t *ret_len)
{
    struct takeover t = {.model = model,
                         .arena = model->arena,
                         .now_ms = now_ms,
                         .paths = paths,
                         .path_len = path_len};
    struct map vaults;
    map_init(&t.seen, model->arena);
    map_init(&t.strangers, model->arena);
    map_init(&vaults, model->arena);
    feeders_init(&t.feeders, model, paths, path_len);
    for (size_t i = 0; i < path_len; i++)
        try_path(&t, &paths[i], &vaults);
    *ret = t.items;
    *ret_len = t.len;
}
