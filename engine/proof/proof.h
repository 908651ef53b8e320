#pragma once
/* The path proof: will every backup reach its last vault? Each protected resource is walked along
 * the chain of calls that AWS would make for it, by the direct route or through a relay, before
 * anything exists; each link is judged by the policies that would meet there and by the rules of
 * AWS. What breaks is named with the error that AWS would give, hours after the backup, and with
 * the change to the file that mends it.
 *
 * The links stand in hops.inc, the rules in rules.inc. What the topology cannot show (a role that
 * it does not make, the organization's switch that it does not declare) is an assumption: it is
 * said, and taken to be as the path needs it. With sights (sight.h) the links are judged on what
 * stands in the accounts instead, and most assumptions become facts. Pure. */

#include "engine/config/resource.h"
#include "engine/proof/rules.h"
#include "engine/proof/sight.h"

enum proof_verdict {
    PROOF_REACHABLE,
    PROOF_UNKNOWN, /* of a hop: an assumption */
    PROOF_LATE,    /* of a path: only the relay's schedule brings it, since its event gets lost */
    PROOF_BROKEN,
};

/* What a hop was judged on. */
enum proof_basis {
    PROOF_DECLARED, /* what the file says */
    PROOF_LIVE,     /* what was read of the accounts */
};

/* A statement that decided. */
struct proof_statement {
    const char *policy; /* "identity_policies[0]", as engine/policy names them */
    const char *sid;    /* or NULL */
    bool denies;
    struct source_pos pos;
};

struct proof_hop {
    const char *id;    /* "last_copy.vault_policy" */
    const char *title; /* "copy into vaults.final" */
    enum proof_verdict verdict;
    enum proof_basis basis;
    const struct rule *rule;
    const char *who, *action, *what; /* of a call; NULL: a condition */
    const char *evidence;            /* marks of hops.inc */
    const char *reason;              /* of what is not REACHABLE */
    const char *error;               /* AWS's words; NULL: AWS says nothing */
    const char *fix;                 /* the YAML to write, or NULL */
    const char *address;             /* what is to be mended */
    struct source_pos pos;
    const struct proof_statement *statements;
    size_t statement_len;
};

struct proof_path {
    const char *plan, *rule, *selection; /* addresses; selection NULL: the plan has none */
    const char *back_from;   /* of a way back: the last vault; `plan` is its entry of `restores` */
    const char *resource;    /* the ARN that was walked with */
    const char *destination; /* address or ARN; NULL: it leads nowhere */
    const char *relay;       /* NULL: a direct copy */
    const struct account *relay_account;  /* whose it is, or NULL */
    const char *first_vault, *last_vault; /* ARNs; of the last one NULL: not known */
    const struct value *action;           /* the copy action of the plan, or NULL */
    const struct value *lifecycle;        /* of the last copy on the way; NULL: without an end */
    enum proof_verdict verdict;           /* REACHABLE, LATE or BROKEN */
    const struct proof_hop *hops;
    size_t hop_len;
    size_t broken_at; /* index of the first broken hop, of LATE as well */
    size_t assumptions;
    /* Of LATE and BROKEN: the relay that brings the same backups into the same vault in time, or
     * "a direct copy"; NULL: none does, and they are late or missing there. */
    const char *made_up_by;
};

struct proof_finding {
    const struct rule *rule;
    const char *address, *message, *fix; /* fix or NULL */
    struct source_pos pos;
    const char *ignored; /* the reason that the file gives, or NULL */
};

/* What somebody could do who has taken an account over, with every right that the account can give:
 * its root, its administrators, whoever has their keys. */
enum proof_openness {
    PROOF_OPEN,        /* nothing keeps them from it */
    PROOF_BREAK_GLASS, /* only the principal that the denies leave out can */
    PROOF_CLOSED,      /* nobody can */
};

struct proof_threat {
    const struct account *account; /* that is taken over, or a stranger's; id "*": of anybody, or
                                    * the ARN of an identity provider */
    const char *whoever;           /* "whoever takes account backup over" */
    const struct rule *rule;       /* what `ignore` names to accept it, and what mends it */
    const char *target, *what;     /* address; "takes the lock off vaults.final" */
    struct source_pos pos;
    enum proof_openness openness;
    const char *who;            /* of BREAK_GLASS: an ARN */
    const char *after;          /* of CLOSED: only from then on; NULL: now */
    const char *reason;         /* what keeps them from it, or does not */
    const char *const *actions; /* any of which does it, ends with NULL; NULL: not by one call */
    bool unnoticed;             /* it is that nobody notices when nothing comes any more */
    const char *ignored;        /* as in struct proof_finding */
};

struct proof_report {
    enum proof_verdict verdict;
    const struct sights *sights; /* it rests on; or NULL */
    const struct proof_path *paths;
    size_t path_len, broken, late, made_up; /* `broken` and `late` without what is made up for */
    const struct proof_path *ways_back; /* from last vaults to a resource, where the file has any */
    size_t way_len, ways_broken;
    const struct proof_finding *findings; /* by rule, then address; ignored ones last */
    size_t finding_len, ignored;
    const struct proof_threat *threats; /* by account, in the order of the paths */
    size_t threat_len;
};

const char *proof_openness_name(enum proof_openness openness); /* "open", "break-glass", "closed" */

struct proof_input {
    const struct topology *topology;
    const struct sights *sights; /* NULL: nobody has looked */
    int64_t now_ms;              /* for `until` of what is ignored, and for dates of locks */
};
void proof_check(struct arena *arena, const struct proof_input *input, struct proof_report *ret);

const char *proof_basis_name(enum proof_basis basis); /* "declared", "live" */
const char *
proof_verdict_name(enum proof_verdict verdict); /* "reachable", "unknown", "late", "broken" */

/* As people read it; `sources` are the files that places point into. */
const char *proof_text(struct arena *arena, const struct proof_report *report,
                       const struct diags *sources);
/* One line, without its end: "Path: every backup reaches vaults.final by relay (25 hops proven, 1
 * assumption)" */
const char *proof_line(struct arena *arena, const struct proof_report *report);
const struct value *proof_to_json(struct arena *arena, const struct proof_report *report,
                                  const struct diags *sources);
/* SARIF 2.1.0 */
const struct value *proof_to_sarif(struct arena *arena, const struct proof_report *report,
                                   const struct diags *sources, const char *version);
/* docs/CHECKS.md: the links and the rules. */
const char *proof_page(struct arena *arena);
