#pragma once
/* What a drill can break (faults.inc), and how. */

#include "engine/drill/intruder.h"
#include "engine/drill/routes.h"
#include "simulator/world.h"

/* What a fault meets. */
struct drill_scene {
    struct arena *arena;
    struct world *world;
    const struct topology *topology;
    const struct record *records;
    size_t record_len;
    const struct drill_names *names;
    const struct drill_routes *routes;
    struct intruder *intruder;
    struct diags *diags;
};

/* False when the world cannot be used any more. What the world refuses is no failure. */
typedef bool drill_strike_fn(struct drill_scene *scene);

struct drill_fault {
    const char *name, *what;
    const char *setting, *value, *off; /* of the world while the fault lasts, and after; or NULL */
    drill_strike_fn *before;        /* what passes before it strikes, and harms nobody; or NULL */
    drill_strike_fn *strike, *mend; /* or NULL */
};

const struct drill_fault *drill_faults(size_t *ret_len);
/* It can be taken back: what was missed meanwhile is to be made good. */
bool drill_fault_passes(const struct drill_fault *fault);
/* What a drill is compared with: the same days, and nothing strikes. */
struct drill_fault drill_fault_left_out(const struct drill_fault *fault);
bool drill_fault_is_left_out(const struct drill_fault *fault);
MUST_CHECK bool drill_fault_wait(const struct drill_fault *fault, struct drill_scene *scene);
MUST_CHECK bool drill_fault_strike(const struct drill_fault *fault, struct drill_scene *scene);
MUST_CHECK bool drill_fault_mend(const struct drill_fault *fault, struct drill_scene *scene);

/* Of an attribute that holds a policy: as text or as a map. */
const char *drill_document_text(struct arena *arena, const struct value *document);

/* The vaults at the ends of all routes, each once: ARNs, NULL-terminated. */
const char *const *drill_last_vaults(struct arena *arena, const struct drill_routes *routes);
