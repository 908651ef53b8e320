#include "engine/policy/compare.h"

#include <stdlib.h>
#include <string.h>

#include "engine/policy/canonical.h"
#include "engine/policy/operators.h"
#include "engine/policy/policy.h"
#include "engine/policy/text.h"

static const struct value *lower(struct arena *arena, const struct value *v)
{
    char *text = arena_strndup(arena, v->string.ptr, v->string.len);
    for (size_t i = 0; i < v->string.len; i++)
        text[i] = text_lower(text[i]);
    return value_at(arena, value_string_n(arena, text, v->string.len), v->pos);
}

const struct value *canonical_action(struct arena *arena, const struct value *item)
{
    return item->kind == VALUE_STRING ? lower(arena, item) : item;
}

const struct value *canonical_text(struct arena *arena, const struct value *item)
{
    const char *text = NULL;
    if (item->kind == VALUE_BOOL)
        text = item->boolean ? "true" : "false";
    else if (item->kind == VALUE_INT)
        text = arena_printf(arena, "%lld", (long long)item->integer);
    else if (item->kind == VALUE_DOUBLE)
        text = text_number(arena, item->number);
    return text ? value_at(arena, value_string(arena, text), item->pos) : item;
}

const struct value *canonical_truth(struct arena *arena, const struct value *item)
{
    return canonical_action(arena, canonical_text(arena, item));
}

const struct value *canonical_aws_principal(struct arena *arena, const struct value *item)
{
    struct slice id;
    if (item->kind != VALUE_STRING || !text_account_of_root(item->string, &id))
        return item;
    return value_at(arena, value_string_n(arena, id.ptr, id.len), item->pos);
}

static const struct value *as_given(struct arena *arena, const struct value *item)
{
    (void)arena;
    return item;
}

const char *canonical_key(struct arena *arena, const char *key)
{
    char *text = arena_strdup(arena, key);
    for (char *c = text; *c && *c != '/'; c++)
        *c = text_lower(*c);
    return text;
}

canonical_item_fn *canonical_of_operator(const char *canonical_operator)
{
    const char *colon = strchr(canonical_operator, ':');
    const char *base = colon ? colon + 1 : canonical_operator;
    return str_starts(base, "Bool") || str_eq(base, "Null") ? canonical_truth : canonical_text;
}

const struct value *const *canonical_items(const struct value *const *v, size_t *ret_len)
{
    bool list = (*v)->kind == VALUE_LIST;
    *ret_len = list ? (*v)->list.len : 1;
    return list ? (*v)->list.items : v;
}

static const struct value *without_duplicates(struct arena *arena, const struct value *sorted)
{
    struct list_builder b = list_begin(arena);
    for (size_t i = 0; i < sorted->list.len; i++)
        if (i == 0 || !value_equal(sorted->list.items[i - 1], sorted->list.items[i]))
            list_add(&b, sorted->list.items[i]);
    return list_end(&b);
}

/* One item or a list becomes a sorted list without duplicates. */
static const struct value *as_set(struct arena *arena, const struct value *v,
                                  canonical_item_fn *canonical)
{
    size_t len = 0;
    const struct value *const *items = canonical_items(&v, &len);
    struct list_builder b = list_begin(arena);
    for (size_t i = 0; i < len; i++)
        list_add(&b, canonical(arena, items[i]));
    const struct value *set = without_duplicates(arena, value_sorted(arena, list_end(&b)));
    return value_at(arena, set, v->pos);
}

const struct value *canonical_anybody(struct arena *arena, const struct value *principal)
{
    const struct value *aws = value_get(principal, "AWS");
    if (!aws || principal->map.len != 1)
        return principal;
    const struct value *only =
        aws->kind == VALUE_LIST && aws->list.len == 1 ? aws->list.items[0] : aws;
    return str_eq(value_str(only), "*") ? value_at(arena, value_string(arena, "*"), only->pos)
                                        : principal;
}

static const struct value *principals(struct arena *arena, const struct value *v)
{
    v = canonical_anybody(arena, v);
    if (v->kind != VALUE_MAP)
        return v;
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *e = &v->map.entries[i];
        map_put_at(
            &b, e->key, e->key_pos,
            as_set(arena, e->value, str_eq(e->key, "AWS") ? canonical_aws_principal : as_given));
    }
    return value_at(arena, map_end(&b), v->pos);
}

static const char *operator_name(struct arena *arena, const char *key)
{
    const char *name = operator_canonical(arena, slice_of(key));
    return name ? name : key;
}

struct spelled {
    const struct value_entry *entry;
    const char *name; /* canonical */
};

static int by_claim(const void *a, const void *b)
{
    const struct spelled *x = a, *y = b;
    bool x_is = str_eq(x->entry->key, x->name), y_is = str_eq(y->entry->key, y->name);
    return x_is != y_is ? (x_is ? -1 : 1) : strcmp(x->entry->key, y->entry->key);
}

/* The entries of a map with their canonical names, so ordered that what collides is settled the
 * same way whatever the order was: first those that are spelled so, then by spelling. */
