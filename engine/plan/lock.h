#pragma once
/* What is special about a vault lock: AWS tells its date, never the days that were asked for, and
 * from that date on nobody can change or remove it. */

#include "engine/plan/change.h"

bool lock_is(const struct schema *schema);
/* From when the lock as observed is permanent; 0: a governance lock, or none. */
int64_t lock_date_observed(const struct value *attributes);
/* From when a lock that is put now will be permanent; 0: governance, or not known yet. */
int64_t lock_date_wanted(const struct value *desired, int64_t now_ms);
/* Desired is compliance where governance stands, or the other way round. */
bool lock_mode_differs(const struct value *desired, const struct value *attributes);
