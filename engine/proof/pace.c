#include "engine/proof/pace.h"

#include "engine/aws/cron.h"

#define GAPS_MAX 400 /* that are looked at: of what fires once a day more than a year */

static bool read(struct arena *arena, const char *schedule, struct cron *ret)
{
    const char *why = NULL;
    return schedule && cron_parse(arena, schedule, ret, &why);
}

static int64_t gap(struct arena *arena, const char *schedule, bool longest)
{
    struct cron cron;
    int64_t at = 0, next = 0, found = 0;
    if (!read(arena, schedule, &cron) || !cron_next(&cron, NULL, 0, &at))
        return INT64_MAX;
    for (int i = 0; i < GAPS_MAX && cron_next(&cron, NULL, at, &next); i++, at = next)
        if (!found || (longest ? next - at > found : next - at < found))
            found = next - at;
    return found ? found : INT64_MAX;
}

int64_t pace_longest_ms(struct arena *arena, const char *schedule)
{
    return gap(arena, schedule, /* longest= */ true);
}

int64_t pace_shortest_ms(struct arena *arena, const char *schedule)
{
    return gap(arena, schedule, /* longest= */ false);
}
