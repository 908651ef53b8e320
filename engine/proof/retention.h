#pragma once
/* How long is too long. Internal to engine/proof. */

/* Ten years: a lock that lets points live longer does not end what somebody fills the vault with.
 */
#define RETENTION_LONG_DAYS 3653

/* A lock that can be taken off for longer than this counts as one that stays so: nobody needs a
 * quarter of a year to see that its days are right, and an intruder may wait as long. */
#define GRACE_LONG_DAYS 90
