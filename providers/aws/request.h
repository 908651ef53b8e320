#pragma once
/* The inside of struct request: what one call asks for, before it is encoded and signed. */

#include "providers/aws/aws.h"

struct query_param {
    const char *name, *value;
};

struct request {
    struct arena *arena;
    struct op *op; /* or NULL */
    const struct aws_operation *operation;
    const char *account_id, *region;
    struct map_builder labels, body;
    struct query_param *query;
    size_t query_len, query_cap;
    struct map_builder headers; /* beside those that every call has */
};

struct request *request_new(struct arena *arena, const struct aws_operation *operation);
/* The first label of the path that is missing, empty or longer than any name of AWS's; NULL: all
 * are fine. */
const char *request_bad_label(struct request *rq);
/* The path with its labels filled in. A label that was not set is a BUG. */
const char *request_path(struct request *rq);
