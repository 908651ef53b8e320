#pragma once
/* Whoever has taken an account over, with every right that it can give. */

#include "engine/drill/faults.h"

/* In the accounts that backups come from: stops what relays, deletes what it can, and goes for the
 * last vaults by every role that lets it in. Plans are left alone: what falls due is still counted.
 */
drill_strike_fn drill_raid_sources;
/* Lets the locks' days of grace pass, with no backup and no relay meanwhile; then, in the accounts
 * of the last vaults, takes off locks and deletes points and vaults as far as AWS lets it. */
drill_strike_fn drill_raid_last_vaults;
