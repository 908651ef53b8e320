#pragma once
/* The engine as a host of the relay core: one reconcile pass of every relay. */

#include "engine/cli/session.h"

MUST_CHECK bool relaying_reconcile(struct session *session);
