#pragma once
/* A throttle bucket: how fast one kind of call may be sent. It is open, without any limit, until
 * AWS throttles; then it knows a rate: half of what was being sent. Each throttled answer halves
 * the rate (once a second at most, since answers to one burst come together), each success lets it
 * grow, and beyond THROTTLE_OPEN calls a second it is open again. Pure: `now_ms` is given. */

#include <stdbool.h>
#include <stdint.h>

#define THROTTLE_OPEN 2000.0 /* calls a second */
#define THROTTLE_MIN 0.5

struct throttle {
    double rate;   /* calls a second; 0: open */
    double tokens; /* calls that may go at once */
    int64_t refilled_ms, cut_ms;
    int64_t second_ms; /* start of the second that `sent` counts */
    double sent, sent_before;
};

/* True when a call may go now; it is then counted as sent. */
bool throttle_take(struct throttle *t, int64_t now_ms);
/* When the next call may go; now_ms when it may at once. */
int64_t throttle_next_ms(struct throttle *t, int64_t now_ms);
void throttle_feedback(struct throttle *t, bool throttled, int64_t now_ms);
