#pragma once
/* Objects that are taken over by their id. */

#include "engine/base/diag.h"
#include "engine/config/resource.h"

/* The address is one resource of the topology, which is not external, and the id can be one of its
 * type, in its account and Region: else E_IMPORT or E_BAD_REFERENCE. The object's ARN is taken for
 * the id that stands in it. */
MUST_CHECK bool import_check(struct arena *arena, const struct topology *topology,
                             struct import *import, struct diags *diags);
/* The id under which the address is to be imported; NULL: it is not. */
const char *import_id(const struct topology *topology, const char *address);
