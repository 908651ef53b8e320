#pragma once
/* What the state remembers of its runs: who changed what, and what was recorded before. */

#include "state/state.h"

struct past_run {
    int64_t id, started_ms;
    int64_t ended_ms; /* 0: it did not end */
    const char *who, *command, *result;
    int64_t first_serial, last_serial; /* of the rows that it changed; 0: it changed none */
};
/* Oldest first. */
MUST_CHECK bool state_runs(struct state *state, struct arena *arena, struct past_run **ret,
                           size_t *ret_len, struct diags *diags);

/* One row, as it was before and after. */
struct past_change {
    int64_t serial, at_ms;
    int64_t run; /* 0: between runs, such as an intent that was settled */
    const char *address;
    const struct record *before, *after; /* NULL: nothing was recorded */
};
/* Every change of a row, oldest first. */
MUST_CHECK bool state_changes(struct state *state, struct arena *arena, struct past_change **ret,
                              size_t *ret_len, struct diags *diags);
/* Of each address that has changed since: what was recorded there at that serial (`after`; the run
 * and time are of the change that had made it so). By address. */
MUST_CHECK bool state_rows_at(struct state *state, struct arena *arena, int64_t serial,
                              struct past_change **ret, size_t *ret_len, struct diags *diags);
/* Of each address that was ever recorded: what the last change left there. By address. */
MUST_CHECK bool state_rows_last(struct state *state, struct arena *arena, struct past_change **ret,
                                size_t *ret_len, struct diags *diags);
