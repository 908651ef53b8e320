#pragma once
/* Relays that a plan takes away from the backups that still come through them. What is on its way
 * to the source vault, or lies there uncopied, would stay there for ever: the relay goes only when
 * nothing is left for it, or when --allow-destroy names it. A destroy ends the backups themselves
 * and is not asked. */

#include "engine/cli/planning.h"

/* By reading only: a warning (E_RETAINED) for each relay that an apply of this plan would keep. */
void leaving_warn(struct session *session, const struct planning *planning);
/* Each relay that leaves copies once more what is there, unless --relay=false. False, with
 * E_RETAINED, where it has to stay: nothing of the plan may be done then. */
MUST_CHECK bool leaving_settle(struct session *session, const struct planning *planning);
