#pragma once
/* CloudWatch's metrics: what services count of themselves and what functions write into their logs,
 * kept by the minute for fifteen days. Alarms on a metric are woken by it (alarms.h). Nobody reads
 * metrics but alarms, so that nothing is kept where an account has none in a Region. */

#include "simulator/service.h"

/* A metric of a place. dimensions: a map of text. */
struct metric {
    const char *account, *region, *namespace, *name;
    const struct value *dimensions;
};

struct metric_stat {
    int64_t count;
    double sum, min, max;
};

bool metrics_matter(struct world *world, const char *account, const char *region);
/* Adds to a metric with one dimension. */
void metric_count(struct world *world, struct arena *arena, const char *account, const char *region,
                  const char *namespace, const char *name, const char *dimension, const char *of,
                  double value);
/* What was added from from_ms on, before to_ms; whole minutes. count 0: nothing. */
struct metric_stat metric_read(struct world *world, struct arena *arena,
                               const struct metric *metric, int64_t from_ms, int64_t to_ms);
/* A line of a log: where it is in the embedded metric format, its metrics are added. */
void metrics_embedded(struct world *world, struct arena *arena, const char *account,
                      const char *region, const char *line);
