#pragma once
/* What whoever has taken an account over may try, as the rows of deeds.inc, and the inputs that a
 * row makes of an object. */

#include "engine/base/record.h"
#include "providers/aws/aws.h"

struct drill_deed {
    const char *service, *operation; /* as simulator/service.h names them */
    const char *kind, *form;
};
struct drill_spared {
    const char *service, *operation, *why;
};

const struct drill_deed *drill_deeds(size_t *ret_len); /* in the order in which they are tried */
const struct drill_spared *drill_spareds(size_t *ret_len);

/* Its operation: that which the providers send, else one made of the simulator's own; NULL when
 * there is none. */
const struct aws_operation *deed_operation(struct arena *arena, const struct drill_deed *deed);
/* It names its object by what is unique in AWS, so that it can be tried from another account. */
bool deed_reaches_over(const struct drill_deed *deed);

struct deed_input {
    const struct value *labels, *query, *body; /* maps */
};
/* One for each call that the deed makes with the object: none where the object lacks what the form
 * wants. account: of the caller. */
size_t deed_inputs(struct arena *arena, const struct drill_deed *deed,
                   const struct aws_operation *operation, const struct record *object,
                   const char *account, const struct deed_input **ret);
