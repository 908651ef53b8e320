#include "engine/policy/diff.h"

#include <string.h>

#include "engine/policy/canonical.h"
#include "engine/policy/compare.h"
#include "engine/policy/operators.h"

/* One value of a statement: where it stands, what was written, what is compared. */
struct fact {
    const char *path;      /* as written, for people */
    const char *canonical; /* for comparison */
    const struct value *shown, *compared;
    bool scalar; /* stands alone under its path */
};

struct facts {
    struct arena *arena;
    struct fact *items;
    size_t len, cap;
};

struct changes {
    struct arena *arena;
    struct policy_change *items;
    size_t len, cap;
};

struct side {
    const struct value *written, *canonical;
    const char *sid; /* NULL: none, or empty */
    size_t number;   /* from 1 */
    bool paired;
};

struct sides {
    struct side *items;
    size_t len;
};

static void add_fact(struct facts *facts, struct fact fact)
{
    facts->items = arena_grow(facts->arena, facts->items, facts->len, &facts->cap, facts->len + 1,
                              sizeof(*facts->items));
    facts->items[facts->len++] = fact;
}

static void add_scalar(struct facts *facts, const char *path, const struct value *v)
{
    add_fact(facts, (struct fact){path, path, v, v, true});
}

static void add_items(struct facts *facts, const char *path, const char *canonical_path,
                      const struct value *v, canonical_item_fn *canonical)
{
    size_t len = 0;
    const struct value *const *items = canonical_items(&v, &len);
    for (size_t i = 0; i < len; i++)
        add_fact(facts,
                 (struct fact){path, canonical_path, items[i],
                               canonical ? canonical(facts->arena, items[i]) : items[i], false});
}

static void add_principals(struct facts *facts, const char *element, const struct value *v)
{
    const struct value *anybody = canonical_anybody(facts->arena, v);
    if (anybody->kind != VALUE_MAP) {
        add_items(facts, element, element, anybody, NULL);
        return;
    }
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *e = &v->map.entries[i];
        const char *path = arena_printf(facts->arena, "%s.%s", element, e->key);
        add_items(facts, path, path, e->value,
                  str_eq(e->key, "AWS") ? canonical_aws_principal : NULL);
    }
}

static void add_operator(struct facts *facts, const struct value_entry *op)
{
    struct arena *arena = facts->arena;
    const char *name = operator_canonical(arena, slice_of(op->key));
    if (!name || op->value->kind != VALUE_MAP) {
        add_scalar(facts, arena_printf(arena, "Condition.%s", op->key), op->value);
        return;
    }
    for (size_t i = 0; i < op->value->map.len; i++) {
        const struct value_entry *e = &op->value->map.entries[i];
        add_items(facts, arena_printf(arena, "Condition.%s.%s", op->key, e->key),
                  arena_printf(arena, "Condition.%s.%s", name, canonical_key(arena, e->key)),
                  e->value, canonical_of_operator(name));
    }
}

static void add_element(struct facts *facts, const struct value_entry *e)
{
    if (str_eq(e->key, "Action") || str_eq(e->key, "NotAction")) {
        add_items(facts, e->key, e->key, e->value, canonical_action);
    } else if (str_eq(e->key, "Resource") || str_eq(e->key, "NotResource")) {
        add_items(facts, e->key, e->key, e->value, NULL);
    } else if (str_eq(e->key, "Principal") || str_eq(e->key, "NotPrincipal")) {
        add_principals(facts, e->key, e->value);
    } else if (str_eq(e->key, "Condition") && e->value->kind == VALUE_MAP) {
        for (size_t i = 0; i < e->value->map.len; i++)
            add_operator(facts, &e->value->map.entries[i]);
    } else {
        add_scalar(facts, e->key, e->value);
    }
}

static struct facts facts_of(struct arena *arena, const struct value *statement)
{
    struct facts facts = {.arena = arena};
    for (size_t i = 0; value_is(statement, VALUE_MAP) && i < statement->map.len; i++)
        add_element(&facts, &statement->map.entries[i]);
    return facts;
}

