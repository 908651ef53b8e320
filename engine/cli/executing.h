#pragma once
/* What apply and destroy share: load, plan, show, guards, approval, run. */

#include "engine/cli/planning.h"

struct executing {
    struct planning planning;
    struct run_summary summary;
    bool ok; /* everything that was planned succeeded */
};

/* EXIT_DONE when the plan was carried out, as far as it could be: then ret is filled in and
 * session->run.stop tells of signals. Any other status ends the command. */
MUST_CHECK int executing_run(struct session *session, bool destroy, const char *question,
                             struct executing *ret);
