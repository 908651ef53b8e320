#include "engine/permissions/rights.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/tags.h"
#include "engine/base/json.h"

void rights_init(struct rights *rights, struct arena *arena, const struct topology *topology,
                 const struct account *account)
{
    *rights = (struct rights){.arena = arena, .topology = topology, .account = account};
    map_init(&rights->seen, arena);
}

static const char *condition_text(struct arena *arena, const struct value *condition)
{
    return condition ? json_print(arena, condition, JSON_COMPACT | JSON_SORTED) : "";
}

void rights_add(struct rights *rights, struct right right)
{
    const char *key = arena_printf(rights->arena, "%s %s %s", right.action, right.resource,
                                   condition_text(rights->arena, right.condition));
    if (map_get(&rights->seen, key))
        return;
    map_set(&rights->seen, key, rights);
    struct right *items = arena_grow(rights->arena, (void *)rights->items, rights->len,
                                     &rights->cap, rights->len + 1, sizeof(*items));
    items[rights->len++] = right;
    rights->items = items;
}

static bool covers(const struct right *wider, const struct right *right)
{
    return wider != right && !wider->condition && str_eq(wider->action, right->action) &&
           arn_matches_pattern(slice_of(wider->resource), slice_of(right->resource));
}

/* Few are wide. */
void rights_drop_covered(struct rights *rights)
{
    struct right *kept = arena_array(rights->arena, rights->len + 1, sizeof(*kept));
    const struct right **wide = arena_array(rights->arena, rights->len + 1, sizeof(*wide));
    size_t wide_len = 0, len = 0;
    for (size_t i = 0; i < rights->len; i++)
        if (!rights->items[i].condition && strchr(rights->items[i].resource, '*'))
            wide[wide_len++] = &rights->items[i];
    for (size_t i = 0; i < rights->len; i++) {
        bool covered = false;
        for (size_t k = 0; k < wide_len && !covered; k++)
            covered = covers(wide[k], &rights->items[i]);
        if (!covered)
            kept[len++] = rights->items[i];
    }
    rights->items = kept;
    rights->len = rights->cap = len;
}

void rights_allow(struct rights *rights, const char *const *actions, const char *kind,
                  const char *resource)
{
    for (size_t i = 0; actions[i]; i++)
        rights_add(rights,
                   (struct right){.action = actions[i], .kind = kind, .resource = resource});
}

void rights_pass(struct rights *rights, const char *role_arn)
{
    const struct value *service = value_string(rights->arena, "backup.amazonaws.com");
    rights_add(rights,
               (struct right){.action = "iam:PassRole",
                              .kind = "role",
                              .resource = role_arn,
                              .condition = condition_with(rights->arena, NULL, "StringEquals",
                                                          "iam:PassedToService", service)});
}

bool rights_are_of(const struct rights *rights, const char *account_id)
{
    return account_id && str_eq(rights->account->id, account_id);
}

const struct value *condition_with(struct arena *arena, const struct value *condition,
                                   const char *operator_name, const char *key,
                                   const struct value *value)
{
    struct map_builder keys = map_begin_from(arena, value_get(condition, operator_name));
    struct map_builder operators = map_begin_from(arena, condition);
    map_put(&keys, key, value);
    map_put(&operators, operator_name, map_end(&keys));
    return map_end(&operators);
}

const struct value *condition_tagged(struct arena *arena, const struct value *condition,
                                     const char *topology, bool of_request)
{
    const char *key = of_request ? "aws:RequestTag/" TAG_TOPOLOGY : "aws:ResourceTag/" TAG_TOPOLOGY;
    return condition_with(arena, condition, "StringEquals", key, value_string(arena, topology));
}

bool action_only_reads(const char *action)
{
    static const char *const verbs[] = {"Get", "List", "Describe"};
    const char *colon = strchr(action, ':');
    for (size_t i = 0; colon && i < ARRAY_LEN(verbs); i++)
        if (str_starts(colon + 1, verbs[i]))
            return true;
    return false;
}
