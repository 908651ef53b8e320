#pragma once
/* The lock of a shared state: an object that is written only where none stands, and that names its
 * holder. It does not end with the process that holds it. So it carries a lease, which its holder
 * renews; one that has run out says that the holder is dead or asleep, and a person may break the
 * lock. It is never stolen.
 *
 * The lock keeps people from working against each other. What keeps the state whole is the journal
 * (mirror.h): a holder whose lock was broken can write nothing more there once another run has
 * begun. */

#include "engine/base/value.h"
#include "state/remote.h"

#define REMOTE_LOCK_LEASE_S 60

struct remote_lock {
    struct arena *arena; /* of what is below */
    const struct remote *remote;
    const char *id;   /* of this holder; NULL: not held */
    const char *etag; /* of the object as we wrote it */
    const char *command, *who, *since;
    int64_t renewed_ms, looked_ms;
    int64_t behind_ms; /* what our clock lacks to the place's, by which all others judge us */
    bool lost;         /* somebody has broken it */
};

/* Who holds it, as the object says. Times in it are of the place's clock, and are judged by that,
 * where it tells: machines whose clocks differ agree on a lease all the same. */
struct lock_holder {
    const char
        *id; /* NULL: nobody. Of an object that cannot be read, or has no plain one: its etag */
    const char *etag;
    const char *command, *who, *host, *since;
    int64_t pid, age_ms;
    int64_t left_ms; /* of the lease; negative: it has run out */
    bool dead;       /* the process was one of this machine, and is gone */
    bool no_lease;   /* the object is none of ours, or says no lease that we understand */
    bool may_live;   /* it was seen, or nobody here can know and its lease runs, or is not known */
};

/* Waits up to timeout_ms for a holder to end; then E_STATE_LOCKED names it. */
MUST_CHECK bool remote_lock_take(struct arena *arena, const struct remote *remote,
                                 const char *command, const char *who, int64_t timeout_ms,
                                 struct remote_lock *ret, struct diags *diags);
/* To be called every second or so. Renews the lease when a third of it has passed, and when there
 * was no call for five seconds, since a process that was stopped must learn at once what has
 * happened meanwhile. False, with E_STATE_FENCED: the lock is somebody
 * else's now, or the lease has run out and cannot be renewed. A renewal that fails earlier is
 * silent: the next one tries again. */
MUST_CHECK bool remote_lock_keep(struct remote_lock *lock, struct diags *diags);
/* Removes what is ours, and nothing else. What cannot be removed is a warning. */
void remote_lock_release(struct remote_lock *lock, struct diags *diags);

MUST_CHECK bool remote_lock_show(struct arena *arena, const struct remote *remote,
                                 struct lock_holder *ret, struct diags *diags);
/* Removes the lock with this id; where none stands, it is done already. E_LOCK_ID: another one
 * holds it. *ret says who did. */
MUST_CHECK bool remote_lock_break(struct arena *arena, const struct remote *remote, const char *id,
                                  struct lock_holder *ret, struct diags *diags);
/* "`holdfast apply`, process 12 on host, who, since ...; its lease ...", for people. */
const char *lock_holder_text(struct arena *arena, const struct lock_holder *holder);
