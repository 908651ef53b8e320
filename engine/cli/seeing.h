#pragma once
/* Looks at what stands in the accounts, for a proof of that: reads only. */

#include "engine/cli/session.h"
#include "engine/proof/sight.h"

/* Over an open session. What cannot be read is no failure: it is in the sights, with AWS's words.
 * False after a signal. */
MUST_CHECK bool seeing(struct session *session, struct sights *ret);
