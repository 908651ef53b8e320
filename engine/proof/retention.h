#pragma once
/* How long is too long. Internal to engine/proof. */

/* Ten years: a lock that lets points live longer does not end what somebody fills the vault with.
 */
#define RETENTION_LONG_DAYS 3653
