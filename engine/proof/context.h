#pragma once
/* The condition keys of a request: what the topology determines of them (contexts.inc). Internal to
 * engine/proof. */

#include "engine/proof/ask.h"

/* One way a request may look, where more than one is possible. */
struct ask_variant {
    const char *region; /* where the call is made; NULL: not known */
    bool with_source;   /* a service names for whom it calls */
};

/* For a partial context (engine/policy/evaluate.h). */
const struct value *context_of(struct model *model, const struct ask *question,
                               const struct ask_variant *variant);
