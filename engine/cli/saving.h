#pragma once
/* Saved plans as files (engine/plan/planfile.h): `plan --out`, `show FILE`, `apply FILE`. */

#include "engine/cli/planning.h"
#include "engine/plan/planfile.h"

/* The argument of `apply` when it is a plan: the only one, and a file. NULL: it plans by itself. */
const char *saving_argument(const struct cli *cli);
/* Mode 0600. */
MUST_CHECK bool saving_write(struct session *session, const struct planning *planning,
                             const char *path);
/* Needs neither topology nor state. */
MUST_CHECK bool saving_read(struct session *session, const char *path, struct planfile *ret);
/* Builds the plan of the file again, in an open session: the same, or E_PLAN_STALE. */
MUST_CHECK bool saving_build(struct session *session, const struct planfile *file,
                             struct planning *ret);
void saving_print(struct session *session, const struct planfile *file);
