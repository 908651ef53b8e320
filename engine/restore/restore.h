#pragma once
/* The way of one recovery point back from its last vault to a resource: which calls, as whom, in
 * which order, and what would stop them. The calls are for somebody to make: nothing is sent from
 * here. Whoever has read the accounts brings the facts; the plan is made of those alone. Pure. */

#include "engine/config/resource.h"

/* What AWS said to one question. */
struct restore_answer {
    const struct value *body; /* NULL: it gave none */
    const char *error;        /* why not; NULL: nobody asked */
};

struct restore_facts {
    const struct restore_entry *way;
    int64_t now_ms;
    const char *point;        /* its ARN */
    const char *source_vault; /* the name of the last vault */
    const struct value
        *declared; /* the way's metadata, which may hold what is not known; or NULL */
    struct restore_answer described, metadata; /* the point; what it brings for a restore */
    struct restore_answer point_key, vault, vault_key, copy_role, role, linked_role, settings;
};

enum restore_verdict {
    RESTORE_GOOD,
    RESTORE_BAD,  /* the calls would fail */
    RESTORE_LOOK, /* only a person can tell */
};

struct restore_check {
    const char *what;
    enum restore_verdict verdict;
    const char *detail;  /* what was found, or what to do */
    const char *command; /* that shows what a person has to judge; or NULL */
};

/* One call, and what of its answer later calls take. */
struct restore_step {
    const char *id, *what; /* "copy_back"; for people */
    const struct account *account;
    const char *region, *operation; /* of AWS Backup */
    const struct value *request;    /* AWS's members; what an earlier step gives is not in it */
    const char *takes, *from;       /* the member that it is, and the step's variable; or NULL */
    const char *variable, *gives; /* what is kept of the answer: "COPY_JOB", "CopyJobId"; or NULL */
    const char *state;            /* it is asked again until this is COMPLETED; NULL: once */
};

#define RESTORE_CHECKS 13
#define RESTORE_STEPS 5

struct restore_plan {
    const struct restore_entry *way;
    const char *point, *resource, *type;
    int64_t created_ms, expires_ms; /* of the point in its last vault; expires 0: never */
    struct restore_check checks[RESTORE_CHECKS];
    size_t check_len;
    struct restore_step steps[RESTORE_STEPS];
    size_t step_len;
    const char *after; /* what the restored resource lacks, or NULL */
    bool ready;        /* no check is bad */
};

void restore_plan(struct arena *arena, const struct restore_facts *facts, struct restore_plan *ret);

/* One word of the shell, whatever is in it. */
const char *restore_word(struct arena *arena, const char *text);
/* A step as a line of the shell, with the AWS CLI; profiles have the names of the accounts. */
const char *restore_command(struct arena *arena, const struct restore_step *step);
/* A script whose comments say everything else. */
const char *restore_text(struct arena *arena, const struct restore_plan *plan);
const struct value *restore_to_json(struct arena *arena, const struct restore_plan *plan);
const char *restore_verdict_name(enum restore_verdict verdict); /* "ok", "missing", "look" */
