#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

static const char *const administer[] = {
    "kms:Create*",
    "kms:Describe*",
    "kms:Enable*",
    "kms:List*",
    "kms:Put*",
    "kms:Update*",
    "kms:Revoke*",
    "kms:Disable*",
    "kms:Get*",
    "kms:Delete*",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion",
    NULL,
};
static const char *const use[] = {
    "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey", NULL,
};
static const char *const grant[] = {"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant", NULL};
static const char *const everything[] = {"kms:*", NULL};
static const char *const destroy[] = {"kms:ScheduleKeyDeletion", "kms:DisableKey",
                                      "kms:PutKeyPolicy", NULL};

/* Roles as ARNs; role/NAME is one of the key's account. */
static const struct value *administrators(struct lowering *lw, const struct instance *in,
                                          const struct value *list)
{
    struct list_builder arns = list_begin(lw->arena);
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        const char *text = value_str(item);
        if (text && str_starts(text, "role/"))
            item = value_at(lw->arena,
                            value_stringf(lw->arena, "arn:%s:iam::%s:%s", in->account->partition,
                                          in->account->id, text),
                            item->pos);
        else
            item = ref_value(lw, in, "roles", item, "arn");
        if (item)
            list_add(&arns, item);
    }
    return list_end(&arns);
}

static const struct value *users(struct lowering *lw, const struct instance *in,
                                 const struct value *share_with)
{
    struct account_list shared = {0};
    struct list_builder roots = list_begin(lw->arena);
    list_add_str(&roots, account_root(lw, in->account));
    for (size_t i = 0; i < value_len(share_with); i++)
        accounts_add(lw, &shared, value_item(share_with, i));
    for (size_t i = 0; i < shared.len; i++)
        if (!str_eq(shared.items[i]->id, in->account->id))
            list_add_str(&roots, account_root(lw, shared.items[i]));
    return list_end(&roots);
}

static const struct value *key_policy(struct lowering *lw, const struct instance *in)
{
    struct arena *arena = lw->arena;
    const struct value *all = value_string(arena, "*");
    const struct value *admins = as_list(lw, value_get(in->body, "administrators"));
    const struct value *share = as_list(lw, value_get(in->body, "share_with"));
    const struct value *root = value_string(arena, account_root(lw, in->account));
    const struct value *roots = users(lw, in, share);
    struct list_builder list = list_begin(arena);
    list_add(&list, iam_statement(arena, "Enable IAM User Permissions", "Allow",
                                  iam_aws(arena, root), everything, all, NULL));
    if (value_len(admins) > 0)
        list_add(&list,
                 value_at(arena,
                          iam_statement(arena, "Allow access for Key Administrators", "Allow",
                                        iam_aws(arena, administrators(lw, in, admins)), administer,
                                        all, NULL),
                          admins->pos));
    struct source_pos pos = place_or(share, in->entry->pos);
    list_add(&list, value_at(arena,
                             iam_statement(arena, "Allow use of the key", "Allow",
                                           iam_aws(arena, roots), use, all, NULL),
                             pos));
    const struct value *for_aws =
        iam_condition(arena, "Bool", "kms:GrantIsForAWSResource", value_string(arena, "true"));
    list_add(&list, value_at(arena,
                             iam_statement(arena, "Allow attachment of persistent resources",
                                           "Allow", iam_aws(arena, roots), grant, all, for_aws),
                             pos));
    const struct value *protect = protect_statement(lw, in, "Protect the key from loss", destroy);
    if (protect)
        list_add(&list, protect);
    return value_at(arena, iam_document(arena, "cab-kms-key", list_end(&list)), pos);
}

static const struct value *alias_of(struct lowering *lw, const struct instance *in)
{
    const struct value *given = value_get(in->body, "alias");
    return given ? given
                 : value_at(lw->arena,
                            value_stringf(lw->arena, "alias/%s-%s%s", lw->topology,
                                          in->entry->first_name, in->name_suffix),
                            in->entry->pos);
}

/* Somebody's key, known by its alias. */
static void lower_external(struct lowering *lw, const struct instance *in)
{
    static const char *const parts[] = {"description",
                                        "administrators",
                                        "share_with",
                                        "enabled",
                                        "key_rotation_enabled",
                                        "rotation_period_in_days",
                                        "protect",
                                        "policy",
                                        "tags",
                                        NULL};
    struct map_builder key = map_begin(lw->arena);
    refuse_parts_of_external(lw, in, "key", parts);
    map_put(&key, "alias", alias_of(lw, in));
    draft_add(lw, in, "", "aws_kms_key", map_end(&key))->resource.external = true;
}

static void lower_key(struct lowering *lw, const struct instance *in)
{
    static const char *const same[] = {"description", "enabled", "key_rotation_enabled",
                                       "rotation_period_in_days", NULL};
    struct map_builder key = map_begin(lw->arena), alias = map_begin(lw->arena);
    if (value_get_bool(in->body, "external", false)) {
        lower_external(lw, in);
        return;
    }
    static const char *const in_policy[] = {"share_with", "administrators", "protect", NULL};
    const struct value *policy = value_get(in->body, "policy");
    refuse_beside_policy(lw, in, in_policy);
    copy_keys(&key, in->body, same);
    map_put(&key, "policy", policy ? policy : key_policy(lw, in));
    /* Our own leaves the account in charge. The deployer need not be break-glass, and its right to
     * keys may hang on a tag that no key bears while AWS makes it and checks. */
    if (!policy)
        map_put_bool(&key, "bypass_policy_lockout_safety_check", true);
    draft_add(lw, in, "", "aws_kms_key", map_end(&key));

    map_put(&alias, "name", alias_of(lw, in));
    map_put(&alias, "target_key_id", value_ref(lw->arena, in->address, "id"));
    draft_add(lw, in, "/alias", "aws_kms_alias", map_end(&alias));
}

void lower_keys(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_key(lw, &entry->instances[i]);
}
