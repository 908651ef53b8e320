#include "engine/permissions/controls.h"

#include <string.h>

#include "engine/aws/tags.h"
#include "engine/base/json.h"
#include "engine/config/iam_document.h"
#include "engine/permissions/controls_facts.h"
#include "engine/permissions/rights.h"
#include "engine/policy/quota.h"

#define SCP "SERVICE_CONTROL_POLICY"
#define RCP "RESOURCE_CONTROL_POLICY"
#define PRINCIPAL "aws:PrincipalArn"
#define OUR_TAG "aws:ResourceTag/" TAG_TOPOLOGY
#define OUR_TAGS "holdfast:*"
#define TEXT_MAX ((size_t)16 << 20)

enum left_out { LEAVES_NOBODY, LEAVES_BREAK_GLASS, LEAVES_DEPLOYERS };

struct maker {
    struct arena *arena;
    struct control_facts facts;
    struct controls *controls;
    struct list_builder statements; /* of the policy that is made */
    bool of_resources;
};

/* ---- one statement ---- */

/* ARNs of who may all the same. Of an SCP, roles of the account that asks; an RCP meets principals
 * of other accounts too, so it means the roles of the account that is asked. */
static const struct value *who_may(const struct maker *m, enum left_out left_out)
{
    const struct control_facts *f = &m->facts;
    struct list_builder list = list_begin(m->arena);
    for (size_t i = 0; i < value_len(f->break_glass) && left_out != LEAVES_NOBODY; i++)
        list_add(&list, value_item(f->break_glass, i));
    for (size_t i = 0; i < value_len(f->deployers) && left_out == LEAVES_DEPLOYERS; i++)
        list_add(&list, value_stringf(m->arena, "arn:%s:iam::${aws:%sAccount}:%s",
                                      f->topology->accounts[0].partition,
                                      m->of_resources ? "Resource" : "Principal",
                                      value_str(value_item(f->deployers, i))));
    return list_end(&list);
}

static const struct value *one_or_all(const struct value *list)
{
    return value_len(list) == 1 ? value_item(list, 0) : list;
}

static const struct value *texts_of(struct arena *arena, const char *const *texts)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; texts[i]; i++)
        list_add_str(&list, texts[i]);
    return list_end(&list);
}

static void deny(struct maker *m, const char *sid, const char *const *actions,
                 const struct value *resources, enum left_out left_out,
                 const struct value *condition)
{
    struct map_builder b = map_begin(m->arena);
    const struct value *who = who_may(m, left_out);
    if (value_len(who))
        condition = condition_with(m->arena, condition, "ArnNotLike", PRINCIPAL, one_or_all(who));
    map_put_str(&b, "Sid", sid);
    map_put_str(&b, "Effect", "Deny");
    if (m->of_resources)
        map_put_str(&b, "Principal", "*");
    map_put(&b, "Action", one_or_all(texts_of(m->arena, actions)));
    map_put(&b, "Resource", resources ? one_or_all(resources) : value_string(m->arena, "*"));
    map_put(&b, "Condition", condition);
    list_add(&m->statements, map_end(&b));
}

static void finish(struct maker *m, const char *what, const char *type, const struct map *accounts)
{
    const struct account **targets = arena_array(m->arena, accounts->len + 1, sizeof(*targets));
    for (size_t i = 0; i < accounts->len; i++)
        targets[i] = accounts->entries[i].value;
    struct control_policy policy = {
        .name = arena_printf(m->arena, "%s-%s", m->facts.topology->name, what),
        .type = type,
        .targets = targets,
        .target_len = accounts->len,
        .document = iam_document(m->arena, NULL, list_end(&m->statements))};
    policy.size = policy_size(m->arena, policy.document,
                              str_eq(type, RCP) ? POLICY_QUOTA_RCP : POLICY_QUOTA_SCP);
    if (m->statements.len > 0 && accounts->len > 0)
        m->controls->items[m->controls->len++] = policy;
    m->statements = list_begin(m->arena);
}

/* ---- the four policies ---- */

/* A copy job with one target beside the listed ones is one too many, so any of them counts. */
static void keep_sources(struct maker *m)
{
    static const char *const actions[] = {"backup:CopyFromBackupVault", NULL};
    const struct value *targets = m->facts.copy_targets;
    if (value_len(targets))
        deny(m, "PinCopyTargets", actions, NULL, LEAVES_NOBODY,
             condition_with(m->arena, NULL, "ForAnyValue:ArnNotLike", "backup:CopyTargets",
                            one_or_all(targets)));
    finish(m, "sources", SCP, &m->facts.source_accounts);
}

