#pragma once
/* Whether an object is still what a saved plan saw of it. */

#include "engine/run/object.h"

/* The change whose object is to be looked at before `change` is carried out: of a creation beside
 * the object that it replaces that object's own. NULL: there is nothing to look at. */
const struct change *recheck_subject(const struct change *change, const struct change *replaced);
/* How: a read of what was there, a search for what was not. `desired` and `token` of a creation. */
struct op_spec recheck_spec(struct run *run, const struct change *subject,
                            const struct value *desired);
/* Whether the outcome is what the plan saw. If not, or where it could not be told, a diagnostic
 * says why. */
MUST_CHECK bool recheck_passed(struct run *run, const struct change *subject,
                               const struct op_outcome *outcome);
