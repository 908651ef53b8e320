#pragma once
/* Reads "Copy Job State Change" events as AWS emits them (and the "Scheduled Event" of a rule that
 * wakes the relay by the clock): CREATED carries only vaults and state;
 * RUNNING and FAILED have an object where the destination's ARN would be; the source point stands
 * in `resources`, not in `detail`; a forwarded event keeps its first account and Region. Pure. */

#include "relay/decide/relay_config.h"

enum relay_event_kind {
    RELAY_EVENT_INVALID,       /* not the event it should be: an error, so that it lands in the dead
                                  letters */
    RELAY_EVENT_OTHER,         /* about vaults that are not ours, or a state without work */
    RELAY_EVENT_ARRIVED,       /* COMPLETED into the source vault: decide */
    RELAY_EVENT_FIRST_FAILED,  /* the first copy FAILED or PARTIAL: nothing to relay, somebody must
                                  know */
    RELAY_EVENT_SECOND_FAILED, /* the last copy FAILED or PARTIAL */
    RELAY_EVENT_SCHEDULED,     /* the clock: look at all points */
};

struct relay_event {
    enum relay_event_kind kind;
    const char *id, *account, *region, *state, *message;
    const char *point_arn;        /* in the source vault; NULL unless ARRIVED */
    const char *source_point_arn; /* what the copy was made from, or NULL */
    const char *source_vault_arn; /* and where that lies, or NULL */
    const char *resource_arn, *resource_type;
    const char *role_arn; /* that the copy was made with, or NULL */
    int64_t sent_ms;      /* when AWS told it; 0 when not known */
    int64_t creation_ms;  /* of the copy job, so of the point that it made; 0 when not told */
    const char *why;      /* of INVALID and OTHER */
};

void relay_event_read(const struct relay_config *config, const struct value *json,
                      struct relay_event *ret);
