#pragma once
/* Whether what an alarm tells a topic reaches somebody. Internal to engine/proof. */

#include "engine/proof/ask.h"

/* May this service publish to a topic of the model, for what has `source_arn`? By the topic's
 * policy, and by that of the key under which it keeps what it is told. */
void topic_ask(struct model *model, const struct model_object *topic, const char *service,
               const char *source_arn, struct ask_answer *ret);

/* NULL: some subscription of the topic takes the message of an alarm, delivers it, and whoever has
 * taken `source` over cannot silence it. Otherwise what is amiss with the last one, or that there
 * is none. Whether a mail address has confirmed shows when the alarm is tested, not here. */
const char *topic_unheard(struct model *model, const struct model_object *topic,
                          const struct account *source);

/* The first of the actions, ending with NULL, that a resource policy gives to whoever has taken
 * the account over; NULL: none. */
const char *given_to(struct model *model, const struct account *account, const char *resource,
                     const struct policy *policy, const char *const *actions);
