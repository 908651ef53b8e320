#pragma once
/* The packages of functions, which no list holds: fetched from where Lambda says that they are. */

#include "engine/raise/finding.h"
#include "providers/loop.h"

struct code_input {
    struct loop *loop;
    const char *folder; /* where the packages go, as `<function>.zip`; it is made */
    /* An endpoint stands in AWS's place: what it names may be without TLS. */
    bool elsewhere;
};

/* Gives each function among the findings the path of its package, whose digest is the one that
 * Lambda tells. False when one could not be fetched: E_ADOPT_CODE, and the function has none. A
 * file that is there already and holds something else is not touched. */
MUST_CHECK bool code_fetch(struct arena *arena, const struct code_input *input,
                           struct findings *findings, struct diags *diags);
