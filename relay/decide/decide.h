#pragma once
/* The decision: what to do about one recovery point of the source vault. Pure: the same point, jobs
 * and settings give the same answer in every host, so that any number of relays agree on one copy.
 *
 * A point is copied only if it is in the source vault, carries one of tag_keys (the exact key
 * first, then without regard to case; two that disagree are refused), and the value is the ARN of
 * one of the configured destinations. The token is hash(point, destination, the job that failed
 * last): a repeated delivery repeats the token,
 * which AWS answers with the same job. */

#include "relay/decide/relay_config.h"

struct relay_point {
    const char *arn, *vault_arn, *resource_arn;
    const char *status;       /* "AVAILABLE", "COMPLETED", ...; NULL: not known, taken as there */
    const struct value *tags; /* a map */
    int64_t creation_ms;      /* 0 (not known) counts as old */
    uint64_t maker;           /* the rule that made it (relay/ledger.h); 0: not known */
    int64_t expires_ms;       /* when the point goes by its lifecycle; 0: not known, or never */
    bool destination_asked;   /* the last vault was asked: its copy, if any, is among the jobs */
    bool contested;           /* copies of its resource and date are there, but are, or may be, of
                                 another point, and no job tells whose they are */
    bool tags_declared; /* its own failed to travel: these are what its plan's rule declares */
    bool retry_now;     /* somebody asks for it: no failure makes it wait */
};

/* AWS tells of copy jobs for about 30 days; a day is left for slow clocks. */
#define RELAY_HISTORY_DAYS 29

/* A point that goes within so many hours may be gone before its copy is made. */
#define RELAY_EXPIRY_HOURS 24
/* A copy that is under way for so long is told of. It is never doubled for its age: a job may stay
 * CREATED for long and still finish. */
#define RELAY_STUCK_HOURS 24
/* So many copies of a point that failed are told of, though the next one is begun at once. */
#define RELAY_WORRY_FAILURES 3
/* That a point was never copied and needs it no more is told of for so long. */
#define RELAY_LAPSED_WORRY_DAYS 2
/* Points older than this wait for somebody's word when nothing as old has been copied yet. */
#define RELAY_BACKFILL_DAYS 3

/* One copy job of this point, as ListCopyJobs tells, or a copy found in the last vault: COMPLETED,
 * PARTIAL, or one that is gone or going (EXPIRED, DELETING, STOPPED). */
struct relay_job {
    const char *destination_vault_arn, *state;
    const char *id, *message; /* or NULL */
    int64_t at_ms;            /* its end, or its begin while it is under way; 0: not known */
    bool found;               /* no job: the copy itself, in the last vault */
};

enum relay_verdict {
    RELAY_START,  /* start the copy with the token */
    RELAY_LEAVE,  /* rightly nothing to do */
    RELAY_REFUSE, /* wrong, and for ever so until a person acts: an alarm */
};

struct relay_decision {
    enum relay_verdict verdict;
    const struct relay_destination *destination; /* or NULL */
    int64_t attempt;
    bool waits; /* of RELAY_LEAVE: for now only, a later pass may have to act */
    bool worry; /* not wrong yet, but somebody should look: about to expire, stuck, untagged,
                   failing again and again */
    bool needs_backfill;
    bool lapsed; /* of RELAY_LEAVE: a copy would be over at once. It was never copied (`worry` tells
                    of it for a while), or nobody knows any more whether it was */
    const char *token;
    const char *reason; /* one sentence */
};

/* jobs: those whose source is this point; others' destinations are skipped. A point older than the
 * job history of which no job is listed may have been copied long ago: it is refused unless the
 * last vault has been asked. A PARTIAL copy is refused too: it is an alarm, and a second copy
 * beside it could not be deleted from a locked vault. A copy that is gone or going was made: it is
 * told of, and no second one is made, or a copy that lives shorter than its source would be made
 * again and again. After a failure the next attempt waits as
 * long as failure.h says. */
void relay_decide(struct arena *arena, const struct relay_config *config,
                  const struct relay_point *point, int64_t now_ms, const struct relay_job *jobs,
                  size_t job_len, struct relay_decision *ret);
/* What the jobs alone say, whatever the tags are: a point that has been copied to any destination
 * of the relay is done, and one whose copy is under way waits. False: they leave it open. */
bool relay_decide_by_jobs(struct arena *arena, const struct relay_config *config,
                          const struct relay_point *point, int64_t now_ms,
                          const struct relay_job *jobs, size_t job_len, struct relay_decision *ret);
/* What its age alone says, whatever the tags are, of a point that is older than a copy lives,
 * whichever destination it went to: it is settled. Of one that is older than the job history nobody
 * knows whether it was copied; a copy is gone by its lifecycle, and one made now would be over at
 * once. One whose copies have failed was never copied, which is told of. True: it is settled. */
bool relay_decide_by_age(struct arena *arena, const struct relay_config *config,
                         const struct relay_point *point, int64_t now_ms,
                         const struct relay_job *jobs, size_t job_len, struct relay_decision *ret);
/* What a job says that StartCopyJob answers with and that is older than the list of jobs. True: it
 * has failed, and the next attempt may follow; else the decision becomes what it tells. NULL state:
 * AWS does not describe it any more. */
bool relay_decide_by_old_job(struct arena *arena, const struct relay_config *config,
                             const struct relay_point *point, int64_t now_ms,
                             const struct relay_job *job, struct relay_decision *decision);
/* The brake of a first run, and of doubt: a point that is older than the job history and has no
 * copy in the last vault may have had one that lived shorter than what is made today, or that
 * somebody deleted; it waits for somebody's word too. A decision to start becomes one to wait when
 * the point is so, or is old and nothing so old has been copied. oldest_copied_ms: the creation of
 * the oldest point that any copy was begun of, or a later time by which it had been made;
 * INT64_MAX: of none. relay_is_old(): so old that the brake may hold it. */
bool relay_is_old(const struct relay_point *point, int64_t now_ms);
bool relay_is_braked(const struct relay_point *point, int64_t now_ms, int64_t oldest_copied_ms);
void relay_decide_brake(struct arena *arena, const struct relay_point *point, int64_t now_ms,
                        int64_t oldest_copied_ms, struct relay_decision *decision);
/* It may be gone before a copy that is begun later is made. */
bool relay_expires_soon(const struct relay_point *point, int64_t now_ms);
/* Any of tag_keys is among the tags, whatever its value. */
bool relay_tags_have_key(const struct relay_config *config, const struct value *tags);
/* The tags that the rule of that plan gives its points, as the topology says; NULL: none known. */
const struct value *relay_declared_tags(const struct relay_config *config, const char *plan_name,
                                        const char *rule_name);
/* The list of copy jobs still tells of a copy that began when the point was made. */
bool relay_history_reaches(const struct relay_point *point, int64_t now_ms);

/* The token of the copy that is tried after that job failed; NULL: of the first copy. A count of
 * the failures would not do: it falls when the oldest leave the job history, and a token that was
 * used is answered with the old job. */
const char *relay_token(struct arena *arena, const char *point_arn, const char *vault_arn,
                        const char *failed_id);

/* Which destination the tags name, before any job is looked at: RELAY_START when one does. */
void relay_route(struct arena *arena, const struct relay_config *config,
                 const struct relay_point *point, struct relay_decision *ret);

const char *relay_verdict_name(enum relay_verdict verdict); /* "start", "leave", "refuse" */
