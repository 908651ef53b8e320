#pragma once
/* AWS Backup Vault Lock. Zero stands for "not given" in all numbers of days. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"

#define LOCK_CHANGEABLE_DAYS_MIN 3
#define LOCK_DAYS_MAX 36500

/* StatusMessage of a copy job, and of a backup job, whose retention the vault's lock forbids. */
#define LOCK_COPY_STATUS_MESSAGE                                                                   \
    "Copy job failed. The retention specified in the job is not within the range specified for "   \
    "the target Backup Vault."
#define LOCK_BACKUP_STATUS_MESSAGE                                                                 \
    "Backup job failed. The retention specified in the job is not within the range specified for " \
    "the target Backup Vault."

/* min >= 1, max <= 36500, min <= max, changeable days 3..36500. changeable_days 0 is governance
 * mode: whoever may delete the lock can. */
bool lock_check(struct arena *arena, int64_t min_days, int64_t max_days, int64_t changeable_days,
                const char **ret_why);

/* From that moment on nobody can change or delete the lock. Every put starts the days anew. */
int64_t lock_date_ms(int64_t put_ms, int64_t days);

/* Whether AWS lets a job with this retention (-1: for ever) into the vault. */
bool retention_in_lock(int64_t days, int64_t min_days, int64_t max_days);
/* "30 days are fewer than the 60 that LOCK asks for". */
const char *retention_objection(struct arena *arena, int64_t days, int64_t min_days,
                                int64_t max_days, const char *lock);
