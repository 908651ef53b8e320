#pragma once
/* `holdfast permissions --for organization`: policies of the organization that keep what the
 * topology built from being undone by whoever takes an account over. They allow nothing: an
 * account's own policies go on deciding what it may do.
 *
 *   NAME-sources  (SCP, accounts with plans)        copies go to the vaults of the file only
 *   NAME-last     (SCP, accounts with last vaults)  points, locks and policies of those stay
 *   NAME-members  (SCP, all accounts)               nobody leaves, nobody sets the tags that tell
 * ours NAME-keys     (RCP, accounts with keys)         keys of the topology stay usable
 *
 * A last vault is one that a relay leads to, that copies of another account arrive in, or that is
 * locked. The roles that apply (`assume_role`) are left out where an apply would need it, and the
 * `break_glass` principals of `protect` always. */

#include "engine/config/resource.h"

struct control_policy {
    const char *name, *type; /* "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY" */
    const struct account *const *targets;
    size_t target_len;
    const struct value *document;
    size_t size; /* as AWS counts */
};

struct controls {
    const char *topology;
    struct control_policy *items;
    size_t len;
};

void controls_make(struct arena *arena, const struct topology *topology, struct controls *ret);

const struct value *controls_to_json(struct arena *arena, const struct controls *controls);
const char *controls_text(struct arena *arena, const struct controls *controls);
