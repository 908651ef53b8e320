#pragma once
/* What a failed copy means for the next attempt, by AWS's own words. Pure. */

#include <stdint.h>

enum relay_failure {
    RELAY_TRANSIENT, /* AWS was busy or broken: the next pass may try again */
    RELAY_AMBIGUOUS, /* may pass by itself (a key, a role): wait, then tell somebody */
    RELAY_PERMANENT, /* until a person acts: tell somebody, and look again only once a day */
};

/* text: a job's statusMessage. The error code that it names counts, else its words; what neither
 * table knows is ambiguous. */
enum relay_failure relay_failure_of(const char *text);
const char *relay_failure_name(enum relay_failure failure); /* "transient", ... */

/* How long after the attempt-th failure (1 is the first) the next attempt waits. */
int64_t relay_failure_pause_ms(enum relay_failure failure, int64_t attempt);
