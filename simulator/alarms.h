#pragma once
/* CloudWatch's alarms as things that ring: those on one metric by a plain statistic. Others stay at
 * INSUFFICIENT_DATA.
 *
 * An alarm is looked at at the end of a period, and only as long as that may change something:
 * while there is data in what it looks back on, or its state is not yet what it comes to without.
 * Anything that is added to its metric wakes it. What AWS does beyond that (periods that slide by
 * the minute, data from before the evaluation range) is left out. */

#include "simulator/metrics.h"

#define ALARM "cloudwatch.alarm"
#define ALARM_LOOK "cloudwatch.look" /* the task */

/* A new or changed alarm: its body, with the next look. */
const struct value *alarm_begin(struct world *world, struct arena *arena, const char *account,
                                const char *region, const char *name, const struct value *alarm);
void alarms_wake(struct world *world, struct arena *arena, const struct metric *metric);
void alarm_look_task(struct world *world, struct arena *arena, const struct value *payload);
