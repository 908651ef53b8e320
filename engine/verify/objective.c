/* How old the newest copy may be by the schedule alone. Pure. */
#include "engine/base/clock.h"
#include "engine/verify/facts.h"

/* How long a backup may take beyond its schedule: with a daily rule 26 hours in all. */
#define GRACE_MS (2 * HOUR_MS)
#define GAP_MS DAY_MS /* of a schedule that says none */
#define LOOKED_BACK_FIRST_MS HOUR_MS
#define LOOKED_BACK_MOST_MS (8 * 366 * DAY_MS) /* leap days are in it */

/* The last run not after a moment, by ever longer looks back. */
static bool run_before(const struct cron *cron, const struct timezone *tz, int64_t at_ms,
                       int64_t *ret_ms)
{
    for (int64_t back_ms = LOOKED_BACK_FIRST_MS; back_ms < 4 * LOOKED_BACK_MOST_MS; back_ms *= 4) {
        int64_t next_ms = at_ms - back_ms;
        bool found = false;
        while (cron_next(cron, tz, next_ms, &next_ms) && next_ms <= at_ms) {
            *ret_ms = next_ms;
            found = true;
        }
        if (found)
            return true;
    }
    return false;
}

int64_t verify_scheduled_ms(const struct verify_schedule *schedule, int64_t now_ms)
{
    const struct cron *cron = &schedule->cron;
    int64_t due_ms = 0, next_ms = 0;
    bool known = !schedule->open && (run_before(cron, schedule->tz, now_ms - GRACE_MS, &due_ms) ||
                                     cron_next(cron, schedule->tz, now_ms, &due_ms));
    bool goes_on = known && cron_next(cron, schedule->tz, due_ms, &next_ms);
    return (goes_on ? next_ms - due_ms : GAP_MS) + GRACE_MS;
}
