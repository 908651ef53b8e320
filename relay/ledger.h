#pragma once
/* What AWS lists of copies, as a reconcile pass needs it: the jobs of each source point, and the
 * points of the last vaults by resource and creation date, which copies keep. It is built anew for
 * each pass and never the truth. Some dozen bytes a row: points are known by digest. */

#include "relay/decide/decide.h"

struct relay_ledger;

/* whole: the ids and messages of jobs that have gone well are kept as well. */
struct relay_ledger *ledger_new(const struct relay_config *config, bool whole);
void ledger_free(struct relay_ledger *ledger); /* accepts NULL */
/* One of ListCopyJobs. False: it leads out of another vault or into another, and is skipped. */
bool ledger_add_job(struct relay_ledger *ledger, const struct value *job);
/* One of the points that the last vault lists. */
void ledger_add_copy(struct relay_ledger *ledger, const struct relay_destination *destination,
                     const struct value *point);
/* The jobs of the point, in `arena`; its copies in the last vaults are `found` ones. */
const struct relay_job *ledger_jobs(const struct relay_ledger *ledger, struct arena *arena,
                                    const struct relay_point *point, size_t *ret_len);
/* Its copy in the last vault can be restored. False as well when that vault was not listed. */
bool ledger_is_safe(const struct relay_ledger *ledger, const struct relay_point *point);
/* A copy of the resource is under way. */
bool ledger_is_busy(const struct relay_ledger *ledger, const char *resource_arn);
