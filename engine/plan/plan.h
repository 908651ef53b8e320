#pragma once
/* Desired, recorded and observed to a plan: graph, diff, action table, guards, order. Pure. */

#include "engine/plan/change.h"

struct plan_input {
    const struct topology *topology; /* NULL for destroy of everything */
    const struct schema_set *schemas;
    const struct record *records;
    size_t record_len;
    const struct observation *observations;
    size_t observation_len;
    const char *lineage, *program_version;
    int64_t serial, now_ms;
    bool destroy;               /* everything recorded goes, as far as guards and locks let it */
    const char *const *targets; /* NULL-terminated addresses, or NULL for all */
    const char *const *allow_irreversible, *const *allow_destroy; /* NULL-terminated or NULL */
};

/* Builds the plan. False on errors that make a plan meaningless (cycles, foreign owners, forbidden
 * replacement). Missing guards are not errors here: plan_guards() reports them. */
MUST_CHECK bool plan_build(struct arena *arena, const struct plan_input *input, struct plan *ret,
                           struct diags *diags);
/* Adds E_IRREVERSIBLE and E_ALLOW_DESTROY for every change whose flag is missing. */
MUST_CHECK bool plan_guards(const struct plan *plan, const struct plan_input *input,
                            struct diags *diags);
/* What a destroy leaves standing, with the reason: compliance locks past their date or in their
 * grace days, vaults with points, keys in use. */
struct retained {
    const char *address, *reason;
};
/* Recorded against observed, for `drift`. */
struct drift {
    const char *address, *type, *account, *account_id, *region, *severity; /* high, medium, low */
    const char *action; /* "deleted", "changed" */
    const struct difference *differences;
    size_t difference_len;
    const struct value *before, *after;
};
MUST_CHECK bool drift_build(struct arena *arena, const struct plan_input *input, struct drift **ret,
                            size_t *ret_len, struct diags *diags);
