#include "engine/permissions/rights.h"

#include <string.h>

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

void rights_allow(struct rights *rights, const char *const *actions, const char *kind,
                  const char *resource)
{
    for (size_t i = 0; actions[i]; i++)
        rights_add(rights,
                   (struct right){.action = actions[i], .kind = kind, .resource = resource});
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
