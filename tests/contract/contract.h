#pragma once
/* What the contract script stands on: a simulated world, or a server at a URL, with one loop over
 * it, operations run one at a time, and the IAM actions of the calls that each kind of operation
 * made (of a simulated world: a server tells nobody what it was asked). */

#include "engine/base/map.h"
#include "providers/aws/aws.h"
#include "simulator/world.h"
#include "tests/contract/mangle.h"

#define OP_KINDS (OP_FIND + 1)

struct contract {
    struct arena *arena;
    struct diags diags;
    const struct schema_set *schemas;
    const char *type, *folder;
    const struct schema *schema;
    const struct value *file;   /* aws_T.yaml */
    const char *step;           /* for messages: "create", "change 1" */
    const char *endpoint;       /* the server's URL; NULL: a simulated world */
    struct world *world;        /* or NULL */
    struct transport transport; /* of the server */
    struct loop *loop;
    struct mangle mangle; /* between the loop and the world; spoils nothing unless told to */
    struct map before;    /* name -> attributes (const struct value *) */
    struct map actions[OP_KINDS]; /* of the type under test: IAM action -> itself */
    int life;  /* rises with every object that is made: what the tokens are made of */
    bool hard; /* the world is hard on its callers: reads are repeated until they show it all */
    size_t failures;
    /* of the last operation */
    enum op_result result;
    enum ownership ownership;
    enum fault fault;
    const char *identifier;
    const struct value *attributes;
};

/* Reads the file, opens the loop. where: a server's URL (the credentials are then those of the
 * environment), or a file of settings that make a simulated world hard (simulator/README.md), or
 * NULL for a world without them. False after a message. */
bool contract_open(struct contract *c, const char *type, const char *folder, const char *where);
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
    const struct value *shown; /* of a read: what it shows at last, in a hard world; or NULL */
};
/* Runs one operation of the type under test; false when it ended otherwise than wanted. In a hard
 * world it does what an apply does there: it reads until the answer fits, and looks for what a
 * creation without a good answer may have made. */
bool contract_run(struct contract *c, const struct contract_op *op, enum op_result wanted);
/* The same once, without any expectation: how it ended stands in the contract. */
void contract_try(struct contract *c, const struct contract_op *op);
