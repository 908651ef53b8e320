#pragma once
/* What moves in the state before anything is planned: `moved` of the file, and `state mv`. */

#include "engine/cli/session.h"

/* Renames the session's records (in memory) and, where default names must stay what they were,
 * reads the topology again. */
MUST_CHECK bool moving_apply(struct session *session, const struct move *moves, size_t len);
/* Writes that down, as a run of its own; nothing moved: nothing is written. */
MUST_CHECK bool moving_keep(struct session *session, const char *result);
/* The names that entries were made with, as they were at that serial, in the batch of the run under
 * way. */
MUST_CHECK bool moving_restore_names(struct session *session, int64_t serial);
