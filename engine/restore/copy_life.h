#pragma once
/* How long the copy that comes back may live. A copy keeps the date of the backup, and AWS counts
 * its life from there: what the entry gives it is meant from its arrival, so that the days that the
 * point is old already come on top. Pure. */

#include "engine/restore/restore.h"

struct copy_life {
    const struct value *lifecycle; /* what the job is told, by AWS's names; NULL: its source's */
    int64_t ends_ms;               /* 0: never */
    const char *wrong;             /* why no copy of the point would live; NULL: it will */
};

struct copy_life copy_life_of(struct arena *arena, const struct restore_facts *facts);
