#pragma once
/* What the contract script stands on: a simulated world with one loop over it, operations run one
 * at a time, and the IAM actions of the calls that each kind of operation made. */

#include "engine/base/map.h"
#include "providers/aws/aws.h"
#include "simulator/world.h"

#define OP_KINDS (OP_FIND + 1)

struct contract {
    struct arena *arena;
    struct diags diags;
    const struct schema_set *schemas;
    const char *type, *folder;
    const struct schema *schema;
    const struct value *file; /* aws_T.yaml */
    struct world *world;
    struct loop *loop;
    struct map before;            /* name -> attributes (const struct value *) */
    struct map actions[OP_KINDS]; /* of the type under test: IAM action -> itself */
    int life; /* rises with every object that is made: what the tokens are made of */
    size_t failures;
    /* of the last operation */
    enum op_result result;
    enum ownership ownership;
    const char *identifier;
    const struct value *attributes;
};

/* Reads the file, opens the world and the loop. False after a message. */
bool contract_open(struct contract *c, const char *type, const char *folder);
void contract_close(struct contract *c);

void contract_fail(struct contract *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Packs `packages`, then makes the resources of `before`. */
bool contract_prepare(struct contract *c);
/* Properties of the file with ${name.attribute} filled in and owner tags added. */
const struct value *contract_properties(struct contract *c, const struct schema *schema,
                                        const char *address, const struct value *v);

struct contract_op {
    enum op_kind kind;
    const char *identifier;
    const struct value *desired, *prior;
};
/* Runs one operation of the type under test; false when it ended otherwise than wanted. */
bool contract_run(struct contract *c, const struct contract_op *op, enum op_result wanted);
