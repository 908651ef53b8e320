#pragma once
/* What apply and destroy share: load, plan, show, guards, approval, run. */

#include "engine/cli/planning.h"

struct executing {
    struct planning planning;
    struct run_saved from_file; /* of a saved plan */
    struct run_summary summary;
    bool saved; /* the plan is a file that somebody has read: nobody is asked */
    bool ok;    /* everything that was planned succeeded */
};

/* Load, plan, show, guards: EXIT_DONE, or a status that ends the command. */
MUST_CHECK int executing_plan(struct session *session, bool destroy, struct executing *ret);
/* The same with the plan that is saved in a file, against what there is now. */
MUST_CHECK int executing_saved_plan(struct session *session, const char *path,
                                    struct executing *ret);
/* The question to a person; a plan that changes nothing needs no answer. */
MUST_CHECK bool executing_approved(struct session *session, const struct executing *executing,
                                   const char *question);
void executing_carry_out(struct session *session, struct executing *executing);
