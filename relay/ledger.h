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
/* One of the points that the last vault lists; of another source vault: it is skipped. */
void ledger_add_copy(struct relay_ledger *ledger, const struct relay_destination *destination,
                     const struct value *point);
/* A number for the rule that made a listed point, which its copies name too; 0: AWS names none. */
uint64_t ledger_maker(const struct value *point);

struct ledger_entry {
    const struct relay_job *jobs; /* in the arena; copies in the last vaults are `found` ones */
    size_t len;
    bool contested; /* there are copies of its resource and date, which others have claimed or
                       another rule has made */
    bool safe; /* a copy in the last vault is whole, as its status says (its key is not seen), and a
                  job or the rule that made both tells that it is of this point; false as well when
                  none was listed */
};
/* What is known of the point, once all is listed; once for each point. A copy is of the point that
 * a job names as its source. Where no job is listed any more, a point that has no copy claims one
 * of its resource and date, unless another rule is known to have made it, and no other point gets
 * that one: of two points of one resource and date, as two rules make that fire at once, each needs
 * its own. */
void ledger_take(struct relay_ledger *ledger, struct arena *arena, const struct relay_point *point,
                 struct ledger_entry *ret);
/* Some point of this resource and date has found each copy claimed that may be its own: nothing
 * tells whose those are. */
bool ledger_is_contested(const struct relay_ledger *ledger, const struct relay_point *point);
/* A copy of the resource is under way. */
bool ledger_is_busy(const struct relay_ledger *ledger, const char *resource_arn);
