#pragma once
/* What other services ask EventBridge. */

#include "simulator/service.h"

/* Puts an event of AWS's own on the default bus of the account and Region: it gets id, time and
 * version, and is matched and delivered by tasks at the same instant. resources: list or NULL. */
void event_emit(struct world *world, struct arena *arena, const char *account, const char *region,
                const char *source, const char *detail_type, const struct value *resources,
                const struct value *detail);
