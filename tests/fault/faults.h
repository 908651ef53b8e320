#pragma once
/* What goes wrong in a faulty_holdfast: the program itself, linked with injectors that no product
 * holds. The environment says which (README.md):
 *
 * HOLDFAST_FAULTS: KIND@K, KIND@K+N or KIND@K+, separated by commas: the K-th time (from 1), that
 * and the next N-1 times, or from then on always.
 *
 * HOLDFAST_FAULT_SEED: a number, for what is random about a crash (default 1).
 *
 * HOLDFAST_FAULT_CHANCE: a number that decides all that the program and SQLite leave to chance: two
 * runs with the same number do the same. Without it, chance.
 *
 * HOLDFAST_FAULT_REPORT: a file that receives, as JSON, how often each seam was passed.
 *
 * Each seam counts its passages, whether anything is to go wrong or not; a fault belongs to one
 * seam. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seam {
    SEAM_HTTP,  /* a request is handed to the transport */
    SEAM_STATE, /* SQLite writes to, syncs, cuts or makes a file of a database, the world's excepted
                 */
    SEAM_SYNC,  /* SQLite syncs such a file */
    SEAM_FILE, /* the program itself makes, writes, syncs or renames a file, the world's excepted */
    SEAM_MEMORY, /* the program asks for memory */
    SEAM_KILL,   /* FAULT_POINT() (engine/base/fault.h) */
};
#define SEAM_LEN 6
#define OPERATION_MAX_LEN 128 /* of a name such as "backup:CreateBackupVault" */

enum fault_kind {
    FAULT_NOTHING,
    HTTP_UNSENT,     /* "http:unsent": it never left */
    HTTP_LOST,       /* "http:lost": it ran, its answer did not come */
    HTTP_CUT,        /* "http:cut": it ran, half of its answer came */
    HTTP_CODE,       /* "http:CODE": it did not run and is answered with an error of answers.h */
    HTTP_KILL,       /* "http:kill": the process dies before it is sent */
    HTTP_KILL_REPLY, /* "http:kill-reply": it ran, and the process dies before the answer is read */
    STATE_FULL,      /* "state:full" */
    STATE_IOERR,     /* "state:ioerr" */
    STATE_KILL,      /* "state:kill": the process dies before it is written */
    SYNC_CRASH,      /* "crash": the power fails (crash_files.h) */
    FILE_FULL,       /* "file:full" */
    FILE_IOERR,      /* "file:ioerr" */
    FILE_KILL,       /* "file:kill": the process dies before it is done */
    MEMORY_OUT,      /* "memory" */
    KILL,            /* "kill" */
    KILL_POWER,      /* "power": the same, and the power fails */
};

struct fault_now {
    enum fault_kind kind;
    const char *code; /* of HTTP_CODE */
};

/* Reads the environment and begins to count. A text that cannot be read ends the process with 99.
 */
void faults_begin(void);
/* One more passage; what is to happen to it. */
struct fault_now faults_pass(enum seam seam);
bool faults_want(enum fault_kind kind); /* whether one of this kind was asked for at all */
/* The disk has failed under the state: what is sent from now on is counted by itself. A sync that
 * fails is reported, too: what could not be synced may be on the disk all the same. */
void faults_disk_failed(bool in_sync);
/* Which operation is sent, or answered, as AWS calls it; NULL when it has no name. Those by which a
 * shared state is kept, and who we are is asked, are no calls that have an intent, and are not
 * counted as sent after the disk failed. */
void faults_sending(const char *operation);
void faults_answering(const char *operation);
uint64_t faults_random(void);
/* Fills `out` as HOLDFAST_FAULT_CHANCE decides. False without it. */
bool faults_chance(void *out, size_t len);
/* A line on standard error before a death: where, and which call was under way ("state" for one of
 * the state's own). */
void faults_tell(const char *where);
_Noreturn void faults_die(void); /* as if by SIGKILL */
