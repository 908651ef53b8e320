#pragma once
/* What a fault destroyed: the points that came to a last vault, and what has become of them. */

#include "engine/drill/drill.h"

/* Fills in kept, destroyed and unreadable, of a blow that has its tries. */
void drill_damage(const struct drill_scene *scene, const struct drill_report *report,
                  struct drill_blow *blow);