struct bound {
    const char *sid, *unsaid, *key, *beyond, *property;
};
static const struct bound bounds[] = {
    {"KeepShortest", "SayShortest", "backup:MinRetentionDays", "NumericLessThan",
     "min_retention_days"},
    {"KeepLongest", "SayLongest", "backup:MaxRetentionDays", "NumericGreaterThan",
     "max_retention_days"},
};

/* What is shorter or longer than the lock of the file is refused, and what leaves it open. */
static void pin_lock(struct maker *m, const struct bound *bound, const struct value *arns,
                     const struct value *lock, size_t number)
{
    static const char *const actions[] = {"backup:PutBackupVaultLockConfiguration", NULL};
    struct arena *arena = m->arena;
    int64_t days = value_get_int(lock, bound->property, 0);
    if (days == 0)
        return;
    deny(m, arena_printf(arena, "%s%zu", bound->sid, number), actions, arns, LEAVES_NOBODY,
         condition_with(arena, NULL, bound->beyond, bound->key,
                        value_stringf(arena, "%lld", (long long)days)));
    deny(m, arena_printf(arena, "%s%zu", bound->unsaid, number), actions, arns, LEAVES_NOBODY,
         condition_with(arena, NULL, "Null", bound->key, value_string(arena, "true")));
}

static bool same_bounds(const struct value *a, const struct value *b)
{
    return value_get_int(a, "min_retention_days", 0) == value_get_int(b, "min_retention_days", 0) &&
           value_get_int(a, "max_retention_days", 0) == value_get_int(b, "max_retention_days", 0);
}

/* The vaults whose locks say the same as this one's; NULL: an earlier one was among them. */
static const struct value *locked_alike(struct maker *m, size_t at)
{
    const struct map *last = &m->facts.last_by_arn;
    const struct last_vault *vault = last->entries[at].value;
    struct list_builder arns = list_begin(m->arena);
    for (size_t i = 0; i < last->len && vault->lock; i++) {
        const struct last_vault *other = last->entries[i].value;
        if (!other->lock || !same_bounds(vault->lock, other->lock))
            continue;
        if (i < at)
            return NULL;
        list_add_str(&arns, other->arn);
    }
    return arns.len ? list_end(&arns) : NULL;
}

static void pin_locks(struct maker *m)
{
    const struct map *last = &m->facts.last_by_arn;
    for (size_t i = 0, number = 1; i < last->len; i++) {
        const struct value *arns = locked_alike(m, i);
        const struct last_vault *vault = last->entries[i].value;
        for (size_t k = 0; arns && k < ARRAY_LEN(bounds); k++)
            pin_lock(m, &bounds[k], arns, vault->lock, number);
        number += arns != NULL;
    }
}

/* Roles that the other statements leave out: whoever may rewrite them is not kept out either. */
static void keep_roles(struct maker *m)
{
    static const char *const actions[] = {"iam:AttachRolePolicy",
                                          "iam:CreateRole",
                                          "iam:DeleteRole",
                                          "iam:PutRolePolicy",
                                          "iam:TagRole",
                                          "iam:UpdateAssumeRolePolicy",
                                          NULL};
    const struct control_facts *f = &m->facts;
    struct list_builder roles = list_begin(m->arena);
    for (size_t i = 0; i < value_len(f->break_glass); i++) {
        const char *arn = value_str(value_item(f->break_glass, i));
        if (arn && strstr(arn, ":role/"))
            list_add_str(&roles, arn);
    }
    for (size_t i = 0; i < value_len(f->deployers); i++)
        list_add(&roles,
                 value_stringf(m->arena, "arn:%s:iam::*:%s", f->topology->accounts[0].partition,
                               value_str(value_item(f->deployers, i))));
    if (roles.len > 0)
        deny(m, "KeepRoles", actions, list_end(&roles), LEAVES_DEPLOYERS, NULL);
}

static void keep_last(struct maker *m)
{
    static const char *const points[] = {"backup:DeleteRecoveryPoint",
                                         "backup:UpdateRecoveryPointLifecycle",
                                         "backup:DisassociateRecoveryPoint", NULL};
    static const char *const vaults[] = {"backup:DeleteBackupVaultLockConfiguration",
                                         "backup:PutBackupVaultLockConfiguration",
                                         "backup:PutBackupVaultAccessPolicy",
                                         "backup:DeleteBackupVaultAccessPolicy",
                                         "backup:DeleteBackupVault",
                                         NULL};
    struct list_builder arns = list_begin(m->arena);
    const struct map *last = &m->facts.last_by_arn;
    for (size_t i = 0; i < last->len; i++)
        list_add_str(&arns, last->entries[i].key);
    if (last->len > 0) {
        deny(m, "KeepPoints", points, NULL, LEAVES_BREAK_GLASS, NULL);
        deny(m, "KeepVaults", vaults, list_end(&arns), LEAVES_DEPLOYERS, NULL);
        keep_roles(m);
        pin_locks(m);
    }
    finish(m, "last", SCP, &m->facts.last_accounts);
}

