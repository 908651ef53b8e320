#include "engine/restore/copy_life.h"

#include "engine/aws/lifecycle.h"
#include "engine/aws/lock_rules.h"
#include "engine/base/clock.h"

#define DELETE_AFTER "delete_after_days"
#define COLD_AFTER "move_to_cold_storage_after_days"

/* What the vault's lock lets a copy have; 0: it says nothing. */
struct limits {
    int64_t min_days, max_days;
};

static struct limits limits_of(const struct value *vault)
{
    if (!value_get_bool(vault, "Locked", false))
        return (struct limits){0};
    return (struct limits){value_get_int(vault, "MinRetentionDays", 0),
                           value_get_int(vault, "MaxRetentionDays", 0)};
}

static int64_t created_ms(const struct restore_facts *facts)
{
    return value_epoch_ms(value_get(facts->described.body, "CreationDate"));
}

/* Days that have begun. */
static int64_t days_old(const struct restore_facts *facts)
{
    int64_t born_ms = created_ms(facts);
    return born_ms && born_ms < facts->now_ms ? (facts->now_ms - born_ms + DAY_MS - 1) / DAY_MS : 0;
}

static int64_t within(int64_t days, struct limits limits)
{
    int64_t max_days = limits.max_days ? limits.max_days : LIFECYCLE_DAYS_MAX;
    days = days < limits.min_days ? limits.min_days : days;
    return days < max_days ? days : max_days;
}

/* Days from the backup on; -1: for ever. */
static int64_t days_for(const struct restore_facts *facts, struct limits limits)
{
    const struct value *given = facts->way->lifecycle;
    int64_t days = lifecycle_delete_after_days(given);
    if (!value_len(given))
        return value_get_int(value_get(facts->described.body, "Lifecycle"), "DeleteAfterDays",
                             LIFECYCLE_FOR_EVER);
    return days < 0 ? LIFECYCLE_FOR_EVER : within(days_old(facts) + days, limits);
}

/* A copy that would not stay in cold storage for as long as it has to stays out of it. */
static const struct value *lifecycle_for(struct arena *arena, const struct restore_facts *facts,
                                         int64_t days)
{
    const struct value *given = facts->way->lifecycle;
    int64_t cold = value_get_int(given, COLD_AFTER, LIFECYCLE_FOR_EVER);
    struct map_builder b = map_begin(arena);
    if (!value_len(given))
        return NULL;
    if (cold > 0)
        cold += days_old(facts);
    if (cold > 0 && (days < 0 || cold + LIFECYCLE_COLD_DAYS_MIN <= days))
        map_put_int(&b, COLD_AFTER, cold);
    map_put_int(&b, DELETE_AFTER, days);
    return lifecycle_of_job(arena, map_end(&b));
}

static const char *objection(struct arena *arena, const struct restore_facts *facts, int64_t days,
                             struct limits limits)
{
    int64_t old = days_old(facts);
    if (!retention_in_lock(days, limits.min_days, limits.max_days))
        return retention_objection(arena, days, limits.min_days, limits.max_days, "its lock");
    if (days < 0 || days > old)
        return NULL;
    return arena_printf(arena,
                        "its life counts from the backup, which was %lld days ago, and it may "
                        "have %lld: it would be over on arrival",
                        (long long)old, (long long)days);
}

struct copy_life copy_life_of(struct arena *arena, const struct restore_facts *facts)
{
    struct limits limits = limits_of(facts->vault.body);
    int64_t days = days_for(facts, limits);
    return (struct copy_life){
        .lifecycle = lifecycle_for(arena, facts, days),
        .ends_ms = days < 0 || !created_ms(facts) ? 0 : created_ms(facts) + days * DAY_MS,
        .wrong = objection(arena, facts, days, limits)};
}
