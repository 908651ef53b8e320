#pragma once
/* What a daemon counts of its relays, as Prometheus reads it (text exposition format 0.0.4). Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"

struct relay_metrics {
    const char *relay;                         /* "relays.to_final" */
    uint64_t passes_done, passes_failed;       /* since the start */
    uint64_t copies_started;                   /* the same */
    uint64_t points, refused, waiting, failed; /* of the last pass */
    int64_t oldest_waiting_ms;                 /* the same: see relay/pass.h */
    bool paused;                               /* at the last pass */
    int64_t done_ms;                           /* when the last good pass ended; 0: none */
    int64_t took_ms;                           /* how long the last pass took */
};

const char *relay_metrics_text(struct arena *arena, const struct relay_metrics *relays, size_t len);
