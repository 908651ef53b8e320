#pragma once
/* The decision: what to do about one recovery point of the source vault. Pure: the same point, jobs
 * and settings give the same answer in every host, so that any number of relays agree on one copy.
 *
 * A point is copied only if it is in the source vault, carries one of tag_keys (the exact key
 * first, then without regard to case; two that disagree are refused), and the value is the ARN of
 * one of the configured destinations. The token is hash(point, destination, attempt) and the
 * attempt is the number of failed jobs listed for the pair: a repeated delivery repeats the token,
 * which AWS answers with the same job. */

#include "relay/decide/relay_config.h"

struct relay_point {
    const char *arn, *vault_arn, *resource_arn;
    const char *status;       /* "AVAILABLE", "COMPLETED", ...; NULL: not known, taken as there */
    const struct value *tags; /* a map */
    int64_t creation_ms;      /* 0 (not known) counts as old */
    bool destination_asked;   /* the last vault was asked: its copy, if any, is among the jobs */
};

/* AWS tells of copy jobs for about 30 days; a day is left for slow clocks. */
#define RELAY_HISTORY_DAYS 29

/* One copy job of this point, as ListCopyJobs tells; a copy found in the last vault is COMPLETED.
 */
struct relay_job {
    const char *destination_vault_arn, *state;
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
    const char *token;
    const char *reason; /* one sentence */
};

/* jobs: those whose source is this point; others' destinations are skipped. A point older than the
 * job history of which no job is listed may have been copied long ago: it is refused unless the
 * last vault has been asked. A PARTIAL copy is refused too: it is an alarm, and a second copy
 * beside it could not be deleted from a locked vault. */
void relay_decide(struct arena *arena, const struct relay_config *config,
                  const struct relay_point *point, int64_t now_ms, const struct relay_job *jobs,
                  size_t job_len, struct relay_decision *ret);
/* The list of copy jobs still tells of a copy that began when the point was made. */
bool relay_history_reaches(const struct relay_point *point, int64_t now_ms);

/* Which destination the tags name, before any job is looked at: RELAY_START when one does. */
void relay_route(struct arena *arena, const struct relay_config *config,
                 const struct relay_point *point, struct relay_decision *ret);

const char *relay_verdict_name(enum relay_verdict verdict); /* "start", "leave", "refuse" */
