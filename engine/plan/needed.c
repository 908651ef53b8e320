/* What may not be deleted, since something that stays needs it. */

#include "engine/plan/items.h"

/* ---- keys of vaults ---- */

static bool would_lose_data(const struct item *item)
{
    return item->verdict == VERDICT_DELETE && item->schema->holds_data;
}

/* What is external may be the very object that is recorded elsewhere: both have its ARN. */
static bool is_same_object(const struct item *a, const struct item *b)
{
    const char *arn = value_get_str(a->attributes, "arn");
    return arn && str_eq(arn, value_get_str(b->attributes, "arn"));
}

static void block_deletion(struct builder *b, struct item *need, const struct item *user)
{
    if (!need || need == user || !would_lose_data(need) || need->blocked)
        return;
    need->blocked =
        is_same_object(need, user)
            ? arena_printf(b->arena, "%s, which is external, is that object: `state rm %s` lets go",
                           user->address, need->address)
            : arena_printf(b->arena, "%s stays and needs it", user->address);
}

/* ARN -> what would be deleted, and holds data. False: nothing. */
static bool find_losses(struct builder *b, struct map *ret)
{
    bool any = false;
    map_init(ret, b->arena);
    for (size_t i = 0; i < b->len; i++) {
        struct item *item = &b->items[i];
        const char *arn = value_get_str(item->attributes, "arn");
        any = any || would_lose_data(item);
        if (arn && would_lose_data(item))
            map_set(ret, arn, item);
    }
    return any;
}

/* A key is never scheduled for deletion while a vault that stays was made with it: its points would
 * become unreadable, and a lock does not protect them from that. Of a vault that is not recorded,
 * as one that is external, AWS tells its key. */
static void keep_needed(struct builder *b)
{
    struct map losses;
    if (!find_losses(b, &losses))
        return;
    for (size_t i = 0; i < b->len; i++) {
        const struct item *user = &b->items[i];
        bool holds =
            user->schema->holds_data || (user->record_schema && user->record_schema->holds_data);
        if (!holds || !user->attributes || user->verdict == VERDICT_DELETE)
            continue;
        for (size_t d = 0; user->record && d < user->record->depends_on_len; d++)
            block_deletion(b, item_find(b, user->record->depends_on[d]), user);
        for (size_t a = 0; a < value_len(user->attributes); a++) {
            const char *text = value_str(user->attributes->map.entries[a].value);
            block_deletion(b, text ? map_get(&losses, text) : NULL, user);
        }
    }
}

/* ---- the key of the state ---- */

static bool stands_with_state(const struct builder *b, const struct item *item)
{
    const struct shared_state *state = b->input->topology->shared_state;
    return str_eq(item->record->account_id, state->account->id) &&
           str_eq(item->record->region, state->region);
}

static bool names_arn(const struct value *v, const char *arn)
{
    if (value_is(v, VALUE_LIST))
        for (size_t i = 0; i < value_len(v); i++)
            if (str_eq(value_str(value_item(v, i)), arn))
                return true;
    return str_eq(value_str(v), arn);
}

/* By what it will be under, which `kms_key` names by an id, an alias, or the ARN of one of them;
 * or by what it is under, whatever the file says by now. */
static bool encrypts_state(const struct builder *b, const struct item *item)
{
    const char *named = b->input->topology->shared_state->kms_key;
    const char *arn = value_get_str(item->attributes, "arn");
    if (arn && (str_eq(named, arn) || names_arn(b->input->state_keys, arn)))
        return true;
    return named && item->record && stands_with_state(b, item) && str_eq(named, item->identifier);
}

static bool is_turned_off(const struct item *item)
{
    bool writes = item->verdict == VERDICT_UPDATE || item->verdict == VERDICT_ADOPT;
    return writes && diff_find(&item->diff, "/enabled") &&
           !value_get_bool(item->after, "enabled", true);
}

