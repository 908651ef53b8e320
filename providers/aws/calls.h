#pragma once
/* Several calls of one operation: all at once, as reads do it, or one after the other, as changes
 * do it. They count as one step of the operation.
 *
 * The list lives in op_data(): a type that has data of its own begins it with a `struct calls`, and
 * asks for it before it adds the first call.
 * It is empty again when `then` runs, so that a second round may follow. */

#include "providers/aws/aws.h"

struct planned_call;
struct calls {
    struct planned_call *items;
    size_t len, cap, next, open;
    op_step_fn *then;
    void (*missing)(struct op *op);
};

/* Adds a call; the request is filled in by the caller before the next function of this header is
 * used. Lists come over all their pages. `take` (or NULL) gets the answer, unless the call failed:
 * then the operation fails with it. Calls of one operation have one `take`. */
struct request *calls_add(struct op *op, const struct aws_operation *operation, op_step_fn *take);
/* Of the call that was added last: this fault is as good as an answer, and `take` does not run. */
void calls_forgive(struct op *op, enum fault fault);

/* `then` runs with rs NULL after all answers, at once where nothing was added; not when the
 * operation has ended meanwhile. */
void calls_in_order(struct op *op, op_step_fn *then);
/* `missing` (or NULL) ends the operation when a call finds no object: it went meanwhile. */
void calls_together(struct op *op, void (*missing)(struct op *op), op_step_fn *then);

/* How a service takes changes of tags: as members of two calls. */
struct tag_calls {
    const struct aws_operation *set, *remove;
    const char *object, *tags, *keys;      /* the members: of what, which tags, which keys go */
    const char *key_member, *value_member; /* of one tag in a list; NULL: tags are a map */
};
/* Adds what an update has to do about the tags of `object`; nothing where they are as they should
 * be. */
void calls_add_tags(struct op *op, const struct tag_calls *calls, const char *object);