static struct spelled *in_order(struct arena *arena, const struct value *map,
                                const char *(*canonical)(struct arena *, const char *))
{
    struct spelled *order = arena_array(arena, map->map.len, sizeof(*order));
    for (size_t i = 0; i < map->map.len; i++)
        order[i] =
            (struct spelled){&map->map.entries[i], canonical(arena, map->map.entries[i].key)};
    if (map->map.len > 1)
        qsort(order, map->map.len, sizeof(*order), by_claim);
    return order;
}

static const struct value *keys_of_operator(struct arena *arena, const struct value *keys,
                                            canonical_item_fn *canonical)
{
    struct map_builder b = map_begin(arena);
    struct spelled *order = in_order(arena, keys, canonical_key);
    for (size_t i = 0; i < keys->map.len; i++) {
        const struct value_entry *e = order[i].entry;
        /* taken: then both must hold, never one for the other */
        bool taken = map_so_far(&b, order[i].name) != NULL;
        map_put_at(&b, taken ? e->key : order[i].name, e->key_pos,
                   as_set(arena, e->value, canonical));
    }
    return value_at(arena, map_end(&b), keys->pos);
}

static bool share_a_key(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->map.len; i++)
        if (value_get(b, a->map.entries[i].key))
            return true;
    return false;
}

static const struct value *joined(struct arena *arena, const struct value *a, const struct value *b)
{
    struct map_builder builder = map_begin_from(arena, a);
    for (size_t i = 0; i < b->map.len; i++)
        map_put_at(&builder, b->map.entries[i].key, b->map.entries[i].key_pos,
                   b->map.entries[i].value);
    return map_end(&builder);
}

static void add_operator(struct arena *arena, struct map_builder *b, const struct spelled *spelled)
{
    const struct value_entry *e = spelled->entry;
    const char *name = spelled->name;
    if (e->value->kind != VALUE_MAP || !operator_canonical(arena, slice_of(e->key))) {
        map_put_at(b, e->key, e->key_pos, e->value);
        return;
    }
    const struct value *keys = keys_of_operator(arena, e->value, canonical_of_operator(name));
    const struct value *other = map_so_far(b, name);
    if (other && (!value_is(other, VALUE_MAP) || share_a_key(other, keys)))
        name = e->key; /* ArnEquals and ArnLike on one key: both must hold */
    else if (other)
        keys = joined(arena, other, keys);
    map_put_at(b, name, e->key_pos, keys);
}

static const struct value *conditions(struct arena *arena, const struct value *v)
{
    if (v->kind != VALUE_MAP)
        return v;
    struct map_builder b = map_begin(arena);
    struct spelled *order = in_order(arena, v, operator_name);
    for (size_t i = 0; i < v->map.len; i++)
        add_operator(arena, &b, &order[i]);
    return value_at(arena, map_end(&b), v->pos);
}

static const struct value *element(struct arena *arena, const struct value_entry *e)
{
    if (str_eq(e->key, "Action") || str_eq(e->key, "NotAction"))
        return as_set(arena, e->value, canonical_action);
    if (str_eq(e->key, "Resource") || str_eq(e->key, "NotResource"))
        return as_set(arena, e->value, as_given);
    if (str_eq(e->key, "Principal") || str_eq(e->key, "NotPrincipal"))
        return principals(arena, e->value);
    if (str_eq(e->key, "Condition"))
        return conditions(arena, e->value);
    return e->value;
}

const struct value *canonical_statement(struct arena *arena, const struct value *statement)
{
    if (statement->kind != VALUE_MAP)
        return statement;
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < statement->map.len; i++) {
        const struct value_entry *e = &statement->map.entries[i];
        const struct value *v = element(arena, e);
        bool empty = str_eq(e->key, "Condition") && v->kind == VALUE_MAP && v->map.len == 0;
        map_put_at(&b, e->key, e->key_pos, empty ? NULL : v);
    }
    return value_at(arena, map_end(&b), statement->pos);
}

const struct value *canonical_document(struct arena *arena, const struct value *doc)
{
    const char *why = NULL;
    if (value_is(doc, VALUE_STRING))
        doc = policy_from_text(arena, doc->string, &why);
    const struct value *statement = value_get(doc, "Statement");
    return value_is(statement, VALUE_LIST) || value_is(statement, VALUE_MAP) ? doc : NULL;
}

const struct value *policy_canonical(struct arena *arena, const struct value *doc)
{
    const struct value *policy = canonical_document(arena, doc);
    if (!policy)
        return doc;
    struct map_builder b = map_begin(arena);
    if (!value_get(policy, "Version"))
        map_put_str(&b, "Version", "2008-10-17");
    for (size_t i = 0; i < policy->map.len; i++) {
        const struct value_entry *e = &policy->map.entries[i];
        map_put_at(&b, e->key, e->key_pos,
                   str_eq(e->key, "Statement") ? as_set(arena, e->value, canonical_statement)
                                               : e->value);
    }
    return value_at(arena, map_end(&b), doc->pos);
}

bool policy_same(const struct value *a, const struct value *b)
{
    struct arena *arena = arena_new();
    bool same = value_equal(policy_canonical(arena, a), policy_canonical(arena, b));
    arena_free(arena);
    return same;
}
