#include "engine/proof/tag_policies.h"

#include "engine/aws/arn.h"
#include "engine/base/json.h"

#define TYPE "aws_organizations_policy"

static bool is_tag_policy(const struct model_object *policy)
{
    return str_eq(value_get_str(policy->properties, "type"), "TAG_POLICY");
}

/* The first "SERVICE:..." in it, whatever operators ("@@assign") stand around. */
static const char *enforced_for(const struct value *v, const char *prefix)
{
    const char *text = value_str(v);
    if (text)
        return str_starts(text, prefix) ? text : NULL;
    for (size_t i = 0; i < value_len(v); i++) {
        const char *found = enforced_for(
            value_is(v, VALUE_MAP) ? v->map.entries[i].value : value_item(v, i), prefix);
        if (found)
            return found;
    }
    return NULL;
}

/* A root or a unit may hold any account. */
static bool is_over(const struct model_object *policy, const char *account)
{
    const struct value *targets = value_get(policy->properties, "targets");
    for (size_t i = 0; i < value_len(targets); i++) {
        const char *target = value_str(value_item(targets, i));
        if (target &&
            (str_eq(target, account) || str_starts(target, "ou-") || str_starts(target, "r-")))
            return true;
    }
    return false;
}

static const struct value *tags_of(struct arena *arena, const struct model_object *policy)
{
    const struct value *content = value_get(policy->properties, "content"), *parsed = NULL;
    const char *why = NULL;
    if (value_str(content))
        content = json_parse(arena, slice_of(value_str(content)), &parsed, &why) ? parsed : NULL;
    return value_get(content, "tags");
}

bool tag_policies_declared(const struct model *model)
{
    const struct model_list *policies = model_all(model, TYPE);
    for (size_t i = 0; i < policies->len; i++)
        if (is_tag_policy(policies->items[i]))
            return true;
    return false;
}

struct gathering {
    struct arena *arena;
    struct enforced_tag *items;
    size_t len, cap;
};

static void gather(struct gathering *g, const struct model_object *policy, const char *service)
{
    const struct value *tags = tags_of(g->arena, policy);
    for (size_t i = 0; value_is(tags, VALUE_MAP) && i < tags->map.len; i++) {
        const struct value_entry *tag = &tags->map.entries[i];
        const char *what = enforced_for(value_get(tag->value, "enforced_for"), service);
        if (!what)
            continue;
        g->items = arena_grow(g->arena, g->items, g->len, &g->cap, g->len + 1, sizeof(*g->items));
        g->items[g->len++] = (struct enforced_tag){policy, tag->key, what};
    }
}

size_t tag_policies_over(struct model *model, const struct account *account, const char *resource,
                         const struct enforced_tag **ret)
{
    struct gathering g = {.arena = model->arena};
    const struct model_list *policies = model_all(model, TYPE);
    struct arn arn;
    bool named = resource && arn_parse(slice_of(resource), &arn);
    for (size_t i = 0; named && i < policies->len; i++) {
        if (!is_tag_policy(policies->items[i]) || !is_over(policies->items[i], account->id))
            continue;
        gather(&g, policies->items[i], "backup:");
        gather(&g, policies->items[i],
               arena_printf(model->arena, "%.*s:", (int)arn.service.len, arn.service.ptr));
    }
    *ret = g.items;
    return g.len;
}
