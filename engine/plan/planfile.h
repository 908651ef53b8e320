#pragma once
/* A saved plan: what `plan --out` writes, `show` prints and `apply FILE` carries out. Pure: text in
 * and out.
 *
 * It holds the changes as people read them, what was observed when they were decided, and what they
 * rest on. It is not executed itself: an apply builds the plan again, from the topology and the
 * state of now and from what was observed then, and goes on only where both are the same. So a file
 * that somebody has written by hand can ask for nothing that the topology does not say, and loosens
 * no guard.
 *
 * No secret is in it: what is sensitive is sealed for a file (engine/config/seal.h), references
 * inside of it included. */

#include "engine/plan/plan.h"

struct planfile_account {
    const char *name, *id;
    const char *identity; /* who planned, for people to read: another may apply. NULL: not known */
};

struct planfile {
    struct plan plan;         /* read from a file its changes name no resource and no record */
    struct topology topology; /* what a header shows: name, Regions, units, routes, spec digest */
    const char *program_version, *world;
    const char *world_shown; /* the world as people read it */
    const struct planfile_account *accounts;
    size_t account_len;
    const char *const *targets; /* NULL-terminated, or NULL */
    const struct observation *observations;
    size_t observation_len;
    const char *note;          /* a line for people, or NULL */
    const struct value *locks; /* plan_locks_to_json(), as of then; or NULL */
    bool state_is_new;
    size_t relay_copies;
    const char *const *desired_digests; /* one for each change, "" where nothing is desired */
};

/* JSON, with a newline at its end. `input` is what the plan was built from. `desired_digests` are
 * made here. */
const char *planfile_print(struct arena *arena, const struct planfile *file,
                           const struct plan_input *input);
/* Whether it is a saved plan at all, be it of another version or changed since. */
bool planfile_is_one(struct arena *arena, struct slice text);
/* Adds E_PLAN_FILE when the text is no plan, has been cut or changed, or is of another format.
 * `name` is for messages. */
MUST_CHECK bool planfile_parse(struct arena *arena, const char *name, struct slice text,
                               const struct schema_set *schemas, struct planfile *ret,
                               struct diags *diags);
/* Whether the file rests on what there is now: E_PLAN_STALE for each field that moved. `now` as for
 * planfile_print(), without its plan. A plan that was made before there was a state fits any state
 * that has recorded nothing. */
MUST_CHECK bool planfile_check(const struct planfile *file, const struct planfile *now,
                               struct diags *diags);
/* Whether the plan that was built again is the one in the file: E_PLAN_STALE for the first change
 * that is not. `key` is that of a file. */
MUST_CHECK bool planfile_check_plan(struct arena *arena, const struct planfile *file,
                                    const struct plan *plan, const struct seal_key *key,
                                    struct diags *diags);
/* Of what a change would make of its object, references as they were planned; "" where that is
 * nothing. */
const char *planfile_desired_digest(struct arena *arena, const struct change *change,
                                    const struct seal_key *key);
/* SHA-256 over the canonical JSON of all members but "digest": what that must hold. */
const char *planfile_digest(struct arena *arena, const struct value *document);
