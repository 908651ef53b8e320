#pragma once
/* One backup on demand, followed hop by hop to its last vault. */

#include "engine/cli/session.h"
#include "engine/verify/verify.h"

#define REHEARSAL_HOPS 3 /* the backup, the plan's copy, the relay's */

struct rehearsal_hop {
    const char *vault, *what;   /* address or ARN; "backup", "copy", "relay" */
    const char *job_id, *state; /* NULL: there was no job */
    const char *message;        /* what the job, or the call that should have begun it, says */
    int64_t took_ms;            /* to the minute: jobs are asked for so often */
};

struct rehearsal {
    const struct verify_row *row;
    struct rehearsal_hop hops[REHEARSAL_HOPS];
    size_t len; /* that were begun: the last one is where it stopped, or the last vault */
    bool arrived;
    const char *why,
        *fix; /* of one that stopped: what `check --live` says of that hop; fix or NULL */
};

/* Makes a backup of the row's resource as the row's rule would, with its tags and lifecycle, starts
 * the rule's copy (AWS runs no copy actions for backups on demand), and waits for the relay's.
 * Deletes nothing. True when the point is in the last vault. */
MUST_CHECK bool rehearsing_follow(struct session *session, const struct verify_row *row,
                                  int64_t timeout_ms, struct rehearsal *ret);
