#pragma once
/* What verify has seen, run by run: one line of JSON a run, oldest first, in a file of its own
 * beside the state. It is a convenience for plots, and no evidence: whoever can write it can change
 * it. A line that cannot be read, such as one that was cut short, is passed over. */

#include "engine/verify/verify.h"

/* Beyond it the older half goes. */
#define LEDGER_BYTES_MAX ((size_t)8 * 1024 * 1024)

struct ledger_point {
    int64_t at_ms, age_ms, objective_ms; /* age -1: there was no copy */
};

/* One resource on one way, over the runs. */
struct ledger_series {
    const char *resource, *destination; /* ARNs; destination "" where none leads anywhere */
    const char *way; /* the vaults before the last, for people; "": a line that does not say */
    struct ledger_point *points;
    size_t len, cap;
};

struct ledger {
    struct ledger_series *series; /* in order of their first appearance */
    size_t len, cap;
};

/* The line of a run, with its end. */
const char *ledger_line(struct arena *arena, const struct verify_report *report);
void ledger_parse(struct arena *arena, struct slice text, struct ledger *ret);
/* The text that stays of one that has become too long: whole lines, the newer half. */
struct slice ledger_tail(struct slice text);
