#pragma once
/* Asking a person. Without a terminal nothing ever waits: --auto-approve or status 64. */

#include "engine/cli/planning.h"

MUST_CHECK bool approval_ask(struct session *session, const struct plan *plan,
                             const char *question);
