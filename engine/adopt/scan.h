#pragma once
/* What stands in the accounts and Regions of a topology, as findings.
 *
 * It begins with the lists of vaults, backup plans, rules on the default bus and alarms, and goes
 * on with what these name. Taken are rules that look at AWS Backup and alarms of its metrics; what
 * another topology owns, and what AWS manages, leaves a remark. */

#include "engine/raise/finding.h"
#include "providers/loop.h"

#define SCAN_OBJECTS_MAX 20000

struct scan_input {
    struct loop *loop;
    const struct topology *topology;
    const struct schema_set *schemas;
    size_t limit; /* of objects; 0: SCAN_OBJECTS_MAX */
};

/* True when everything that was asked for was answered; else messages say what was not. The
 * findings hold what there is in either case. */
MUST_CHECK bool scan(struct arena *arena, const struct scan_input *input, struct findings *ret,
                     struct diags *diags);
