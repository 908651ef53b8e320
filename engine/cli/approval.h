#pragma once
/* Asking a person. Without a terminal nothing ever waits: --auto-approve or status 64. */

#include "engine/cli/planning.h"

/* Whether there is a person to ask: a terminal, and no --auto-approve. */
bool approval_can_ask(const struct cli *cli);
/* Asks for a name, of what cannot be taken back. */
MUST_CHECK bool approval_ask_name(struct cli *cli, const char *address, const char *question,
                                  const char *name);
MUST_CHECK bool approval_ask(struct session *session, const struct plan *plan,
                             const char *question);
