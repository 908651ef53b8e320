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

/* Whether each address of --allow-irreversible and --allow-destroy is that of an object: a guard
 * that was mistyped would let nothing happen, and say nothing. Else E_TARGET. Part of
 * planning_build(). */
MUST_CHECK bool planning_check_flags(struct session *session);
/* Observes and builds. Where something could not be read the plan is not built. */
MUST_CHECK bool planning_build(struct session *session, bool destroy, struct planning *ret);
MUST_CHECK bool planning_observe(struct session *session, struct planning *ret);
/* What is known before the first call of an apply of it. */
struct run_world planning_world(const struct session *session, const struct planning *planning);
/* What every plan of now rests on, without observations. */
struct plan_input planning_input(struct session *session);
/* One line: whether the backups of what stands there after the plan would arrive; or NULL. */
const char *planning_note(struct session *session, const struct planning *planning);
struct render_options planning_render_options(struct session *session,
                                              const struct planning *planning);
void planning_print(struct session *session, const struct planning *planning);
