#pragma once
/* Is there a fresh copy of every protected resource in its last vault? AWS is asked, and nothing is
 * changed.
 *
 * A resource is protected when a selection of one of the topology's plans takes it, among what can
 * be listed: what AWS Backup has backed up before, the databases of RDS, what the tagging API
 * knows, and what a selection names outright. So one that was never backed up is missing, too. For
 * each rule and copy action of its plan there is a way: the vault of the backup, the relay's source
 * vault where one stands between, and the last vault, in another account. Rules that lead the same
 * way are one row, and the strictest objective counts.
 *
 * A row is good when the newest point that came by its way into its last vault is available, not
 * older than the objective, and under a key of which was read that it can be used. Ages count from
 * the moment of the backup: copies keep its date. Backups that are missing between older and newer
 * ones make no row bad, since nothing may bring them back; they are told and counted.
 */

#include "engine/base/record.h"
#include "engine/config/resource.h"
#include "providers/loop.h"

struct verify_holding; /* facts.h */

/* A vault on the way, and what it holds of the resource by this way. */
struct verify_hop {
    const char *vault_arn, *vault;        /* vault: its address, else the ARN */
    const struct verify_holding *holding; /* NULL: nothing */
    const struct verify_holding *useless; /* what is not available; NULL: nothing */
    const char *point;                    /* the newest that is available; NULL: none */
    int64_t created_ms;                   /* of the backup that it holds */
    int64_t arrived_ms;                   /* when it was complete here */
    int64_t expires_ms;                   /* 0: never */
    const char *key_arn;   /* NULL: it is not encrypted, or AWS does not say with what */
    const char *key;       /* its address, "AWS managed", or the ARN */
    const char *key_state; /* as KMS has it: "Enabled", "PendingDeletion"; NULL: not known */
    /* How long the newest point of the last vault took from the vault before (here first: from the
     * beginning of the backup). -1: it is not, or no longer, in both. */
    int64_t took_ms;
    size_t points;     /* that are available */
    const char *worse; /* a newer one that is not: "PARTIAL"; NULL: there is none */
};

enum verify_lock { VERIFY_UNLOCKED, VERIFY_GOVERNANCE, VERIFY_GRACE, VERIFY_COMPLIANCE };

struct verify_row {
    const char *resource, *type;     /* ARN; "RDS", or NULL */
    const char *plan, *rules;        /* address; "daily, monthly" */
    const char *rule, *selection;    /* the first of the rules; the address that takes it */
    const char *account_id, *region; /* of the plan */
    const char *relay;               /* its address; NULL: no relay stands on the way */
    struct verify_hop *hops;         /* in the order of the way; the last vault is the last */
    size_t hop_len;
    bool routed; /* false: no rule leads it into another account */
    bool known;  /* false: AWS would not tell what the row needs */
    bool absent; /* the resource is not there, though a list would have it */
    bool was;    /* somebody but the topology knows of it */
    bool gone;   /* it is there no more: nothing can be missing. One that nobody knows of and no
                    point is of never was, and is missing */
    bool good;
    const char *reason;           /* why it is not good; NULL: it is */
    int64_t objective_ms, age_ms; /* age -1: no point in the last vault */
    enum verify_lock lock;        /* of the last vault */
    int64_t lock_date_ms;         /* when its lock becomes, or became, final; 0: never */
    int64_t locked_until_ms;      /* until when nobody can delete the newest point; 0: anybody
                                     with the right can, VERIFY_FOR_EVER */
    int64_t history_ms;           /* from the oldest point in the last vault to now */
    int64_t immutable_ms;         /* the same, where nobody can delete any of them */
    int64_t empty_ms;             /* when the last point goes if none comes; 0: never */
    /* Of the backups that fell due between the oldest point on the way and the newest copy, by the
     * schedules as the file has them now, and whose copies would still live: how many, and when
     * those were due of which the last vault has no copy, oldest first. */
    size_t due_len, gap_len;
    const int64_t *gaps_ms;
    struct verify_schedule *schedules; /* of the rules */
    size_t schedule_len, schedule_cap;
    /* Where it stops: the first vault whose newest point is older than the objective allows, and
     * what the last job that should have filled it says. */
    const struct verify_hop *stopped; /* NULL: it does not */
    const char *job_state;   /* NULL: none was begun for what it lacks, or they cannot be listed */
    const char *job_message; /* or NULL; without a state: why jobs cannot be listed */
};
#define VERIFY_FOR_EVER INT64_MAX

struct ledger;
struct verify_report {
    int64_t at_ms; /* the world's clock */
    const char *topology;
    const struct verify_row *rows; /* by plan, resource, last vault */
    size_t row_len;
    size_t good, missing, gone;
    size_t gaps;             /* of all rows */
    const char *const *idle; /* plans that take nothing that can be listed: misses as well */
    size_t idle_len;
    const struct ledger *ledger; /* the ages over the runs (ledger.h): whoever keeps it sets it */
};

struct verify_input {
    struct loop *loop;
    const struct topology *topology;
    const struct record *records;
    size_t record_len;
    int64_t max_age_ms; /* for all rows; 0: what each rule says */
};

/* True when everything that was asked for was answered; else messages say what was not, and the
 * report holds what there is: what could not be read is missing. */
MUST_CHECK bool verify_run(struct arena *arena, const struct verify_input *input,
                           struct verify_report *ret, struct diags *diags);

const char *
verify_lock_name(enum verify_lock lock); /* "none", "governance", "grace", "compliance" */
/* "14 h", "3 days 2 h", "25 min" */
const char *verify_span(struct arena *arena, int64_t ms);

/* The vaults before the last: "vaults.primary, vaults.intermediate". */
const char *verify_way_text(struct arena *arena, const struct verify_row *row);

/* Of a row that stops: "the last job is FAILED: ...", "no copy of what is newer was begun". */
const char *verify_job_text(struct arena *arena, const struct verify_row *row);

/* "3 of 30 backups are not there: 2026-01-04T14:30Z, ..., and 1 more"; NULL: all are. */
const char *verify_gaps_text(struct arena *arena, const struct verify_row *row);

const char *verify_text(struct arena *arena, const struct verify_report *report);
const char *verify_prometheus(struct arena *arena, const struct verify_report *report);
const char *verify_junit(struct arena *arena, const struct verify_report *report);
const char *verify_markdown(struct arena *arena, const struct verify_report *report);
/* One HTML file that needs nothing else, with a plot of the ledger, which has to be there. */
const char *verify_page(struct arena *arena, const struct verify_report *report);
const struct value *verify_to_json(struct arena *arena, const struct verify_report *report);
