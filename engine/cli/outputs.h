#pragma once
/* Outputs of the topology: resolved against what is recorded or external, kept in the state after
 * apply. */

#include "engine/cli/planning.h"

/* planning: of the apply, for what is external. */
const struct value *outputs_resolve(struct session *session, const struct planning *planning,
                                    const struct record *records, size_t record_len);

/* References to recorded attributes become what is recorded; the rest stays. */
const struct value *records_resolve(struct arena *arena, const struct value *v,
                                    const struct record *records, size_t record_len);
