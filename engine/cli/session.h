#pragma once
/* A command's connection to the topology, the state and the world: AWS, an endpoint, or the
 * simulator. */

#include "engine/cli/cli.h"
#include "engine/plan/moves.h"
#include "engine/run/run.h"
#include "providers/aws/aws.h"
#include "providers/aws/kms_keys.h"
#include "simulator/world.h"
#include "state/remote.h"

struct session {
    struct cli *cli;
    const struct schema_set *schemas;
    struct topology topology;
    struct world *world; /* simulated, else NULL */
    struct transport transport;
    struct loop *loop;
    struct state *state;
    struct state_options as_opened; /* how */
    bool spares;     /* goes on without the accounts that let nobody in: reads only */
    bool takes_over; /* whoever wrote a shared state until now can write nothing more to it */
    bool recovers;   /* the head of a shared state is made again where it is missing */
    struct s3_remote *shared; /* sharing.h's, or NULL */
    struct kms_keys keys;     /* of a shared state that is encrypted */
    struct sealing sealing;   /* the same */
    struct remote remote;     /* it, for the state */
    struct run run;
    const char *const *reached;        /* ids of the accounts to have sessions in; NULL: all */
    const volatile sig_atomic_t *stop; /* once it holds the lock or talks to the world; else NULL */
    int64_t grace_ms;                  /* for what flies when a signal comes */
    struct record *records;            /* recorded, open intents settled */
    size_t record_len;
    int64_t serial; /* of the state as it was found, before what was open in it was settled */
    struct relocations relocations;          /* what `moved` did to them, not yet written */
    size_t before, after;                    /* diagnostics of the last reading of the topology */
    const struct value *units, *source_keys; /* what was found out, for config_load(); or NULL */
    const struct value *first_names;         /* as the state has them, for config_load(); or NULL */
    const struct value *paused;              /* relays, the same (pausing.h) */
};

enum session_mode { SESSION_READS, SESSION_WRITES };

/* A command's work with a session of its own, released afterwards; the exit status. After a signal
 * that was caught (signals.h) it is that signal's. */
typedef int session_fn(struct session *session);
int session_run(struct cli *cli, session_fn *act);
/* Reads and checks the topology; no network, no credentials. */
MUST_CHECK bool session_load(struct session *session);
MUST_CHECK bool session_reload(struct session *session); /* with what was found out since */
/* Opens the groups that are organizational units and reads the topology again: with what the
 * organization says, over the session's transport; in a new world with what it will hold. */
MUST_CHECK bool session_expand(struct session *session);
/* With the transport at hand: expands, fills a new world, makes the loop, confirms every account's
 * identity, and reads the topology again where its routes depend on keys of databases. Part of
 * session_connect(). */
MUST_CHECK bool session_settle(struct session *session);
/* Opens the state (locked for SESSION_WRITES), connects, confirms every account's identity, loads
 * the records, settles open intents (in memory only for SESSION_READS), and applies `moved` (in
 * memory: moving_keep() writes it). */
MUST_CHECK bool session_open(struct session *session, enum session_mode mode);
MUST_CHECK bool session_open_state(struct session *session,
                                   enum session_mode mode); /* no network */
/* A reader of its own of the state as it stands now, of a session that has it open: what others
 * have written meanwhile is in it, and where the state is shared and nobody has, that costs one
 * HEAD. */
MUST_CHECK bool session_look_at_state(const struct session *session, struct arena *arena,
                                      struct state **ret, struct diags *diags);
MUST_CHECK bool session_connect(struct session *session); /* no state */
/* For when other accounts may be out of reach: connects to these only (ids, NULL at the end), reads
 * names and records of a state that is a file of this machine, and settles nothing. */
MUST_CHECK bool session_reach(struct session *session, const char *const *accounts);
MUST_CHECK bool session_grace(struct session *session, int64_t *ret_ms); /* of --grace */

/* What comes now changes something: when a signal comes, what flies has --grace to end. Before, it
 * is dropped at once. */
void session_changes_begin(struct session *session);
/* The sessions to have: one for each account of the topology, or for that with this id only. */
struct aws_options session_aws_options(struct session *session, const char *only);
/* Where --endpoint-url or AWS_ENDPOINT_URL sends every call; NULL: to AWS. */
const char *session_endpoint(const struct session *session);
/* What a saved plan is bound to: "aws", "endpoint 1a2b3c4d", "simulated 1a2b3c4d" (the one world of
 * that id). */
const char *session_world_name(struct session *session);
const char *session_default_world(const struct session *session);
const char *session_world_path(struct session *session);
const char *session_state_path(struct session *session);
const char *
session_data_dir(struct cli *cli); /* HOLDFAST_DATA_DIR, beside the program, installed */
