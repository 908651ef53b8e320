#pragma once
/* Whoever has taken an account over, with every right that it can give: each deed of deeds.inc on
 * each object, and what each call did to the points. */

#include "engine/drill/faults.h"

/* In the accounts that backups come from: first goes for the other accounts, by what can be named
 * from outside and by every role that lets it in; then for its own. */
drill_strike_fn drill_raid_sources;
/* In the accounts of the last vaults: takes off locks and holds, and deletes points, as far as AWS
 * lets it. */
drill_strike_fn drill_raid_last_vaults;
/* Lets the locks' days of grace pass, with no backup and no relay meanwhile. */
drill_strike_fn drill_outlast_grace;