static void add_change(struct changes *changes, struct policy_change change)
{
    changes->items = arena_grow(changes->arena, changes->items, changes->len, &changes->cap,
                                changes->len + 1, sizeof(*changes->items));
    changes->items[changes->len++] = change;
}

static bool holds(const struct facts *facts, const struct fact *fact)
{
    for (size_t i = 0; i < facts->len; i++)
        if (str_eq(facts->items[i].canonical, fact->canonical) &&
            value_equal(facts->items[i].compared, fact->compared))
            return true;
    return false;
}

static const struct fact *scalar_at(const struct facts *facts, const struct fact *other)
{
    for (size_t i = 0; i < facts->len; i++)
        if (other->scalar && facts->items[i].scalar &&
            str_eq(facts->items[i].canonical, other->canonical))
            return &facts->items[i];
    return NULL;
}

/* The facts that only one side has, under the statement that `at` names. */
static void compare_facts(struct changes *changes, const struct policy_change *at,
                          const struct facts *before, const struct facts *after)
{
    struct policy_change change = *at;
    for (size_t i = 0; i < before->len; i++) {
        const struct fact *old = &before->items[i];
        if (holds(after, old))
            continue;
        const struct fact *new = scalar_at(after, old);
        change.kind = new ? POLICY_CHANGED : POLICY_REMOVED;
        change.element = old->path;
        change.before = old->shown;
        change.after = new ? new->shown : NULL;
        add_change(changes, change);
    }
    for (size_t i = 0; i < after->len; i++) {
        const struct fact *new = &after->items[i];
        if (holds(before, new) || scalar_at(before, new))
            continue;
        change.kind = POLICY_ADDED;
        change.element = new->path;
        change.before = NULL;
        change.after = new->shown;
        add_change(changes, change);
    }
}

void policy_statement_says(struct arena *arena, const struct policy_change *whole,
                           struct policy_change **ret, size_t *ret_len)
{
    struct changes changes = {.arena = arena};
    const struct value *statement = whole->after ? whole->after : whole->before;
    struct facts facts = facts_of(arena, statement);
    for (size_t i = 0; i < facts.len; i++) {
        if (str_eq(facts.items[i].path, "Sid"))
            continue;
        struct policy_change change = *whole;
        change.element = facts.items[i].path;
        change.before = whole->before ? facts.items[i].shown : NULL;
        change.after = whole->after ? facts.items[i].shown : NULL;
        add_change(&changes, change);
    }
    *ret = changes.items;
    *ret_len = changes.len;
}

static struct sides sides_of(struct arena *arena, const struct value *doc)
{
    struct sides sides = {0};
    const struct value *statement = value_get(doc, "Statement");
    if (!statement)
        return sides;
    const struct value *const *items = canonical_items(&statement, &sides.len);
    sides.items = arena_array(arena, sides.len, sizeof(*sides.items));
    for (size_t i = 0; i < sides.len; i++) {
        const char *sid = value_get_str(items[i], "Sid");
        sides.items[i] = (struct side){items[i], canonical_statement(arena, items[i]),
                                       sid && *sid ? sid : NULL, i + 1, false};
    }
    return sides;
}

static struct policy_change at_statement(struct arena *arena, const struct side *side)
{
    return (struct policy_change){
        .statement = side->sid ? side->sid : arena_printf(arena, "statement %zu", side->number),
        .has_sid = side->sid != NULL};
}

static bool same_but_for_sid(struct arena *arena, const struct value *a, const struct value *b)
{
    return value_equal(value_without(arena, a, "Sid"), value_without(arena, b, "Sid"));
}

/* 0: the same Sid; 1: equal; 2: equal but for the Sid. */
static bool belong_together(struct arena *arena, const struct side *a, const struct side *b,
                            int round)
{
    if (round == 0)
        return a->sid && str_eq(a->sid, b->sid);
    if (round == 1)
        return value_equal(a->canonical, b->canonical);
    return value_is(a->canonical, VALUE_MAP) && value_is(b->canonical, VALUE_MAP) &&
           same_but_for_sid(arena, a->canonical, b->canonical);
}

