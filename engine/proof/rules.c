#include "engine/proof/rules.h"

#include <assert.h>

#include "engine/base/cleanup.h"
#include "engine/base/slice.h"

static const struct rule rules[] = {
#define RULE(symbol, id, severity, summary, why, source, mend)                                     \
    {id, severity, summary, why, source, mend},
#include "engine/proof/rules.inc"
#undef RULE
};
static_assert(ARRAY_LEN(rules) == RULE_COUNT, "one row a rule");

const struct rule *rule_of(enum rule_id id)
{
    return &rules[id];
}

const struct rule *rule_find(const char *id)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (str_eq(rules[i].id, id))
            return &rules[i];
    return NULL;
}

const char *rule_severity_name(enum rule_severity severity)
{
    static const char *const names[] = {"note", "warning", "error"};
    static_assert(ARRAY_LEN(names) == RULE_ERROR + 1, "one name a severity");
    return names[severity];
}
