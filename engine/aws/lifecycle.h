#pragma once
/* A recovery point's lifecycle: {delete_after_days, move_to_cold_storage_after_days, ...}. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/value.h"

#define LIFECYCLE_DAYS_MAX 36500
#define LIFECYCLE_FOR_EVER (-1)
#define LIFECYCLE_COLD_DAYS_MIN 90 /* a point must stay that long in cold storage */

/* 1..36500 days or -1 for ever; cold storage after at least one day and at least 90 days before the
 * deletion. On false *ret_why is a sentence and *ret_property the key that is wrong. NULL and an
 * absent property are fine. */
bool lifecycle_check(struct arena *arena, const struct value *lifecycle, const char **ret_why,
                     const char **ret_property);

/* Days until deletion; -1 when the lifecycle keeps the point for ever or says nothing. */
int64_t lifecycle_delete_after_days(const struct value *lifecycle);

/* What starts a job is told of it, by AWS's names; NULL: nothing. */
const struct value *lifecycle_of_job(struct arena *arena, const struct value *lifecycle);
