#include "engine/aws/lock_rules.h"

#include "engine/base/clock.h"

bool lock_check(struct arena *arena, int64_t min_days, int64_t max_days, int64_t changeable_days,
                const char **ret_why)
{
    if (min_days < 0 || min_days > LOCK_DAYS_MAX)
        *ret_why = arena_printf(arena, "min_retention_days %lld must be from 1 to %d",
                                (long long)min_days, LOCK_DAYS_MAX);
    else if (max_days < 0 || max_days > LOCK_DAYS_MAX)
        *ret_why = arena_printf(arena, "max_retention_days %lld must be from 1 to %d",
                                (long long)max_days, LOCK_DAYS_MAX);
    else if (min_days != 0 && max_days != 0 && min_days > max_days)
        *ret_why =
            arena_printf(arena, "min_retention_days %lld must not exceed max_retention_days %lld",
                         (long long)min_days, (long long)max_days);
    else if (changeable_days != 0 &&
             (changeable_days < LOCK_CHANGEABLE_DAYS_MIN || changeable_days > LOCK_DAYS_MAX))
        *ret_why =
            arena_printf(arena, "changeable_for_days %lld must be from %d to %d",
                         (long long)changeable_days, LOCK_CHANGEABLE_DAYS_MIN, LOCK_DAYS_MAX);
    else
        return true;
    return false;
}

int64_t lock_date_ms(int64_t put_ms, int64_t days)
{
    return put_ms + days * DAY_MS;
}

bool retention_in_lock(int64_t days, int64_t min_days, int64_t max_days)
{
    if (days < 0) /* for ever is longer than any minimum and any maximum */
        return max_days == 0;
    return (min_days == 0 || days >= min_days) && (max_days == 0 || days <= max_days);
}

const char *retention_objection(struct arena *arena, int64_t days, int64_t min_days,
                                int64_t max_days, const char *lock)
{
    long long is = days, min = min_days, max = max_days;
    if (days < 0)
        return arena_printf(arena, "the point is kept for ever, and %s takes at most %lld days",
                            lock, max);
    if (!max_days)
        return arena_printf(arena, "%lld days are fewer than the %lld that %s asks for", is, min,
                            lock);
    if (!min_days)
        return arena_printf(arena, "%lld days are more than the %lld that %s takes", is, max, lock);
    return arena_printf(arena, "%lld days are outside %lld to %lld of %s", is, min, max, lock);
}
