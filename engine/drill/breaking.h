#pragma once
/* A drill for each of several faults, and what came of them. */

#include "engine/drill/drill.h"

enum drill_verdict {
    DRILL_SURVIVED, /* every backup arrived once, and what had arrived is there */
    DRILL_ALARMED,  /* a backup is missing, or cannot be read for now, and an alarm rang */
    DRILL_SILENT,   /* a backup is neither there nor alarmed */
    DRILL_DESTROYED /* what had arrived is gone, or its key is on its way and no alarm rang */
};

struct drill_outcome {
    const struct drill_fault *fault;
    struct drill_report report;
    enum drill_verdict verdict;
    size_t unmade; /* backups that fall due without the fault, and with it were never begun */
    size_t alarms; /* of CloudWatch, that rang for the fault and reached somebody: without it they
                      are silent, or ring later */
    size_t deaf;   /* the same, that reached nobody */
    const char *seen;     /* ids of the rules with which `check --live` tells of it once it is done,
                             and does not in the days without it; or "" */
    const char *foreseen; /* ids of the rules of `check` that had foreseen it, by spaces; or "" */
};

/* What `check` says of the file that somebody could do, and nothing keeps them from: by these
 * calls, on this object; or, without calls, that nobody notices when nothing comes any more. It has
 * foreseen a fault that is done by one of the calls, or that a backup is missing in that vault and
 * no alarm told of it. */
struct drill_foresight {
    const char *rule; /* "HP501" */
    const char *account_id, *target;
    const char *const *actions; /* "kms:ScheduleKeyDeletion", ..., NULL; or NULL */
    bool unnoticed;
};

struct drill_breaking {
    struct drill_outcome *items;
    size_t len;
    int exit_status; /* 2 when a fault was silent, destroyed something, or doubled a copy */
};

const char *drill_verdict_name(enum drill_verdict verdict); /* "survived", ... */

/* "all", or names by commas. False: *ret_unknown is the name that is no fault's. */
MUST_CHECK bool drill_faults_parse(struct arena *arena, const char *text,
                                   const struct drill_fault *const **ret, size_t *ret_len,
                                   const char **ret_unknown);

/* False as drill_run(). */
MUST_CHECK bool drill_break(struct arena *arena, const struct drill_options *options,
                            const struct drill_fault *const *faults, size_t len,
                            const struct drill_foresight *foresights, size_t foresight_len,
                            struct drill_breaking *ret, struct diags *diags);
/* Of an outcome that has its report and its alarms. */
const char *drill_foreseen(struct arena *arena, const struct drill_outcome *outcome,
                           const struct drill_foresight *foresights, size_t len);

/* Fills in `alarms` and `deaf` of an outcome that has its report, from that of the same days
 * without the fault. */
void drill_count_alarms(struct drill_outcome *outcome, const struct drill_report *without);

const char *drill_breaking_text(struct arena *arena, const struct drill_breaking *breaking);
const char *drill_breaking_markdown(struct arena *arena, const struct drill_breaking *breaking);
const struct value *drill_breaking_to_json(struct arena *arena,
                                           const struct drill_breaking *breaking);
