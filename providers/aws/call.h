#pragma once
/* What session.c needs of call.c: a call with given credentials, outside any session. The account
 * is that of the session, for buckets and the log. */

#include "providers/aws/session.h"

bool response_is_expired(const struct response *rs); /* AWS calls the credentials expired */
void aws_call_as(struct aws *aws, const char *account_id, const struct credentials *credentials,
                 const struct aws_operation *operation, const struct value *body, aws_done_fn *done,
                 void *ctx);
