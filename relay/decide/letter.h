#pragma once
/* Dead letters: the event inside one, and the queue that they lie in. EventBridge and a function's
 * dead letter queue keep the event itself; an on-failure destination wraps it, under
 * `requestPayload`. Pure. */

#include "engine/base/cleanup.h"
#include "engine/base/slice.h"
#include "engine/base/value.h"

/* False with a short reason when the body of the message is not JSON. */
MUST_CHECK bool relay_letter_read(struct arena *arena, struct slice body,
                                  const struct value **ret_event, const char **ret_why);

/* Where a queue lies, as its URL says:
 * https://sqs.us-east-2.amazonaws.com/111122223333/letters, and the same under the suffixes of
 * other partitions. False when it says nothing of the kind. */
struct relay_queue {
    const char *url, *account_id, *region, *name;
};
MUST_CHECK bool relay_queue_read(struct arena *arena, const char *url, struct relay_queue *ret);
