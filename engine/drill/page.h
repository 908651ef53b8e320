#pragma once
/* The timelines of drills as one HTML page that stands alone: inline SVG, no script, nothing from
 * outside. Each place (an account and a Region) is a lane, time runs to the right, and lines follow
 * backups from place to place. */

#include "engine/drill/breaking.h"

/* topology: its name. An outcome without a fault is a plain drill. */
const char *drill_page(struct arena *arena, const char *topology,
                       const struct drill_outcome *outcomes, size_t len);
