#pragma once
/* What other services ask Lambda. */

#include "simulator/service.h"

/* Puts an asynchronous invocation into the function's queue as a service on behalf of source_arn;
 * judged by the function's policy. False with a reason when it is refused. */
bool lambda_invoke_async(struct world *world, struct arena *arena, const char *function_arn,
                         const char *service, const char *source_arn, const struct value *event,
                         const char **ret_why);