/* Tags tell which keys and plans are ours: who sets them decides what a deployer may change. */
static void keep_members(struct maker *m)
{
    static const char *const leave[] = {"account:CloseAccount", "organizations:LeaveOrganization",
                                        NULL};
    static const char *const tag[] = {"kms:TagResource", "kms:UntagResource", "backup:TagResource",
                                      "backup:UntagResource", NULL};
    const struct topology *topology = m->facts.topology;
    const char *partition = topology->accounts[0].partition;
    const char *const tagged[] = {arena_printf(m->arena, "arn:%s:kms:*:*:key/*", partition),
                                  arena_printf(m->arena, "arn:%s:backup:*:*:*", partition), NULL};
    struct map members;
    map_init(&members, m->arena);
    for (size_t i = 0; i < topology->account_len; i++)
        if (!str_eq(topology->accounts[i].id, topology->management_account_id))
            map_set(&members, topology->accounts[i].id, (void *)&topology->accounts[i]);
    deny(m, "StayInOrganization", leave, NULL, LEAVES_NOBODY, NULL);
    deny(m, "KeepTags", tag, texts_of(m->arena, tagged), LEAVES_DEPLOYERS,
         condition_with(m->arena, NULL, "ForAnyValue:StringLike", "aws:TagKeys",
                        value_string(m->arena, OUR_TAGS)));
    finish(m, "members", SCP, &members);
}

static void keep_keys(struct maker *m)
{
    static const char *const actions[] = {"kms:ScheduleKeyDeletion", "kms:DisableKey",
                                          "kms:PutKeyPolicy", "kms:DeleteImportedKeyMaterial",
                                          NULL};
    m->of_resources = true;
    deny(m, "KeepKeys", actions, NULL, LEAVES_DEPLOYERS,
         condition_with(m->arena, NULL, "StringEquals", OUR_TAG,
                        value_string(m->arena, m->facts.topology->name)));
    finish(m, "keys", RCP, &m->facts.key_accounts);
}

void controls_make(struct arena *arena, const struct topology *topology, struct controls *ret)
{
    struct maker m = {.arena = arena, .controls = ret, .statements = list_begin(arena)};
    *ret = (struct controls){.topology = topology->name,
                             .items = arena_array(arena, 4, sizeof(*ret->items))};
    control_facts_read(&m.facts, arena, topology);
    keep_sources(&m);
    keep_last(&m);
    keep_members(&m);
    keep_keys(&m);
}

/* ---- as people and as machines read them ---- */

const struct value *controls_to_json(struct arena *arena, const struct controls *controls)
{
    struct list_builder list = list_begin(arena);
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < controls->len; i++) {
        const struct control_policy *policy = &controls->items[i];
        struct list_builder targets = list_begin(arena);
        struct map_builder p = map_begin(arena);
        for (size_t k = 0; k < policy->target_len; k++) {
            struct map_builder target = map_begin(arena);
            map_put_str(&target, "account", policy->targets[k]->name);
            map_put_str(&target, "account_id", policy->targets[k]->id);
            list_add(&targets, map_end(&target));
        }
        map_put_str(&p, "name", policy->name);
        map_put_str(&p, "type", policy->type);
        map_put(&p, "targets", list_end(&targets));
        map_put_int(&p, "size", (int64_t)policy->size);
        map_put(&p, "document", policy->document);
        list_add(&list, map_end(&p));
    }
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "topology", controls->topology);
    map_put_str(&b, "for", "organization");
    map_put(&b, "policies", list_end(&list));
    return map_end(&b);
}

const char *controls_text(struct arena *arena, const struct controls *controls)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (size_t i = 0; i < controls->len; i++) {
        const struct control_policy *policy = &controls->items[i];
        strbuf_addf(&sb, "%s# %s %s, %zu characters, for", i ? "\n" : "", policy->type,
                    policy->name, policy->size);
        for (size_t k = 0; k < policy->target_len; k++)
            strbuf_addf(&sb, "%s %s (%s)", k ? "," : "", policy->targets[k]->name,
                        policy->targets[k]->id);
        strbuf_add(&sb, "\n");
        json_write(&sb, policy->document, JSON_PRETTY);
        strbuf_add(&sb, "\n");
    }
    return strbuf_str(&sb);
}
