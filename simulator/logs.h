#pragma once
/* What other services ask CloudWatch Logs. */

#include "simulator/service.h"

/* Appends one line to a stream; group and stream are made when absent. */
void logs_append(struct world *world, struct arena *arena, const char *account, const char *region,
                 const char *group, const char *stream, const char *line);
