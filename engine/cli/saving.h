#pragma once
/* Saved plans as files (engine/plan/planfile.h): `plan --out`, `show FILE`, `apply FILE`. */

#include "engine/cli/planning.h"
#include "engine/plan/planfile.h"

/* The fact of the state with which the digests of what is sensitive are keyed in saved plans. */
#define SAVING_SECRET "plan_secret"
/* Makes it where there is none, and something sensitive is in the file: part of the open batch. */
MUST_CHECK bool saving_keep_secret(struct session *session);

/* The argument of `apply` that is a file, which is a plan and stands alone. NULL: it plans by
 * itself.
 */
const char *saving_argument(const struct cli *cli);
/* Whether a plan may be written there, before there is one: E_USAGE for a file that stands and is
 * neither a saved plan nor empty, E_OUTPUT for what is no file. */
MUST_CHECK bool saving_may_write(struct cli *cli, const char *path);
/* Mode 0600. */
MUST_CHECK bool saving_write(struct session *session, const struct planning *planning,
                             const char *path);
/* Needs neither topology nor state. */
MUST_CHECK bool saving_read(struct session *session, const char *path, struct planfile *ret);
/* Builds the plan of the file again, in an open session: the same, or E_PLAN_STALE. */
MUST_CHECK bool saving_build(struct session *session, const struct planfile *file,
                             struct planning *ret);
/* As text, with --json or, as a page of at most --max-bytes, --markdown. E_USAGE. */
MUST_CHECK bool saving_print(struct session *session, const struct planfile *file);
