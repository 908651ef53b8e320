/* Rights to statements: what differs in one thing only is written once. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/json.h"
#include "engine/config/iam_document.h"
#include "engine/permissions/permissions.h"
#include "engine/permissions/rights.h"
#include "engine/policy/quota.h"

static const struct noun_row {
    const char *service, *kind, *noun;
} nouns[] = {
#define NOUN(service, kind, noun) {service, kind, noun},
#include "engine/permissions/nouns.inc"
#undef NOUN
};

/* Actions and resources are lists of text; while a group gathers, they are builders. */
struct group {
    const char *key, *sid;
    const struct value *condition;
    struct list_builder actions, resources;
};

struct groups {
    struct arena *arena;
    struct map by_key;
};

/* ---- what a statement is called ---- */

static const char *noun_of(const struct right *right)
{
    struct slice rest = slice_of(right->action), service = slice_cut(&rest, ':');
    for (size_t i = 0; i < ARRAY_LEN(nouns); i++)
        if (slice_is(service, nouns[i].service) && str_eq(right->kind, nouns[i].kind))
            return nouns[i].noun;
    BUG("no noun for the resource of an action");
}

static const struct verb_row {
    const char *action, *verb;
} verbs[] = {
    {"iam:PassRole", "Pass"},        {"sts:AssumeRole", "TakeOn"},
    {"backup:StartCopyJob", "Copy"}, {"kms:CreateGrant", "Use"},
    {"kms:RetireGrant", "Use"},      {"kms:Decrypt", "Use"},
    {"kms:GenerateDataKey", "Use"},  {"backup:UpdateRecoveryPointLifecycle", "Shorten"},
};

static const char *verb_of(const struct right *right)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (str_eq(verbs[i].action, right->action))
            return verbs[i].verb;
    if (action_only_reads(right->action))
        return "Read";
    return right->narrowing == NARROW_MADE ? "Make" : "Change";
}

static const char *sid_of(struct arena *arena, const struct right *right)
{
    if (!right->kind[0] && action_only_reads(right->action))
        return "ReadLists";
    return arena_printf(arena, "%s%s%s%s", verb_of(right),
                        right->narrowing == NARROW_TAGGED ? "Own" : "", noun_of(right),
                        right->narrowing == NARROW_ALIAS ? "ByAlias" : "");
}

/* ---- groups ---- */

static struct group *group_at(struct groups *groups, const char *key, const char *sid,
                              const struct value *condition)
{
    struct group *group = map_get(&groups->by_key, key);
    if (group)
        return group;
    group = arena_new_of(groups->arena, struct group);
    *group =
        (struct group){key, sid, condition, list_begin(groups->arena), list_begin(groups->arena)};
    map_set(&groups->by_key, key, group);
    return group;
}

static const char *text_of(struct arena *arena, const struct value *v)
{
    return v ? json_print(arena, v, JSON_COMPACT | JSON_SORTED) : "";
}

/* One group an action: all its resources under one condition. */
static void gather_resources(struct groups *groups, const struct rights *rights)
{
    struct arena *arena = groups->arena;
    for (size_t i = 0; i < rights->len; i++) {
        const struct right *right = &rights->items[i];
        const char *sid = sid_of(arena, right);
        const char *key =
            arena_printf(arena, "%s %s %s", sid, right->action, text_of(arena, right->condition));
        struct group *group = group_at(groups, key, sid, right->condition);
        if (group->actions.len == 0)
            list_add_str(&group->actions, right->action);
        list_add_str(&group->resources, right->resource);
    }
}

/* Those of the same resources and condition become one. */
static void gather_actions(struct groups *groups, const struct groups *by_action)
{
    struct arena *arena = groups->arena;
    for (size_t i = 0; i < by_action->by_key.len; i++) {
        struct group *one = by_action->by_key.entries[i].value;
        const struct value *resources = value_sorted(arena, list_end(&one->resources));
        const char *key = arena_printf(arena, "%s %s %s", one->sid, text_of(arena, one->condition),
                                       text_of(arena, resources));
        struct group *group = group_at(groups, key, one->sid, one->condition);
        if (group->resources.len == 0)
            for (size_t k = 0; k < value_len(resources); k++)
                list_add(&group->resources, value_item(resources, k));
        list_add(&group->actions, list_items(&one->actions)[0]);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct map_entry *x = a, *y = b;
    return strcmp(x->key, y->key);
}

/* ---- statements ---- */

struct statements {
    struct arena *arena;
    const struct value **items;
    size_t len, cap;
    const char *last_sid;
    unsigned same; /* statements of that name */
};

static const struct value *one_or_all(const struct value *list)
{
    return value_len(list) == 1 ? value_item(list, 0) : list;
}

static const struct value *part_of(struct arena *arena, const struct value *list, size_t from,
                                   size_t to)
{
    return value_list(arena, &list->list.items[from], to - from);
}

static bool fits(struct arena *arena, const struct value *statement)
{
    const struct value *document = iam_document(arena, NULL, value_list(arena, &statement, 1));
    return policy_size(arena, document, POLICY_QUOTA_MANAGED) <= MANAGED_POLICY_MAX;
}

static void add_statement(struct statements *s, const struct group *group,
                          const struct value *actions, const struct value *resources)
{
    struct arena *arena = s->arena;
    struct map_builder b = map_begin(arena);
    bool again = s->last_sid && str_eq(s->last_sid, group->sid);
    unsigned number = again ? s->same + 1 : 1;
    map_put_str(&b, "Sid",
                number > 1 ? arena_printf(arena, "%s%u", group->sid, number) : group->sid);
    map_put_str(&b, "Effect", "Allow");
    map_put(&b, "Action", one_or_all(actions));
    map_put(&b, "Resource", one_or_all(resources));
    map_put(&b, "Condition", group->condition);
    const struct value *statement = map_end(&b);
    size_t half = value_len(resources) / 2;
    if (half > 0 && !fits(arena, statement)) {
        add_statement(s, group, actions, part_of(arena, resources, 0, half));
        add_statement(s, group, actions, part_of(arena, resources, half, value_len(resources)));
        return;
    }
    s->last_sid = group->sid;
    s->same = number;
    s->items = arena_grow(arena, s->items, s->len, &s->cap, s->len + 1, sizeof(*s->items));
    s->items[s->len++] = statement;
}

const struct value *const *rights_statements(const struct rights *rights, size_t *ret_len)
{
    struct arena *arena = rights->arena;
    struct groups by_action = {.arena = arena}, groups = {.arena = arena};
    struct statements statements = {.arena = arena};
    map_init(&by_action.by_key, arena);
    map_init(&groups.by_key, arena);
    gather_resources(&by_action, rights);
    gather_actions(&groups, &by_action);
    if (groups.by_key.len)
        qsort(groups.by_key.entries, groups.by_key.len, sizeof(*groups.by_key.entries), by_key);
    for (size_t i = 0; i < groups.by_key.len; i++) {
        struct group *group = groups.by_key.entries[i].value;
        add_statement(&statements, group, value_sorted(arena, list_end(&group->actions)),
                      list_end(&group->resources));
    }
    *ret_len = statements.len;
    return statements.items;
}
