#pragma once
/* Open intents, where a person changes what is recorded: the run that settles one writes its row at
 * the address that the intent names, wherever the row has gone meanwhile. */

#include "engine/cli/session.h"

/* E_UNSETTLED for each open intent about one of the addresses (NULL at the end) or about a part of
 * it, in a session whose state is open. `way` says how to come by what was asked for all the same.
 */
MUST_CHECK bool unsettled_none(struct session *session, const char *const *addresses,
                               const char *way);
