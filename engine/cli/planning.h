#pragma once
/* What plan, apply, destroy and drift have in common: look at the world, build the plan. */

#include "engine/cli/session.h"
#include "engine/plan/render.h"

struct planning {
    struct plan_input input;
    const struct observation *observations;
    size_t observation_len;
    struct plan plan;
    size_t relay_copies; /* that the relays would start after an apply of it */
};

/* Observes and builds. Where something could not be read the plan is not built. */
MUST_CHECK bool planning_build(struct session *session, bool destroy, struct planning *ret);
MUST_CHECK bool planning_observe(struct session *session, struct planning *ret);
/* What every plan of now rests on, without observations. */
struct plan_input planning_input(struct session *session);
struct render_options planning_render_options(struct session *session,
                                              const struct planning *planning);
void planning_print(struct session *session, const struct planning *planning);
