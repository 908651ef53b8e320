#pragma once
/* The engine as a host of the relay core: one reconcile pass of every relay, done or only looked
 * at. */

#include "engine/cli/planning.h"
#include "relay/pass.h"

/* Counts over all relays (relay/pass.h), a relay that could not begin being one failure; decisions:
 * one row for each point that was looked at. */
struct relaying {
    size_t started, refused, waiting, left, failed;
    struct list_builder decisions;
    struct relaying_passed *passed; /* the relays that events have brought to a pass */
};

struct relaying_how {
    bool dry_run, silent;     /* silent: only the counts are wanted */
    bool backfill, retry_now; /* relay/pass.h */
};

/* Starts copies. False when a relay could not do all it should; what it did is counted all the
 * same. */
MUST_CHECK bool relaying_reconcile(struct session *session, const struct relaying_how *how,
                                   struct relaying *ret);
/* One pass of one relay, by its settings; done, or only looked at. NULL, or why it could not look
 * at all there is. */
const char *relaying_pass(struct session *session, const char *address,
                          const struct relay_config *config, const struct relaying_how *how,
                          struct relaying *ret);
/* The settings of a relay, as far as what is recorded completes them. False with a short reason. */
MUST_CHECK bool relaying_config(struct session *session, const struct relay_entry *entry,
                                struct relay_config *ret, const char **ret_why);

/* Loads and opens a session for a command about relays. False with E_RELAY_NONE where the topology
 * has none. */
MUST_CHECK bool relaying_open(struct session *session);
MUST_CHECK bool relaying_open_for(struct session *session, enum session_mode mode);
/* Looks at all points of the relay, reading only, with what is known of their jobs. NULL, or why it
 * could not look at all there is. */
const char *relaying_look(struct session *session, const struct relay_config *config,
                          relay_report_fn *each, void *ctx, struct relaying *ret);

/* What became of one event. */
struct relaying_event {
    const char *relay; /* address of the relay that it is about; of several one that did not settle
                          it, else the last; NULL: of none */
    bool handled;      /* the function would not fail on it */
    bool settled;      /* handled, and no person has to act; what waits is the next pass's */
    const char *why;   /* when it is not settled */
};
/* Hands one event to the relay that it is about, one of the clock's to all; `only` is the address
 * of a relay that alone may have it, or NULL. A relay that is paused or fails takes it from no
 * other. What was done is added to *counts; nothing is done where dry_run.
 *
 * However many events of the clock there are, each relay makes one pass for the same *counts. That
 * pass also decides about a copy that an event older than RELAY_BACKFILL_DAYS would start: only a
 * pass knows whether the brake of a first run holds it. */
void relaying_event(struct session *session, const struct value *event, const char *only,
                    bool dry_run, struct relaying *counts, struct relaying_event *ret);
/* Whether an apply of this plan ends with the relays' pass. */
bool relaying_follows(const struct session *session, const struct planning *planning);
/* How many copies that pass would start, by reading only. A relay whose source vault is still to be
 * made has nothing to copy. What cannot be told is a warning and counts as none. */
size_t relaying_foresee(struct session *session, const struct planning *planning);

/* "2 started, 0 refused, 1 waiting, 0 failed" */
const char *relaying_text(struct arena *arena, const struct relaying *relaying);
/* The same as members of an answer. */
void relaying_put_counts(struct map_builder *b, const struct relaying *relaying);
