#pragma once
/* How long a vault lock that stands can still be taken back. */

#include "engine/plan/plan.h"

struct countdown {
    const char *address;
    int64_t date_ms;   /* from then on nobody can change or remove it */
    int64_t days_left; /* begun ones count; 0: it is permanent */
};

/* Of one object as it was seen or recorded. False: no lock, or one in governance mode. */
bool countdown_of(const char *type, const char *address, const struct value *attributes,
                  int64_t now_ms, struct countdown *ret);
/* Of the locks that were seen and that the plan leaves as they are: a change says its own date.
 * Returns how many. */
size_t countdowns_of_plan(struct arena *arena, const struct plan_input *input,
                          const struct plan *plan, const struct countdown **ret);
/* "vaults.final/lock becomes permanent on 2026-01-15 00:00 UTC, in 14 days: until then it can be
 * taken off" */
const char *countdown_text(struct arena *arena, const struct countdown *countdown);
const struct value *countdown_to_json(struct arena *arena, const struct countdown *countdown);
