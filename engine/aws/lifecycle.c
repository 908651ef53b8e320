#include "engine/aws/lifecycle.h"

#define DELETE_AFTER "delete_after_days"
#define COLD_AFTER "move_to_cold_storage_after_days"

static bool refuse(const char *why, const char *property, const char **ret_why,
                   const char **ret_property)
{
    *ret_why = why;
    *ret_property = property;
    return false;
}

/* Absent, null and not yet known are all "nothing to check". */
static bool is_given(const struct value *v)
{
    return v != NULL && !value_is(v, VALUE_NULL) && !value_has_unknown(v);
}

bool lifecycle_check(struct arena *arena, const struct value *lifecycle, const char **ret_why,
                     const char **ret_property)
{
    const struct value *remove = value_get(lifecycle, DELETE_AFTER);
    const struct value *cold = value_get(lifecycle, COLD_AFTER);
    if (is_given(remove)) {
        int64_t days = remove->kind == VALUE_INT ? remove->integer : 0;
        if (days != LIFECYCLE_FOR_EVER && (days < 1 || days > LIFECYCLE_DAYS_MAX))
            return refuse(arena_printf(arena,
                                       DELETE_AFTER
                                       " must be a whole number from 1 to %d, or -1 to keep for "
                                       "ever",
                                       LIFECYCLE_DAYS_MAX),
                          DELETE_AFTER, ret_why, ret_property);
    }
    if (!is_given(cold))
        return true;
    int64_t cold_days = cold->kind == VALUE_INT ? cold->integer : 0;
    if (cold_days == LIFECYCLE_FOR_EVER)
        return true; /* AWS writes -1 for "never" here too */
    if (cold_days < 1 || cold_days > LIFECYCLE_DAYS_MAX)
        return refuse(
            arena_printf(arena, COLD_AFTER " must be a whole number from 1 to %d, or -1 for never",
                         LIFECYCLE_DAYS_MAX),
            COLD_AFTER, ret_why, ret_property);
    if (!is_given(remove) || remove->integer == LIFECYCLE_FOR_EVER ||
        remove->integer >= cold_days + LIFECYCLE_COLD_DAYS_MIN)
        return true;
    return refuse(arena_printf(arena,
                               DELETE_AFTER " %lld must be at least " COLD_AFTER " + %d (= %lld)",
                               (long long)remove->integer, LIFECYCLE_COLD_DAYS_MIN,
                               (long long)cold_days + LIFECYCLE_COLD_DAYS_MIN),
                  DELETE_AFTER, ret_why, ret_property);
}

int64_t lifecycle_delete_after_days(const struct value *lifecycle)
{
    return value_get_int(lifecycle, DELETE_AFTER, LIFECYCLE_FOR_EVER);
}

const struct value *lifecycle_of_job(struct arena *arena, const struct value *lifecycle)
{
    static const char *const members[][2] = {{COLD_AFTER, "MoveToColdStorageAfterDays"},
                                             {DELETE_AFTER, "DeleteAfterDays"}};
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        map_put(&b, members[i][1], value_get(lifecycle, members[i][0]));
    return b.len ? map_end(&b) : NULL;
}
