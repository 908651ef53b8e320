#pragma once
/* The dead letters of one queue, taken out one batch after the other: each letter once a run. What
 * is not deleted is shown to others again when the run ends. */

#include "engine/base/map.h"
#include "engine/cli/session.h"
#include "relay/decide/letter.h"

struct letter {
    const char *id, *receipt;
    const struct value *event; /* NULL: it cannot be read, for `why` */
    const char *why;
};

struct letters {
    struct session *session;
    struct relay_queue queue;
    struct map seen;      /* ids */
    struct letter *batch; /* what was taken last */
    size_t len;
};

/* False with E_RELAY_QUEUE when the URL is none, or names an account that is not of the topology.
 */
MUST_CHECK bool letters_open(struct session *session, const char *url, struct letters *ret);
/* The next batch; len 0: there are no more. False with E_RELAY_QUEUE when AWS refuses. */
MUST_CHECK bool letters_next(struct letters *letters);
/* False with E_RELAY_QUEUE. */
MUST_CHECK bool letters_delete(struct letters *letters, const struct letter *letter);
/* Others may have it at once. Where that fails they have it when the time of this run is over. */
void letters_give_back(struct letters *letters, const struct letter *letter);
