#pragma once
/* Which rules of which plans lead to a last vault, and how. */

#include "engine/drill/names.h"

struct drill_route {
    const char *plan, *plan_id, *rule; /* the plan's address and AWS's id */
    const char *via;                   /* ARN of the relay's source vault; NULL: a direct copy */
    const char *relay;                 /* the relay's address; NULL likewise */
    const char *const *finals;         /* ARNs of the last vaults; NULL-terminated */
    size_t group; /* of routes that make up for each other: the index of its first one */
};
struct drill_routes {
    const struct drill_route *items;
    size_t len;
};

struct drill_routes drill_routes_find(const struct drill_names *names);
