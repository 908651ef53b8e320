#pragma once
/* The inside of struct op, shared by op.c and loop.c only. */

#include "providers/loop.h"

struct op {
    struct loop *loop;
    struct arena *arena; /* NULL until the operation has begun */
    struct op_spec spec;
    op_outcome_fn *done;
    void *ctx;
    size_t expected; /* answers and timers that are still to come */
    size_t sleeping; /* of these, op_later() timers */
    bool asleep;     /* counted as asleep: nothing but timers is due */
    bool ended;
    int looks;                     /* op_look_again() */
    const struct response *answer; /* while the step that takes it runs */
    const char *made;              /* op_made() */
    struct op_outcome outcome;
    void *data; /* op_data() */
    size_t data_size;
    const char **parts; /* of the identifier */
    size_t part_len;
    struct op *next; /* in one of the loop's lists */
};

/* Runs the first step: the slot of resource_ops that spec.kind names. */
void op_begin(struct op *op);

/* What loop.c offers op.c: the operation now waits for timers only, or no longer does; and it has
 * ended, with nothing more due. */
void loop_op_asleep(struct loop *loop, struct op *op, bool asleep);
void loop_op_ended(struct loop *loop, struct op *op);
