#pragma once
/* References of finished drafts: literals where AWS makes the value from names, edges otherwise.
 *
 * A reference whose value is known and whose target has a later rank makes no edge: its text stands
 * for itself, so that queue policy and rule, role and queue, permission and rule make no cycle.
 * Every other reference is an edge, and rank yields to it. Unknown stay only the attributes that
 * AWS invents. */

#include "engine/config/lower.h"

/* Resources, outputs, Regions, relays and restores of the topology, resolved but not yet
 * normalized. */
void resolve(struct lowering *lw, struct topology *ret);

struct draft *draft_at(const struct lowering *lw, const char *address);
/* The attribute's value where it is known before anything runs; else NULL. */
const struct value *attribute_literal(struct lowering *lw, struct draft *draft,
                                      const char *attribute);
