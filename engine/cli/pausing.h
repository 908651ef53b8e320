#pragma once
/* The brake of a relay. It is a fact in the state, so that no apply lets go of it: while it is
 * there, the topology itself says that the function's reserved concurrency is 0, and no host of the
 * program starts a copy. Lambda then runs nothing and costs no call to ask; events go to the dead
 * letters, and what they told of is found by the first pass after `resume`. */

#include "engine/cli/session.h"

/* What the state knows, before anything is planned: {"relays.to_final": {"since"}}. */
MUST_CHECK bool pausing_recall(struct session *session);
/* Notes that the relay is paused since then, or (NULL) not at all: with the next commit. */
MUST_CHECK bool pausing_note(struct session *session, const char *relay, const char *since);
/* Since when that relay is paused, as the session knows it; NULL: it is not. */
const char *pausing_since(struct session *session, const char *relay);
/* Warns of each relay of the topology that is paused: E_RELAY_PAUSED. */
void pausing_warn(struct session *session);
/* The facts as that state has them; NULL: none. */
const struct value *pausing_in(struct state *state, struct arena *arena);