static void block_for_state(struct item *item)
{
    bool goes = item->verdict == VERDICT_DELETE || item->verdict == VERDICT_REPLACE;
    if ((goes || is_turned_off(item)) && !item->blocked)
        item->blocked = "the state is encrypted under it, and nobody could read it any more; apply "
                        "once with another `kms_key` first, then it may go";
}

/* Which key opens a state that is enforced, its alias says: another one opens nothing. */
static void block_turned_alias(const struct builder *b, struct item *item)
{
    bool turns =
        item->verdict == VERDICT_UPDATE && diff_find(&item->diff, "/target_key_id") != NULL;
    if (turns && b->input->topology->shared_state->enforced && !item->blocked)
        item->blocked = "the state is encrypted under the key that it leads to, and nobody could "
                        "read it any more; set `enforced: false` for this apply and one more "
                        "after it";
}

/* With the key would go all that anybody knows of what stays. */
static void keep_key_of_state(struct builder *b)
{
    const struct topology *topology = b->input->topology;
    if (!topology || !topology->shared_state)
        return;
    for (size_t i = 0; i < b->len; i++) {
        struct item *item = &b->items[i];
        if (!encrypts_state(b, item))
            continue;
        block_for_state(item);
        block_turned_alias(b, item);
        if (!item->record)
            continue;
        for (size_t d = 0; d < item->record->depends_on_len; d++) { /* of an alias: its key */
            struct item *need = item_find(b, item->record->depends_on[d]);
            if (need && need->record_schema && need->schema->holds_data)
                block_for_state(need);
        }
    }
}

/* ---- the bucket of the state ---- */

/* S3 would not delete it either: what can be known before is not found out halfway. */
static void keep_bucket_of_state(struct builder *b)
{
    const struct topology *topology = b->input->topology;
    if (!topology || !topology->shared_state)
        return;
    for (size_t i = 0; i < b->len; i++) {
        struct item *item = &b->items[i];
        if (item->verdict == VERDICT_DELETE && !item->blocked &&
            str_eq(item->record_schema->type_name, "aws_s3_bucket") &&
            str_eq(item->record->identifier, topology->shared_state->bucket))
            item->blocked = "the state is in it";
    }
}

/* ---- policies of roles ---- */

/* The role, as it stands, has the policy attached or is bound by it. */
static bool is_attached(const struct item *role, const struct item *policy)
{
    const char *arn = value_get_str(policy->attributes, "arn");
    return arn && (names_arn(value_get(role->attributes, "managed_policy_arns"), arn) ||
                   names_arn(value_get(role->attributes, "permissions_boundary"), arn));
}

static bool is_replaced_by_its_name(const struct builder *b, const struct item *item)
{
    return item && item->verdict == VERDICT_REPLACE &&
           str_eq(item_standing_schema(item)->type_name, "aws_iam_policy") &&
           !item_creates_first(b, item);
}

/* AWS deletes no policy that is attached, and two of one name cannot stand side by side: a role
 * that keeps it would be in the way of its replacement for ever. */
static void keep_attached(struct builder *b)
{
    for (size_t i = 0; i < b->len; i++) {
        const struct item *role = &b->items[i];
        bool goes = role->verdict == VERDICT_REPLACE && !item_creates_first(b, role);
        if (!role->desired || !role->attributes || goes)
            continue;
        for (size_t d = 0; d < role->resource->depends_on_len; d++) {
            struct item *policy = item_find(b, role->resource->depends_on[d]);
            if (is_replaced_by_its_name(b, policy) && is_attached(role, policy))
                policy->blocked = arena_printf(
                    b->arena,
                    "it would have to be deleted first, and AWS deletes no policy that is "
                    "attached, as it is to %s; with another name too, the new one is made first",
                    role->address);
        }
    }
}

void items_keep_needed(struct builder *b)
{
    keep_needed(b);
    keep_key_of_state(b);
    keep_bucket_of_state(b);
    keep_attached(b);
}
