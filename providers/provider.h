#pragma once
/* The provider contract: what a resource type implements, and what an operation offers it.
 *
 * A type is five functions. Each starts work and returns; callbacks ("steps") go on when an answer
 * is in; every operation ends in exactly one of op_done(), op_found(), op_gone(), op_fail*().
 * Nothing blocks. All memory of an operation lives in op_arena() and is gone when it has ended. */

#include <stdbool.h>

#include "engine/base/diag.h"
#include "engine/base/value.h"
#include "engine/config/schema.h"

struct op;      /* one running operation */
struct request; /* one call under construction: providers/aws/aws.h */

enum fault {
    FAULT_NONE,
    FAULT_NOT_FOUND,
    FAULT_CONFLICT, /* exists already, or is in use */
    FAULT_THROTTLED,
    FAULT_DENIED,
    FAULT_INVALID,
    FAULT_QUOTA,
    FAULT_TRANSIENT, /* includes lost replies: the call may have run */
    FAULT_UNKNOWN,
};

struct response {
    enum fault fault;
    int status;
    const char *operation; /* "backup:CreateBackupVault" */
    const char *code, *message,
        *request_id;          /* code without namespace: "ResourceNotFoundException" */
    const struct value *body; /* AWS's member names; a map, never NULL */
};
typedef void op_step_fn(struct op *op, const struct response *rs);

struct resource_ops {
    void (*read)(
        struct op *op); /* by op_identifier() -> op_done(identifier, attributes), or op_gone() */
    void (*create)(
        struct op *op); /* from op_desired(), with op_token() where the API has a token */
    void (*update)(
        struct op *op); /* op_prior() to op_desired(); whole-document puts, safe to repeat */
    void (*remove)(struct op *op); /* already gone is success */
    void (*find)(struct op *op); /* by name, tag, alias or token from op_desired() -> op_found() or
                                    op_gone() */
};
/* After create and update the engine reads the object itself: both call op_done(identifier, NULL).
 */

struct arena *op_arena(struct op *op);
const char *op_address(const struct op *op);
const struct schema *op_schema(const struct op *op);
const char *op_account_id(const struct op *op);
const char *op_region(const struct op *op); /* NULL for global types */
const char *op_partition(const struct op *op);
/* Schema names, fully known, owner tags included. Create, update, find. NULL for read and remove.
 */
const struct value *op_desired(const struct op *op);
/* What was recorded or observed before, or NULL. Read (to know write-only values), update, remove.
 */
const struct value *op_prior(const struct op *op);
const char *op_identifier(const struct op *op); /* NULL in create and find */
/* The i-th part of the identifier, split at "|". */
const char *op_identifier_part(struct op *op, size_t i);
const char *op_token(const struct op *op); /* deterministic: 32 hex digits; create and find */
/* Find: a creation of ours may have made the object moments ago, so that an index of AWS that lags
 * behind does not do. False where somebody asks what stands. */
bool op_may_be_new(const struct op *op);
/* Find: the one that is recorded, where somebody asks for a second one. Only where an object is
 * known by its owner tags can there be two. */
bool op_is_known(const struct op *op, const char *identifier);
/* True when the property at this pointer differs between prior and desired (normalized). */
bool op_changed(const struct op *op, const char *pointer);
/* Private data of the type for this operation, zeroed at first use, which decides how large it is:
 * later ones may ask for as much or for less (the part at its beginning). */
void *op_data(struct op *op, size_t size);

/* Whose an object is that find has found. BY_TAGS: the engine reads it and compares the owner tags.
 */
enum ownership { OWNER_BY_TAGS, OWNER_OURS, OWNER_OTHER, OWNER_PARENT };

void op_done(struct op *op, const char *identifier, const struct value *attributes);
void op_found(struct op *op, const char *identifier, enum ownership ownership);
void op_gone(struct op *op);
/* From now on the object exists under this identifier (copied), even when the operation fails
 * later: creations say so before they send anything more, so that what exists is never lost. NULL:
 * that one was none of ours. */
void op_made(struct op *op, const char *identifier);
void op_fail(struct op *op, const struct response *rs); /* AWS's code, message and request id */
void op_fail_with(struct op *op, enum diag_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Runs `step` (with rs NULL) after the world's clock has moved on by ms: for states to settle. */
void op_later(struct op *op, int64_t ms, op_step_fn *step);
/* For what AWS says exists and does not show, since its reads lag behind its changes: runs `step` a
 * little later. False when the operation has looked for half a minute already. */
bool op_look_again(struct op *op, op_step_fn *step);

/* The registry: generated from the files in schemas/, one extern struct a type. NULL when unknown.
 */
const struct resource_ops *provider_ops(const char *type_name);
