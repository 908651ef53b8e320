#pragma once
/* What one invocation counted, as a line in CloudWatch's embedded metric format: the function
 * writes it to its log, and CloudWatch makes metrics of it without a call. Pure.
 *
 * Namespace Holdfast, dimensions Topology and Relay; all of them sums but OldestWaitingHours. */

#include <stdint.h>

#include "relay/decide/relay_config.h"

#define RELAY_NAMESPACE "Holdfast"
#define RELAY_METRIC_STARTED "CopiesStarted"
#define RELAY_METRIC_COPIES_FAILED "CopiesFailed" /* FAILED or PARTIAL, on either hop */
#define RELAY_METRIC_REFUSED "PointsRefused"
#define RELAY_METRIC_WAITING "PointsWaiting"
#define RELAY_METRIC_WORRYING "PointsWorrying" /* started or waiting: somebody should look */
#define RELAY_METRIC_UNTAGGED "PointsUntagged" /* started, though their tag failed to travel */
#define RELAY_METRIC_FAILED "PointsFailed"     /* by a call */
#define RELAY_METRIC_OLDEST "OldestWaitingHours"

struct relay_counts {
    int64_t started, copies_failed, refused, waiting, worrying, untagged, failed;
    int64_t oldest_waiting_ms; /* when the oldest point that waits was made; 0: none waits */
};

const char *relay_embedded_text(struct arena *arena, const struct relay_config *config,
                                int64_t now_ms, const struct relay_counts *counts);
