#pragma once
/* Desired, recorded and observed to a plan: graph, diff, action table, guards, order. Pure. */

#include "engine/config/seal.h"
#include "engine/plan/change.h"

struct plan_input {
    const struct topology *topology; /* NULL for destroy of everything */
    const struct schema_set *schemas;
    const struct record *records;
    size_t record_len;
    const struct observation *observations;
    size_t observation_len;
    /* For drift: what drift_parts() asked to look for, and what was seen of it. */
    const struct record *parts;
    const struct observation *part_observations;
    size_t part_len;
    const char *lineage, *program_version;
    int64_t serial, now_ms;
    bool from_file;          /* the observations are those of a saved plan: sealed as in its file */
    const char *seal_secret; /* of the state, for saved plans (seal.h), or NULL */
    const struct value *state_keys; /* as state_keys() has them, or NULL */
    const struct relocation *moves; /* what was done to the records already (moves.h) */
    size_t move_len;
    bool destroy; /* everything recorded goes, as far as guards and locks let it */
    /* NULL-terminated addresses, or NULL for all: "vaults.final" takes its parts with it, and what
     * they need (of a deletion: what needs them). */
    const char *const *targets;
    const char *const *allow_irreversible, *const *allow_destroy; /* NULL-terminated or NULL */
    /* The same, of a destroy: vaults whose recovery points are deleted before, so that they do not
     * keep the vault. */
    const char *const *empty_vaults;
};

/* Builds the plan. False on errors that make a plan meaningless (cycles, foreign owners, forbidden
 * replacement), and when an observation failed, whose diagnostics the caller has already. Missing
 * guards are not errors here: plan_guards() reports them. Without an observation of a recorded
 * object (--refresh=false) the record stands for what would be observed. */
MUST_CHECK bool plan_build(struct arena *arena, const struct plan_input *input, struct plan *ret,
                           struct diags *diags);
/* How what is sensitive is compared, or written into a file. */
struct seal_key plan_seal_key(const struct plan_input *input, bool for_file);
/* Nothing can be asked of an account that the topology does not name: E_ACCOUNT_LEFT for each that
 * objects are recorded of. For before anything is observed. */
MUST_CHECK bool plan_check_accounts(const struct plan_input *input, struct diags *diags);
/* What is recorded there is let go of, by a `forget` of the file, or as an entry that is external
 * now, or a part of one: nothing need be asked about it. */
bool plan_forgets(const struct topology *topology, const char *address);
/* Whether the topology by itself can be ordered: each cycle is an E_CYCLE. For commands that want
 * to know it before they ask AWS anything. */
MUST_CHECK bool plan_check_cycles(struct arena *arena, const struct topology *topology,
                                  const struct schema_set *schemas, struct diags *diags);
bool plan_is_empty(const struct plan *plan); /* nothing would be done */
void plan_count(struct plan *plan);          /* fills in its counts: from zero, by its changes */
/* Whether a list of a guard's flags (NULL-terminated, or NULL) names the address. */
bool flag_names(const char *const *flags, const char *address);
/* Adds E_IRREVERSIBLE and E_ALLOW_DESTROY for every change whose flag is missing, and E_RETAINED
 * for what AWS will not do. */
MUST_CHECK bool plan_guards(const struct plan *plan, const struct plan_input *input,
                            struct diags *diags);
/* Recorded against observed, for `drift`. */
struct drift {
    const char *address, *type, *account, *account_id, *region, *severity; /* high, medium, low */
    const struct schema *schema;
    const char *action; /* "deleted", "changed", "added" */
    const struct difference *differences;
    size_t difference_len;
    const struct value *before, *after;
};
/* Parts of recorded objects (x-part-of) that are neither recorded nor in the file, as if they were
 * records: what others may have added. To be observed like records. */
void drift_parts(struct arena *arena, const struct plan_input *input, struct record **ret,
                 size_t *ret_len);
/* In order of the records, what was added behind them. False when an observation failed, whose
 * diagnostics the caller has. */
MUST_CHECK bool drift_build(struct arena *arena, const struct plan_input *input, struct drift **ret,
                            size_t *ret_len, struct diags *diags);
