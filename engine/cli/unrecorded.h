#pragma once
/* What a run has done and the state could not take, because its disk failed or somebody else writes
 * it (run_summary). */

#include "engine/cli/session.h"

/* One object of JSON a line: on standard error, and in the file STATE.unrecorded.jsonl, or in a new
 * folder for temporary files where that cannot be written either. Empty: nothing. */
void unrecorded_keep(struct session *session, const struct value *unrecorded);
/* What such a file names is looked at, with all else that a run may have made and nobody recorded
 * (engine/run/strays.h). `persist`: the file goes, since the state names then what is left of it.
 */
MUST_CHECK bool unrecorded_settle(struct session *session, bool persist);
