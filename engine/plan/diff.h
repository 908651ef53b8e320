#pragma once
/* Which properties differ, driven by the schema. Both sides are normalized (normalize.h). */

#include "engine/config/seal.h"
#include "engine/plan/change.h"

struct diff {
    struct difference *items; /* in the order of the schema's properties */
    size_t len, cap;
    bool create_only; /* one of them can only be set at creation */
};

struct diff_input {
    const struct schema *schema;
    const struct value *before; /* observed; write-only values as last written */
    const struct value *after;  /* desired */
    bool know_write_only;       /* false: what was written last is not known, and not compared */
    const struct value *tags;   /* recorded: those that we set; others on the object are not ours */
    const struct seal_key *key; /* of what is sensitive; NULL: of no state */
    struct source_pos pos;      /* for values that bring none */
    /* Whether all that an unknown refers to stays as it is: then the unknown is what is there. */
    bool (*settled)(void *ctx, const struct value *unknown);
    void *ctx;
};
/* Sensitive values are compared, and shown, as digests (seal.h): either side may be sealed already.
 *
 * Desired against observed. A property that is absent in `after` is not managed; inside a managed
 * one, absent means gone, but where the schema says x-unmanaged-when-absent. Read-only properties
 * never differ. */
void diff_desired(struct arena *arena, const struct diff_input *input, struct diff *ret);

/* The difference at that path; NULL: there is none. */
const struct difference *diff_find(const struct diff *diff, const char *path);

/* Two observations of one object: everything but read-only properties; of a lock also its date. */
void diff_observed(struct arena *arena, const struct schema *schema, const struct value *before,
                   const struct value *after, const struct seal_key *key, struct diff *ret);
