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
};

/* One copy job of this point, as ListCopyJobs tells. */
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
    const char *token;
    const char *reason; /* one sentence */
};

/* jobs: those whose source is this point; others' destinations are skipped. */
void relay_decide(struct arena *arena, const struct relay_config *config,
                  const struct relay_point *point, const struct relay_job *jobs, size_t job_len,
                  struct relay_decision *ret);

/* Which destination the tags name, before any job is looked at: RELAY_START when one does. */
void relay_route(struct arena *arena, const struct relay_config *config,
                 const struct relay_point *point, struct relay_decision *ret);

const char *relay_verdict_name(enum relay_verdict verdict); /* "start", "leave", "refuse" */
