#pragma once
/* What a run has done and the state could not take, because its disk failed (run_summary). Nothing
 * of it is needed by the next run, which settles the open intents by reading: it is there for the
 * case that the disk does not come back. */

#include "engine/cli/session.h"

/* One object of JSON a line: on standard error, and in the file STATE.unrecorded.jsonl, or in a new
 * folder for temporary files where that cannot be written either. Empty: nothing. */
void unrecorded_keep(struct session *session, const struct value *unrecorded);
void unrecorded_forget(struct session *session); /* the intents are settled: the file goes */
