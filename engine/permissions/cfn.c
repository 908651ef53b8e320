#include "engine/permissions/cfn.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/strbuf.h"

#define OR_MAX 10
#define TEXT_MAX 8192

const struct value *cfn_one(struct arena *arena, const char *key, const struct value *v)
{
    struct map_builder b = map_begin(arena);
    map_put(&b, key, v);
    return map_end(&b);
}

const struct value *cfn_ref(struct arena *arena, const char *name)
{
    return cfn_one(arena, "Ref", value_string(arena, name));
}

const struct value *cfn_sub(struct arena *arena, const char *text)
{
    return cfn_one(arena, "Fn::Sub", value_string(arena, text));
}

const struct value *cfn_equals(struct arena *arena, const char *parameter, const char *text)
{
    struct list_builder list = list_begin(arena);
    list_add(&list, cfn_ref(arena, parameter));
    list_add_str(&list, text);
    return cfn_one(arena, "Fn::Equals", list_end(&list));
}

const struct value *cfn_both(struct arena *arena, const struct value *a, const struct value *b)
{
    struct list_builder list = list_begin(arena);
    list_add(&list, a);
    list_add(&list, b);
    return cfn_one(arena, "Fn::And", list_end(&list));
}

const struct value *cfn_condition(struct arena *arena, const char *name)
{
    return cfn_one(arena, "Condition", value_string(arena, name));
}

const struct value *cfn_arn_of(struct arena *arena, const char *resource)
{
    struct list_builder list = list_begin(arena);
    list_add_str(&list, resource);
    list_add_str(&list, "Arn");
    return cfn_one(arena, "Fn::GetAtt", list_end(&list));
}

const struct value *cfn_account_in(struct arena *arena, const char *const *ids, size_t len)
{
    struct list_builder list = list_begin(arena);
    size_t share = 1;
    if (len == 1)
        return cfn_equals(arena, "AWS::AccountId", ids[0]);
    while (share * OR_MAX < len)
        share *= OR_MAX;
    for (size_t from = 0; from < len; from += share)
        list_add(&list, cfn_account_in(arena, ids + from, len - from < share ? len - from : share));
    return cfn_one(arena, "Fn::Or", list_end(&list));
}

static const struct value *own_account_text(struct arena *arena, const struct value *v,
                                            const char *id)
{
    const char *text = value_str(v), *at = strstr(text, id);
    struct strbuf sb;
    if (!at)
        return v;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (; at; at = strstr(text, id)) {
        strbuf_add_n(&sb, text, (size_t)(at - text));
        strbuf_add(&sb, "${AWS::AccountId}");
        text = at + strlen(id);
    }
    strbuf_add(&sb, text);
    return cfn_sub(arena, strbuf_str(&sb));
}

const struct value *cfn_own_account(struct arena *arena, const struct value *v, const char *id)
{
    if (value_is(v, VALUE_STRING))
        return own_account_text(arena, v, id);
    if (value_is(v, VALUE_LIST)) {
        struct list_builder list = list_begin(arena);
        for (size_t i = 0; i < value_len(v); i++)
            list_add(&list, cfn_own_account(arena, value_item(v, i), id));
        return list_end(&list);
    }
    if (!value_is(v, VALUE_MAP))
        return v;
    struct map_builder map = map_begin(arena);
    for (size_t i = 0; i < value_len(v); i++)
        map_put(&map, v->map.entries[i].key, cfn_own_account(arena, v->map.entries[i].value, id));
    return map_end(&map);
}

const char *cfn_name(struct arena *arena, const char *text)
{
    struct strbuf sb;
    bool first = true;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (; *text; text++) {
        bool fits = isalnum((unsigned char)*text);
        if (fits)
            strbuf_add_char(&sb, first ? (char)toupper((unsigned char)*text) : *text);
        first = !fits;
    }
    return strbuf_str(&sb);
}

const struct value *cfn_resource(struct arena *arena, const char *type, const char *condition,
                                 const struct value *properties)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Type", type);
    map_put_str(&b, "Condition", condition);
    map_put(&b, "Properties", properties);
    return map_end(&b);
}
