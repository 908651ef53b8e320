#pragma once
/* What session.c and the sources of credentials need of call.c: a call with given credentials, or
 * none, outside any session. */

#include "providers/aws/session.h"

bool response_is_expired(const struct response *rs); /* AWS calls the credentials expired */
/* What sts:AssumeRole and its kin hand out, or NULL when the answer holds none; without a source.
 */
struct credentials *sts_credentials(const struct aws *aws, const struct response *rs);

struct aws_call_as {
    const struct aws_operation *operation;
    const char *account_id;                    /* for buckets and the log */
    const char *region;                        /* NULL: where calls without a Region go */
    const struct credentials *credentials;     /* NULL: the call is not signed */
    const struct value *labels, *query, *body; /* maps or NULL */
    const char *bearer;                        /* the token of IAM Identity Center, or NULL */
};
void aws_call_as(struct aws *aws, const struct aws_call_as *spec, aws_done_fn *done, void *ctx);
