#pragma once
/* The place of a shared state, as the topology names it. */

#include "engine/cli/session.h"

/* Opens session->shared, of a topology with `state`, which is an error to be without: E_USAGE. */
MUST_CHECK bool sharing_open(struct session *session);
/* Keeps the lock of the open state while the session's loop turns; where it is lost, the loop sends
 * no change any more. */
void sharing_keep(struct session *session);
void sharing_close(struct session *session);
