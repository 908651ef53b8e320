#pragma once
/* What other services ask SNS. */

#include "simulator/service.h"

struct sns_message {
    const char *subject, *text;     /* subject or NULL */
    const struct value *attributes; /* a map of texts, or NULL */
};

/* Publishes as a service ("backup.amazonaws.com"), on behalf of source_arn or NULL. False with a
 * reason when there is no such topic or its policy forbids it. Subscriptions of queues get the
 * message; what goes to mail addresses, telephones and URLs is only counted as sent. */
bool sns_deliver(struct world *world, struct arena *arena, const char *topic_arn,
                 const char *service, const char *source_arn, const struct sns_message *message,
                 const char **ret_why);
/* Such a message would come to a subscription, confirmed or not: a person still can. topic_arn may
 * be NULL or no topic's. */
bool sns_reaches(struct world *world, struct arena *arena, const char *topic_arn,
                 const char *service, const char *source_arn);
