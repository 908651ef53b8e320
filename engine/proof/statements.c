#include "engine/proof/statements.h"

#include "engine/policy/text.h"

bool statement_is_open(const struct policy_statement *s)
{
    return statement_is_for_all(s) && !s->conditions_len;
}

bool statement_is_for_all(const struct policy_statement *s)
{
    if (s->effect != POLICY_ALLOW || s->not_principal)
        return false;
    for (size_t i = 0; i < s->principals_len; i++)
        if (s->principals[i].kind == POLICY_PRINCIPAL_ANY)
            return true;
    return false;
}

bool statement_takes(const struct policy_statement *s, enum policy_effect effect,
                     const char *action)
{
    bool any = false;
    for (size_t i = 0; i < s->actions.len && !any; i++)
        any = text_glob(slice_of(s->actions.items[i].text), slice_of(action), WILDCARDS_WRITTEN,
                        /* fold= */ true);
    return s->effect == effect && any != s->not_action;
}

bool policy_takes(const struct policy *policy, enum policy_effect effect, const char *action)
{
    for (size_t i = 0; policy && i < policy->statements_len; i++)
        if (statement_takes(&policy->statements[i], effect, action))
            return true;
    return false;
}

bool statement_asks(const struct policy_statement *s, const char *key)
{
    for (size_t i = 0; i < s->conditions_len; i++)
        if (text_equal_fold(slice_of(s->conditions[i].key), slice_of(key)))
            return true;
    return false;
}

const struct policy_text *policy_deleted_principal(const struct policy *policy)
{
    for (size_t i = 0; policy && i < policy->statements_len; i++) {
        const struct policy_statement *s = &policy->statements[i];
        for (size_t k = 0; k < s->principals_len; k++) {
            const struct policy_text *text = &s->principals[k].text;
            if (s->principals[k].kind == POLICY_PRINCIPAL_AWS &&
                (str_starts(text->text, "AROA") || str_starts(text->text, "AIDA")))
                return text;
        }
    }
    return NULL;
}
