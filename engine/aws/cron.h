#pragma once
/* The schedules of AWS Backup and EventBridge:
 *     cron(minutes hours day-of-month month day-of-week year)    rate(1 hour)
 * Fields take numbers, names (JAN, SUN), lists, ranges, steps, '*' and '?'; day-of-month also L and
 * 15W, day-of-week (1 = Sunday) also L, 6L and 6#3. One of the two day fields must be '?'.
 *
 * Daylight saving: a local time that the clock skips does not fire that day; a local time that
 * occurs twice fires once, the first time. AWS documents this for EventBridge Scheduler; for AWS
 * Backup it says only that schedules follow the zone. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/aws/timezone.h"
#include "engine/base/arena.h"

#define CRON_YEAR_FIRST 1970
#define CRON_YEAR_LAST 2199
#define CRON_DEFAULT                                                                               \
    "cron(0 5 ? * * *)" /* what AWS Backup fills in for a rule without schedule                    \
                         */

struct cron {
    const char *text;         /* as given */
    int64_t interval_ms;      /* rate(); 0 for cron() */
    uint64_t minutes;         /* bit 0..59 */
    uint32_t hours;           /* bit 0..23 */
    uint32_t days;            /* bit 1..31 */
    uint32_t months;          /* bit 1..12 */
    uint32_t weekdays;        /* bit 1..7, 1 = Sunday */
    uint64_t years[4];        /* bit 0 = CRON_YEAR_FIRST */
    bool any_day;             /* day-of-month is '?' */
    bool any_weekday;         /* day-of-week is '?' */
    bool last_day;            /* L in day-of-month */
    uint32_t near_days;       /* bit 1..31: nW, the working day nearest to the n-th, in its month */
    uint32_t last_weekdays;   /* bit 1..7: nL, the month's last such day */
    uint32_t nth_weekdays[6]; /* [n] bit 1..7: d#n */
};

/* False with a reason that names the field; the reason lives in the arena. */
bool cron_parse(struct arena *arena, const char *text, struct cron *ret, const char **ret_why);

/* The same for EventBridge Scheduler, which also takes one time: at(2026-12-01T03:00:00), without a
 * zone, which stands beside it. Its seconds do not count: the Scheduler fires by the minute. */
bool cron_parse_or_at(struct arena *arena, const char *text, struct cron *ret,
                      const char **ret_why);

/* The next instant strictly after after_ms; false when there is none. A rate fires at whole
 * multiples of its interval since 1970 (AWS counts from the moment the rule was made, which is not
 * part of the text). tz NULL is UTC. */
bool cron_next(const struct cron *cron, const struct timezone *tz, int64_t after_ms,
               int64_t *ret_ms);

/* The same text for schedules that mean the same, for comparison; what cannot be parsed comes back
 * with its blanks squeezed. */
const char *cron_canonical(struct arena *arena, const char *text);

/* "daily 20:00 Asia/Kolkata", "hourly :15 UTC", "every 12 hours"; the text itself where no short
 * form fits. tz NULL: UTC. */
const char *cron_describe(struct arena *arena, const struct cron *cron, const char *tz);
