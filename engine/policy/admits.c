#include "engine/policy/admits.h"

#include "engine/aws/arn.h"
#include "engine/policy/canonical.h"

static bool is_other(struct arena *arena, const struct value *principal, const char *account_id)
{
    const char *text = value_str(canonical_aws_principal(arena, principal));
    return !text || (!str_eq(text, account_id) && !arn_is_in_account(text, account_id));
}

static bool admits_others(struct arena *arena, const struct value *statement,
                          const char *account_id)
{
    const struct value *principal = value_get(statement, "Principal");
    if (!str_eq(value_get_str(statement, "Effect"), "Allow"))
        return false;
    if (!value_is(principal, VALUE_MAP))
        return principal || value_get(statement, "NotPrincipal");
    for (size_t i = 0; i < principal->map.len; i++) {
        const struct value_entry *e = &principal->map.entries[i];
        size_t len = 0;
        const struct value *const *items = canonical_items(&e->value, &len);
        if (str_eq(e->key, "Service"))
            continue;
        for (size_t n = 0; n < len; n++)
            if (!str_eq(e->key, "AWS") || is_other(arena, items[n], account_id))
                return true;
    }
    return false;
}

const struct value *policy_admitting_others(struct arena *arena, const struct value *doc,
                                            const char *account_id)
{
    const struct value *policy = doc ? canonical_document(arena, doc) : NULL;
    const struct value *all = value_get(policy, "Statement");
    if (!all)
        return NULL;
    struct list_builder list = list_begin(arena);
    size_t len = 0, found = 0;
    const struct value *const *statements = canonical_items(&all, &len);
    bool named = true;
    for (size_t i = 0; i < len; i++) {
        named = named && value_get_str(statements[i], "Sid");
        if (!admits_others(arena, statements[i], account_id))
            continue;
        list_add(&list, statements[i]);
        found++;
    }
    if (found == 0 || !named)
        return found == 0 ? NULL : policy;
    struct map_builder map = map_begin_from(arena, policy);
    map_put(&map, "Statement", list_end(&list));
    return map_end(&map);
}