static struct side *the_only_one_left(const struct sides *sides)
{
    struct side *left = NULL;
    for (size_t i = 0; i < sides->len; i++)
        if (!sides->items[i].paired) {
            if (left)
                return NULL;
            left = &sides->items[i];
        }
    return left;
}

/* partner[i] is the old statement of the i-th new one, or NULL. */
static struct side **pair_up(struct arena *arena, struct sides *before, struct sides *after)
{
    struct side **partner = arena_array(arena, after->len, sizeof(struct side *));
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < after->len; i++)
            for (size_t k = 0; k < before->len && !partner[i]; k++)
                if (!before->items[k].paired &&
                    belong_together(arena, &before->items[k], &after->items[i], round)) {
                    partner[i] = &before->items[k];
                    before->items[k].paired = after->items[i].paired = true;
                }
    struct side *old = the_only_one_left(before), *new = the_only_one_left(after);
    if (old && new && !(old->sid && new->sid)) {
        partner[new->number - 1] = old;
        old->paired = new->paired = true;
    }
    return partner;
}

static void compare_statements(struct changes *changes, const struct value *before,
                               const struct value *after)
{
    struct arena *arena = changes->arena;
    struct sides old = sides_of(arena, before), new = sides_of(arena, after);
    struct side **partner = pair_up(arena, &old, &new);
    for (size_t i = 0; i < new.len; i++) {
        struct policy_change at = at_statement(arena, &new.items[i]);
        if (partner[i]) {
            struct facts old_facts = facts_of(arena, partner[i]->written);
            struct facts new_facts = facts_of(arena, new.items[i].written);
            compare_facts(changes, &at, &old_facts, &new_facts);
        } else {
            at.kind = POLICY_ADDED;
            at.after = new.items[i].written;
            add_change(changes, at);
        }
    }
    for (size_t i = 0; i < old.len; i++) {
        if (old.items[i].paired)
            continue;
        struct policy_change at = at_statement(arena, &old.items[i]);
        at.kind = POLICY_REMOVED;
        at.before = old.items[i].written;
        add_change(changes, at);
    }
}

/* Version, Id and whatever else stands beside the statements. */
static struct facts document_facts(struct arena *arena, const struct value *doc)
{
    struct facts facts = {.arena = arena};
    if (!doc)
        return facts;
    if (!value_get(doc, "Version"))
        add_scalar(&facts, "Version", value_string(arena, "2008-10-17"));
    for (size_t i = 0; i < doc->map.len; i++)
        if (!str_eq(doc->map.entries[i].key, "Statement"))
            add_scalar(&facts, doc->map.entries[i].key, doc->map.entries[i].value);
    return facts;
}

static void compare_whole(struct changes *changes, const struct value *before,
                          const struct value *after)
{
    if (before && after && value_equal(before, after))
        return;
    add_change(changes, (struct policy_change){.kind = !before  ? POLICY_ADDED
                                                       : !after ? POLICY_REMOVED
                                                                : POLICY_CHANGED,
                                               .before = before,
                                               .after = after});
}

void policy_diff(struct arena *arena, const struct value *before, const struct value *after,
                 struct policy_change **ret, size_t *ret_len)
{
    struct changes changes = {.arena = arena};
    const struct value *old = canonical_document(arena, before);
    const struct value *new = canonical_document(arena, after);
    bool absent_before = !before || before->kind == VALUE_NULL;
    bool absent_after = !after || after->kind == VALUE_NULL;
    if ((!old && !absent_before) || (!new && !absent_after)) {
        compare_whole(&changes, absent_before ? NULL : before, absent_after ? NULL : after);
    } else if (!old || !new || !policy_same(old, new)) { /* one statement twice is still one */
        struct facts old_facts = document_facts(arena, old), new_facts = document_facts(arena, new);
        if (old && new)
            compare_facts(&changes, &(struct policy_change){0}, &old_facts, &new_facts);
        compare_statements(&changes, old, new);
    }
    *ret = changes.items;
    *ret_len = changes.len;
}
