#pragma once
/* Calls in a simulated world as somebody who has taken an account over: with the keys of its root,
 * or as a role that they could assume from there. Each is written down, with what AWS said. */

#include "engine/base/diag.h"
#include "engine/config/resource.h"
#include "providers/aws/aws.h"

struct world;
struct intruder;
struct credentials;

struct intruder_call {
    const struct aws_operation *operation;
    const char *account_id, *region;       /* where the call goes */
    const struct credentials *credentials; /* of another account's role; NULL: the account's root */
    const char *as;                        /* that role's ARN, or NULL */
    const char *on;                        /* what it is about, for people */
    const struct value *labels, *query, *body;
};

struct drill_try {
    int64_t at_ms;
    const char *account_id, *as, *call, *on; /* call: "backup:DeleteRecoveryPoint" */
    const char *why;                         /* it was refused: "CODE: message"; NULL: it ran */
    const char *loss; /* what became of points by it (stock.h); NULL: nothing at once */
};

struct intruder *intruder_new(struct arena *arena, struct world *world,
                              const struct topology *topology, struct diags *diags);
void intruder_free(struct intruder *intruder); /* accepts NULL */
/* The answer, or NULL when the call was refused. */
const struct value *intruder_try(struct intruder *intruder, const struct intruder_call *call);
/* What the last call did to the points. */
void intruder_tell(struct intruder *intruder, const char *loss);
/* The same without a line: a look around. */
const struct value *intruder_look(struct intruder *intruder, const struct intruder_call *call);
/* What AssumeRole hands out for the role, to whoever makes the call; NULL: refused. */
const struct credentials *intruder_assume(struct intruder *intruder,
                                          const struct intruder_call *call, const char *role_arn);
const struct drill_try *intruder_tries(const struct intruder *intruder, size_t *ret_len);
