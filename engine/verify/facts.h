#pragma once
/* What AWS said: resources, vaults with their points, keys. Internal to engine/verify. */

#include "engine/aws/cron.h"
#include "engine/base/map.h"
#include "engine/verify/verify.h"

/* Something that could be protected. */
struct verify_resource {
    const char *arn, *account_id, *region; /* of the place that told of it */
    const char *cluster;                   /* of an instance: the ARN of what is backed up */
    const struct value *tags;              /* a map; NULL: nobody told */
    bool told;                             /* somebody told of it, not the topology alone */
    bool stands;                           /* a list of what there is now has it */
    bool must_stand;                       /* such a list would have it */
};

/* A resource that a plan takes. */
struct verify_selected {
    const struct resource *plan, *selection;
    const struct verify_resource *resource;
};

struct verify_point {
    const char *arn, *key_arn;
    const char *source_arn; /* vault that it was copied out of; NULL: AWS names none */
    const char *rule;       /* name of the rule that made it; NULL: none, or AWS does not say */
    int64_t created_ms, completed_ms, expires_ms; /* expires 0: never */
    const char *status; /* of one that is not available: "PARTIAL"; NULL: it is */
};

/* Points of one resource in one vault, newest first. */
struct verify_holding {
    struct verify_point *points;
    size_t len, cap;
};

struct verify_vault {
    const char *arn, *name, *account_id, *region;
    const char *error; /* why it could not be read; NULL: it was */
    bool locked;
    int64_t lock_date_ms; /* 0: none */
    struct map holdings;  /* ARN of a resource -> struct verify_holding *: those available */
    struct map useless;   /* the same of those that are not */
};

struct verify_key {
    const char *arn;
    const char *state; /* NULL: it could not be read */
    bool aws_managed;
};

struct verify_facts {
    struct arena *arena;
    const struct verify_input *input;
    struct diags *diags;
    bool complete; /* everything was answered */
    int64_t now_ms;
    struct map resources; /* ARN -> struct verify_resource * */
    struct map vaults;    /* ARN -> struct verify_vault * */
    struct map keys;      /* ARN -> struct verify_key * */
    struct map names;     /* ARN -> address */
    struct verify_selected *selected;
    size_t selected_len, selected_cap;
    struct map taken; /* "PLAN ARN" of those */
};

/* When a rule makes backups, and how long the last copy of one lives. */
struct verify_schedule {
    const char *rule;
    bool open; /* nobody can tell when it runs */
    struct cron cron;
    const struct timezone *tz;
    int64_t window_ms; /* how much later than it was due a backup may begin */
    int64_t keep_ms;   /* 0: for ever */
};

/* References to what is recorded become that. */
const struct value *facts_resolve(const struct verify_facts *facts, const struct value *v);
const char *facts_name(const struct verify_facts *facts, const char *arn); /* address, or the ARN */
const struct account *facts_account(const struct verify_facts *facts, const char *id); /* or NULL */
/* A message that `what` could not be read, and why: the answer is not complete. */
void facts_failed(struct verify_facts *facts, const char *what, const char *account_id,
                  const char *region, const struct response *rs);
/* Turns the loop until everything that was asked is answered. */
void facts_wait(const struct verify_facts *facts);

/* select.c: fills resources and selected. */
void verify_select(struct verify_facts *facts);

/* routes.c: a row for each way of each resource, without facts; by plan, resource, last vault. */
struct verify_row *verify_rows(struct verify_facts *facts, size_t *ret_len);

/* objective.c: how old the newest copy may be now where the file says nothing: from the run whose
 * copy has to be there to the next one, and the time that a backup may take. Pure. */
int64_t verify_scheduled_ms(const struct verify_schedule *schedule, int64_t now_ms);

/* vaults.c: reads each vault on the rows' ways, its points of their resources, and the keys. */
void verify_read_vaults(struct verify_facts *facts, const struct verify_row *rows, size_t len);

/* chain.c: fills in what the hops hold: of each vault the points that did not come by another way
 * than the row's. Pure. */
void verify_hold(const struct verify_facts *facts, struct verify_row *rows, size_t len);

/* judge.c: fills rows in that have their holdings. Pure. */
void verify_judge(const struct verify_facts *facts, struct verify_row *rows, size_t len);

/* gaps.c: fills in what fell due and is not in the last vault, newest points first. Pure. */
void verify_find_gaps(const struct verify_facts *facts, struct verify_row *row);

/* jobs.c: what the jobs say at the places where rows stop. */
void verify_ask_jobs(struct verify_facts *facts, struct verify_row *rows, size_t len);
