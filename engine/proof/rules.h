#pragma once
/* The rules of `holdfast check`, one row each (rules.inc). Ids are stable. */

#include <stddef.h>

enum rule_severity { RULE_NOTE, RULE_WARNING, RULE_ERROR };

enum rule_id {
#define RULE(symbol, id, severity, summary, why, source, mend) symbol,
#include "engine/proof/rules.inc"
#undef RULE
    RULE_COUNT
};

struct rule {
    const char *id; /* "HP118" */
    enum rule_severity severity;
    const char *summary; /* what is found, in a few words */
    const char *why;     /* what follows from it */
    const char *source;  /* AWS's page */
    const char *mend;    /* the change to the file */
};

const struct rule *rule_of(enum rule_id id);
const struct rule *rule_find(const char *id);                /* NULL: unknown */
const char *rule_severity_name(enum rule_severity severity); /* "note", "warning", "error" */
