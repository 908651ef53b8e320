#pragma once
/* How AWS lists all objects of a type in one account and Region, for those who look for what
 * nobody has recorded. A type without a row is only found by what names it. */

#include "providers/aws/aws.h"

struct aws_listing {
    const char *type;
    const struct aws_operation *operation;
    const char *parent;  /* the label or member that takes the parent's identifier, or NULL */
    bool below;          /* the identifier is the parent's, '|', and the member */
    const char *member;  /* of an item: the rest of the identifier */
    const char *told_by; /* the member that tells types of one list apart, or NULL */
    const char *told;    /* what it holds; an item without it is of the type `by_default` */
    bool by_default;
};

const struct aws_listing *aws_listing_of(const char *type); /* or NULL */
/* The call; of a part with the identifier of its parent, or its ARN where the API wants that. */
struct aws_call_spec aws_listing_call(struct arena *arena, const struct aws_listing *listing,
                                      const char *account_id, const char *region,
                                      const char *parent);
/* The identifier of one item of the answer; NULL: it is of another type. */
const char *aws_listing_identifier(struct arena *arena, const struct aws_listing *listing,
                                   const char *parent, const struct value *item);
