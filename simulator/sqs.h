#pragma once
/* What other services ask SQS. */

#include "simulator/service.h"

/* Sends as a service (principal "events.amazonaws.com", source_arn its aws:SourceArn) or as a role
 * (principal a role ARN, source_arn NULL). False with a reason when the queue does not exist or its
 * policy, or the role's, forbids it. attributes: map of text or NULL. */
bool sqs_deliver(struct world *world, struct arena *arena, const char *queue_arn,
                 const char *principal, const char *source_arn, const char *body,
                 const struct value *attributes, const char **ret_why);
/* Tells CloudWatch how many messages of a queue can be received, when there are any. */
void sqs_tell(struct world *world, struct arena *arena, const char *account, const char *region,
              const char *name);
