#pragma once
/* The last step of an operation, as most types have it. */

#include "providers/aws/aws.h"

/* Of an update: nothing was left to change (rs NULL, after calls.h), or the one call has run. */
void step_updated(struct op *op, const struct response *rs);
/* Of a deletion: gone already is success. */
void step_removed(struct op *op, const struct response *rs);
/* Of a search by the desired `name`, for what bears tags. */
void step_found_by_name(struct op *op, const struct response *rs);
