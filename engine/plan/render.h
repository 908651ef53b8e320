#pragma once
/* A plan and a drift as people read them and as machines do (`plan`, `plan --json`). Nothing is
 * printed here: the caller prints. Texts end with a newline; sensitive values never appear. */

#include "engine/plan/countdown.h"
#include "engine/plan/plan.h"

struct render_options {
    unsigned width;    /* columns of the terminal; 0: lines are not cut */
    bool colour;       /* symbols and words say the same without it */
    const char *world; /* "AWS", "simulated world 2026-01-01"; NULL: not said */
    bool state_is_new;
    const char *note;                   /* lines between the changes and the totals, or NULL */
    const struct diags *sources;        /* the files that places point into; NULL: no places */
    size_t relay_copies;                /* that the relays would start after the apply */
    const struct countdown *countdowns; /* of the locks that stand and stay */
    size_t countdown_len;
    const struct value *locks; /* what plan_locks_to_json() once said of them, instead; or NULL */
};

/* Grouped by account and Region; `+` create, `~` update, `-` delete, `-+` and `+-` replace, `=`
 * adopt, `>` moved, `.` forget or stay, `!` what cannot be taken back. */
const char *plan_render_text(struct arena *arena, const struct plan *plan,
                             const struct topology *topology, const struct render_options *options);
/* The lines of its accounts, Regions and changes alone. */
const char *plan_render_lines(struct arena *arena, const struct plan *plan,
                              const struct topology *topology,
                              const struct render_options *options);
/* For the page of a pull request, Markdown as GitHub and GitLab have it: the totals; what cannot be
 * taken back, deletes, replaces, changes what holds data or guards it, or is refused; folded, all
 * changes, and what stands beside them: the note, locks, accounts of organizational units, ways of
 * copies. It is never longer than max_bytes (1000 at least; 0: as long as it is). What is too much
 * is left out, and it says how much: of all changes and of what stands beside them first, and last
 * of the dangerous; whole resources and whole lines, from the last one on. */
const char *plan_render_markdown(struct arena *arena, const struct plan *plan,
                                 const struct topology *topology,
                                 const struct render_options *options, size_t max_bytes);
/* What --json says of those locks; NULL: nothing is known of them. */
const struct value *plan_locks_to_json(struct arena *arena, const struct render_options *options);
/* "Lock: vaults.final/lock becomes permanent on ...", a line for each lock that stands; or "". */
const char *plan_render_locks(struct arena *arena, const struct render_options *options);
/* "Plan: 24 create, 0 update, 0 delete; 1 irreversible (undo until 2026-01-15)" */
const char *plan_render_totals(struct arena *arena, const struct plan *plan);
/* "the relays would then start 2 copies"; or "" */
const char *plan_render_copies(struct arena *arena, const struct render_options *options);
const char *drift_render_text(struct arena *arena, const struct drift *drifts, size_t len,
                              const struct topology *topology,
                              const struct render_options *options);

/* The organizational units that were opened, with the accounts that they held: a line each; "". */
const char *units_render_text(struct arena *arena, const struct topology *topology);
const struct value *units_to_json(struct arena *arena, const struct topology *topology);
/* The ways of copy actions that say `route`, a line each; "" where none does. */
const char *routes_render_text(struct arena *arena, const struct topology *topology);
const struct value *routes_to_json(struct arena *arena,
                                   const struct topology *topology); /* NULL: an empty list */

/* A replacement is one entry with the action "replace". */
const struct value *plan_to_json(struct arena *arena, const struct plan *plan,
                                 const struct render_options *options);
const struct value *drift_to_json(struct arena *arena, const struct drift *drifts, size_t len);
