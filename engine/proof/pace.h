#pragma once
/* How often a schedule fires. Zones do not matter for that. Internal to engine/proof. */

#include <stdint.h>

#include "engine/base/arena.h"

/* The longest and the shortest time between two firings; of what cannot be read, or fires once at
 * most, INT64_MAX. */
int64_t pace_longest_ms(struct arena *arena, const char *schedule);
int64_t pace_shortest_ms(struct arena *arena, const char *schedule);
