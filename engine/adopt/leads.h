#pragma once
/* What an object names: where to look next. Pure. */

#include "engine/raise/finding.h"

struct lead {
    const char *type, *account_id, *region, *identifier; /* region NULL: a type without one */
};
typedef void lead_fn(void *ctx, const struct lead *lead);

/* Objects that the finding names by ARN, and those that only exist with it: parts, its log, the
 * statements of its policy. */
void leads_of(struct arena *arena, const struct schema_set *schemas, const struct finding *finding,
              lead_fn *follow, void *ctx);
/* What an ARN names, where its type is one that is looked at. */
void leads_of_arn(struct arena *arena, const char *arn, lead_fn *follow, void *ctx);
